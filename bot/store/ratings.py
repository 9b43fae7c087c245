"""Which passages an answer rested on, and what members thought of it. No text and no person is kept here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import answer_id
from bot.store.answer_tables import answered, rating
from bot.store.database import Database, insert_once
from bot.store.tables import inbox
from handlers.turn import Conversation, Kind, Tally

SAID = (Kind.TEXT, Kind.MEDIA, Kind.HUMAN_SPOKE)  # what comes between an answer and a word about it


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of an answer; `digest` is the guide's at that time."""

    guide: str
    section: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. `question` is empty where the inbox has it no more, or its writer took it back."""

    id: str
    question: str
    passages: tuple[Passage, ...]


async def note_answer(connection: AsyncConnection, id_: str, item: int, passages: Sequence[Passage], day: date) -> None:
    """Remember what an answer rests on, so that it can be rated."""
    stored = [[each.guide[:200], each.section[:400], each.digest] for each in passages]
    row = {"id": id_, "item": item, "passages": stored, "day": day.isoformat()}
    await connection.execute(insert_once(connection, answered, ["id"]), [row])


async def find(connection: AsyncConnection, id_: str) -> Answered | None:
    """The answer with its question; None for one that is not known, or not any more."""
    joined = answered.outerjoin(inbox, inbox.c.id == answered.c.item)
    query = select(answered.c.passages, inbox.c.text).select_from(joined).where(answered.c.id == id_)
    row = (await connection.execute(query)).one_or_none()
    return Answered(id_, row.text or "", tuple(Passage(*each) for each in row.passages)) if row else None


async def rate(connection: AsyncConnection, answer: Answered, good: bool | None, day: date) -> None:
    """The last word counts; None takes it back."""
    await connection.execute(delete(rating).where(rating.c.answer == answer.id))
    if good is None:
        return
    places = dict.fromkeys((each.guide, each.section) for each in answer.passages)
    rows = [
        {"answer": answer.id, "guide": guide, "section": section, "good": good, "day": day.isoformat()}
        for guide, section in places
    ]
    if rows:
        await connection.execute(insert(rating), rows)


async def forget(connection: AsyncConnection, before: date) -> None:
    """Answers from before that day can be rated no more; their ratings still count."""
    await connection.execute(delete(answered).where(answered.c.day < before.isoformat()))


class Ratings:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tallies(self) -> list[Tally]:
        """The counts of every section that was rated."""
        good = func.sum(rating.c.good.cast(Integer))
        query = select(rating.c.guide, rating.c.section, good, func.count()).group_by(rating.c.guide, rating.c.section)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(rating.c.guide, rating.c.section))).all()
        return [Tally(guide, section, int(up), int(every) - int(up)) for guide, section, up, every in rows]

    async def last_answer(self, conversation: Conversation, before: int) -> str:
        """The answer to what was said last before item `before`; empty where that got none. Ratings are passed over."""
        query = (
            select(inbox.c.id, inbox.c.kind, inbox.c.stream)
            .where(inbox.c.conversation == conversation.id, inbox.c.id < before, inbox.c.kind.in_(SAID))
            .where(inbox.c.handled_by != "feedback")
            .order_by(inbox.c.id.desc())
            .limit(1)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
            if row is None or row.kind != Kind.TEXT:
                return ""
            id_ = answer_id(conversation.id, row.id, row.stream)
            known = await connection.scalar(select(answered.c.id).where(answered.c.id == id_))
        return str(known or "")
