"""What single members need: each once, by its key; and what of it still waits for an approval."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.answer_tables import gap, gap_ask
from bot.store.database import insert_once
from bot.store.restraint_tables import need
from bot.store.tables import millis, moment, occurrence, outbox
from handlers.posting import NEED
from knowledge.gaps import Stage
from scheduler.timetable import Planned
from scheduler.triggers import Answered


async def known(connection: AsyncConnection, keys: Collection[str]) -> set[str]:
    """Those of `keys` that were planned before."""
    return set(await connection.scalars(select(need.c.key).where(need.c.key.in_(keys))))


async def note(connection: AsyncConnection, key: str, subject: str, occurrence_id: int, now: datetime) -> None:
    """This need is planned, for good."""
    row = {"key": key, "subject": subject, "occurrence": occurrence_id, "at": millis(now)}
    await connection.execute(insert_once(connection, need, ["key"]).values(**row))


async def waiting(connection: AsyncConnection, decided: Collection[tuple[str, str]]) -> list[Planned]:
    """What members need and nobody has `decided` about, by (name, digest): one per trigger and text, oldest first."""
    query = (
        select(occurrence.c.schedule, occurrence.c.planned_at, outbox.c.body)
        .join(outbox, outbox.c.occurrence == occurrence.c.id)
        .where(outbox.c.state == "ready", occurrence.c.schedule.startswith(NEED, autoescape=True))
        .order_by(occurrence.c.planned_at, outbox.c.seq)
    )
    found: dict[tuple[str, str], list[tuple[datetime, Mapping[str, object]]]] = {}
    for schedule, at, body in await connection.execute(query):
        if (body["guide"], body["digest"]) not in decided:
            found.setdefault((trigger_of(schedule), body["guide"]), []).append((moment(at), body))
    return [_planned(trigger, rows) for (trigger, _), rows in found.items()]


def name_of(trigger: str, key: str) -> str:
    """The name under which one need's occurrence is stored."""
    return f"{NEED}{trigger}#{key[:16]}"


def trigger_of(schedule: str) -> str:
    """The trigger in `name_of`."""
    return schedule.removeprefix(NEED).rpartition("#")[0]


def _planned(trigger: str, rows: list[tuple[datetime, Mapping[str, object]]]) -> Planned:
    at, body = rows[0]
    to = [str(address) for _, each in rows for address in _addresses(each)]
    return Planned(NEED + trigger, at, str(body["guide"]), str(body["title"]), to=tuple(dict.fromkeys(to)))


def _addresses(body: Mapping[str, object]) -> list[object]:
    found = body["recipients"]
    return found if isinstance(found, list) else []


async def answered(
    connection: AsyncConnection, since: date, topics: Mapping[str, str]
) -> Mapping[str, tuple[Answered, ...]]:
    """Hash of a member → their questions that a guide answers since that day or later; `topics` is guide → topic."""
    query = (
        select(gap_ask.c.who, gap_ask.c.day, gap.c.guide, gap.c.closed_on)
        .join(gap, gap.c.number == gap_ask.c.gap)
        .where(gap.c.stage == Stage.CLOSED, gap.c.guide != "", gap.c.closed_on >= since.isoformat())
    )
    found: dict[str, tuple[Answered, ...]] = {}
    for who, day, guide, closed_on in await connection.execute(query):
        one = Answered(topics.get(guide, ""), guide, date.fromisoformat(day), date.fromisoformat(closed_on))
        found[who] = (*found.get(who, ()), one)
    return found
