"""One inbound message or event, as the door and the pullers hand it to the inbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from handlers.turn import Channel, Kind


@dataclass(frozen=True, slots=True)
class Address:
    """Who speaks, where: the conversation's key. `account` is a kf account or a bot; `chat` is empty one to one."""

    channel: Channel
    account: str
    chat: str
    person: str

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
