"""Who is paged about a ticket that has no word of a colleague yet, and when: a ladder in working time.

    assignee ──▶ another consultant ──▶ a lead ──▶ all leads ──▶ silence ──▶ the ceiling: leads and operators

Pure: what was paged is read from the store, so that a restart of any length changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from scheduler.calendar import Calendar, NeverOpen


class Rung(StrEnum):
    """A value is stored, so it never changes."""

    ASSIGNEE = "assignee"
    ANOTHER = "another"  # the next consultant: the ticket is theirs from then on
    LEAD = "lead"
    LEADS = "leads"
    CEILING = "ceiling"


STEPS = {rung: step for step, rung in enumerate(Rung)}
"""A rung's number, unique per ticket: the database says "once"."""


@dataclass(frozen=True, slots=True)
class Page:
    """People paged, or to be paged, about a ticket at one rung."""

    ticket: int
    rung: Rung
    people: tuple[str, ...]
    at: datetime

    @property
    def step(self) -> int:
        return STEPS[self.rung]


@dataclass(frozen=True, slots=True)
class Case:
    """What the ladder needs to know of a ticket that is not closed.

    `assignee` is who should answer, `assigned_at` since when; `replied`: a colleague has said a word. `waits`: the
    member waits, and has not called it off. `urgent` is danger, `furious` the mood.
    """

    ticket: int
    opened_at: datetime
    assignee: str = ""
    assigned_at: datetime | None = None
    replied: bool = False
    waits: bool = True
    urgent: bool = False
    furious: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The people and the pace. Where no consultant or lead is named, operators stand in."""

    calendar: Calendar
    first_reply: timedelta  # of working time, for each rung
    ceiling: timedelta  # of working time since the ticket was opened
    consultants: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    urgent_always: bool = True

    def first(self, case: Case, now: datetime, order: Sequence[str] = ()) -> Page | None:
        """The page that a new ticket makes at once; None outside working hours, but for danger and fury.

        `order`: consultants, the one to be asked first in front.
        """
        is_open = self.calendar.is_open(now)
        if not is_open and not (self.urgent_always and (case.urgent or case.furious)):
            return None
        asked = case.assignee or next(iter(order or self.consultants), "")
        others: tuple[str, ...] = ()
        if not is_open:
            others = self.leads
        elif case.urgent:
            others = (*self.consultants, *self.leads)
        return Page(case.ticket, Rung.ASSIGNEE, _each(asked, *others) or self.operators, now)

    def due(self, case: Case, made: Sequence[Page], now: datetime, order: Sequence[str] = ()) -> Page | None:
        """The page that is due of `case` now, after those that were `made`.

        After a pause of any length only the rung that is due now is paged; those passed meanwhile are left out.
        """
        if self._over_ceiling(case, made, now):
            return Page(case.ticket, Rung.CEILING, _each(*self.leads, *self.operators), now)
        climbed = [page for page in made if page.rung is not Rung.CEILING]
        climbs = case.waits and not case.replied and len(climbed) == len(made)
        if not climbs:
            return None
        return self._next(case, climbed, now, order) if climbed else self._late_first(case, now, order)

    def deadline(self, now: datetime) -> datetime | None:
        """Until when who is asked `now` should say a first word; None where nobody ever works."""
        try:
            return self.calendar.after(now, self.first_reply)
        except NeverOpen:
            return None

    def _late_first(self, case: Case, now: datetime, order: Sequence[str]) -> Page | None:
        """Nobody has been paged yet: the night, or we were away. Whoever should answer hears of it in any case."""
        first = self.first(case, now, order)
        passed = self.calendar.worked(case.opened_at, now) // self.first_reply
        if first is None or not passed or not self.calendar.is_open(now):
            return first
        rungs = self._rest(case, [first], order)
        if not rungs:
            return first
        rung, people = rungs[min(passed, len(rungs)) - 1]
        return Page(case.ticket, rung, _each(*people, *first.people), now)

    def _next(self, case: Case, climbed: Sequence[Page], now: datetime, order: Sequence[str]) -> Page | None:
        """The rung above the last one, once its time has passed in working hours."""
        rungs = self._rest(case, climbed, order)
        if not rungs or not self.calendar.is_open(now):
            return None
        since = _anchor(case, climbed, now, self.first_reply)
        passed = self.calendar.worked(since, now) // self.first_reply if since else 1
        if not passed:
            return None
        rung, people = rungs[min(passed, len(rungs)) - 1]
        return Page(case.ticket, rung, people, now)

    def _rest(self, case: Case, climbed: Sequence[Page], order: Sequence[str]) -> list[tuple[Rung, tuple[str, ...]]]:
        """The rungs above those climbed that reach somebody: a rung to one who was asked already is left out."""
        asked = {case.assignee, *(person for page in climbed for person in page.people)}
        another = [each for each in order or self.consultants if each not in asked][:1]
        lead = [each for each in self.leads if each not in asked and each not in another][:1]
        rungs = {
            Rung.ANOTHER: tuple(another),
            Rung.LEAD: tuple(lead),
            Rung.LEADS: self.leads or self.operators,
        }
        top = max(page.step for page in climbed)
        return [(rung, people) for rung, people in rungs.items() if people and STEPS[rung] > top]

    def _over_ceiling(self, case: Case, made: Sequence[Page], now: datetime) -> bool:
        if any(page.rung is Rung.CEILING for page in made) or not (self.leads or self.operators):
            return False
        return self.calendar.is_open(now) and self.calendar.worked(case.opened_at, now) >= self.ceiling


def _anchor(case: Case, climbed: Sequence[Page], now: datetime, tolerance: timedelta) -> datetime | None:
    """Since when the one asked last has been asked; None where the clock was put back so far that nobody can tell."""
    last = max(climbed, key=lambda page: page.step).at
    known = [at for at in (last, case.assigned_at) if at is not None and at <= now + tolerance]
    return max(known, default=None)


def _each(*people: str) -> tuple[str, ...]:
    """Everybody once, in order; nobody's name is none."""
    return tuple(dict.fromkeys(person for person in people if person))
