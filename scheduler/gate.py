"""The one gate between us and a person who did not ask: facts in, decision out, every decision replayable.

Asked for every unasked item at dispatch, and again on every retry or reminder. A schedule's kind loosens nothing here:
answers and call-backs that somebody asked for are another class and never come to this gate.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

from scheduler.posts import Recipient, Scope
from scheduler.rules import Quiet, Rules
from scheduler.timetable import Kind, zone_of

__all__ = [
    "REASON_TEXT", "RULE_VERSION", "Decision", "Facts", "Proposal", "Quiet", "Reason", "Rules", "UnknownRule",
    "Verdict", "decide", "describe", "replay",
]  # fmt: skip

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

RULE_VERSION = "2"
_EARLIER = frozenset({"1"})  # versions that this program still judges as they were; see `_ADDED`


class Verdict(StrEnum):
    """What to do with the item. A value is stored, so it never changes."""

    ALLOW = "allow"
    DEFER = "defer"  # ask again at `until`
    DIGEST = "digest"
    DROP = "drop"
    HOLD = "hold"  # ask again when the facts change; it may expire meanwhile


class Reason(StrEnum):
    """Why an item may not leave now. A value is stored and shown, so it never changes."""

    PERSON_DAY = "person_day"
    PERSON_WEEK = "person_week"
    GROUP_DAY = "group_day"
    MIN_GAP = "min_gap"
    QUIET_HOURS = "quiet_hours"
    HOLIDAY = "holiday"
    RATIO = "ratio"
    PROMO_BUDGET = "promo_budget"
    REPEATED_GUIDE = "repeated_guide"
    OPTED_OUT = "opted_out"
    TOPIC_OFF = "topic_off"
    MUTED = "muted"
    MOOD_HOLD = "mood_hold"
    HUMAN_HAS_IT = "human_has_it"
    FATIGUE = "fatigue"
    NOT_APPROVED = "not_approved"
    VIOLATION = "violation"
    PLATFORM_CAP = "platform_cap"
    EXPIRED = "expired"
    NOT_REACHABLE = "not_reachable"
    PAUSED = "paused"
    UNKNOWN = "unknown"  # a fact is missing


# Sentences for operators; the names in braces are numbers that the decision saw.
REASON_TEXT: Mapping[Reason, str] = {
    Reason.PERSON_DAY: "对方今天已收到 {day} 条，每天最多 {person_per_day} 条",
    Reason.PERSON_WEEK: "对方本周已收到 {week} 条，每周最多 {person_per_week} 条",
    Reason.GROUP_DAY: "这个群今天已收到 {day} 条，每天最多 {group_per_day} 条",
    Reason.MIN_GAP: "上一条是 {last} 发的，间隔还不到 {gap_hours} 小时",
    Reason.QUIET_HOURS: "{now} 在免打扰时段（{quiet}）内",
    Reason.HOLIDAY: "今天是节假日，不打扰",
    Reason.RATIO: "最近的实用内容还不够多，先不发推广",
    Reason.PROMO_BUDGET: "本月的推广次数已用完",
    Reason.REPEATED_GUIDE: "这篇内容不久前已发给对方",
    Reason.OPTED_OUT: "对方已退订",
    Reason.TOPIC_OFF: "对方不想收这个主题",
    Reason.MUTED: "对方设了静音",
    Reason.MOOD_HOLD: "对方最近不太满意，先不打扰",
    Reason.HUMAN_HAS_IT: "同事正在接待对方",
    Reason.FATIGUE: "对方最近对推送没有回应",
    Reason.NOT_APPROVED: "内容还没有审核通过",
    Reason.VIOLATION: "内容有不合规的说法",
    Reason.PLATFORM_CAP: "已到企业微信的发送上限",
    Reason.EXPIRED: "原定 {planned_at}，到 {expires_at} 已过期",
    Reason.NOT_REACHABLE: "现在联系不到对方，请检查收件地址和通道设置",
    Reason.PAUSED: "定时发送已暂停",
    Reason.UNKNOWN: "缺少判断需要的信息（{unknown}），宁可不发",
}

_FACT_NAMES = {
    "sent": "发送记录",
    "opted_out": "是否退订",
    "human_has_it": "是否有同事接待",
    "mood_hold": "是否有不满没处理完",
    "topic_off": "想收哪些主题",
    "every_days": "隔几天收一次",
}
# What version 2 added, with the values under which it decides as version 1 did.
_ADDED: Mapping[str, bool | int | None] = {"mood_hold": False, "muted_until": None, "topic_off": False, "every_days": 0}
_WEEKDAYS = "一二三四五六日"
_LOOK_BACK = timedelta(days=8)  # a week and an hour is the longest calendar week; earlier sends only matter to the gap


class UnknownRule(ValueError):
    """A decision was made by a version of the rule that this program does not have."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item that wants to leave. It is good before `expires_at` (both aware)."""

    recipient: Recipient
    kind: Kind
    planned_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the recipient's subject now; None means not known, and then nothing leaves.

    `sent` is when something unasked went to the subject on any channel (aware, any order): everything of the last
    8 days and of the gap; older ones do no harm. `human_has_it`: a colleague is serving the person. `mood_hold`: the
    person was upset with us and no colleague has resolved it. `topic_off`: this topic is not wanted; `every_days`: at
    least so many days between two (0: the tenant's gap alone); `muted_until`: not before (aware; None: not muted).
    """

    sent: tuple[datetime, ...] | None
    opted_out: bool | None
    paused: bool
    reachable: bool
    human_has_it: bool | None
    mood_hold: bool | None = None
    muted_until: datetime | None = None
    topic_off: bool | None = None
    every_days: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's word. `until` (UTC) is set with DEFER only, `reason` unless allowed.

    `inputs` is plain JSON and all that `replay` needs; it names nobody.
    """

    verdict: Verdict
    reason: Reason | None
    until: datetime | None
    rule: str
    inputs: dict[str, JSON]


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything one decision depends on. Moments are UTC; `sent` is in order and cut to what can matter."""

    scope: Scope
    channel: str
    kind: str
    planned_at: datetime
    expires_at: datetime
    now: datetime
    facts: Facts
    rules: Rules
    rule: str = RULE_VERSION

    @property
    def gap(self) -> timedelta:
        """How far this one must be from the last: the tenant's gap, or the longer one that the person asked for."""
        return max(timedelta(hours=self.rules.gap_hours), timedelta(days=self.facts.every_days or 0))

    @property
    def sent(self) -> tuple[datetime, ...]:
        return self.facts.sent or ()

    @property
    def today(self) -> int:
        """How many went out on this local day."""
        day = self.rules.local(self.now).date()
        return sum(self.rules.local(moment).date() == day for moment in self.sent)

    @property
    def this_week(self) -> int:
        """How many went out in this ISO week of the tenant's calendar."""
        week = self.rules.local(self.now).isocalendar()[:2]
        return sum(self.rules.local(moment).isocalendar()[:2] == week for moment in self.sent)

    @property
    def unknown(self) -> list[str]:
        return [name for name in _FACT_NAMES if getattr(self.facts, name) is None]


class _Finding(NamedTuple):
    verdict: Verdict
    reason: Reason
    until: datetime | None = None


def decide(proposal: Proposal, facts: Facts, rules: Rules, now: datetime) -> Decision:
    """Whether `proposal` may leave at `now` (aware). Raises ValueError for a moment without time zone."""
    now = _utc(now)
    oldest = now - max(_LOOK_BACK, timedelta(hours=rules.gap_hours), timedelta(days=facts.every_days or 0))
    sent = None if facts.sent is None else tuple(sorted(at for at in map(_utc, facts.sent) if at > oldest))
    case = _Case(
        scope=proposal.recipient.scope,
        channel=proposal.recipient.channel,
        kind=proposal.kind,
        planned_at=_utc(proposal.planned_at),
        expires_at=_utc(proposal.expires_at),
        now=now,
        facts=replace(facts, sent=sent, muted_until=_utc(facts.muted_until) if facts.muted_until else None),
        rules=rules,
    )
    return _judge(case)


def replay(inputs: Mapping[str, Any], rule: str) -> Decision:
    """The decision that rule `rule` makes of recorded `inputs`; UnknownRule where this program has no such rule."""
    if rule != RULE_VERSION and rule not in _EARLIER:
        raise UnknownRule(f"这条决定由规则 {rule} 作出，本程序只有到 {RULE_VERSION} 为止的规则")
    facts = inputs["facts"] if rule == RULE_VERSION else {**inputs["facts"], **_ADDED}
    muted = facts["muted_until"]
    sent = None if facts["sent"] is None else tuple(datetime.fromisoformat(at) for at in facts["sent"])
    case = _Case(
        scope=inputs["scope"],
        channel=inputs["channel"],
        kind=inputs["kind"],
        planned_at=datetime.fromisoformat(inputs["planned_at"]),
        expires_at=datetime.fromisoformat(inputs["expires_at"]),
        now=datetime.fromisoformat(inputs["now"]),
        facts=Facts(**{**facts, "sent": sent, "muted_until": datetime.fromisoformat(muted) if muted else None}),
        rules=Rules.parse(**inputs["rules"]),
        rule=rule,
    )
    return _judge(case)


def _judge(case: _Case) -> Decision:
    for check in _CHECKS:
        if (found := check(case)) is not None:
            return Decision(found.verdict, found.reason, found.until, case.rule, _inputs(case))
    return Decision(Verdict.ALLOW, None, None, case.rule, _inputs(case))


def _standing(case: _Case) -> _Finding | None:
    """What does not depend on how much was sent.

    Expiry is first: what is stale is not held either, or it would wait for ever. Somebody upset comes before all else,
    so that the record says why. Unknown comes before any other fact is believed.
    """
    standing = (
        (case.now >= case.expires_at, Verdict.DROP, Reason.EXPIRED),
        (case.facts.mood_hold, Verdict.HOLD, Reason.MOOD_HOLD),
        (case.facts.paused, Verdict.HOLD, Reason.PAUSED),
        (not case.facts.reachable, Verdict.DROP, Reason.NOT_REACHABLE),
        (bool(case.unknown), Verdict.HOLD, Reason.UNKNOWN),
        (case.facts.human_has_it, Verdict.HOLD, Reason.HUMAN_HAS_IT),
        (case.facts.opted_out, Verdict.DROP, Reason.OPTED_OUT),
        (case.facts.topic_off, Verdict.DROP, Reason.TOPIC_OFF),
    )
    return next((_Finding(verdict, reason) for true, verdict, reason in standing if true), None)


def _muted(case: _Case) -> _Finding | None:
    until = case.facts.muted_until
    return _later(case, Reason.MUTED, until) if until is not None and case.now < until else None


def _quiet(case: _Case) -> _Finding | None:
    return _later(case, Reason.QUIET_HOURS, case.now) if case.rules.quiet_at(case.now) else None


def _week_cap(case: _Case) -> _Finding | None:
    if case.scope == "group":
        return None
    return _capped(case, Reason.PERSON_WEEK, case.this_week, case.rules.person_per_week, case.rules.next_week)


def _day_cap(case: _Case) -> _Finding | None:
    if case.scope == "group":
        return _capped(case, Reason.GROUP_DAY, case.today, case.rules.group_per_day, case.rules.next_day)
    return _capped(case, Reason.PERSON_DAY, case.today, case.rules.person_per_day, case.rules.next_day)


def _gap(case: _Case) -> _Finding | None:
    """Beside the calendar's caps: two minutes before and after midnight are two days and still too close."""
    free = max(case.sent, default=None)
    if free is None or case.now >= (free := free + case.gap):
        return None
    return _later(case, Reason.MIN_GAP, free)


# The order is the policy: the first that finds something decides.
_CHECKS: tuple[Callable[[_Case], _Finding | None], ...] = (_standing, _muted, _quiet, _week_cap, _day_cap, _gap)


def _capped(
    case: _Case, reason: Reason, count: int, cap: int, following: Callable[[datetime], datetime]
) -> _Finding | None:
    if count < cap:
        return None
    # A cap of 0 means never: waiting for the next day would only wait for the next no.
    return _later(case, reason, following(case.now)) if cap else _Finding(Verdict.DROP, reason)


def _later(case: _Case, reason: Reason, moment: datetime) -> _Finding:
    """Put off to the first open moment from `moment` on, or give up where the item is stale by then."""
    until = case.rules.open_from(moment)
    return _Finding(Verdict.DEFER, reason, until) if until < case.expires_at else _Finding(Verdict.DROP, reason)


def _inputs(case: _Case) -> dict[str, JSON]:
    facts, rules = case.facts, case.rules
    return {
        "scope": case.scope,
        "channel": case.channel,
        "kind": case.kind,
        "planned_at": case.planned_at.isoformat(),
        "expires_at": case.expires_at.isoformat(),
        "now": case.now.isoformat(),
        "facts": {
            "sent": None if facts.sent is None else [at.isoformat() for at in facts.sent],
            "opted_out": facts.opted_out,
            "paused": facts.paused,
            "reachable": facts.reachable,
            "human_has_it": facts.human_has_it,
            **({} if case.rule in _EARLIER else _added(facts)),
        },
        "rules": {
            "person_per_day": rules.person_per_day,
            "person_per_week": rules.person_per_week,
            "group_per_day": rules.group_per_day,
            "gap_hours": rules.gap_hours,
            "quiet": str(rules.quiet),
            "zone": rules.zone,
        },
        # Counted from the above, for people who read the record.
        "seen": {"day": case.today, "week": case.this_week, "unknown": list[JSON](case.unknown)},
    }


def _added(facts: Facts) -> dict[str, JSON]:
    return {
        "mood_hold": facts.mood_hold,
        "muted_until": facts.muted_until.isoformat() if facts.muted_until else None,
        "topic_off": facts.topic_off,
        "every_days": facts.every_days,
    }


def describe(decision: Decision, zone: str) -> str:
    """The decision as one Chinese sentence for operators, times on the clock of `zone` (IANA name)."""
    numbers = _numbers(decision.inputs, zone)
    if decision.reason is None:
        counts = "今天已有 {day} 条" if decision.inputs["scope"] == "group" else "今天已有 {day} 条、本周 {week} 条"
        return f"可以发：{counts.format_map(numbers)}，在限度之内。"
    until = _clock(decision.until, zone) if decision.until else ""
    lead = {
        Verdict.DEFER: f"推迟到 {until}",
        Verdict.DIGEST: "并入汇总",
        Verdict.DROP: "不发",
        Verdict.HOLD: "先不发",
    }[decision.verdict]
    return f"{lead}：{REASON_TEXT[decision.reason].format_map(numbers)}。"


def _numbers(inputs: Mapping[str, Any], zone: str) -> dict[str, str]:
    """What the templates of REASON_TEXT may name, ready to be read."""
    sent = inputs["facts"]["sent"]
    moments = {"now": inputs["now"], "planned_at": inputs["planned_at"], "expires_at": inputs["expires_at"]}
    if sent:
        moments["last"] = sent[-1]
    numbers = {name: _clock(datetime.fromisoformat(at), zone) for name, at in moments.items()}
    numbers |= {name: str(value) for name, value in (inputs["rules"] | inputs["seen"]).items()}
    every = 24 * (inputs["facts"].get("every_days") or 0)
    numbers["gap_hours"] = f"{max(inputs['rules']['gap_hours'], every):g}"
    numbers["unknown"] = "、".join(_FACT_NAMES[name] for name in inputs["seen"]["unknown"])
    return numbers


def _clock(moment: datetime, zone: str) -> str:
    local = moment.astimezone(zone_of(zone))
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone: pass an aware datetime")
    return moment.astimezone(UTC)
