"""What stays of somebody who was forgotten: a salted hash that recognises them again, and that they opted out."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
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
    await upsert(connection, tombstone, ["who"], row)
    return who


async def opted_out(connection: AsyncConnection, subject: str) -> bool:
    """Whether a tombstone of `subject` keeps an opt-out."""
    if await connection.scalar(select(tombstone.c.who).limit(1)) is None:
        return False
    who = await _hash(connection, subject)
    return bool(await connection.scalar(select(tombstone.c.opted_out).where(tombstone.c.who == who)))


async def buried(connection: AsyncConnection, subjects: Iterable[str]) -> set[str]:
    """Those of `subjects` who were forgotten: what is read about them elsewhere is not to be stored again."""
    graves = set(await connection.scalars(select(tombstone.c.who)))
    salt = await _salt(connection) if graves else ""
    return {subject for subject in subjects if graves and _hashed(salt, subject) in graves}


async def lift(connection: AsyncConnection, subject: str) -> None:
    """They want to hear from us again: nothing about them is left to be kept."""
    if await connection.scalar(select(tombstone.c.who).limit(1)) is not None:
        who = await _hash(connection, subject)
        await connection.execute(delete(tombstone).where(tombstone.c.who == who))


async def _hash(connection: AsyncConnection, subject: str) -> str:
    return _hashed(await _salt(connection), subject)


async def _salt(connection: AsyncConnection) -> str:
    return str(await connection.scalar(select(mark.c.value).where(mark.c.name == SALT)))


def _hashed(salt: str, subject: str) -> str:
    return hmac.new(salt.encode(), subject.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
