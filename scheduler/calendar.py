"""When colleagues are at work: hours with breaks, public holidays with their make-up workdays, exceptions by day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import chinese_calendar

_LONGEST_CLOSED = 60  # days in a row that are looked through for an open one
_SATURDAY = 5
_DAY_MINUTES = 24 * 60
DAY = timedelta(days=1)

Spans = tuple[tuple[int, int], ...]
Window = tuple[datetime, datetime]


class NeverOpen(ValueError):
    """No working hours within two months: there are none, or the exceptions close every day."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`spans` are the working hours of a working day on the clock of `zone` (IANA name), from `parse`.

    Public holidays are closed, and make-up workdays open, as the State Council announced them.
    For a year it does not have, only `weekends` and the exceptions count. `closed` and `opened` overrule everything.
    A span that crosses midnight belongs to the day on which it begins.
    """

    spans: Spans
    zone: str
    weekends: bool = True
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()

    @staticmethod
    def parse(text: str) -> Spans:
        """Read "09:00-12:00,13:00-21:00", also "20:00-24:00" and "22:00-02:00": minutes from midnight, in order.

        Raises ValueError for anything else; no text at all is no hours.
        """
        return tuple(sorted(_span(span) for span in text.split(",") if span.strip()))

    def works_on(self, day: date) -> bool:
        """Whether `day` is a working day at all."""
        if day in self.opened or day in self.closed:
            return day in self.opened
        weekend = day.weekday() >= _SATURDAY
        announced = _announced(day)
        if announced is None:
            return self.weekends or not weekend
        holiday, name = announced
        if weekend and name is None:
            return self.weekends
        return not holiday

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at `at` (aware)."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        return any(start <= at < end for day in (today - DAY, today) for start, end in self._day(day))

    def next_open(self, at: datetime) -> datetime:
        """The first working moment from `at` on (aware); `at` itself where somebody works. Raises NeverOpen."""
        return self.after(at, timedelta(0))

    def after(self, at: datetime, worked: timedelta) -> datetime:
        """The first working moment at which `worked` of working time has passed since `at`; UTC. Raises NeverOpen."""
        left = worked
        for start, end in self._windows(at):
            if left < end - start:
                return start + left
            left -= end - start
        raise NeverOpen("no working hours in the coming two months")

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two moments; nothing where `until` is the earlier one."""
        within = takewhile(lambda window: window[0] < until, self._windows(since, until))
        return sum((min(end, until) - start for start, end in within), timedelta(0))

    def _windows(self, since: datetime, until: datetime | None = None) -> Iterator[Window]:
        """The working time from `since` on as windows in UTC, in order and apart.

        They end after two months without one, or with the day of `until`.
        """
        zone = ZoneInfo(self.zone)
        day = since.astimezone(zone).date() - DAY  # a span of yesterday may reach into today
        last = until.astimezone(zone).date() if until else None
        reached, closed = since.astimezone(UTC), 0
        while day <= last if last else closed < _LONGEST_CLOSED:
            closed += 1
            for start, end in self._day(day):
                begins = max(start, reached)  # spans may overlap: no time counts twice
                if begins < end:
                    yield begins, end
                    reached, closed = end, 0
            day += DAY

    def _day(self, day: date) -> list[Window]:
        """The spans that begin on `day`, in UTC: an hour that the clock skips or repeats is as long as it really is."""
        if not self.works_on(day):
            return []
        zone = ZoneInfo(self.zone)
        return [(_moment(day, start, zone), _moment(day, end, zone)) for start, end in self.spans]


def public_holidays(
    first: date, days: int, silent: frozenset[date] = frozenset(), speaking: frozenset[date] = frozenset()
) -> tuple[date, ...] | None:
    """The public holidays among `days` days from `first` on, as the State Council announced them.

    `silent` and `speaking` overrule them, and stand for a year that has no announcement yet if they name a day of it.
    None: nothing is known about the year of `first`. Of a later year without announcement only New Year's Day, which is
    fixed (全国年节及纪念日放假办法 第二条), is among them.
    """
    named = {day.year for day in silent | speaking}
    if first.year not in named and _announced(first) is None:
        return None
    coming = (first + DAY * ahead for ahead in range(days))
    return tuple(day for day in coming if day in silent or (day not in speaking and _is_public(day)))


def _announced(day: date) -> tuple[bool, str | None] | None:
    """Whether `day` is off, and the holiday it belongs to; None for a year without data."""
    try:
        holiday, name = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:
        return None
    return holiday, name


def _is_public(day: date) -> bool:
    announced = _announced(day)
    if announced is None:
        return (day.month, day.day) == (1, 1)
    holiday, name = announced
    return holiday and name is not None


def _span(text: str) -> tuple[int, int]:
    start, end = (_minutes(end.strip()) for end in text.split("-"))
    if start in (end, _DAY_MINUTES):
        raise ValueError("a span needs a length")
    return start, end if end > start else end + _DAY_MINUTES


def _minutes(text: str) -> int:
    if text == "24:00":
        return _DAY_MINUTES
    at = time.fromisoformat(text)
    return at.hour * 60 + at.minute


def _moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    over, within = divmod(minutes, _DAY_MINUTES)
    local = datetime.combine(day + over * DAY, time(within // 60, within % 60), zone)
    return local.astimezone(UTC)
