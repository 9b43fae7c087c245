"""The hours of a member: known only where enough was written, and never narrower than what was written."""

from hypothesis import given
from hypothesis import strategies as st

from scheduler.habits import ENOUGH, usual_hours


def test_a_few_messages_say_nothing() -> None:
    assert usual_hours({}) == ()
    assert usual_hours({20: ENOUGH - 1}) == ()


def test_the_evening_writer_is_met_in_the_evening() -> None:
    assert usual_hours({20: 6, 21: 4, 9: 1}) == (20, 21)


def test_midnight_does_not_cut_an_evening_in_two() -> None:
    assert usual_hours({23: 5, 0: 5}) == (0, 23)


def test_two_habits_stand_side_by_side() -> None:
    assert usual_hours({12: 5, 21: 5}) == (11, 12, 13, 20, 21, 22)


@given(st.dictionaries(st.integers(0, 23), st.integers(0, 50)))
def test_the_busiest_hour_is_always_among_them(counts: dict[int, int]) -> None:
    hours = usual_hours(counts)
    assert list(hours) == sorted(set(hours))
    if sum(counts.values()) >= ENOUGH:
        around = {
            h: counts.get(h, 0) + (counts.get((h - 1) % 24, 0) + counts.get((h + 1) % 24, 0)) / 2 for h in range(24)
        }
        assert any(around[hour] == max(around.values()) for hour in hours)
    else:
        assert hours == ()
