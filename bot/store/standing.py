"""What stands about one recipient when the gate is asked. One query: each more costs as much as all of this."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Row, Text, bindparam, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks, preferences
from bot.store.restraint_tables import content, rhythm
from bot.store.tables import conversation, hold, mark, membership, profile
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
_QUERY = preferences.QUERY.add_columns(
    select(mark.c.value).where(mark.c.name == marks.PAUSE).scalar_subquery().label("pause"),
    select(content.c.state)
    .where(content.c.key == bindparam("key"), content.c.digest == bindparam("digest"))
    .scalar_subquery()
    .label("content"),
    select(rhythm.c.rest_days).where(rhythm.c.subject == _SUBJECT).scalar_subquery().label("rest_days"),
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
)


async def standing(connection: AsyncConnection, recipient: Recipient, key: str, digest: str, now: datetime) -> Standing:
    """All of it at `now`; `key` and `digest` name the text."""
    person = recipient.target if recipient.scope == "person" else ""
    asked = {"subject": recipient.subject, "person": person, "lower": person.lower(), "key": key, "digest": digest}
    row = (await connection.execute(_QUERY, asked)).one()
    gone = await preferences.opted_out(connection, row, recipient.subject)
    wishes = _wishes(row)
    return Standing(
        paused=marks.pause_of(row.pause, now)[0],
        content=row.content or "",
        rest_days=row.rest_days or 0,
        opted_out=gone or (wishes is not None and Purpose.POSTS in wishes.off),
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
    try:
        return preferences.decided(row)
    except (TypeError, ValueError):
        return None
