"""The figures and the score: what counts, what is left out, and that restraint is what earns points."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.health import DEFINITIONS, Health, HealthFacts, Key, assess

UNTIL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BLANK = HealthFacts(since=UNTIL - timedelta(days=28), until=UNTIL)
GOOD = replace(
    BLANK,
    begun=90,
    delivered=10,
    valuable=8,
    content=16,
    rated=20,
    quick=9,
    due=10,
    active=40,
    active_days=100,
    previous=30,
    returned=24,
    members=200,
    opted_out=1,
    left=1,
    complaints=1,
)


def value(health: Health, key: Key) -> float | None:
    return health.figure(key).value


def test_each_figure_is_a_share_of_its_own_whole() -> None:
    found = {each.key: each.value for each in assess(GOOD).figures}
    assert found == {
        Key.ASKED: 0.9,
        Key.SATISFIED: 0.8,
        Key.QUICK: 0.9,
        Key.RETAINED: 0.8,
        Key.VALUE: 0.8,
        Key.LEFT: 0.01,
        Key.COMPLAINED: 0.005,
        Key.ACTIVE: 2.5,
    }


def test_the_score_is_the_mean_by_weight_of_what_each_figure_is_worth() -> None:
    worth = 20 * 0.9 + 20 * 0.8 + 15 * 0.9 + 15 * 0.8 + 10 * 0.8 + 10 * (1 - 0.01 / 0.05) + 10 * (1 - 0.005 / 0.02)
    assert assess(GOOD).score == round(worth)


def test_the_weights_are_a_hundred() -> None:
    assert sum(each.weight for each in DEFINITIONS) == 100


def test_without_data_a_figure_is_none_and_there_is_no_score() -> None:
    blank = assess(BLANK)
    assert [each.value for each in blank.figures] == [None] * len(DEFINITIONS)
    assert (blank.score, blank.counted) == (None, ())


def test_a_missing_figure_leaves_the_formula_and_is_named() -> None:
    unrated = assess(replace(GOOD, content=0, rated=0))
    assert [each.key for each in unrated.missing] == [Key.SATISFIED]
    worth = (assess(GOOD).score or 0) - 20 * 0.8
    assert unrated.score == pytest.approx(worth / 80 * 100, abs=1)


def test_less_than_half_of_the_weight_gives_no_score() -> None:
    little = replace(BLANK, begun=3, members=3)  # asked, left, complained: 40 of 100
    assert assess(little).score is None
    assert assess(replace(little, previous=2, returned=1)).score is not None


def test_days_are_shown_and_earn_nothing() -> None:
    busy = replace(GOOD, active_days=1000)
    assert assess(busy).score == assess(GOOD).score


@pytest.mark.parametrize(("opted_out", "worth"), [(0, 1.0), (5, 0.5), (10, 0.0), (40, 0.0)])
def test_leaving_costs_points_down_to_none(opted_out: int, worth: float) -> None:
    left = replace(GOOD, opted_out=opted_out, left=0)
    assert assess(left).figure(Key.LEFT).worth == pytest.approx(worth)


def test_more_people_leaving_than_were_reached_is_everybody_not_more() -> None:
    assert value(assess(replace(BLANK, members=2, left=5)), Key.LEFT) == 1.0


def test_few_cases_come_with_an_interval_and_many_do_not() -> None:
    few = assess(replace(BLANK, due=10, quick=9)).figure(Key.QUICK)
    assert few.interval == pytest.approx((0.596, 0.982), abs=0.001)
    assert assess(replace(BLANK, due=100, quick=90)).figure(Key.QUICK).interval is None


COUNTS = st.integers(0, 500)


@given(begun=COUNTS, delivered=COUNTS, valuable=COUNTS, left=COUNTS, complaints=COUNTS, members=COUNTS, more=COUNTS)
def test_neither_more_posts_nor_more_complaints_ever_raise_the_score(
    begun: int, delivered: int, valuable: int, left: int, complaints: int, members: int, more: int
) -> None:
    facts = replace(
        GOOD, begun=begun + 1, delivered=delivered, valuable=min(valuable, delivered), left=left,
        complaints=complaints, members=members + 1,
    )  # fmt: skip
    score = assess(facts).score
    assert score is not None
    assert 0 <= score <= 100
    if delivered:
        assert (assess(replace(facts, delivered=delivered + more)).score or 0) <= score
    assert (assess(replace(facts, complaints=complaints + more)).score or 0) <= score
    assert (assess(replace(facts, left=left + more)).score or 0) <= score
