"""What a stated stage has become since: only as far as it is sure, and nothing that nobody stated."""

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.stages import ROUGH_DAYS, Stage, StageNote, Unit, reached_on, read_stage, stage_on

SAID = date(2026, 3, 10)


def reached(text: str, count: int, unit: Unit = "months", said: date = SAID) -> date | None:
    return reached_on(StageNote(text, said), unit, count)


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("6个月", Stage("months", 6, 7)),
        ("6 个月", Stage("months", 6, 7)),
        ("宝宝8个月", Stage("months", 8, 9)),
        ("宝宝刚满六个月啦", Stage("months", 6, 7)),
        ("我家宝宝六个多月", Stage("months", 6, 7)),
        ("1岁半", Stage("months", 18, 20)),
        ("一岁半", Stage("months", 18, 20)),
        ("半岁", Stage("months", 6, 7)),
        ("2岁3个月", Stage("months", 27, 29)),
        ("快8个月了", Stage("months", 7, 8, rough=True)),
        ("还没满6个月", Stage("months", 5, 6, rough=True)),
        ("快1岁了", Stage("months", 11, 12, rough=True)),
        ("6个月左右", Stage("months", 5, 8, rough=True)),
        ("大概8个月", Stage("months", 7, 10, rough=True)),
        ("8-10个月", Stage("months", 8, 11, rough=True)),
        ("1岁", Stage("months", 12, 24, rough=True)),
        ("孕32周", Stage("weeks", 32, 33)),
        ("怀孕三十二周了", Stage("weeks", 32, 33)),
        ("孕32+3周", Stage("weeks", 32, 33)),
        ("孕期第8周", Stage("weeks", 8, 9)),
    ],
)
def test_a_stated_stage_is_read(text: str, stage: Stage) -> None:
    assert read_stage(text) == stage


@pytest.mark.parametrize(
    "text",
    [
        "",
        "宝宝很可爱",
        "大宝3岁二宝6个月",  # which one?
        "早产，矫正月龄6个月",
        "矫正6个月",
        "下个月6个月",
        "去年6个月的时候",
        "产后6个月",
        "备孕6个月",
        "怀孕7个月",  # the seventh month, or seven full ones?
        "孕晚期",
        "预产期12周后",
        "孕60周",
        "32周",
        "不是6个月",
        "宝宝6个月能吃米粉吗？",
    ],
)
def test_what_is_not_plain_is_no_stage(text: str) -> None:
    assert read_stage(text) is None


def test_a_month_counts_as_reached_on_the_last_day_it_can_be() -> None:
    assert reached("5个月", 6) == date(2026, 4, 10)
    assert reached("宝宝8个月", 12) == date(2026, 7, 10)
    assert reached("1岁半", 24) == date(2026, 9, 10)
    assert reached("6个月", 6) == SAID


def test_what_was_past_when_it_was_said_is_never_reached() -> None:
    assert reached("8个月", 6) is None


def test_an_exact_stage_holds_for_years() -> None:
    assert reached("6个月", 30) == date(2028, 3, 10)


@pytest.mark.parametrize("text", ["6个月左右", "快6个月了", "5-6个月"])
def test_a_rough_stage_holds_for_ninety_days_and_then_gives_nothing(text: str) -> None:
    assert reached(text, 7) in {SAID + timedelta(days=days) for days in range(ROUGH_DAYS + 1)}
    assert reached(text, 12) is None


@pytest.mark.parametrize("text", ["1岁", "1-3岁", "3岁以上", "6个月以内", "1岁左右"])
def test_a_wide_stage_gives_nothing_even_today(text: str) -> None:
    assert all(reached(text, count) is None for count in range(60))


def test_a_pregnancy_is_counted_in_its_own_weeks_until_birth_and_never_into_a_child() -> None:
    assert reached("孕32周", 36, "weeks") == date(2026, 4, 7)
    assert reached("孕32周", 40, "weeks") == date(2026, 5, 5)
    assert reached("孕32周", 41, "weeks") is None
    assert all(reached("孕32周", count) is None for count in range(60))
    assert reached("孕8周", 36, "weeks") is None, "more than 90 days ago much can have happened"


def test_a_child_is_no_pregnancy() -> None:
    assert all(reached("6个月", count, "weeks") is None for count in range(45))


def test_ends_of_months_and_leap_days() -> None:
    assert reached("5个月", 6, said=date(2026, 1, 31)) == date(2026, 2, 28)
    assert reached("5个月", 6, said=date(2028, 1, 31)) == date(2028, 2, 29)
    assert reached("1个月", 2, said=date(2026, 2, 28)) == date(2026, 3, 31), "may be born on 31 January"
    assert reached("11个月", 12, said=date(2026, 12, 15)) == date(2027, 1, 15)


def test_what_a_stage_has_become_on_a_day() -> None:
    note = StageNote("5个月", SAID)
    assert stage_on(note, date(2026, 4, 10)) == Stage("months", 6, 7)
    assert stage_on(note, SAID - timedelta(days=1)) is None
    assert stage_on(StageNote("孕32周", SAID), date(2026, 3, 24)) == Stage("weeks", 34, 35)
    assert stage_on(StageNote("孕32周", SAID), date(2026, 5, 20)) is None
    assert stage_on(StageNote("6个月左右", SAID), date(2026, 12, 1)) is None


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, min(day.day, monthrange(day.year + years, month + 1)[1]))


@given(
    birth=st.dates(date(2020, 1, 1), date(2028, 12, 31)),
    age=st.integers(1, 60),
    into=st.integers(0, 30),
    ahead=st.integers(0, 24),
)
def test_no_child_is_ever_called_older_than_it_is_and_none_younger_by_more_than_a_month(
    birth: date, age: int, into: int, ahead: int
) -> None:
    said = min(_months_later(birth, age) + timedelta(days=into), _months_later(birth, age + 1) - timedelta(days=1))
    found = reached(f"{age}个月", age + ahead, said=said)
    truly = _months_later(birth, age + ahead)
    assert found is not None
    assert timedelta(0) <= found - truly <= timedelta(days=34)
