"""Forgetting a person: one transaction after which the store knows nothing of them but a salted tombstone."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import gaps, locks, marks, mentions, personal, tombstones
from bot.store.answer_tables import gap, gap_ask
from bot.store.tables import outbox, stream
from bot.transaction import Transaction
from handlers.commands.gaps import DRAFT
from knowledge.gaps import Stage

SWEEP = "forgotten:"  # marks of what is still to be swept up: the farewell on its way, the files


@dataclass(frozen=True, slots=True)
class Forgotten:
    """`rows` that went, and by which hash the tombstone knows them."""

    rows: int
    who: str


async def forget(transaction: Transaction, id_: str, streams: tuple[str, ...] = ()) -> Forgotten:
    """Delete what is held about a person, and opt them out for good. `streams` are bubbles that are still read."""
    connection, now = transaction.connection, transaction.now
    await locks.person(connection, id_)
    await locks.clearing(connection)
    person = await personal.find(connection, id_)
    found = await mentions.traces(connection, person)
    drafts = await _drafted(connection, person)
    rows = await personal.erase(connection, person, {"stream": streams})
    await connection.execute(update(stream).where(stream.c.id.in_(streams)).values(conversation="", response_url=""))
    await mentions.take_out(connection, person, found)
    await gaps.forget(connection, date.min)
    for number in drafts:
        await gaps.set_stage(connection, number, Stage.OPEN, drafted_by="")
    who = await tombstones.bury(connection, person.subject, now)
    await expect_sweep(transaction, who, parts=(), streams=streams, drafts=drafts)
    return Forgotten(rows, who)


async def _drafted(connection: AsyncConnection, person: personal.Person) -> list[int]:
    """Gaps with a draft that may quote a question of theirs."""
    theirs = select(gap_ask.c.gap).where(gap_ask.c.who == person.who, gap_ask.c.gap.is_not(None))
    drafted = select(gap.c.number).where(gap.c.number.in_(theirs), gap.c.stage == Stage.DRAFTED)
    return list(await connection.scalars(drafted))


async def expect_sweep(transaction: Transaction, who: str, **what: Any) -> None:
    """Remember what `sweep` has to look after."""
    before = await marks.get_mark(transaction.connection, SWEEP + who[:16]) or {}
    value = {**before, **{name: list(values) for name, values in what.items() if values}}
    await marks.set_mark(transaction.connection, SWEEP + who[:16], value, transaction.now)


async def sweep(transaction: Transaction, name: str, value: dict[str, Any], guides: Path, *, late: bool) -> bool:
    """Delete a farewell that has left, and drafts; False while something is still on its way and it is not `late`."""
    connection = transaction.connection
    parts, streams = value.get("parts", []), value.get("streams", [])
    waiting = select(outbox.c.id).where(outbox.c.id.in_(parts), outbox.c.state.in_(["ready", "sending"])).limit(1)
    if not late and (streams or await connection.scalar(waiting) is not None):
        return False
    await connection.execute(delete(outbox).where(outbox.c.id.in_(parts)))
    await connection.execute(delete(stream).where(stream.c.id.in_(streams)))
    for number in value.get("drafts", []):
        (guides / DRAFT.format(number)).unlink(missing_ok=True)
    await marks.remove_mark(connection, name)
    return True
