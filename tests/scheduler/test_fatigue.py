"""How tired somebody is: what adds, what lowers, how long they rest, and that no bad news ever speeds us up."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.fatigue import (
    DENSITY_MOST,
    LOOK_BACK,
    MARGIN,
    STEPS,
    WEIGHTS,
    Fatigue,
    Signal,
    SignalKind,
    explain,
    ignored_posts,
    index,
    of_audience,
    recovering,
    rest_days,
)

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "fatigue.md"
NEGATIVE = [kind for kind in SignalKind if kind not in (SignalKind.CONTACT, SignalKind.DENSITY)]
SPOKEN = [kind for kind in NEGATIVE if kind is not SignalKind.IGNORED]
AGES = st.timedeltas(timedelta(0), timedelta(days=400))
MOMENTS = AGES.map(NOW.__sub__)
SIGNALS = st.builds(Signal, st.sampled_from([*NEGATIVE, SignalKind.CONTACT]), MOMENTS)
LIVES = st.lists(SIGNALS, max_size=25)
BAD = st.builds(Signal, st.sampled_from(NEGATIVE), MOMENTS)
RECEIVED = st.lists(MOMENTS, max_size=30)
RESTS = st.sampled_from([0, 3, 7, 10, 14, 30, 90, 200])
VALUES = st.floats(0, 100)


def ago(days: float) -> datetime:
    return NOW - days * DAY


def said(kind: SignalKind, days: float) -> Signal:
    return Signal(kind, ago(days))


def of(*signals: Signal, received: Sequence[datetime] = (), now: datetime = NOW) -> Fatigue:
    return index(signals, received, now)


def weekly_silence(posts: int) -> list[Signal]:
    return [said(SignalKind.IGNORED, 7 * week) for week in range(posts)]


class TestTheIndex:
    def test_nothing_known_is_not_tired(self) -> None:
        assert of() == Fatigue(0.0, ())

    def test_the_sum_is_shown_with_its_reasons_heaviest_first(self) -> None:
        fatigue = of(*weekly_silence(4), said(SignalKind.LESS_OFTEN, 14), received=[ago(d) for d in (0, 7, 14, 21, 25)])
        assert explain(fatigue) == "最近 4 条没有回应 +32；两周前要求少发 +18；最近 4 周收到 5 条 +6"
        assert fatigue.value == pytest.approx(sum(c.points for c in fatigue.contributions))

    def test_only_the_three_heaviest_are_shown(self) -> None:
        fatigue = of(*[said(kind, 1) for kind in NEGATIVE])
        assert fatigue.value == 100
        assert [c.kind for c in fatigue.top] == ["deletion", "complaint", "leave"]
        assert explain(fatigue).count("；") == 2

    def test_half_is_left_after_a_half_life_and_graver_signs_stay_longer(self) -> None:
        assert of(said(SignalKind.LESS_OFTEN, 30)).value == pytest.approx(12.5)
        assert of(said(SignalKind.ANGRY, 60)).value == pytest.approx(15)
        assert of(said(SignalKind.COMPLAINT, 90)).value == pytest.approx(25)

    @pytest.mark.parametrize("kind", NEGATIVE)
    def test_what_is_older_than_the_look_back_is_over(self, kind: SignalKind) -> None:
        assert of(said(kind, 0)).value > 0
        assert of(Signal(kind, NOW - LOOK_BACK - DAY)).value == 0

    def test_silence_alone_never_brings_the_longest_rest(self) -> None:
        daily = [said(SignalKind.IGNORED, day) for day in range(365)]
        assert rest_days(of(*daily).value, 0) < STEPS[-1][1]

    def test_density_weighs_a_little_and_only_the_last_four_weeks(self) -> None:
        assert of(received=[ago(1), ago(8)]).value == 0
        assert of(received=[ago(day / 2) for day in range(56)]).value == DENSITY_MOST
        assert of(received=[ago(29 + day) for day in range(56)]).value == 0

    def test_a_sign_from_the_future_counts_as_now_and_a_contact_from_the_future_is_not_believed(self) -> None:
        assert of(said(SignalKind.MUTE, -3)).value == of(said(SignalKind.MUTE, 0)).value
        assert of(said(SignalKind.MUTE, 5), said(SignalKind.CONTACT, -1)) == of(said(SignalKind.MUTE, 5))

    def test_a_moment_without_zone_and_a_signal_of_density_are_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            Signal(SignalKind.MUTE, datetime(2026, 1, 1))  # noqa: DTZ001
        with pytest.raises(ValueError, match="density"):
            Signal(SignalKind.DENSITY, NOW)


class TestRecovery:
    def test_one_word_of_their_own_nearly_ends_the_weight_of_silence(self) -> None:
        silent = weekly_silence(6)[1:]
        assert of(*silent, said(SignalKind.CONTACT, 1)).value == pytest.approx(of(*silent).value / 4, abs=1)

    def test_one_word_does_not_undo_what_was_asked_or_complained(self) -> None:
        asked = said(SignalKind.LESS_OFTEN, 5)
        assert of(asked, said(SignalKind.CONTACT, 1)).value == pytest.approx(0.8 * of(asked).value)

    def test_twenty_messages_of_one_talk_are_one_recovery(self) -> None:
        asked = said(SignalKind.MUTE, 5)
        talk = [Signal(SignalKind.CONTACT, ago(1) + timedelta(minutes=n)) for n in range(20)]
        assert of(asked, *talk).value == of(asked, talk[0]).value

    def test_the_angry_message_is_no_recovery(self) -> None:
        silent = weekly_silence(4)[1:]
        angry = [said(SignalKind.ANGRY, 1), said(SignalKind.CONTACT, 1)]
        assert of(*silent, *angry).value == pytest.approx(of(*silent, angry[0]).value)
        assert recovering(angry) == ()

    def test_a_contact_before_the_sign_does_not_soften_it(self) -> None:
        assert of(said(SignalKind.CONTACT, 9), said(SignalKind.MUTE, 5)).value == of(said(SignalKind.MUTE, 5)).value


class TestIgnoredPosts:
    def test_a_post_is_ignored_when_the_next_came_before_a_word(self) -> None:
        received = [ago(28), ago(21), ago(14), ago(7)]
        found = ignored_posts(received, [said(SignalKind.CONTACT, 20)])
        assert found == (said(SignalKind.IGNORED, 21), said(SignalKind.IGNORED, 7))

    def test_the_latest_post_is_not_ignored_yet(self) -> None:
        assert ignored_posts([ago(0)], []) == ()

    def test_an_angry_word_is_no_answer_to_a_post(self) -> None:
        angry = [said(SignalKind.ANGRY, 10), said(SignalKind.CONTACT, 10)]
        assert ignored_posts([ago(14), ago(7)], angry) == (said(SignalKind.IGNORED, 7),)


class TestRest:
    @pytest.mark.parametrize(
        ("value", "days"), [(0, 0), (24.9, 0), (25, 7), (50, 14), (70, 30), (84.9, 30), (85, 90), (100, 90)]
    )
    def test_the_more_tired_the_longer(self, value: float, days: int) -> None:
        assert rest_days(value, 0) == days

    @pytest.mark.parametrize(("value", "days"), [(49, 14), (40, 14), (39.9, 7), (15, 7), (14.9, 0)])
    def test_a_step_is_left_only_well_below_where_it_was_entered(self, value: float, days: int) -> None:
        assert rest_days(value, 14) == days

    def test_a_rest_of_another_length_is_kept_but_not_lengthened(self) -> None:
        assert rest_days(45, 10) == 10
        assert rest_days(100, 200) == 90

    @pytest.mark.parametrize(("value", "before"), [(float("nan"), 0), (-1, 0), (101, 0), (50, -1)])
    def test_what_is_no_index_is_refused_rather_than_read_as_rested(self, value: float, before: int) -> None:
        with pytest.raises(ValueError, match="0 to 100"):
            rest_days(value, before)


class TestAudience:
    def test_the_most_tired_quarter_speaks_for_all(self) -> None:
        calm, tired = of(), of(said(SignalKind.COMPLAINT, 0))
        audience = of_audience([calm] * 6 + [tired] * 2)
        assert (audience.value, audience.tired, audience.members) == (50, 2, 8)
        assert explain(audience) == "最疲劳的 2 位（共 8 位）平均：投诉过（2 位）+50"

    def test_nobody_is_not_tired(self) -> None:
        assert of_audience([]).value == 0
        assert explain(of_audience([])) == "没有迹象"


class TestTexts:
    @pytest.mark.parametrize(
        ("days", "text"),
        [
            (0, "一天内"),
            (3, "3 天前"),
            (7, "一周前"),
            (20, "两周前"),
            (27, "三周前"),
            (28, "1 个月前"),
            (75, "2 个月前"),
        ],
    )
    def test_how_long_ago_is_said_in_words(self, days: int, text: str) -> None:
        assert explain(of(said(SignalKind.COMPLAINT, days))).startswith(f"{text}投诉过 +")

    def test_repeated_signs_are_counted(self) -> None:
        assert explain(of(said(SignalKind.ANGRY, 1), said(SignalKind.ANGRY, 2))) == "1 天前很生气（共 2 次） +59"

    @pytest.mark.parametrize("kind", [*NEGATIVE])
    def test_every_sign_has_its_words(self, kind: SignalKind) -> None:
        assert kind not in explain(of(said(kind, 0)))
        assert "1 位" in explain(of_audience([of(said(kind, 0))]))


class TestThePage:
    def test_it_holds_every_weight_and_step(self) -> None:
        page = PAGE.read_text(encoding="utf-8")
        rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (\d+) \| ([\d.]+) \| (\d+) \|", page, re.MULTILINE)
        weights = {kind: tuple(map(float, numbers)) for kind, *numbers in rows}
        assert weights == {kind: (w.points, w.half_life, w.contact, w.most) for kind, w in WEIGHTS.items()}
        steps = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \|$", page, re.MULTILINE)
        assert [tuple(map(int, step)) for step in steps] == [(at, days, at - MARGIN) for at, days in STEPS]
        assert f"{LOOK_BACK.days} days" in page

    @pytest.mark.parametrize(("kind", "spans"), [
        (SignalKind.LESS_OFTEN, {0: 7, 23: 0}), (SignalKind.ANGRY, {0: 7, 61: 0}), (SignalKind.LEAVE, {0: 7, 128: 0}),
        (SignalKind.COMPLAINT, {0: 14, 29: 7, 157: 0}),
    ])  # fmt: skip
    def test_it_says_how_long_one_signal_costs_rest(self, kind: SignalKind, spans: dict[int, int]) -> None:
        rest, changes = 0, {}
        for day in range(400):
            before, rest = rest, rest_days(of(said(kind, 0), now=NOW + day * DAY).value, rest)
            if rest != before:
                changes[day] = rest
        assert changes == spans


@given(life=LIVES, received=RECEIVED, before=RESTS)
def test_the_index_stays_between_0_and_100_and_is_the_sum_of_its_reasons(
    life: list[Signal], received: list[datetime], before: int
) -> None:
    fatigue = index(life, received, NOW)
    assert 0 <= fatigue.value <= 100
    assert fatigue.value == pytest.approx(min(100, sum(c.points for c in fatigue.contributions)))
    assert rest_days(fatigue.value, before) in {0, before, *(days for _, days in STEPS)}


@given(life=LIVES, received=RECEIVED, bad=BAD, before=RESTS)
def test_bad_news_never_lowers_the_index_nor_the_rest(
    life: list[Signal], received: list[datetime], bad: Signal, before: int
) -> None:
    without, with_it = index(life, received, NOW), index([*life, bad], received, NOW)
    assert with_it.value >= without.value
    assert rest_days(with_it.value, before) >= rest_days(without.value, before)


@given(life=LIVES, received=RECEIVED, kind=st.sampled_from(SPOKEN), at=MOMENTS)
def test_a_displeased_message_never_lowers_the_index_though_it_is_a_contact_too(
    life: list[Signal], received: list[datetime], kind: SignalKind, at: datetime
) -> None:
    spoken = [signal for signal in life if signal.kind is not SignalKind.IGNORED]
    message = [*spoken, Signal(kind, at), Signal(SignalKind.CONTACT, at)]
    without = index([*spoken, *ignored_posts(received, spoken)], received, NOW)
    assert index([*message, *ignored_posts(received, message)], received, NOW).value >= without.value


@given(life=LIVES, received=RECEIVED, more=MOMENTS)
def test_one_more_post_never_lowers_the_index(life: list[Signal], received: list[datetime], more: datetime) -> None:
    # A word that came between two posts answered the first of them: the new post in between takes nothing away.
    spoken = [signal for signal in life if signal.kind is not SignalKind.IGNORED]
    before = index([*spoken, *ignored_posts(received, spoken)], received, NOW)
    posts = [*received, more]
    assert index([*spoken, *ignored_posts(posts, spoken)], posts, NOW).value >= before.value - 1e-9


@given(life=LIVES, received=RECEIVED, at=MOMENTS)
def test_a_contact_never_raises_the_index(life: list[Signal], received: list[datetime], at: datetime) -> None:
    with_it = index([*life, Signal(SignalKind.CONTACT, at)], received, NOW)
    assert with_it.value <= index(life, received, NOW).value


@given(life=LIVES, received=RECEIVED, later=AGES)
def test_time_alone_never_raises_the_index(life: list[Signal], received: list[datetime], later: timedelta) -> None:
    assert index(life, received, NOW + later).value <= index(life, received, NOW).value + 1e-9
    assert index(life, received, NOW + LOOK_BACK + DAY).value == 0


@given(life=LIVES, received=RECEIVED, order=st.randoms(use_true_random=False))
def test_the_order_of_the_records_makes_no_difference(life: list[Signal], received: list[datetime], order) -> None:  # type: ignore[no-untyped-def]
    shuffled = order.sample(life, len(life))
    assert index(shuffled, received[::-1], NOW) == index(life, received, NOW)


@given(value=VALUES, more=st.floats(0, 100), before=RESTS, longer=RESTS)
def test_rest_grows_with_the_index_and_with_the_rest_in_force(
    value: float, more: float, before: int, longer: int
) -> None:
    assert rest_days(min(100.0, value + more), before) >= rest_days(value, before)
    assert rest_days(value, before + longer) >= rest_days(value, before)
    assert rest_days(value, before) >= rest_days(value, 0)


@given(value=VALUES, step=st.sampled_from(STEPS))
def test_rest_is_shortened_only_below_the_margin(value: float, step: tuple[float, int]) -> None:
    threshold, days = step
    assert (rest_days(value, days) < days) is (value < threshold - MARGIN)


@given(lives=st.lists(LIVES, min_size=1, max_size=9), bad=BAD, whom=st.integers(0, 8))
def test_bad_news_of_one_member_never_lowers_the_index_of_their_group(
    lives: list[list[Signal]], bad: Signal, whom: int
) -> None:
    before = of_audience([index(life, [], NOW) for life in lives])
    lives[whom % len(lives)] = [*lives[whom % len(lives)], bad]
    after = of_audience([index(life, [], NOW) for life in lives])
    assert 0 <= before.value <= after.value <= 100
