"""What a handler is given and what it gives back.

A handler is `async (Turn, Office) -> Outcome | None`; `None` means "not mine". Handlers decide and never act: what must
happen is in the Outcome as typed fields, and the desk applies all of it in one transaction.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from handlers.handoff import SILENT, Event, Move, State
from knowledge.types import Answer, Citation, Guide, Line

if TYPE_CHECKING:  # who only takes items in has these words without the classifiers and tables behind them
    from handlers.effect_types import Effect
    from handlers.mood_types import Reading
    from handlers.posting import Posting
    from handlers.records import Records
    from knowledge.gaps import Gap
    from scheduler.calendar import Calendar
    from scheduler.health import Health
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
    reading: Reading | None = None  # the mood of a text; None for everything else
    held: bool = False  # a colleague serves this person, or is awaited, in another conversation
    answered: bool = False  # a colleague has written to the person after this came in
    wordless: bool = False  # on kf: a colleague was given the session for a ticket, and none has said a word in it
    lapsed: bool = False  # on kf: that session, or the wait for one, has run out; the member's words open a new one

    @property
    def silent(self) -> bool:
        """Whether the bot must say nothing to this person, whatever was asked."""
        return self.held or self.answered or self.conversation.state in SILENT


@dataclass(frozen=True, slots=True)
class Reply:
    """One thing to say, in Markdown; the channel renders and splits it.

    With `code` it is sent as the answer to that kf event. After `expires_at` it is dropped unsent. `about` is what an
    answer rests on: such a reply can be rated. `frees`: it has to be said even where a colleague has the kf session and
    has not said a word: the session is then ended for it, and this is what that means for the conversation.
    """

    text: str
    code: str = ""
    expires_at: datetime | None = None
    about: tuple[Citation, ...] = ()
    frees: Event | None = None


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
    mood: str = ""  # a value of handlers.mood_types.Mood, where one led to it
    quote: str = ""
    replied_at: datetime | None = None  # the first word of a colleague
    closed_at: datetime | None = None
    resolved_by: str = ""
    follow_up: str = ""  # asked, solved, unsolved; empty while nobody approved the question
    focused_at: datetime | None = None  # when its colleague last turned to it by /take


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody to whom nothing unasked goes: `reason` as in `HoldUnasked`; `person` is shown shortened."""

    person: str
    reason: str
    quote: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """What /status shows; counts are of this moment, `since` is the start of the process that answers.

    `process` names it where others share the work, and is empty where it is the only one: `since`, `guides` and
    `warnings` are what this process knows.
    """

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
    process: str = ""


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
    def calendar(self) -> Calendar:
        """When colleagues are at work."""
        ...

    async def mood(self, text: str, history: Sequence[Line]) -> Reading:
        """How the writer feels about us. A model, where set, is asked about doubtful ones (2 s at most)."""
        ...

    def called(self, colleague: str) -> str:
        """The name of a colleague (userid), as the settings give it; the userid where they give none."""
        ...

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

    async def only_awaited(self, person: str) -> bool:
        """Whether no colleague serves this person anywhere, though one may be awaited."""
        ...

    async def last_served(self, turn: Turn) -> int | None:
        """The ticket of the last time that a colleague served this conversation and was done, if they wrote at all."""
        ...

    async def ticket(self, number: int) -> Ticket | None:
        """One ticket, whatever became of it."""
        ...

    async def holds(self) -> Sequence[Held]:
        """Who is on hold, the longest first."""
        ...

    async def writable_until(self, conversation: str) -> datetime:
        """Until when the platform lets us write first in a conversation (aware); past where it does not."""
        ...

    async def asked_whether_solved(self, turn: Turn) -> int | None:
        """The ticket whose question 解决了吗 this item follows directly; None where none does."""
        ...

    async def opted_out(self, person: str) -> bool: ...

    @property
    def records(self) -> Records:
        """What is held about members."""
        ...

    async def last_answer(self, turn: Turn) -> str:
        """The answer that this item follows directly, for `Rate`; empty where something else was said since."""
        ...

    async def gaps(self) -> Sequence[Gap]:
        """What is open, most asked first."""
        ...

    async def ratings(self) -> Sequence[Tally]: ...

    @property
    def posting(self) -> Posting:
        """What is said unasked."""
        ...

    async def health(self, days: int) -> Health:
        """The figures of the last `days` (at least 1), up to this moment."""
        ...


Handler = Callable[[Turn, Office], Awaitable[Outcome | None]]
