"""Lanes drained by several processes: whoever holds a lane's lock drains it, and nobody else does meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

import structlog

from bot.clock import Clock
from bot.cluster.seats import Seats
from bot.cluster.session import Session
from bot.engine import Drain, EmbeddedEngine
from bot.store.away import Outage

log = structlog.get_logger()

LANE = "lane:"
AGAIN = "again:"  # to the one that drains the lane: there is more
LOOK_SECONDS = 1.0  # between two looks for what nobody was called for, or whose worker was killed
AT_ONCE = 256  # lanes of one look
PATIENCE = 10  # looks for which a worker without room leaves alone what falls to others

Unfinished = Callable[[int], Awaitable[tuple[Sequence[str], Sequence[str]]]]
"""Up to so many lanes in which items are due, and up to so many in which parts are, oldest first.

Those that only another process can serve are to be left out of the count: thousands may wait for an AI bot's long
connection, and what is due behind them would never be found.
"""


class ClusterEngine:
    """An `EmbeddedEngine` that takes the lane's lock around each drain.

    Calls make it quick, the look at the store makes it sure. `mine` is False for lanes that only another process can
    serve, such as those of an AI bot whose long connection it holds; `seats` says for which we are to answer a call, so
    that not every worker tries.
    """

    def __init__(
        self,
        drain: Drain,
        session: Session,
        unfinished: Unfinished,
        mine: Callable[[str], bool],
        seats: Seats,
        clock: Clock,
        concurrency: int,
    ) -> None:
        self._drain = drain
        self._session = session
        self._unfinished = unfinished
        self._mine = mine
        self._seats = seats
        self._inner = EmbeddedEngine(self._alone, clock, concurrency)
        self._held: set[str] = set()  # lanes whose lock is ours
        self._left: dict[str, int] = {}  # lanes of others that are due, and at how many looks they were before this one
        self._looking: asyncio.Task[None] | None = None
        self._refused: Callable[[], None] | None = None
        self._found: Callable[[], None] | None = None
        session.listen(self._heard, self._missed)
        self._look_now = asyncio.Event()
        self._outage = Outage()

    def watch(self, refused: Callable[[], None], found: Callable[[], None]) -> None:
        """`refused` hears of each lane that another process has, `found` of each that no call had named."""
        self._refused, self._found = refused, found

    def wake(self, lane: str) -> None:
        """Ours is drained here, any other by whom it falls to, who would find it by the look and try it as well."""
        if self._falls_to_us(lane):
            self._inner.wake(lane)
        else:
            self._session.call(LANE + lane)

    def drains(self, lane: str) -> bool:
        """Whether the lane is being drained here, or will be as soon as there is room."""
        return self._inner.drains(lane)

    def start(self, lanes: Iterable[str]) -> None:
        self._inner.start(lanes)
        self._looking = asyncio.create_task(self._keep_looking())

    async def stop(self, grace: float) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._seats.leave()
        await self._inner.stop(grace)

    async def idle(self) -> None:
        await self._inner.idle()

    def _falls_to_us(self, lane: str) -> bool:
        return self.drains(lane) or (self._mine(lane) and self._seats.ours(lane))

    def _heard(self, call: str) -> None:
        """That there is more concerns the lane's holder alone: were it answered by others who then find the lane taken,
        they would call each other without end."""
        if call.startswith(AGAIN):
            lane = call.removeprefix(AGAIN)
            ours = lane in self._held
        else:
            lane = call.removeprefix(LANE)
            ours = lane != call and self._falls_to_us(lane)
        if ours:
            self._inner.wake(lane)

    def _missed(self) -> None:
        self._look_now.set()

    async def _alone(self, lane: str) -> datetime | None:
        """Drain under the lane's lock. Whoever has it hears that there is more; should it just have ended, the look
        finds what was left."""
        if not self._mine(lane) or not await self._session.try_lock(lane):
            if self._refused is not None:
                self._refused()
            self._session.call(AGAIN + lane)
            return None
        self._held.add(lane)
        try:
            return await self._drain(lane)
        finally:
            self._held.discard(lane)
            await self._session.unlock(lane)

    async def _keep_looking(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._look_now.wait(), LOOK_SECONDS)
            self._look_now.clear()
            try:
                await self._look()
            except Exception as error:
                if not self._outage.met(error):
                    # A defect of ours: without the next look a lost call would be lost for good.
                    log.exception("cluster_look_failed")

    async def _look(self) -> None:
        """What falls to us now; what falls to others when they have left it for a whole look and there is room here,
        or for long. Whoever died has no seat, so theirs is ours."""
        await self._seats.look()
        due = await self._due()
        others = [lane for lane in due if not self._seats.ours(lane)]
        self._left = {lane: self._left.get(lane, -1) + 1 for lane in others}
        for lane in due:
            if lane not in self._left:
                self._take_up(lane)
        for lane, looks in self._left.items():
            if looks >= PATIENCE or (looks and self._inner.room):
                self._take_up(lane)

    async def _due(self) -> list[str]:
        """Lanes that we may drain and do not. Where parts wait for their moment new items do not wait with them."""
        items, parts = await self._unfinished(AT_ONCE)
        open_ = [lane for lane in items if not self.drains(lane)]
        open_ += [lane for lane in parts if not self._inner.knows(lane)]
        return [lane for lane in dict.fromkeys(open_) if self._mine(lane)]

    def _take_up(self, lane: str) -> None:
        if self._found is not None:
            self._found()
        self._inner.wake(lane)


class Caller:
    """The engine of a process that works on nothing: it tells those who do."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def wake(self, lane: str) -> None:
        self._session.call(LANE + lane)

    def start(self, lanes: Iterable[str]) -> None:
        """Nothing is taken up here."""

    async def stop(self, grace: float) -> None:
        """Nothing is under way here; what is to be called is called by the session."""

    async def idle(self) -> None:
        """Always."""
