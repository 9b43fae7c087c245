"""How much waits in the store and for how long, for /metrics: one consistent view, read through indexes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final, Klass
from bot.store.answer_tables import gap
from bot.store.outbox import OPEN, WAITS_FOR_MEMBER
from bot.store.tables import inbox, kf_cursor, mark, mass_task, millis, outbox, page, ticket
from bot.store.tickets import LIVE

BACKUP = "backup"  # the mark of the last backup that was written whole
SHOWN = (*OPEN, Final.DEAD, Final.LOST)  # states of parts; those of the rest are the many that came to a good end
UNCONFIRMED = ("waiting", "recalling")


@dataclass(frozen=True, slots=True)
class Oldest:
    """How many there are, and when the oldest began to wait (milliseconds as stored; None without any)."""

    count: int
    since: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Queues:
    """`parts` by (state, class); `pulled_at` of the kf account that was pulled least lately; times as stored."""

    items: Oldest
    items_dead: int
    parts: Mapping[tuple[str, str], Oldest]
    occurrences: int
    gaps: Mapping[str, int]
    tickets: Mapping[str, int]
    mass_tasks: Mapping[str, int]
    pages_unacked: int
    pulled_at: int | None
    backup_at: int | None


async def queues(connection: AsyncConnection, now: datetime, accounts: Sequence[str]) -> Queues:
    """Everything that waits. `accounts` are the kf accounts that this process pulls."""

    async def number(query: Select[Any]) -> int:
        return int(await connection.scalar(query) or 0)

    async def by(column: Any, values: Sequence[str]) -> dict[str, int]:
        query = select(column, func.count()).where(column.in_(values)).group_by(column)
        return dict.fromkeys(values, 0) | {name: int(count) for name, count in await connection.execute(query)}

    count = func.count()
    open_parts = select(func.count(outbox.c.occurrence.distinct())).where(outbox.c.state.in_(OPEN))
    unseen = select(count).select_from(page.join(ticket, ticket.c.number == page.c.ticket))
    pulled = select(func.min(kf_cursor.c.pulled_at)).where(kf_cursor.c.account.in_(accounts))
    return Queues(
        items=await _items(connection),
        items_dead=await number(select(count).where(inbox.c.state == "dead")),
        parts=await _parts(connection, millis(now)),
        occurrences=await number(open_parts),
        gaps=await by(gap.c.stage, ("open", "drafted", "published")),
        tickets=await by(ticket.c.state, LIVE),
        mass_tasks=await by(mass_task.c.state, UNCONFIRMED),
        pages_unacked=await number(unseen.where(ticket.c.state.in_(LIVE), page.c.acked_at.is_(None))),
        pulled_at=await connection.scalar(pulled),
        backup_at=await connection.scalar(select(mark.c.at).where(mark.c.name == BACKUP)),
    )


async def _items(connection: AsyncConnection) -> Oldest:
    query = select(func.count(), func.min(inbox.c.received_at)).where(inbox.c.state == "new")
    count, since = (await connection.execute(query)).one()
    return Oldest(int(count), since)


async def _parts(connection: AsyncConnection, now: int) -> dict[tuple[str, str], Oldest]:
    """A post waits since it may leave; anything else since it was made, unless the member has to write first."""
    asked_to_wait = outbox.c.reason == WAITS_FOR_MEMBER
    since = case(
        (asked_to_wait, None),
        (outbox.c.klass != Klass.POST, outbox.c.created_at),
        (outbox.c.not_before <= now, outbox.c.not_before),
    )
    query = select(outbox.c.state, outbox.c.klass, func.count(), func.min(since)).where(outbox.c.state.in_(SHOWN))
    rows = await connection.execute(query.group_by(outbox.c.state, outbox.c.klass))
    return {(state, klass): Oldest(int(count), oldest) for state, klass, count, oldest in rows}
