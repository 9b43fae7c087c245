"""WeCom's own counts of a window, for the figures of health: whole days of Beijing, up to yesterday.

What does not answer is named, never guessed: our own figures stand without it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.errors import SendError
from bot.wecom.api import Contact, Kf
from scheduler.health import Platform

log = structlog.get_logger()

BEIJING = ZoneInfo("Asia/Shanghai")  # statistics are by its days, wherever the tenant is
DAY = timedelta(days=1)
OLDEST = 180  # days
SPAN = 30  # days of one call
PEOPLE = 100  # colleagues of one call
PATIENCE = 8.0  # seconds for one kind of figures: somebody waits for the answer

Span = tuple[datetime, datetime]
Counts = dict[str, int]


class Statistics:
    """Reads through `contact` and `kf`, each None where it is not set up. `people` are the colleagues' userids."""

    def __init__(self, contact: Contact | None, kf: Kf | None, people: Sequence[str]) -> None:
        self._contact = contact
        self._kf = kf
        self._people = tuple(people)
        self._last: tuple[tuple[date, date], Platform] | None = None

    async def of(self, since: datetime, until: datetime, now: datetime) -> Platform | None:
        """The counts of the days from `since` to `until` (aware); None where there is nobody to ask, or no whole day.

        Complete counts are kept until the days change, since WeCom's change once a day.
        """
        last = min(_day(until), _day(now) - DAY)
        first = max(_day(since), _day(now) - OLDEST * DAY)
        asked = self._asked()
        if not asked or first > last:
            return None
        if self._last is not None and self._last[0] == (first, last):
            return self._last[1]
        found = await asyncio.gather(*(self._one(name, read, first, last) for name, read in asked.items()))
        counts = {name: count for each in found if each is not None for name, count in each.items()}
        missing = tuple(name for name, each in zip(asked, found, strict=True) if each is None)
        platform = Platform(**counts, missing=missing)
        if not missing:
            self._last = ((first, last), platform)
        return platform

    def _asked(self) -> dict[str, Callable[[Span], Awaitable[Counts]]]:
        """What can be asked for, by its name."""
        asked: dict[str, Callable[[Span], Awaitable[Counts]]] = {}
        if self._contact is not None and self._people:
            asked |= {"客户联系": self._contacts, "客户群": self._groups}
        if self._kf is not None:
            asked["微信客服"] = self._sessions
        return asked

    async def _one(
        self, name: str, read: Callable[[Span], Awaitable[Counts]], first: date, last: date
    ) -> Counts | None:
        """One kind of counts over all spans; None where a single call did not come true."""
        total: Counts = {}
        try:
            async with asyncio.timeout(PATIENCE):
                for span in _spans(first, last):
                    for key, count in (await read(span)).items():
                        # Members are counted at the end of a span, everything else adds up.
                        total[key] = count if key == "group_members" else total.get(key, 0) + count
        except (SendError, TimeoutError) as error:
            log.warning("statistics_unknown", what=name, error=type(error).__name__)
            return None
        return total

    async def _contacts(self, span: Span) -> Counts:
        """One-to-one contacts (92132)."""
        if self._contact is None:
            return {}
        days = [
            day for each in _batches(self._people) for day in await self._contact.get_user_behavior_data(each, *span)
        ]
        return {"contacts": sum(day.contacts for day in days), "removed": sum(day.removed for day in days)}

    async def _groups(self, span: Span) -> Counts:
        """Customer groups of the colleagues (92133)."""
        if self._contact is None:
            return {}
        members = joined = 0
        for each in _batches(self._people):
            days = await self._contact.statistic_group_by_day(each, *span)
            joined += sum(day.joined for day in days)
            members += max(days, key=lambda day: day.at).members if days else 0
        return {"group_members": members, "joined": joined}

    async def _sessions(self, span: Span) -> Counts:
        """微信客服 (95489)."""
        days = await self._kf.get_corp_statistic(*span) if self._kf is not None else ()
        return {"sessions": sum(day.sessions for day in days), "refusing": sum(day.refusing for day in days)}


def _spans(first: date, last: date) -> Iterator[Span]:
    """[first, last] in pieces that one call bears: the starts of their first and last days, in UTC."""
    while first <= last:
        end = min(last, first + (SPAN - 1) * DAY)
        yield _start(first), _start(end)
        first = end + DAY


def _batches(people: Sequence[str]) -> Iterator[Sequence[str]]:
    for place in range(0, len(people), PEOPLE):
        yield people[place : place + PEOPLE]


def _day(at: datetime) -> date:
    return at.astimezone(BEIJING).date()


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), BEIJING).astimezone(UTC)
