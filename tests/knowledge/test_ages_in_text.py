"""Ages in words and figures, in months: which ones a text names, and how far two of them lie apart."""

import pytest

from knowledge.language.ages import OLDEST, Age, ages, gap
from knowledge.language.terms import canonical


def named(text: str) -> list[tuple[float, float]]:
    return [(round(age.low, 1), round(age.high, 1)) for age in ages(canonical(text))]


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("6 个月的宝宝", [(6, 7)]),
        ("六个月", [(6, 7)]),
        ("六個月大", [(6, 7)]),
        ("半岁了", [(6, 7)]),
        ("两个半月", [(2.5, 3.5)]),
        ("8 月龄", [(8, 9)]),
        ("8m 的宝宝", [(8, 9)]),
        ("1 岁", [(12, 24)]),
        ("两岁", [(24, 36)]),
        ("2 周岁", [(24, 36)]),
        ("一岁半", [(18, 20)]),
        ("1 岁 3 个月", [(15, 17)]),
        ("2–3 岁", [(24, 48)]),
        ("2到3岁", [(24, 48)]),
        ("6-8 个月", [(6, 9)]),
        ("6 个月到 8 个月", [(6, 9)]),
        ("三四个月", [(3, 5)]),
        ("3 岁以上", [(36, OLDEST)]),
        ("6 个月+", [(6, OLDEST)]),
        ("3 岁以下", [(0, 36)]),
        ("6 个月以内", [(0, 6)]),
        ("满月", [(1, 2)]),
        ("还没满月", [(0, 1)]),
        ("新生儿", [(0, 1)]),
        ("百天", [(3, 4)]),
        ("15 天的宝宝", [(0.5, 0.6)]),
        ("10 周大", [(2.3, 2.6)]),
        ("幼儿园小班", [(36, 48)]),
        ("一年级", [(72, 84)]),
        ("老大 5 岁，老二 8 个月", [(60, 72), (8, 9)]),
    ],
)
def test_an_age_is_read_in_months(text, months):
    assert named(text) == months


@pytest.mark.parametrize(
    "text",
    [
        "",
        "沙发多大",
        "6 月 18 日",
        "6 月份下单",
        "用了 20 天",
        "2 次",
        "38.5 度",
        "80 岁的奶奶",
        "保修 3 年",
        "15 个工作日",
    ],
)
def test_what_is_no_age_of_a_child_is_not_read_as_one(text):
    assert named(text) == []


@pytest.mark.parametrize(
    ("asked", "guide", "meets"),
    [
        ("6 个月", "6–8 个月", True),
        ("半岁", "6 个月", True),
        ("1 岁半", "1–3 岁", True),
        ("6 个月", "8 个月", False),
        ("2 岁", "6 个月", False),
        ("", "8 个月", True),
        ("6 个月", "", True),
    ],
)
def test_ages_that_meet_have_no_gap(asked, guide, meets):
    assert (gap(ages(canonical(asked)), ages(canonical(guide))) == 0) == meets


def test_the_further_apart_the_greater_the_gap():
    asked = ages("6个月")
    gaps = [gap(asked, ages(other)) for other in ("6个月", "8个月", "1岁半", "5岁")]
    assert gaps == sorted(gaps)
    assert len(set(gaps)) == 4


def test_a_gap_is_the_same_from_either_side():
    young, old = Age(6, 7), Age(24, 36)
    assert young.ratio(old) == old.ratio(young) > 1
