"""What the errors of a model's endpoint mean to an operator."""

# By the names that the OpenAI client gives them, so that nothing of it has to be loaded.
_MEANING = {
    "AuthenticationError": "密钥不对",
    "PermissionDeniedError": "密钥没有权限",
    "NotFoundError": "没有这个地址或模型",
    "BadRequestError": "接口不接受请求，请检查模型名",
    "RateLimitError": "请求太多或额度用完了",
    "InternalServerError": "接口自己出错了",
    "APIConnectionError": "连不上",
    "APITimeoutError": "没有在限定时间内回答",
    "TimeoutError": "没有在限定时间内回答",
}


def meaning(error: Exception) -> str:
    """A short Chinese reason without anything that was sent or received."""
    kinds = [kind.__name__ for kind in type(error).__mro__]  # LangChain puts classes of its own below the client's
    return next((_MEANING[kind] for kind in kinds if kind in _MEANING), f"返回的内容读不懂（{kinds[0]}）")
