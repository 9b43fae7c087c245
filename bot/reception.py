"""What every process opens: the store, the way to the other processes, and the port on which it listens.

Nothing in here may import what only those need who answer: a process that takes callbacks in has neither the library
nor the classifiers in memory (tests/bot/test_what_a_role_loads.py).
"""

import fcntl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import structlog
from aiohttp import web
from sqlalchemy.engine import make_url

from bot.clock import Clock, SystemClock
from bot.cluster.cluster import Cluster
from bot.cluster.engine import Caller
from bot.cluster.leader import Leadership
from bot.cluster.pulls import Pulls
from bot.engine import Engine
from bot.foundation import CannotStart, Foundation, lay, traced
from bot.key_watch import KeyWatch
from bot.measuring import Measuring, watch
from bot.process_role import ProcessRole
from bot.settings import Settings
from bot.store.database import StoreUnusable
from bot.store.migrate import migrate
from bot.store.streams import Streams
from bot.web.routes import Web

log = structlog.get_logger()

STOP_GRACE = 5.0  # seconds for conversations that are being worked on
LAST_REQUESTS = 2.0  # seconds for requests that are under way at the stop; WeCom's take milliseconds


@dataclass
class Running:
    """What exists only between start and stop."""

    runner: web.AppRunner | None = None
    lock: TextIO | None = None
    port: int = 0
    leadership: Leadership | None = None
    key_watch: KeyWatch | None = None


@dataclass(frozen=True, kw_only=True)
class Reception:
    """The process of `--role web`: it takes in, and calls those who work. Put together, and not yet started."""

    base: Foundation
    engine: Engine
    web: Web
    running: Running = field(default_factory=Running)

    async def start(self, port: int | None = None) -> int:
        """Open the store and listen; returns the port.

        Raises CannotStart or StoreUnusable; what was opened until then is closed by `stop`.
        """
        await self.open(port)
        self.web.ready = True
        log.info("started", role=self.base.role, port=self.running.port)
        return self.running.port

    async def stop(self) -> None:
        """Stop taking, close. What was taken in is worked on by the others."""
        self.web.ready = False
        await self.close_port()
        await self.close_store()
        log.info("stopped")

    async def open(self, port: int | None) -> None:
        """The part of the start that is the same for every role."""
        if self.base.role is not ProcessRole.ALL:
            shared(self.base)
        watch(self.base, self.engine, self.leads)
        self.running.lock = _only_one(self.base.settings.store.url)
        await migrate(self.base.database)
        await self.base.database.check()
        if self.base.database.keyring is not None:
            self.running.key_watch = KeyWatch(self.base.database, self.base.database.keyring)
            self.running.key_watch.start()
        if self.base.cluster is not None:
            await self.base.cluster.session.start()
        self.running.port = await self._listen(port)

    async def close_port(self) -> None:
        if self.running.runner is not None:
            await self.running.runner.cleanup()

    async def close_store(self) -> None:
        if self.running.key_watch is not None:
            await self.running.key_watch.stop()
        if self.base.cluster is not None:
            await self.base.cluster.close()
        await self.base.database.close()
        if self.base.tracing is not None:
            await self.base.tracing.close()
        if self.running.lock is not None:
            self.running.lock.close()

    def leads(self) -> bool:
        """Whether this process is the clock."""
        return False

    async def _listen(self, port: int | None) -> int:
        server = self.base.settings.server
        wanted = server.port if port is None else port
        runner = web.AppRunner(self.web.app(), handle_signals=False, shutdown_timeout=LAST_REQUESTS)
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


def reception(settings: Settings, clock: Clock | None = None) -> Reception:
    """Put the process of `--role web` together. Opens nothing yet. Raises CannotStart or StoreUnusable."""
    base = traced(lay(settings, clock or SystemClock(), ProcessRole.WEB))
    session = shared(base).session
    engine = Caller(session)
    base.bell.to(engine)
    ringing = Pulls(session) if settings.wecom.kf is not None else None
    return Reception(base=base, engine=engine, web=Web(base, Streams(base.database), ringing, Measuring(base)))


def shared(base: Foundation) -> Cluster:
    """The way to the other processes. Raises CannotStart where the store bears one process only."""
    if base.cluster is None:
        raise CannotStart(
            f"--role {base.role} 要几个进程共用一个 PostgreSQL，现在的 [store] url 是 SQLite，只能有一个进程。"
            "数据没有动。请用 --role all，或把 [store] url 改成 postgresql://…。"
        )
    return base.cluster


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
