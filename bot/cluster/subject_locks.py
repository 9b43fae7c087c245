"""A hold and what is on its way keep apart over several processes, as `bot.exclusion` keeps them apart in one."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.engine import URL

from bot.store.postgresql import dsn, key

LOCKS = 64  # subjects share them: a post to a thousand people takes 64, and the server has room for that
# In one order whoever asks, so that two never wait for each other.
SHARED = "SELECT pg_advisory_xact_lock_shared(key) FROM (SELECT unnest($1::bigint[]) AS key ORDER BY 1) AS keys"
ALONE = "SELECT pg_advisory_xact_lock(key) FROM (SELECT unnest($1::bigint[]) AS key ORDER BY 1) AS keys"


class SubjectLocks:
    """Shared for who sends, alone for who writes a hold. PostgreSQL lets a waiting hold go before later sends.

    Each needs a connection for as long as it lasts, so they have a pool of their own, opened when first needed.
    """

    def __init__(self, url: URL, size: int) -> None:
        self._url = url
        self._size = size
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def sending(self, subjects: Collection[str]) -> AsyncIterator[None]:
        async with self._locked(SHARED, subjects):
            yield

    @asynccontextmanager
    async def holding(self, subjects: Collection[str]) -> AsyncIterator[None]:
        async with self._locked(ALONE, subjects):
            yield

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    @asynccontextmanager
    async def _locked(self, statement: str, subjects: Collection[str]) -> AsyncIterator[None]:
        if not subjects:
            yield
            return
        keys = sorted({key("subject", str(key(subject) % LOCKS)) for subject in subjects})
        pool = await self._opened()
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(statement, keys)
            yield

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(dsn(self._url), min_size=0, max_size=self._size)
            return self._pool
