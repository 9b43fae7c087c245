"""Of all clocks one ticks: whoever holds the lock. When it is killed another one takes over within two seconds."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.cluster.session import Session

log = structlog.get_logger()

LOCK = "clock"
TRY_SECONDS = 1.0


class Leadership:
    """`gained` when this process becomes the clock, `lost` when it is no longer.

    Two clocks at once would do no harm (what they write is unique by its key), so a second of doubt is allowed.
    """

    def __init__(self, session: Session, gained: Callable[[], Awaitable[None]], lost: Callable[[], None]) -> None:
        self._session = session
        self._gained = gained
        self._lost = lost
        self._trying: asyncio.Task[None] | None = None
        self._epoch = 0  # of the connection that holds the lock
        self.tried = asyncio.Event()  # set once it is known who is the clock

    @property
    def leads(self) -> bool:
        return self._epoch != 0

    def start(self) -> None:
        self._trying = asyncio.create_task(self._keep_trying())

    async def stop(self) -> None:
        if self._trying is not None:
            self._trying.cancel()
            await asyncio.gather(self._trying, return_exceptions=True)
        if self.leads:
            self._epoch = 0
            self._lost()
            await self._session.unlock(LOCK)

    async def _keep_trying(self) -> None:
        while True:
            await self._try()
            self.tried.set()
            await asyncio.sleep(TRY_SECONDS)

    async def _try(self) -> None:
        if self.leads and (not self._session.connected or self._session.epoch != self._epoch):
            self._epoch = 0
            self._lost()
            log.warning("clock_lost")
        if not self.leads and await self._session.try_lock(LOCK):
            self._epoch = self._session.epoch
            log.info("clock_gained")
            await self._begin()

    async def _begin(self) -> None:
        """A clock that cannot begin gives way to another."""
        try:
            await self._gained()
        except Exception:
            log.exception("clock_not_begun")
            self._epoch = 0
            self._lost()
            await self._session.unlock(LOCK)
