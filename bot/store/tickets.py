"""Hand-overs that are open or were."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.tables import conversation, millis, moment, ticket
from handlers.turn import Channel, Ticket

LIVE = ("open", "taken")


async def open_ticket(connection: AsyncConnection, conversation_id: str, reason: str, ask: str, now: datetime) -> int:
    """The number of the conversation's live ticket; a new one only where there is none."""
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


async def take(connection: AsyncConnection, conversation_id: str, assignee: str) -> None:
    """The conversation's live ticket is with `assignee` now."""
    mine = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE))
    await connection.execute(mine.values(state="taken", assignee=assignee))


async def reopen(connection: AsyncConnection, conversation_id: str) -> None:
    """Nobody serves the conversation after all: its live ticket waits for somebody again."""
    mine = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state == "taken")
    await connection.execute(mine.values(state="open", assignee=""))


async def close(connection: AsyncConnection, conversation_id: str, now: datetime) -> None:
    """End the conversation's live ticket, if there is one."""
    live = update(ticket).where(ticket.c.conversation == conversation_id, ticket.c.state.in_(LIVE))
    await connection.execute(live.values(state="closed", closed_at=millis(now)))


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
    )
