"""One write to the store with what must happen once it is durable: lanes are woken after the commit, never before."""

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.clock import Clock
from bot.part import Part
from bot.store import outbox
from bot.store.database import Database


class Overtaken(Exception):
    """What was decided rests on what is no longer true: the transaction is undone and the turn decided anew."""


class Transaction:
    """An open transaction, its moment, and the lanes to wake when it is committed."""

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        self.connection = connection
        self.now = now
        self.lanes: set[str] = set()

    async def enqueue(self, parts: Iterable[Part]) -> None:
        """Add outgoing parts and remember to wake their lanes."""
        parts = list(parts)
        await outbox.enqueue(self.connection, parts, self.now)
        self.lanes.update(part.lane for part in parts)


class Transactions:
    """Begins transactions. `wake` is the engine's; `took` hears how many seconds each one took."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        wake: Callable[[str], None],
        took: Callable[[float], None] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._wake = wake
        self._took = took

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Transaction]:
        """Commit at the end and wake; an exception undoes everything and wakes nobody."""
        began = time.perf_counter()
        async with self._database.write() as connection:
            transaction = Transaction(connection, self._clock.now())
            yield transaction
        if self._took is not None:
            self._took(time.perf_counter() - began)
        for lane in transaction.lanes:
            self._wake(lane)

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """For one statement that wakes nobody: a transaction of its own, in one round trip."""
        began = time.perf_counter()
        async with self._database.write_single() as connection:
            yield connection
        if self._took is not None:
            self._took(time.perf_counter() - began)
