from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.timetable import Due, Schedule, WrongRule, due, occurrences, parse_every, upcoming, zone_of

SHANGHAI = "Asia/Shanghai"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def schedule(every: str = "thu 10:00", *, name: str = "weekly", catch_up_hours: float = 6.0) -> Schedule:
    return Schedule(name, every, "parenting", ("robot:育儿一群",), catch_up_hours=catch_up_hours)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "weekday", "at"),
    [
        ("thu 10:00", "thu", time(10)),
        ("THU 9:05", "thu", time(9, 5)),
        ("Thursday 09:05", "thu", time(9, 5)),
        ("周四 10:00", "thu", time(10)),
        ("周四10:00", "thu", time(10)),
        ("每周四 10：00", "thu", time(10)),
        ("星期四 10:00", "thu", time(10)),
        ("礼拜一 00:00", "mon", time(0)),
        ("周日 23:59", "sun", time(23, 59)),
        ("周天 23:59", "sun", time(23, 59)),
        ("星期天 8:00", "sun", time(8)),
        ("每天 09:30", "", time(9, 30)),
        ("daily 09:30", "", time(9, 30)),
    ],
)
def test_every_is_read_in_english_and_chinese(text: str, weekday: str, at: time) -> None:
    every = parse_every(text)
    assert (every.weekday, every.at) == (weekday, at)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "没有写"),
        ("  ", "没有写"),
        ("周四", "看不懂"),
        ("10:00", "看不懂"),
        ("周四 上午十点", "看不懂"),
        ("1 10:00", "看不懂"),
        ("周四 24:00", "钟点不存在"),
        ("周四 10:60", "钟点不存在"),
        ("周八 10:00", "周八"),
        ("funday 10:00", "funday"),
    ],
)
def test_a_wrong_every_says_what_is_wrong_and_gives_an_example(text: str, what: str) -> None:
    with pytest.raises(WrongRule, match=what) as caught:
        parse_every(text)
    assert "例如" in str(caught.value)


@pytest.mark.parametrize("name", ["", "Mars/Base", "Asia", "/etc/passwd", "../x"])
def test_a_wrong_time_zone_is_a_wrong_rule(name: str) -> None:
    with pytest.raises(WrongRule, match="例如"):
        zone_of(name)


@pytest.mark.parametrize("weekday", WEEKDAYS)
def test_a_weekday_fires_on_that_weekday(weekday: str) -> None:
    """APScheduler counts Monday as 0, cron as 1: a number here would fire one day off."""
    moments = occurrences(schedule(f"{weekday} 10:00"), utc(2026, 11, 1), utc(2026, 11, 29), SHANGHAI)
    local = [moment.astimezone(ZoneInfo(SHANGHAI)) for moment in moments]
    assert len(local) == 4
    assert {WEEKDAYS[moment.weekday()] for moment in local} == {weekday}
    assert {moment.time() for moment in local} == {time(10)}


def test_occurrences_are_after_since_and_up_to_until_in_utc() -> None:
    at = utc(2026, 11, 26, 2)  # Thursday 10:00 in Shanghai
    week = timedelta(days=7)
    assert occurrences(schedule(), at - week, at, SHANGHAI) == (at,)
    assert occurrences(schedule(), at, at + week, SHANGHAI) == (at + week,)
    assert occurrences(schedule(), at, at, SHANGHAI) == ()
    assert occurrences(schedule(), at, at - week, SHANGHAI) == ()
    assert occurrences(schedule(), at - week, at, SHANGHAI)[0].tzinfo is UTC


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        occurrences(schedule(), datetime(2026, 11, 1), utc(2026, 11, 8), SHANGHAI)  # noqa: DTZ001


@pytest.mark.parametrize("every", ["每天 02:30", "周日 02:30"])
@pytest.mark.parametrize(
    ("zone", "day", "moment"),
    [
        ("Europe/Berlin", date(2026, 3, 29), utc(2026, 3, 29, 1, 30)),  # 02:30 is skipped: 03:30 summer time
        ("America/New_York", date(2026, 3, 8), utc(2026, 3, 8, 7, 30)),
    ],
)
def test_a_time_that_the_clocks_skip_fires_once(every: str, zone: str, day: date, moment: datetime) -> None:
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    assert occurrences(schedule(every), start, start + timedelta(hours=20), zone) == (moment,)


@pytest.mark.parametrize(
    ("every", "zone", "day", "moment"),
    [
        ("每天 02:30", "Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 25, 0, 30)),
        ("周日 02:30", "Europe/Berlin", date(2026, 10, 25), utc(2026, 10, 25, 0, 30)),
        ("每天 01:30", "America/New_York", date(2026, 11, 1), utc(2026, 11, 1, 5, 30)),
        ("sun 01:30", "America/New_York", date(2026, 11, 1), utc(2026, 11, 1, 5, 30)),
    ],
)
def test_a_time_that_comes_twice_fires_the_first_time_only(every: str, zone: str, day: date, moment: datetime) -> None:
    start = datetime.combine(day, time(), tzinfo=ZoneInfo(zone))
    assert occurrences(schedule(every), start, start + timedelta(hours=20), zone) == (moment,)
    assert occurrences(schedule(every), moment, start + timedelta(hours=20), zone) == ()


@pytest.mark.parametrize(
    ("every", "moment"),
    [("周一 00:00", utc(2026, 3, 29, 22)), ("每天 00:00", utc(2026, 3, 29, 22)), ("周一 00:00", utc(2026, 10, 25, 23))],
)
def test_the_midnight_after_a_change_of_the_clocks_is_not_left_out(every: str, moment: datetime) -> None:
    """APScheduler's own zone arithmetic loses it: a weekly post would come a week late."""
    assert moment in occurrences(schedule(every), moment - timedelta(days=3), moment, "Europe/Berlin")


@settings(deadline=None, max_examples=60)
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Africa/Cairo", "America/Havana", SHANGHAI]),
    start=st.timedeltas(timedelta(0), timedelta(days=365)).map(utc(2026, 1, 1).__add__),
    cuts=st.lists(st.integers(1, 40 * 24 * 60), max_size=6),
    every=st.sampled_from(["每天 00:00", "每天 02:30", "每天 01:30", "周日 02:00", "fri 00:00", "sun 00:30"]),
)
def test_ticks_see_each_local_day_once_wherever_they_fall(
    zone: str, start: datetime, cuts: list[int], every: str
) -> None:
    """Whole window or many ticks, across changes of the clocks: the same moments, at most one a day, none left out."""
    edges = [start, *(start + timedelta(minutes=cut) for cut in sorted({*cuts, 40 * 24 * 60}))]
    whole = occurrences(schedule(every), edges[0], edges[-1], zone)
    ticks = [at for since, until in pairwise(edges) for at in occurrences(schedule(every), since, until, zone)]
    days = [at.astimezone(ZoneInfo(zone)).date() for at in whole]
    step = timedelta(days=1 if every.startswith("每天") else 7)
    assert list(whole) == ticks
    assert all(later - earlier == step for earlier, later in pairwise(days))
    assert len(days) in {40 // step.days - 1, 40 // step.days, 40 // step.days + 1}


def test_a_tick_between_the_jump_and_the_late_moment_still_sees_it() -> None:
    """02:30 is skipped and fires at 03:30; at 03:00 the wall clock is past 02:30, but the moment is still to come."""
    found = occurrences(schedule("每天 02:30"), utc(2026, 3, 29, 1), utc(2026, 3, 29, 2), "Europe/Berlin")
    assert found == (utc(2026, 3, 29, 1, 30),)


def test_a_very_old_since_costs_a_bounded_walk() -> None:
    moments = occurrences(schedule("每天 10:00"), utc(1970, 1, 1), utc(2026, 11, 26), SHANGHAI)
    assert len(moments) == 400
    assert moments[-1] == utc(2026, 11, 25, 2)


def test_what_is_on_time_is_due_now() -> None:
    at = utc(2026, 11, 26, 2)
    assert due(schedule(), at - timedelta(seconds=30), at + timedelta(seconds=30), SHANGHAI) == Due((at,), ())


def test_an_outage_within_the_bound_is_caught_up_once() -> None:
    at = utc(2026, 11, 26, 2)
    assert due(schedule(), at - timedelta(hours=1), at + timedelta(hours=6), SHANGHAI) == Due((at,), ())
    late = at + timedelta(hours=6, seconds=1)
    assert due(schedule(), at - timedelta(hours=1), late, SHANGHAI) == Due((), (at,))


def test_after_a_long_outage_only_the_latest_is_sent_and_the_rest_is_told() -> None:
    first = utc(2026, 11, 5, 2)
    moments = tuple(first + timedelta(days=7 * week) for week in range(4))
    until = moments[-1] + timedelta(hours=2)
    assert due(schedule(), first - timedelta(days=1), until, SHANGHAI) == Due(moments[-1:], moments[:-1])


def test_of_several_young_occurrences_only_the_latest_is_sent() -> None:
    daily = schedule("每天 10:00", catch_up_hours=72)
    at = utc(2026, 11, 26, 2)
    found = due(daily, at - timedelta(days=2, hours=1), at + timedelta(hours=1), SHANGHAI)
    assert found == Due((at,), (at - timedelta(days=2), at - timedelta(days=1)))


@pytest.mark.parametrize("hours", [0, -1])
def test_catch_up_of_zero_hours_sends_on_time_and_never_late(hours: float) -> None:
    """0 has one meaning: no catching up. The tick that comes a moment after the time is not late."""
    at = utc(2026, 11, 26, 2)
    strict = schedule(catch_up_hours=hours)
    assert due(strict, at - timedelta(minutes=1), at + timedelta(minutes=1), SHANGHAI) == Due((at,), ())
    assert due(strict, at - timedelta(minutes=1), at + timedelta(minutes=10), SHANGHAI) == Due((), (at,))


def test_upcoming_is_sorted_by_time_and_then_name() -> None:
    plans = (schedule("thu 10:00", name="b"), schedule("thu 10:00", name="a"), schedule("wed 10:00", name="z"))
    asked: list[tuple[str, datetime]] = []

    def post_of(plan: Schedule, at: datetime) -> tuple[str, str]:
        asked.append((plan.name, at))
        return f"{plan.name}.md", plan.name.upper()

    found = upcoming(plans, utc(2026, 11, 21), 7, SHANGHAI, post_of)
    assert [(one.schedule, one.at) for one in found] == [
        ("z", utc(2026, 11, 25, 2)),
        ("a", utc(2026, 11, 26, 2)),
        ("b", utc(2026, 11, 26, 2)),
    ]
    assert asked == [(one.schedule, one.at) for one in found]
    assert (found[0].guide, found[0].title, found[0].to, found[0].kind) == ("z.md", "Z", ("robot:育儿一群",), "value")


def test_an_occurrence_without_a_guide_is_left_out() -> None:
    assert upcoming((schedule(),), utc(2026, 11, 21), 14, SHANGHAI, lambda plan, at: None) == ()


def test_looking_too_far_ahead_still_shows_the_nearest_posts() -> None:
    found = upcoming((schedule(),), utc(2026, 11, 21), 100_000, SHANGHAI, lambda plan, at: ("a.md", "A"))
    assert found[0].at == utc(2026, 11, 26, 2)
    assert len(found) == 57
