"""How much people may be spoken to unasked: caps, gap, quiet hours and what promotion has to earn, on the tenant's
calendar."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal, get_args

from scheduler.timetable import WrongRule, zone_of

_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~～至到]\s*(\d{1,2}):(\d{2})")
_LONGEST_GAP_HOURS = 24 * 31

Holidays = Literal["silent", "as_usual"]


@dataclass(frozen=True, slots=True)
class Quiet:
    """A daily window on the tenant's clock, from `start` up to but without `end`, also across midnight.

    Equal ends mean that there are no quiet hours.
    """

    start: time
    end: time

    @staticmethod
    def parse(text: object) -> "Quiet":
        """Read "HH:MM-HH:MM"; WrongRule for anything else, blank included."""
        found = _WINDOW.fullmatch(text.replace("：", ":").strip()) if isinstance(text, str) else None
        hint = "应为“开始-结束”，钟点在 00:00 到 23:59 之间，例如：“21:00-09:00”；两端相同表示不设免打扰"
        if found is None:
            raise WrongRule(f"免打扰时段 quiet 写的是“{text}”：{hint}")
        hour, minute, end_hour, end_minute = map(int, found.groups())
        try:
            return Quiet(time(hour, minute), time(end_hour, end_minute))
        except ValueError as error:
            raise WrongRule(f"免打扰时段 quiet 写的是“{text}”，有不存在的钟点：{hint}") from error

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def covers(self, clock: time) -> bool:
        """Whether this time of the local clock is quiet."""
        if self.start <= self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of `[restraint]`. A cap of 0 means never; a gap of 0 means no gap beside the caps.

    `value_per_promo` of 0: a promotion has to be earned with nothing. `repeat_guide_days` of 0: a guide may come again
    at once. `platform_per_day` is what the platform lets through on this recipient's channel, None where it counts
    nothing (customers.md §3: assumed to be the strictest of what its documents say).
    """

    person_per_day: int = 1
    person_per_week: int = 3
    group_per_day: int = 1
    gap_hours: float = 18.0
    quiet: Quiet = Quiet(time(21), time(9))
    zone: str = "Asia/Shanghai"
    topic_per_week: int = 2
    value_per_promo: int = 4
    promo_days_per_month: int = 1
    repeat_guide_days: int = 90
    platform_per_day: int | None = None
    holidays: Holidays = "silent"

    @staticmethod
    def parse(**values: object) -> "Rules":
        """Read the settings by name, numbers also as text (from the environment); one left out is as it comes.

        Blank or nonsense is a WrongRule, never 0. An unknown name is a TypeError.
        """
        if strange := values.keys() - {field.name for field in fields(Rules)}:
            raise TypeError(f"no such rule: {', '.join(sorted(strange))}")
        return replace(Rules(), **{name: _READERS.get(name, _cap)(name, value) for name, value in values.items()})

    def local(self, moment: datetime) -> datetime:
        """The moment on the tenant's clock."""
        return moment.astimezone(zone_of(self.zone))

    def quiet_at(self, moment: datetime) -> bool:
        return self.quiet.covers(self.local(moment).time())

    def open_from(self, moment: datetime) -> datetime:
        """The first moment from this one on (UTC) outside the quiet hours."""
        for _ in range(3):  # once is the rule; a window's end that the clocks skip may land in the next window
            if not self.quiet_at(moment):
                break
            moment = self._end_of_quiet(moment)
        return moment.astimezone(UTC)

    def _end_of_quiet(self, moment: datetime) -> datetime:
        local = self.local(moment)
        over_midnight = self.quiet.start > self.quiet.end and local.time() >= self.quiet.start
        day = local.date() + timedelta(days=int(over_midnight))
        end = datetime.combine(day, self.quiet.end, tzinfo=local.tzinfo).astimezone(UTC)
        if end > moment:
            return end
        # We are in the second pass of an hour that comes twice: the end is the one of this pass.
        return datetime.combine(day, self.quiet.end, tzinfo=local.tzinfo).replace(fold=1).astimezone(UTC)

    def next_day(self, moment: datetime) -> datetime:
        """The start of the next local day, in UTC."""
        return self._midnight(moment, days=1)

    def next_week(self, moment: datetime) -> datetime:
        """The start of the next ISO week (Monday) on the tenant's calendar, in UTC."""
        return self._midnight(moment, days=7 - self.local(moment).weekday())

    def _midnight(self, moment: datetime, *, days: int) -> datetime:
        local = self.local(moment)
        return datetime.combine(local.date() + timedelta(days=days), time(), tzinfo=local.tzinfo).astimezone(UTC)


def _number(name: str, value: object) -> float:
    """The number in a setting. A bool, a blank or a word is none: a slip must not read as 0 or 1."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise WrongRule(f"{name} 写的是“{value}”：应为不小于 0 的数，不能留空，例如：{name} = 1")
    return number


def _cap(name: str, value: object) -> int:
    number = _number(name, value)
    if number != int(number):
        raise WrongRule(f"{name} 写的是“{value}”：应为整数，0 表示一条也不发，例如：{name} = 1")
    return int(number)


def _gap(name: str, value: object) -> float:
    number = _number(name, value)
    if number > _LONGEST_GAP_HOURS:
        raise WrongRule(f"{name} 写的是“{value}”：最多 {_LONGEST_GAP_HOURS} 小时，例如：{name} = 18")
    return number


def _zone(_: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise WrongRule("没有写时区。请写 IANA 名称，例如：“Asia/Shanghai”")
    return zone_of(value.strip()).key


def _holidays(name: str, value: object) -> str:
    if value not in get_args(Holidays):
        raise WrongRule(f"{name} 写的是“{value}”：只能是 {' 或 '.join(get_args(Holidays))}")
    return str(value)


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "gap_hours": _gap,
    "quiet": lambda _, value: Quiet.parse(value),
    "zone": _zone,
    "platform_per_day": lambda name, value: None if value is None else _cap(name, value),
    "holidays": _holidays,
}  # the others are caps
