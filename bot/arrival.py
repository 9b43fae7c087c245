"""One inbound message or event, as doors and pullers hand it to the inbox, in characters that every store takes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handlers.turn import Channel, Kind

LONGEST_ID = 128  # characters; WeCom's are at most 64 (90195)
LONGEST_KEY = 200
LONGEST_CODE = 256
LONGEST_STREAM = 64  # ours


def storable(text: str) -> str:
    """Half an emoji (JSON can carry one, and clients cut texts) becomes U+FFFD, a NUL goes: else no insert succeeds."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable_id(text: str, longest: int = LONGEST_ID) -> str:
    """The same for what rows are found by. One that is too long to be genuine is cut, and stays another than others."""
    text = storable(text)
    if len(text) <= longest:
        return text
    return f"{text[: longest - 33]}~{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}"


def _storable(value: Any) -> Any:
    """All texts inside of what came as JSON."""
    match value:
        case str():
            return storable(value)
        case Mapping():
            return {storable(str(key)): _storable(each) for key, each in value.items()}
        case list() | tuple():
            return [_storable(each) for each in value]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Address:
    """Who speaks, where: the conversation's key. `account` is a kf account or a bot; `chat` is empty one to one."""

    channel: Channel
    account: str
    chat: str
    person: str

    def __post_init__(self) -> None:
        for name in ("account", "chat", "person"):
            object.__setattr__(self, name, storable_id(getattr(self, name)))

    @property
    def conversation(self) -> str:
        """The conversation's id: the four parts joined by colons."""
        return f"{self.channel}:{self.account}:{self.chat}:{self.person}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """`key` is what the channel promises to be unique (message id, or a hash for events without one).

    `seen` marks history that is recorded and never answered. `stream` is the id of the AI-bot stream that the first
    reply opened, `data` what later steps need of the raw item (response_url, req_id, media ids …), nothing more.
    """

    key: str
    address: Address
    kind: Kind
    text: str
    sent_at: datetime
    msgtype: str = "text"
    seen: bool = False
    servicer: str = ""
    code: str = ""
    ref: str = ""
    stream: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", storable_id(self.key, LONGEST_KEY))
        object.__setattr__(self, "text", storable(self.text))
        object.__setattr__(self, "data", _storable(self.data))
        object.__setattr__(self, "code", storable_id(self.code, LONGEST_CODE))
        object.__setattr__(self, "stream", storable_id(self.stream, LONGEST_STREAM))
        for name in ("msgtype", "servicer", "ref"):
            object.__setattr__(self, name, storable_id(getattr(self, name)))
