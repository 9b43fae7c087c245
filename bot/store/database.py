"""Engines and transactions. Reads run side by side; on SQLite all writes queue for one connection."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

READERS = 4
BUSY_TIMEOUT_MS = 5000

KEPT = ("foreign_keys=ON", "secure_delete=ON")  # what is deleted is overwritten: see `Database.scrub`

DRIVERS = {"sqlite": "sqlite+aiosqlite"}


class StoreUnusable(Exception):
    """The store cannot be opened. The message says what happened and what to do; nothing was changed."""


class Database:
    """The store's engines. Build it with `connect`, end it with `close`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._write, self._read = _engines(url)

    @classmethod
    def connect(cls, url: str) -> "Database":
        """Engines for `sqlite:///path`; nothing is opened yet. Raises StoreUnusable."""
        parsed = make_url(url)
        driver = DRIVERS.get(parsed.get_backend_name())
        if driver is None:
            kind = parsed.get_backend_name()
            raise StoreUnusable(f"这个版本只支持 SQLite：[store] url 请写成 sqlite:///路径，现在是 {kind}。")
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            _make_folder(Path(parsed.database).parent)
        return cls(parsed.set(drivername=driver))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that may write; committed at the end, undone by an exception."""
        async with self._write.begin() as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view for reading."""
        async with self._read.connect() as connection:
            yield connection

    async def check(self) -> None:
        """Raise StoreUnusable unless the store can be written now."""
        try:
            async with self.write() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except (DBAPIError, OSError) as error:
            raise StoreUnusable(explain(self.url, error)) from error

    async def scrub(self) -> None:
        """Let nothing that was deleted be found in the files: deleted content is overwritten as it goes, and the log
        of writes is emptied here. Readers that are busy just now put it off to the next call."""
        if self.url.get_backend_name() != "sqlite":
            return
        async with self._write.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            await driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def close(self) -> None:
        await self._write.dispose()
        if self._read is not self._write:
            await self._read.dispose()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusable(
            f"数据目录无法使用：{folder}（{error.strerror}）。没有写入任何内容。请检查目录权限，或改 [store] url。"
        ) from error


def explain(url: URL, error: Exception) -> str:
    where = url.database or url.host or ""
    cause = str(getattr(error, "orig", error)).splitlines()[0]
    return f"数据库无法写入：{where}（{cause}）。已有的数据没有动。请检查目录权限、磁盘空间，或改 [store] url。"


def _engines(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    # Parameters are what people wrote and who they are: an error must not carry them into the log.
    if url.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
        return engine, engine
    # One writer: SQLite has one anyway, and a pool of one queues fairly where its own locking would poll.
    queue = {"poolclass": AsyncAdaptedQueuePool, "max_overflow": 0, "hide_parameters": True}
    writer = create_async_engine(url, pool_size=1, pool_timeout=60, **queue)
    reader = create_async_engine(url, pool_size=READERS, **queue)
    _set_up_sqlite(writer, "BEGIN IMMEDIATE")
    _set_up_sqlite(reader, "BEGIN")
    return writer, reader


def _set_up_sqlite(engine: AsyncEngine, begin: str) -> None:
    """WAL with full sync (an acked message survives power loss), and transactions begun by us, not by the driver."""

    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}", *KEPT):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", connected)
    event.listen(engine.sync_engine, "begin", begun)


def insert_once(connection: AsyncConnection, table: Table, unique: Sequence[str]) -> Any:
    """An INSERT into `table` that passes over a row already there by `unique`."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing(index_elements=list(unique))


def upsert(connection: AsyncConnection, table: Table, unique: Sequence[str], values: dict[str, Any]) -> Any:
    """An INSERT that changes the row already there by `unique`."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    changes = {name: value for name, value in values.items() if name not in unique}
    return dialect.insert(table).values(**values).on_conflict_do_update(index_elements=list(unique), set_=changes)
