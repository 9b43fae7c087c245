"""When a colleague is reminded of a task that he has not confirmed: seldom, and only while people work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.store.mass_results import MassTask
from scheduler.calendar import Calendar
from scheduler.rules import Quiet

AFTER = timedelta(hours=4)  # of working time since the task was made
APART = timedelta(hours=24)  # the platform allows three in that time (97610)
MOST = 2  # per task


@dataclass(frozen=True, slots=True)
class Reminding:
    """Working time and quiet hours, both on the clock of the tenant's zone."""

    calendar: Calendar
    quiet: Quiet
    zone: str

    def due(self, task: MassTask, now: datetime) -> bool:
        """Whether a reminder of `task` may go out at `now` (aware)."""
        if task.reminded >= MOST or (task.reminded_at is not None and now - task.reminded_at < APART):
            return False
        if self.quiet.covers(now.astimezone(ZoneInfo(self.zone)).time()) or not self.calendar.is_open(now):
            return False
        return self.calendar.worked(task.created_at, now) >= AFTER
