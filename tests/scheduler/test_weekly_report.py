"""When the report may go out: once a week, on a working morning."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar import Calendar
from scheduler.rules import Quiet
from scheduler.weekly_report import ReportTime

ZONE = "Asia/Shanghai"
CALENDAR = Calendar(Calendar.parse("09:00-18:00"), ZONE, weekends=False)
QUIET = Quiet.parse("21:00-09:00")
WHEN = ReportTime(ZONE, QUIET, CALENDAR.works_on)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        ("2026-11-23T09:59", None),  # Monday, before ten
        ("2026-11-23T10:00", "2026-W48"),
        ("2026-11-23T20:59", "2026-W48"),  # we were away in the morning
        ("2026-11-23T21:00", None),  # quiet
        ("2026-11-24T08:00", None),
        ("2026-11-24T10:30", "2026-W48"),  # missed on Monday
        ("2026-11-28T10:30", None),  # Saturday
        ("2026-10-05T10:30", None),  # a holiday
        ("2026-10-08T10:00", "2026-W41"),  # the first working day of that week
        ("2027-01-04T10:00", "2027-W01"),
        ("2024-12-30T10:00", "2025-W01"),  # a week belongs to the year of its Thursday
    ],
)
def test_a_report_is_due_from_ten_on_the_first_working_day_of_the_week(now: str, week: str | None) -> None:
    assert WHEN.due(at(now)) == week


def test_a_week_of_holidays_has_no_report() -> None:
    closed = ReportTime(ZONE, QUIET, lambda day: False)
    days = (at("2026-11-23T10:00") + timedelta(hours=hours) for hours in range(24 * 7))
    assert {closed.due(each) for each in days} == {None}


def test_another_day_and_hour_can_be_chosen() -> None:
    friday = ReportTime(ZONE, QUIET, CALENDAR.works_on, weekday=4, at=time(16))
    assert friday.due(at("2026-11-26T17:00")) is None
    assert friday.due(at("2026-11-27T16:00")) == "2026-W48"


def test_the_day_is_the_tenants_not_that_of_utc() -> None:
    new_york = ReportTime("America/New_York", QUIET, lambda day: True)
    assert new_york.due(datetime(2026, 11, 23, 14, 59, tzinfo=UTC)) is None
    assert new_york.due(datetime(2026, 11, 23, 15, 0, tzinfo=UTC)) == "2026-W48"


def test_a_late_report_is_good_until_the_hours_of_silence() -> None:
    assert WHEN.good_until(at("2026-11-23T10:00")) == at("2026-11-23T21:00")
    never = ReportTime(ZONE, Quiet.parse("00:00-00:00"), CALENDAR.works_on)
    assert never.good_until(at("2026-11-23T10:00")) == at("2026-11-24T00:00")


def test_a_week_of_records_is_counted_in_days() -> None:
    monday = at("2026-11-23T10:00")
    assert WHEN.has_a_week(at("2026-11-16T23:00"), monday)
    assert not WHEN.has_a_week(at("2026-11-17T00:10"), monday)
    assert not WHEN.has_a_week(at("2026-11-17T00:10"), at("2026-11-24T10:00"))  # caught up on Tuesday


@given(st.integers(0, 3 * 366 * 24 * 60))
def test_it_is_never_due_in_quiet_hours_nor_on_a_day_off(minutes: int) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = now.astimezone(ZoneInfo(ZONE))
    if WHEN.due(now) is not None:
        assert not QUIET.covers(local.time())
        assert CALENDAR.works_on(local.date())
        assert WHEN.good_until(now) > now


def test_weeks_sort_as_text() -> None:
    weeks = [WHEN.due(at(f"{date(2026, 11, 23) + timedelta(weeks=n)}T10:00")) or "" for n in range(12)]
    assert all(weeks)
    assert weeks == sorted(weeks)
