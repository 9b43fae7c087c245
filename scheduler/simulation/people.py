"""Simulated members: they have needs, read or do not, write, and say or show when it is too much."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scheduler.fatigue import SignalKind
from scheduler.simulation.assumptions import Assumptions
from scheduler.simulation.rhythm import NEVER, Days, Flags, Numbers

MONTH = 30.0
YEAR = 365.0


@dataclass(frozen=True, slots=True)
class Item:
    """What is offered on a day to everybody. `topic` is a number; -1 is none."""

    kind: Literal["value", "promo"]
    topic: int = -1


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happened on one day, one flag per person."""

    got: Flags
    wishes: dict[SignalKind, Flags]
    wrote: Flags
    asked: Flags
    here: Flags  # at the end of the day


@dataclass
class Counts:
    """Sums over one week."""

    posts: int = 0
    value_posts: int = 0
    person_days: int = 0
    needs: int = 0
    met_by_post: int = 0
    met_by_answer: int = 0

    def add(self, **more: Any) -> None:
        for name, number in more.items():
            setattr(self, name, getattr(self, name) + int(number))


_READ, _FIT, _WORD, _ENOUGH, _HOW, _NEED, _TOPIC, _ASK, _ANSWER, _GONE = range(10)


def chances(seed: int, people: int, day: int) -> NDArray[np.float32]:
    """The chances of one day, drawn alike for every policy: so policies differ in what they do and in nothing else."""
    return np.random.default_rng([seed, day]).random((_GONE + 1, people), np.float32)


class People:
    """Everybody's state. The first `in_groups` people get posts in groups, the others alone."""

    def __init__(self, people: int, in_groups: int, seed: int, assumed: Assumptions) -> None:
        self._assumed = assumed
        self._seed = seed
        self.size = people
        self.in_groups = np.arange(people) < in_groups
        self.here = np.ones(people, bool)
        self.opted_out = np.zeros(people, bool)
        self.muted: Days = np.full(people, NEVER, np.int64)  # the day on which they last muted
        self.less_often = np.zeros(people, bool)
        self._annoyed: Numbers = np.zeros(people)
        self._need: Days = np.full(people, -1, np.int64)  # its topic
        self._need_over: Days = np.full(people, NEVER, np.int64)  # its first day no more
        touchy = np.random.default_rng([seed]).gamma(assumed.patience, 1 / assumed.patience, people)
        self._touchy: Numbers = touchy
        self._fading = 0.5 ** (1 / assumed.annoyance_halves)

    def live(self, day: int, item: Item | None, got: Flags, counts: Counts) -> Behaviour:
        """One day, on which `item` reached `got` (people who are here)."""
        chance = chances(self._seed, self.size, day)
        self._annoyed *= self._fading
        self._need[self._need_over <= day] = -1
        words = np.zeros(self.size, bool)
        wishes: dict[SignalKind, Flags] = {}
        if item is not None:
            words = self._read(day, item, got, chance, counts)
            wishes = self._enough(day, got, chance)
            counts.add(posts=got.sum(), value_posts=got.sum() if item.kind == "value" else 0)
        counts.add(person_days=self.here.sum())
        self.here &= chance[_GONE] >= self._assumed.gone_a_year / YEAR
        asked = self._needs(day, chance, counts)
        return Behaviour(got, wishes, (words & self.here) | asked, asked, self.here.copy())

    def muting(self, day: int) -> Flags:
        """Who has muted us on `day`."""
        return self.muted > day - self._assumed.mute_days

    def _read(self, day: int, item: Item, got: Flags, chance: Any, counts: Counts) -> Flags:
        """What the post does to those who got it; who says a word after it."""
        assumed, muting = self._assumed, self.muting(day)
        likely = assumed.reads * 0.5 ** (self._annoyed / assumed.attention_halves)
        read = got & ~muting & (chance[_READ] < likely)
        matches = (self._need >= 0) if item.kind == "promo" else (self._need == item.topic)
        helped = read & matches & (chance[_FIT] < (assumed.promo_fits if item.kind == "promo" else assumed.value_fits))
        costs = assumed.promo_annoys if item.kind == "promo" else assumed.value_annoys
        cost = np.where(muting, costs * assumed.muted_annoys, costs)
        change = np.where(helped, -assumed.help_soothes, cost)
        self._annoyed = np.clip(self._annoyed + np.where(got, change, 0.0), 0.0, assumed.most_annoyance)
        self._need[helped] = -1
        counts.add(met_by_post=helped.sum())
        return np.asarray(read & (chance[_WORD] < np.where(helped, assumed.thanks, assumed.remarks)))

    def _enough(self, day: int, got: Flags, chance: Any) -> dict[SignalKind, Flags]:
        """Who has had enough, by what they do about it."""
        assumed = self._assumed
        enough = got & (chance[_ENOUGH] < assumed.enough * self._annoyed * self._touchy)
        bounds = np.cumsum([assumed.mutes, assumed.asks_for_less, assumed.opts_out])
        how = np.searchsorted(bounds, chance[_HOW], side="right")
        opts_out = enough & (how == 2) & ~self.in_groups
        leaves = enough & (how >= 2) & ~opts_out
        wishes = {SignalKind.MUTE: enough & (how == 0), SignalKind.LESS_OFTEN: enough & (how == 1)}
        self.muted[wishes[SignalKind.MUTE]] = day
        self.less_often |= wishes[SignalKind.LESS_OFTEN]
        self.opted_out |= opts_out
        self.here &= ~leaves
        return {**wishes, SignalKind.OPT_OUT: opts_out, SignalKind.LEAVE: leaves}

    def _needs(self, day: int, chance: Any, counts: Counts) -> Flags:
        """Needs arise, also of those who have left; who is here may ask. Those who asked."""
        assumed = self._assumed
        new = (self._need < 0) & (chance[_NEED] < assumed.needs_a_month / MONTH)
        self._need[new] = (chance[_TOPIC][new] * assumed.topics).astype(np.int64)
        self._need_over[new] = day + assumed.need_lasts
        asked: Flags = new & self.here & (chance[_ASK] < assumed.asks)
        answered = asked & (chance[_ANSWER] < assumed.answered)
        self._need[answered] = -1
        counts.add(needs=new.sum(), met_by_answer=answered.sum())
        return asked
