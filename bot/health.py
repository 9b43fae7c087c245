"""The figures of health: gathered from the store and from WeCom's statistics, and shown at /metrics."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import nan
from typing import Any

from bot.foundation import Foundation
from bot.store import health as store
from bot.store.health import HandedOver, Window
from bot.wecom.api import Contact, Kf
from bot.wecom.statistics import Statistics
from scheduler.calendar import Calendar
from scheduler.health import Health, HealthFacts, Platform, assess

DAYS = 28  # the window of the metrics and of the weekly report
EVERY = timedelta(minutes=15)  # between two looks of the metrics


class HealthFigures:
    """`of` and `facts` read; nothing here writes."""

    def __init__(self, base: Foundation, statistics: Statistics) -> None:
        self._base = base
        self._statistics = statistics
        people = base.settings.people
        self._colleagues = frozenset((*people.operators, *people.leads, *people.consultants))

    async def of(self, days: int) -> Health:
        """The figures of the last `days`, with WeCom's own where it gives them."""
        now = self._base.clock.now()
        since = now - timedelta(days=days)
        platform = await self._statistics.of(since, now, now)
        return assess(await self.facts(since, now, platform))

    async def facts(self, since: datetime, until: datetime, platform: Platform | None = None) -> HealthFacts:
        """The counts of our own records in [since, until), both aware."""
        window = Window(since, until, self._base.settings.timezone, self._colleagues)
        counts: dict[str, Any] = {}
        async with self._base.database.read() as connection:
            counts |= await store.visits(connection, window)
            counts |= await store.goings(connection, window)
            counts["delivered"], counts["valuable"] = await store.posts(connection, window)
            counts["content"], counts["rated"] = await store.taps(connection, window)
            counts["members"] = await store.members(connection, window)
            counts["refusals"] = await store.refusals(connection, window)
            handed_over = await store.handed_over(connection, window)
        ladder = self._base.ladder
        # In a thread: a working time for each of thousands of hand-overs is not for the loop.
        counts |= await asyncio.to_thread(first_replies, handed_over, ladder.calendar, ladder.first_reply, until)
        return HealthFacts(since=since, until=until, platform=platform, **counts)


def health_figures(base: Foundation, contact: Contact | None, kf: Kf | None) -> HealthFigures:
    """The figures, with WeCom's statistics where 客户联系 or 微信客服 is set up."""
    people = base.settings.people
    colleagues = dict.fromkeys((*people.consultants, *people.leads, *people.operators))
    return HealthFigures(base, Statistics(contact, kf, tuple(colleagues)))


def first_replies(
    tickets: Iterable[HandedOver], calendar: Calendar, within: timedelta, until: datetime
) -> Mapping[str, int]:
    """`due` and `quick`: of hand-overs, whose first human reply came or is late, and came in time.

    Time is counted from the hand-over as the pages count it: in working hours. One that ended or is still open before
    its time was over, without a reply, is neither.
    """
    due = quick = 0
    for ticket in tickets:
        end = ticket.replied_at or ticket.closed_at or until
        in_time = calendar.worked(ticket.opened_at, end) <= within
        due += ticket.replied_at is not None or not in_time
        quick += ticket.replied_at is not None and in_time
    return {"due": due, "quick": quick}


class HealthGauges:
    """`look` is for the ticker. The first look counts nothing: a start does not wait for figures."""

    def __init__(self, base: Foundation, figures: HealthFigures) -> None:
        self._base = base
        self._figures = figures
        self._looked_at: datetime | None = None

    async def look(self) -> None:
        """Refresh the gauges from our own records, at most every quarter of an hour."""
        now = self._base.clock.now()
        if self._looked_at is None:
            self._looked_at = now
        if timedelta(0) <= now - self._looked_at < EVERY:
            return
        self._looked_at = now
        self._show(assess(await self._figures.facts(now - timedelta(days=DAYS), now)))

    def _show(self, found: Health) -> None:
        """What has no data is no gauge, rather than a nought."""
        gauges = self._base.metrics.health
        gauges.figures.clear()
        gauges.refusals.clear()
        for figure in found.figures:
            if figure.value is not None:
                gauges.figures.labels(figure.key).set(figure.value)
        gauges.score.set(nan if found.score is None else found.score)
        for reason, count in found.facts.refusals.items():
            gauges.refusals.labels(reason).set(count)
