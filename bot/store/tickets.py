"""Hand-overs that are open or were."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import locks
from bot.store.database import Database
from bot.store.tables import conversation, inbox, millis, moment, page, ticket
from handlers.texts import STEPPED_IN
from handlers.turn import Channel, Kind, Ticket

LIVE = ("open", "taken")


async def open_ticket(connection: AsyncConnection, conversation_id: str, reason: str, ask: str, now: datetime) -> int:
    """The number of the conversation's live ticket; a new one only where there is none."""
    await locks.owner(connection, conversation_id)
    found = await connection.scalar(_live(conversation_id))
    if found is not None:
        return int(found)
    values = {"conversation": conversation_id, "reason": reason[:60], "ask": ask[:500], "state": "open", "assignee": ""}
    made = await connection.execute(insert(ticket).values(**values, opened_at=millis(now)).returning(ticket.c.number))
    return int(made.scalar_one())


async def sharpen(connection: AsyncConnection, number: int, reason: str, ask: str) -> None:
    """What ticket `number` is about has become more pressing than what it was opened for."""
    about = update(ticket).where(ticket.c.number == number)
    await connection.execute(about.values(reason=reason[:60], ask=ask[:500]))


async def take(connection: AsyncConnection, conversation_id: str, assignee: str, now: datetime) -> None:
    """The conversation's live ticket is with `assignee` now; who has it already keeps the time they have had it for."""
    mine = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE))
    passed_on = mine.where(or_(ticket.c.state != "taken", ticket.c.assignee != assignee))
    await connection.execute(passed_on.values(state="taken", assignee=assignee, assigned_at=millis(now)))


async def assign(connection: AsyncConnection, number: int, person: str, now: datetime) -> None:
    """`person` is the one who should take ticket `number`, which nobody has taken."""
    waiting = update(ticket).where(ticket.c.number == number, ticket.c.state == "open")
    await connection.execute(waiting.values(assignee=person, assigned_at=millis(now)))


async def reopen(connection: AsyncConnection, conversation_id: str) -> None:
    """Nobody serves the conversation after all: its live ticket waits for somebody again."""
    mine = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state == "taken")
    await connection.execute(mine.values(state="open", assignee="", assigned_at=None))


async def close(connection: AsyncConnection, conversation_id: str, now: datetime) -> None:
    """End the conversation's live ticket, if there is one."""
    live = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE))
    await connection.execute(live.values(state="closed", closed_at=millis(now)))


async def replied(connection: AsyncConnection, conversation_id: str, now: datetime) -> None:
    """A colleague wrote to the member of the live ticket; the first time is kept."""
    mine = and_(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE), ticket.c.replied_at.is_(None))
    first = update(ticket).where(mine).values(replied_at=millis(now)).returning(ticket.c.number)
    numbers = list(await connection.scalars(first))
    unseen = and_(page.c.ticket.in_(numbers), page.c.acked_at.is_(None))
    await connection.execute(update(page).where(unseen).values(acked_at=millis(now)))


async def note_stepped_in(connection: AsyncConnection, conversation_id: str, now: datetime) -> int | None:
    """The number of a ticket, closed at once, for who wrote to a member without one since the end-of-human marker."""
    await locks.owner(connection, conversation_id)
    settled = select(conversation.c.settled).where(conversation.c.id == conversation_id).scalar_subquery()
    words = select(inbox.c.servicer, inbox.c.received_at).where(
        inbox.c.conversation == conversation_id, inbox.c.kind == Kind.HUMAN_SPOKE, inbox.c.id > settled
    )
    said = (await connection.execute(words.order_by(inbox.c.id))).all()
    if not said:
        return None
    about = {"conversation": conversation_id, "reason": STEPPED_IN, "ask": "", "state": "closed"}
    since = {"opened_at": said[0].received_at, "assigned_at": said[0].received_at, "replied_at": said[0].received_at}
    values = {**about, **since, "assignee": said[-1].servicer, "closed_at": millis(now)}
    made = await connection.execute(insert(ticket).values(**values).returning(ticket.c.number))
    return int(made.scalar_one())


async def focus(connection: AsyncConnection, number: int, now: datetime) -> None:
    """Its colleague's plain text goes to the member of ticket `number` from now on."""
    await connection.execute(update(ticket).where(ticket.c.number == number).values(focused_at=millis(now)))


async def revive(connection: AsyncConnection, conversation_id: str, assignee: str) -> None:
    """A colleague writes again after the end (kf: 4 → 3, doc 94670): the last ticket is theirs again."""
    await locks.owner(connection, conversation_id)
    if await live(connection, conversation_id) is not None:
        return
    last = select(func.max(ticket.c.number)).where(ticket.c.conversation == conversation_id).scalar_subquery()
    again = {"state": "taken", "assignee": assignee, "closed_at": None}
    await connection.execute(update(ticket).where(ticket.c.number == last).values(**again))


async def score(connection: AsyncConnection, number: int, conversation_id: str, value: int) -> bool:
    """What the member thinks of a closed ticket of theirs; the last word counts. False where there is none."""
    theirs = and_(ticket.c.number == number, ticket.c.conversation == conversation_id, ticket.c.state == "closed")
    changed = await connection.execute(update(ticket).where(theirs).values(score=value))
    return bool(changed.rowcount)


async def live(connection: AsyncConnection, conversation_id: str) -> Ticket | None:
    """The conversation's ticket that is not closed."""
    mine = _full().where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE)).limit(1)
    row = (await connection.execute(mine)).mappings().one_or_none()
    return _from_row(row) if row else None


async def find(connection: AsyncConnection, number: int) -> Ticket | None:
    row = (await connection.execute(_full().where(ticket.c.number == number))).mappings().one_or_none()
    return _from_row(row) if row else None


class Tickets:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> list[Ticket]:
        """Open and taken tickets, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(_full().where(ticket.c.state.in_(LIVE)).order_by(ticket.c.number))
            return [_from_row(row) for row in rows.mappings()]

    async def last_served(self, conversation_id: str) -> int | None:
        """The conversation's newest ticket, if it is closed and a colleague wrote to the member."""
        query = select(ticket.c.number, ticket.c.state, ticket.c.replied_at)
        newest = query.where(ticket.c.conversation == conversation_id).order_by(ticket.c.number.desc()).limit(1)
        async with self._database.read() as connection:
            row = (await connection.execute(newest)).one_or_none()
        return int(row.number) if row and row.state == "closed" and row.replied_at is not None else None

    async def count(self) -> int:
        async with self._database.read() as connection:
            return int(await connection.scalar(select(func.count()).where(ticket.c.state.in_(LIVE))) or 0)


def _live(conversation_id: str) -> Any:
    return select(ticket.c.number).where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE)).limit(1)


def _full() -> Any:
    joined = ticket.join(conversation, conversation.c.id == ticket.c.conversation)
    return select(ticket, conversation.c.channel, conversation.c.person).select_from(joined)


def _from_row(row: Any) -> Ticket:
    return Ticket(
        number=row["number"],
        conversation=row["conversation"],
        channel=Channel(row["channel"]),
        person=row["person"],
        reason=row["reason"],
        ask=row["ask"],
        state=row["state"],
        assignee=row["assignee"],
        opened_at=moment(row["opened_at"]),
        mood=row["mood"],
        quote=row["quote"],
        replied_at=_moment(row["replied_at"]),
        focused_at=_moment(row["focused_at"]),
        closed_at=_moment(row["closed_at"]),
        resolved_by=row["resolved_by"],
        follow_up=row["follow_up"],
    )


def _moment(stored: int | None) -> datetime | None:
    return moment(stored) if stored is not None else None
