"""A small town with groups that share members, and a ledger in memory: what the gate is told, without a store."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from scheduler.gate import Decision, Facts, Proposal, Rules, Verdict, decide
from scheduler.posts import Recipient, parse_recipient
from scheduler.timetable import Kind
from tests.scheduler.clear import CLEAR

# The group robot's members are unknown to us; each of the others is in one group at least, one is in all of them.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "group:lihua:wrA": ("person:wma", "person:wmb"),
    "appchat:wrB": ("person:wmb", "person:wmc"),
    "aibot:bot:group:wrC": ("person:wmb",),
    "robot:weekly": (),
}
TOWNSPEOPLE = ("customer:lihua:wmA", "customer:zhou:wmB", "app:wmB", "app:wmC", "aibot:bot:single:wmC", "app:wmD")
ADDRESSES = (*GROUPS, *TOWNSPEOPLE)
_MEMBERS = {parse_recipient(group).subject: members for group, members in GROUPS.items()}


@dataclass(frozen=True)
class Item:
    """Something that wants to leave: one part to one recipient."""

    number: int
    to: Recipient
    kind: Kind
    topic: str
    guide: str
    expires_at: datetime


@dataclass(frozen=True)
class Sent:
    item: Item
    at: datetime
    delivered: bool = True

    @property
    def subject(self) -> str:
        return self.item.to.subject


@dataclass
class Town:
    """`ledger` is what the store would hold; `wishes` are facts about a person that stand against an item."""

    rules: Rules
    now: datetime
    ledger: list[Sent] = field(default_factory=list)
    wishes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    tenant: Facts = CLEAR
    decisions: list[tuple[Item, datetime, Decision]] = field(default_factory=list)

    def ask(self, item: Item) -> Decision:
        """The gate's word; where it allows, the slot is taken and the item has left."""
        self.release(item)
        made = decide(Proposal(item.to, item.kind, self.now, item.expires_at), self.facts(item), self.rules, self.now)
        self.decisions.append((item, self.now, made))
        if made.verdict is Verdict.ALLOW:
            self.ledger.append(Sent(item, self.now))
        return made

    def release(self, item: Item) -> None:
        """Give back the slot of an item that is known not to have left."""
        self.ledger = [sent for sent in self.ledger if sent.item.number != item.number]

    def lose(self) -> None:
        """A kill before the end of the last send was written: its slot stays, whether it arrived is not known."""
        if self.ledger:
            self.ledger[-1] = replace(self.ledger[-1], delivered=False)

    def got(self, person: str) -> list[Sent]:
        """What reached a person, by the clock: alone and through their groups."""
        groups = {group for group, members in _MEMBERS.items() if person in members}
        return _by_time(sent for sent in self.ledger if sent.subject in {person, *groups})

    def facts(self, item: Item) -> Facts:
        """Everything that the gate asks for; the same as `bot.facts` finds in the store."""
        subject = item.to.subject
        own = _by_time(sent for sent in self.ledger if sent.subject == subject)
        members = [self.got(member) for member in _MEMBERS.get(subject, ())]
        mine = own if item.to.scope == "group" else self.got(subject)
        each = [mine, *members]
        waits = [at for sends in members if (at := self._free_at(sends)) is not None]
        return replace(
            self.tenant,
            sent=tuple(sent.at for sent in mine),
            topic_sent=max(self._of_topic(sends, item.topic) for sends in each),
            guide_at=max((sent.at for sent in mine if sent.item.guide == item.guide), default=None),
            value_since_promo=min(map(earned, each)),
            promo_days=self.promo_days(self.rules.local(self.now).date()),
            platform_sent=sum(self._day(sent.at) == self._day(self.now) for sent in mine),
            members_busy=len(waits),
            members_free_at=max(waits, default=None),
            **self.wishes.get(subject, {}),
        )

    def promo_days(self, month: date) -> tuple[date, ...]:
        days = {self._day(sent.at) for sent in self.ledger if sent.item.kind == "promo"}
        return tuple(sorted(day for day in days if (day.year, day.month) == (month.year, month.month)))

    def _free_at(self, sends: Sequence[Sent]) -> datetime | None:
        rules, moments = self.rules, [sent.at for sent in sends]
        waits = [moments[-1] + timedelta(hours=rules.gap_hours)] if moments else []
        if sum(self._day(at) == self._day(self.now) for at in moments) >= rules.person_per_day:
            waits.append(rules.next_day(self.now))
        if sum(self._week(at) == self._week(self.now) for at in moments) >= rules.person_per_week:
            waits.append(rules.next_week(self.now))
        return max((at for at in waits if at > self.now), default=None)

    def _of_topic(self, sends: Iterable[Sent], topic: str) -> int:
        week = self._week(self.now)
        return sum(bool(topic) and sent.item.topic == topic and self._week(sent.at) == week for sent in sends)

    def _day(self, at: datetime) -> date:
        return self.rules.local(at).date()

    def _week(self, at: datetime) -> tuple[int, int]:
        return self._day(at).isocalendar()[:2]

    def broken(self) -> list[str]:
        """The promises that were not kept, in words; empty is what every test wants."""
        rules = self.rules
        people = sorted({parse_recipient(each).subject for each in TOWNSPEOPLE})
        found = [f"{person}: {what}" for person in people for what in self._broken_to(self.got(person))]
        for group in _MEMBERS:
            own = _by_time(sent for sent in self.ledger if sent.subject == group)
            found += [f"{group}: {what}" for what in self._close(own)]
            days = Counter(self._day(sent.at) for sent in own)
            found += [f"{group}: day cap" for count in days.values() if count > rules.group_per_day]
        months = {self._day(sent.at).replace(day=1) for sent in self.ledger}
        allowed = rules.promo_days_per_month + self.tenant.promo_extra if rules.promo_days_per_month else 0
        found += [f"promotion in {month}" for month in months if len(self.promo_days(month)) > allowed]
        for sent in self.ledger:
            if rules.quiet_at(sent.at) or self._day(sent.at) in (self.tenant.days_off or ()):
                found.append(f"sent at {sent.at}")
            if sent.at >= sent.item.expires_at:
                found.append("sent stale")
        return found

    def _broken_to(self, got: Sequence[Sent]) -> list[str]:
        rules = self.rules
        days = Counter(self._day(sent.at) for sent in got)
        weeks = Counter(self._week(sent.at) for sent in got)
        topics = Counter((self._week(sent.at), sent.item.topic) for sent in got if sent.item.topic)
        found = self._close(got)
        found += ["day cap" for count in days.values() if count > rules.person_per_day]
        found += ["week cap" for count in weeks.values() if count > rules.person_per_week]
        found += ["topic cap" for count in topics.values() if count > rules.topic_per_week]
        promos = [place for place, sent in enumerate(got) if sent.item.kind == "promo"]
        for one, other in pairwise([-1, *promos]):
            useful = sum(sent.item.kind == "value" and sent.delivered for sent in got[one + 1 : other])
            found += ["ratio"] if useful < rules.value_per_promo else []
        return found

    def _close(self, got: Sequence[Sent]) -> list[str]:
        """Too near each other, or the same guide to the same address too soon."""
        gap, repeat = timedelta(hours=self.rules.gap_hours), timedelta(days=self.rules.repeat_guide_days)
        found = ["gap" for one, other in pairwise(got) if other.at - one.at < gap]
        for place, later in enumerate(got):
            # What somebody got alone may come to their whole group afterwards, but never the other way round.
            before = [each for each in got[:place] if later.item.to.scope == "person" or each.subject == later.subject]
            if any(each.item.guide == later.item.guide and later.at - each.at < repeat for each in before):
                found.append("repeated guide")
        return found


def earned(sends: Sequence[Sent]) -> int:
    """How many posts of use arrived since the last promotion."""
    last = max((sent.at for sent in sends if sent.item.kind == "promo"), default=None)
    return sum(sent.item.kind == "value" and sent.delivered and (last is None or sent.at > last) for sent in sends)


def _by_time(sends: Iterable[Sent]) -> list[Sent]:
    return sorted(sends, key=lambda sent: sent.at)
