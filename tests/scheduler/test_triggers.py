"""Needs of one member: a stage reached, days after an event, a guide that was missing; each once, never late."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.triggers import (
    LATEST,
    Answered,
    Event,
    Need,
    PersonFacts,
    StageNote,
    Trigger,
    WrongTrigger,
    due_for,
)

SHANGHAI = "Asia/Shanghai"
HALF_YEAR = Trigger.parse({"name": "满6个月", "on": "stage", "value": "6个月", "guide": "first-foods.md"})
MONTH_AFTER = Trigger.parse(
    {"name": "到货30天", "on": "days_after", "value": 30, "event": "delivery", "topic": "service"}
)
ANSWERED = Trigger.parse({"name": "有答案了", "on": "new_guide", "value": "parenting"})
TRIGGERS = (HALF_YEAR, MONTH_AFTER, ANSWERED)


def ten(day: date, zone: str = SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def person(**facts) -> PersonFacts:
    return PersonFacts("zhangsan", **facts)


def on_day(facts: PersonFacts, day: date, *triggers: Trigger) -> tuple[Need, ...]:
    """What is found by a look at noon of `day`, when the last one was at noon the day before."""
    noon = ten(day) + timedelta(hours=2)
    return due_for(facts, triggers or TRIGGERS, noon - timedelta(days=1), noon, SHANGHAI)


def test_a_baby_that_turns_six_months_is_a_need_at_ten_of_that_day() -> None:
    facts = person(stage=StageNote("宝宝5个月", date(2026, 10, 26)))
    [need] = on_day(facts, date(2026, 11, 26))
    assert (need.person, need.trigger, need.guide, need.topic) == ("zhangsan", "满6个月", "first-foods.md", "")
    assert need.at == datetime(2026, 11, 26, 2, tzinfo=UTC)
    assert on_day(facts, date(2026, 11, 25)) == on_day(facts, date(2026, 11, 27)) == ()


def test_a_stage_stated_as_reached_waits_for_the_next_day() -> None:
    facts = person(stage=StageNote("刚满6个月", date(2026, 11, 26)))
    assert on_day(facts, date(2026, 11, 26)) == ()
    assert [need.at for need in on_day(facts, date(2026, 11, 27))] == [ten(date(2026, 11, 27))]


@pytest.mark.parametrize("text", ["6个月左右", "1岁", "孕32周", "大宝3岁二宝5个月", "矫正5个月", "8个月", ""])
def test_a_stage_that_cannot_be_projected_gives_nothing_ever(text: str) -> None:
    facts = person(stage=StageNote(text, date(2026, 1, 26)))
    start = ten(date(2026, 6, 1))  # more than ninety days later
    for week in range(100):
        since = start + timedelta(days=7 * week)
        assert due_for(facts, (HALF_YEAR,), since, since + timedelta(days=7), SHANGHAI) == ()


def test_a_rough_stage_counts_while_it_is_fresh() -> None:
    facts = person(stage=StageNote("快6个月了", date(2026, 11, 1)))  # five full months
    assert len(on_day(facts, date(2026, 12, 1))) == 1


def test_a_week_of_pregnancy_is_a_need_of_its_own() -> None:
    trigger = Trigger.parse({"name": "待产包", "on": "stage", "value": "孕34周", "topic": "parenting"})
    facts = person(stage=StageNote("孕32周", date(2026, 11, 12)))
    [need] = on_day(facts, date(2026, 11, 26), trigger)
    assert (need.guide, need.topic) == ("", "parenting")


def test_thirty_days_after_delivery() -> None:
    facts = person(events=(Event("delivery", date(2026, 11, 1)), Event("visit", date(2026, 11, 1))))
    [need] = on_day(facts, date(2026, 12, 1))
    assert (need.trigger, need.topic) == ("到货30天", "service")


def test_two_deliveries_are_two_needs_and_a_corrected_date_is_not() -> None:
    def keys(*events: Event) -> set[str]:
        since = ten(date(2026, 12, 1)) - timedelta(days=1)
        return {
            need.key for need in due_for(person(events=events), TRIGGERS, since, since + timedelta(days=6), SHANGHAI)
        }

    first, second = Event("delivery", date(2026, 11, 1), "A1"), Event("Delivery", date(2026, 11, 1), "A2")
    corrected = Event("delivery", date(2026, 11, 3), "A1")
    assert len(keys(first, second)) == 2
    assert keys(first) == keys(corrected)
    assert keys(first, corrected) == keys(first)


def test_a_guide_that_answers_what_somebody_asked_is_a_need_the_day_after() -> None:
    facts = person(answered=(Answered("parenting", "faq-3.md", date(2026, 11, 10), date(2026, 11, 25)),))
    [need] = on_day(facts, date(2026, 11, 26))
    assert (need.trigger, need.guide) == ("有答案了", "faq-3.md")


def test_two_questions_that_one_guide_answers_are_one_need() -> None:
    asked = (date(2026, 11, 10), date(2026, 11, 12))
    facts = person(answered=tuple(Answered("parenting", "faq-3.md", day, date(2026, 11, 25)) for day in asked))
    assert len(on_day(facts, date(2026, 11, 26))) == 1


@pytest.mark.parametrize(
    "answered",
    [
        Answered("styling", "faq-3.md", date(2026, 11, 10), date(2026, 11, 25)),  # another topic
        Answered("parenting", "faq-3.md", date(2026, 8, 1), date(2026, 11, 25)),  # they no longer wait for it
        Answered("parenting", "faq-3.md", date(2026, 11, 26), date(2026, 11, 25)),  # it was there when they asked
    ],
)
def test_a_guide_that_nobody_waits_for_is_no_need(answered: Answered) -> None:
    assert on_day(person(answered=(answered,)), date(2026, 11, 26)) == ()


def test_an_empty_topic_is_any_topic() -> None:
    anything = Trigger.parse({"name": "有答案了", "on": "new_guide"})
    facts = person(answered=(Answered("styling", "faq-3.md", date(2026, 11, 10), date(2026, 11, 25)),))
    assert len(on_day(facts, date(2026, 11, 26), anything)) == 1


def test_a_need_older_than_a_week_is_over_however_far_we_look_back() -> None:
    facts = person(events=(Event("delivery", date(2026, 11, 1)),))
    at = ten(date(2026, 12, 1))
    long_ago = at - timedelta(days=400)
    assert len(due_for(facts, TRIGGERS, long_ago, at + LATEST - timedelta(seconds=1), SHANGHAI)) == 1
    assert due_for(facts, TRIGGERS, long_ago, at + LATEST, SHANGHAI) == ()


def test_an_order_read_late_is_found_by_looking_back_and_known_by_its_key() -> None:
    facts = person(events=(Event("delivery", date(2026, 11, 1)),))
    now = ten(date(2026, 12, 3))
    [first] = due_for(facts, TRIGGERS, now - LATEST, now, SHANGHAI)
    [again] = due_for(facts, TRIGGERS, now - LATEST + timedelta(hours=1), now + timedelta(hours=1), SHANGHAI)
    assert first == again


def test_a_need_has_the_same_key_whenever_it_is_found_and_no_other_has_it() -> None:
    facts = person(stage=StageNote("5个月", date(2026, 10, 26)))
    said_again = person(stage=StageNote("6个月", date(2026, 11, 27)))
    other = PersonFacts("lisi", stage=facts.stage)
    [one], [two], [three] = (
        on_day(facts, date(2026, 11, 26)),
        on_day(said_again, date(2026, 11, 28)),
        on_day(other, date(2026, 11, 26)),
    )
    assert one.key == two.key
    assert one.key != three.key
    assert "zhangsan" not in one.key
    upper = PersonFacts("ZhangSan", stage=facts.stage)
    assert on_day(upper, date(2026, 11, 26))[0].key == one.key


def test_ten_o_clock_is_the_tenant_s_across_changes_of_the_clocks() -> None:
    facts = person(events=(Event("delivery", date(2026, 9, 25)), Event("delivery", date(2026, 9, 24))))
    since = datetime(2026, 10, 20, tzinfo=UTC)
    found = due_for(facts, TRIGGERS, since, since + timedelta(days=6), "Europe/Berlin")
    assert [need.at for need in found] == [datetime(2026, 10, 24, 8, tzinfo=UTC), datetime(2026, 10, 25, 9, tzinfo=UTC)]


def test_a_leap_day_is_a_day_like_any_other() -> None:
    facts = person(events=(Event("delivery", date(2028, 1, 30)),))
    assert len(on_day(facts, date(2028, 2, 29))) == 1


DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
FACTS = st.builds(
    PersonFacts,
    person=st.just("zhangsan"),
    stage=st.none()
    | st.builds(StageNote, st.sampled_from(["4个月", "5个月", "6个月", "快6个月", "孕32周", "1岁", "5-6个月"]), DAYS),
    events=st.lists(st.builds(Event, st.sampled_from(["delivery", "visit"]), DAYS), max_size=4).map(tuple),
    answered=st.lists(st.builds(Answered, st.just("parenting"), st.sampled_from(["a.md", "b.md"]), DAYS, DAYS)).map(
        lambda many: tuple(many[:3])
    ),
)


@settings(deadline=None)
@given(
    facts=FACTS, cuts=st.lists(st.integers(0, 500 * 24), max_size=30), zone=st.sampled_from([SHANGHAI, "Europe/Berlin"])
)
def test_ticks_see_each_need_once_and_never_late(facts: PersonFacts, cuts: list[int], zone: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    daily = [start + timedelta(days=day) for day in range(500)]
    edges = sorted({*daily, *(start + timedelta(hours=cut) for cut in cuts)})
    seen = [(need, until) for since, until in pairwise(edges) for need in due_for(facts, TRIGGERS, since, until, zone)]
    whole = [need for since, until in pairwise(daily) for need in due_for(facts, TRIGGERS, since, until, zone)]
    assert [need for need, _ in seen] == whole
    assert all(timedelta(0) <= until - need.at < LATEST for need, until in seen)
    assert len(whole) == len({need.key for need in whole})


@pytest.mark.parametrize(
    ("value", "unit", "count"),
    [
        ("6个月", "months", 6),
        ("宝宝满六个月", "months", 6),
        ("1岁", "months", 12),
        ("1岁半", "months", 18),
        ("2岁3个月", "months", 27),
        ("半岁", "months", 6),
        ("孕36周", "weeks", 36),
    ],
)
def test_a_stage_to_be_reached_is_read(value: str, unit: str, count: int) -> None:
    made = Trigger.parse({"name": "a", "on": "stage", "value": value, "topic": "parenting"})
    assert (made.unit, made.count) == (unit, count)


@pytest.mark.parametrize(("value", "count"), [(30, 30), ("30", 30), ("30天", 30), (0, 0)])
def test_days_after_are_a_number(value: object, count: int) -> None:
    setting = {"name": "a", "on": "days_after", "value": value, "event": "delivery", "topic": "service"}
    assert Trigger.parse(setting).count == count


GOOD = {
    "stage": {"name": "a", "on": "stage", "value": "6个月", "guide": "a.md"},
    "days_after": {"name": "a", "on": "days_after", "value": 30, "event": "delivery", "guide": "a.md"},
    "new_guide": {"name": "a", "on": "new_guide", "value": "parenting"},
}


@pytest.mark.parametrize(
    ("on", "change", "what"),
    [
        ("stage", {"name": " "}, "没有名字"),
        ("stage", {"on": "birthday"}, "birthday"),
        ("stage", {"on": ""}, "只能是"),
        ("stage", {"value": ""}, "月龄"),
        ("stage", {"value": 6}, "月龄"),
        ("stage", {"value": "6个月左右"}, "月龄"),
        ("stage", {"value": "6-8个月"}, "月龄"),
        ("stage", {"value": "百天"}, "月龄"),
        ("stage", {"value": "孕41周"}, "月龄"),
        ("stage", {"value": True}, "文字或整数"),
        ("stage", {"guide": ""}, "中的一个"),
        ("stage", {"topic": "parenting"}, "中的一个"),
        ("stage", {"event": "delivery"}, "event"),
        ("days_after", {"value": ""}, "天"),
        ("days_after", {"value": -1}, "天"),
        ("days_after", {"value": "半年"}, "天"),
        ("days_after", {"value": 99999}, "天"),
        ("days_after", {"event": ""}, "event"),
        ("new_guide", {"guide": "a.md"}, "不用写"),
        ("new_guide", {"event": "delivery"}, "event"),
    ],
)
def test_a_wrong_trigger_says_what_is_wrong_and_gives_an_example(on: str, change: dict[str, object], what: str) -> None:
    assert Trigger.parse(GOOD[on])
    with pytest.raises(WrongTrigger, match=what) as caught:
        Trigger.parse(GOOD[on] | change)
    assert "例如" in str(caught.value) or "文字或整数" in str(caught.value)
