"""Keeping an AI bot's long connection: one per bot, back after every break, down for good when a person has to act."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import structlog

from bot.channels.aibot_intake import Intake
from bot.channels.aibot_lease import BotLease
from bot.channels.aibot_line import Line, first_of, fresh_id, within
from bot.clock import Clock
from bot.engine import Waker
from bot.errors import NeedsOperator, SendError, TryLater
from bot.settings import AiBot
from bot.store.inbox import Inbox
from bot.store.marks import Leases

log = structlog.get_logger()

CONNECT_SECONDS = 10.0
LONGEST_BACK_OFF = 30.0  # seconds
CLOSING = aiohttp.ClientWSTimeout(ws_close=2.0)
KICKED = (
    "另一个程序用同一个机器人（{name}）连上了企业微信，这边已断开，不会自动重连，以免两边互相挤下线。"
    "请停掉多余的那个程序，或在机器人详情页重置 Secret 后填回设置，然后重启。"
)


class AiBotSocket:
    """One bot's connection (doc 101463): subscribed while we hold the bot's lease."""

    def __init__(
        self,
        bot: AiBot,
        session: aiohttp.ClientSession,
        leases: Leases,
        inbox: Inbox,
        engine: Waker,
        clock: Clock,
        told: Callable[[SendError], Awaitable[None]],
        proxy: str | None = None,
    ) -> None:
        """`told` hears, once, of what keeps the bot down until an operator acts; `proxy` as for the API's calls."""
        self._bot = bot
        self._session = session
        self._lease = BotLease(leases, bot.name, clock)
        self._intake = Intake(bot, inbox, engine, clock, self._drop)
        self._clock = clock
        self._told = told
        self._proxy = proxy or None
        self._line: Line | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether the bot is subscribed now."""
        return self._line is not None

    def start(self) -> None:
        """Connect, and stay so until `stop`."""
        if self._running is None:
            self._intake.start()
            self._running = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        """Close the connection, store what was read, and let another process have the bot."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None
        await self._intake.stop()
        await self._lease.release()

    async def request(self, cmd: str, body: Mapping[str, Any], req_id: str) -> Mapping[str, Any]:
        """Send a frame and return its ack. Raises what the ack's errcode means; TryLater when the bot is not connected,
        MaybeDone when no ack came within five seconds or before the connection ended."""
        if self._line is None:
            raise TryLater("the AI bot is not connected")
        return await self._line.request(cmd, body, req_id)

    def waits(self, req_id: str) -> bool:
        """Whether a frame of this req_id still waits for its ack."""
        return self._line is not None and self._line.waits(req_id)

    def may_welcome(self, req_id: str) -> bool:
        """Whether the person of this enter_chat can still be greeted."""
        return self._intake.may_welcome(req_id)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.drop()

    async def _stay(self) -> None:
        failures = 0
        while True:
            try:
                subscribed = await self._attempt()
            except NeedsOperator as error:
                await self._give_up(error)
                return
            # A TCP connection alone proves nothing: only a subscription starts the waiting anew.
            failures = 0 if subscribed else failures + 1
            await self._clock.sleep(back_off(failures, random.random()))

    async def _give_up(self, error: NeedsOperator) -> None:
        log.error("aibot_down", bot=self._bot.name, errcode=error.errcode)
        await self._lease.release()
        await self._told(error)

    async def _attempt(self) -> bool:
        """One connection from its opening to its end; whether it got as far as a subscription. Raises NeedsOperator."""
        try:
            await self._lease.held()
            return await self._connect()
        except NeedsOperator:
            raise
        except (SendError, aiohttp.ClientError, TimeoutError, OSError) as error:
            errcode = error.errcode if isinstance(error, SendError) else 0
            log.warning("aibot_not_connected", bot=self._bot.name, error=type(error).__name__, errcode=errcode)
        except Exception:
            log.exception("aibot_connection_broke", bot=self._bot.name)
        return False

    async def _connect(self) -> bool:
        socket = await within(self._clock, CONNECT_SECONDS, self._opened())
        line = Line(socket, self._clock, self._intake.put)
        try:
            await first_of(line.read(), self._serve(line))
        finally:
            self._line = None
            await line.close()
            log.info("aibot_disconnected", bot=self._bot.name, kicked=line.kicked)
        if line.kicked:
            raise NeedsOperator("a newer connection took over", what_to_do=KICKED.format(name=self._bot.display_name))
        return line.subscribed

    async def _opened(self) -> aiohttp.ClientWebSocketResponse:
        return await self._session.ws_connect(self._bot.ws_url, proxy=self._proxy, timeout=CLOSING)

    async def _serve(self, line: Line) -> None:
        """Subscribe, then stay until the line is dead, dropped, or not ours any more."""
        secret = self._bot.secret.get_secret_value() if self._bot.secret else ""
        await line.request("aibot_subscribe", {"bot_id": self._bot.bot_id, "secret": secret}, fresh_id())
        line.subscribed, self._line = True, line
        log.info("aibot_connected", bot=self._bot.name)
        await first_of(line.beat(), line.dropped(), self._lease.lost())


def back_off(failures: int, jitter: float) -> float:
    """Seconds until the next try: a second, doubled for each failure in a row up to 30; `jitter` (0 to 1) takes up to
    half of it away, so that many bots do not come back at once."""
    return min(LONGEST_BACK_OFF, float(2 ** min(failures, 10))) * (1 - jitter / 2)
