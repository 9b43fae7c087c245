"""Months of random proposals: whatever comes, the promises to people hold."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.gate import Decision, Facts, Proposal, Quiet, Reason, Rules, Verdict, decide, replay
from scheduler.posts import parse_recipient
from scheduler.timetable import Kind
from tests.scheduler.clear import CLEAR
from tests.scheduler.town import ADDRESSES, TOWNSPEOPLE, Item, Town

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
    facts = replace(CLEAR, sent=tuple(now - timedelta(hours=age) for age in ages), every_days=days)
    decision = decide(Proposal(recipient, "value", now, now + timedelta(days=60)), facts, rules, now)
    if decision.verdict is Verdict.ALLOW:
        assert all(age >= max(24 * days, rules.gap_hours) for age in ages)


@settings(deadline=None, max_examples=60)
@given(recipient=PEOPLE, rules=RULES, steps=SHORT_STEPS, offset=st.timedeltas(timedelta(0), timedelta(days=365)))
def test_months_of_proposals_never_break_a_promise(recipient, rules, steps, offset) -> None:  # type: ignore[no-untyped-def]
    now, sent = START + offset, []
    for step in steps:
        now += step
        facts = replace(CLEAR, sent=tuple(sent))
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
    facts = replace(CLEAR, sent=tuple(now - age for age in ages))
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
    facts = replace(CLEAR, **{missing: None})
    decision = decide(Proposal(recipient, "value", now, now + timedelta(days=1)), facts, rules, now)
    assert decision.verdict is Verdict.HOLD


# --- whole histories: several channels, groups that share members, kills, and clocks that jump ---------------------

DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
HISTORIES = settings(
    deadline=None,
    max_examples=10_000 if DEEP else 150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TIGHT = st.builds(
    Rules,
    person_per_day=st.sampled_from([0, 1, 1, 2, 9]),
    person_per_week=st.sampled_from([0, 1, 3, 9]),
    group_per_day=st.sampled_from([0, 1, 1, 2, 9]),
    gap_hours=st.sampled_from([0, 1, 18, 18.5, 60, 300]),
    quiet=st.sampled_from([Quiet(time(21), time(9)), Quiet(time(0), time(0)), Quiet(time(13), time(14))]),
    zone=ZONES,
    topic_per_week=st.integers(0, 3),
    value_per_promo=st.integers(0, 4),
    promo_days_per_month=st.integers(0, 2),
    repeat_guide_days=st.sampled_from([0, 7, 90]),
    platform_per_day=st.sampled_from([None, 0, 1]),
)
LOOSE = st.builds(
    Rules,
    person_per_day=st.just(9),
    person_per_week=st.integers(5, 9),
    group_per_day=st.just(9),
    gap_hours=st.just(0),
    quiet=st.just(Quiet(time(0), time(0))),
    topic_per_week=st.integers(1, 3),
    value_per_promo=st.integers(0, 3),
    promo_days_per_month=st.integers(1, 2),
    repeat_guide_days=st.sampled_from([0, 3]),
)
KINDS = st.sampled_from(["value", "value", "value", "promo", "service"])
HOURS = st.sampled_from([0.05, 0.5, 3, 5, 13, 18, 24, 24, 40, 90, 200, 800])
BEGIN = START + timedelta(days=200, hours=2)
POST = st.tuples(
    st.just("post"),
    HOURS,
    st.integers(0, len(ADDRESSES) - 1),
    KINDS,
    st.sampled_from(["", "a", "b"]),
    st.integers(0, 4),
)
OTHER = st.one_of(
    st.tuples(st.just("forward"), HOURS),
    st.tuples(st.just("back"), st.sampled_from([0.5, 2, 25, 300, 5000])),
    st.tuples(st.just("retry"), st.integers(0, 9)),
    st.tuples(st.just("lose")),
    st.tuples(st.just("wish"), st.integers(0, 8)),
)
STEPS = st.lists(st.one_of(POST, POST, POST, OTHER), min_size=15, max_size=50)
LATER = BEGIN + timedelta(days=20)
WISHES: Sequence[dict[str, Any]] = (
    {"opted_out": True}, {"mood_hold": True}, {"every_days": 7}, {"rest_days": 14}, {"topic_off": True},
    {"muted_until": LATER}, {"heavier_at": LATER}, {}, {},
)  # fmt: skip


class History:
    """Lives through steps; what waits asks again when its time has come."""

    def __init__(self, rules: Rules, tenant: Facts = CLEAR, start: datetime = BEGIN) -> None:
        self.town = Town(rules, start, tenant=tenant)
        self.waiting: dict[Item, datetime] = {}
        self.items: list[Item] = []

    def live(self, steps: Iterable[tuple[Any, ...]]) -> "History":
        for step in steps:
            getattr(self, step[0])(*step[1:])
            for item in [item for item, at in self.waiting.items() if at <= self.town.now]:
                self.ask(item)
        return self

    def post(self, hours: float, to: int, kind: Kind, topic: str, guide: int) -> None:
        """After so many hours."""
        self.forward(hours)
        expires_at = self.town.now + timedelta(hours=(6, 30, 100)[guide % 3])
        address = parse_recipient(ADDRESSES[to])
        self.items.append(Item(len(self.items), address, kind, topic, f"{guide}.md", expires_at))
        self.ask(self.items[-1])

    def ask(self, item: Item) -> None:
        made = self.town.ask(item)
        self.waiting.pop(item, None)
        if made.verdict is Verdict.DEFER and made.until is not None:
            self.waiting[item] = made.until
        elif made.verdict is Verdict.HOLD:
            self.waiting[item] = min(self.town.now + timedelta(minutes=10), item.expires_at)

    def forward(self, hours: float) -> None:
        self.town.now += timedelta(hours=hours)

    def back(self, hours: float) -> None:
        self.town.now -= timedelta(hours=hours)

    def retry(self, back: int) -> None:
        """The platform said "later" to what had just left; or something that was refused is tried once more."""
        if back < len(self.items):
            item = self.items[-1 - back]
            if item not in [sent.item for sent in self.town.ledger[:-1]]:
                self.ask(item)

    def lose(self) -> None:
        self.town.lose()

    def wish(self, which: int) -> None:
        """All who know of it say and show the same."""
        self.town.wishes = {parse_recipient(each).subject: WISHES[which] for each in TOWNSPEOPLE}


def check(history: History) -> None:
    town = history.town
    assert town.broken() == []
    for item, now, made in town.decisions:
        if item.kind == "promo":
            assert made.verdict in (Verdict.ALLOW, Verdict.DROP)
        if made.verdict is Verdict.DEFER:
            assert made.until is not None
            assert now < made.until < item.expires_at
        if made.verdict is Verdict.ALLOW:
            assert_wanted(made, now, town.rules)
    assert all(item.expires_at > town.now or at <= item.expires_at for item, at in history.waiting.items())


def assert_wanted(made: Decision, now: datetime, rules: Rules) -> None:
    """What left was not against what the person had said and shown."""
    facts: Any = made.inputs["facts"]
    assert not any(facts[name] for name in ("opted_out", "mood_hold", "topic_off"))
    assert facts["muted_until"] is None or now >= datetime.fromisoformat(facts["muted_until"])
    last = max(map(datetime.fromisoformat, facts["sent"]), default=START - timedelta(days=99_999))
    assert now >= last + timedelta(days=max(facts["every_days"], facts["rest_days"]))
    if facts["heavier_at"] is not None:
        assert not now < datetime.fromisoformat(facts["heavier_at"]) < now + timedelta(hours=rules.gap_hours)


@HISTORIES
@given(
    rules=st.one_of(TIGHT, LOOSE), steps=STEPS, extra=st.integers(0, 1), holiday=st.sets(st.integers(0, 40), max_size=9)
)
def test_no_history_breaks_a_promise_to_anybody(rules, steps, extra, holiday) -> None:  # type: ignore[no-untyped-def]
    """Caps, gap, ratio, budget, repeats, topics: for each person over all channels and groups, and for each group."""
    first = rules.local(BEGIN).date()
    off = tuple(sorted(first + timedelta(days=ahead) for ahead in holiday))
    check(History(rules, replace(CLEAR, promo_extra=extra, days_off=off)).live(steps))


NEGATIVE = st.sampled_from(
    [
        *WISHES[:7],
        {"paused": True},
        {"human_has_it": True},
        {"approved": False},
        {"violations": ("absolute_term",)},
        {"members_free_at": LATER},
    ]
)


@HISTORIES
@given(rules=st.one_of(TIGHT, LOOSE), steps=STEPS, post=POST, bad=NEGATIVE)
def test_bad_news_never_opens_the_gate_and_never_brings_anything_forward(rules, steps, post, bad) -> None:  # type: ignore[no-untyped-def]
    """Whatever was before: with one more thing against it an item leaves no sooner."""
    history = History(rules).live(steps)
    town = history.town
    history.post(*post[1:])
    item = history.items[-1]
    town.release(item)
    calm = town.facts(item)
    before, after = (leaves(item, facts, rules, town.now) for facts in (calm, replace(calm, **later(bad, calm))))
    assert after >= before, (before, after)


def later(bad: dict[str, Any], calm: Facts) -> dict[str, Any]:
    """Of two moments that both stand against it the later one counts."""
    return {
        name: max(value, getattr(calm, name) or value) if name in MOMENTS_AGAINST else value
        for name, value in bad.items()
    }


MOMENTS_AGAINST = ("members_free_at", "muted_until")


def leaves(item: Item, facts: Facts, rules: Rules, now: datetime) -> datetime:
    """When the item goes if it asks again whenever it is told to and nothing else happens."""
    while (made := decide(Proposal(item.to, item.kind, now, item.expires_at), facts, rules, now)).until is not None:
        now = made.until
    return now if made.verdict is Verdict.ALLOW else START + timedelta(days=9999)


WEEKLY = st.lists(st.sampled_from([20.0, 26.0, 49.0, 75.0, 168.0]), min_size=8, max_size=40)


@HISTORIES
@given(pauses=WEEKLY, rest=st.sampled_from([3, 7, 14, 30]), since=st.integers(0, 20), caps=st.integers(1, 4))
def test_a_negative_signal_in_a_life_of_posts_means_at_no_time_more_of_them(pauses, rest, since, caps) -> None:  # type: ignore[no-untyped-def]
    """Two runs of the same posts: one with a longer rest from some day on never is ahead of the other."""
    rules = Rules(person_per_week=caps, repeat_guide_days=0, topic_per_week=99)
    calm, tired = History(rules), History(rules)
    for place, hours in enumerate(pauses):
        if place == since:
            tired.town.wishes["person:wmd"] = {"rest_days": rest}
        for history in (calm, tired):
            history.live([("post", hours, len(ADDRESSES) - 1, "value", "", 0)])
        assert len(tired.town.ledger) <= len(calm.town.ledger)
