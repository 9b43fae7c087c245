"""What operators do when WeCom does not take a colleague as the sender of a task."""

from collections.abc import Mapping

from bot.errors import Refused, SendError

NOBODY = 41048  # nobody of the task can get it

_OUT_OF_RANGE = "{sender} 不在本应用的可见范围里，或不是企业成员。请在应用详情页把他加进可见范围。"
_LICENCE = "{sender} 的接口许可不足。请在管理后台为他购买或激活接口许可。"
_ADVICE: Mapping[int, str] = {
    NOBODY: "{sender} 的这条群发没有一位收件人能收到。请核对收件地址：客户要是他的好友，客户群要由他当群主。",
    40003: _OUT_OF_RANGE,
    40096: "收件的客户不在本应用看得到的范围里。请核对地址，并确认 {sender} 在应用的可见范围里。",
    41054: "{sender} 还没有激活企业微信。请他先登录一次。",
    48002: "本应用不能用客户联系的接口。请在「客户联系 → 可调用接口的应用」里勾选本应用。",
    50002: _OUT_OF_RANGE,
    60011: _OUT_OF_RANGE,
    60111: _OUT_OF_RANGE,
    701008: _LICENCE,
    701099: _LICENCE,
    84061: "{sender} 和收件的客户之间没有好友关系。请核对收件地址，或换一位同事来发。",
    84074: "{sender} 没有客户联系权限。请在「客户联系 → 权限配置」的使用范围里加上他。",
}
_AGAIN = "改好以后用 /push 重新安排。"


def advice(errcode: int, sender: str) -> str:
    """What to do about `errcode` in Chinese, empty where it is no matter of a sender's rights."""
    found = _ADVICE.get(errcode)
    return found.format(sender=sender) + _AGAIN if found else ""


def explained(error: SendError, sender: str) -> SendError:
    """The error of making a task: one about rights ends it and says what to do, so that nothing is tried blindly."""
    what_to_do = advice(error.errcode, sender)
    return Refused(str(error), errcode=error.errcode, what_to_do=what_to_do) if what_to_do else error
