"""Conversations: who serves, under which version, and how much of the platform's budget is spent."""

from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import and_, bindparam, exists, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final
from bot.store import locks
from bot.store.outbox import OPEN
from bot.store.tables import conversation as table
from bot.store.tables import inbox, moment, outbox, ticket
from bot.store.tickets import LIVE
from handlers.handoff import SILENT, Event, IllegalMove, Move, State, after
from handlers.turn import Channel, Conversation, Kind

log = structlog.get_logger()

FIELDS = ("id", "channel", "account", "chat", "person", "state", "assignee", "version")
KF_WINDOW = timedelta(hours=48)


def from_row(row: Any) -> Conversation:
    """`row` has at least `FIELDS`."""
    return Conversation(
        id=row["id"],
        channel=Channel(row["channel"]),
        account=row["account"],
        chat=row["chat"],
        person=row["person"],
        state=State(row["state"]),
        assignee=row["assignee"],
        version=row["version"],
    )


# Built once: every item of every conversation asks for it.
_OTHER = table.alias("other")
_SILENT = or_(*(_OTHER.c.state == state for state in sorted(SILENT)))  # no IN: its list is written out anew each time
HELD_ELSEWHERE = exists().where(
    table.c.person != "", _OTHER.c.person == table.c.person, _OTHER.c.id != table.c.id, _SILENT
)
_WORD = inbox.alias("word")
WORDLESS = and_(
    table.c.state == State.HUMAN,
    table.c.channel == Channel.KF,
    exists().where(
        ticket.c.conversation == table.c.id,
        or_(*(ticket.c.state == live for live in LIVE)),
        ticket.c.replied_at.is_(None),
    ),
    ~exists().where(_WORD.c.conversation == table.c.id, _WORD.c.kind == Kind.HUMAN_SPOKE, _WORD.c.id > table.c.settled),
)
"""See `handlers.turn.Turn.wordless`; a word counts from the moment it is stored, handled or not."""
_LOAD = select(table).where(table.c.id == bindparam("conversation"))


async def load(connection: AsyncConnection, id_: str) -> Conversation | None:
    row = (await connection.execute(_LOAD, {"conversation": id_})).mappings().one_or_none()
    return from_row(row) if row else None


async def move(
    connection: AsyncConnection, id_: str, event: Move, *, version: int | None = None, keep_replies: bool = False
) -> int | None:
    """Apply `event` (the table is in `handlers.handoff`) and raise the version.

    Returns the new version, or None when `version` was no longer true. Replies decided before are not said any more,
    unless `keep_replies`: the member's own turn moves it, and what was decided earlier comes before that. When the bot
    falls silent here, nothing decided before is said to that person anywhere else either. A move to where the
    conversation already is changes nothing, so that a repeated event discards no reply; so does an illegal one.
    """
    await locks.owner(connection, id_)
    row = (await connection.execute(select(table).where(table.c.id == id_).with_for_update())).mappings().one()
    if version is not None and row["version"] != version:
        return None
    state, assignee = _following(row, event)
    if (row["state"], row["assignee"]) == (state, assignee):
        return int(row["version"])
    changed = await connection.execute(
        update(table)
        .where(table.c.id == id_, table.c.version == row["version"])
        .values(state=state, assignee=assignee, version=row["version"] + 1)
    )
    if not changed.rowcount:
        return None
    moved = int(row["version"]) + 1
    await _unsay(connection, id_, moved, keep=keep_replies)
    if state in SILENT and row["state"] not in SILENT:
        await _fall_silent(connection, row["person"], id_)
    return moved


def _following(row: Any, move_: Move) -> tuple[State, str]:
    """Where the row stands after the move, and with whom."""
    here = State(row["state"])
    try:
        state = after(here, move_.event)
    except IllegalMove as error:
        log.warning("illegal_move", state=error.state, moved_by=error.event)
        return here, str(row["assignee"])
    if state is State.HUMAN:
        return state, move_.assignee or str(row["assignee"])
    return state, ""


async def _unsay(connection: AsyncConnection, id_: str, version: int, *, keep: bool) -> None:
    unsaid = update(outbox).where(outbox.c.conversation == id_, outbox.c.fence < version)
    if keep:
        # What is being sent may have to be sent again, and is as good then.
        await connection.execute(unsaid.where(outbox.c.state.in_(OPEN)).values(fence=version))
    else:
        ended = {"state": Final.DROPPED, "reason": "state_moved"}
        await connection.execute(unsaid.where(outbox.c.state == "ready").values(**ended))


async def _fall_silent(connection: AsyncConnection, person: str, here: str) -> None:
    """The person's other conversations: what was decided there under the old version is discarded."""
    elsewhere = select(table.c.id, table.c.version).where(table.c.person == person, table.c.id != here)
    for other in (await connection.execute(elsewhere)).all():
        await connection.execute(update(table).where(table.c.id == other.id).values(version=other.version + 1))
        await _unsay(connection, other.id, other.version + 1, keep=False)


async def held_elsewhere(connection: AsyncConnection, here: str) -> bool:
    """Whether a colleague serves the person of `here`, or is awaited, in another conversation."""
    return bool(await connection.scalar(select(HELD_ELSEWHERE).where(table.c.id == here)))


async def served(connection: AsyncConnection, person: str) -> bool:
    """Whether a colleague serves this person in any conversation."""
    return bool(await connection.scalar(select(exists().where(table.c.person == person, table.c.state == State.HUMAN))))


async def call_off(connection: AsyncConnection, person: str) -> None:
    """Nobody is awaited in any conversation of this person any more; what is registered stays."""
    waits = select(table.c.id).where(table.c.person == person, table.c.state == State.WAITING).order_by(table.c.id)
    for id_ in (await connection.scalars(waits)).all():
        await move(connection, id_, Move(Event.CANCEL))


async def wordless(connection: AsyncConnection, id_: str) -> bool:
    """Whether the colleague who has the kf session of `id_` has not said a word since the last end."""
    return bool(await connection.scalar(select(WORDLESS).where(table.c.id == id_)))


async def writable_until(connection: AsyncConnection, id_: str) -> datetime:
    """Until when we may write first: on kf 48 hours from the member's message (doc 94677), in the app always.

    An AI bot only answers (docs 101031, 101138): never.
    """
    row = (await connection.execute(select(table.c.channel, table.c.member_at).where(table.c.id == id_))).one_or_none()
    if row is None or row.channel not in (Channel.KF, Channel.APP):
        return moment(0)
    return moment(row.member_at) + KF_WINDOW if row.channel == Channel.KF else datetime.max.replace(tzinfo=UTC)


async def settle(connection: AsyncConnection, id_: str, before: int | None = None) -> None:
    """The end-of-human marker: what came in until now, or before the item `before`, was dealt with by a colleague."""
    theirs = and_(inbox.c.conversation == id_, true() if before is None else inbox.c.id < before)
    latest = select(func.max(inbox.c.id)).where(theirs).scalar_subquery()
    await connection.execute(update(table).where(table.c.id == id_).values(settled=func.coalesce(latest, 0)))
