"""The site: PostgreSQL, Chroma, nginx and the bot's processes, on loopback, beside the stand-in for WeCom."""

import asyncio
import shutil
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.site import words
from bench.site.daemons import Daemon, free_port
from bench.site.nginx import nginx
from bench.site.postgres import Postgres, remove, scratch
from bench.site.world import Town, schedules, settings, toml, zone_at_noon
from bot.sandbox.standin import StandIn

READY_SECONDS = 300.0  # on a machine that has other things to do
CHROMA = Path(sys.executable).with_name("chroma")


@dataclass(frozen=True)
class Shape:
    """What a site consists of. `roles` are counted; `all` alone may be used with SQLite (`postgresql=False`).

    `chroma`: vectors on a server of their own. `skew` (seconds) sets the clocks of the named processes ahead. `more` is
    laid over the settings of each process. `minutes` over which the scheduled posts are spread.
    """

    roles: Mapping[str, int] = field(default_factory=lambda: {"web": 2, "worker": 2, "clock": 2})
    postgresql: bool = True
    chroma: bool = False
    balanced: bool = True
    skew: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    minutes: int = 3

    @property
    def names(self) -> list[tuple[str, str]]:
        """Name and role of each process."""
        return [(f"{role}{number}", role) for role, many in self.roles.items() for number in range(1, many + 1)]


class Site:
    """`start`, then the bot's processes live in `bots`, each started again when it dies; `stop` ends all.

    A `postgres` that is given is used and left running; so are the index in `library` (made there when it is empty) and
    the `folder` for everything else. `database` is the address of the store.
    """

    def __init__(
        self,
        town: Town,
        shape: Shape,
        postgres: Postgres | None = None,
        library: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        self.town = town
        self.shape = shape
        self.folder = folder or scratch("fencun-site-")
        self._kept = folder is not None
        self.standin = StandIn(town.world())
        self.standin.callbacks.pause = 1.0
        self.bots: dict[str, Daemon] = {}
        self.balancer: Daemon | None = None
        self.chroma: Daemon | None = None
        self.database = f"sqlite:///{self.folder / 'fencun.db'}"
        self.zone = zone_at_noon(datetime.now(UTC))
        self._ports: dict[str, int] = {}
        self._postgres, self._own = postgres, postgres is None
        self._library = library
        self._chroma_url = ""

    # ---- life

    async def start(self) -> None:
        """Everything up and ready. Raises RuntimeError with the last words of what did not come up."""
        words.write(self.folder)
        await self.standin.start()
        if self.shape.postgresql:
            self._postgres = self._postgres or Postgres()
            if self._own:
                await self._postgres.start()
            self.database = await self._postgres.make()
        if self.shape.chroma:
            await self._start_chroma()
        for name, role in self.shape.names:
            self._add(name, role)
        await self._index()
        for daemon in self.bots.values():
            await daemon.start()
        self.standin.world.bot_url = await self._front()
        await self.ready()

    async def stop(self) -> None:
        await asyncio.gather(*(daemon.stop() for daemon in self.bots.values()))
        for daemon in (self.balancer, self.chroma):
            if daemon is not None:
                await daemon.stop(2)
        await self.standin.stop()
        if self._postgres is not None and self._own:
            await self._postgres.stop()
        if not self._kept:
            remove(self.folder)

    async def ready(self, names: Iterable[str] = ()) -> None:
        """Until these processes (default: all) say that they are ready."""
        async with aiohttp.ClientSession() as session:
            for name in names or self.bots:
                await self._until_ready(session, name)

    # ---- what is done to it

    def kill(self, name: str) -> bool:
        """kill -9; it is started again soon. False when it is down at this moment."""
        daemon = self.chroma if name == "chroma" else self.bots[name]
        return daemon is not None and daemon.kill()

    async def restart_postgres(self) -> None:
        """As in a crash: every connection is cut, and what was committed is recovered from the log of writes."""
        assert self._postgres is not None
        await self._postgres.restart()

    @property
    def postgres_pid(self) -> int:
        """0 on SQLite."""
        return self._postgres.pid if self._postgres is not None else 0

    def url(self, name: str) -> str:
        """Where a process listens."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def log(self, name: str) -> str:
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # ---- parts

    def _add(self, name: str, role: str) -> None:
        own = self.folder / name
        own.mkdir()
        self._ports[name] = free_port()
        config = own / "fencun.toml"
        config.write_text(toml(self._settings(own, self._ports[name])), encoding="utf-8")
        skew = self.shape.skew.get(name)
        program = ["-m", "bot"] if skew is None else ["-m", "bench.site.skewed", str(skew)]
        command = [sys.executable, *program, "serve", "--config", config, "--role", role]
        self.bots[name] = Daemon(name, command, self.folder / f"{name}.log")

    def _settings(self, own: Path, port: int) -> dict[str, Any]:
        plain = settings(self.standin, own, port, self.database, self.zone)
        people = [f"app:member{number:05}" for number in range(min(self.town.members, 40))]
        # In a customer group and addressed alone: both count for the same person.
        people += [f"customer:lihua:wmTown{number:05}" for number in range(min(self.town.customers, 20))]
        plain["schedules"] = schedules(datetime.now(UTC), self.zone, people, self.shape.minutes)
        if self._chroma_url:
            plain["knowledge"]["vectors"] = self._chroma_url
        return {**plain, **self.shape.more}

    async def _index(self) -> None:
        """The library, built once. What embedded Chroma keeps bears one process, so each gets a copy."""
        names = [name for name, role in self.shape.names if role != "web"]
        first = self.folder / names[0]
        kept = None if self.shape.chroma else self._library  # what is on a server of this site is in no folder
        if kept is not None and (kept / "index").exists():
            shutil.copytree(kept, first, dirs_exist_ok=True)
            kept = None
        else:
            await self._build(first / "fencun.toml")
        others = [self.folder / name for name in names[1:]] + ([kept] if kept is not None else [])
        for each in ("index", "chroma"):
            for other in others if (first / each).exists() else ():
                shutil.copytree(first / each, other / each)

    async def _build(self, config: Path) -> None:
        command = (sys.executable, "-m", "bot", "index", "--config", str(config))
        made = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await made.communicate()
        if made.returncode:
            raise RuntimeError(said.decode(errors="replace"))

    async def _front(self) -> str:
        webs = [self._ports[name] for name, role in self.shape.names if role in ("web", "all")]
        if not self.shape.balanced or len(webs) < 2:
            return f"http://127.0.0.1:{webs[0]}"
        port = free_port()
        self.balancer = nginx(self.folder, port, webs)
        await self.balancer.start()
        return f"http://127.0.0.1:{port}"

    async def _start_chroma(self) -> None:
        port = free_port()
        command = [CHROMA, "run", "--path", self.folder / "vectors", "--host", "127.0.0.1", "--port", port]
        self.chroma = Daemon("chroma", command, self.folder / "chroma.log", {"ANONYMIZED_TELEMETRY": "False"})
        await self.chroma.start()
        self._chroma_url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as session:
            await _until(session, f"{self._chroma_url}/api/v2/heartbeat", "chroma", lambda: self.log("chroma"))

    async def _until_ready(self, session: aiohttp.ClientSession, name: str) -> None:
        await _until(session, f"{self.url(name)}/readyz", name, lambda: self.log(name))


async def _until(session: aiohttp.ClientSession, url: str, name: str, log: Any) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        with suppress(aiohttp.ClientError, TimeoutError):
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=5)) as answer:
                if answer.status == 200:
                    return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"{name} did not come up: {log()[-3000:]}")
