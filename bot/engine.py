"""The boundary to whatever makes conversations be worked on: `wake(lane)` is all of it.

The contract: one drain of a lane at a time, every woken lane drained in the end, a wake during a drain is not lost.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.clock import Clock
from bot.store.away import Outage

log = structlog.get_logger()

Drain = Callable[[str], Awaitable[datetime | None]]
FAILED_DRAIN_SECONDS = 5.0


class Waker(Protocol):
    def wake(self, lane: str) -> None:
        """See to it that the lane is drained soon. Cheap, never fails, may be called any number of times."""
        ...


class Engine(Waker, Protocol):
    """What the program starts and stops."""

    def start(self, lanes: Iterable[str]) -> None:
        """Take up what an earlier process left, and what was woken before the start."""
        ...

    async def stop(self, grace: float) -> None:
        """Let running drains end for `grace` seconds, then cancel them; the store lets the next process go on."""
        ...

    async def idle(self) -> None:
        """Return once no lane is being drained; lanes that wait for a later moment do not count."""
        ...


class EmbeddedEngine:
    """One asyncio task per woken lane, at most `concurrency` of them working at once."""

    def __init__(self, drain: Drain, clock: Clock, concurrency: int) -> None:
        self._drain = drain
        self._clock = clock
        self._concurrency = concurrency
        self._room = asyncio.Semaphore(concurrency)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._started = False
        self._stopping = False
        self._outage = Outage()
        self._rest = asyncio.Event()
        self._rest.set()

    def wake(self, lane: str) -> None:
        if self._stopping:
            return
        if not self._started or lane in self._running:
            self._again.add(lane)
            return
        self._rest.clear()
        self._running[lane] = asyncio.create_task(self._run(lane))

    @property
    def room(self) -> int:
        """How many lanes more could be worked on at once."""
        return max(0, self._concurrency - len(self._running))

    def drains(self, lane: str) -> bool:
        """Whether the lane is being drained, or will be as soon as there is room."""
        return lane in self._running

    def knows(self, lane: str) -> bool:
        """Whether the lane is being drained or waits for its moment."""
        return lane in self._running or lane in self._timers

    def start(self, lanes: Iterable[str]) -> None:
        """Take up what an earlier process left, and what was woken before the start."""
        self._started = True
        early, self._again = self._again, set()
        for lane in {*lanes, *early}:
            self.wake(lane)

    async def stop(self, grace: float) -> None:
        """Let running drains end for `grace` seconds, then cancel them; the store lets the next process go on."""
        self._stopping = True
        for timer in list(self._timers.values()):
            timer.cancel()
        running = list(self._running.values())
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def idle(self) -> None:
        """Return once no lane is being drained; lanes that wait for a later moment do not count."""
        await self._rest.wait()

    async def _run(self, lane: str) -> None:
        retry_at: datetime | None = None
        try:
            async with self._room:
                retry_at = await self._drain(lane)
        except Exception as error:
            if not self._outage.met(error):
                log.exception("drain_failed")
            retry_at = self._clock.now() + timedelta(seconds=FAILED_DRAIN_SECONDS)
        finally:
            self._ended(lane, retry_at)

    def _ended(self, lane: str, retry_at: datetime | None) -> None:
        del self._running[lane]
        if lane in self._again:
            self._again.discard(lane)
            self.wake(lane)
        elif retry_at is not None and not self._stopping:
            self._later(lane, retry_at)
        if not self._running:
            self._rest.set()

    def _later(self, lane: str, at: datetime) -> None:
        earlier = self._timers.pop(lane, None)
        if earlier is not None:
            earlier.cancel()
        self._timers[lane] = asyncio.create_task(self._wait(lane, at))

    async def _wait(self, lane: str, at: datetime) -> None:
        await self._clock.sleep((at - self._clock.now()).total_seconds())
        if self._timers.get(lane) is asyncio.current_task():
            del self._timers[lane]
        self.wake(lane)
