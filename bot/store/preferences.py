"""What members decided about what we send and keep: one row per person, none while everything is as it comes."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, bindparam, cast, exists, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tombstones
from bot.store.database import upsert
from bot.store.tables import mark, millis, moment, opt_out, preference
from handlers.preferences import Preferences, Purpose
from scheduler.posts import subject_of

_ALWAYS = select(literal(1).label("one")).subquery("always")  # a row also for who decided nothing
_LISTS = (preference.c.only, preference.c.never, preference.c.off)
# One statement, built once: this is asked for every message. `lower` is the person's id, `subject` whom posts go to.
# What else is wanted of the same row is added to it, rather than asked for apart: see `bot.store.standing`.
QUERY = select(
    preference.c.person.is_not(None).label("decided"),
    preference.c.muted_until,
    preference.c.every_days,
    *(cast(column, Text).label(column.name) for column in _LISTS),  # unreadable, they leave the rest of the row alone
    exists().where(opt_out.c.person == bindparam("subject")).label("opted_out"),
    select(mark.c.value).where(mark.c.name == tombstones.SALT).scalar_subquery().label("salt"),
).select_from(_ALWAYS.outerjoin(preference, preference.c.person == bindparam("lower")))


async def load(connection: AsyncConnection, person: str) -> Preferences:
    """What `person` (a bare id) decided; POSTS is off while they are opted out."""
    subject = subject_of("person", person)
    row = (await connection.execute(QUERY, {"lower": person.lower(), "subject": subject})).one()
    chosen = decided(row)
    return replace(chosen, off=chosen.off | {Purpose.POSTS}) if await opted_out(connection, row, subject) else chosen


def decided(row: Row[Any]) -> Preferences:
    """What a row of QUERY says they decided, opt-out aside; TypeError or ValueError where it cannot be read."""
    if not row.decided:
        return Preferences()
    only, never, off = (frozenset(json.loads(text)) for text in (row.only, row.never, row.off))
    until = None if row.muted_until is None else moment(row.muted_until)
    return Preferences(until, row.every_days, only, never, frozenset(map(Purpose, off)))


async def opted_out(connection: AsyncConnection, row: Row[Any], subject: str) -> bool:
    """Whether `subject`, of whom `row` of QUERY is, is opted out, or was when forgotten; no salt, no tombstone."""
    return row.opted_out or (row.salt is not None and await tombstones.opted_out(connection, subject))


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

    Who is opted out until now keeps all that they chose before: they take back that nothing comes at all.
    """
    before = await load(connection, person)
    whole = replace(before, muted_until=None, every_days=0, only=frozenset(), never=frozenset())
    if Purpose.POSTS not in before.off and whole != before:
        await save(connection, person, whole, now)
