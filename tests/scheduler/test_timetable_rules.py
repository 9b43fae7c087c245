"""Rules beyond the week: each second week, days and weekdays of the month, one-offs; month ends, leap days, clocks."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler.timetable import LAST_DAY, LAST_NTH, Due, Every, Schedule, WrongRule, due, occurrences, parse_every

SHANGHAI = "Asia/Shanghai"
TEN = time(10)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def schedule(every: str, **more) -> Schedule:
    return Schedule("one", every, "parenting", ("robot:育儿一群",), **more)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def days_of(every: str, first: date, last: date, zone: str = SHANGHAI) -> list[date]:
    """The local days on which it falls, from the start of `first` to the end of `last`."""
    place = ZoneInfo(zone)
    start = datetime.combine(first, time(), place) - timedelta(microseconds=1)
    end = datetime.combine(last + timedelta(days=1), time(), place) - timedelta(microseconds=1)
    return [at.astimezone(place).date() for at in occurrences(schedule(every), start, end, zone)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("每月1日 10:00", Every("", TEN, day=1)),
        ("每月 1 号 10：00", Every("", TEN, day=1)),
        ("每个月的第一天 10:00", Every("", TEN, day=1)),
        ("每月十五号 10:00", Every("", TEN, day=15)),
        ("每月三十一日 10:00", Every("", TEN, day=31)),
        ("monthly 15 09:30", Every("", time(9, 30), day=15)),
        ("Monthly on the 15th 09:30", Every("", time(9, 30), day=15)),
        ("every month on the 1st 10:00", Every("", TEN, day=1)),
        ("每月末 10:00", Every("", TEN, day=LAST_DAY)),
        ("月底 10:00", Every("", TEN, day=LAST_DAY)),
        ("每月最后一天 10:00", Every("", TEN, day=LAST_DAY)),
        ("last day 10:00", Every("", TEN, day=LAST_DAY)),
        ("last day of the month 10:00", Every("", TEN, day=LAST_DAY)),
        ("monthly last 10:00", Every("", TEN, day=LAST_DAY)),
        ("每月第二个周四 10:00", Every("thu", TEN, nth=2)),
        ("每个月的第3个星期天 10:00", Every("sun", TEN, nth=3)),
        ("monthly 2nd thu 10:00", Every("thu", TEN, nth=2)),
        ("every month on the second Thursday 10:00", Every("thu", TEN, nth=2)),
        ("每月最后一个周五 10:00", Every("fri", TEN, nth=LAST_NTH)),
        ("monthly last fri 10:00", Every("fri", TEN, nth=LAST_NTH)),
        ("每月第五个周五 10:00", Every("fri", TEN, nth=LAST_NTH)),
        ("每两周 周四 10:00", Every("thu", TEN, weeks=2)),
        ("每2周周四 10:00", Every("thu", TEN, weeks=2)),
        ("隔周的星期四 10:00", Every("thu", TEN, weeks=2)),
        ("every 2 weeks thu 10:00", Every("thu", TEN, weeks=2)),
        ("every two weeks on Thursday 10:00", Every("thu", TEN, weeks=2)),
        ("every other thu 10:00", Every("thu", TEN, weeks=2)),
        ("biweekly thu 10:00", Every("thu", TEN, weeks=2)),
        ("2026-12-01 10:00", Every("", TEN, once=date(2026, 12, 1))),
        ("2026/12/1 10:00", Every("", TEN, once=date(2026, 12, 1))),
        ("2026年12月1日10：00", Every("", TEN, once=date(2026, 12, 1))),
        ("２０２８－０２－２９ １０：００", Every("", TEN, once=date(2028, 2, 29))),
        ("every thu 10:00", Every("thu", TEN)),
    ],
)
def test_a_rule_is_read_in_english_and_chinese(text: str, expected: Every) -> None:
    assert parse_every(text) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("每月32日 10:00", "日子不存在"),
        ("每月0日 10:00", "日子不存在"),
        ("monthly 99 10:00", "日子不存在"),
        ("2026-02-29 10:00", "日期不存在"),
        ("2026-13-01 10:00", "日期不存在"),
        ("0001-01-01 10:00", "年份"),
        ("2026-12-01", "看不懂"),
        ("12-01 10:00", "不认识"),
        ("每月 10:00", "不认识"),
        ("monthly 10:00", "不认识"),
        ("每两周 10:00", "不认识"),
        ("每两周四 10:00", "不认识"),
        ("双周四 10:00", "不认识"),  # each second week, or twice a week?
        ("每月第二周四 10:00", "不认识"),  # the second Thursday, or the Thursday of the second week?
        ("每月第六个周四 10:00", "不认识"),
        ("每月十二三日 10:00", "不认识"),
        ("每周四、周五 10:00", "不认识"),
        ("every 3 weeks thu 10:00", "不认识"),
        ("每月末 25:00", "钟点不存在"),
    ],
)
def test_a_rule_that_is_wrong_or_could_mean_two_things_is_refused_with_examples(text: str, what: str) -> None:
    with pytest.raises(WrongRule, match=what) as caught:
        parse_every(text)
    assert "例如" in str(caught.value)
    assert "每月第二个周四" in str(caught.value)


def test_a_month_without_the_day_has_it_on_its_last_day() -> None:
    assert days_of("每月31日 10:00", date(2026, 1, 1), date(2026, 6, 30)) == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
        date(2026, 6, 30),
    ]
    assert days_of("每月30日 10:00", date(2026, 1, 1), date(2026, 3, 31))[1] == date(2026, 2, 28)
    assert days_of("每月29日 10:00", date(2026, 2, 1), date(2026, 3, 31)) == [date(2026, 2, 28), date(2026, 3, 29)]


def test_a_leap_year_has_its_leap_day() -> None:
    assert days_of("每月29日 10:00", date(2028, 2, 1), date(2028, 2, 29)) == [date(2028, 2, 29)]
    assert days_of("每月30日 10:00", date(2028, 2, 1), date(2028, 2, 29)) == [date(2028, 2, 29)]
    assert days_of("每月末 10:00", date(2028, 2, 1), date(2028, 3, 1)) == [date(2028, 2, 29)]
    assert days_of("每月28日 10:00", date(2028, 2, 1), date(2028, 3, 1)) == [date(2028, 2, 28)]
    assert days_of("每月29日 10:00", date(2100, 2, 1), date(2100, 3, 1)) == [date(2100, 2, 28)], "2100 is no leap year"


def test_the_turn_of_the_year_is_a_month_like_any_other() -> None:
    assert days_of("每月末 23:59", date(2026, 12, 1), date(2027, 1, 31)) == [date(2026, 12, 31), date(2027, 1, 31)]
    assert days_of("每月1日 00:00", date(2026, 12, 31), date(2027, 1, 1)) == [date(2027, 1, 1)]


def test_the_last_weekday_of_a_month_is_its_fifth_or_its_fourth() -> None:
    found = days_of("每月最后一个周五 10:00", date(2026, 1, 1), date(2026, 3, 31))
    assert found == [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27)]
    assert days_of("每月第五个周五 10:00", date(2026, 1, 1), date(2026, 3, 31)) == found


def test_every_two_weeks_is_counted_through_a_year_of_53_weeks() -> None:
    """2026 has a week 53: by the parity of its number two weeks in a row, or two without, would come at New Year."""
    found = days_of("每两周 周四 10:00", date(2026, 12, 1), date(2027, 1, 31))
    assert found == [date(2026, 12, 3), date(2026, 12, 17), date(2026, 12, 31), date(2027, 1, 14), date(2027, 1, 28)]


def test_every_two_weeks_begins_with_the_week_of_its_anchor() -> None:
    assert days_of("每两周 周一 10:00", date(2024, 1, 1), date(2024, 1, 21)) == [date(2024, 1, 1), date(2024, 1, 15)]
    assert days_of("每两周 周日 10:00", date(2024, 1, 1), date(2024, 1, 21)) == [date(2024, 1, 7), date(2024, 1, 21)]


def test_a_one_off_is_due_once_and_never_again() -> None:
    once, at = schedule("2026-12-01 10:00"), utc(2026, 12, 1, 2)
    assert due(once, at - timedelta(minutes=1), at, SHANGHAI) == Due((at,), ())
    assert due(once, at, at + timedelta(days=366), SHANGHAI) == Due((), ())
    assert due(once, at - timedelta(days=1), at + timedelta(days=2), SHANGHAI) == Due((), (at,))
    assert occurrences(once, at + timedelta(days=1), at + timedelta(days=30), SHANGHAI) == ()


def test_a_monthly_rule_whose_hour_is_skipped_or_doubled_fires_once_that_day() -> None:
    """The last Sundays of March and October 2026 are the 29th and the 25th in Berlin."""
    assert occurrences(schedule("每月29日 02:30"), utc(2026, 3, 28), utc(2026, 3, 30), "Europe/Berlin") == (
        utc(2026, 3, 29, 1, 30),
    )
    assert occurrences(schedule("每月最后一个周日 02:30"), utc(2026, 10, 24), utc(2026, 10, 26), "Europe/Berlin") == (
        utc(2026, 10, 25, 0, 30),
    )
    assert occurrences(schedule("2026-03-29 02:30"), utc(2026, 3, 1), utc(2026, 4, 1), "Europe/Berlin") == (
        utc(2026, 3, 29, 1, 30),
    )


def test_a_skipped_time_never_lands_on_the_next_day() -> None:
    """Pyongyang went from 23:30 to midnight on 4 May 2018: half an hour later would be a second one on the 5th."""
    found = occurrences(schedule("每天 23:45"), utc(2018, 5, 3, 12), utc(2018, 5, 6, 12), "Asia/Pyongyang")
    local = [at.astimezone(ZoneInfo("Asia/Pyongyang")).strftime("%d %H:%M") for at in found]
    assert local == ["03 23:45", "04 23:15", "05 23:45"]


def test_a_day_that_the_calendar_left_out_has_no_post() -> None:
    """Samoa had no 30 December 2011."""
    assert days_of("每天 10:00", date(2011, 12, 29), date(2011, 12, 31), "Pacific/Apia") == [
        date(2011, 12, 29),
        date(2011, 12, 31),
    ]


# What each rule means, said a second time and in another way: one day after another.
MEANT: dict[str, Callable[[date], bool]] = {
    **{f"每月{n}日 {{}}": lambda day, n=n: day == min(_month(day)[:n][-1], _month(day)[-1]) for n in range(1, 32)},
    **{
        f"monthly {word} {name} {{}}": lambda day, n=n, weekday=weekday: (
            day == [each for each in _month(day) if each.weekday() == weekday][n]
        )
        for n, word in ((0, "1st"), (1, "2nd"), (2, "3rd"), (3, "4th"), (-1, "last"))
        for weekday, name in enumerate(NAMES)
    },
    **{
        f"every 2 weeks {name} {{}}": lambda day, weekday=weekday: (
            (day - date(2024, 1, 1) - timedelta(days=weekday)).days % 14 == 0
        )
        for weekday, name in enumerate(NAMES)
    },
    "last day {}": lambda day: day == _month(day)[-1],
    "每天 {}": lambda _: True,
}


def _month(day: date) -> list[date]:
    first = day.replace(day=1)
    return [each for n in range(31) if (each := first + timedelta(days=n)).month == day.month]


ZONES = st.sampled_from([SHANGHAI, "Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe"])
CLOCKS = st.sampled_from(["00:00", "00:30", "01:30", "02:00", "02:30", "10:00", "23:59"])


@settings(deadline=None, max_examples=150)
@given(
    rule=st.sampled_from(sorted(MEANT)), clock=CLOCKS, zone=ZONES, first=st.dates(date(2000, 2, 1), date(2100, 1, 1))
)
@example(rule="每月30日 {}", clock="10:00", zone=SHANGHAI, first=date(2027, 12, 20))
def test_a_rule_falls_on_exactly_the_days_it_means(rule: str, clock: str, zone: str, first: date) -> None:
    last = first + timedelta(days=120)
    expected = [day for n in range(121) if MEANT[rule](day := first + timedelta(days=n))]
    assert days_of(rule.format(clock), first, last, zone) == expected


@settings(deadline=None, max_examples=100)
@given(
    rule=st.sampled_from(sorted(MEANT)),
    clock=CLOCKS,
    zone=ZONES,
    start=st.timedeltas(timedelta(0), timedelta(days=3000)).map(utc(2024, 1, 1).__add__),
    cuts=st.lists(st.timedeltas(timedelta(0), timedelta(days=100)), max_size=8),
)
def test_windows_side_by_side_see_what_one_window_sees_and_no_day_twice(
    rule: str, clock: str, zone: str, start: datetime, cuts: list[timedelta]
) -> None:
    edges = sorted({start, start + timedelta(days=100), *(start + cut for cut in cuts)})
    one = schedule(rule.format(clock))
    whole = occurrences(one, edges[0], edges[-1], zone)
    assert [at for since, until in pairwise(edges) for at in occurrences(one, since, until, zone)] == list(whole)
    days = [at.astimezone(ZoneInfo(zone)).date() for at in whole]
    assert days == sorted(set(days))


@settings(deadline=None, max_examples=100)
@given(
    at=st.datetimes(datetime(2000, 2, 1), datetime(2199, 11, 30)),  # noqa: DTZ001 - shown on the wall
    zone=ZONES,
    cuts=st.lists(st.integers(-60 * 24 * 60, 60 * 24 * 60), max_size=8),
)
def test_a_one_off_comes_exactly_once_wherever_the_ticks_fall(at: datetime, zone: str, cuts: list[int]) -> None:
    one = schedule(f"{at:%Y-%m-%d %H:%M}")
    wall = at.replace(tzinfo=UTC)
    edges = sorted({wall + timedelta(minutes=cut) for cut in (-90 * 24 * 60, *cuts, 90 * 24 * 60)})
    found = [each for since, until in pairwise(edges) for each in occurrences(one, since, until, zone)]
    assert len(found) == 1
    assert found[0].astimezone(ZoneInfo(zone)).date() == at.date()
