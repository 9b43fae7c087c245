"""What a restored store must not say again.

A backup shows a moment. Whatever was on its way then has most likely arrived since, and what was said or asked for
later is not in it. So everything that might reach somebody a second time ends here; only what the platform itself takes
once is repeated. What speaks unasked rests until somebody looked: opt-outs of the time between are not in the store.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alarm import Alarm
from bot.part import Final, Klass
from bot.store import marks, outbox, restored
from bot.store.outbox import OPEN
from bot.store.tables import inbox, mark, millis, occurrence, ticket
from bot.store.tables import outbox as parts
from handlers.turn import Channel, Kind

WHY = "restored"  # the reason of a part that ended so, and who handled an item that is not answered
ANSWERED_LATE = timedelta(hours=2)  # a reply is good no longer, so neither is a repetition
REST = timedelta(days=7)  # every cap and gap looks back so far
ITEMS_AHEAD = 1_000_000  # ids of replies are made of the numbers of items: the platform drops one that it knows
TICKETS_AHEAD = 1_000  # colleagues still type and tap the numbers of tickets that are not in the backup
PLANNED = "planned:"  # marks: up to when a schedule was looked at (`bot.planner`)


@dataclass(frozen=True, slots=True)
class Quietened:
    """What is not said any more: posts, other parts, and items that nobody will answer."""

    posts: int
    parts: int
    items: int


async def quieten(connection: AsyncConnection, backup_at: datetime, as_of: datetime, now: datetime) -> Quietened:
    """End what may have happened between the backup and `as_of`. The store has the newest shape already."""
    done = Quietened(
        posts=await _lose(connection, parts.c.klass == Klass.POST),
        parts=await _lose(connection, _may_double(now)),
        items=await _leave_unanswered(connection, now),
    )
    planned = update(occurrence).where(occurrence.c.state == "planned")
    await connection.execute(planned.values(state="done"))
    await _nothing_missed(connection, as_of)
    await _skip_numbers(connection, now)
    await restored.note(connection, backup_at, as_of, now)
    await _rest(connection, now)
    return done


async def tell(connection: AsyncConnection, alarm: Alarm, text: str, now: datetime) -> None:
    """The same that the terminal says, for the operators, and a line in the audit log."""
    await outbox.enqueue(connection, alarm.raised(f"restored:{now.isoformat()}", text, now), now)
    await marks.note(connection, "fencun restore", text.splitlines()[0], now)


def _may_double(now: datetime) -> ColumnElement[bool]:
    """Parts that may arrive twice if they are sent again. Colleagues rather hear something twice than not at all."""
    known = and_(parts.c.channel == Channel.KF, parts.c.repeatable, parts.c.klass == Klass.REPLY)
    lately = parts.c.created_at >= millis(now - ANSWERED_LATE)
    harmless = or_(and_(known, lately), parts.c.klass == Klass.NOTICE, parts.c.kind == "recall")
    return ~harmless


async def _lose(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    lost = update(parts).where(parts.c.state.in_(OPEN), which)
    return (await connection.execute(lost.values(state=Final.LOST, reason=WHY))).rowcount


async def _leave_unanswered(connection: AsyncConnection, now: datetime) -> int:
    """Items that were waiting: the platform takes an answer of 微信客服 once, by its id, and no other."""
    again = and_(inbox.c.channel == Channel.KF, inbox.c.received_at >= millis(now - ANSWERED_LATE))
    seen = update(inbox).where(inbox.c.state == "new", ~again)
    return (await connection.execute(seen.values(state="seen", handled_by=WHY))).rowcount


async def _nothing_missed(connection: AsyncConnection, as_of: datetime) -> None:
    """No schedule looks back before `as_of`: it would catch up on what was sent."""
    looked = mark.c.name.startswith(PLANNED, autoescape=True)
    await connection.execute(update(mark).where(looked).values(value=as_of.isoformat()))


async def _skip_numbers(connection: AsyncConnection, now: datetime) -> None:
    """Leave out the numbers that were given after the backup, by rows that nobody is shown."""
    item = await connection.scalar(select(func.max(inbox.c.id))) or 0
    blank = {"channel": Channel.APP, "key": f"{WHY}:{now.isoformat()}", "conversation": "", "kind": Kind.OTHER}
    blank |= {"msgtype": WHY, "text": "", "state": "seen", "handled_by": WHY}
    times = {"sent_at": millis(now), "received_at": millis(now)}
    await connection.execute(insert(inbox).values(id=item + ITEMS_AHEAD, **blank, **times))
    number = await connection.scalar(select(func.max(ticket.c.number))) or 0
    closed = {"conversation": "", "reason": WHY, "ask": "", "state": "closed", "opened_at": 0, "closed_at": 0}
    await connection.execute(insert(ticket).values(number=number + TICKETS_AHEAD, **closed))


async def _rest(connection: AsyncConnection, now: datetime) -> None:
    paused, until = await marks.paused(connection, now)
    if not paused or (until is not None and until < now + REST):
        await marks.pause(connection, now + REST, now)
