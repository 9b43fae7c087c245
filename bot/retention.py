"""Nothing that people wrote is kept longer than `privacy.message_retention_days`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.foundation import Foundation
from bot.store import locks
from bot.store.outbox import OPEN
from bot.store.restraint_tables import digest, need, relation, rhythm, signal, trial_person
from bot.store.tables import (
    conversation,
    decision,
    delivery,
    hold,
    inbox,
    mass_result,
    millis,
    misreading,
    outbox,
    page,
    profile,
    stream,
    ticket,
)
from bot.store.tickets import LIVE
from handlers.handoff import SILENT

log = structlog.get_logger()

BATCH = 500  # rows of one transaction: the writer is free again after some milliseconds
BATCHES = 40  # of one table in one look; what is left comes with the next


@dataclass(frozen=True, slots=True)
class _Rule:
    """`at` is when a row was made; `over`: it is needed no more, whatever its age. Rows are in order by `id`."""

    table: Table
    id: str
    at: str
    over: ColumnElement[bool] | None = None
    blank: tuple[str, ...] = ()  # emptied instead of deleted


_RULES = (
    _Rule(outbox, "seq", "created_at", outbox.c.state.not_in(OPEN)),
    _Rule(stream, "id", "opened_at", stream.c.finished),
    # The newest stays: replies have ids made of its number, which must not be given again.
    _Rule(
        inbox,
        "id",
        "received_at",
        and_(inbox.c.state != "new", inbox.c.id < select(func.max(inbox.c.id).label("last")).scalar_subquery()),
    ),
    _Rule(
        ticket,
        "number",
        "opened_at",
        and_(ticket.c.state.not_in(LIVE), ticket.c.conversation != ""),
        ("conversation", "ask", "quote", "resolution"),  # the number stays: it is not given twice
    ),
    _Rule(hold, "id", "since", hold.c.released_at.is_not(None)),
    _Rule(misreading, "item", "at"),
    _Rule(decision, "id", "decided_at"),
    _Rule(delivery, "id", "at"),
    _Rule(mass_result, "msgid", "at"),
    _Rule(page, "ticket", "at"),
    _Rule(signal, "id", "at"),
    _Rule(digest, "id", "expires_at"),
    _Rule(rhythm, "subject", "at"),
    _Rule(need, "key", "at"),
    _Rule(trial_person, "id", "at"),
    _Rule(relation, "person", "seen_at"),
    _Rule(profile, "person", "last_seen"),
)


class Retention:
    """`look` is for the ticker."""

    def __init__(self, base: Foundation) -> None:
        self._base = base

    async def look(self) -> None:
        """Delete what is too old, some hundred rows at a time, and say how much it was."""
        gone = {rule.table.name: await self._apply(rule) for rule in _RULES}
        if any(gone.values()):
            await self._base.database.scrub()
            log.info("retention", **{name: count for name, count in gone.items() if count})

    async def _apply(self, rule: _Rule) -> int:
        """What one table loses."""
        settings = self._base.settings
        days = settings.privacy.message_retention_days
        if rule.table is delivery:  # no text of anybody's, and what is not to be repeated must be remembered
            days = max(days, settings.restraint.repeat_guide_days)
        before = millis(self._base.clock.now() - timedelta(days=days))
        gone = 0
        for _ in range(BATCHES):
            ids = await self._oldest(rule, before)
            if ids:
                async with self._base.transactions.begin() as transaction:
                    await _take(transaction.connection, rule, ids)
                gone += len(ids)
                await self._base.pace.turn()
            if len(ids) < BATCH:
                break
        return gone

    async def _oldest(self, rule: _Rule, before: int) -> Sequence[Any]:
        key, at = rule.table.c[rule.id], rule.table.c[rule.at]
        old = select(key).where(at < before)
        if rule.over is not None:
            old = old.where(rule.over)
        async with self._base.database.read() as connection:
            return (await connection.scalars(old.order_by(key).limit(BATCH))).all()


async def _take(connection: AsyncConnection, rule: _Rule, ids: Sequence[Any]) -> None:
    mine = rule.table.c[rule.id].in_(ids)
    if rule.blank:
        await connection.execute(update(rule.table).where(mine).values(dict.fromkeys(rule.blank, "")))
        return
    talks: Sequence[str] = []
    if rule.table is inbox:
        await locks.clearing(connection)
        talks = (await connection.scalars(select(inbox.c.conversation).where(mine).distinct())).all()
    await connection.execute(delete(rule.table).where(mine))
    if talks:
        await _leave(connection, talks)


async def _leave(connection: AsyncConnection, ids: Sequence[str]) -> None:
    """Conversations of which nothing is left name people for nothing."""
    left = [
        exists().where(inbox.c.conversation == conversation.c.id),
        exists().where(outbox.c.lane == conversation.c.id),
        exists().where(ticket.c.conversation == conversation.c.id, ticket.c.state.in_(LIVE)),
    ]
    empty = and_(conversation.c.id.in_(ids), conversation.c.state.not_in(SILENT), ~or_(*left))
    await connection.execute(delete(conversation).where(empty))
