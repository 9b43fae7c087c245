"""Engines and transactions. Reads run side by side; on SQLite all writes queue for one connection."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql as postgresql_sql
from sqlalchemy.dialects import sqlite as sqlite_sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.store import postgresql, sealed, sqlite
from bot.store.key_file import KeysUnusable
from bot.store.postgresql import Limits

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
FAILURES = (DBAPIError, PoolEmpty, OSError)  # what opening, asking and writing may raise


class StoreUnusable(Exception):
    """The store cannot be opened. The message says what happened and what to do; nothing was changed."""


class Database:
    """The store's engines. Build it with `connect`, end it with `close`."""

    def __init__(self, url: URL, limits: Limits, keyring: sealed.Keyring | None = None) -> None:
        self.url = url
        self.keyring = keyring  # what people wrote is sealed with it; None: it is not
        self.shared = url.get_backend_name() == "postgresql"  # whether other processes may use it at the same time
        self._write, self._read = postgresql.engines(url, limits) if self.shared else sqlite.engines(url)
        self._write_single = postgresql.single(self._write) if self.shared else sqlite.single(self._write)
        self._read_single = self._write_single if self.shared else sqlite.single(self._read)
        self._use_keyring(self._write, self._read)

    @classmethod
    def connect(cls, url: str, limits: Limits | None = None, key_file: str = "") -> "Database":
        """Engines for `sqlite:///path` or `postgresql://user:password@host/database`; nothing is opened yet.

        `limits` are PostgreSQL's, `key_file` is `privacy.key_file`. Raises StoreUnusable.
        """
        parsed = make_url(url)
        driver = DRIVERS.get(parsed.get_backend_name())
        if driver is None:
            raise StoreUnusable(
                f"[store] url 只能是 sqlite:///路径 或 postgresql://…，现在是 {parsed.get_backend_name()}。"
            )
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            _make_folder(Path(parsed.database).parent)
        try:
            keyring = sealed.Keyring(Path(key_file)) if key_file else None
        except KeysUnusable as error:
            raise StoreUnusable(str(error)) from error
        return cls(parsed.set(drivername=driver), limits or Limits(), keyring)

    def _use_keyring(self, *engines: AsyncEngine) -> None:
        for engine in engines:
            if self.keyring is not None:
                sealed.put(engine.dialect, self.keyring)

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

    @asynccontextmanager
    async def read_single(self) -> AsyncIterator[AsyncConnection]:
        """For one statement, or several that need not be of one moment. There is no BEGIN and ROLLBACK around them,
        each of which costs as much as a statement."""
        async with self._read_single.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write_single(self) -> AsyncIterator[AsyncConnection]:
        """The same for one statement that writes: it is a transaction of its own."""
        async with self._write_single.connect() as connection:
            yield connection

    @asynccontextmanager
    async def long_write(self) -> AsyncIterator[AsyncConnection]:
        """`write` without PostgreSQL's time limits, for migrations and what copies whole tables."""
        if not self.shared:
            async with self.write() as connection:
                yield connection
            return
        engine = postgresql.unlimited(self.url)
        self._use_keyring(engine)
        try:
            async with engine.begin() as connection:
                yield connection
        finally:
            await engine.dispose()

    @asynccontextmanager
    async def scratch(self) -> AsyncIterator[AsyncConnection]:
        """`read` with temporary tables: nothing of what is written is kept."""
        engine = self._read
        if self.shared:
            engine = self._write.execution_options(isolation_level="REPEATABLE READ")
        async with engine.connect() as connection:
            try:
                yield connection
            finally:
                await connection.rollback()

    async def check(self) -> None:
        """Raise StoreUnusable unless the store can be written now."""
        try:
            async with self.write() as connection:
                await connection.exec_driver_sql(postgresql.MUST_WRITE if self.shared else "SELECT 1")
        except FAILURES as error:
            raise StoreUnusable(explain(self.url, error)) from error

    async def must_write(self) -> None:
        """Raise one of FAILURES where the server takes no writes. SQLite's one connection that writes may be in use for
        long, so it is not asked."""
        if self.shared:
            async with self.write_single() as connection:
                await connection.exec_driver_sql(postgresql.MUST_WRITE)

    async def scrub(self) -> None:
        """Let nothing that was deleted be found in the files: deleted content is overwritten as it goes, and the log
        of writes is emptied here. PostgreSQL's files are its own affair (docs/operations.md)."""
        if self.shared:
            return
        async with self._write.connect() as connection:
            await sqlite.empty_log(connection)

    async def close(self) -> None:
        await self._write.dispose()
        if not self.shared:
            await self._read.dispose()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnusable(
            f"数据目录无法使用：{folder}（{error.strerror}）。没有写入任何内容。请检查目录权限，或改 [store] url。"
        ) from error


def explain(url: URL, error: Exception) -> str:
    """A failure of the store in words for operators; never the password."""
    if url.get_backend_name() == "postgresql":
        return postgresql.explain(url, error)
    where, cause = url.database or "", str(getattr(error, "orig", error)).splitlines()[0]
    return f"数据库无法写入：{where}（{cause}）。已有的数据没有动。请检查目录权限、磁盘空间，或改 [store] url。"


def insert_once(connection: AsyncConnection, table: Table, unique: Sequence[str]) -> Any:
    """An INSERT into `table` that passes over a row already there by `unique`."""
    return _insert_once(connection.dialect.name, table, tuple(unique))


async def upsert(connection: AsyncConnection, table: Table, unique: Sequence[str], row: dict[str, Any]) -> None:
    """Insert a row, or change the one already there by `unique` to it; what `row` does not name stays."""
    await connection.execute(_upsert(connection.dialect.name, table, tuple(unique), tuple(row)), row)


# To build a statement costs as much as to run it; of these there are as many as there are calls in the program.
@cache
def _insert_once(dialect: str, table: Table, unique: tuple[str, ...]) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing(index_elements=unique)


@cache
def _upsert(dialect: str, table: Table, unique: tuple[str, ...], columns: tuple[str, ...]) -> Any:
    new = _insert(dialect, table)
    changes = {name: new.excluded[name] for name in columns if name not in unique}
    return new.on_conflict_do_update(index_elements=unique, set_=changes)


def _insert(dialect: str, table: Table) -> Any:
    return (sqlite_sql if dialect == "sqlite" else postgresql_sql).insert(table)


_SERIALISE = select(func.pg_advisory_xact_lock(bindparam("key", type_=BigInteger)))


async def serialise(connection: AsyncConnection, what: str) -> None:
    """Until the end of this transaction nobody else gets past here with the same `what`.

    For decisions that rest on what others may be writing at this moment. On SQLite a writer is alone anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(_SERIALISE, {"key": postgresql.key("serialise", what)})
