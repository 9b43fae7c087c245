"""Months of random proposals: whatever comes, the promises to people hold."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.gate import Decision, Facts, Proposal, Quiet, Reason, Rules, Verdict, decide, replay
from scheduler.posts import parse_recipient

START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Pacific/Kiritimati"])
MINUTES = st.integers(0, 23 * 60 + 59).map(lambda minute: time(minute // 60, minute % 60))
RULES = st.builds(
    Rules,
    person_per_day=st.integers(0, 3),
    person_per_week=st.integers(0, 5),
    group_per_day=st.integers(0, 3),
    gap_hours=st.one_of(st.integers(0, 60), st.floats(0, 60)),
    quiet=st.builds(Quiet, MINUTES, MINUTES),
    zone=ZONES,
)
PEOPLE = st.sampled_from(["app:zhangsan", "customer:lihua:wmC01", "robot:一群", "group:lihua:wrX01"]).map(
    parse_recipient
)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=365)).map(START.__add__)
SHORT_STEPS = st.lists(st.timedeltas(timedelta(minutes=1), timedelta(hours=30)), min_size=40, max_size=150)
KNOWN = Facts(
    sent=(),
    opted_out=False,
    paused=False,
    reachable=True,
    human_has_it=False,
    mood_hold=False,
    topic_off=False,
    every_days=0,
)
MAYBE = st.one_of(st.none(), st.booleans())
FACTS = ["sent", "opted_out", "human_has_it", "mood_hold", "topic_off", "every_days"]
DAYS = st.one_of(st.none(), st.integers(0, 30))


def again(decision: Decision) -> Decision:
    return replay(json.loads(json.dumps(decision.inputs)), decision.rule)


@given(
    recipient=PEOPLE,
    rules=RULES,
    now=MOMENTS,
    sent=st.one_of(st.none(), st.lists(st.timedeltas(timedelta(hours=-3), timedelta(days=20)), max_size=8)),
    flags=st.tuples(MAYBE, st.booleans(), st.booleans(), MAYBE, MAYBE, MAYBE, DAYS),
    muted=st.one_of(st.none(), st.timedeltas(timedelta(days=-3), timedelta(days=15))),
    good_for=st.timedeltas(timedelta(hours=-5), timedelta(days=12)),
)
def test_a_recorded_decision_replays_exactly(recipient, rules, now, sent, flags, muted, good_for) -> None:  # type: ignore[no-untyped-def]
    opted_out, paused, reachable, human, upset, topic_off, every_days = flags
    moments = None if sent is None else tuple(now - age for age in sent)
    until = None if muted is None else now + muted
    facts = Facts(moments, opted_out, paused, reachable, human, upset, until, topic_off, every_days)
    decision = decide(Proposal(recipient, "value", now, now + good_for), facts, rules, now)
    assert again(decision) == decision
    assert (decision.until is not None) is (decision.verdict is Verdict.DEFER)
    assert (decision.reason is None) is (decision.verdict is Verdict.ALLOW)
    if None in (moments, opted_out, human, upset, topic_off, every_days):
        assert decision.verdict in (Verdict.HOLD, Verdict.DROP)
    if decision.until is not None:
        assert now < decision.until < now + good_for
        assert not rules.quiet_at(decision.until)
    if upset:
        assert decision.reason in (Reason.MOOD_HOLD, Reason.EXPIRED)
    if decision.verdict is Verdict.ALLOW:
        assert not topic_off
        assert until is None or now >= until
        assert all(now - at >= timedelta(days=every_days) for at in moments or ())


@given(recipient=PEOPLE, rules=RULES, now=MOMENTS, days=st.integers(0, 40), ages=st.lists(st.integers(0, 41 * 24)))
def test_who_wants_a_post_every_so_many_days_gets_none_sooner(recipient, rules, now, days, ages) -> None:  # type: ignore[no-untyped-def]
    facts = replace(KNOWN, sent=tuple(now - timedelta(hours=age) for age in ages), every_days=days)
    decision = decide(Proposal(recipient, "value", now, now + timedelta(days=60)), facts, rules, now)
    if decision.verdict is Verdict.ALLOW:
        assert all(age >= max(24 * days, rules.gap_hours) for age in ages)


@given(recipient=PEOPLE, rules=RULES, now=MOMENTS, flags=st.tuples(MAYBE, st.booleans(), st.booleans(), MAYBE))
def test_a_decision_of_the_first_rule_replays_as_it_was(recipient, rules, now, flags) -> None:  # type: ignore[no-untyped-def]
    """Rows of the ledger from before version 2 know nothing of moods and wishes."""
    opted_out, paused, reachable, human = flags
    facts = replace(KNOWN, opted_out=opted_out, paused=paused, reachable=reachable, human_has_it=human)
    made = decide(Proposal(recipient, "value", now, now + timedelta(days=1)), facts, rules, now)
    old = json.loads(json.dumps(made.inputs))
    for name in ("mood_hold", "muted_until", "topic_off", "every_days"):
        del old["facts"][name]
    assert replay(old, "1") == replace(made, rule="1", inputs=old)


@settings(deadline=None, max_examples=60)
@given(recipient=PEOPLE, rules=RULES, steps=SHORT_STEPS, offset=st.timedeltas(timedelta(0), timedelta(days=365)))
def test_months_of_proposals_never_break_a_promise(recipient, rules, steps, offset) -> None:  # type: ignore[no-untyped-def]
    now, sent = START + offset, []
    for step in steps:
        now += step
        facts = replace(KNOWN, sent=tuple(sent))
        decision = decide(Proposal(recipient, "value", now, now + timedelta(days=3)), facts, rules, now)
        assert again(decision) == decision
        if decision.verdict is Verdict.ALLOW:
            sent.append(now)
    days = Counter(rules.local(at).date() for at in sent)
    weeks = Counter(rules.local(at).isocalendar()[:2] for at in sent)
    person = recipient.scope == "person"
    assert all(count <= (rules.person_per_day if person else rules.group_per_day) for count in days.values())
    assert not person or all(count <= rules.person_per_week for count in weeks.values())
    assert all(later - earlier >= timedelta(hours=rules.gap_hours) for earlier, later in pairwise(sent))
    assert not any(rules.quiet_at(at) for at in sent)


@settings(deadline=None)
@given(
    recipient=PEOPLE,
    rules=RULES,
    now=MOMENTS,
    ages=st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), max_size=6),
)
def test_who_waits_as_told_is_let_through_or_refused_in_the_end(recipient, rules, now, ages) -> None:  # type: ignore[no-untyped-def]
    """A deferred item asks again at `until`: a few rounds must settle it, for nothing new was sent meanwhile."""
    proposal = Proposal(recipient, "value", now, now + timedelta(days=30))
    facts = replace(KNOWN, sent=tuple(now - age for age in ages))
    rounds = 0
    while (decision := decide(proposal, facts, rules, now)).verdict is Verdict.DEFER:
        assert decision.until is not None
        now, rounds = decision.until, rounds + 1
        assert rounds <= 6
    assert decision.verdict in (Verdict.ALLOW, Verdict.DROP)
    never = 0 in (
        (rules.person_per_day, rules.person_per_week) if recipient.scope == "person" else (rules.group_per_day,)
    )
    assert (decision.verdict is Verdict.DROP) is never


@given(recipient=PEOPLE, now=MOMENTS, missing=st.sampled_from(FACTS), rules=RULES)
def test_a_missing_fact_never_lets_anything_through(recipient, now, missing, rules) -> None:  # type: ignore[no-untyped-def]
    facts = replace(KNOWN, **{missing: None})
    decision = decide(Proposal(recipient, "value", now, now + timedelta(days=1)), facts, rules, now)
    assert decision.verdict is Verdict.HOLD
