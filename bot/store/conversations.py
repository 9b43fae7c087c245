"""Conversations: who serves, under which version, and how much of the platform's budget is spent."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final
from bot.store.tables import conversation as table
from bot.store.tables import outbox
from handlers.turn import Channel, Conversation, Move, State


def from_row(row: Any) -> Conversation:
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


async def load(connection: AsyncConnection, id_: str) -> Conversation | None:
    row = (await connection.execute(select(table).where(table.c.id == id_))).mappings().one_or_none()
    return from_row(row) if row else None


async def move(
    connection: AsyncConnection, id_: str, to: Move, *, version: int | None = None, keep_replies: bool = False
) -> int | None:
    """Set the state and raise the version. Returns the new version, or None when `version` was no longer true.

    Replies decided before are not said any more, unless `keep_replies`: the member's own turn moves it, and what was
    decided earlier comes before that. A move to where the conversation already is changes nothing, so that a repeated
    event discards no reply.
    """
    row = (await connection.execute(select(table).where(table.c.id == id_))).mappings().one()
    if version is not None and row["version"] != version:
        return None
    if (row["state"], row["assignee"]) == (to.state, to.assignee):
        return int(row["version"])
    changed = await connection.execute(
        update(table)
        .where(table.c.id == id_, table.c.version == row["version"])
        .values(state=to.state, assignee=to.assignee, version=row["version"] + 1)
    )
    if not changed.rowcount:
        return None
    moved = int(row["version"]) + 1
    unsaid = update(outbox).where(outbox.c.conversation == id_, outbox.c.state == "ready", outbox.c.fence < moved)
    ended = {"fence": moved} if keep_replies else {"state": Final.DROPPED, "reason": "state_moved"}
    await connection.execute(unsaid.values(**ended))
    return moved
