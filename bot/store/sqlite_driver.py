"""SQLite behind asyncio, with one change of threads per statement: that is what a statement costs.

`aiosqlite` alone makes four of them for a SELECT, and two more around a transaction.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import aiosqlite

STATEMENTS = 512  # kept prepared per connection


class Connection(aiosqlite.Connection):
    """An `aiosqlite` connection whose cursors bring their whole result with them: nothing can be streamed.

    A BEGIN waits for the first statement after it, so a transaction without one never begins.
    """

    _begin = ""
    _begun = False  # also while that is still on its way: whoever is cancelled then has something to undo

    def cursor(self) -> Any:
        return _Cursor(self)

    def begin(self, how: str) -> None:
        """`how` is the statement. Nothing is sent yet."""
        self._begin = how

    async def run(self, work: Callable[[sqlite3.Connection], Any]) -> None:
        """Do `work` in the connection's thread, within the transaction that was to begin."""
        begin, self._begin = self._begin, ""
        self._begun = self._begun or bool(begin)
        await self._execute(_within, begin, work, self._conn)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        await self._end(super().commit)

    async def rollback(self) -> None:
        """The pool asks for one whenever a connection comes back, as a rule with nothing to undo."""
        await self._end(super().rollback)

    async def _end(self, how: Callable[[], Awaitable[None]]) -> None:
        self._begin = ""
        if self._begun or self.in_transaction:
            await how()
            self._begun = False


async def connect(database: str) -> Connection:
    """Open the file; an error is the driver's own."""
    open_ = partial(sqlite3.connect, database, check_same_thread=False, cached_statements=STATEMENTS)
    connection = Connection(open_, iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy has it: a connection that nobody closed must not keep us alive
    await connection
    return connection


def _within(begin: str, work: Callable[[sqlite3.Connection], Any], connection: sqlite3.Connection) -> None:
    if begin:
        connection.execute(begin)
    work(connection)


class _Cursor:
    """What SQLAlchemy asks of a driver's cursor."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> "_Cursor":
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> None:
        await self._connection.run(lambda connection: self._take(connection.execute(sql, parameters)))

    async def executemany(self, sql: str, parameters: Any) -> None:
        await self._connection.run(lambda connection: self._take(connection.executemany(sql, parameters)))

    async def fetchall(self) -> Sequence[Any]:
        return self._rows

    async def close(self) -> None:
        """It was closed as soon as it had its rows."""

    def _take(self, cursor: sqlite3.Cursor) -> None:
        """All of it at once, and in the connection's thread."""
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else ()
        self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
        cursor.close()
