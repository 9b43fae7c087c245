"""Text that gives orders to a model. Guides and messages are data: such sentences never reach the model as a source."""

import re

_ORDER = re.compile(
    r"""
    (?:忽略|无视|忘记|忘掉|跳过|绕过|不要(?:再)?(?:遵守|理会|管)).{0,12}(?:规则|指令|指示|要求|提示|设定|限制|约束)
    | (?:规则|指令|设定|限制).{0,6}(?:作废|无效|失效|取消|解除)
    | (?:从现在(?:开始|起)|现在开始|接下来).{0,6}你(?:是|就是|扮演|叫|只)
    | 你(?:现在|必须|要|就)?(?:扮演|假装|变成)
    | (?:系统|新|管理员|开发者)(?:提示|指令|消息|命令)(?:[:：]|词)?
    | (?:进入|切换到).{0,4}(?:调试|开发者|管理员)模式 | (?:system|developer)\s*(?:prompt|message|mode)
    | (?:^|\n)\s*(?:system|assistant|user|human)\s*:
    | ignore\s+(?:all|any|the|your|previous|above|prior|earlier) | disregard | jailbreak | do\s+anything\s+now
    | (?:请|只|只能|必须|务必|直接|你要|应该?)(?:回复|回答|输出|重复|复述|说)\s*[:「“"'「『](?!转人工|退订|全文|恢复)
    | (?:你|模型|机器人|助手|\bai\b).{0,6}(?:回答|回复|输出)(?:里|中|时|的时候)?.{0,8}(?:必须|要|应|加上|写|包含|附上)
    | <\|.{0,20}\|> | \[/?inst\] | </?(?:system|s)>
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]*")


def is_order(text: str) -> bool:
    """Whether a text tells a model what to be or to say, rather than people what to do."""
    return bool(_ORDER.search(text.replace("：", ":")))


def without_orders(text: str) -> str:
    """`text` without the sentences that are orders; everything else stays as it is."""
    if not is_order(text):
        return text
    return "".join(sentence for sentence in _SENTENCE.findall(text) if not is_order(sentence))
