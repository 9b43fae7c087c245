"""Who is in which group, as far as we know: a post to a group counts for each of them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import ledger, marks, tombstones
from bot.store.database import insert_once, serialise
from bot.store.tables import membership, millis

GONE = "group_gone:"  # marks of groups that were dissolved
VERSION = "group_version:"  # marks with the platform's version of a group's members
STALE = "group_stale:"  # marks of groups whose members have to be read again, with the id as WeCom writes it


async def join(connection: AsyncConnection, group: str, people: Mapping[str, datetime], now: datetime) -> None:
    """These people are in the group, since then; who is there already stays since when he was. Nobody forgotten."""
    await serialise(connection, f"group:{group}")
    forgotten = await tombstones.buried(connection, people)
    rows = [
        {"group_subject": group, "person_subject": person, "since": millis(since), "seen_at": millis(now)}
        for person, since in people.items()
        if person not in forgotten
    ]
    if not rows:
        return
    once = insert_once(connection, membership, ["group_subject", "person_subject"])
    await connection.execute(once, rows)
    mine = (membership.c.group_subject == group, membership.c.seen_at < millis(now))
    theirs = membership.c.person_subject.in_([row["person_subject"] for row in rows])
    await connection.execute(membership.update().where(*mine, theirs).values(seen_at=millis(now)))


async def leave(connection: AsyncConnection, group: str, people: Collection[str]) -> None:
    """These people are no longer in the group."""
    await ledger.keep(connection, group, people)
    gone = (membership.c.group_subject == group, membership.c.person_subject.in_(people))
    await connection.execute(delete(membership).where(*gone))


async def replace(
    connection: AsyncConnection, group: str, people: Mapping[str, datetime], version: str, now: datetime
) -> None:
    """These people and nobody else are in the group, as of the platform's `version` (92122)."""
    await serialise(connection, f"group:{group}")
    known = await connection.scalars(select(membership.c.person_subject).where(membership.c.group_subject == group))
    await leave(connection, group, set(known) - people.keys())
    await join(connection, group, people, now)
    await marks.set_mark(connection, VERSION + group, version, now)
    for name in (STALE, GONE):
        await marks.remove_mark(connection, name + group)


async def dissolve(connection: AsyncConnection, group: str, now: datetime) -> bool:
    """The group is no more; False when that was known."""
    known = await dissolved(connection, group)
    await leave(connection, group, await members(connection, group))
    for name in (STALE, VERSION):
        await marks.remove_mark(connection, name + group)
    await marks.set_mark(connection, GONE + group, True, now)
    return not known


async def dissolved(connection: AsyncConnection, group: str) -> bool:
    """Whether a group is known to be no more: nothing can be sent there."""
    return await marks.get_mark(connection, GONE + group) is not None


async def version(connection: AsyncConnection, group: str) -> str:
    """The platform's version of the members that are stored; empty where they were never read."""
    return str(await marks.get_mark(connection, VERSION + group) or "")


async def mark_stale(connection: AsyncConnection, groups: Iterable[tuple[str, str]], now: datetime) -> None:
    """The members of these (subject, id) have to be read again."""
    for subject, chat in groups:
        await marks.set_mark(connection, STALE + subject, chat, now)


async def members(connection: AsyncConnection, group: str) -> list[str]:
    """The people in a group, as subjects, in order."""
    mine = membership.c.group_subject == group
    return list(await connection.scalars(select(membership.c.person_subject).where(mine).order_by("person_subject")))


async def forget_unseen(connection: AsyncConnection, before: datetime) -> int:
    """Delete what was not confirmed for so long; how much it was."""
    old = membership.c.seen_at < millis(before)
    count = int(await connection.scalar(select(func.count()).select_from(membership).where(old)) or 0)
    await connection.execute(delete(membership).where(old))
    return count
