"""Small facts with a name: watermarks, the pause, opt-outs, the audit log and leases."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tombstones
from bot.store.database import Database, insert_once, upsert
from bot.store.tables import audit, lease, mark, millis, moment, opt_out

PAUSE = "pause"


async def set_mark(connection: AsyncConnection, name: str, value: Any, now: datetime) -> None:
    row = {"name": name, "value": value, "at": millis(now)}
    await upsert(connection, mark, ["name"], row)


async def get_mark(connection: AsyncConnection, name: str) -> Any:
    """The value, or None when it was never set."""
    return await connection.scalar(select(mark.c.value).where(mark.c.name == name))


async def remove_mark(connection: AsyncConnection, name: str) -> None:
    await connection.execute(delete(mark).where(mark.c.name == name))


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as it stands."""

    name: str
    value: Any
    at: datetime


async def named(connection: AsyncConnection, start: str) -> list[Mark]:
    """The marks whose name begins with `start`."""
    query = select(mark).where(mark.c.name.startswith(start, autoescape=True)).order_by(mark.c.name)
    return [Mark(row.name, row.value, moment(row.at)) for row in await connection.execute(query)]


async def pause(connection: AsyncConnection, until: datetime | None, now: datetime) -> None:
    """Nothing unasked leaves until `until`, or until `unpause`."""
    await set_mark(connection, PAUSE, {"until": until.isoformat() if until else None}, now)


async def unpause(connection: AsyncConnection) -> None:
    await connection.execute(delete(mark).where(mark.c.name == PAUSE))


async def paused(connection: AsyncConnection, now: datetime) -> tuple[bool, datetime | None]:
    """Whether sending is paused now, and until when (None: until somebody resumes it)."""
    return pause_of(await get_mark(connection, PAUSE), now)


def pause_of(value: Any, now: datetime) -> tuple[bool, datetime | None]:
    """The same, from the value of the mark PAUSE."""
    if not value:
        return False, None
    until = datetime.fromisoformat(value["until"]) if value["until"] else None
    return until is None or now < until, until


async def add_opt_out(connection: AsyncConnection, person: str, now: datetime) -> None:
    await connection.execute(insert_once(connection, opt_out, ["person"]).values(person=person, at=millis(now)))


async def remove_opt_out(connection: AsyncConnection, person: str) -> None:
    await connection.execute(delete(opt_out).where(opt_out.c.person == person))
    await tombstones.lift(connection, person)


async def opted_out(connection: AsyncConnection, person: str) -> bool:
    """Also where they were forgotten since: the tombstone keeps it."""
    if await connection.scalar(select(opt_out.c.person).where(opt_out.c.person == person)) is not None:
        return True
    return await tombstones.opted_out(connection, person)


async def opted_out_at(connection: AsyncConnection, person: str) -> datetime | None:
    """Since when `person` is opted out; None where they are not."""
    at = await connection.scalar(select(opt_out.c.at).where(opt_out.c.person == person))
    return None if at is None else moment(at)


async def note(connection: AsyncConnection, who: str, what: str, now: datetime) -> None:
    """One line of the audit log."""
    await connection.execute(insert(audit).values(at=millis(now), who=who, what=what[:400]))


class Leases:
    """Who may do what only one may do. A lease ends by itself when it is not renewed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, owner: str, now: datetime, seconds: float) -> bool:
        """Take or renew; False while somebody else holds it."""
        until = millis(now + timedelta(seconds=seconds))
        async with self._database.write() as connection:
            fresh = insert_once(connection, lease, ["name"]).values(name=name, owner=owner, expires_at=until)
            if (await connection.execute(fresh)).rowcount == 1:
                return True
            free = or_(lease.c.owner == owner, lease.c.expires_at < millis(now))
            mine = update(lease).where(lease.c.name == name, free).values(owner=owner, expires_at=until)
            return (await connection.execute(mine)).rowcount == 1

    async def release(self, name: str, owner: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(lease).where(lease.c.name == name, lease.c.owner == owner))
