"""Two wordings compared: who gets which, and that chance is not called a winner."""

from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.trial import ALPHA, Outcome, arm, compare, detectable, interval, p_value, sample_size

PEOPLE = [f"customer:{number}" for number in range(20_000)]
OUTCOMES = st.integers(0, 400).flatmap(lambda n: st.builds(Outcome, st.just(n), st.integers(0, n)))


class TestWhoGetsWhich:
    def test_everybody_keeps_their_wording(self) -> None:
        # Written down once: a change of the hash would move people in the middle of a trial.
        assert [arm("开头", f"p{number}", 0.2) for number in range(8)] == [
            "a",
            "b",
            "a",
            "holdout",
            "a",
            "b",
            "holdout",
            "a",
        ]

    def test_halves_are_equal_and_the_holdout_has_its_share(self) -> None:
        seen = Counter(arm("开头", person, 0.2) for person in PEOPLE)
        assert seen["holdout"] == pytest.approx(4_000, abs=200)
        assert seen["a"] == pytest.approx(8_000, abs=250)
        assert seen["b"] == pytest.approx(8_000, abs=250)

    def test_two_trials_do_not_choose_the_same_people(self) -> None:
        both = Counter((arm("开头", person, 0), arm("结尾", person, 0)) for person in PEOPLE)
        assert all(count == pytest.approx(5_000, abs=250) for count in both.values())
        assert len(both) == 4

    def test_another_holdout_moves_nobody_from_one_wording_to_the_other(self) -> None:
        pairs = {(arm("开头", person, 0.1), arm("开头", person, 0.3)) for person in PEOPLE}
        assert not pairs & {("a", "b"), ("b", "a"), ("holdout", "a"), ("holdout", "b")}

    def test_nobody_and_everybody_may_be_held_out(self) -> None:
        assert {arm("开头", person, 1) for person in PEOPLE[:500]} == {"holdout"}
        assert {arm("开头", person, 0) for person in PEOPLE[:500]} == {"a", "b"}

    @pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
    def test_what_is_no_share_is_refused(self, share: float) -> None:
        with pytest.raises(ValueError, match="share"):
            arm("开头", "p", share)


class TestTheOneLook:
    def test_before_the_planned_number_nothing_is_computed(self) -> None:
        verdict = compare(Outcome(199, 0), Outcome(400, 400), planned=200)
        assert verdict.text == "还没到计划的每组 200 人（现在 A 199 人、B 400 人），先不下结论"
        assert (verdict.winner, verdict.p, verdict.difference, verdict.low, verdict.high) == (None,) * 5

    def test_a_clear_difference_has_a_winner_with_its_interval(self) -> None:
        verdict = compare(Outcome(200, 20), Outcome(200, 48), planned=200)
        assert verdict.winner == "b"
        assert verdict.text == "B 更好：B 比 A 高 14.0 个百分点，95% 区间 +6.7 到 +21.2，p = 0.001 以下"
        assert compare(Outcome(200, 48), Outcome(200, 20), planned=200).winner == "a"

    def test_no_difference_is_said_with_what_could_have_been_seen(self) -> None:
        verdict = compare(Outcome(200, 20), Outcome(200, 28), planned=200)
        assert verdict.winner is None
        assert verdict.text == (
            "还看不出差别（要看出 5 个百分点，需要每组约 790 人；现在的人数只能看出 10.6 个百分点以上的差别）："
            "B 比 A 高 4.0 个百分点，95% 区间 -2.4 到 +10.5，p = 0.218"
        )

    def test_three_people_show_nothing_at_all(self) -> None:
        verdict = compare(Outcome(3, 0), Outcome(3, 3), planned=3)
        assert verdict.winner is None
        assert verdict.detectable == 1
        assert "什么差别也看不出" in verdict.text

    @pytest.mark.parametrize("good", [0, 50])
    def test_the_same_everywhere_is_no_difference(self, good: int) -> None:
        verdict = compare(Outcome(50, good), Outcome(50, good), planned=50)
        assert (verdict.p, verdict.winner, verdict.difference) == (1, None, 0)
        assert "B 和 A 几乎一样" in verdict.text

    def test_a_trial_without_a_plan_and_impossible_counts_are_refused(self) -> None:
        with pytest.raises(ValueError, match="planned"):
            compare(Outcome(9, 1), Outcome(9, 2), planned=0)
        with pytest.raises(ValueError, match="3 of 2"):
            Outcome(2, 3)


class TestFigures:
    """Against published examples."""

    def test_intervals_are_those_of_newcombe_1998(self) -> None:
        assert interval(Outcome(80, 48), Outcome(70, 56)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
        assert interval(Outcome(10, 3), Outcome(10, 9)) == pytest.approx((0.1705, 0.8090), abs=5e-5)

    def test_small_counts_are_fishers(self) -> None:
        assert p_value(Outcome(4, 3), Outcome(4, 1)) == pytest.approx(0.4857, abs=5e-5)  # the lady tasting tea
        assert p_value(Outcome(10, 8), Outcome(6, 1)) == pytest.approx(0.03497, abs=5e-6)

    def test_great_counts_are_two_proportions(self) -> None:
        # 48/80 against 56/70: pooled 104/150, z = 2.6505.
        assert p_value(Outcome(80, 48), Outcome(70, 56)) == pytest.approx(0.008045, abs=5e-7)

    def test_fisher_with_many_people_and_few_events_is_quick_and_finite(self) -> None:
        assert p_value(Outcome(1_000_000, 2), Outcome(1_000_000, 3)) == pytest.approx(1.0, abs=1e-4)
        # One failure against eight among a million each is a coin thrown nine times.
        failures = p_value(Outcome(1_000_000, 999_999), Outcome(1_000_000, 999_992))
        assert failures == pytest.approx(20 / 2**9, abs=1e-5)

    def test_the_number_of_people_is_the_textbooks(self) -> None:
        assert sample_size(0.10, 0.05) == 686
        assert sample_size(0.50, 0.05) == 1565
        assert sample_size(0.90, 0.05) == sample_size(0.10, 0.05)

    @pytest.mark.parametrize(("base", "effect"), [(0.1, 0.0), (-0.1, 0.1), (0.1, float("nan"))])
    def test_a_difference_of_nothing_needs_no_number(self, base: float, effect: float) -> None:
        with pytest.raises(ValueError, match="between 0 and 1"):
            sample_size(base, effect)

    @given(n=st.integers(30, 100_000), base=st.floats(0.01, 0.99))
    def test_the_smallest_visible_difference_needs_no_more_people_than_there_are(self, n: int, base: float) -> None:
        assert sample_size(base, detectable(n, base)) <= n


def binomial(n: int, share: float) -> list[float]:
    return [comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n + 1)]


def called(n: int, share_a: float, share_b: float) -> float:
    """How often a winner is called, over everything that can happen to n and n people."""
    chance_a, chance_b = binomial(n, share_a), binomial(n, share_b)
    return sum(
        chance_a[x] * chance_b[y]
        for x in range(n + 1)
        for y in range(n + 1)
        if p_value(Outcome(n, x), Outcome(n, y)) < ALPHA
    )


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("n", [20, 80])
def test_where_no_difference_is_hardly_more_than_one_look_in_twenty_calls_a_winner(n: int, share: float) -> None:
    assert called(n, share, share) <= 0.062  # the normal curve is a little generous; Fisher's test is not


def test_with_the_number_of_people_that_we_ask_for_four_of_five_differences_are_seen() -> None:
    n = sample_size(0.3, 0.3)
    assert called(n, 0.3, 0.6) == pytest.approx(0.8, abs=0.04)


@given(a=OUTCOMES, b=OUTCOMES)
def test_figures_stay_in_their_range_and_mirror_when_the_wordings_change_places(a: Outcome, b: Outcome) -> None:
    low, high = interval(a, b)
    assert -1 <= low <= b.share - a.share <= high <= 1
    assert interval(b, a) == pytest.approx((-high, -low))
    assert 0 <= p_value(a, b) <= 1
    assert p_value(b, a) == pytest.approx(p_value(a, b))


@given(a=OUTCOMES, b=OUTCOMES, planned=st.integers(1, 300))
def test_a_winner_is_only_called_with_the_planned_people_and_is_the_better_one(
    a: Outcome, b: Outcome, planned: int
) -> None:
    verdict = compare(a, b, planned)
    if verdict.winner is not None:
        assert min(a.n, b.n) >= planned
        assert (b.share > a.share) is (verdict.winner == "b")
        assert verdict.p is not None
        assert verdict.p < ALPHA
