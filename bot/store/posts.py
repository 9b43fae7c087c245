"""Scheduled content: occurrences, decisions of the gate, the slots it gave away, and tasks a colleague confirms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_once
from bot.store.tables import decision, delivery, mass_task, millis, moment, occurrence

RECALLING = "recalling"  # somebody among its recipients is on hold
UNSETTLED = ("waiting", RECALLING)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A post at a time, as stored."""

    id: int
    schedule: str
    planned_at: datetime
    state: str
    guide: str
    title: str
    asked_by: str


@dataclass(frozen=True, slots=True)
class MassTask:
    """A customer or customer-group send that waits for a colleague's confirmation (doc 92135)."""

    msgid: str
    part: str
    sender: str
    state: str
    expires_at: datetime


async def plan_once(connection: AsyncConnection, values: Mapping[str, Any], now: datetime) -> int | None:
    """Store an occurrence; its id, or None when that (schedule, planned_at) exists already."""
    row = {**values, "planned_at": millis(values["planned_at"]), "created_at": millis(now)}
    statement = insert_once(connection, occurrence, ["schedule", "planned_at"]).values(**row)
    made = (await connection.execute(statement.returning(occurrence.c.id))).scalar_one_or_none()
    return None if made is None else int(made)


async def find_occurrence(connection: AsyncConnection, id_: int) -> Occurrence | None:
    row = (await connection.execute(select(occurrence).where(occurrence.c.id == id_))).mappings().one_or_none()
    return _occurrence(row) if row else None


async def bring_forward(connection: AsyncConnection, pushed: Occurrence, now: datetime) -> None:
    """A pushed post was sent: the regular one that it stands for is used up, so that it does not come twice."""
    schedule, at = split_push(pushed.schedule)
    values = {"schedule": schedule, "planned_at": at, "state": "done", "kind": "value", "asked_by": pushed.asked_by}
    await plan_once(connection, {**values, "guide": pushed.guide, "title": pushed.title}, now)


def push_name(schedule: str, planned_at: datetime) -> str:
    """The name under which a pushed occurrence is stored: the schedule and the moment it stands for."""
    return f"push:{schedule}@{planned_at.isoformat()}"


def split_push(name: str) -> tuple[str, datetime]:
    """The schedule and moment of `push_name`."""
    schedule, _, at = name.removeprefix("push:").rpartition("@")
    return schedule, datetime.fromisoformat(at)


async def finish_occurrence(connection: AsyncConnection, id_: int) -> bool:
    """Planned → done, once."""
    changed = await connection.execute(
        update(occurrence).where(occurrence.c.id == id_, occurrence.c.state == "planned").values(state="done")
    )
    return changed.rowcount == 1


async def sent_to(connection: AsyncConnection, subject: str, since: datetime, without: str) -> tuple[datetime, ...]:
    """When unasked content went to a person or group since `since`, oldest first, not counting part `without`."""
    query = (
        select(delivery.c.at)
        .where(delivery.c.subject == subject, delivery.c.at >= millis(since), delivery.c.part != without)
        .order_by(delivery.c.at)
    )
    return tuple(moment(at) for at in await connection.scalars(query))


async def reserve(connection: AsyncConnection, subject: str, part: str, guide: str, day: str, now: datetime) -> None:
    """Take the next slot of the day. A second worker taking the same one meets a unique constraint, not a check."""
    taken = await connection.scalar(
        select(func.count()).where(delivery.c.subject == subject, delivery.c.day == day, delivery.c.part != part)
    )
    slot = {"day": day, "ordinal": int(taken or 0) + 1, "at": millis(now)}
    values = {"subject": subject, "part": part, "guide": guide, **slot}
    await connection.execute(delete(delivery).where(delivery.c.subject == subject, delivery.c.part == part))
    await connection.execute(insert(delivery).values(**values))


async def release(connection: AsyncConnection, part: str) -> None:
    """Give back the slots of a part that never left."""
    await connection.execute(delete(delivery).where(delivery.c.part == part))


async def record(connection: AsyncConnection, values: Mapping[str, Any], now: datetime) -> None:
    """Write a decision of the gate, whatever it was."""
    await connection.execute(insert(decision).values(**values, decided_at=millis(now)))


async def add_mass_task(connection: AsyncConnection, task: MassTask, now: datetime) -> None:
    """Remember the platform's task id: one per sender, never overwritten."""
    values = {
        "msgid": task.msgid,
        "part": task.part,
        "sender": task.sender,
        "state": task.state,
        "result": {},
        "created_at": millis(now),
        "expires_at": millis(task.expires_at),
    }
    await connection.execute(insert_once(connection, mass_task, ["msgid"]).values(**values))


async def settle_mass_task(connection: AsyncConnection, msgid: str, state: str, result: Mapping[str, Any]) -> bool:
    """Waiting or recalling → sent or cancelled, once, with counts by recipient status (doc 93338)."""
    changed = await connection.execute(
        update(mass_task)
        .where(mass_task.c.msgid == msgid, mass_task.c.state.in_(UNSETTLED))
        .values(state=state, result=dict(result))
    )
    return changed.rowcount == 1


class Posts:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def used(self, zone: ZoneInfo) -> dict[str, dict[str, date]]:
        """Subject → guide → the last local day it was sent there."""
        query = select(delivery.c.subject, delivery.c.guide, func.max(delivery.c.at)).group_by(
            delivery.c.subject, delivery.c.guide
        )
        history: dict[str, dict[str, date]] = {}
        async with self._database.read() as connection:
            for subject, guide, at in await connection.execute(query):
                history.setdefault(subject, {})[guide] = moment(at).astimezone(zone).date()
        return history

    async def planned(self) -> list[Occurrence]:
        """Occurrences whose parts have not all ended."""
        query = select(occurrence).where(occurrence.c.state == "planned").order_by(occurrence.c.id)
        async with self._database.read() as connection:
            return [_occurrence(row) for row in (await connection.execute(query)).mappings()]

    async def taken(self, since: datetime) -> set[tuple[str, datetime]]:
        """The (schedule, planned_at) pairs from `since` on that exist already."""
        query = select(occurrence.c.schedule, occurrence.c.planned_at).where(occurrence.c.planned_at >= millis(since))
        async with self._database.read() as connection:
            return {(schedule, moment(at)) for schedule, at in await connection.execute(query)}

    async def decisions(self, part: str) -> list[Mapping[str, Any]]:
        """Every decision about a part, oldest first."""
        query = select(decision).where(decision.c.part == part).order_by(decision.c.id)
        async with self._database.read() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def unsettled_tasks(self) -> list[MassTask]:
        """Mass tasks that no colleague has confirmed yet, as far as we know."""
        query = select(mass_task).where(mass_task.c.state.in_(UNSETTLED))
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            MassTask(row["msgid"], row["part"], row["sender"], row["state"], moment(row["expires_at"])) for row in rows
        ]


def _occurrence(row: Any) -> Occurrence:
    return Occurrence(
        id=row["id"],
        schedule=row["schedule"],
        planned_at=moment(row["planned_at"]),
        state=row["state"],
        guide=row["guide"],
        title=row["title"],
        asked_by=row["asked_by"],
    )
