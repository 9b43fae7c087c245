"""Mood holds: to whom nothing unasked goes until a named colleague has released them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Klass, Part
from bot.store import locks
from bot.store.database import Database, insert_once
from bot.store.outbox import from_row
from bot.store.posts import RECALLING
from bot.store.sealed import may_name
from bot.store.tables import conversation, delivery, hold, inbox, mass_task, millis, misreading, moment, outbox
from handlers.mood_types import Mood
from handlers.turn import Held
from scheduler.posts import parse_recipient

_GRAVER = (Mood.ANGRY, Mood.FURIOUS)  # in this order, above everything else


@dataclass(frozen=True, slots=True)
class Recall:
    """An unconfirmed task that would reach a person who is on hold now."""

    msgid: str
    sender: str
    title: str


@dataclass(frozen=True, slots=True)
class Released:
    """A hold that ended: the messages that had led to it, and when it began."""

    items: tuple[int, ...]
    since: datetime


async def begin(
    connection: AsyncConnection, subject: str, person: str, held: tuple[str, str], item: int, now: datetime
) -> bool:
    """Put `subject` on hold for (reason, quote), or sharpen the hold that stands. Tells whether it is a new one."""
    await locks.person(connection, person)
    reason, quote = held
    standing = await _live(connection, subject)
    if standing is None:
        row = {"subject": subject, "person": person, "reason": reason, "quote": quote[:200], "items": [item]}
        await connection.execute(insert(hold).values(**row, since=millis(now)))
        return True
    changes: dict[str, Any] = {"items": [*standing["items"], item]}
    if _gravity(reason) > _gravity(standing["reason"]):
        changes |= {"reason": reason, "quote": quote[:200]}
    await connection.execute(update(hold).where(hold.c.id == standing["id"]).values(**changes))
    return False


def _gravity(reason: str) -> int:
    return _GRAVER.index(Mood(reason)) + 1 if reason in _GRAVER else 0


async def release(connection: AsyncConnection, subject: str, by: str, why: str, now: datetime) -> Released:
    """End the hold of `subject`; where there was none, one of this moment."""
    await locks.person(connection, subject.removeprefix("person:"))
    standing = await _live(connection, subject)
    if standing is None:
        return Released((), now)
    ended = {"released_at": millis(now), "released_by": by, "why": why[:400]}
    await connection.execute(update(hold).where(hold.c.id == standing["id"]).values(**ended))
    return Released(tuple(standing["items"]), moment(standing["since"]))


async def held(connection: AsyncConnection, subject: str) -> bool:
    return await _live(connection, subject) is not None


async def _live(connection: AsyncConnection, subject: str) -> Any:
    query = select(hold).where(hold.c.subject == subject, hold.c.released_at.is_(None))
    return (await connection.execute(query)).mappings().one_or_none()


async def queued(connection: AsyncConnection, subject: str, person: str) -> list[Part]:
    """What is ready to go, unasked, to that person alone."""
    near = may_name(connection, outbox.c.body, person)  # the recipients are looked at below
    query = select(outbox).where(outbox.c.klass == Klass.POST, outbox.c.state == "ready", near).order_by(outbox.c.seq)
    parts = [from_row(row) for row in (await connection.execute(query)).mappings()]
    return [part for part in parts if subjects_of(part.body["recipients"]) == {subject}]


def subjects_of(addresses: Iterable[str]) -> set[str]:
    return {parse_recipient(address).subject for address in addresses}


async def recall_tasks(connection: AsyncConnection, subject: str) -> list[Recall]:
    """Mark the unconfirmed tasks that would reach `subject`: they are to be cancelled."""
    query = (
        select(mass_task.c.msgid, mass_task.c.sender, outbox.c.body)
        .join(delivery, delivery.c.part == mass_task.c.part)
        .join(outbox, outbox.c.id == mass_task.c.part)
        .where(mass_task.c.state == "waiting", delivery.c.subject == subject)
    )
    found = [Recall(row.msgid, row.sender, str(row.body["title"])) for row in await connection.execute(query)]
    msgids = [recall.msgid for recall in found]
    await connection.execute(update(mass_task).where(mass_task.c.msgid.in_(msgids)).values(state=RECALLING))
    return found


async def note_misread(connection: AsyncConnection, items: Sequence[int], masked: Any, by: str, now: datetime) -> int:
    """Keep the texts of `items`, through `masked`, as read wrongly; how many there were."""
    rows = (await connection.execute(select(inbox.c.id, inbox.c.text, inbox.c.mood).where(inbox.c.id.in_(items)))).all()
    wrong = [
        {"item": row.id, "text": masked(row.text), "mood": row.mood, "by": by, "at": millis(now)}
        for row in rows
        if row.text
    ]
    if wrong:
        await connection.execute(insert_once(connection, misreading, ["item"]), wrong)
    return len(wrong)


async def misread(connection: AsyncConnection) -> list[tuple[str, str]]:
    """(mood as it was read, masked text) of what colleagues called read wrongly, oldest first."""
    query = select(misreading.c.mood, misreading.c.text).order_by(misreading.c.at, misreading.c.item)
    return [(row.mood, row.text) for row in await connection.execute(query)]


async def conversations_of(connection: AsyncConnection, person: str) -> list[str]:
    return list(await connection.scalars(select(conversation.c.id).where(conversation.c.person == person)))


class Holds:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def live(self) -> list[Held]:
        """Who is on hold, the longest first."""
        query = select(hold).where(hold.c.released_at.is_(None)).order_by(hold.c.since, hold.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [Held(row["person"], row["reason"], row["quote"], moment(row["since"])) for row in rows]
