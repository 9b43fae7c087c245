"""Questions without a good answer, as they were asked (masked), and the gaps they form."""

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks
from bot.store.answer_tables import gap, gap_ask
from bot.store.database import Database, insert_once, serialise
from bot.store.tables import mark, millis
from knowledge.gaps import Ask, Gap, GapKind, Stage

SALT = "gap_salt"
AT_ONCE = 500  # asks that are compared, or asked again, in one go


@dataclass(frozen=True, slots=True)
class Row:
    """An open ask as the keeper works on it. `gap` is None while it has not been gathered."""

    id: int
    gap: int | None
    kind: GapKind
    question: str
    guide: str
    digest: str


async def member(connection: AsyncConnection, person: str, now: datetime) -> str:
    """A hash that tells people apart and nothing else. Its salt is made once per store and never leaves it."""
    fresh = {"name": SALT, "value": secrets.token_hex(32), "at": millis(now)}
    await connection.execute(insert_once(connection, mark, ["name"]), [fresh])
    return await known_member(connection, person)


async def known_member(connection: AsyncConnection, person: str) -> str:
    """The same hash without making a salt; empty where there is none yet, and so no ask of anybody."""
    return (await hasher(connection))(person)


async def hasher(connection: AsyncConnection) -> Callable[[str], str]:
    """`known_member` for many people at once."""
    salt = await marks.get_mark(connection, SALT)

    def hashed(person: str) -> str:
        if salt is None:
            return ""
        return hmac.new(str(salt).encode(), person.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]

    return hashed


async def add(
    connection: AsyncConnection, kind: GapKind, source: str, ask: Ask, guide: str = "", digest: str = ""
) -> None:
    """One more ask; the same source counts once."""
    row = {
        "kind": kind,
        "source": source[:64],
        "question": ask.question,
        "who": ask.who,
        "day": ask.day.isoformat(),
        "nearest": ask.nearest[:200],
        "guide": guide[:200],
        "digest": digest,
        "open": True,
    }
    await connection.execute(insert_once(connection, gap_ask, ["source"]), [row])


async def withdraw(connection: AsyncConnection, source: str) -> None:
    """The ask that came from there is none any more."""
    await connection.execute(delete(gap_ask).where(gap_ask.c.source == source))


async def gathering(connection: AsyncConnection, asks: Iterable[int]) -> bool:
    """Whether these asks are to be gathered by us; nobody else gathers until the end of the transaction."""
    await serialise(connection, "gaps")
    query = select(gap_ask.c.id).where(gap_ask.c.id.in_(list(asks)), gap_ask.c.gap.is_not(None)).limit(1)
    return await connection.scalar(query) is None


async def open_gap(connection: AsyncConnection, kind: GapKind) -> int:
    """The number of a new gap. A number is never given twice."""
    fresh = insert(gap).values(kind=kind, stage=Stage.OPEN, guide="", drafted_by="", closed_on="")
    return int((await connection.execute(fresh.returning(gap.c.number))).scalar_one())


async def join(connection: AsyncConnection, ask: int, number: int) -> None:
    """An ask belongs to that gap from now on."""
    await connection.execute(update(gap_ask).where(gap_ask.c.id == ask).values(gap=number))


async def set_stage(connection: AsyncConnection, number: int, stage: Stage, **more: Any) -> None:
    """`more`: drafted_by, guide."""
    open_ = (gap.c.number == number, gap.c.stage != Stage.CLOSED)
    await connection.execute(update(gap).where(*open_).values(stage=stage, **more))


async def passed(connection: AsyncConnection, asks: Iterable[int]) -> None:
    """These are answered now."""
    await connection.execute(update(gap_ask).where(gap_ask.c.id.in_(list(asks))).values(open=False))


async def published(connection: AsyncConnection, numbers: Iterable[int]) -> list[tuple[int, str]]:
    """Those of `numbers` whose guide is out and that are still not closed, with who wrote it."""
    out = (gap.c.number.in_(list(numbers)), gap.c.stage == Stage.PUBLISHED)
    rows = await connection.execute(select(gap.c.number, gap.c.drafted_by).where(*out).order_by(gap.c.number))
    return [(int(number), str(drafted_by)) for number, drafted_by in rows]


async def close_empty(connection: AsyncConnection, answers: Mapping[int, str], day: date) -> list[tuple[int, str]]:
    """Close the gaps of `answers` (number → guide) in which nothing is open; returns (number, who drafted)."""
    waiting = select(gap_ask.c.gap).where(gap_ask.c.open, gap_ask.c.gap.is_not(None))
    done = (gap.c.number.in_(list(answers)), gap.c.stage != Stage.CLOSED, gap.c.number.not_in(waiting))
    rows = (await connection.execute(select(gap.c.number, gap.c.drafted_by).where(*done).order_by(gap.c.number))).all()
    for number, _ in rows:
        values = {"stage": Stage.CLOSED, "closed_on": day.isoformat(), "guide": answers[number][:200]}
        await connection.execute(update(gap).where(gap.c.number == number).values(**values))
    return [(int(number), str(drafted_by)) for number, drafted_by in rows]


async def forget(connection: AsyncConnection, before: date) -> None:
    """Nothing older than that day is kept; a gap of which nothing is left goes too, unless it is new."""
    await connection.execute(delete(gap_ask).where(gap_ask.c.day < before.isoformat()))
    named = select(gap_ask.c.gap).where(gap_ask.c.gap.is_not(None))
    await connection.execute(delete(gap).where(gap.c.number.not_in(named)))


class Gaps:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ungathered(self) -> list[Row]:
        """Asks that belong to no gap yet, oldest first."""
        return await self._rows(gap_ask.c.gap.is_(None), oldest=True)

    async def open_asks(self) -> list[Row]:
        """The newest asks that are not answered yet."""
        return await self._rows(gap_ask.c.gap.is_not(None), oldest=False)

    async def leaders(self, kind: GapKind) -> list[tuple[int, str]]:
        """Number and first open question of each open gap of a kind."""
        first = (
            select(func.min(gap_ask.c.id))
            .join(gap, gap.c.number == gap_ask.c.gap)
            .where(gap_ask.c.open, gap.c.kind == kind, gap.c.stage != Stage.CLOSED)
            .group_by(gap_ask.c.gap)
        )
        query = select(gap_ask.c.gap, gap_ask.c.question).where(gap_ask.c.id.in_(first)).order_by(gap_ask.c.gap)
        async with self._database.read() as connection:
            return [(int(number), question) for number, question in await connection.execute(query)]

    async def live(self) -> list[Gap]:
        """Open gaps with what is open in them, by number."""
        query = (
            select(gap, gap_ask.c.question, gap_ask.c.who, gap_ask.c.day, gap_ask.c.nearest)
            .join(gap_ask, gap_ask.c.gap == gap.c.number)
            .where(gap.c.stage != Stage.CLOSED, gap_ask.c.open)
            .order_by(gap.c.number, gap_ask.c.id)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return _gaps(rows)

    async def _rows(self, which: Any, *, oldest: bool) -> list[Row]:
        order = gap_ask.c.id if oldest else gap_ask.c.id.desc()
        query = select(gap_ask).where(gap_ask.c.open, which).order_by(order).limit(AT_ONCE)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Row(r.id, r.gap, GapKind(r.kind), r.question, r.guide, r.digest) for r in rows]


def _gaps(rows: Sequence[Any]) -> list[Gap]:
    asks: dict[int, list[Ask]] = defaultdict(list)
    heads: dict[int, Any] = {}
    for row in rows:
        heads[row.number] = row
        asks[row.number].append(Ask(row.question, row.who, date.fromisoformat(row.day), row.nearest))
    return [
        Gap(number, GapKind(head.kind), tuple(asks[number]), Stage(head.stage), head.guide)
        for number, head in heads.items()
    ]
