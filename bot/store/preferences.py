"""What members decided about what we send and keep: one row per person, none while everything is as it comes."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks
from bot.store.database import upsert
from bot.store.tables import millis, moment, preference
from handlers.preferences import Preferences, Purpose
from scheduler.posts import subject_of


async def load(connection: AsyncConnection, person: str) -> Preferences:
    """What `person` (a bare id) decided; POSTS is off while they are opted out."""
    row = (
        (await connection.execute(select(preference).where(preference.c.person == person.lower())))
        .mappings()
        .one_or_none()
    )
    opted_out = await marks.opted_out(connection, subject_of("person", person))
    posts = {Purpose.POSTS} if opted_out else set()
    if row is None:
        return Preferences(off=frozenset(posts))
    return Preferences(
        muted_until=moment(row["muted_until"]) if row["muted_until"] is not None else None,
        every_days=row["every_days"],
        only=frozenset(row["only"]),
        never=frozenset(row["never"]),
        off=frozenset({Purpose(each) for each in row["off"]} | posts),
    )


async def save(connection: AsyncConnection, person: str, preferences: Preferences, now: datetime) -> None:
    """Store them whole. POSTS is the opt-out (`marks`) and kept there alone, so that the two cannot differ."""
    until = preferences.muted_until
    row = {
        "person": person.lower(),  # WeCom's userids are case-insensitive (90236)
        "muted_until": millis(until) if until else None,
        "every_days": preferences.every_days,
        "only": sorted(preferences.only),
        "never": sorted(preferences.never),
        "off": sorted(preferences.off - {Purpose.POSTS}),
        "at": millis(now),
    }
    await connection.execute(upsert(connection, preference, ["person"], row))


async def restore(connection: AsyncConnection, person: str, now: datetime) -> None:
    """To hear from us as at first: no mute, no wish for fewer, every topic. Purposes stay as they are.

    Who is opted out until now keeps which topics they chose and how often: they take back that nothing comes at all.
    """
    before = await load(connection, person)
    whole = replace(before, muted_until=None)
    if Purpose.POSTS not in before.off:
        whole = replace(whole, every_days=0, only=frozenset(), never=frozenset())
    if whole != before:
        await save(connection, person, whole, now)
