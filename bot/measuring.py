"""Brings the gauges up to the moment at which somebody looks at /metrics."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog

from bot.cluster.engine import ClusterEngine
from bot.engine import Engine
from bot.foundation import Foundation
from bot.metrics import StoreGauges
from bot.part import Klass
from bot.store import pages
from bot.store.away import named
from bot.store.database import FAILURES
from bot.store.outbox import OPEN
from bot.store.queues import SHOWN, Queues, queues
from bot.store.tables import moment
from handlers.paging import Case, Ladder

if TYPE_CHECKING:  # a process that only takes in has none
    from bot.connections import Connections

log = structlog.get_logger()

PATIENCE = 5.0  # seconds for the store; Prometheus itself waits ten


class Measuring:
    """`look` reads; it never raises for a store that does not answer, and then shows that and nothing old."""

    def __init__(
        self,
        base: Foundation,
        connections: "Connections | None" = None,
        index_built: Callable[[], float] | None = None,
        vectors_up: Callable[[], float] | None = None,
    ) -> None:
        """`index_built`: when the index in use was (seconds since 1970), OSError without one. `vectors_up`: 1, 0, or
        not a number without an index. None where nobody asks the guides."""
        self._base = base
        self._connections = connections
        self._index_built = index_built
        self._vectors_up = vectors_up

    async def look(self, *, ready: bool) -> None:
        """`ready`: what /readyz says."""
        shown, now = self._base.metrics.process, self._base.clock.now()
        shown.ready.set(ready)
        sockets = self._connections.sockets.values() if self._connections else ()
        shown.aibot_bots.set(len(sockets))
        shown.aibot_connections.set(sum(socket.connected for socket in sockets))
        if self._index_built is not None:
            with suppress(OSError):  # none was built yet
                shown.index_age.set(max(0.0, now.timestamp() - await asyncio.to_thread(self._index_built)))
        if self._vectors_up is not None:
            shown.vectors_up.set(self._vectors_up())
        await self._look_at_store(now)

    async def _look_at_store(self, now: datetime) -> None:
        gauges = self._base.metrics.store
        try:
            async with asyncio.timeout(PATIENCE):
                await self._base.database.must_write()
                async with self._base.database.read() as connection:
                    found = await queues(connection, now, self._connections.accounts if self._connections else ())
                    cases = await pages.cases(connection)
        except (*FAILURES, TimeoutError) as error:
            log.warning("queues_not_read", error=named(error))
            gauges.unknown()
            return
        gauges.first_replies_overdue.set(await asyncio.to_thread(overdue, cases, self._base.ladder, now))
        show(found, gauges, now)


def show(found: Queues, gauges: StoreGauges, now: datetime) -> None:
    """Set the gauges of the store to what was `found`."""
    gauges.up.set(1)
    gauges.items_waiting.set(found.items.count)
    gauges.oldest_item.set(_age(found.items.since, now) or 0)
    gauges.items_dead.set(found.items_dead)
    gauges.occurrences.set(found.occurrences)
    gauges.pages_unacked.set(found.pages_unacked)
    gauges.backed_up(_age(found.backup_at, now))
    if (pulled := _age(found.pulled_at, now)) is not None:
        gauges.kf_pull_age.set(pulled)
    for gauge, counts in (
        (gauges.gaps, found.gaps),
        (gauges.tickets, found.tickets),
        (gauges.mass_tasks, found.mass_tasks),
    ):
        for name, count in counts.items():
            gauge.labels(name).set(count)
    _show_parts(found, gauges, now)


def _show_parts(found: Queues, gauges: StoreGauges, now: datetime) -> None:
    for klass in Klass:
        ages = []
        for state in SHOWN:
            waiting = found.parts.get((state, klass))
            gauges.parts.labels(state, klass).set(waiting.count if waiting else 0)
            if waiting and state in OPEN:
                ages.append(_age(waiting.since, now) or 0)
        gauges.oldest_part.labels(klass).set(max(ages, default=0))


def overdue(cases: list[Case], ladder: Ladder, now: datetime) -> int:
    """How many members have waited for a colleague's first word for longer than one may, in working time."""
    waiting = [case for case in cases if case.waits and not case.replied]
    return sum(ladder.calendar.worked(case.opened_at, now) > ladder.first_reply for case in waiting)


def watch(base: Foundation, engine: Engine, leads: Callable[[], bool]) -> None:
    """Let the counters hear of what happens from now on. `leads`: whether this process is the clock."""
    shown = base.metrics.process
    shown.build.labels(version("fencun"), base.role).set(1)
    shown.leads.set_function(lambda: float(leads()))
    if base.cluster is not None:
        session = base.cluster.session
        shown.session_up.set_function(lambda: float(session.connected))
    if isinstance(engine, ClusterEngine):
        engine.watch(shown.lanes_refused.inc, shown.lanes_found.inc)


def _age(stored: int | None, now: datetime) -> float | None:
    return None if stored is None else max(0.0, (now - moment(stored)).total_seconds())
