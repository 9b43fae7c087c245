"""What a handler is given and what it gives back.

A handler is `async (Turn, Office) -> Outcome | None`; `None` means "not mine". Handlers decide and never act: what must
happen is in the Outcome as typed fields, and the desk applies all of it in one transaction.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from knowledge.gaps import Gap
from knowledge.types import Answer, Citation, Guide, Line
from scheduler.timetable import Planned


class Channel(StrEnum):
    """The ways a person or a group is reached. A value is stored, so it never changes."""

    KF = "kf"
    APP = "app"
    AIBOT = "aibot"
    ROBOT = "robot"
    CUSTOMERS = "customers"
    APPCHAT = "appchat"
    CONTACT = "contact"


class Role(StrEnum):
    MEMBER = "member"
    CONSULTANT = "consultant"
    LEAD = "lead"
    OPERATOR = "operator"


class State(StrEnum):
    """Who serves the conversation."""

    BOT = "bot"
    WAITING = "waiting"
    HUMAN = "human"


class Kind(StrEnum):
    """What an item is, whatever the channel calls it."""

    TEXT = "text"
    MEDIA = "media"  # a picture, file, video, place …: something we cannot read
    ENTERED = "entered"  # the person opened the conversation
    HUMAN_SPOKE = "human_spoke"  # a colleague wrote to the person (kf origin 5)
    HUMAN_TOOK = "human_took"  # a colleague took or was given the session
    HUMAN_LEFT = "human_left"  # the session with the colleague ended
    RECALLED = "recalled"  # the person took a message back
    SEND_FAILED = "send_failed"  # the platform says that a part did not arrive
    RATED = "rated"  # the person tapped 有用 or 没用 below an answer; `ref` says which
    OTHER = "other"  # stored raw, nothing to decide


@dataclass(frozen=True, slots=True)
class Item:
    """One inbound message or event. `sent_at` is the platform's time where it gives one, else when we received it."""

    id: int
    kind: Kind
    text: str
    sent_at: datetime
    received_at: datetime
    msgtype: str = "text"
    servicer: str = ""  # the colleague of HUMAN_* items
    code: str = ""  # kf welcome or message code, one use
    ref: str = ""  # the platform id that RECALLED and SEND_FAILED speak of; for RATED see `handlers.feedback`


@dataclass(frozen=True, slots=True)
class Conversation:
    """The key is (channel, bot or account, chat, person); `id` joins the four by colons. `chat` is empty one to one."""

    id: str
    channel: Channel
    account: str
    chat: str
    person: str
    state: State = State.BOT
    assignee: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """One item at its place in one conversation. `now` is aware; convert it to the office's zone for a local day.

    `so_far` shows the person a text that is still being written, the whole of it each time; None where they could not
    see it grow.
    """

    item: Item
    conversation: Conversation
    roles: frozenset[Role]
    now: datetime
    history: tuple[Line, ...] = ()
    so_far: Callable[[str], None] | None = None


# What an outcome may ask for, beside replies. Each is one typed field the desk carries out in the turn's transaction.


@dataclass(frozen=True, slots=True)
class HandOff:
    """Bring a person in: open a ticket, page the consultants, and on kf move the platform's session."""

    reason: str
    ask: str


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


Effect = (
    HandOff
    | OptOut
    | OptIn
    | Take
    | GiveBack
    | Pause
    | Resume
    | Push
    | Reindex
    | NoteGap
    | Rate
    | DraftGuide
    | PublishGuide
)


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to say, in Markdown; the channel renders and splits it.

    With `code` it is sent as the answer to that kf event. After `expires_at` it is dropped unsent. `about` is what an
    answer rests on: such a reply can be rated.
    """

    text: str
    code: str = ""
    expires_at: datetime | None = None
    about: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """The conversation's next state."""

    state: State
    assignee: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler decided. No replies: silence, on purpose. `audit` is set by commands that change something."""

    handler: str
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    move: Move | None = None
    audit: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A hand-over that is open or was. `number` is what people type; `person` is shown shortened."""

    number: int
    conversation: str
    channel: Channel
    person: str
    reason: str
    ask: str
    state: str  # open, taken, closed
    assignee: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What /status shows; counts are of this moment, `since` is the start of the process."""

    since: datetime
    guides: int
    generation: str
    vectors: bool  # whether the vector side is in use
    waiting_items: int
    waiting_parts: int
    dead_parts: int
    open_tickets: int
    paused_until: datetime | None
    paused: bool
    next_post: Planned | None
    channels: Sequence[str] = field(default_factory=tuple)
    warnings: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Tally:
    """How often members called answers from one section of a guide useful and useless."""

    guide: str
    section: str
    good: int
    bad: int


class Office(Protocol):
    """What handlers may ask of the rest of the program. Reading only: what changes something goes into the Outcome."""

    @property
    def zone(self) -> str:
        """IANA name of the tenant's time zone."""
        ...

    @property
    def working_hours(self) -> str: ...

    @property
    def colleagues_hear(self) -> bool:
        """Whether a new ticket pages anybody: an app is set up and somebody is named."""
        ...

    async def answer(
        self, question: str, history: Sequence[Line], today: date, so_far: Callable[[str], None] | None = None
    ) -> Answer: ...

    async def guides(self) -> Sequence[Guide]: ...

    async def status(self) -> Status: ...

    async def plan(self, days: int) -> Sequence[Planned]:
        """The coming posts in order; their place in the list (from 1) is the number people type."""
        ...

    async def tickets(self) -> Sequence[Ticket]:
        """Open and taken tickets, oldest first."""
        ...

    async def opted_out(self, person: str) -> bool: ...

    async def last_answer(self, turn: Turn) -> str:
        """The answer that this item follows directly, for `Rate`; empty where something else was said since."""
        ...

    async def gaps(self) -> Sequence[Gap]:
        """What is open, most asked first."""
        ...

    async def ratings(self) -> Sequence[Tally]: ...


Handler = Callable[[Turn, Office], Awaitable[Outcome | None]]
