"""SQLite: WAL with full sync, one connection that writes and a few that read."""

from functools import partial
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.store import sqlite_driver

READERS = 4
BUSY_TIMEOUT_MS = 5000
SINGLE = "single_statements"  # the option of an engine where each statement is a transaction of its own

KEPT = ("foreign_keys=ON", "secure_delete=ON")  # what is deleted is overwritten: see `scrub`


def engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    """The engine that writes and the one that reads."""
    # One writer: SQLite has one anyway, and a pool of one queues fairly where its own locking would poll.
    queue = {"poolclass": AsyncAdaptedQueuePool, "max_overflow": 0, "hide_parameters": True}
    opened = partial(sqlite_driver.connect, url.database or ":memory:")
    writer = create_async_engine(url, pool_size=1, pool_timeout=60, async_creator=opened, **queue)
    reader = create_async_engine(url, pool_size=READERS, async_creator=opened, **queue)
    _set_up(writer, "BEGIN IMMEDIATE")
    _set_up(reader, "BEGIN")
    return writer, reader


def single(engine: AsyncEngine) -> AsyncEngine:
    """The same connections without BEGIN and COMMIT: SQLite makes each statement a transaction of its own."""
    return engine.execution_options(**{SINGLE: True})


def _set_up(engine: AsyncEngine, begin: str) -> None:
    """WAL with full sync (an acked message survives power loss), and transactions begun by us, not by the driver."""

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", *KEPT):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: Connection) -> None:
        if not connection.get_execution_options().get(SINGLE):
            driver: Any = connection.connection.driver_connection
            driver.begin(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)


async def empty_log(connection: AsyncConnection) -> None:
    """Empty the log of writes into the file. Readers that are busy just now put it off to the next call."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
