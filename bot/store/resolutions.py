"""How hand-overs ended: who resolved them and why, and whether the member says so too."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final, part_id
from bot.store.tables import inbox, millis, outbox, ticket
from handlers.turn import Kind, Turn

_LIVE = ("open", "taken")


async def resolve(
    connection: AsyncConnection, conversations: Sequence[str], by: str, why: str, since: datetime, now: datetime
) -> None:
    """Close the live tickets of these conversations as resolved, and say it of those closed from `since` on too.

    One that was resolved and then taken up again is live: the last word about it counts.
    """
    closed = and_(ticket.c.resolved_by == "", ticket.c.closed_at >= millis(since))
    theirs = ticket.c.conversation.in_(conversations)
    ended = update(ticket).where(theirs, or_(ticket.c.state.in_(_LIVE), closed))
    closed_at = func.coalesce(ticket.c.closed_at, millis(now))
    await connection.execute(ended.values(state="closed", closed_at=closed_at, resolved_by=by, resolution=why[:400]))


async def latest(connection: AsyncConnection, conversation: str) -> int:
    """The number of the conversation's newest ticket, 0 where it never had one."""
    query = select(func.max(ticket.c.number)).where(ticket.c.conversation == conversation)
    return int(await connection.scalar(query) or 0)


async def note_mood(connection: AsyncConnection, number: int, mood: str, quote: str) -> None:
    """In what mood the member was when they last asked for a person."""
    await connection.execute(update(ticket).where(ticket.c.number == number).values(mood=mood, quote=quote[:200]))


async def ask_follow_up(connection: AsyncConnection, number: int) -> bool:
    """Use up the one question of a resolved ticket; False where it was asked before."""
    free = and_(ticket.c.number == number, ticket.c.resolved_by != "", ticket.c.follow_up == "")
    return (await connection.execute(update(ticket).where(free).values(follow_up="asked"))).rowcount == 1


async def note_follow_up(connection: AsyncConnection, number: int, *, solved: bool) -> None:
    """The member's answer; the first one counts."""
    asked = update(ticket).where(ticket.c.number == number, ticket.c.follow_up == "asked")
    await connection.execute(asked.values(follow_up="solved" if solved else "unsolved"))


def follow_up_id(number: int) -> str:
    """The part that asks after ticket `number`."""
    return part_id("follow_up", number)


async def asked_before(connection: AsyncConnection, turn: Turn) -> int | None:
    """The ticket whose question was sent in this conversation and not answered, with no other text in between."""
    query = select(ticket.c.number).where(ticket.c.conversation == turn.conversation.id, ticket.c.follow_up == "asked")
    number = await connection.scalar(query.order_by(ticket.c.number.desc()).limit(1))
    if number is None:
        return None
    sent = select(outbox.c.sent_at).where(outbox.c.id == follow_up_id(number), outbox.c.state == Final.SENT)
    sent_at = await connection.scalar(sent)
    if sent_at is None:
        return None
    between = select(inbox.c.id).where(
        inbox.c.conversation == turn.conversation.id,
        inbox.c.kind == Kind.TEXT,
        inbox.c.received_at > sent_at,
        inbox.c.id < turn.item.id,
    )
    return None if await connection.scalar(between.limit(1)) is not None else int(number)
