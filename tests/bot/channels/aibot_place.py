"""An AI bot with a long connection beside the stand-in, for the tests of its channel."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from bot.channels.aibot import AiBotChannel
from bot.channels.aibot_socket import AiBotSocket
from bot.channels.aibot_websocket import WebSocketBot
from bot.clock import MovableClock
from bot.engine import EmbeddedEngine
from bot.errors import SendError
from bot.part import Klass, Part, part_id
from bot.sandbox import StandIn
from bot.settings import AiBot
from bot.store.database import Database
from bot.store.inbox import Inbox, Waiting, mark_handled
from bot.store.marks import Leases
from bot.store.migrate import migrate
from handlers.turn import Channel, Kind

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
STREAM_SECONDS = 330


class WatchedClock(MovableClock):
    """Stands still, and knows who sleeps for how many seconds."""

    def __init__(self) -> None:
        super().__init__(NOW, frozen=True)
        self._sleepers: list[tuple[float, datetime]] = []

    async def sleep(self, seconds: float) -> None:
        sleeper = (seconds, self.now() + timedelta(seconds=seconds))
        self._sleepers.append(sleeper)
        try:
            await super().sleep(seconds)
        finally:
            self._sleepers.remove(sleeper)

    @property
    def asleep(self) -> Counter[float]:
        """How many sleep for so many seconds and are not due yet."""
        return Counter(seconds for seconds, due in self._sleepers if due > self.now())

    def pass_seconds(self, seconds: float) -> None:
        self.jump(timedelta(seconds=seconds))


async def until(condition: Callable[[], bool]) -> None:
    """Give way to the others until it holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the parts under test tell nobody when they get there
            await asyncio.sleep(0)


@dataclass
class Place:
    """One of our processes with the bot "live", and WeCom."""

    wecom: StandIn
    clock: WatchedClock
    database: Database
    inbox: Inbox
    session: aiohttp.ClientSession
    told: list[SendError] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    sockets: list[AiBotSocket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = EmbeddedEngine(self._drain, self.clock, 64)
        self.engine.start([])
        self.socket = self.another_process()
        self.channel = AiBotChannel({"live": WebSocketBot(self.socket, self.clock, STREAM_SECONDS)})

    def another_process(self, *, database: Database | None = None, secret: str = "") -> AiBotSocket:
        """A connection as another process would keep it: with the same store, or with one of its own."""
        seat = self.wecom.world.aibot("live")
        bot = AiBot(
            name=seat.name,
            mode="websocket",
            display_name=seat.display_name,
            bot_id=seat.bot_id,
            secret=secret or seat.secret,
            ws_url=self.wecom.ws_url,
        )
        leases = Leases(database or self.database)
        socket = AiBotSocket(bot, self.session, leases, self.inbox, self.engine, self.clock, self.told.append)
        self.sockets.append(socket)
        return socket

    async def connect(self) -> None:
        self.socket.start()
        await until(lambda: self.socket.connected)

    async def _drain(self, lane: str) -> None:
        """Answer what is there, as the desk does."""
        while (waiting := await self.inbox.next(lane)) is not None:
            async with self.database.write() as connection:
                await mark_handled(connection, lane, waiting.item.id, "test", self.clock.now(), "handled")
            if (part := _reply(lane, waiting)) is not None:
                with suppress(SendError):
                    await self.channel.send(part)
                    self.answered.append(waiting.item.text)

    def said(self, chat: str = "wangwei") -> list[str]:
        return [line.text for line in self.wecom.bot_chat("live", chat) if line.who == "bot"]

    def frames(self, cmd: str) -> int:
        return len(self.wecom.calls(f"ws/{cmd}"))


def _reply(lane: str, waiting: Waiting) -> Part | None:
    if waiting.item.kind not in (Kind.TEXT, Kind.ENTERED):
        return None
    account, chat, person = lane.split(":")[1:]
    body = {"to": person, "account": account, "chat": chat, "text": f"答：{waiting.item.text}"}
    body |= {"stream": waiting.stream, "req_id": waiting.data["req_id"], "code": waiting.item.code}
    kind = "welcome" if waiting.item.code else "bubble"
    return Part(part_id(lane, waiting.item.id), lane, Channel.AIBOT, Klass.REPLY, kind, body, tries=1)


@asynccontextmanager
async def store(path: Path) -> AsyncIterator[Database]:
    database = Database.connect(f"sqlite:///{path}")
    await migrate(database)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_place(folder: Path) -> AsyncIterator[Place]:
    """The bot "live", not connected yet, with an empty store in `folder`."""
    clock = WatchedClock()
    wecom = StandIn(clock=clock)
    await wecom.start()
    async with store(folder / "store.db") as database, aiohttp.ClientSession() as session:
        place = Place(wecom, clock, database, Inbox(database, clock), session)
        yield place
        for socket in place.sockets:
            await socket.stop()
        await place.engine.stop(0.5)
    await wecom.stop()
