"""Showing an answer while it is still being written, where people can see it grow: in an AI bot's bubble."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

from bot.channels import ChannelPort
from bot.channels.aibot import AiBotChannel
from bot.clock import Clock
from bot.replies import reply_parts
from bot.store import conversations
from bot.store.database import Database
from bot.store.inbox import Waiting
from handlers.turn import Channel, Reply

log = structlog.get_logger()

PACE_SECONDS = 0.5  # between two texts of one bubble


class Streaming:
    """The way from a text that grows to a bubble that does. The final text is not its business: the outbox sends it."""

    def __init__(self, channels: Mapping[Channel, ChannelPort], database: Database, clock: Clock) -> None:
        self._channels = channels
        self._database = database
        self._clock = clock

    @asynccontextmanager
    async def of(self, waiting: Waiting) -> AsyncIterator[Callable[[str], None] | None]:
        """What may be told the whole text so far while the item is decided on; None where nobody would see it.

        Nothing is shown any more once the block is left, however it is left.
        """
        channel = self._channels.get(waiting.conversation.channel)
        if not isinstance(channel, AiBotChannel):
            yield None
            return
        bubble = Growing(lambda text: self._show(channel, waiting, text), self._clock)
        try:
            yield bubble.so_far
        finally:
            await bubble.end()

    async def _show(self, channel: AiBotChannel, waiting: Waiting, text: str) -> bool:
        """Whether to go on: a conversation that has moved will be answered otherwise, or by a colleague."""
        conversation = waiting.conversation
        async with self._database.read() as connection:
            current = await conversations.load(connection, conversation.id)
        if current is None or current.version != conversation.version:
            return False
        for part in reply_parts(conversation, waiting, (Reply(text),), conversation.version, channel):
            await channel.grow(part)
        return True


class Growing:
    """Shows the newest text, never two at once and never faster than people can read. `show` says whether to go on."""

    def __init__(self, show: Callable[[str], Awaitable[bool]], clock: Clock) -> None:
        self._show = show
        self._clock = clock
        self._text = ""
        self._fresh = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._showing = False
        self._over = False

    def so_far(self, text: str) -> None:
        """Take the whole text so far. Returns at once; to be called in the event loop."""
        if self._over:
            return
        self._text = text
        self._fresh.set()
        if self._task is None:
            self._task = asyncio.create_task(self._keep_showing())

    async def end(self) -> None:
        """Stop. What is just being shown is shown to its end, so that it cannot overtake the final text."""
        self._over = True
        if self._task is None:
            return
        if not self._showing:
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_showing(self) -> None:
        while not self._over:
            await self._fresh.wait()
            self._fresh.clear()
            if not await self._shown():
                self._over = True
                return
            if not self._over:
                await self._clock.sleep(PACE_SECONDS)

    async def _shown(self) -> bool:
        self._showing = True
        try:
            return await self._show(self._text)
        except Exception as error:  # noqa: BLE001 - a glimpse less; the answer itself leaves by the outbox
            log.warning("stream_not_shown", error=type(error).__name__)
            return False
        finally:
            self._showing = False
