"""What must not happen at once to one person: something unasked on its way to them, and a hold being written."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Protocol


class Across(Protocol):
    """The same over several processes (`bot.cluster.subject_locks`)."""

    def sending(self, subjects: Collection[str]) -> AbstractAsyncContextManager[None]: ...

    def holding(self, subjects: Collection[str]) -> AbstractAsyncContextManager[None]: ...


class Exclusion:
    """By subject, within this process, and over all of them where there is an `across`.

    An unasked part is claimed, sent and noted inside `sending`, a hold committed inside `holding`. So whatever was sent
    had left before the hold was there, and what the hold has to recall is written down when it looks. Sends do not wait
    for each other. A hold goes before all sends that have not begun: those under way delay it by the client's time-outs
    at most.
    """

    def __init__(self, across: Across | None = None) -> None:
        self._across = across
        self._sending: Counter[str] = Counter()
        self._holding: Counter[str] = Counter()
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def sending(self, subjects: Collection[str]) -> AsyncIterator[None]:
        """Begin once nobody writes a hold of one of `subjects`. Never ask for more from within."""
        await self._free(self._holding, subjects)
        self._sending.update(subjects)
        try:
            async with self._across.sending(subjects) if self._across else nullcontext():
                yield
        finally:
            self._sending -= Counter(subjects)
            self._wake()

    @asynccontextmanager
    async def holding(self, subjects: Collection[str]) -> AsyncIterator[None]:
        """Keep new sends to `subjects` from beginning, and begin once those under way have ended."""
        self._holding.update(subjects)
        try:
            await self._free(self._sending, subjects)
            async with self._across.holding(subjects) if self._across else nullcontext():
                yield
        finally:
            self._holding -= Counter(subjects)
            self._wake()

    async def _free(self, busy: Counter[str], subjects: Collection[str]) -> None:
        while any(busy[subject] for subject in subjects):
            await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
