"""Who was paged about which ticket. A rung of a ticket is one row: a restart cannot page it twice."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert_once
from bot.store.outbox import OPEN
from bot.store.tables import conversation, inbox, millis, moment, outbox, page, ticket
from bot.store.tickets import LIVE
from handlers.handoff import SILENT, State
from handlers.mood_types import Mood
from handlers.paging import Case, Page, Rung
from handlers.texts import URGENT
from handlers.turn import Channel, Kind

RECENT = 300  # pages that are looked through for who was paged last


async def add(connection: AsyncConnection, made: Page) -> bool:
    """Note a page; False where that rung was paged before."""
    row = {"ticket": made.ticket, "step": made.step, "kind": made.rung, "people": list(made.people)}
    done = await connection.execute(
        insert_once(connection, page, ["ticket", "step"]).values(**row, at=millis(made.at)).returning(page.c.step)
    )
    return done.one_or_none() is not None


async def made_for(connection: AsyncConnection, tickets: Collection[int]) -> Mapping[int, Sequence[Page]]:
    """What was paged about these tickets, by number, in the order of the rungs."""
    found: dict[int, list[Page]] = defaultdict(list)
    query = select(page).where(page.c.ticket.in_(tickets)).order_by(page.c.ticket, page.c.step)
    for row in await connection.execute(query):
        found[row.ticket].append(Page(row.ticket, Rung(row.kind), tuple(row.people), moment(row.at)))
    return found


async def acknowledge(connection: AsyncConnection, number: int, now: datetime) -> None:
    """A colleague has seen what was paged about ticket `number`; the first receipt is kept."""
    unseen = and_(page.c.ticket == number, page.c.acked_at.is_(None))
    await connection.execute(update(page).where(unseen).values(acked_at=millis(now)))


async def cases(connection: AsyncConnection, number: int | None = None) -> list[Case]:
    """The tickets that are not closed (or the one), as the ladder wants to know them."""
    joined = ticket.join(conversation, conversation.c.id == ticket.c.conversation)
    query = select(ticket, conversation.c.state.label("stands")).select_from(joined).where(ticket.c.state.in_(LIVE))
    if number is not None:
        query = query.where(ticket.c.number == number)
    return [_case(row) for row in (await connection.execute(query.order_by(ticket.c.number))).mappings()]


def _case(row: Any) -> Case:
    return Case(
        ticket=row["number"],
        opened_at=moment(row["opened_at"]),
        assignee=row["assignee"],
        assigned_at=moment(row["assigned_at"]) if row["assigned_at"] is not None else None,
        replied=row["replied_at"] is not None,
        waits=State(row["stands"]) in SILENT,
        urgent=row["reason"] == URGENT,
        furious=row["mood"] == Mood.FURIOUS,
    )


async def order(connection: AsyncConnection, consultants: Sequence[str]) -> tuple[str, ...]:
    """The consultants, first who has the fewest tickets, then who was not paged for longest."""
    mine = select(ticket.c.assignee, func.count()).where(ticket.c.state.in_(LIVE)).group_by(ticket.c.assignee)
    load: dict[str, int] = defaultdict(int)
    for assignee, count in await connection.execute(mine):
        load[assignee.casefold()] += count
    last: dict[str, int] = {}
    for row in await connection.execute(select(page.c.people, page.c.at).order_by(page.c.at.desc()).limit(RECENT)):
        for person in row.people:
            last.setdefault(person, row.at)
    return tuple(sorted(consultants, key=lambda person: (load[person], last.get(person, 0))))  # stable: as in settings


@dataclass(frozen=True, slots=True)
class Unserved:
    """A ticket on kf that met nobody who receives. `tries` transfers were made, the last one at `tried_at`; the member
    wrote last at `wrote_at`."""

    ticket: int
    conversation: str
    account: str
    tries: int
    tried_at: datetime
    wrote_at: datetime


async def unserved(connection: AsyncConnection, since: datetime) -> list[Unserved]:
    """Tickets whose members wait on kf without a colleague, wrote after `since`, and have no move under way."""
    joined = ticket.join(conversation, conversation.c.id == ticket.c.conversation)
    waiting = (
        ticket.c.state == "open",
        conversation.c.channel == Channel.KF,
        conversation.c.state == State.WAITING,
        conversation.c.member_at > millis(since),
    )
    columns = (ticket.c.number, ticket.c.opened_at, conversation.c.id, conversation.c.account, conversation.c.member_at)
    query = select(*columns).select_from(joined)
    found = []
    for row in (await connection.execute(query.where(*waiting).order_by(ticket.c.number))).all():
        moves = await _moves(connection, row.id, row.opened_at)
        if not any(state in OPEN for state, _ in moves):
            tried_at = moment(max((at for _, at in moves), default=row.opened_at))
            wrote_at = moment(row.member_at)
            found.append(Unserved(row.number, row.id, row.account, len(moves), tried_at, wrote_at))
    return found


async def transferring(connection: AsyncConnection, conversation_id: str) -> bool:
    """Whether the platform is being asked right now to give the conversation's session to somebody."""
    return any(state in OPEN for state, _ in await _moves(connection, conversation_id, 0))


async def last_sign(connection: AsyncConnection, conversation_id: str) -> datetime | None:
    """When a colleague was last heard of in a conversation, or WeCom was last asked to bring one; None where never."""
    theirs = and_(inbox.c.conversation == conversation_id, inbox.c.kind.in_((Kind.HUMAN_SPOKE, Kind.HUMAN_TOOK)))
    heard = await connection.scalar(select(func.max(inbox.c.received_at)).where(theirs))
    times = [at for _, at in await _moves(connection, conversation_id, 0)] + ([heard] if heard is not None else [])
    return moment(max(times)) if times else None


async def _moves(connection: AsyncConnection, conversation_id: str, since: int) -> list[tuple[str, int]]:
    """The actions that were to bring a colleague, as (state, when)."""
    mine = and_(outbox.c.lane == conversation_id, outbox.c.kind.in_(("transfer", "assign", "reassign")))
    query = select(outbox.c.state, outbox.c.created_at).where(mine, outbox.c.created_at >= since)
    return [(state, at) for state, at in await connection.execute(query)]
