"""What rule version 3 added: content, promotion, holidays, topics, groups, fatigue, and what a refused item becomes."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.gate import Decision, Facts, Proposal, Reason, Rules, Verdict, decide, describe, replay
from scheduler.posts import parse_recipient
from scheduler.timetable import Kind
from tests.scheduler.clear import CLEAR

ZONE = "Asia/Shanghai"
LEDGER = Path(__file__).parent / "ledger.jsonl"


def at(day: int, hour: int = 10, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC) - timedelta(hours=8)


NOW = at(26)
ALLOWED = (Verdict.ALLOW, None)


def ask(
    facts: Facts = CLEAR,
    kind: Kind = "value",
    *,
    to: str = "app:zhangsan",
    now: datetime = NOW,
    rules: Rules | None = None,
    good_for: timedelta = timedelta(days=7),
) -> Decision:
    return decide(Proposal(parse_recipient(to), kind, now, now + good_for), facts, rules or Rules(), now)


def outcome(decision: Decision) -> tuple[Verdict, Reason | None]:
    return decision.verdict, decision.reason


@pytest.mark.parametrize("line", LEDGER.read_text("utf-8").splitlines())
def test_what_earlier_versions_decided_is_decided_again_as_it_was(line: str) -> None:
    """The rows were written by the programs of those versions."""
    row = json.loads(line)
    until = datetime.fromisoformat(row["until"]) if row["until"] else None
    reason = Reason(row["reason"]) if row["reason"] else None
    made = replay(row["inputs"], row["rule"])
    assert made == Decision(Verdict(row["verdict"]), reason, until, row["rule"], row["inputs"])


def test_what_nobody_approved_waits_and_what_breaks_the_law_is_gone() -> None:
    assert outcome(ask(replace(CLEAR, approved=False))) == (Verdict.HOLD, Reason.NOT_APPROVED)
    unlawful = ask(replace(CLEAR, violations=("absolute_term",)))
    assert outcome(unlawful) == (Verdict.DROP, Reason.VIOLATION)
    assert "absolute_term" in describe(unlawful, ZONE)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(CLEAR, mood_hold=True), Reason.MOOD_HOLD),
        (replace(CLEAR, paused=True), Reason.PAUSED),
        (replace(CLEAR, human_has_it=True), Reason.HUMAN_HAS_IT),
        (replace(CLEAR, approved=False), Reason.NOT_APPROVED),
        (replace(CLEAR, sent=None), Reason.UNKNOWN),
        (replace(CLEAR, sent=(at(26, 9),)), Reason.PERSON_DAY),
        (replace(CLEAR, muted_until=at(26, 12)), Reason.MUTED),
    ],
)
def test_a_refused_promotion_is_gone_whatever_refused_it(facts: Facts, reason: Reason) -> None:
    assert outcome(ask(facts, "promo")) == (Verdict.DROP, reason)
    assert ask(facts).verdict in (Verdict.HOLD, Verdict.DEFER)


@pytest.mark.parametrize(("earned", "allowed"), [(0, False), (3, False), (4, True), (9, True)])
def test_a_promotion_is_earned_with_posts_of_use(earned: int, allowed: bool) -> None:
    expected = ALLOWED if allowed else (Verdict.DROP, Reason.RATIO)
    assert outcome(ask(replace(CLEAR, value_since_promo=earned), "promo")) == expected
    assert outcome(ask(replace(CLEAR, value_since_promo=earned))) == ALLOWED


def test_a_ratio_of_zero_asks_for_nothing_and_a_budget_of_zero_allows_nothing() -> None:
    assert outcome(ask(replace(CLEAR, value_since_promo=0), "promo", rules=Rules(value_per_promo=0))) == ALLOWED
    none = Rules(promo_days_per_month=0)
    assert outcome(ask(kind="promo", rules=none)) == (Verdict.DROP, Reason.PROMO_BUDGET)


def test_one_day_a_month_carries_promotion_and_all_of_that_day_does() -> None:
    spent = replace(CLEAR, promo_days=(date(2026, 11, 3),))
    assert outcome(ask(spent, "promo")) == (Verdict.DROP, Reason.PROMO_BUDGET)
    assert "当月已有 1 天发过推广，每月最多 1 天" in describe(ask(spent, "promo"), ZONE)
    assert outcome(ask(replace(CLEAR, promo_days=(date(2026, 11, 26),)), "promo")) == ALLOWED


def test_an_extra_day_that_two_operators_allowed_counts_on_top() -> None:
    assert outcome(ask(replace(CLEAR, promo_days=(date(2026, 11, 3),), promo_extra=1), "promo")) == ALLOWED


def test_on_a_holiday_it_waits_for_the_first_day_after_outside_the_quiet_hours() -> None:
    golden_week = tuple(date(2026, 10, day) for day in range(1, 8))
    put_off = ask(replace(CLEAR, days_off=golden_week), now=at(1, month=10), good_for=timedelta(days=9))
    assert (put_off.verdict, put_off.reason, put_off.until) == (Verdict.DEFER, Reason.HOLIDAY, at(8, 9, month=10))
    as_usual = Rules(holidays="as_usual")
    assert outcome(ask(replace(CLEAR, days_off=golden_week), now=at(1, month=10), rules=as_usual)) == ALLOWED


def test_nothing_is_put_off_onto_a_holiday() -> None:
    facts = replace(CLEAR, sent=(at(30, 9, month=9),), days_off=(date(2026, 10, 1), date(2026, 10, 2)))
    assert ask(facts, now=at(30, month=9)).until == at(3, 9, month=10)


def test_a_year_without_holiday_table_is_silent_unless_holidays_do_not_matter() -> None:
    facts = replace(CLEAR, days_off=None)
    assert outcome(ask(facts)) == (Verdict.HOLD, Reason.UNKNOWN)
    assert outcome(ask(facts, rules=Rules(holidays="as_usual"))) == ALLOWED


def test_the_same_guide_does_not_come_again_within_its_days() -> None:
    again = ask(replace(CLEAR, guide_at=NOW - timedelta(days=89)))
    assert outcome(again) == (Verdict.DROP, Reason.REPEATED_GUIDE)
    assert "90 天内不重复" in describe(again, ZONE)
    assert outcome(ask(replace(CLEAR, guide_at=NOW - timedelta(days=90)))) == ALLOWED
    assert outcome(ask(replace(CLEAR, guide_at=NOW), rules=Rules(repeat_guide_days=0))) == ALLOWED


def test_a_topic_has_its_own_share_of_the_week() -> None:
    full = ask(replace(CLEAR, topic_sent=2))
    assert (full.verdict, full.reason, full.until) == (Verdict.DEFER, Reason.TOPIC_WEEK, at(30, 9))
    assert outcome(ask(replace(CLEAR, topic_sent=1))) == ALLOWED


@pytest.mark.parametrize(("counted", "cap", "allowed"), [(1, 1, False), (0, 1, True), (5, None, True)])
def test_what_the_platform_would_not_deliver_is_not_handed_to_it(counted: int, cap: int | None, allowed: bool) -> None:
    made = ask(replace(CLEAR, platform_sent=counted), to="customer:lihua:wmC01", rules=Rules(platform_per_day=cap))
    assert outcome(made) == (ALLOWED if allowed else (Verdict.DEFER, Reason.PLATFORM_CAP))


def test_a_group_waits_until_each_of_its_members_may_hear_something_again() -> None:
    """A person in two groups is one person: both groups' posts on one day would be two messages to them."""
    busy = ask(replace(CLEAR, members_busy=3, members_free_at=at(27, 4)), to="group:lihua:wrG01")
    assert (busy.verdict, busy.reason, busy.until) == (Verdict.DEFER, Reason.PERSON_DAY, at(27, 9))
    assert "群里有 3 位会员" in describe(busy, ZONE)


def test_fatigue_only_ever_slows() -> None:
    tired = replace(CLEAR, sent=(at(20),), rest_days=14)
    made = ask(tired, good_for=timedelta(days=30))
    assert (made.verdict, made.reason, made.until) == (Verdict.DEFER, Reason.FATIGUE, at(20 + 14 - 30, month=12))
    assert outcome(ask(replace(CLEAR, sent=(at(20),)))) == ALLOWED
    assert outcome(ask(replace(CLEAR, rest_days=14))) == ALLOWED  # nothing was sent: there is nothing to rest from


def test_a_lighter_item_leaves_the_slot_to_a_heavier_one() -> None:
    """What is planned for the evening and weighs more is not kept out by what goes in the morning."""
    made = ask(replace(CLEAR, heavier_at=at(26, 20)), good_for=timedelta(days=3))
    assert (made.verdict, made.reason, made.until) == (Verdict.DEFER, Reason.MIN_GAP, at(27, 14))
    assert "11月26日（周四）20:00 有更要紧的一条" in describe(made, ZONE)
    assert outcome(ask(replace(CLEAR, heavier_at=at(27, 5)))) == ALLOWED


def test_a_group_gets_no_digest() -> None:
    late = ask(replace(CLEAR, sent=(at(26, 9),)), to="robot:一群", good_for=timedelta(hours=2))
    assert outcome(late) == (Verdict.DROP, Reason.GROUP_DAY)


def test_who_asked_for_silence_is_not_told_later_what_they_missed() -> None:
    assert outcome(ask(replace(CLEAR, muted_until=at(28)), good_for=timedelta(hours=2))) == (
        Verdict.DROP,
        Reason.MUTED,
    )


EVENING = replace(CLEAR, usual_hours=(20, 21))


def test_what_may_leave_now_waits_for_the_hours_at_which_the_member_comes() -> None:
    made = ask(EVENING)
    assert outcome(made) == (Verdict.DEFER, Reason.QUIET_HOURS)
    assert made.until == at(26, 20)
    assert "平时来的时候" in describe(made, ZONE)
    assert replay(json.loads(json.dumps(made.inputs)), made.rule) == made
    assert outcome(ask(EVENING, now=at(26, 20))) == ALLOWED


@pytest.mark.parametrize(
    ("why", "made"),
    [
        ("their hours are over today", ask(replace(CLEAR, usual_hours=(8, 9)))),
        ("it would be stale", ask(EVENING, good_for=timedelta(hours=6))),
        ("their hours are quiet ones", ask(replace(CLEAR, usual_hours=(22, 23)))),
        ("a group has no habits", ask(EVENING, to="appchat:wr1")),
    ],
)
def test_the_usual_hours_never_refuse_anything(why: str, made: Decision) -> None:
    assert outcome(made) == ALLOWED, why


def test_a_promotion_is_not_put_off_to_usual_hours() -> None:
    earned = replace(EVENING, value_since_promo=9)
    assert outcome(ask(earned, "promo")) == ALLOWED
