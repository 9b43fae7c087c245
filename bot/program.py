"""The bot as it runs: opened, listening, ticking, and closed again in the reverse order."""

from dataclasses import dataclass

import structlog

from bot.cluster.leader import Leadership
from bot.connections import Connections
from bot.gaps import GapKeeper
from bot.librarian import Librarian
from bot.outbox import Dispatcher
from bot.planner import Planner
from bot.reception import STOP_GRACE, Reception
from bot.ticker import Ticker

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Program(Reception):
    """The bot, put together and not yet started. `start` opens everything, `stop` ends it in the reverse order."""

    dispatcher: Dispatcher
    planner: Planner
    librarian: Librarian
    gap_keeper: GapKeeper
    ticker: Ticker  # of the one clock
    everywhere: Ticker  # what each process that works or ticks has to read for itself
    connections: Connections

    async def start(self, port: int | None = None) -> int:
        """Open the store, listen, take up what was left, begin to tick; returns the port.

        Raises CannotStart or StoreUnusable; what was opened until then is closed by `stop`.
        """
        self.dispatcher.watch(self.base.metrics.outgoing.part_ended)
        await self.open(port)
        role = self.base.role
        await self.librarian.open()
        await self.everywhere.run_all(starting=True)
        self.everywhere.start()
        if role.works:
            await self._work()
        if role.ticks:
            await self._tick()
        self.web.ready = True
        log.info("started", role=role, port=self.running.port, channels=list(self.connections.names))
        return self.running.port

    async def _work(self) -> None:
        self.engine.start([*await self.base.inbox.unfinished(), *await self.base.outbox.lanes()])
        await self.connections.start()

    async def _tick(self) -> None:
        if self.base.cluster is None:
            await self._lead()
            return
        self.running.leadership = Leadership(self.base.cluster.session, self._lead, self.ticker.pause)
        self.running.leadership.start()

    async def _lead(self) -> None:
        await self.ticker.run_all(starting=True)
        self.ticker.start()

    def leads(self) -> bool:
        """Whether this process is the clock."""
        leadership = self.running.leadership
        return leadership.leads if leadership is not None else self.base.role.ticks and self.base.cluster is None

    async def look(self) -> None:
        """Look at everything now, whatever the time: for a clock that has jumped."""
        await self.everywhere.run_all()
        await self.ticker.run_all()

    async def stop(self) -> None:
        """Stop taking, finish what is being done, close. What is left over is taken up by the next start."""
        self.web.ready = False
        if self.running.leadership is not None:
            await self.running.leadership.stop()
        self.ticker.stop()
        self.everywhere.stop()
        await self.connections.stop()
        await self.close_port()
        await self.engine.stop(STOP_GRACE)
        await self.connections.close()
        self.librarian.close()
        await self.close_store()
        log.info("stopped")
