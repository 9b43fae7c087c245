"""Scheduled content: occurrences, decisions of the gate, the slots it gave away, and tasks a colleague confirms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database, insert_once
from bot.store.restraint_tables import digest
from bot.store.tables import decision, delivery, mass_task, millis, moment, occurrence

PUSHED = "push:"  # how the name of a pushed occurrence begins
IN_ONE_QUERY = 500  # values of one IN: engines bear a bounded number of parameters

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
    return f"{PUSHED}{schedule}@{planned_at.isoformat()}"


def split_push(name: str) -> tuple[str, datetime]:
    """The schedule and moment of `push_name`."""
    schedule, _, at = name.removeprefix(PUSHED).rpartition("@")
    return schedule, datetime.fromisoformat(at)


async def finish_occurrence(connection: AsyncConnection, id_: int) -> bool:
    """Planned → done, once."""
    changed = await connection.execute(
        update(occurrence).where(occurrence.c.id == id_, occurrence.c.state == "planned").values(state="done")
    )
    return changed.rowcount == 1


async def reserve(connection: AsyncConnection, slot: Mapping[str, Any], now: datetime) -> None:
    """Take the next slot of the day. A second worker taking the same one meets a unique constraint, not a check.

    `slot` has subject, part, day (in the tenant's zone), and what the post is now: guide, kind and topic.
    """
    values = {**slot, "at": millis(now), "delivered": False, "of": slot["subject"], "on": slot["day"]}
    statement = _RESERVE[connection.dialect.name]
    if (await connection.execute(statement, values)).rowcount == 0:
        # Asked again for the same part: its slot is the one of now.
        mine = and_(delivery.c.subject == slot["subject"], delivery.c.part == slot["part"])
        await connection.execute(delete(delivery).where(mine))
        await connection.execute(statement, values)


_NEXT = (
    select(func.coalesce(func.max(delivery.c.ordinal), 0) + 1)
    # Below 0 is what was kept of groups they left: `ledger.keep`.
    .where(delivery.c.subject == bindparam("of"), delivery.c.day == bindparam("on"), delivery.c.ordinal > 0)
    .scalar_subquery()
)
# Built once: to build a statement costs as much as to run it, and these run for every recipient of every post.
_RESERVE = {
    name: dialect.insert(delivery)
    .values(ordinal=_NEXT)
    .on_conflict_do_nothing(index_elements=[delivery.c.subject, delivery.c.part])
    for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))
}
_RECORD = insert(decision)


async def name_later(connection: AsyncConnection, missed: Mapping[str, str], until: datetime) -> None:
    """Remember a post that could not leave in time, so that the next one can name it; once per subject and part."""
    row = insert_once(connection, digest, ["subject", "part"]).values(**missed, expires_at=millis(until))
    await connection.execute(row)


async def release(connection: AsyncConnection, part: str) -> None:
    """Give back the slots of a part that never left; what it would have named is still to be named."""
    await connection.execute(delete(delivery).where(delivery.c.part == part))
    await connection.execute(update(digest).where(digest.c.told_in == part).values(told_in=""))


async def release_one(connection: AsyncConnection, part: str, subject: str) -> None:
    """Give back the slot of one recipient of a part: it reached the others."""
    await connection.execute(delete(delivery).where(delivery.c.part == part, delivery.c.subject == subject))


async def record(connection: AsyncConnection, values: Mapping[str, Any], now: datetime) -> None:
    """Write a decision of the gate, whatever it was."""
    await connection.execute(_RECORD, {**values, "decided_at": millis(now)})


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


class Posts:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def used(self, subjects: Sequence[str], since: datetime, zone: ZoneInfo) -> dict[str, dict[str, date]]:
        """Subject → guide → the last local day since `since` on which it was sent there."""
        columns = (delivery.c.subject, delivery.c.guide, func.max(delivery.c.at))
        history: dict[str, dict[str, date]] = {}
        async with self._database.read() as connection:
            for some in batched(subjects, IN_ONE_QUERY):
                mine = select(*columns).where(delivery.c.subject.in_(some), delivery.c.at >= millis(since))
                for subject, guide, at in await connection.execute(mine.group_by(*columns[:2])):
                    history.setdefault(subject, {})[guide] = moment(at).astimezone(zone).date()
        return history

    async def used_by(self, schedules: Sequence[str], since: datetime, zone: ZoneInfo) -> dict[str, date]:
        """Guide → the last local day since `since` on which one of these schedules had it."""
        theirs = occurrence.c.schedule.in_(schedules)
        columns = (occurrence.c.guide, func.max(occurrence.c.planned_at))
        query = select(*columns).where(theirs, occurrence.c.guide != "", occurrence.c.planned_at >= millis(since))
        async with self._database.read() as connection:
            rows = await connection.execute(query.group_by(occurrence.c.guide))
            return {guide: moment(at).astimezone(zone).date() for guide, at in rows}

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


def batched(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """`values` in pieces of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))


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
