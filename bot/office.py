"""What handlers may ask of the program: reading only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.clock import Clock
from bot.gaps import GapKeeper
from bot.health import HealthFigures
from bot.librarian import Librarian
from bot.planner import Planner
from bot.posting import BotPosting
from bot.records import MemberRecords
from bot.store import marks, resolutions
from bot.store.conversations import served, writable_until
from bot.store.database import Database
from bot.store.holds import Holds
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.store.ratings import Ratings
from bot.store.tickets import Tickets, find
from handlers import mood, second_opinion
from handlers.mood_types import Reading
from handlers.turn import Held, Status, Tally, Ticket, Turn
from knowledge.gaps import Gap
from knowledge.model.chat import lines_without_numbers, without_numbers
from knowledge.types import Answer, Guide, Line
from scheduler.calendar import Calendar
from scheduler.health import Health
from scheduler.posts import subject_of
from scheduler.timetable import Planned

STATUS_DAYS = 31  # how far /status looks for the next post


@dataclass(frozen=True, kw_only=True)
class BotOffice:
    """Implements `handlers.turn.Office` over the store."""

    zone: str
    working_hours: str
    calendar: Calendar
    mood_threshold: float
    colleagues_hear: bool
    database: Database
    inbox: Inbox
    outbox: Outbox
    ticket_store: Tickets
    planner: Planner
    librarian: Librarian
    gap_keeper: GapKeeper
    rating_store: Ratings
    health_figures: HealthFigures
    hold_store: Holds
    posting: BotPosting
    clock: Clock
    records: MemberRecords
    since: datetime
    channels: Sequence[str]
    warnings: Callable[[], Sequence[str]] = field(default=tuple)
    process: str = ""  # empty where no other one shares the work
    called: Callable[[str], str] = str  # what a colleague (userid) is called

    async def answer(
        self, question: str, history: Sequence[Line], today: date, so_far: Callable[[str], None] | None = None
    ) -> Answer:
        return await self.librarian.answer(question, history, today, so_far)

    async def mood(self, text: str, history: Sequence[Line]) -> Reading:
        first = mood.read(text, history, self.mood_threshold)
        assistant = self.librarian.assistant
        if not first.doubtful or assistant is None:
            return first
        data = second_opinion.data(without_numbers(text), lines_without_numbers(history))
        return second_opinion.settled(first, await assistant.choose(second_opinion.RULES, data, second_opinion.CHOICES))

    async def guides(self) -> Sequence[Guide]:
        return self.librarian.guides

    async def plan(self, days: int) -> Sequence[Planned]:
        return await self.planner.upcoming(days)

    async def tickets(self) -> Sequence[Ticket]:
        return await self.ticket_store.live()

    async def ticket(self, number: int) -> Ticket | None:
        async with self.database.read() as connection:
            return await find(connection, number)

    async def holds(self) -> Sequence[Held]:
        return await self.hold_store.live()

    async def writable_until(self, conversation: str) -> datetime:
        async with self.database.read() as connection:
            return await writable_until(connection, conversation)

    async def asked_whether_solved(self, turn: Turn) -> int | None:
        async with self.database.read() as connection:
            return await resolutions.asked_before(connection, turn)

    async def only_awaited(self, person: str) -> bool:
        async with self.database.read() as connection:
            return not await served(connection, person)

    async def last_served(self, turn: Turn) -> int | None:
        return await self.ticket_store.last_served(turn.conversation.id)

    async def opted_out(self, person: str) -> bool:
        async with self.database.read() as connection:
            return await marks.opted_out(connection, subject_of("person", person))

    async def last_answer(self, turn: Turn) -> str:
        return await self.rating_store.last_answer(turn.conversation, turn.item.id)

    async def gaps(self) -> Sequence[Gap]:
        return await self.gap_keeper.open()

    async def ratings(self) -> Sequence[Tally]:
        return await self.rating_store.tallies()

    async def health(self, days: int) -> Health:
        return await self.health_figures.of(days)

    async def status(self) -> Status:
        """The numbers of this moment."""
        counts = await self.outbox.counts()
        async with self.database.read() as connection:
            paused, until = await marks.paused(connection, self.clock.now())
        coming = await self.planner.upcoming(STATUS_DAYS)
        library = self.librarian.library
        return Status(
            since=self.since,
            guides=len(library.guides) if library else 0,
            generation=library.generation if library else "",
            vectors=bool(library and library.vectors_ok),
            waiting_items=await self.inbox.waiting(),
            waiting_parts=counts.get("ready", 0) + counts.get("sending", 0),
            dead_parts=counts.get("dead", 0) + counts.get("lost", 0),
            open_tickets=await self.ticket_store.count(),
            paused_until=until,
            paused=paused,
            next_post=coming[0] if coming else None,
            channels=self.channels,
            warnings=self.warnings(),
            process=self.process,
        )
