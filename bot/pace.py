"""Who goes first when everybody wants the one event loop: the door. The work behind it keeps a share.

An ack is late after five seconds and an answer is not: while callbacks pile up the work waits, but never altogether.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

CROWD = 8  # callbacks inside at once from which on the door is busy
CALM = 0.1  # seconds without such a crowd until it is so no more: crowds are let out together, with gaps between
SHARE = 0.25  # seconds between two turns of work while the door is busy; a piece takes 20 to 50 ms of a core

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """The door notes each callback with `callback`; work awaits `turn` before each piece.

    Real time, whatever the bot's clock says: this is about the machine. `now` and `sleep` count in seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, sleep: Sleep = asyncio.sleep) -> None:
        self._now = now
        self._sleep = sleep
        self._inside = 0
        self._busy_until = 0.0
        self._last_turn = 0.0
        self._line = asyncio.Lock()

    @property
    def busy(self) -> bool:
        return self._now() < self._busy_until

    @contextmanager
    def callback(self) -> Iterator[None]:
        """Around everything that is done before a callback is answered."""
        self._inside += 1
        if self._inside >= CROWD:
            self._busy_until = self._now() + CALM
        try:
            yield
        finally:
            self._inside -= 1

    async def turn(self) -> None:
        """Return when a piece of work may begin: at once as a rule, in turn and every SHARE while the door is busy."""
        if not self.busy and not self._line.locked():
            self._last_turn = self._now()
            return
        async with self._line:
            due = self._last_turn + SHARE
            while (left := min(due, self._busy_until) - self._now()) > 0:
                await self._sleep(left)
            self._last_turn = self._now()
