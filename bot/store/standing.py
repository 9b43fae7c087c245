"""What stands about one recipient when the gate is asked. One query: each more costs as much as all of this."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Text, bindparam, cast, exists, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks, tombstones
from bot.store.restraint_tables import content, rhythm
from bot.store.tables import conversation, hold, mark, membership, moment, opt_out, preference, profile
from handlers.handoff import SILENT
from handlers.preferences import Preferences, Purpose
from scheduler.habits import usual_hours
from scheduler.posts import Recipient


@dataclass(frozen=True, slots=True)
class Standing:
    """`content` is what operators decided about the text, "" where nobody did. `wishes` is None where they cannot be
    read. `members` counts who is known to be in the group; of a group the rest is as of somebody unknown."""

    paused: bool
    content: str
    rest_days: int
    opted_out: bool
    held: bool
    served: bool
    wishes: Preferences | None
    members: int
    usual_hours: tuple[int, ...]


_SUBJECT: BindParameter[str] = bindparam("subject")
_WISHES = (
    preference.c.muted_until,
    preference.c.every_days,
    # As text: a list that cannot be read must not take the other facts with it.
    *(cast(column, Text).label(column.name) for column in (preference.c.only, preference.c.never, preference.c.off)),
)
_ALWAYS = select(literal(1).label("one")).subquery("always")  # a row also for who has said no wishes
_QUERY = select(
    select(mark.c.value).where(mark.c.name == marks.PAUSE).scalar_subquery().label("pause"),
    select(mark.c.value).where(mark.c.name == tombstones.SALT).scalar_subquery().label("salt"),
    select(content.c.state)
    .where(content.c.key == bindparam("key"), content.c.digest == bindparam("digest"))
    .scalar_subquery()
    .label("content"),
    select(rhythm.c.rest_days).where(rhythm.c.subject == _SUBJECT).scalar_subquery().label("rest_days"),
    exists().where(opt_out.c.person == _SUBJECT).label("opted_out"),
    exists().where(hold.c.subject == _SUBJECT, hold.c.released_at.is_(None)).label("held"),
    # WeCom gives user ids back in lower case in places (90236).
    exists()
    .where(  # no IN: its list is written out anew each time
        or_(*(conversation.c.person == bindparam(name) for name in ("person", "lower"))),
        or_(*(conversation.c.state == str(state) for state in SILENT)),
    )
    .label("served"),
    select(func.count()).where(membership.c.group_subject == _SUBJECT).scalar_subquery().label("members"),
    select(cast(profile.c.hours, Text)).where(profile.c.person == bindparam("lower")).scalar_subquery().label("hours"),
    preference.c.person.is_not(None).label("wishes"),
    *_WISHES,
).select_from(_ALWAYS.outerjoin(preference, preference.c.person == bindparam("lower")))


async def standing(connection: AsyncConnection, recipient: Recipient, key: str, digest: str, now: datetime) -> Standing:
    """All of it at `now`; `key` and `digest` name the text."""
    person = recipient.target if recipient.scope == "person" else ""
    asked = {"subject": recipient.subject, "person": person, "lower": person.lower(), "key": key, "digest": digest}
    row = (await connection.execute(_QUERY, asked)).one()
    forgotten = row.salt is not None and await tombstones.opted_out(connection, recipient.subject)
    wishes = _wishes(row)
    return Standing(
        paused=marks.pause_of(row.pause, now)[0],
        content=row.content or "",
        rest_days=row.rest_days or 0,
        opted_out=row.opted_out or forgotten or (wishes is not None and Purpose.POSTS in wishes.off),
        held=row.held,
        served=row.served,
        wishes=wishes,
        members=row.members,
        usual_hours=_usual_hours(row.hours, wishes),
    )


def _usual_hours(stored: str | None, wishes: Preferences | None) -> tuple[int, ...]:
    """What they write at, unless they want nothing remembered of them, or it cannot be read."""
    if not stored or wishes is None or Purpose.PERSONALISATION in wishes.off:
        return ()
    try:
        return usual_hours({int(hour): int(count) for hour, count in json.loads(stored).items()})
    except (TypeError, ValueError, AttributeError):
        return ()


def _wishes(row: Row[Any]) -> Preferences | None:
    if not row.wishes:
        return Preferences()
    try:
        only, never, off = (frozenset(json.loads(text)) for text in (row.only, row.never, row.off))
        until = None if row.muted_until is None else moment(row.muted_until)
        return Preferences(until, row.every_days, only, never, frozenset(map(Purpose, off)))
    except (TypeError, ValueError):
        return None
