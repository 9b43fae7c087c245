"""What handlers may ask about what is said unasked: the posts that wait, the limits, and why somebody gets what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from knowledge.types import Answer
from scheduler.posts import Post
from scheduler.rules import Rules
from scheduler.timetable import Planned

WAITING, APPROVED, REJECTED, UNLAWFUL = "waiting", "approved", "rejected", "unlawful"

NEED = "need:"
"""How the schedule of a post begins that is sent because somebody needs it: the name of the trigger follows."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What has to change in a post before anybody may approve it: its own words, and why, with the law."""

    code: str
    quote: str
    why: str


@dataclass(frozen=True, slots=True)
class Prospect:
    """A planned post as it stands now.

    `state` is WAITING, APPROVED, REJECTED or UNLAWFUL, `by` who decided, `why` their reason. `shown` is the text as
    each of its channels shows it. `expected` says for the first recipients what the gate would answer at its time,
    `people` is how many there are. `lexicon` is the version of the words it was reviewed by, empty where it cannot be
    reviewed. `nobody` says why an audience is nobody now.
    """

    post: Post
    state: str
    by: str
    why: str
    problems: Sequence[Problem]
    shown: Mapping[str, str]
    expected: Sequence[str]
    lexicon: str
    people: int = 0
    nobody: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the plan as it was shown to somebody: what their numbers refer to."""

    schedule: str
    at: datetime
    guide: str
    title: str


@dataclass(frozen=True, slots=True)
class PromoMonth:
    """This month's days of promotion: those that were, and the extra ones asked for, with who granted them."""

    days: Sequence[date]
    asked: Mapping[date, tuple[str, str]]  # day → (asked by, granted by or "")


@dataclass(frozen=True, slots=True)
class Whys:
    """Why somebody gets what they get: the gate's last words, their fatigue in words, their layer in words."""

    decisions: Sequence[tuple[datetime, str, str]]  # when, the post's title, the sentence
    fatigue: str
    layer: str
    rest_days: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft that is not stored yet. `source` is the guide's file name, `by` "model" or "template"."""

    title: str
    topic: str
    body: str
    source: str
    by: str


class Posting(Protocol):
    """Reading only; deciding about a post goes into the outcome as `JudgePost`, about a day as `ExtraPromoDay`."""

    @property
    def rules(self) -> Rules: ...

    async def prospect(self, planned: Planned) -> Prospect | None:
        """None where the text is not on the shelf any more."""
        ...

    async def states(self, coming: Sequence[Planned]) -> Sequence[str]:
        """The state of each planned post, in the same order."""
        ...

    async def shown(self, person: str) -> Sequence[Shown] | None:
        """The plan as it was last shown to this colleague, in the order of its numbers; None where it never was."""
        ...

    def years_unknown(self, days: int) -> Sequence[int]:
        """The years of today and of `days` from now whose public holidays are not known: nothing is sent in them."""
        ...

    async def trials(self) -> Mapping[str, str]:
        """Name of each trial of two wordings → how it stands; no figures before the planned number of people."""
        ...

    async def people(self, coming: Sequence[Planned]) -> Sequence[int | None]:
        """How many each planned post would reach now, None where it names no audience; in the same order."""
        ...

    async def promo_month(self, today: date) -> PromoMonth: ...

    async def in_full(self, person: str, chat: str, now: datetime) -> Answer | None:
        """All of the last post that reached the person, or their group (`chat`), within a fortnight before `now`."""
        ...

    async def draft(self, word: str) -> Drafted | None:
        """A draft from the guide that fits `word` best, by the model where one is set; None where no guide fits."""
        ...

    async def whys(self, person: str) -> Whys:
        """`person` is a bare id. Nothing known about them is empty."""
        ...
