"""One case before the gate: what a decision depends on, counted, and as the record that it is replayed from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from scheduler.gate.model import EARLIER, JSON, RULE_VERSION, Facts, Proposal
from scheduler.posts import Scope
from scheduler.rules import Rules

_LOOK_BACK = timedelta(days=8)  # a week and an hour is the longest calendar week; earlier sends only matter to the gap

FACT_NAMES: Mapping[str, str] = {
    "sent": "发送记录",
    "opted_out": "是否退订",
    "human_has_it": "是否有同事接待",
    "mood_hold": "是否有不满没处理完",
    "topic_off": "想收哪些主题",
    "every_days": "隔几天收一次",
    "approved": "内容是否批准",
    "violations": "内容是否合规",
    "topic_sent": "同一主题当周发了几条",
    "rest_days": "要歇几天",
    "value_since_promo": "上次推广后发了几条实用内容",
    "promo_days": "当月哪几天发过推广",
    "platform_sent": "企业微信当天算了几条",
    "days_off": "那一年的法定节假日",
}
# What each version added to the facts, with the values under which it decides as the versions before did.
_ADDED: Mapping[str, Mapping[str, Any]] = {
    "2": {"mood_hold": False, "muted_until": None, "topic_off": False, "every_days": 0},
    "3": {
        "approved": True,
        "violations": (),
        "topic_sent": 0,
        "guide_at": None,
        "rest_days": 0,
        "heavier_at": None,
        "members_busy": 0,
        "members_free_at": None,
        "value_since_promo": 0,
        "promo_days": (),
        "promo_extra": 0,
        "platform_sent": 0,
        "days_off": (),
        "usual_hours": (),
    },
}
_ADDED_RULES = (
    "topic_per_week", "value_per_promo", "promo_days_per_month", "repeat_guide_days", "platform_per_day", "holidays"
)  # fmt: skip
_MOMENTS = ("muted_until", "guide_at", "heavier_at", "members_free_at")


@dataclass(frozen=True, slots=True)
class Case:
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

    @staticmethod
    def of(proposal: Proposal, facts: Facts, rules: Rules, now: datetime) -> "Case":
        """Raises ValueError for a moment without time zone."""
        now = _utc(now)
        oldest = now - max(_LOOK_BACK, timedelta(hours=rules.gap_hours), _longest_rest(facts))
        sent = None if facts.sent is None else tuple(sorted(at for at in map(_utc, facts.sent) if at > oldest))
        moments: dict[str, Any] = {name: _utc(at) for name in _MOMENTS if (at := getattr(facts, name)) is not None}
        return Case(
            scope=proposal.recipient.scope,
            channel=proposal.recipient.channel,
            kind=proposal.kind,
            planned_at=_utc(proposal.planned_at),
            expires_at=_utc(proposal.expires_at),
            now=now,
            facts=replace(facts, sent=sent, **moments),
            rules=rules,
        )

    @property
    def earlier(self) -> bool:
        """Judged by a version of the rule that knew nothing of kinds, holidays and content."""
        return self.rule in EARLIER

    @property
    def today(self) -> date:
        return self.rules.local(self.now).date()

    @property
    def gap(self) -> timedelta:
        """How far this one must be from the last: the tenant's gap, or the longer one that the person asked for."""
        return max(timedelta(hours=self.rules.gap_hours), timedelta(days=self.facts.every_days or 0))

    @property
    def sent(self) -> tuple[datetime, ...]:
        return self.facts.sent or ()

    @property
    def sent_today(self) -> int:
        """How many went out on this local day."""
        return sum(self.rules.local(moment).date() == self.today for moment in self.sent)

    @property
    def sent_this_week(self) -> int:
        """How many went out in this ISO week of the tenant's calendar."""
        week = self.today.isocalendar()[:2]
        return sum(self.rules.local(moment).isocalendar()[:2] == week for moment in self.sent)

    @property
    def unknown(self) -> list[str]:
        indifferent = {"days_off"} if self.rules.holidays == "as_usual" else set()
        return [name for name in FACT_NAMES if name not in indifferent and getattr(self.facts, name) is None]

    def open_from(self, moment: datetime) -> datetime:
        """The first moment from this one on (UTC) that is neither quiet nor on a holiday."""
        moment = self.rules.open_from(moment)
        off = self.facts.days_off or () if self.rules.holidays == "silent" and not self.earlier else ()
        while self.rules.local(moment).date() in off:
            moment = self.rules.open_from(self.rules.next_day(moment))
        return moment

    def later_today(self) -> Iterator[datetime]:
        """The full hours that are still to come on this local day (UTC)."""
        hour = self.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        while self.rules.local(hour).date() == self.today:
            yield hour
            hour += timedelta(hours=1)

    def record(self, because: str = "") -> dict[str, JSON]:
        """The case as JSON, with what was counted from it for people who read the record."""
        seen: dict[str, JSON] = {
            "day": self.sent_today,
            "week": self.sent_this_week,
            "unknown": list[JSON](self.unknown),
        }
        return {
            "scope": self.scope,
            "channel": self.channel,
            "kind": self.kind,
            "planned_at": self.planned_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "now": self.now.isoformat(),
            "facts": {name: _plain(getattr(self.facts, name)) for name in self._fact_names()},
            "rules": {name: _plain(getattr(self.rules, name)) for name in self._rule_names()},
            "seen": seen | ({"because": because} if because else {}),
        }

    def _fact_names(self) -> list[str]:
        unheard = {name for version, added in _ADDED.items() if version > self.rule for name in added}
        return [field.name for field in fields(Facts) if field.name not in unheard]

    def _rule_names(self) -> list[str]:
        return [field.name for field in fields(Rules) if not (self.earlier and field.name in _ADDED_RULES)]


def recorded(inputs: Mapping[str, Any], rule: str) -> Case:
    """The case that `Case.record` wrote under version `rule`."""
    facts = dict(inputs["facts"])
    for version, added in _ADDED.items():
        facts |= added if version > rule else {}
    sent = None if facts["sent"] is None else tuple(map(datetime.fromisoformat, facts["sent"]))
    moments = {name: datetime.fromisoformat(facts[name]) if facts[name] else None for name in _MOMENTS}
    days = {name: _days(facts[name]) for name in ("promo_days", "days_off")}
    violations = None if facts["violations"] is None else tuple(facts["violations"])
    # Decisions of version 3 before it knew of hours name none.
    hours = {"usual_hours": tuple(facts.get("usual_hours") or ())}
    return Case(
        scope=inputs["scope"],
        channel=inputs["channel"],
        kind=inputs["kind"],
        planned_at=datetime.fromisoformat(inputs["planned_at"]),
        expires_at=datetime.fromisoformat(inputs["expires_at"]),
        now=datetime.fromisoformat(inputs["now"]),
        facts=Facts(**{**facts, "sent": sent, "violations": violations, **moments, **days, **hours}),
        rules=Rules.parse(**inputs["rules"]),
        rule=rule,
    )


def _days(stored: list[str] | tuple[date, ...] | None) -> tuple[date, ...] | None:
    if stored is None:
        return None
    return tuple(day if isinstance(day, date) else date.fromisoformat(day) for day in stored)


def _plain(value: Any) -> JSON:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)


def _longest_rest(facts: Facts) -> timedelta:
    return timedelta(days=max(facts.every_days or 0, facts.rest_days or 0))


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs its time zone: pass an aware datetime")
    return moment.astimezone(UTC)
