import json
import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from scheduler.gate import (
    REASON_TEXT,
    RULE_VERSION,
    Decision,
    Facts,
    Proposal,
    Quiet,
    Reason,
    Rules,
    UnknownRule,
    Verdict,
    decide,
    describe,
    replay,
)
from scheduler.posts import parse_recipient
from scheduler.timetable import Kind
from tests.scheduler.clear import CLEAR

ZONE = "Asia/Shanghai"
NEEDED = [
    "sent", "opted_out", "human_has_it", "mood_hold", "topic_off", "every_days", "approved", "violations", "topic_sent",
    "rest_days", "value_since_promo", "promo_days", "platform_sent", "days_off",
]  # fmt: skip


def at(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of November 2026 on Shanghai's clock; the 26th is a Thursday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


NOW = at(26)


def proposal(
    address: str = "app:zhangsan", *, kind: Kind = "value", good_for: timedelta = timedelta(days=7)
) -> Proposal:
    return Proposal(parse_recipient(address), kind, NOW, NOW + good_for)


def ask(facts: Facts = CLEAR, *, now: datetime = NOW, rules: Rules | None = None, **how: object) -> Decision:
    return decide(proposal(**how), facts, rules or Rules(), now)  # type: ignore[arg-type]


def sent(*moments: datetime) -> Facts:
    return replace(CLEAR, sent=moments)


def outcome(decision: Decision) -> tuple[Verdict, Reason | None, datetime | None]:
    return decision.verdict, decision.reason, decision.until


def test_the_names_are_the_promised_ones() -> None:
    promised = (
        "person_day, person_week, group_day, min_gap, quiet_hours, holiday, ratio, promo_budget, repeated_guide, "
        "opted_out, topic_off, muted, mood_hold, human_has_it, fatigue, not_approved, violation, platform_cap, "
        "expired, not_reachable"
    )
    assert {reason.value for reason in Reason} == {*promised.split(", "), "paused", "topic_week", "unknown"}
    assert {verdict.value for verdict in Verdict} == {"allow", "defer", "digest", "drop", "hold"}
    assert set(REASON_TEXT) == set(Reason)


def test_with_nothing_against_it_an_item_may_leave() -> None:
    decision = ask()
    assert outcome(decision) == (Verdict.ALLOW, None, None)
    assert decision.rule == RULE_VERSION == "3"


@pytest.mark.parametrize(
    ("facts", "verdict", "reason"),
    [
        (replace(CLEAR, paused=True), Verdict.HOLD, Reason.PAUSED),
        (replace(CLEAR, reachable=False), Verdict.DROP, Reason.NOT_REACHABLE),
        (replace(CLEAR, human_has_it=True), Verdict.HOLD, Reason.HUMAN_HAS_IT),
        (replace(CLEAR, opted_out=True), Verdict.DROP, Reason.OPTED_OUT),
        (replace(CLEAR, mood_hold=True), Verdict.HOLD, Reason.MOOD_HOLD),
        (replace(CLEAR, topic_off=True), Verdict.DROP, Reason.TOPIC_OFF),
    ],
)
def test_the_standing_facts_decide(facts: Facts, verdict: Verdict, reason: Reason) -> None:
    assert outcome(ask(facts)) == (verdict, reason, None)


@pytest.mark.parametrize("fact", NEEDED)
def test_an_unknown_fact_means_silence(fact: str) -> None:
    assert outcome(ask(replace(CLEAR, **{fact: None}))) == (Verdict.HOLD, Reason.UNKNOWN, None)


def test_the_order_of_the_checks_is_the_policy() -> None:
    facts = replace(CLEAR, sent=None, opted_out=True, paused=True, reachable=False, human_has_it=True)
    night, late = at(26, 22), at(30, 22)
    short = timedelta(days=3)
    reasons = [ask(facts, now=late, good_for=short).reason, ask(facts, now=night, good_for=short).reason]
    facts = replace(facts, paused=False)
    reasons.append(ask(facts, now=night, good_for=short).reason)
    facts = replace(facts, reachable=True)
    reasons.append(ask(facts, now=night, good_for=short).reason)
    facts = replace(facts, sent=(at(24), at(25), at(26, 9)))
    reasons.append(ask(facts, now=night).reason)
    facts = replace(facts, human_has_it=False)
    reasons.append(ask(facts, now=night).reason)
    facts = replace(facts, opted_out=False)
    reasons += [ask(facts, now=night).reason, ask(facts).reason]
    facts = replace(facts, sent=(at(25), at(26, 9)))
    reasons.append(ask(facts).reason)
    reasons.append(ask(facts, rules=Rules(person_per_day=2)).reason)
    assert reasons == [
        Reason.EXPIRED, Reason.PAUSED, Reason.NOT_REACHABLE, Reason.UNKNOWN, Reason.HUMAN_HAS_IT, Reason.OPTED_OUT,
        Reason.QUIET_HOURS, Reason.PERSON_WEEK, Reason.PERSON_DAY, Reason.MIN_GAP,
    ]  # fmt: skip


def test_an_item_is_good_before_its_expiry_and_not_at_it() -> None:
    hour = timedelta(hours=1)
    assert ask(good_for=hour, now=NOW + hour - timedelta(seconds=1)).verdict is Verdict.ALLOW
    assert outcome(ask(good_for=hour, now=NOW + hour)) == (Verdict.DROP, Reason.EXPIRED, None)


def test_in_quiet_hours_it_waits_for_the_morning() -> None:
    assert outcome(ask(now=at(26, 21))) == (Verdict.DEFER, Reason.QUIET_HOURS, at(27, 9))
    assert outcome(ask(now=at(27, 8, 59))) == (Verdict.DEFER, Reason.QUIET_HOURS, at(27, 9))
    assert ask(now=at(27, 9)).verdict is Verdict.ALLOW


def test_equal_ends_mean_no_quiet_hours() -> None:
    open_all_day = Rules(quiet=Quiet(time(0), time(0)))
    assert ask(now=at(27, 3), rules=open_all_day).verdict is Verdict.ALLOW


def test_a_midnight_between_two_messages_does_not_make_them_apart() -> None:
    """Lesson 25: with a cap of one a day, 23:58 and 00:02 are two days and four minutes."""
    rules = Rules(quiet=Quiet(time(0), time(0)))
    late = sent(at(26, 23, 58))
    assert outcome(ask(late, now=at(26, 23, 59), rules=rules)) == (Verdict.DEFER, Reason.PERSON_DAY, at(27, 0))
    assert outcome(ask(late, now=at(27, 0, 2), rules=rules)) == (Verdict.DEFER, Reason.MIN_GAP, at(27, 17, 58))


def test_a_day_is_the_tenants_day_and_not_that_of_utc() -> None:
    """07:59 and 08:01 in Shanghai are two days in UTC."""
    rules = Rules(quiet=Quiet(time(0), time(0)), gap_hours=0)
    assert outcome(ask(sent(at(26, 7, 59)), now=at(26, 8, 1), rules=rules))[:2] == (Verdict.DEFER, Reason.PERSON_DAY)
    assert ask(sent(at(25, 23, 59)), now=at(26, 0, 1), rules=rules).verdict is Verdict.ALLOW


def test_a_full_day_waits_for_the_next_one_outside_the_quiet_hours() -> None:
    assert outcome(ask(sent(at(26, 9)), now=at(26, 12))) == (Verdict.DEFER, Reason.PERSON_DAY, at(27, 9))


def test_a_full_week_waits_for_monday() -> None:
    week = sent(at(23), at(24), at(25))
    assert outcome(ask(week)) == (Verdict.DEFER, Reason.PERSON_WEEK, at(30, 9))
    assert ask(week, now=at(30, 10), good_for=timedelta(days=9)).verdict is Verdict.ALLOW


def test_last_weeks_messages_do_not_fill_this_week() -> None:
    before = sent(at(18), at(20), at(22))  # the 22nd is a Sunday
    assert ask(before, now=at(23, 10)).verdict is Verdict.ALLOW


def test_groups_have_a_day_cap_and_a_gap_but_no_week_cap() -> None:
    week = sent(at(23), at(24), at(25))
    assert ask(week, address="robot:一群").verdict is Verdict.ALLOW
    assert outcome(ask(sent(at(26, 9)), address="robot:一群")) == (Verdict.DEFER, Reason.GROUP_DAY, at(27, 9))
    assert outcome(ask(sent(at(25, 20)), address="robot:一群")) == (Verdict.DEFER, Reason.MIN_GAP, at(26, 14))


@pytest.mark.parametrize(
    ("rules", "address", "reason"),
    [
        (Rules(person_per_day=0), "app:zhangsan", Reason.PERSON_DAY),
        (Rules(person_per_week=0), "app:zhangsan", Reason.PERSON_WEEK),
        (Rules(group_per_day=0), "robot:一群", Reason.GROUP_DAY),
    ],
)
def test_a_cap_of_zero_means_never(rules: Rules, address: str, reason: Reason) -> None:
    assert outcome(ask(rules=rules, address=address)) == (Verdict.DROP, reason, None)


def test_a_gap_of_zero_leaves_only_the_caps() -> None:
    rules = Rules(person_per_day=2, gap_hours=0)
    assert ask(sent(NOW - timedelta(seconds=1)), rules=rules).verdict is Verdict.ALLOW


STALE_BEFORE_ITS_TURN = [
    (CLEAR, at(26, 21), Reason.QUIET_HOURS),
    (sent(at(26, 9)), at(26, 10), Reason.PERSON_DAY),
    (sent(at(23), at(24), at(25)), at(26, 10), Reason.PERSON_WEEK),
    (sent(at(25, 20)), at(26, 10), Reason.MIN_GAP),
]


@pytest.mark.parametrize(("facts", "now", "reason"), STALE_BEFORE_ITS_TURN)
@pytest.mark.parametrize(
    ("kind", "becomes"), [("value", Verdict.DIGEST), ("promo", Verdict.DROP), ("service", Verdict.DROP)]
)
def test_what_would_be_stale_when_its_turn_comes_never_comes_later(
    facts: Facts, now: datetime, reason: Reason, kind: Kind, becomes: Verdict
) -> None:
    """Lesson 28: a post must not go out one period later because it was put off. One of use is named in the next."""
    whole = ask(facts, now=now)
    assert (whole.verdict, whole.reason) == (Verdict.DEFER, reason)
    assert whole.until is not None
    assert outcome(ask(facts, now=now, good_for=whole.until - NOW, kind=kind)) == (becomes, reason, None)


@pytest.mark.parametrize("kind", ["value", "promo", "service"])
def test_no_kind_opens_the_gate(kind: Kind) -> None:
    assert ask(replace(CLEAR, opted_out=True), kind=kind).reason is Reason.OPTED_OUT
    assert ask(sent(at(26, 9)), kind=kind).reason is Reason.PERSON_DAY


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ask(now=datetime(2026, 11, 26, 10))  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        ask(sent(datetime(2026, 11, 26, 10)))  # noqa: DTZ001


def test_the_inputs_name_nobody() -> None:
    assert "zhangsan" not in json.dumps(ask().inputs)


def test_a_decision_of_another_rule_is_not_replayed() -> None:
    with pytest.raises(UnknownRule, match="0"):
        replay(ask().inputs, "0")


def test_a_changed_setting_does_not_change_what_was_decided() -> None:
    """The rules that counted are in the record."""
    decision = ask(sent(at(26, 9)), rules=Rules(person_per_day=2, gap_hours=0))
    assert replay(json.loads(json.dumps(decision.inputs)), decision.rule).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("decision", "text"),
    [
        (ask(), "可以发：当天已有 0 条、当周 0 条，在限度之内。"),
        (ask(address="robot:一群"), "可以发：当天已有 0 条，在限度之内。"),
        (ask(sent(at(26, 9))), "推迟到 11月27日（周五）09:00：对方当天已收到 1 条，每天最多 1 条。"),
        (ask(now=at(26, 22)), "推迟到 11月27日（周五）09:00：11月26日（周四）22:00 在免打扰时段（21:00-09:00）内。"),
        (
            ask(sent(at(25, 20))),
            "推迟到 11月26日（周四）14:00：上一条是 11月25日（周三）20:00 发的，间隔还不到 18 小时。",
        ),
        (ask(replace(CLEAR, sent=None)), "先不发：缺少判断需要的信息（发送记录），宁可不发。"),
        (ask(replace(CLEAR, opted_out=True)), "不发：对方已退订。"),
        (
            ask(now=at(27), good_for=timedelta(hours=6)),
            "不发：原定 11月26日（周四）10:00，到 11月26日（周四）16:00 已过期。",
        ),
    ],
)
def test_a_decision_is_told_with_the_numbers_it_saw(decision: Decision, text: str) -> None:
    assert describe(decision, ZONE) == text


@pytest.mark.parametrize("verdict", [Verdict.DEFER, Verdict.DIGEST, Verdict.DROP, Verdict.HOLD])
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_told_with_every_verdict(verdict: Verdict, reason: Reason) -> None:
    """Also the reasons that this version of the rule never gives, and after the record went through JSON."""
    seen = json.loads(json.dumps(ask(sent(at(26, 9))).inputs))
    text = describe(Decision(verdict, reason, NOW if verdict is Verdict.DEFER else None, "1", seen), ZONE)
    assert text.endswith("。")
    assert "{" not in text


def test_somebody_upset_is_held_whatever_else_there_is_but_not_what_is_stale() -> None:
    upset = replace(CLEAR, mood_hold=True, paused=True, reachable=False, human_has_it=True, opted_out=None)
    assert outcome(ask(upset)) == (Verdict.HOLD, Reason.MOOD_HOLD, None)
    assert outcome(ask(upset, good_for=timedelta(0))) == (Verdict.DROP, Reason.EXPIRED, None)


def test_a_mute_puts_off_to_the_first_open_moment_after_it() -> None:
    muted = replace(CLEAR, muted_until=at(27, 22))
    assert outcome(ask(muted)) == (Verdict.DEFER, Reason.MUTED, at(28, 9))
    assert ask(muted, now=at(28, 9)).verdict is Verdict.ALLOW


def test_what_is_stale_before_a_mute_ends_is_dropped_at_once() -> None:
    muted = replace(CLEAR, muted_until=at(27, 22))
    assert outcome(ask(muted, good_for=timedelta(hours=12))) == (Verdict.DROP, Reason.MUTED, None)


def test_who_wants_less_waits_the_longer_of_the_two_gaps() -> None:
    rarely = replace(sent(at(20)), every_days=7)
    decision = ask(rarely)
    assert outcome(decision) == (Verdict.DEFER, Reason.MIN_GAP, at(27))
    assert "间隔还不到 168 小时" in describe(decision, ZONE)
    assert ask(replace(sent(at(20)), every_days=1)).verdict is Verdict.ALLOW


def test_what_version_1_wrote_down_can_still_be_replayed() -> None:
    recorded = {
        "scope": "person", "channel": "app", "kind": "value",
        "planned_at": NOW.isoformat(), "expires_at": at(30).isoformat(), "now": NOW.isoformat(),
        "facts": {"sent": [at(25, 20).isoformat()], "opted_out": False, "paused": False, "reachable": True,
                  "human_has_it": False},
        "rules": {"person_per_day": 1, "person_per_week": 3, "group_per_day": 1, "gap_hours": 18,
                  "quiet": "21:00-09:00", "zone": ZONE},
        "seen": {"day": 0, "week": 1, "unknown": []},
    }  # fmt: skip
    again = replay(recorded, "1")
    assert (again.verdict, again.reason, again.until, again.rule) == (Verdict.DEFER, Reason.MIN_GAP, at(26, 14), "1")
    assert again.inputs == recorded


def test_no_sentence_speaks_of_the_reader_s_own_day() -> None:
    """A preview tells of next week, and /why of the last one."""
    said = [*REASON_TEXT.values(), describe(ask(), ZONE)]
    assert [text for text in said if re.search("今天|明天|本周|本月", text)] == []
