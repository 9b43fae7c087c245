"""Which colleague has which customer as a contact, and the tags that audiences ask for."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tombstones
from bot.store.database import upsert
from bot.store.restraint_tables import relation
from bot.store.tables import millis
from bot.wecom.api import Following
from scheduler.posts import subject_of


async def save(connection: AsyncConnection, pairs: Iterable[Following], wanted: Collection[str], now: datetime) -> None:
    """Store these pairs, of their tags only the `wanted` ones; nobody who was forgotten."""
    found = [each for each in pairs if each.userid and each.external_userid]
    forgotten = await tombstones.buried(connection, {subject_of("person", each.external_userid) for each in found})
    for each in found:
        if subject_of("person", each.external_userid) in forgotten:
            continue
        row = {
            "sender": each.userid,
            "person": each.external_userid,
            "tags": sorted({*each.tags} & {*wanted}),
            "since": millis(each.since),
            "seen_at": millis(now),
        }
        await upsert(connection, relation, ["sender", "person"], row)


async def drop_unseen(connection: AsyncConnection, since: datetime) -> None:
    """Whoever was not named since then is no contact any more."""
    await connection.execute(delete(relation).where(relation.c.seen_at < millis(since)))
