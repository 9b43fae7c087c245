"""Working time: breaks, midnight, holidays with make-up workdays, and clocks that are changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar import Calendar, NeverOpen

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = "09:00-12:00,13:00-21:00"
MINUTE = timedelta(minutes=1)


def calendar(hours: str = HOURS, zone: str = "Asia/Shanghai", **more) -> Calendar:
    return Calendar(Calendar.parse(hours), zone, **more)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("hours", "moment", "is_open"),
    [
        (HOURS, "2026-11-23 08:59", False),
        (HOURS, "2026-11-23 09:00", True),
        (HOURS, "2026-11-23 12:00", False),
        (HOURS, "2026-11-23 20:59", True),
        (HOURS, "2026-11-23 21:00", False),
        ("20:00-24:00", "2026-11-23 23:59", True),
        ("20:00-24:00", "2026-11-24 00:00", False),
        ("22:00-02:00", "2026-11-24 01:59", True),
        ("22:00-02:00", "2026-11-24 02:00", False),
        ("", "2026-11-24 10:00", False),
    ],
)
def test_the_end_of_a_span_is_not_in_it_and_a_span_may_cross_midnight(hours, moment, is_open) -> None:
    assert calendar(hours).is_open(at(moment)) is is_open


@pytest.mark.parametrize("hours", ["9-12", "09:00", "09:00-09:00", "24:00-02:00", "09:00-25:00", "a-b"])
def test_what_is_no_span_is_refused(hours) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the settings have a message of their own
        Calendar.parse(hours)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-10-01", False),  # National Day
        ("2026-10-10", True),  # a Saturday made up for it
        ("2026-10-17", False),  # an ordinary Saturday
        ("2026-10-19", True),
        ("2027-10-01", True),  # a Friday of a year without data
        ("2027-10-02", False),
    ],
)
def test_holidays_are_closed_make_up_workdays_open_and_a_year_without_data_has_weekdays(day, works) -> None:
    assert calendar(weekends=False).works_on(date.fromisoformat(day)) is works


def test_with_weekends_only_holidays_are_closed() -> None:
    assert calendar().works_on(date(2026, 10, 17))
    assert not calendar().works_on(date(2026, 10, 3))


def test_exceptions_overrule_holidays_weekends_and_years_without_data() -> None:
    special = calendar(
        weekends=False,
        closed=frozenset({date(2026, 11, 23), date(2027, 10, 1)}),
        opened=frozenset({date(2026, 10, 1), date(2027, 10, 2)}),
    )
    works = [date(2026, 11, 23), date(2027, 10, 1), date(2026, 10, 1), date(2027, 10, 2)]
    assert [special.works_on(day) for day in works] == [False, False, True, True]


def test_over_lunch_the_clock_of_working_time_stands_still() -> None:
    assert calendar().after(at("2026-11-23 11:59:30"), timedelta(seconds=90)) == at("2026-11-23 13:01")
    assert calendar().worked(at("2026-11-23 11:00"), at("2026-11-23 14:00")) == timedelta(hours=2)


def test_what_is_used_up_with_the_last_minute_is_due_at_the_next_opening() -> None:
    assert calendar().after(at("2026-11-23 11:58:30"), timedelta(seconds=90)) == at("2026-11-23 13:00")


def test_a_call_before_the_holidays_is_due_after_them() -> None:
    assert calendar().next_open(at("2026-09-30 21:00")) == at("2026-10-08 09:00")


def test_spans_that_overlap_count_once() -> None:
    assert calendar("09:00-12:00,10:00-11:00,11:00-13:00").worked(
        at("2026-11-23 00:00"), at("2026-11-24 00:00")
    ) == timedelta(hours=4)


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-29", 3), ("2026-10-25", 5), ("2026-11-08", 4)],  # the clock skips an hour, repeats one, does neither
)
def test_when_the_clock_is_changed_working_time_is_as_long_as_it_really_is(day, hours) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = calendar("00:00-04:00", "Europe/Berlin")
    assert night.worked(at(f"{day} 00:00", berlin), at(f"{day} 12:00", berlin)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "never", [calendar(""), calendar(closed=frozenset(date(2026, 11, 1) + timedelta(n) for n in range(99)))]
)
def test_a_calendar_that_never_opens_says_so_and_counts_nothing(never) -> None:
    with pytest.raises(NeverOpen):
        never.next_open(at("2026-11-23 10:00"))
    assert never.worked(at("2026-11-23 10:00"), at("2026-12-23 10:00")) == timedelta(0)
    assert not never.is_open(at("2026-11-23 10:00"))


CLOCK = st.integers(0, 1439).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
SPAN = st.tuples(CLOCK, st.one_of(CLOCK, st.just("24:00"))).filter(lambda ends: ends[0] != ends[1]).map("-".join)
CALENDARS = st.builds(
    calendar,
    st.lists(SPAN, min_size=1, max_size=3).map(",".join),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Africa/Cairo"]),
    weekends=st.booleans(),
)
MOMENTS = st.integers(0, 500 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + minutes * MINUTE)
WORKED = st.integers(0, 60 * 60).map(lambda minutes: minutes * MINUTE)


@given(working=CALENDARS, start=MOMENTS, worked=WORKED)
def test_after_so_much_working_time_that_much_has_been_worked_and_somebody_works(working, start, worked) -> None:
    then = working.after(start, worked)
    assert working.worked(start, then) == worked
    assert working.is_open(then)


@given(working=CALENDARS, start=MOMENTS, passed=st.integers(0, 30 * 24 * 60))
def test_after_what_was_worked_until_a_moment_comes_the_next_opening_from_that_moment(working, start, passed) -> None:
    until = start + passed * MINUTE
    assert working.after(start, working.worked(start, until)) == working.next_open(until)


@given(working=CALENDARS, moments=st.lists(MOMENTS, min_size=3, max_size=3))
def test_working_time_adds_up_and_never_runs_backwards(working, moments) -> None:
    first, second, third = sorted(moments)
    assert working.worked(first, second) + working.worked(second, third) == working.worked(first, third)
    assert working.worked(third, first) == timedelta(0)
