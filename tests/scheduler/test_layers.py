"""Layers: what moves a member, one step at a time, and that neither bad news nor an order ever brings more posts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.fatigue import Signal, SignalKind, ignored_posts, index, recovering, rest_days
from scheduler.layers import EVERY_DAYS, LAYER_NAMES, NEVER_DAYS, Layer, LayerFacts, place
from scheduler.layers import cadence as days_of
from scheduler.rules import Rules

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # a Thursday
DAY = timedelta(days=1)
RULES = Rules()


def ago(days: float) -> datetime:
    return NOW - days * DAY


FRIEND = LayerFacts(first_seen=ago(400), placed_at=ago(40), contacts=[ago(50), ago(20)], questions=2, good=3)


def layer_of(facts: LayerFacts, current: Layer | None = None, now: datetime = NOW) -> Layer:
    return place(facts, current, None, now).layer


class TestWhereSomebodyStands:
    def test_somebody_just_met_is_new(self) -> None:
        placed = place(LayerFacts(first_seen=ago(12)), None, None, NOW)
        assert (placed.layer, placed.why) == (Layer.NEW, "12 天前加上的，还没有来聊过")

    def test_being_new_ends_with_the_first_word_and_with_time(self) -> None:
        assert layer_of(LayerFacts(first_seen=ago(12), contacts=[ago(1)])) is Layer.REGULAR
        assert layer_of(LayerFacts(first_seen=ago(31))) is Layer.REGULAR

    @pytest.mark.parametrize(("days", "layer"), [(45, "regular"), (61, "quiet"), (179, "quiet"), (181, "resting")])
    def test_who_has_not_been_heard_of_gets_less(self, days: int, layer: str) -> None:
        facts = LayerFacts(first_seen=ago(400), placed_at=ago(1), contacts=[ago(days)], questions=1)
        assert layer_of(facts, Layer.CLOSE) == layer

    def test_who_was_met_at_an_unknown_time_and_never_wrote_is_left_in_peace(self) -> None:
        assert layer_of(LayerFacts(first_seen=None)) is Layer.RESTING

    def test_who_is_close_and_keeps_asking_stays_close(self) -> None:
        assert place(FRIEND, Layer.CLOSE, None, NOW).layer is Layer.CLOSE

    def test_close_is_for_those_who_ask_questions(self) -> None:
        placed = place(replace(FRIEND, questions=0), Layer.CLOSE, None, NOW)
        assert (placed.layer, placed.why) == (Layer.REGULAR, "最近 90 天没有来问过问题")

    @pytest.mark.parametrize(
        ("good", "bad", "layer"), [(9, 1, "close"), (2, 1, "regular"), (0, 1, "regular"), (1, 2, "quiet")]
    )
    def test_who_was_not_helped_gets_less(self, good: int, bad: int, layer: str) -> None:
        assert layer_of(replace(FRIEND, good=good, bad=bad), Layer.CLOSE) == layer

    @pytest.mark.parametrize(("answered", "layer"), [(0, "quiet"), (1, "regular"), (3, "close")])
    def test_who_seldom_responds_to_posts_gets_less(self, answered: int, layer: str) -> None:
        posts = [ago(80 - 7 * week) for week in range(10)]
        contacts = [*(post + DAY for post in posts[10 - answered :]), ago(1)]
        assert layer_of(replace(FRIEND, posts=posts, contacts=contacts, placed_at=ago(0.5)), Layer.CLOSE) == layer

    def test_displeasure_guards_at_once_and_says_so(self) -> None:
        placed = place(replace(FRIEND, displeased=[ago(2)]), Layer.CLOSE, None, NOW)
        assert (placed.layer, placed.why) == (Layer.GUARDED, "最近 30 天内表达过不满")

    def test_displeasure_from_the_future_guards_too(self) -> None:
        assert layer_of(replace(FRIEND, displeased=[ago(-2)]), Layer.CLOSE) is Layer.GUARDED

    def test_the_guard_ends_after_a_month_at_the_lowest_step(self) -> None:
        facts = replace(FRIEND, displeased=[ago(31)], placed_at=ago(29), contacts=[ago(35)])
        placed = place(facts, Layer.GUARDED, None, NOW)
        assert (placed.layer, placed.why) == (Layer.RESTING, "表达不满已过去一个月，重新慢慢来")

    def test_a_word_during_the_guard_raises_nobody(self) -> None:
        facts = replace(FRIEND, displeased=[ago(31)], contacts=[ago(20)], placed_at=ago(32))
        assert layer_of(facts, Layer.CLOSE) is Layer.RESTING


class TestMoving:
    def test_three_posts_without_a_word_lower_by_one(self) -> None:
        facts = replace(FRIEND, contacts=[ago(29)], posts=[ago(28), ago(17), ago(10)], placed_at=ago(9))
        placed = place(facts, Layer.CLOSE, None, NOW)
        assert (placed.layer, placed.why) == (Layer.REGULAR, "连续 3 条没有回应，降一层")

    def test_two_do_not_and_the_third_has_three_days_for_a_word(self) -> None:
        facts = replace(FRIEND, contacts=[ago(29)], posts=[ago(28), ago(17), ago(2)], placed_at=ago(18))
        assert layer_of(facts, Layer.CLOSE) is Layer.CLOSE
        assert layer_of(facts, Layer.CLOSE, NOW + 2 * DAY) is not Layer.CLOSE

    def test_the_same_three_lower_once_however_often_one_looks(self) -> None:
        facts = replace(FRIEND, contacts=[ago(29)], posts=[ago(28), ago(17), ago(10)], placed_at=ago(9))
        after = replace(facts, placed_at=NOW)
        assert layer_of(after, Layer.REGULAR, NOW + DAY / 2) is Layer.REGULAR

    def test_six_lower_twice_and_silence_never_guards(self) -> None:
        posts = [ago(60 - 4 * number) for number in range(14)]
        facts = replace(FRIEND, contacts=[ago(61)], posts=posts, placed_at=ago(59))
        assert layer_of(replace(facts, posts=posts[:6]), Layer.CLOSE) is Layer.QUIET
        assert layer_of(facts, Layer.CLOSE) is Layer.RESTING

    def test_a_word_of_their_own_raises_by_one(self) -> None:
        facts = replace(FRIEND, contacts=[ago(1)], placed_at=ago(3))
        placed = place(facts, Layer.RESTING, None, NOW)
        assert (placed.layer, placed.why) == (Layer.QUIET, "主动来聊过，升一层（一周最多一层）")

    def test_a_long_talk_raises_by_one_too(self) -> None:
        talk = [ago(1) + timedelta(minutes=n) for n in range(30)]
        facts = replace(FRIEND, contacts=talk, placed_at=ago(2))
        assert layer_of(facts, Layer.RESTING) is Layer.QUIET
        assert layer_of(replace(facts, placed_at=ago(1)), Layer.QUIET) is Layer.QUIET

    def test_a_word_every_week_leads_back_step_by_step(self) -> None:
        layer, seen = Layer.RESTING, []
        for week in range(5):
            at = NOW + 7 * week * DAY
            facts = replace(FRIEND, contacts=[NOW + 7 * n * DAY for n in range(week + 1)], placed_at=at - 7 * DAY)
            seen.append(layer := layer_of(facts, layer, at))
        assert seen == ["quiet", "regular", "close", "close", "close"]

    def test_what_an_operator_set_stays_until_the_operator_lifts_it(self) -> None:
        upset = replace(FRIEND, displeased=[ago(1)])
        placed = place(upset, Layer.CLOSE, Layer.QUIET, NOW)
        assert (placed.layer, placed.why) == (Layer.QUIET, "运营手动设的，取消之前不会变")
        assert place(upset, Layer.CLOSE, None, NOW).layer is Layer.GUARDED

    def test_a_layer_without_its_time_is_refused(self) -> None:
        with pytest.raises(ValueError, match="placed_at"):
            place(LayerFacts(first_seen=ago(9)), Layer.QUIET, None, NOW)

    def test_nothing_new_changes_nothing_and_says_so(self) -> None:
        facts = replace(FRIEND, contacts=[ago(20)], placed_at=ago(1))
        assert place(facts, Layer.QUIET, None, NOW).why == "最近没有变化，保持原来的节奏"


class TestOrders:
    def test_an_old_order_shows_that_somebody_imported_last_week_is_not_new(self) -> None:
        assert layer_of(LayerFacts(first_seen=ago(7))) is Layer.NEW
        assert layer_of(LayerFacts(first_seen=ago(7), bought_at=ago(700))) is Layer.RESTING

    def test_a_fresh_order_is_no_occasion(self) -> None:
        silent = LayerFacts(first_seen=ago(200), bought_at=ago(1))
        assert layer_of(silent) is Layer.RESTING


class TestCadence:
    def test_every_layer_has_a_name_and_at_most_a_post_in_three_days(self) -> None:
        assert set(LAYER_NAMES) == set(EVERY_DAYS) == set(Layer)
        assert len(Layer) <= 6
        assert [days_of(layer, RULES) for layer in Layer] == [7, 3, 7, 14, 30, 60]

    def test_a_cap_of_nought_means_never(self) -> None:
        assert days_of(Layer.CLOSE, replace(RULES, person_per_day=0)) == NEVER_DAYS
        assert days_of(Layer.CLOSE, replace(RULES, person_per_week=0)) == NEVER_DAYS

    @given(
        layer=st.sampled_from(Layer),
        day=st.integers(1, 4),
        week=st.integers(1, 9),
        gap=st.floats(0, 24 * 31),
    )
    def test_no_layer_gets_more_than_the_caps_allow(self, layer: Layer, day: int, week: int, gap: float) -> None:
        every = days_of(layer, replace(RULES, person_per_day=day, person_per_week=week, gap_hours=gap))
        assert -(-7 // every) <= week  # the most that fall into any seven days
        assert every * 24 >= gap
        assert every >= EVERY_DAYS[layer]


def year(contacts: Sequence[datetime], *, layers: bool) -> int:
    """How many posts reach a member in a year in which one is possible every day."""
    posts: list[datetime] = []
    rest, layer, placed_at = 0, Layer.REGULAR, NOW - DAY
    for now in (NOW + day * DAY for day in range(365)):
        said = [Signal(SignalKind.CONTACT, at) for at in contacts if at <= now]
        rest = rest_days(index([*said, *ignored_posts(posts, said)], posts, now).value, rest)
        facts = LayerFacts(NOW - 20 * DAY, placed_at, tuple(posts), recovering(said), questions=1)
        layer, placed_at = layer_of(facts, layer, now), now
        wait = max(rest, days_of(layer, RULES) if layers else 1)
        if not posts or now - posts[-1] >= wait * DAY:
            posts.append(now)
    return len(posts)


class TestThePage:
    def test_it_holds_every_layer_with_its_name_and_days(self) -> None:
        page = (Path(__file__).resolve().parents[2] / "docs" / "fatigue.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| ([\u4e00-\u9fff]+) \| (\d+) \|", page, re.MULTILINE)
        assert {(layer, name, int(days)) for layer, name, days in rows} == {
            (layer, LAYER_NAMES[layer], EVERY_DAYS[layer]) for layer in Layer
        }

    def test_it_says_how_many_posts_a_year_brings(self) -> None:
        assert (year([], layers=False), year([], layers=True)) == (47, 16)
        assert year([NOW + day * DAY for day in range(3, 365, 7)], layers=True) == 51


SPAN = 120  # days
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=SPAN)).map(lambda age: NOW - age)
SOME = st.lists(MOMENTS, max_size=14)
FACTS = st.builds(
    LayerFacts,
    first_seen=st.one_of(st.none(), MOMENTS.map(lambda at: at - 300 * DAY), MOMENTS),
    placed_at=MOMENTS,
    posts=SOME,
    contacts=SOME,
    displeased=st.lists(MOMENTS, max_size=2),
    questions=st.integers(0, 3),
    good=st.integers(0, 5),
    bad=st.integers(0, 5),
)
CURRENT = st.one_of(st.none(), st.sampled_from(Layer))


@given(facts=FACTS, current=CURRENT, bought=MOMENTS)
def test_order_data_never_brings_more_posts(facts: LayerFacts, current: Layer | None, bought: datetime) -> None:
    with_order = layer_of(replace(facts, bought_at=bought), current)
    assert EVERY_DAYS[with_order] >= EVERY_DAYS[layer_of(facts, current)]


@given(facts=FACTS, current=CURRENT, upset=MOMENTS)
def test_displeasure_never_brings_more_posts(facts: LayerFacts, current: Layer | None, upset: datetime) -> None:
    with_it = replace(facts, displeased=[*facts.displeased, upset])
    assert EVERY_DAYS[layer_of(with_it, current)] >= EVERY_DAYS[layer_of(facts, current)]


@given(facts=FACTS, current=CURRENT, more=st.integers(1, 3))
def test_bad_ratings_never_bring_more_posts(facts: LayerFacts, current: Layer | None, more: int) -> None:
    worse = layer_of(replace(facts, bad=facts.bad + more), current)
    assert EVERY_DAYS[worse] >= EVERY_DAYS[layer_of(facts, current)]


@given(facts=FACTS, lower=st.sampled_from(Layer), higher=st.sampled_from(Layer))
def test_who_stood_lower_is_not_higher_after_the_same_events(facts: LayerFacts, lower: Layer, higher: Layer) -> None:
    if EVERY_DAYS[lower] < EVERY_DAYS[higher]:
        lower, higher = higher, lower
    assert EVERY_DAYS[layer_of(facts, lower)] >= EVERY_DAYS[layer_of(facts, higher)]


@given(facts=FACTS, current=st.sampled_from(Layer))
def test_looking_again_at_the_same_moment_changes_nothing(facts: LayerFacts, current: Layer) -> None:
    first = layer_of(facts, current)
    assert layer_of(replace(facts, placed_at=NOW), first) is first


def lived(posts: Sequence[datetime], contacts: Sequence[datetime], displeased: Sequence[datetime]) -> list[int]:
    """The cadence on every third day of a life in which everything is known as it happens."""
    layer, placed_at, days = None, None, []
    for day in range(SPAN, -1, -3):
        now = ago(day)
        past = ([at for at in each if at <= now] for each in (posts, contacts, displeased))
        facts = LayerFacts(ago(500), placed_at, *past, questions=1)
        layer, placed_at = layer_of(facts, layer, now), now
        days.append(EVERY_DAYS[layer])
    return days


@given(posts=SOME, contacts=SOME, displeased=st.lists(MOMENTS, max_size=1), upset=MOMENTS, silenced=st.booleans())
def test_a_life_with_one_displeasure_more_is_at_no_time_one_with_more_posts(
    posts: list[datetime], contacts: list[datetime], displeased: list[datetime], upset: datetime, silenced: bool
) -> None:
    # `silenced`: the displeased words take the contacts around them away, as scheduler.fatigue.recovering does.
    left = [at for at in contacts if not silenced or abs(at - upset) > timedelta(hours=1)]
    with_it = lived(posts, left, [*displeased, upset])
    assert all(rarer >= often for rarer, often in zip(with_it, lived(posts, contacts, displeased), strict=True))


@given(facts=FACTS, current=CURRENT, manual=st.sampled_from(Layer))
def test_every_placement_says_why_in_one_sentence(facts: LayerFacts, current: Layer | None, manual: Layer) -> None:
    assert place(facts, current, manual, NOW).layer is manual
    why = place(facts, current, None, NOW).why
    assert why
    assert not why.endswith("。")
    assert len(why) <= 60
