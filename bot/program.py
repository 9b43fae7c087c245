"""The bot as it runs: opened, listening, ticking, and closed again in the reverse order."""

import fcntl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import structlog
from aiohttp import web
from sqlalchemy.engine import make_url

from bot.cluster.leader import Leadership
from bot.connections import Connections
from bot.engine import Engine
from bot.foundation import Foundation
from bot.gaps import GapKeeper
from bot.librarian import Librarian
from bot.measuring import watch
from bot.outbox import Dispatcher
from bot.planner import Planner
from bot.process_role import ProcessRole
from bot.store.database import StoreUnusable
from bot.store.migrate import migrate
from bot.ticker import Ticker
from bot.web.routes import Web
from bot.web.server_log import ServerLog

log = structlog.get_logger()

STOP_GRACE = 5.0  # seconds for conversations that are being worked on
LAST_REQUESTS = 2.0  # seconds for requests that are under way at the stop; WeCom's take milliseconds
LINGER = 1.0  # seconds in which somebody with too large a body may still read that it is


class CannotStart(Exception):
    """The message says what is in the way and what to do; nothing was changed."""


@dataclass
class Running:
    """What exists only between start and stop."""

    runner: web.AppRunner | None = None
    lock: TextIO | None = None
    port: int = 0
    leadership: Leadership | None = None


@dataclass(frozen=True, kw_only=True)
class Program:
    """The bot, put together and not yet started. `start` opens everything, `stop` ends it in the reverse order."""

    base: Foundation
    engine: Engine
    dispatcher: Dispatcher
    planner: Planner
    librarian: Librarian
    gap_keeper: GapKeeper
    ticker: Ticker  # of the one clock
    everywhere: Ticker  # what each process that works or ticks has to read for itself
    connections: Connections
    web: Web
    running: Running = field(default_factory=Running)

    async def start(self, port: int | None = None) -> int:
        """Open the store, listen, take up what was left, begin to tick; returns the port.

        Raises CannotStart or StoreUnusable; what was opened until then is closed by `stop`.
        """
        self._check_role()
        watch(self.base, self.dispatcher, self.engine, self._leads)
        self.running.lock = _only_one(self.base.settings.store.url)
        await migrate(self.base.database)
        await self.base.database.check()
        if self.base.cluster is not None:
            await self.base.cluster.session.start()
        self.running.port = await self._listen(port)
        role = self.base.role
        if role.works or role.ticks:
            await self.librarian.open()
            await self.everywhere.run_all(starting=True)
            self.everywhere.start()
        if role.works:
            await self._work()
        if role.ticks:
            await self._tick()
        self.web.ready = True
        log.info("started", role=role, port=self.running.port, channels=list(self.connections.names))
        return self.running.port

    async def _work(self) -> None:
        self.engine.start([*await self.base.inbox.unfinished(), *await self.base.outbox.lanes()])
        await self.connections.start()

    async def _tick(self) -> None:
        if self.base.cluster is None:
            await self._lead()
            return
        self.running.leadership = Leadership(self.base.cluster.session, self._lead, self.ticker.pause)
        self.running.leadership.start()

    async def _lead(self) -> None:
        await self.ticker.run_all(starting=True)
        self.ticker.start()

    def _leads(self) -> bool:
        """Whether this process is the clock."""
        leadership = self.running.leadership
        return leadership.leads if leadership is not None else self.base.role.ticks and self.base.cluster is None

    async def look(self) -> None:
        """Look at everything now, whatever the time: for a clock that has jumped."""
        await self.everywhere.run_all()
        await self.ticker.run_all()

    async def stop(self) -> None:
        """Stop taking, finish what is being done, close. What is left over is taken up by the next start."""
        self.web.ready = False
        if self.running.leadership is not None:
            await self.running.leadership.stop()
        self.ticker.stop()
        self.everywhere.stop()
        await self.connections.stop()
        if self.running.runner is not None:
            await self.running.runner.cleanup()
        await self.engine.stop(STOP_GRACE)
        await self.connections.close()
        self.librarian.close()
        if self.base.cluster is not None:
            await self.base.cluster.close()
        await self.base.database.close()
        if self.running.lock is not None:
            self.running.lock.close()
        log.info("stopped")

    def _check_role(self) -> None:
        if self.base.role is not ProcessRole.ALL and self.base.cluster is None:
            raise CannotStart(
                f"--role {self.base.role} 要几个进程共用一个 PostgreSQL，现在的 [store] url 是 SQLite，只能有一个进程。"
                "数据没有动。请用 --role all，或把 [store] url 改成 postgresql://…。"
            )

    async def _listen(self, port: int | None) -> int:
        server = self.base.settings.server
        wanted = server.port if port is None else port
        runner = web.AppRunner(
            self.web.app(),
            access_log=None,
            handle_signals=False,
            logger=ServerLog(),
            shutdown_timeout=LAST_REQUESTS,
            lingering_time=LINGER,
        )
        await runner.setup()
        self.running.runner = runner
        try:
            await self.web.edge.site(runner, server.host, wanted).start()
        except OSError as error:
            raise CannotStart(
                f"端口 {server.host}:{wanted} 打不开（{error.strerror or error}）。数据没有动。"
                "请先停掉占用它的程序，或改 [server] port（make run 用 PORT=…）。"
            ) from error
        return int(runner.addresses[0][1])


def _only_one(url: str) -> TextIO | None:
    """SQLite and embedded Chroma bear one process: hold a lock beside the database for as long as this one lives."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    try:
        held = Path(f"{parsed.database}.lock").open("w")  # noqa: SIM115 - held until the program stops
    except OSError as error:
        raise StoreUnusable(
            f"数据目录无法写入：{Path(parsed.database).parent}（{error.strerror}）。没有写入任何内容。"
            "请检查目录权限，或改 [store] url。"
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise CannotStart(
            f"另一个分寸正在使用 {parsed.database}，一份数据同时只能有一个进程用。"
            "请先停掉它，或为这一个改 [store] url。"
        ) from error
    return held
