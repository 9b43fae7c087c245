from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.gate import Quiet, Rules
from scheduler.timetable import WrongRule

SETTINGS: dict[str, Any] = {
    "person_per_day": 1,
    "person_per_week": 3,
    "group_per_day": 1,
    "gap_hours": 18,
    "quiet": "21:00-09:00",
    "zone": "Asia/Shanghai",
}


def test_the_settings_of_the_surface_are_the_defaults() -> None:
    assert Rules.parse(**SETTINGS) == Rules()


def test_numbers_from_the_environment_are_text() -> None:
    assert Rules.parse(**SETTINGS | {"person_per_day": "2", "gap_hours": "1.5"}) == Rules(
        person_per_day=2, gap_hours=1.5
    )


@pytest.mark.parametrize("name", ["person_per_day", "person_per_week", "group_per_day", "gap_hours"])
@pytest.mark.parametrize("value", ["", " ", None, -1, "-1", "many", True, False, float("nan"), float("inf"), [1]])
def test_a_blank_or_senseless_number_is_an_error_and_never_zero(name: str, value: object) -> None:
    with pytest.raises(WrongRule, match=name):
        Rules.parse(**SETTINGS | {name: value})


@pytest.mark.parametrize("name", ["person_per_day", "person_per_week", "group_per_day", "gap_hours"])
def test_zero_is_a_number_of_its_own(name: str) -> None:
    assert getattr(Rules.parse(**SETTINGS | {name: 0}), name) == 0


def test_half_a_message_is_an_error() -> None:
    with pytest.raises(WrongRule, match="整数"):
        Rules.parse(**SETTINGS | {"person_per_day": 1.5})


def test_a_gap_of_months_is_a_slip() -> None:
    with pytest.raises(WrongRule, match="gap_hours"):
        Rules.parse(**SETTINGS | {"gap_hours": 10_000})


@pytest.mark.parametrize("value", ["", None, "21:00", "21-09", "21:00-24:00", "25:00-09:00", "21:60-09:00", 21, "none"])
def test_a_wrong_quiet_is_an_error_with_an_example(value: object) -> None:
    with pytest.raises(WrongRule, match="例如"):
        Rules.parse(**SETTINGS | {"quiet": value})


@pytest.mark.parametrize("value", ["", None, "Mars/Base"])
def test_a_wrong_zone_is_an_error(value: object) -> None:
    """An unknown time zone must never lead to a send."""
    with pytest.raises(WrongRule, match="Asia/Shanghai"):
        Rules.parse(**SETTINGS | {"zone": value})


@pytest.mark.parametrize("text", ["21:00-09:00", "21:00–9:00", "21：00 ~ 09：00", "21:00至09:00"])
def test_a_window_is_read_as_people_write_it(text: str) -> None:
    assert Quiet.parse(text) == Quiet(time(21), time(9))


@pytest.mark.parametrize(
    ("window", "clock", "quiet"),
    [
        ("21:00-09:00", time(20, 59, 59), False),
        ("21:00-09:00", time(21), True),
        ("21:00-09:00", time(0), True),
        ("21:00-09:00", time(8, 59, 59), True),
        ("21:00-09:00", time(9), False),
        ("12:00-14:00", time(13), True),
        ("12:00-14:00", time(14), False),
        ("12:00-14:00", time(0), False),
        ("00:00-06:00", time(0), True),
        ("09:00-09:00", time(9), False),
        ("00:00-00:00", time(0), False),
    ],
)
def test_quiet_covers_its_start_but_not_its_end(window: str, clock: time, quiet: bool) -> None:
    assert Quiet.parse(window).covers(clock) is quiet


def shanghai(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=8)


def test_days_and_weeks_begin_at_the_tenants_midnight() -> None:
    rules = Rules()
    evening = shanghai(2026, 11, 21, 23, 58)  # a Saturday
    assert rules.next_day(evening) == shanghai(2026, 11, 22)
    assert rules.next_week(evening) == shanghai(2026, 11, 23)
    assert rules.next_week(shanghai(2026, 11, 23)) == shanghai(2026, 11, 30)


def test_quiet_ends_in_the_morning_on_either_side_of_midnight() -> None:
    rules = Rules()
    assert rules.open_from(shanghai(2026, 11, 21, 22)) == shanghai(2026, 11, 22, 9)
    assert rules.open_from(shanghai(2026, 11, 22, 3)) == shanghai(2026, 11, 22, 9)
    assert rules.open_from(shanghai(2026, 11, 22, 12)) == shanghai(2026, 11, 22, 12)


CLOCK = st.times().map(lambda at: at.replace(second=0, microsecond=0))


@given(
    start=CLOCK,
    end=CLOCK,
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Cairo"]),
    moment=st.timedeltas(timedelta(0), timedelta(days=365)).map(datetime(2026, 1, 1, tzinfo=UTC).__add__),
)
def test_the_open_moment_is_open_and_within_a_day_or_so(start: time, end: time, zone: str, moment: datetime) -> None:
    rules = Rules(quiet=Quiet(start, end), zone=zone)
    found = rules.open_from(moment)
    assert moment <= found <= moment + timedelta(hours=49)
    assert not rules.quiet_at(found)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_in_the_second_pass_of_a_doubled_hour_quiet_ends_in_that_pass() -> None:
    rules = Rules(quiet=Quiet.parse("22:00-02:30"), zone="Europe/Berlin")
    assert rules.open_from(utc(2026, 10, 25, 1, 10)) == utc(2026, 10, 25, 1, 30)


def test_an_end_that_the_clocks_skip_does_not_open_into_the_next_window() -> None:
    """02:30 does not exist that day and becomes 03:30, which is quiet again."""
    rules = Rules(quiet=Quiet.parse("03:20-02:30"), zone="Europe/Berlin")
    assert rules.open_from(utc(2026, 3, 29, 0)) == utc(2026, 3, 30, 0, 30)
