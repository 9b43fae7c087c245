"""AI bots (智能机器人), reached by callback and polled streams or over a long connection (docs 101031, 101463)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from bot.channels import Limits
from bot.channels.texts import pieces
from bot.clock import Clock
from bot.errors import Refused
from bot.part import Part, Receipt
from bot.store.streams import Streams
from handlers.texts import LATER
from handlers.turn import Channel
from scheduler.posts import parse_recipient


class Mode(Protocol):
    """How one bot is reached: `CallbackBot` or `WebSocketBot`."""

    @property
    def reachable(self) -> bool:
        """Whether something unasked could leave now."""
        ...

    async def send(self, part: Part) -> Receipt:
        """Hand a part to the platform. Raises the classes of `bot.errors`."""
        ...

    async def grow(self, part: Part, text: str) -> None:
        """Show the whole text so far of a bubble that `send` will finish. Raises the classes of `bot.errors`."""
        ...


class AiBotChannel:
    """`bots` is the bot's name in the settings → its mode. WeCom allows 30 messages a minute in one chat (101463)."""

    limits = Limits(per_minute=30)

    def __init__(self, bots: Mapping[str, Mode]) -> None:
        self._bots = bots

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.AIBOT)

    def reachable(self, name: str) -> bool:
        """Whether this bot could carry a post now; False for a bot we do not have."""
        bot = self._bots.get(name)
        return bot is not None and bot.reachable

    async def send(self, part: Part) -> Receipt:
        """Kinds: "bubble" answers a message, "rest" is what had no room in the bubble, "welcome", "post"."""
        bot = self._bots.get(_account(part))
        if bot is None:
            raise Refused("there is no AI bot of this name in the settings")
        return await bot.send(part)

    async def grow(self, part: Part) -> None:
        """Show a bubble's text so far, before `send` gets the bubble itself; of other kinds nothing is shown."""
        bot = self._bots.get(_account(part))
        if bot is not None and part.kind == "bubble":
            await bot.grow(part, part.body["text"])


def _account(part: Part) -> str:
    return str(part.body["account"]) if "account" in part.body else parse_recipient(part.body["recipients"][0]).account


async def close_overdue(streams: Streams, clock: Clock, bot: str, seconds: float) -> int:
    """End the bot's streams opened more than `seconds` ago with a line that promises the answer; returns how many.

    The answer itself then goes by response_url. For the sweep: WeCom asks only as long as the person looks.
    """
    return await streams.end_overdue(bot, clock.now() - timedelta(seconds=seconds), LATER)
