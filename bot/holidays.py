"""Years of which no public holidays are known yet: told before they begin, because nothing unasked leaves in them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.foundation import Foundation
from bot.part import part_id
from bot.settings import Settings
from bot.store import marks
from scheduler.calendar import public_holidays

TOLD = "holidays_told"  # mark: the years that operators were told of
AHEAD = timedelta(days=30)  # the State Council announces a year in the November before
MORNING, EVENING = 9, 21  # hours between which colleagues are told what is not urgent
TEXT = (
    "{year} 年的放假安排分寸还不知道：从 {year}-01-01 起，什么都不会主动发。请升级分寸，"
    "或把那一年放假的日子写进设置 [restraint] silent_days。"
)


def unknown_years(settings: Settings, now: datetime, ahead: timedelta) -> tuple[int, ...]:
    """The years of today and of `ahead` from now of which nothing is known; none where holidays do not matter."""
    restraint = settings.restraint
    if restraint.holidays != "silent":
        return ()
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    days = (today, date((today + ahead).year, 1, 1))
    silent, speaking = frozenset(restraint.silent_days), frozenset(restraint.speaking_days)
    return tuple(sorted({day.year for day in days if public_holidays(day, 1, silent, speaking) is None}))


class HolidayNotices:
    """`look` is for the ticker."""

    def __init__(self, base: Foundation) -> None:
        self._base = base

    async def look(self) -> None:
        """Tell operators, once for each year, by day."""
        base, now = self._base, self._base.clock.now()
        local = now.astimezone(ZoneInfo(base.settings.timezone))
        missing = unknown_years(base.settings, now, AHEAD)
        if not missing or not base.alarm.able or not MORNING <= local.hour < EVENING:
            return
        async with base.database.read() as connection:
            told = await marks.get_mark(connection, TOLD) or []
        if not (fresh := [year for year in missing if year not in told]):
            return
        async with base.transactions.begin() as transaction:
            for year in fresh:
                await transaction.enqueue(
                    base.alarm.notice(each, TEXT.format(year=year), part_id("holidays", year, each), transaction.now)
                    for each in base.alarm.operators
                )
            await marks.set_mark(transaction.connection, TOLD, sorted({*told, *fresh}), transaction.now)
