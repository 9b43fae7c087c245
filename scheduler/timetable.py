"""When posts are due: reading `every`, the occurrences of a schedule, what is due now and what comes next.

APScheduler's triggers are used for their calendar only. Who plans what once is the store's business, by a unique row.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.date import DateTrigger

from knowledge.language.terms import digits

Kind = Literal["value", "promo", "service"]

# A window is never walked further than this, so a wrong `since` costs at most 400 steps. Also the furthest look ahead.
LONGEST_WINDOW = timedelta(days=400)
# An occurrence this young is on time: with catch_up_hours = 0 the ordinary tick still sends, only catching up is off.
ON_TIME = timedelta(minutes=5)
# "Every two weeks" means the week of this Monday (ISO week 1 of 2024) and each second one after it. The weeks are
# counted through, not read from their numbers: after a year of 53 weeks the numbers have two odd weeks in a row.
TWO_WEEKS_FROM = date(2024, 1, 1)
LAST_DAY = 31  # of a month: a month without that day has it on its last one
LAST_NTH = 5  # a month has four or five of each weekday: the fifth where there is one, else the fourth, is the last

_SHAPE = re.compile(r"(?P<day>[^:]*[^\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})")
_EXAMPLE = "例如：“周四 10:00”“每天 09:30”“每两周 周四 10:00”“每月1日 10:00”“每月第二个周四 10:00”或“2026-12-01 10:00”"
_YEARS = range(2000, 2200)

_CHINESE = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_NTH = {
    word: nth
    for nth, words in enumerate(("一 1 1st first", "二 2 2nd second", "三 3 3rd third", "四 4 4th fourth"), 1)
    for word in words.split()
} | dict.fromkeys(("五", "5", "5th", "fifth", "最后一", "last"), LAST_NTH)
_POSITIONS = ("", "1st", "2nd", "3rd", "4th", "last")  # as APScheduler writes them

# Chinese is read without spaces, English with single ones. `_every` reads the groups.
_ZH_WEEKDAY = "(?:周|星期|礼拜)(?P<zh>[一二三四五六日天])"
_EN_WEEKDAY = "(?P<en>monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tue|wed|thu|fri|sat|sun)"
_ZH_MONTH = "每个?月的?"
_EN_MONTH = "(?:monthly|every month)(?: on)?(?: the)?"
_FORMS = tuple(
    re.compile(form)
    for form in (
        "(?P<daily>每天|每日|daily|every day)",
        f"每?个?{_ZH_WEEKDAY}",
        f"(?:every |weekly )?{_EN_WEEKDAY}",
        f"(?P<two>每[两二2]个?(?:周|星期|礼拜)|每?隔一?个?(?:周|星期|礼拜))的?{_ZH_WEEKDAY}",
        f"(?P<two>every (?:2|two) weeks|every other week|biweekly|every other)(?: on)? {_EN_WEEKDAY}",
        rf"{_ZH_MONTH}第?(?P<day>\d{{1,2}}|[二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[日号天]",
        rf"{_EN_MONTH} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?",
        f"(?P<last>(?:每个?)?月[末底]|{_ZH_MONTH}(?:末|底|最后一[天日]))",
        f"(?P<last>(?:{_EN_MONTH} )?last day(?: of (?:the |every |each )?month)?|{_EN_MONTH} last)",
        f"{_ZH_MONTH}(?:第|(?=最))(?P<nth>[一二三四五1-5]|最后一)个{_ZH_WEEKDAY}",
        f"{_EN_MONTH} (?P<nth>1st|2nd|3rd|4th|5th|first|second|third|fourth|fifth|last) {_EN_WEEKDAY}",
        r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<date>\d{1,2})日?",
    )
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One `[[schedules]]` entry of the settings.

    `every` is a rule in the tenant's zone, for example "周四 10:00", "monthly 15 09:30" or "2026-12-01 10:00" (all
    forms are in `parse_every`); `to` holds recipient addresses (see `scheduler.posts.Recipient`).
    """

    name: str
    every: str
    topic: str
    to: tuple[str, ...]
    kind: Kind = "value"
    catch_up_hours: float = 6.0


@dataclass(frozen=True, slots=True)
class Planned:
    """One occurrence of a schedule: the post that would go out at `at` (aware, UTC). Unique by (schedule, at)."""

    schedule: str
    at: datetime
    guide: str
    title: str
    to: tuple[str, ...]
    kind: Kind = "value"


class WrongRule(ValueError):
    """A setting about when to speak makes no sense. The message is Chinese, says what is wrong and gives an example."""


@dataclass(frozen=True, slots=True)
class Every:
    """A parsed `every`; `at` is the time on the tenant's clock, the rest says on which days.

    `weekday` is "mon".."sun", or "" where it does not matter. `weeks` 2 is each second week from TWO_WEEKS_FROM.
    `nth` is the first to fourth `weekday` of the month, or LAST_NTH; `day` is a day of the month (a month without it
    has it on its last day). `once` is the single day of a one-off. With none of them it is every day.
    """

    weekday: str
    at: time
    weeks: int = 1
    nth: int = 0
    day: int = 0
    once: date | None = None

    def falls_on(self, day: date) -> bool:
        """Whether `day`, one that `_trigger` offers, is meant."""
        if self.day:
            return day.day == min(self.day, monthrange(day.year, day.month)[1])
        return (day - TWO_WEEKS_FROM).days // 7 % self.weeks == 0


@dataclass(frozen=True, slots=True)
class Due:
    """What became due (aware, UTC, oldest first): `now` is to be sent, at most one; `missed` is skipped and told."""

    now: tuple[datetime, ...]
    missed: tuple[datetime, ...]


def zone_of(name: str) -> ZoneInfo:
    """The time zone with this IANA name; WrongRule where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: a folder of the database, like "Asia"
        raise WrongRule(f"不认识时区“{name}”。请写 IANA 名称，例如：“Asia/Shanghai”") from error


def parse_every(text: str) -> Every:
    """Read a rule in English or Chinese, the time always last as HH:MM, half or full width; else WrongRule.

    Weekly "周四 10:00" "thu 10:00" · daily "每天 09:30" "daily 09:30" · two weeks "每两周 周四 10:00"
    "every 2 weeks thu 10:00" · monthly "每月1日 10:00" "monthly 15 09:30" · the last day "每月末 10:00"
    "last day 10:00" · "每月第二个周四 10:00" "monthly 2nd thu 10:00" "每月最后一个周五 10:00" "monthly last fri 9:00"
    · once "2026-12-01 10:00" "2026年12月1日 10:00".
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not plain:
        raise WrongRule(f"没有写发送时间。{_EXAMPLE}")
    found = _SHAPE.fullmatch(plain)
    if found is None or found["day"].strip().isdigit():
        raise WrongRule(f"看不懂发送时间“{text}”：应为“哪一天 时:分”。{_EXAMPLE}")
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 23 or minute > 59:
        raise WrongRule(f"发送时间“{text}”里的钟点不存在：应在 00:00 到 23:59 之间。{_EXAMPLE}")
    return _every(found["day"].strip(), time(hour, minute), text)


def _every(word: str, at: time, text: str) -> Every:
    tight = word.replace(" ", "")
    found = next((hit for form in _FORMS if (hit := form.fullmatch(word) or form.fullmatch(tight))), None)
    if found is None:
        raise WrongRule(f"不认识发送时间“{text}”里的“{word}”：可写星期几、每天、每两周、每月哪天或一个日期。{_EXAMPLE}")
    part = found.groupdict()
    weekday = _CHINESE[part["zh"]] if part.get("zh") else (part.get("en") or "")[:3]
    if part.get("year"):
        return Every("", at, once=_once(part, text))
    if part.get("day"):
        return Every("", at, day=_day_of_month(str(part["day"]), text))
    if part.get("last"):
        return Every("", at, day=LAST_DAY)
    return Every(weekday, at, weeks=2 if part.get("two") else 1, nth=_NTH[part["nth"]] if part.get("nth") else 0)


def _day_of_month(word: str, text: str) -> int:
    day = int(word if word.isdigit() else digits(word))
    if not 1 <= day <= LAST_DAY:
        raise WrongRule(f"发送时间“{text}”里的日子不存在：每月只有 1 到 31 日，月末写“每月末”。{_EXAMPLE}")
    return day


def _once(part: dict[str, Any], text: str) -> date:
    try:
        day = date(int(part["year"]), int(part["month"]), int(part["date"]))
    except ValueError as error:
        raise WrongRule(f"发送时间“{text}”里的日期不存在，请对照日历改一下。{_EXAMPLE}") from error
    if day.year not in _YEARS:
        raise WrongRule(f"发送时间“{text}”里的年份应在 {_YEARS[0]} 到 {_YEARS[-1]} 之间。{_EXAMPLE}")
    return day


def occurrences(schedule: Schedule, since: datetime, until: datetime, zone: str) -> tuple[datetime, ...]:
    """The moments of `schedule` with since < t <= until (aware, in and out; out in UTC), oldest first.

    Of a window longer than LONGEST_WINDOW only the last part is walked. Each local day has at most one: an hour that
    the clocks skip fires once, as much later as they jump (earlier where later is another day); an hour that comes
    twice fires the first time only. A day that the calendar leaves out has none.
    """
    every, place = parse_every(schedule.every), zone_of(zone)
    since, until = _utc(since), _utc(until)
    since = max(since, until - LONGEST_WINDOW)
    moments: list[datetime] = []
    for wall in _walls(every, since.astimezone(place).replace(tzinfo=UTC, fold=0) - timedelta(days=1)):
        moment = _moment(wall, place)
        if moment is not None and moment > until:
            break
        if moment is not None and moment > since:
            moments.append(moment)
    return tuple(moments)


def _walls(every: Every, start: datetime) -> Iterator[datetime]:
    """What the clock on the wall shows at each occurrence, labelled UTC, from `start` on; a one-off also before it."""
    trigger, previous, wall = _trigger(every), None, start
    while (wall := trigger.get_next_fire_time(previous, wall)) is not None:
        if every.once or every.falls_on(wall.date()):
            yield wall
        previous, wall = wall, wall + timedelta(seconds=1)


def _trigger(every: Every) -> Any:
    """APScheduler's calendar for the days that may be meant; `Every.falls_on` says which of them are.

    It walks wall-clock time (a calendar without changes of the clocks, labelled UTC), the zone is put on afterwards:
    given the zone itself, 3.11.3 leaves out the midnight after a change and fires twice in doubled hours.
    """
    if every.once:
        return DateTrigger(datetime.combine(every.once, every.at, UTC))
    # Weekdays go in by name: APScheduler counts Monday as 0, so a number means another day than in cron.
    # It passes over a month without the 29th to 31st, hence every day from the 28th is offered.
    day = f"{_POSITIONS[every.nth]} {every.weekday}" if every.nth else f"{min(every.day, 28)}-{every.day}"
    return CronTrigger(
        day=day if every.nth or every.day else "*",
        day_of_week="*" if every.nth else every.weekday or "*",
        hour=every.at.hour,
        minute=every.at.minute,
        second=0,
        timezone=UTC,
    )


def _moment(wall: datetime, place: ZoneInfo) -> datetime | None:
    """When the clocks of `place` show `wall`, in UTC; None where that whole day does not exist there."""
    # fold=0 takes the first pass of a doubled hour, and in a skipped hour the offset from before the change: later.
    moments = (wall.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    return next((moment for moment in moments if moment.astimezone(place).date() == wall.date()), None)


def due(schedule: Schedule, since: datetime, until: datetime, zone: str) -> Due:
    """What became due in (since, until], where `until` is now and `since` where the last look ended.

    Older than `catch_up_hours` is missed. Of the younger ones the latest is sent, once: the ones before it are missed
    too, for nobody wants two weeks' posts in one minute.
    """
    moments = occurrences(schedule, since, until, zone)
    bound = max(timedelta(hours=schedule.catch_up_hours), ON_TIME)
    latest = moments[-1:]
    if latest and _utc(until) - latest[0] <= bound:
        return Due(now=latest, missed=moments[:-1])
    return Due(now=(), missed=moments)


def upcoming(
    schedules: Iterable[Schedule],
    now: datetime,
    days: int,
    zone: str,
    post_of: Callable[[Schedule, datetime], tuple[str, str] | None],
) -> tuple[Planned, ...]:
    """What would be sent in the coming `days` (at most 400), by time and then name.

    `post_of(schedule, at)` gives (guide, title), or None where the library has nothing: that occurrence is left out.
    It is called once per occurrence, in the order of the result.
    """
    end = now + min(timedelta(days=days), LONGEST_WINDOW)
    moments = [(at, schedule) for schedule in schedules for at in occurrences(schedule, now, end, zone)]
    planned = []
    for at, schedule in sorted(moments, key=lambda pair: (pair[0], pair[1].name)):
        if (post := post_of(schedule, at)) is not None:
            planned.append(Planned(schedule.name, at, *post, to=schedule.to, kind=schedule.kind))
    return tuple(planned)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone: pass an aware datetime")
    return moment.astimezone(UTC)
