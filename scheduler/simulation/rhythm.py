"""Fatigue and layers of very many people at once: the arithmetic of scheduler.fatigue and scheduler.layers on arrays.

A life takes place at four times of the day, `Clockwork`: so an age in days is a whole number and a part that is the
same for all, and every comparison of moments becomes one of day numbers. tests/scheduler/test_simulation.py lets the
real functions judge the same lives and compares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from scheduler import fatigue, layers
from scheduler.fatigue import SignalKind
from scheduler.layers import Layer
from scheduler.rules import Rules
from scheduler.timetable import zone_of

Flags: TypeAlias = NDArray[np.bool_]
Numbers: TypeAlias = NDArray[np.float64]
Days: TypeAlias = NDArray[np.int64]

NEVER = -100_000  # a day number long before all others
BEFORE = timedelta(minutes=30)  # the rhythm is renewed so long before the posts of a day
WISH = timedelta(hours=10)  # who has had enough says so that long after them,
CONTACT = timedelta(hours=12)  # and whatever else is written comes then: both on the same day (UTC) in China

_KINDS = (SignalKind.IGNORED, SignalKind.MUTE, SignalKind.LESS_OFTEN, SignalKind.OPT_OUT, SignalKind.LEAVE)
_RANKS = (Layer.GUARDED, Layer.RESTING, Layer.QUIET, Layer.REGULAR, Layer.CLOSE)
_REGULAR = _RANKS.index(Layer.REGULAR)
_ANSWER = layers.ANSWER_WITHIN.days
_ENGAGED = layers.ENGAGED_OVER.days
_MOST_CONTACTS = 200  # days of contact after which nothing is left of any signal


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Day numbers and moments: the posts of a day leave at `at` on the clock of `zone` (IANA name)."""

    start: date
    at: time
    zone: str

    def day(self, number: int) -> date:
        return self.start + timedelta(days=number)

    def post(self, number: int) -> datetime:
        """When the posts of a day leave; the other times of that day are so much before or after (UTC)."""
        return datetime.combine(self.day(number), self.at, zone_of(self.zone)).astimezone(UTC)

    def week(self, number: int) -> int:
        """The ISO week (UTC) in which words of that day are written, as one number."""
        year, week, _ = (self.post(number) + CONTACT).isocalendar()
        return year * 100 + week


class Rhythms:
    """What `people` have done and got, and the days of rest that follow for each of them. All start as newly met."""

    def __init__(self, people: int, rules: Rules) -> None:
        self.tired = Tiredness(people)
        self.ladder = Ladder(people)
        self.rest: Days = np.zeros(people, np.int64)
        self._cadence = np.array([layers.cadence(layer, rules) for layer in _RANKS])

    def renew(self, day: int) -> Numbers:
        """Compute everybody's rest anew, before the posts of `day`; gives their fatigue."""
        self.ladder.place(day)
        value = self.tired.value(day, self.ladder.received(day))
        self.rest = np.maximum(rest_days(value, self.rest), self._cadence[self.ladder.rank])
        return value

    def got(self, day: int, who: Flags) -> None:
        """A post of `day` reached `who`: at most one a day."""
        self.tired.signal(SignalKind.IGNORED, day, who & (self.ladder.unanswered > 0))
        self.ladder.got(day, who)

    def wrote(self, day: int, week: int, who: Flags, asked: Flags) -> None:
        """`who` wrote to us on `day`, after the wishes of that day, in this week; `asked` of them a question."""
        self.tired.wrote(who)
        self.ladder.wrote(day, week, who, asked)

    def wished(self, kind: SignalKind, day: int, who: Flags) -> None:
        """`who` showed that it is too much."""
        self.tired.signal(kind, day, who)
        self.ladder.displeased[who] = day


class Tiredness:
    """`scheduler.fatigue.index` for all. Of a kind only the latest signals are kept: they weigh most."""

    def __init__(self, people: int) -> None:
        self._talks: Days = np.zeros(people, np.int64)  # days on which they wrote
        shapes = {kind: (fatigue.WEIGHTS[kind].most, people) for kind in _KINDS}
        self._when: Mapping[SignalKind, NDArray[np.int32]] = {
            kind: np.full(shape, NEVER, np.int32) for kind, shape in shapes.items()
        }
        self._before: Mapping[SignalKind, NDArray[np.int16]] = {
            kind: np.zeros(shape, np.int16) for kind, shape in shapes.items()
        }
        self._left = {kind: _half_lives(kind) for kind in _KINDS}
        self._contact = {kind: fatigue.WEIGHTS[kind].contact ** np.arange(_MOST_CONTACTS + 1.0) for kind in _KINDS}

    def signal(self, kind: SignalKind, day: int, who: Flags) -> None:
        """Put the newest first, the oldest falls out."""
        places = np.flatnonzero(who)
        for rows, value in ((self._when[kind], day), (self._before[kind], self._talks[places])):
            rows[1:, places] = rows[:-1, places]
            rows[0, places] = value

    def wrote(self, who: Flags) -> None:
        self._talks[who] += 1

    def value(self, day: int, received: Days) -> Numbers:
        """The index before the posts of `day`; `received` are the posts of DENSITY_DAYS."""
        beyond = fatigue.DENSITY_POINTS * (received - fatigue.DENSITY_FREE)
        total = np.clip(beyond, 0.0, fatigue.DENSITY_MOST).astype(np.float64)
        for kind in _KINDS:
            for when, before in zip(self._when[kind], self._before[kind], strict=True):
                total += self._points(kind, day, when, before)
        limited: Numbers = np.minimum(100.0, total)
        return limited

    def _points(self, kind: SignalKind, day: int, when: NDArray[np.int32], before: NDArray[np.int16]) -> Numbers:
        table = self._left[kind]
        some = np.flatnonzero(when > day - len(table))
        points = np.zeros(len(when))
        talks = np.minimum(self._talks[some] - before[some], _MOST_CONTACTS)
        left = table[day - when[some]] * self._contact[kind][talks]
        points[some] = np.where(left >= fatigue.FORGOTTEN, left, 0.0)
        return points


class Ladder:
    """`scheduler.layers.place` for all, once a day."""

    def __init__(self, people: int) -> None:
        self.rank: Days = np.full(people, _REGULAR, np.int64)
        self.unanswered: Days = np.zeros(people, np.int64)  # posts since the last word
        self.displeased: Days = np.full(people, NEVER, np.int64)
        self._heard: Days = np.zeros(people, np.int64)  # the day of the last word; at first: of meeting
        self._wrote = np.zeros(people, bool)
        self._asked: Days = np.full(people, NEVER, np.int64)
        self._week: Days = np.zeros(people, np.int64)
        self._rises = np.zeros(people, bool)  # since the last placing
        rows = _ENGAGED + _ANSWER + 2
        self._posts = np.zeros((rows, people), np.int8)
        self._answers = np.zeros((rows, people), bool)
        self._streak = np.zeros((_ANSWER + 1, people), np.int16)  # as each post left it; 0: a word came since
        self._ripe: Days = np.zeros(people, np.int64)
        self._ripe_answered: Days = np.zeros(people, np.int64)
        self._received: Days = np.zeros(people, np.int64)

    def received(self, day: int) -> Days:
        """Posts of the last DENSITY_DAYS before `day`. Asked for once a day."""
        self._received += self._row(self._posts, day - 1)
        self._received -= self._row(self._posts, day - 1 - fatigue.DENSITY_DAYS)
        return self._received

    def got(self, day: int, who: Flags) -> None:
        self.unanswered[who] += 1
        self._row(self._posts, day)[who] = 1
        self._row(self._streak, day)[who] = self.unanswered[who]

    def wrote(self, day: int, week: int, who: Flags, asked: Flags) -> None:
        self._rises |= who & (self._week != week)
        self._week[who] = week
        for back in range(_ANSWER):
            self._row(self._answers, day - back)[who] = True
            self._row(self._streak, day - back)[who] = 0
        self.unanswered[who] = 0
        self._heard[who] = day
        self._wrote |= who
        self._asked[asked] = day

    def place(self, day: int) -> None:
        """Move everybody by what happened yesterday, in its order: posts that came to nothing, wishes, words."""
        self._fall(day)
        yesterday = self.displeased == day - 1
        self.rank[yesterday] = 0
        moves = self._rises & ~self._guarded(day - 1, CONTACT)
        self.rank[moves] = np.clip(np.maximum(self.rank[moves], 1) + 1, 1, len(_RANKS) - 1)
        self._rises[:] = False
        self.rank = np.minimum(np.maximum(self.rank, 1), self._limit(day))
        self._clear(day)

    def _fall(self, day: int) -> None:
        """Yesterday the time to answer the post of three days before ended."""
        streak = self._row(self._streak, day - 1 - _ANSWER)
        falls = (streak > 0) & (streak % layers.UNANSWERED_TO_FALL == 0)
        falls &= ~self._guarded(day - 1, timedelta(0))
        self.rank[falls] = np.maximum(np.maximum(self.rank[falls], 1) - 1, 1)

    def _guarded(self, day: int, at: timedelta) -> Flags:
        """Whether a displeasure of before is in force at the time `at` (after the posts) of `day`."""
        last = day if at >= WISH else day - 1
        first = day - layers.GUARD.days + (1 if at >= WISH else 0)
        return (self.displeased >= first) & (self.displeased <= last)

    def _limit(self, day: int) -> Days:
        """The highest rank that the facts allow."""
        limit = np.full(len(self.rank), len(_RANKS) - 1, np.int64)
        limit[self._asked < day - 90] = _REGULAR
        # A word came at its time of the day; who never wrote counts from the renewal on the first day.
        silent = day - self._heard - self._wrote
        for days, layer in ((30, Layer.REGULAR), (60, Layer.QUIET), (180, Layer.RESTING)):
            limit[silent >= days] = _RANKS.index(layer)
        self._engage(day)
        many = self._ripe >= layers.FEW_POSTS
        share = self._ripe_answered / np.maximum(self._ripe, 1)
        limit[many & (share < 0.25)] = np.minimum(limit[many & (share < 0.25)], _REGULAR)
        limit[many & (share < 0.1)] = np.minimum(limit[many & (share < 0.1)], _RANKS.index(Layer.QUIET))
        limit[self.displeased >= day - layers.GUARD.days] = 0
        return limit

    def _engage(self, day: int) -> None:
        """Posts whose time to answer is over, of ENGAGED_OVER."""
        for number, sign in ((day - 1 - _ANSWER, 1), (day - 1 - _ENGAGED, -1)):
            posts = self._row(self._posts, number)
            self._ripe += sign * posts
            self._ripe_answered += sign * (posts * self._row(self._answers, number))

    def _clear(self, day: int) -> None:
        """Make the row of the coming day empty: it held one of long ago."""
        self._row(self._posts, day)[:] = 0
        self._row(self._answers, day)[:] = False
        self._row(self._streak, day)[:] = 0

    def _row(self, rows: Any, day: int) -> Any:
        return rows[day % len(rows)]


def rest_days(value: Numbers, before: Days) -> Days:
    """`scheduler.fatigue.rest_days` for all."""
    rest = np.zeros(len(value), np.int64)
    for threshold, days in fatigue.STEPS:
        rest = np.where(value >= threshold, np.maximum(rest, days), rest)
        kept = np.where(value >= threshold - fatigue.MARGIN, np.minimum(before, days), 0)
        rest = np.maximum(rest, kept)
    return rest


def _half_lives(kind: SignalKind) -> Numbers:
    """What a signal weighs at the renewal `n` days after its own day, without contacts; nothing on its own day."""
    weight = fatigue.WEIGHTS[kind]
    after = timedelta(0) if kind is SignalKind.IGNORED else WISH
    part = (BEFORE + after) / timedelta(days=1)
    ages = np.arange(fatigue.LOOK_BACK.days + 2.0) - part
    points: Numbers = weight.points * 0.5 ** (ages / weight.half_life)
    points[0] = 0.0
    return points
