"""Tasks that a colleague confirms: what is left to follow, reminders given, and what came of them by recipient."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final, Klass, Part
from bot.store.database import Database
from bot.store.outbox import from_row
from bot.store.posts import RECALLING, UNSETTLED
from bot.store.tables import delivery, mass_result, mass_task, millis, moment, outbox
from handlers.turn import Channel
from scheduler.posts import Recipient, parse_recipient


@dataclass(frozen=True, slots=True)
class MassTask:
    """An unsettled task (doc 92135): waiting for its colleague, or recalling. `reminded` counts our reminders."""

    msgid: str
    part: str
    sender: str
    state: str
    created_at: datetime
    expires_at: datetime
    reminded: int = 0
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """A send that is lost: its task may stand in WeCom without our knowing its id. `since`: not made before."""

    part: Part
    since: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a task was made for: the recipients whose slot it holds. No part: all of them were forgotten since."""

    part: Part | None = None
    recipients: tuple[Recipient, ...] = ()

    @property
    def title(self) -> str:
        return str(self.part.body.get("title", "")) if self.part else ""

    @property
    def subjects(self) -> frozenset[str]:
        return frozenset(each.subject for each in self.recipients)


class MassTasksStore:
    """Reading side."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unsettled(self) -> list[MassTask]:
        """Tasks of which the end is not known, oldest first."""
        query = select(mass_task).where(mass_task.c.state.in_(UNSETTLED)).order_by(mass_task.c.created_at)
        async with self._database.read() as connection:
            return [_task(row) for row in (await connection.execute(query)).mappings()]

    async def missing(self, now: datetime) -> list[Missing]:
        """Sends without a task that were lost and have not expired, oldest first."""
        lost = (outbox.c.state == Final.LOST, outbox.c.klass == Klass.POST, outbox.c.channel == Channel.CUSTOMERS)
        query = (
            select(outbox)
            .outerjoin(mass_task, mass_task.c.part == outbox.c.id)
            .where(*lost, outbox.c.expires_at > millis(now), mass_task.c.msgid.is_(None))
            .order_by(outbox.c.seq)
        )
        async with self._database.read() as connection:
            found = (await connection.execute(query)).mappings().all()
        return [Missing(from_row(row), moment(row["created_at"])) for row in found]

    async def known(self, msgids: Collection[str]) -> set[str]:
        """Those of `msgids` that are tasks of ours."""
        async with self._database.read() as connection:
            return set(await connection.scalars(select(mass_task.c.msgid).where(mass_task.c.msgid.in_(msgids))))

    async def asked(self, task: MassTask) -> Asked:
        """Whom the task was made for."""
        async with self._database.read() as connection:
            return await asked(connection, task)


async def asked(connection: AsyncConnection, task: MassTask) -> Asked:
    """Whom the task was made for, inside a transaction."""
    row = (await connection.execute(select(outbox).where(outbox.c.id == task.part))).mappings().one_or_none()
    if row is None:
        return Asked()
    part = from_row(row)
    slots = set(await connection.scalars(select(delivery.c.subject).where(delivery.c.part == task.part)))
    recipients = (parse_recipient(address) for address in part.body["recipients"])
    return Asked(part, tuple(each for each in recipients if each.subject in slots))


async def settle(connection: AsyncConnection, msgid: str, state: str, counts: Mapping[str, int]) -> bool:
    """Waiting or recalling → sent, cancelled or lost, once, with counts by status (doc 93338)."""
    unsettled = (mass_task.c.msgid == msgid, mass_task.c.state.in_(UNSETTLED))
    changed = await connection.execute(update(mass_task).where(*unsettled).values(state=state, result=dict(counts)))
    return changed.rowcount == 1


async def store_results(connection: AsyncConnection, msgid: str, statuses: Mapping[str, int], now: datetime) -> None:
    """Keep the status of each subject; only with the one `settle` that was true."""
    rows = [
        {"msgid": msgid, "recipient": subject, "status": status, "at": millis(now)}
        for subject, status in statuses.items()
    ]
    if rows:
        await connection.execute(insert(mass_result), rows)


async def begin_recall(connection: AsyncConnection, msgid: str) -> bool:
    """Waiting → recalling: it is to be cancelled. False when it was no longer waiting."""
    waiting = (mass_task.c.msgid == msgid, mass_task.c.state == "waiting")
    return (await connection.execute(update(mass_task).where(*waiting).values(state=RECALLING))).rowcount == 1


async def recalled_at(connection: AsyncConnection, recall: str) -> datetime:
    """When the part with this id, which takes a task back, was written; the beginning of time where it is not kept."""
    return moment(await connection.scalar(select(outbox.c.created_at).where(outbox.c.id == recall)) or 0)


async def claim_reminder(connection: AsyncConnection, task: MassTask, now: datetime) -> bool:
    """Count a reminder before it is given: a kill in between loses one rather than doubling it."""
    unchanged = (
        mass_task.c.msgid == task.msgid,
        mass_task.c.state == "waiting",
        mass_task.c.reminded == task.reminded,
    )
    values = {"reminded": task.reminded + 1, "reminded_at": millis(now)}
    return (await connection.execute(update(mass_task).where(*unchanged).values(**values))).rowcount == 1


async def return_reminder(connection: AsyncConnection, task: MassTask, at: datetime | None) -> None:
    """A claimed reminder was not given; `at` is from when the time until the next one counts."""
    values: dict[str, Any] = {"reminded": task.reminded, "reminded_at": millis(at) if at else None}
    await connection.execute(update(mass_task).where(mass_task.c.msgid == task.msgid).values(**values))


def _task(row: Any) -> MassTask:
    return MassTask(
        msgid=row["msgid"],
        part=row["part"],
        sender=row["sender"],
        state=row["state"],
        created_at=moment(row["created_at"]),
        expires_at=moment(row["expires_at"]),
        reminded=row["reminded"],
        reminded_at=moment(row["reminded_at"]) if row["reminded_at"] is not None else None,
    )
