"""What an outcome may ask for, beside replies.

Each effect is one typed value; the desk carries out all of an outcome's in the turn's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from handlers.preferences import Preferences

if TYPE_CHECKING:
    from scheduler.timetable import Planned


@dataclass(frozen=True, slots=True)
class HandOff:
    """Bring a person in: open a ticket, page the consultants, and on kf move the platform's session."""

    reason: str
    ask: str


@dataclass(frozen=True, slots=True)
class CallOff:
    """The person would rather go on with the bot than wait for somebody, in whatever conversation that began."""


@dataclass(frozen=True, slots=True)
class OptOut:
    """Nothing unasked to this person any more, on any channel."""


@dataclass(frozen=True, slots=True)
class OptIn:
    """The person wants scheduled content again."""


@dataclass(frozen=True, slots=True)
class Take:
    """A colleague takes ticket `number`."""

    number: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """A colleague ends ticket `number`; the bot serves again from the person's next message."""

    number: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing unasked leaves until `until` (None: until /resume)."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Resume:
    """Scheduled sending goes on."""


@dataclass(frozen=True, slots=True)
class Push:
    """Send a planned post now, through the same gate as ever."""

    planned: Planned


@dataclass(frozen=True, slots=True)
class ShowPlan:
    """The colleague saw this plan: their numbers refer to it until they see another one."""

    coming: tuple[Planned, ...]


@dataclass(frozen=True, slots=True)
class JudgePost:
    """A colleague approved or rejected a text; `digest` stands for its very words, `lexicon` for what it was reviewed
    by."""

    name: str
    digest: str
    kind: str
    title: str
    lexicon: str
    approved: bool
    why: str


@dataclass(frozen=True, slots=True)
class DraftPost:
    """Keep the draft of a post, for the review and a colleague's approval. `by`: "model" or "template"."""

    title: str
    topic: str
    body: str
    source: str
    by: str


@dataclass(frozen=True, slots=True)
class ExtraPromoDay:
    """A colleague asks for an extra day of promotion, or grants what another one asked for."""

    day: date


@dataclass(frozen=True, slots=True)
class SetLayer:
    """A colleague sets the layer of `person`, a value of `scheduler.layers.Layer`; empty lets it be computed again."""

    person: str
    layer: str


@dataclass(frozen=True, slots=True)
class Reindex:
    """Read the guides folder again; the operator is told the result when it is there."""


@dataclass(frozen=True, slots=True)
class NoteGap:
    """The guides could not answer this. `nearest` is the title that came closest, if any."""

    question: str
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Rate:
    """What the member thinks of an answer: good, bad, or (None) neither any more. The last word counts."""

    answer: str
    good: bool | None


@dataclass(frozen=True, slots=True)
class DraftGuide:
    """Write the draft of a guide about gap `number`; `markdown` is the whole file."""

    number: int
    markdown: str


@dataclass(frozen=True, slots=True)
class PublishGuide:
    """Move the draft of gap `number` into the guides folder as reviewed `by` somebody `on` a day.

    `again`: a guide that this gap gave before may be replaced.
    """

    number: int
    by: str
    on: date
    again: bool = False


@dataclass(frozen=True, slots=True)
class HoldUnasked:
    """Nothing unasked may leave to this person, on any channel, until a colleague releases it.

    `reason` is a mood, or `handlers.mood_hold.COMPLAINT`.
    """

    reason: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A named colleague resolves what stands against `person`: holds end, live tickets close. `why` is theirs.

    `misjudged`: the mood was read wrongly; the messages that led to it become training rows.
    """

    person: str
    why: str
    misjudged: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A colleague approves the one question 解决了吗 after ticket `number`, from `at` on; it is good before `until`."""

    number: int
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Solved:
    """What the member answered to the question 解决了吗 after ticket `number`."""

    number: int
    solved: bool


@dataclass(frozen=True, slots=True)
class Satisfied:
    """The member's one tap after ticket `number`: 1 (no), 2 (so so), 3 (yes)."""

    number: int
    score: int


@dataclass(frozen=True, slots=True)
class Relay:
    """Carry a text between a member and the colleague who serves them, where the platform does not."""

    conversation: str
    text: str


@dataclass(frozen=True, slots=True)
class Prefer:
    """The member's preferences are these from now on."""

    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Learn:
    """What a message told about its writer, where they let us remember it: empty fields tell nothing."""

    topic: str = ""
    stage: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete everything held about `person`, but for a salted tombstone that keeps an opt-out."""

    person: str


@dataclass(frozen=True, slots=True)
class AskColleague:
    """Colleagues hear that this member wants what takes a person: `handlers.rights.EXPORT` or `FORGET`."""

    what: str


Effect = (
    HandOff
    | CallOff
    | HoldUnasked
    | Release
    | FollowUp
    | Solved
    | Satisfied
    | Relay
    | Prefer
    | Learn
    | Forget
    | AskColleague
    | OptOut
    | OptIn
    | Take
    | GiveBack
    | Pause
    | Resume
    | Push
    | ShowPlan
    | JudgePost
    | ExtraPromoDay
    | SetLayer
    | DraftPost
    | Reindex
    | NoteGap
    | Rate
    | DraftGuide
    | PublishGuide
)
