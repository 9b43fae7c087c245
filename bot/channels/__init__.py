"""The ways out. Each channel renders, splits and sends; none of them decides."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.part import Part, Receipt


@dataclass(frozen=True, slots=True)
class Limits:
    """What the platform allows: sends a minute in one lane, and answers to one message of the member.

    `rated` is how many bytes a text may have that carries a menu to rate it; None where there are no menus.
    """

    per_minute: int | None = None
    per_message: "Budget | None" = None
    rated: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A member's message opens `window`, in which `parts` may be sent, of `size` bytes at most."""

    parts: int
    window: timedelta
    size: int


class ChannelPort(Protocol):
    """The whole contract of a channel."""

    limits: Limits

    def pieces(self, markdown: str) -> list[str]:
        """The text as this channel shows it, in pieces that fit."""
        ...

    async def send(self, part: Part) -> Receipt:
        """Hand a part to the platform. Raises the classes of `bot.errors`."""
        ...
