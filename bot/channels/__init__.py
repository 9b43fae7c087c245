"""The ways out. Each channel renders, splits and sends; none of them decides."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.part import Part, Receipt


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform allows: sends a minute in one lane, and sends per message of the member within a window."""

    per_minute: int | None = None
    per_message: int | None = None
    window: timedelta | None = None


class ChannelPort(Protocol):
    """The whole contract of a channel."""

    limits: Limits

    def pieces(self, markdown: str) -> list[str]:
        """The text as this channel shows it, in pieces that fit."""
        ...

    async def send(self, part: Part) -> Receipt:
        """Hand a part to the platform. Raises the classes of `bot.errors`."""
        ...
