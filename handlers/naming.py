"""What people read instead of our own names of channels and addresses."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from handlers.texts import shorten
from handlers.turn import Channel
from scheduler.conflicts import AUDIENCE
from scheduler.posts import Reach, Recipient, WrongRecipient, parse_recipient

CHANNEL_NAMES: Mapping[str, str] = MappingProxyType(
    {
        Channel.KF: "微信客服",
        Channel.APP: "自建应用",
        Channel.AIBOT: "智能机器人",
        Channel.ROBOT: "群机器人",
        Channel.CUSTOMERS: "客户群发",
        Channel.APPCHAT: "应用群聊",
        Channel.CONTACT: "好友欢迎语",
    }
)

_ADDRESSED: Mapping[Reach, Callable[[Recipient, Callable[[str], str]], str]] = MappingProxyType(
    {
        "robot": lambda to, _: f"群机器人“{to.target}”",
        "aibot": lambda to, _: (
            f"智能机器人“{to.account}”的{'群' if to.scope == 'group' else '单聊'} {shorten(to.target)}"
        ),
        "app": lambda to, called: f"应用里的 {called(to.target)}",
        "group": lambda to, called: f"{called(to.account)} 的客户群 {shorten(to.target)}",
        "customer": lambda to, called: f"{called(to.account)} 的客户 {shorten(to.target)}",
        "appchat": lambda to, _: f"应用群聊 {shorten(to.target)}",
    }
)


def channel_name(channel: str) -> str:
    """A channel as people know it; one that we do not know by its own name."""
    return CHANNEL_NAMES.get(channel, channel)


def addressed(address: str, called: Callable[[str], str] = str) -> str:
    """A recipient address, or the name of an audience, in words; as it is written where it cannot be read.

    `called` gives the name of a colleague for their userid.
    """
    if address.startswith(AUDIENCE):
        return f"人群“{address.removeprefix(AUDIENCE).strip()}”"
    try:
        recipient = parse_recipient(address)
    except WrongRecipient:
        return address
    return _ADDRESSED[recipient.channel](recipient, called)
