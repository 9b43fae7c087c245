"""What members decided about what we send and keep: one row per person, none while everything is as it comes."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tombstones
from bot.store.database import upsert
from bot.store.tables import mark, millis, moment, opt_out, preference
from handlers.preferences import Preferences, Purpose
from scheduler.posts import subject_of

# One statement, built once: this is asked for every message. A row also for who decided nothing; no salt, no tombstone.
_ALWAYS = select(literal(1).label("one")).subquery("always")
_QUERY = select(
    preference,
    exists().where(opt_out.c.person == bindparam("subject")).label("opted_out"),
    select(mark.c.value).where(mark.c.name == tombstones.SALT).scalar_subquery().label("salt"),
).select_from(_ALWAYS.outerjoin(preference, preference.c.person == bindparam("lower")))


async def load(connection: AsyncConnection, person: str) -> Preferences:
    """What `person` (a bare id) decided; POSTS is off while they are opted out."""
    subject = subject_of("person", person)
    row = (await connection.execute(_QUERY, {"lower": person.lower(), "subject": subject})).mappings().one()
    opted_out = row["opted_out"] or (row["salt"] is not None and await tombstones.opted_out(connection, subject))
    posts = {Purpose.POSTS} if opted_out else set()
    if row["person"] is None:
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
    await upsert(connection, preference, ["person"], row)


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
