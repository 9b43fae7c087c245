"""PostgreSQL for a site: the server of the tests, but one that keeps what it promised to keep."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from tests.postgres import FAST, MISSING, Server, programs, running

DURABLE = {
    **FAST,
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "128MB",
    "max_connections": "300",
}
T = TypeVar("T")


class NoPostgres(Exception):
    """The message says what to install."""


class Postgres:
    """A server of its own in a temporary folder. `restart` cuts every connection, as a crash does.

    All is done in one thread that lives as long: the server ends with the thread that started it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._open = ExitStack()
        self._server: Server | None = None

    async def start(self) -> None:
        found = programs()
        if found is None:
            raise NoPostgres(MISSING)
        self._server = await self._aside(lambda: self._open.enter_context(running(found, DURABLE)))

    async def stop(self) -> None:
        await self._aside(self._open.close)
        self._thread.shutdown()

    async def restart(self) -> None:
        await self._aside(self._running.restart)

    @property
    def pid(self) -> int:
        """Of the server's first process; 0 before it runs."""
        process = self._server.process if self._server is not None else None
        return process.pid if process is not None else 0

    async def make(self) -> str:
        """The address of a new database with every table."""
        name = await self._aside(self._running.make)
        return self._running.url(name)

    @property
    def _running(self) -> Server:
        assert self._server is not None
        return self._server

    async def _aside(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def scratch(prefix: str) -> Path:
    """A folder that whoever asked removes with `shutil.rmtree`."""
    return Path(tempfile.mkdtemp(prefix=prefix))


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
