"""When posts are due: reading `every`, the occurrences of a schedule, what is due now and what comes next.

APScheduler's trigger is used for its calendar only. Who plans what once is the store's business, by a unique row.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

Kind = Literal["value", "promo", "service"]

# A window is never walked further than this, so a wrong `since` costs at most 400 steps. Also the furthest look ahead.
LONGEST_WINDOW = timedelta(days=400)
# An occurrence this young is on time: with catch_up_hours = 0 the ordinary tick still sends, only catching up is off.
ON_TIME = timedelta(minutes=5)

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE = {"一": "mon", "二": "tue", "三": "wed", "四": "thu", "五": "fri", "六": "sat", "日": "sun", "天": "sun"}
_DAILY = ("每天", "每日", "daily")
_SHAPE = re.compile(r"(?P<day>[^\d\s:]+)\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})")
_CHINESE_DAY = re.compile(r"每?(?:周|星期|礼拜)([一二三四五六日天])")
_EXAMPLE = "例如：“周四 10:00”“thu 10:00”或“每天 09:30”"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One `[[schedules]]` entry of the settings.

    `every` is "<weekday> HH:MM" in the tenant's zone, for example "thu 10:00" or "周四 10:00";
    `to` holds recipient addresses (see `scheduler.posts.Recipient`).
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
    """A parsed `every`: `weekday` is "mon".."sun", or "" for each day; `at` is the time on the tenant's clock."""

    weekday: str
    at: time


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
    """Read "<weekday> HH:MM" or "daily HH:MM", in English or Chinese, also with a full-width colon; else WrongRule."""
    plain = text.replace("：", ":").strip().casefold()
    if not plain:
        raise WrongRule(f"没有写发送时间。{_EXAMPLE}")
    found = _SHAPE.fullmatch(plain)
    if found is None:
        raise WrongRule(f"看不懂发送时间“{text}”：应为“星期几 时:分”。{_EXAMPLE}")
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 23 or minute > 59:
        raise WrongRule(f"发送时间“{text}”里的钟点不存在：应在 00:00 到 23:59 之间。{_EXAMPLE}")
    return Every(_weekday(found["day"], text), time(hour, minute))


def _weekday(word: str, text: str) -> str:
    if word in _DAILY:
        return ""
    if word in _WEEKDAYS:
        return word
    if word in _ENGLISH:
        return word[:3]
    if chinese := _CHINESE_DAY.fullmatch(word):
        return _CHINESE[chinese[1]]
    raise WrongRule(f"不认识发送时间“{text}”里的“{word}”：可写 周一 到 周日、mon 到 sun 或 每天。{_EXAMPLE}")


def occurrences(schedule: Schedule, since: datetime, until: datetime, zone: str) -> tuple[datetime, ...]:
    """The moments of `schedule` with since < t <= until (aware, in and out; out in UTC), oldest first.

    Of a window longer than LONGEST_WINDOW only the last part is walked. Each local day has at most one: an hour that
    the clocks skip fires once, as much later as they jump; an hour that comes twice fires the first time only.
    """
    every, place = parse_every(schedule.every), zone_of(zone)
    since, until = _utc(since), _utc(until)
    since = max(since, until - LONGEST_WINDOW)
    # The weekday goes in by name: APScheduler counts Monday as 0, so a number means another day than in cron.
    # The trigger walks wall-clock time (a calendar without changes of the clocks, labelled UTC), the zone is put on
    # afterwards: given the zone itself, 3.11.3 leaves out the midnight after a change and fires twice in doubled hours.
    trigger = CronTrigger(
        day_of_week=every.weekday or "*", hour=every.at.hour, minute=every.at.minute, second=0, timezone=UTC
    )
    moments: list[datetime] = []
    wall = since.astimezone(place).replace(tzinfo=UTC, fold=0) - timedelta(days=1)
    while (wall := trigger.get_next_fire_time(None, wall + timedelta(seconds=1))) is not None:
        # fold=0 takes the first pass of a doubled hour, and in a skipped hour the offset from before the change.
        moment = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
        if moment > until:
            break
        if moment > since:
            moments.append(moment)
    return tuple(moments)


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
