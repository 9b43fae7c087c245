"""APScheduler as the clock: it calls, at intervals, what looks at the store. No job of it holds anything."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.store.away import Outage

log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]


class Ticker:
    """Named jobs, each at its interval in seconds. A job that fails is logged and called again next time."""

    def __init__(self) -> None:
        # Jobs read the program's own clock, so the scheduler's zone never matters.
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._jobs: dict[str, Job] = {}
        self._running: dict[str, asyncio.Lock] = {}
        self._patient: set[str] = set()
        self._outage = Outage()

    def add(self, name: str, seconds: float, job: Job, *, at_start: bool = True) -> None:
        """`at_start` false: the start of the program is too early, the first call comes after `seconds`."""
        self._jobs[name] = job
        if not at_start:
            self._patient.add(name)
        self._running[name] = asyncio.Lock()
        # A late tick is as good as one in time, and two at once are never wanted.
        self._scheduler.add_job(
            self._call, IntervalTrigger(seconds=seconds), [name], id=name, coalesce=True, misfire_grace_time=None,
            max_instances=1,
        )  # fmt: skip

    def start(self) -> None:
        """Begin to tick, or go on after `pause`."""
        if self._scheduler.running:
            self._scheduler.resume()
        else:
            self._scheduler.start()

    def pause(self) -> None:
        """Call nothing more until `start`; what is being called ends."""
        if self._scheduler.running:
            self._scheduler.pause()

    def stop(self) -> None:
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def run_all(self, *, starting: bool = False) -> None:
        """Call every job now, in order: at the start of the program, and when a movable clock has jumped."""
        for name in self._jobs:
            if not (starting and name in self._patient):
                await self._call(name)

    async def _call(self, name: str) -> None:
        async with self._running[name]:
            try:
                await self._jobs[name]()
            except Exception as error:
                if not self._outage.met(error):
                    log.exception("tick_failed", job=name)
