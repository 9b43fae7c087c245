"""What is sent to whom: Fencun's way, and two ways without a gate."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np

from scheduler.rules import Rules
from scheduler.simulation.assumptions import Assumptions
from scheduler.simulation.gate import SimulatedGate, Wishes
from scheduler.simulation.people import Behaviour, Item, People
from scheduler.simulation.rhythm import NEVER, Clockwork, Days, Flags, Numbers, Rhythms, rest_days
from scheduler.timetable import Schedule, occurrences

WEEKLY, MEMBER_DAY = "周四 {at:%H:%M}", "每月第二个周一 {at:%H:%M}"
MONTHLY_FOUR = {4: "promo", 11: "value", 18: "promo", 25: "value"}  # day of the month → what is sent


class Policy(Protocol):
    """`offers` is what there is for everybody on a day, `send` whom it reaches; `saw` hears what they did."""

    name: str
    title: str

    def offers(self, day: int) -> Item | None: ...

    def send(self, day: int, item: Item, people: People) -> Flags: ...

    def saw(self, day: int, behaviour: Behaviour) -> None: ...


@dataclass(frozen=True, slots=True)
class Map:
    """Who gets posts where: the first people in groups of nearly equal size, one group after the other."""

    people: int
    in_groups: int
    groups: int

    @property
    def alone(self) -> int:
        return self.people - self.in_groups

    def subjects(self) -> Days:
        """The number of everybody's subject: their group, or after all groups they themselves."""
        members = np.arange(self.in_groups) * self.groups // max(1, self.in_groups)
        return np.concatenate([members, self.groups + np.arange(self.alone)]).astype(np.int64)


class Naive:
    """Sends what there is to whoever is here and has not opted out. Mutes and wishes for less are not heard."""

    def __init__(self, name: str, title: str, clockwork: Clockwork, topics: int) -> None:
        self.name, self.title = name, title
        self._clockwork = clockwork
        self._topics = topics
        self._guides = 0

    def offers(self, day: int) -> Item | None:
        if self.name == "daily":
            return Item("promo")
        match MONTHLY_FOUR.get(self._clockwork.day(day).day):
            case "promo":
                return Item("promo")
            case "value":
                self._guides += 1
                return Item("value", self._guides % self._topics)
        return None

    def send(self, day: int, item: Item, people: People) -> Flags:  # noqa: ARG002 - whatever it is
        return np.asarray(people.here & ~people.opted_out)

    def saw(self, day: int, behaviour: Behaviour) -> None:
        pass


class Fencun:
    """A guide every week and a member day every month, each through the gate, with fatigue and layers as rest."""

    name, title = "fencun", "分寸"

    def __init__(self, where: Map, rules: Rules, clockwork: Clockwork, assumed: Assumptions, weeks: int) -> None:
        self._where = where
        self._subjects = where.subjects()
        self._assumed = assumed
        self._clockwork = clockwork
        self.gate = SimulatedGate(where.groups, where.alone, rules, clockwork, assumed.mute_days)
        self.rhythms = Rhythms(where.people, rules)
        self._group_rest: Days = np.zeros(where.groups, np.int64)
        self._quarters = Quarters(self._subjects[: where.in_groups], where.groups)
        self._guides, self._member_days = self._timetable(rules.zone, weeks)
        self._sent = 0

    def _timetable(self, zone: str, weeks: int) -> tuple[list[datetime], list[datetime]]:
        """The moments of both schedules, from the real timetable."""
        start = self._clockwork.post(0) - timedelta(hours=1)
        end = start + timedelta(weeks=weeks + 6)  # beyond the end: what comes next is looked at
        rules = [rule.format(at=self._clockwork.at) for rule in (WEEKLY, MEMBER_DAY)]
        guides, days = (_moments(Schedule(rule, rule, "", ("app:all",)), start, end, zone) for rule in rules)
        return guides, days

    def offers(self, day: int) -> Item | None:
        now = self._clockwork.post(day)
        self.gate.turn()
        self._renew(day)
        if now in self._guides:
            self._sent += 1
            return Item("value", self._sent % self._assumed.topics)
        return Item("promo") if now in self._member_days else None

    def _renew(self, day: int) -> None:
        value = self.rhythms.renew(day)
        self._group_rest = rest_days(self._quarters.means(value), self._group_rest)

    def send(self, day: int, item: Item, people: People) -> Flags:
        now = self._clockwork.post(day)
        heavier = next((at for at in self._guides if at > now), None) if item.kind == "promo" else None
        alone = ~people.in_groups
        here = np.concatenate([np.ones(self._where.groups, bool), people.here[alone]])
        sent = self.gate.ask(day, item, self._wishes(people, alone), heavier, here)
        return np.asarray(sent[self._subjects] & people.here)

    def _wishes(self, people: People, alone: Flags) -> Wishes:
        groups = self._where.groups
        less = people.less_often[alone] * self._assumed.less_often_days
        return Wishes(
            opted_out=np.concatenate([np.zeros(groups, bool), people.opted_out[alone]]),
            muted=np.concatenate([np.full(groups, NEVER, np.int64), people.muted[alone]]),
            every_days=np.concatenate([np.zeros(groups, np.int64), less]),
            rest_days=np.concatenate([self._group_rest, self.rhythms.rest[alone]]),
        )

    def saw(self, day: int, behaviour: Behaviour) -> None:
        self.rhythms.got(day, behaviour.got)
        for kind, who in behaviour.wishes.items():
            self.rhythms.wished(kind, day, who)
        self.rhythms.wrote(day, self._clockwork.week(day), behaviour.wrote, behaviour.asked)


class Quarters:
    """`scheduler.fatigue.of_audience` of many groups at once; who left belongs to their group still."""

    def __init__(self, group_of: Days, groups: int) -> None:
        sizes = np.bincount(group_of, minlength=groups)
        self._widest = int(sizes.max(initial=0))
        places = np.arange(len(group_of)) - np.concatenate([[0], np.cumsum(sizes)[:-1]])[group_of]
        self._cells = group_of * self._widest + places
        self._tired = -(-sizes // 4)
        self._first = np.arange(self._widest)[None, :] < self._tired[:, None]

    def means(self, value: Numbers) -> Numbers:
        """The mean of the most tired quarter of each group; `value` of everybody, members first."""
        table = np.zeros(len(self._tired) * self._widest)
        table[self._cells] = value[: len(self._cells)]
        ordered = -np.sort(-table.reshape(len(self._tired), self._widest), axis=1)
        sums: Numbers = (ordered * self._first).sum(axis=1)
        return np.minimum(100.0, sums / np.maximum(1, self._tired))


def _moments(schedule: Schedule, start: datetime, end: datetime, zone: str) -> list[datetime]:
    """All of them, also of more than a year, which the timetable does not walk at once."""
    found: list[datetime] = []
    while start < end:
        until = min(end, start + timedelta(days=365))
        found += occurrences(schedule, start, until, zone)
        start = until
    return found
