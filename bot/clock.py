"""The only place that reads the wall clock. Everything that waits, waits here, so a jump of the clock reaches it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return once `seconds` of this clock have passed."""
        ...


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class MovableClock:
    """A clock that runs from `start` and can be moved ahead; with `frozen` it moves only by `jump` (tests).

    Sleepers wake when their moment is reached, by running or by a jump.
    """

    def __init__(self, start: datetime | None = None, *, frozen: bool = False) -> None:
        self._frozen = frozen
        self._base = start or datetime.now(UTC)
        self._real_base = datetime.now(UTC)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        return self._base if self._frozen else self._base + (datetime.now(UTC) - self._real_base)

    def jump(self, by: timedelta) -> datetime:
        """Move the clock ahead, wake whoever is due, and return the new time."""
        if by < timedelta(0):
            raise ValueError("the clock only moves ahead")
        self._base += by
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
        return self.now()

    async def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=max(0.0, seconds))
        while (left := (until - self.now()).total_seconds()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), None if self._frozen else left)
            except TimeoutError:
                continue
