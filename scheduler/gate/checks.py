"""The rules themselves, in their order: the first check that finds something decides."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from scheduler.gate.case import Case
from scheduler.gate.model import Decision, Reason, Verdict

HEAVIER, MEMBERS, HABIT = "heavier", "members", "habit"  # which of a reason's sentences fits: see `texts`

# A post of use that is stale before it may leave can still be named in the next one.
_WORTH_NAMING = frozenset(
    {
        Reason.PERSON_DAY, Reason.PERSON_WEEK, Reason.TOPIC_WEEK, Reason.MIN_GAP, Reason.FATIGUE,
        Reason.QUIET_HOURS, Reason.HOLIDAY, Reason.PLATFORM_CAP,
    }
)  # fmt: skip


class Finding(NamedTuple):
    """What stands against an item: `until` is when that ends, where the case tells."""

    reason: Reason
    verdict: Verdict
    until: datetime | None = None
    because: str = ""


Check = Callable[[Case], Finding | None]


def judge(case: Case) -> Decision:
    """The decision on a case."""
    for check in CHECKS:
        if (found := check(case)) is not None:
            made = found if case.earlier else _by_class(case, found)
            until = made.until if made.verdict is Verdict.DEFER else None
            return Decision(made.verdict, made.reason, until, case.rule, case.record(made.because))
    return Decision(Verdict.ALLOW, None, None, case.rule, case.record())


def _by_class(case: Case, found: Finding) -> Finding:
    """What a refused item becomes is its class's property: a promotion is gone, a post of use may be named later."""
    if case.kind == "promo":
        return found._replace(verdict=Verdict.DROP)
    stale = found.verdict is Verdict.DROP and found.until is not None
    if stale and case.kind == "value" and case.scope == "person" and found.reason in _WORTH_NAMING:
        return found._replace(verdict=Verdict.DIGEST)
    return found


def _standing(case: Case) -> Finding | None:
    """What does not depend on how much was sent.

    Expiry is first: what is stale is not held either, or it would wait for ever. Somebody upset comes before all else,
    so that the record says why. Unknown comes before any other fact is believed.
    """
    facts = case.facts
    standing = (
        (case.now >= case.expires_at, Verdict.DROP, Reason.EXPIRED),
        (facts.mood_hold, Verdict.HOLD, Reason.MOOD_HOLD),
        (facts.paused, Verdict.HOLD, Reason.PAUSED),
        (not facts.reachable, Verdict.DROP, Reason.NOT_REACHABLE),
        (bool(case.unknown), Verdict.HOLD, Reason.UNKNOWN),
        (facts.human_has_it, Verdict.HOLD, Reason.HUMAN_HAS_IT),
        (facts.opted_out, Verdict.DROP, Reason.OPTED_OUT),
        (facts.topic_off, Verdict.DROP, Reason.TOPIC_OFF),
        (bool(facts.violations), Verdict.DROP, Reason.VIOLATION),
        (not facts.approved, Verdict.HOLD, Reason.NOT_APPROVED),
    )
    return next((Finding(reason, verdict) for true, verdict, reason in standing if true), None)


def _muted(case: Case) -> Finding | None:
    until = case.facts.muted_until
    return _later(case, Reason.MUTED, until) if until is not None and case.now < until else None


def _holiday(case: Case) -> Finding | None:
    off = case.rules.holidays == "silent" and not case.earlier and case.today in (case.facts.days_off or ())
    return _later(case, Reason.HOLIDAY, case.rules.next_day(case.now)) if off else None


def _quiet(case: Case) -> Finding | None:
    return _later(case, Reason.QUIET_HOURS, case.now) if case.rules.quiet_at(case.now) else None


def _repeated(case: Case) -> Finding | None:
    last = case.facts.guide_at
    if last is None or case.now >= last + timedelta(days=case.rules.repeat_guide_days):
        return None
    return Finding(Reason.REPEATED_GUIDE, Verdict.DROP)


def _promotion(case: Case) -> Finding | None:
    """One day a month for all, and to each subject only what posts of use have earned."""
    if case.kind != "promo" or case.earlier:
        return None
    days, facts = case.facts.promo_days or (), case.facts
    if case.rules.promo_days_per_month == 0:
        return Finding(Reason.PROMO_BUDGET, Verdict.DROP)
    if case.today not in days and len(days) >= case.rules.promo_days_per_month + facts.promo_extra:
        return Finding(Reason.PROMO_BUDGET, Verdict.DROP)
    if (facts.value_since_promo or 0) < case.rules.value_per_promo:
        return Finding(Reason.RATIO, Verdict.DROP)
    return None


def _platform(case: Case) -> Finding | None:
    cap = case.rules.platform_per_day
    if cap is None or case.earlier:
        return None
    return _capped(case, Reason.PLATFORM_CAP, case.facts.platform_sent or 0, cap, case.rules.next_day)


def _week_cap(case: Case) -> Finding | None:
    if case.scope == "group":
        return None
    return _capped(case, Reason.PERSON_WEEK, case.sent_this_week, case.rules.person_per_week, case.rules.next_week)


def _topic_cap(case: Case) -> Finding | None:
    if case.earlier:
        return None
    return _capped(case, Reason.TOPIC_WEEK, case.facts.topic_sent or 0, case.rules.topic_per_week, case.rules.next_week)


def _day_cap(case: Case) -> Finding | None:
    if case.scope == "group":
        return _capped(case, Reason.GROUP_DAY, case.sent_today, case.rules.group_per_day, case.rules.next_day)
    return _capped(case, Reason.PERSON_DAY, case.sent_today, case.rules.person_per_day, case.rules.next_day)


def _members(case: Case) -> Finding | None:
    """A post to a group reaches each of its members, and their caps are theirs."""
    free = case.facts.members_free_at
    return _later(case, Reason.PERSON_DAY, free, MEMBERS) if free is not None and case.now < free else None


def _gap(case: Case) -> Finding | None:
    """Beside the calendar's caps: two minutes before and after midnight are two days and still too close."""
    last = max(case.sent, default=None)
    if last is None or case.now >= last + case.gap:
        return None
    return _later(case, Reason.MIN_GAP, last + case.gap)


def _rest(case: Case) -> Finding | None:
    last = max(case.sent, default=None)
    rest = timedelta(days=case.facts.rest_days or 0)
    if last is None or case.now >= last + rest:
        return None
    return _later(case, Reason.FATIGUE, last + rest)


def _heavier(case: Case) -> Finding | None:
    """A lighter item does not take the slot of a heavier one that is planned within the gap."""
    heavier = case.facts.heavier_at
    if heavier is None or not case.now < heavier < case.now + case.gap:
        return None
    return _later(case, Reason.MIN_GAP, heavier + case.gap, HEAVIER)


def _habit(case: Case) -> Finding | None:
    """What may leave now waits for an hour of today at which the person usually writes. It never refuses anything:
    where there is no such hour any more today, or none before the item is stale, now is as good as any."""
    hours = case.facts.usual_hours
    if case.scope == "group" or case.kind == "promo" or not hours or case.rules.local(case.now).hour in hours:
        return None
    until = next((at for at in case.later_today() if case.rules.local(at).hour in hours), None)
    if until is None or until >= case.expires_at or case.open_from(until) != until:
        return None
    return Finding(Reason.QUIET_HOURS, Verdict.DEFER, until, HABIT)


CHECKS: Sequence[Check] = (
    _standing, _muted, _holiday, _quiet, _repeated, _promotion, _platform, _week_cap, _topic_cap, _day_cap, _members,
    _gap, _rest, _heavier, _habit,
)  # fmt: skip
"""The order is the policy: the first that finds something decides."""


def _capped(
    case: Case, reason: Reason, count: int, cap: int, following: Callable[[datetime], datetime]
) -> Finding | None:
    if count < cap:
        return None
    # A cap of 0 means never: waiting for the next day would only wait for the next no.
    return _later(case, reason, following(case.now)) if cap else Finding(reason, Verdict.DROP)


def _later(case: Case, reason: Reason, moment: datetime, because: str = "") -> Finding:
    """Put off to the first open moment from `moment` on, or give up where the item is stale by then."""
    until = case.open_from(moment)
    return Finding(reason, Verdict.DEFER if until < case.expires_at else Verdict.DROP, until, because)
