"""What stays of somebody who was forgotten: a salted hash that recognises them again, and that they opted out."""

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert_once, upsert
from bot.store.tables import mark, millis, tombstone

SALT = "tombstone_salt"


async def bury(connection: AsyncConnection, subject: str, now: datetime) -> str:
    """Leave a tombstone for `subject` (see `scheduler.posts.subject_of`) that opts them out; returns its hash."""
    fresh = {"name": SALT, "value": secrets.token_hex(32), "at": millis(now)}
    await connection.execute(insert_once(connection, mark, ["name"]), [fresh])
    who = await _hash(connection, subject)
    row = {"who": who, "opted_out": True, "at": millis(now)}
    await connection.execute(upsert(connection, tombstone, ["who"], row))
    return who


async def opted_out(connection: AsyncConnection, subject: str) -> bool:
    """Whether a tombstone of `subject` keeps an opt-out."""
    if await connection.scalar(select(tombstone.c.who).limit(1)) is None:
        return False
    who = await _hash(connection, subject)
    return bool(await connection.scalar(select(tombstone.c.opted_out).where(tombstone.c.who == who)))


async def lift(connection: AsyncConnection, subject: str) -> None:
    """They want to hear from us again: nothing about them is left to be kept."""
    if await connection.scalar(select(tombstone.c.who).limit(1)) is not None:
        who = await _hash(connection, subject)
        await connection.execute(delete(tombstone).where(tombstone.c.who == who))


async def _hash(connection: AsyncConnection, subject: str) -> str:
    salt = str(await connection.scalar(select(mark.c.value).where(mark.c.name == SALT)))
    return hmac.new(salt.encode(), subject.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
