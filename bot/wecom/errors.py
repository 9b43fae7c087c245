"""WeCom's error codes (global table 90313; kf, mass messages, webhook, AI bot) as the classes of bot/errors.py.

Only `errcode` decides; the text of `errmsg` changes, and goes along for the reader because it carries WeCom's hint id.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Literal

from bot.errors import AlreadyDone, NeedsOperator, RefreshToken, Refused, SendError, StateMoved, TryLater

__all__ = ["KNOWN", "Family", "family_of", "raise_for"]

Family = Literal["token", "general", "kf", "mass", "webhook", "aibot"]

# Makes the error from what went wrong and the code.
_Verdict = Callable[[str, int], SendError]

_LONGEST_ERRMSG = 300  # characters


def _later(seconds: float) -> _Verdict:
    return lambda message, code: TryLater(message, after=timedelta(seconds=seconds), errcode=code)


def _operator(what_to_do: str) -> _Verdict:
    return lambda message, code: NeedsOperator(message, what_to_do=what_to_do, errcode=code)


def _refused(message: str, code: int) -> SendError:
    return Refused(message, errcode=code)


def _done(message: str, code: int) -> SendError:
    return AlreadyDone(message, errcode=code)


def _moved(message: str, code: int) -> SendError:
    return StateMoved(message, errcode=code)


def _refresh(message: str, code: int) -> SendError:
    return RefreshToken(message, errcode=code)


def _each(codes: Iterable[int], verdict: _Verdict) -> dict[int, _Verdict]:
    return dict.fromkeys(codes, verdict)


_SECRET = _operator("Secret 不对。请在企业微信管理后台打开对应的应用，重新查看 Secret，填回设置后重启。")
_APP = _operator("AgentID 和 Secret 不属于同一个应用。请在管理后台的应用详情页核对这两项，填回设置后重启。")
_RIGHT = _operator(
    "这个应用没有调用该接口的权限。请在管理后台打开对应功能的「API」，在「可调用接口的应用」里勾选本应用；"
    "给群推送还要求应用的可见范围包含根部门。"
)
_VOID = _operator("接口授权已失效或被停用。请在管理后台的应用详情页重新启用应用，并确认接口权限仍然开着。")
_ADDRESS = _operator(
    "服务器的出口 IP 不在可信名单里。请在管理后台「应用管理 → 本应用 → 企业可信IP」里添加它（报错里写有这个 IP），"
    "约一分钟后生效。"
)
_TICKET = _operator("这位同事的登录已过期。请他打开一次企业微信客户端，之后会自动恢复。")
_ROBOT = _operator("群机器人已失效或被移出群。请在群里重新添加机器人，把新的 key 填进设置。")
_KF_MODE = _operator(
    "微信客服的 Secret 和接入方式不匹配。请在管理后台「微信客服 → API」确认接入方式，改用自建应用的 Secret。"
)
_KF_RIGHT = _operator(
    "客服账号没有交给本应用管理。请在「微信客服 → API → 通过API管理微信客服账号」里把账号交给本应用。"
)

_GENERAL: Mapping[int, _Verdict] = {
    -1: _later(2),  # system busy
    6000: _later(1),  # several writers at once
    45009: _later(60),  # over the minute limit; hour and day limits answer the same code again
    45033: _later(5),  # too many calls side by side
    **_each((45035, 45036), _later(60)),
    **_each((40014, 42001), _refresh),
    40001: _SECRET,
    40013: _operator("企业 ID 不对。请在管理后台「我的企业 → 企业信息」最下方复制企业 ID，填进设置的 corp_id。"),
    **_each((40056, 301002), _APP),
    43012: _operator("应用还没有配置回调。请在管理后台的应用详情页「接收消息」里填好 URL、Token 和 EncodingAESKey。"),
    48002: _RIGHT,
    **_each((48001, 48004, 48005, 48006, 50003, 60031, 301007), _VOID),
    **_each((60020, 301042), _ADDRESS),
    **_each((40003, 60111, 46004, 50002, 60011, 60021, 60030, 81013), _refused),  # not a person we may reach
    **_each((40007, 40145), _refused),  # media gone: upload again
    **_each((40008, 40032, 40035, 40058, 40063, 40066, 40068, 41001, 44001, 44004), _refused),  # our own mistake
    **_each((81012, 82001, 82002, 82003, 82004, 830002), _refused),
    **_each((45001, 45002, 45008), _refused),  # too large
    **_each((*range(42014, 42021), *range(42027, 42053), 60140), _refused),  # cards; 42052 is a recall after 24 h
    43004: _refused,
    86215: _done,  # the chat id exists: creating with our own id is idempotent
    **_each((86001, 86003, 86004, 86006, 86008, 86216), _refused),
}

_MASS: Mapping[int, _Verdict] = {
    45035: _later(2),  # two changes of one customer at once
    **_each((40201, 40204), _refused),  # stopped as spam: never again with this text
    **_each((40205, 84014), _TICKET),
    40206: _refused,
    **_each((40096, 41035, 41046, 41047, 41048, 41050, 41053, 41054, 41056), _refused),
    **_each((41064, 41065, 41080, 41081, 41082, 41090), _refused),  # attachments
    41051: _done,  # welcomed or chatting already
    41063: _later(120),  # the task is still being given out
    41093: _done,  # the task was cancelled before
    41094: _later(24 * 3600),  # reminded three times today
    41096: _later(1),  # another app is welcoming; the code dies after 20 s anyway
    **_each((81017, 84061, 84083, 84084, 90501, 90509), _refused),
    84074: _operator("这位同事没有客户联系权限。请在「客户联系 → 权限配置」的使用范围里加上他。"),
    **_each((701008, 701099), _operator("接口许可不足。请在管理后台为相关成员购买或激活接口许可。")),
}

_KF: Mapping[int, _Verdict] = {
    48007: _KF_RIGHT,
    **_each((40205, 84014), _TICKET),
    95000: _operator("客服账号 ID 的格式不对。请核对设置 wecom.kf.accounts，它以 wk 开头。"),
    **_each((95001, 95002, 95031), _refused),  # only the customer's next message opens the window again
    95003: _operator("企业还没有认证，微信客服的接待人数已用完。请在「我的企业」完成企业认证。"),
    95004: _operator(
        "客服账号不存在或不属于本企业。请用 fencun check --live 查看可用账号，再改设置 wecom.kf.accounts。"
    ),
    **_each((95005, 95006, 95008, 95009, 95015, 95021, 95022, 95026, 95027, 95030), _refused),
    95007: _refused,  # the callback's token is older than 10 minutes: pull with the cursor alone
    **_each((95011, 95012), _KF_MODE),
    **_each((95013, 95016, 95018), _moved),
    **_each((95014, 95019), _refused),  # this colleague cannot take it: choose another
    95017: _operator("微信客服的 API 开关没有打开。请在「微信客服 → API」里开启，并勾选本应用。"),
    95023: _operator("微信客服的 API 交给了别的应用。请在「微信客服 → API → 可调用接口的应用」里改选本应用。"),
    95032: _operator("微信客服组件失去了聊天记录权限。请在「微信客服」里重新授权。"),
}

# Where no access token is sent there is none to renew.
_TOKENLESS: Mapping[int, _Verdict] = {**_GENERAL, **_each((40014, 42001), _later(60))}

_WEBHOOK: Mapping[int, _Verdict] = {
    **_each((93000, 93001, 93004, 93008), _ROBOT),
    **_each((93006, 93017, 93018), _refused),
}

_AIBOT: Mapping[int, _Verdict] = {
    846601: _operator("这个智能机器人没有开启长连接。请在管理后台的机器人详情页把接入方式改为「长连接」。"),
    **_each((846604, 846605), _refused),  # the callback is too old or was no message: push instead
    846606: _done,  # replied before
    846607: _later(60),  # over the limit
    846608: _refused,  # the stream is too old: the rest goes as a new message
    846609: _later(2),  # not subscribed: connect again first
    **_each((846610, 846611, 846612, 846613, 846616, 846625, 846697, 93019, 93050), _refused),
    853000: _operator("机器人的 BotID 或 Secret 不对。请在管理后台的机器人详情页核对，填回设置后重启。"),
}

_OF_FAMILY: Mapping[Family, Mapping[int, _Verdict]] = {
    "general": _GENERAL,
    "kf": {**_GENERAL, **_KF},
    "mass": {**_GENERAL, **_MASS},
    "token": _TOKENLESS,
    "webhook": {**_TOKENLESS, **_WEBHOOK},
    "aibot": {**_TOKENLESS, **_AIBOT},
}

# Every code that has a line above. The errcode of a repeated kf msgid is not documented: when the retry of a kf send
# whose answer was lost comes back with a code that is not in here, it is that one, and the message had gone out.
KNOWN: frozenset[int] = frozenset(code for table in _OF_FAMILY.values() for code in table)


def family_of(path: str) -> Family:
    """Which table speaks for an API path such as `kf/send_msg`."""
    if path.startswith("kf/"):
        return "kf"
    if path.startswith("externalcontact/"):
        return "mass"
    return "webhook" if path.startswith("webhook/") else "general"


def raise_for(errcode: int, errmsg: str, family: Family) -> None:
    """Return for 0; raise what the code means to `family`, Refused for a code in no table."""
    if errcode == 0:
        return
    verdict = _OF_FAMILY[family].get(errcode, _refused)
    raise verdict(f"WeCom answered {errcode}: {errmsg[:_LONGEST_ERRMSG]}", errcode)
