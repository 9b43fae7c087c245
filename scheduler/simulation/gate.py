"""The real gate before very many simulated people: `scheduler.gate.decide` is asked once for every distinct state.

What a decision depends on is packed into one number per subject. Subjects with the same number have the same facts, and
the gate is a pure function of them, so its word for one is its word for all.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from scheduler.calendar import public_holidays
from scheduler.gate import Facts, Proposal, Rules, Verdict, decide
from scheduler.posts import parse_recipient
from scheduler.simulation.people import Item
from scheduler.simulation.rhythm import NEVER, WISH, Clockwork, Days, Flags

LIFE = timedelta(hours=6)  # a post is good so long, as `catch_up_hours` has it by default
RECENT = 9  # days whose posts are kept apart, today's among them
HOLIDAYS_AHEAD = 21  # days
_PERSON, _GROUP = parse_recipient("customer:sender:member"), parse_recipient("group:sender:group")
_WIDTHS = (1, RECENT, 11, 1, 1, 10, 18)  # bits of each part of a state, see `_states`


@dataclass
class Wishes:
    """What subjects asked for; groups ask for nothing."""

    opted_out: Flags
    muted: Days  # the day on which they last muted; NEVER
    every_days: Days
    rest_days: Days


class SimulatedGate:
    """The ledger of `groups` groups and then `alone` people, each a subject, and the gate's word on what is offered."""

    def __init__(self, groups: int, alone: int, rules: Rules, clockwork: Clockwork, mute_days: int) -> None:
        self._rules = rules
        self._clockwork = clockwork
        self._mute = timedelta(days=mute_days)
        self._group = np.arange(groups + alone) < groups
        self._recent: Days = np.zeros(groups + alone, np.int64)  # a bit per day: 1 is today, 2 yesterday, …
        self._last: Days = np.full(groups + alone, NEVER, np.int64)
        self._value: Days = np.zeros(groups + alone, np.int64)  # posts of use since the last promotion
        self._promo_days: set[date] = set()
        self.refusals: Counter[str] = Counter()
        self.decisions = 0
        self.asked = 0  # how often the gate itself was called

    def ask(self, day: int, item: Item, wishes: Wishes, heavier_at: datetime | None, here: Flags) -> Flags:
        """Which of the subjects that are `here` get the item on `day`; what was sent is noted. Once a day."""
        states, first, which = np.unique(self._states(day, wishes), return_index=True, return_inverse=True)
        counts = np.bincount(which[here], minlength=len(states))
        allowed = np.zeros(len(states), bool)
        for place in np.flatnonzero(counts):
            allowed[place] = self._decide(day, item, wishes, heavier_at, int(first[place]), int(counts[place]))
        sent: Flags = allowed[which] & here
        self._note(day, item, sent)
        return sent

    def turn(self) -> None:
        """A day is over."""
        self._recent = (self._recent << 1) & ((1 << RECENT) - 1)

    def _states(self, day: int, wishes: Wishes) -> Days:
        parts: Sequence[Days | Flags] = (
            self._group,
            self._recent,
            np.minimum(day - self._last, 2000),
            self._value >= self._rules.value_per_promo,
            wishes.opted_out,
            np.minimum(day - wishes.muted, 1000),
            wishes.every_days * 4096 + wishes.rest_days,
        )
        packed = np.zeros(len(self._group), np.int64)
        for part, width in zip(parts, _WIDTHS, strict=True):
            packed = (packed << width) | part
        return packed

    def _decide(
        self, day: int, item: Item, wishes: Wishes, heavier_at: datetime | None, subject: int, count: int
    ) -> bool:
        now = self._clockwork.post(day)
        recipient = _GROUP if self._group[subject] else _PERSON
        facts = self._facts(day, item, wishes, heavier_at, subject)
        decision = decide(Proposal(recipient, item.kind, now, now + LIFE), facts, self._rules, now)
        self.decisions += count
        self.asked += 1
        if decision.verdict is not Verdict.ALLOW:
            self.refusals[str(decision.reason)] += count
        return decision.verdict is Verdict.ALLOW

    def _facts(self, day: int, item: Item, wishes: Wishes, heavier_at: datetime | None, subject: int) -> Facts:
        """What `bot.facts` would find; nobody is upset, with a colleague, or has chosen topics in this world."""
        today = self._clockwork.day(day)
        muted = int(wishes.muted[subject])
        return Facts(
            sent=self._sent(day, subject),
            opted_out=bool(wishes.opted_out[subject]),
            paused=False,
            reachable=True,
            human_has_it=False,
            mood_hold=False,
            muted_until=None if muted == NEVER else self._clockwork.post(muted) + WISH + self._mute,
            topic_off=False,
            every_days=int(wishes.every_days[subject]),
            approved=True,
            violations=(),
            topic_sent=0,  # one post of use a week
            rest_days=int(wishes.rest_days[subject]),
            heavier_at=heavier_at,
            value_since_promo=min(int(self._value[subject]), self._rules.value_per_promo),
            promo_days=self._promo_days_of(today) if item.kind == "promo" else (),
            platform_sent=int(self._recent[subject]) & 1,
            days_off=public_holidays(today, HOLIDAYS_AHEAD) or (),
        )

    def _sent(self, day: int, subject: int) -> tuple[datetime, ...]:
        recent, last = int(self._recent[subject]), int(self._last[subject])
        days = {day - back for back in range(RECENT) if recent >> back & 1} | ({last} if last != NEVER else set())
        return tuple(self._clockwork.post(each) for each in sorted(days))

    def _promo_days_of(self, today: date) -> tuple[date, ...]:
        return tuple(sorted(day for day in self._promo_days if (day.year, day.month) == (today.year, today.month)))

    def _note(self, day: int, item: Item, sent: Flags) -> None:
        self._recent[sent] |= 1
        self._last[sent] = day
        if item.kind == "promo":
            self._value[sent] = 0
            if sent.any():
                self._promo_days.add(self._clockwork.day(day))
        else:
            self._value[sent] += 1
