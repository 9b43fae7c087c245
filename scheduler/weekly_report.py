"""When operators hear how the week was: a working morning, once a week, never in the hours of silence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.rules import Quiet

DAY = timedelta(days=1)
WEEK = 7


@dataclass(frozen=True, slots=True)
class ReportTime:
    """`weekday` 0 is Monday; `at` is on the clock of `zone` (IANA name). `works_on`: no public holiday, by day.

    Where that day is off, the next working day of the same week stands in.
    """

    zone: str
    quiet: Quiet
    works_on: Callable[[date], bool]
    weekday: int = 0
    at: time = time(10)

    def due(self, now: datetime) -> str | None:
        """The ISO week ("2026-W48") whose report may go out at `now` (aware); None where it may not.

        A report that was missed follows later the same day, or on a later working day of the week.
        """
        local = now.astimezone(ZoneInfo(self.zone))
        day = self._day(local.date())
        if day is None or local.date() < day or not self.works_on(local.date()):
            return None
        if local.time() < self.at or self.quiet.covers(local.time()):
            return None
        return week(local.date())

    def has_a_week(self, began: datetime, now: datetime) -> bool:
        """Whether records that began then are a week old on this week's day: before that there is little to tell."""
        zone = ZoneInfo(self.zone)
        day = self._day(now.astimezone(zone).date())
        return day is not None and began.astimezone(zone).date() + WEEK * DAY <= day

    def good_until(self, now: datetime) -> datetime:
        """When a report that is due at `now` has become too late: at the next quiet hour, at midnight at the latest."""
        local = now.astimezone(ZoneInfo(self.zone))
        midnight = datetime.combine(local.date() + DAY, time(), local.tzinfo)
        quiet = datetime.combine(local.date(), self.quiet.start, local.tzinfo)
        silent = self.quiet.start != self.quiet.end and quiet > local
        return min(quiet, midnight).astimezone(UTC) if silent else midnight.astimezone(UTC)

    def _day(self, today: date) -> date | None:
        """The day of the report in the week of `today`."""
        monday = today - today.weekday() * DAY
        days = (monday + place * DAY for place in range(self.weekday, WEEK))
        return next((day for day in days if self.works_on(day)), None)


def week(day: date) -> str:
    """The ISO week of a day: "2026-W48"."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02d}"
