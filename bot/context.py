"""The context card out of the store: no model, no network, inside the transaction that pages."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final, Klass
from bot.store import marks, tickets
from bot.store.answer_tables import answered, gap_ask
from bot.store.history import before
from bot.store.outbox import OPEN
from bot.store.tables import conversation, hold, inbox, millis, moment, outbox
from handlers import texts
from handlers.card import Background, card
from handlers.paging import Ladder
from handlers.plain import RECENT
from handlers.turn import Ticket
from knowledge.types import Guide
from scheduler.posts import subject_of

ITEMS = 8  # of the member's last messages whose answers are looked at
SPOKEN = (*OPEN, Final.SENT, Final.JOINED)


class Context:
    """Reads what a colleague should know of a ticket."""

    def __init__(self, guides: Callable[[], Sequence[Guide]], ladder: Ladder) -> None:
        """`guides` are those of the library in use."""
        self._guides = guides
        self._ladder = ladder

    async def card(
        self, connection: AsyncConnection, number: int, now: datetime, reason: str = "", ask: str = ""
    ) -> str:
        """The card of ticket `number` without what the member was told, see `handlers.card.with_told`.

        `reason`, `ask`: why they are called now, where the ticket has been open for something else.
        """
        ticket = await tickets.find(connection, number)
        if ticket is None:
            return ""
        items = await _items(connection, ticket.conversation)
        recent = [item for item, at in items.items() if now - at <= RECENT]
        background = Background(
            ticket=number,
            person=texts.shorten(ticket.person),
            reason=reason or ticket.reason,
            ask=ask or ticket.ask,
            zone=self._ladder.calendar.zone,
            mood=ticket.mood,
            quote=ticket.quote,
            lines=await before(connection, ticket.conversation, max(items, default=0) + 1),
            quoted=await self._quoted(connection, recent),
            nearest=await _nearest(connection, recent),
            holds=await _holds(connection, ticket.person),
            deadline=None if ticket.replied_at else self._ladder.deadline(now),
            now=now,
        )
        return card(background)

    async def told(self, connection: AsyncConnection, ticket: Ticket) -> str:
        """What the member heard last since the ticket was opened."""
        ours = (outbox.c.lane == ticket.conversation, outbox.c.klass == Klass.REPLY, outbox.c.state.in_(SPOKEN))
        query = select(outbox.c.body).where(*ours, outbox.c.created_at >= millis(ticket.opened_at))
        body = await connection.scalar(query.order_by(outbox.c.seq.desc()).limit(1))
        return str(body.get("text", "")) if body else ""

    async def _quoted(self, connection: AsyncConnection, items: Sequence[int]) -> list[str]:
        titles = {guide.name: guide.title for guide in self._guides()}
        found = await connection.scalars(select(answered.c.passages).where(answered.c.item.in_(items)))
        return list(dict.fromkeys(titles.get(guide, guide) for passages in found for guide, *_ in passages))


async def _items(connection: AsyncConnection, conversation_id: str) -> dict[int, datetime]:
    """The last messages since a colleague was last done here, with when they were sent."""
    settled = select(conversation.c.settled).where(conversation.c.id == conversation_id).scalar_subquery()
    mine = (inbox.c.conversation == conversation_id, inbox.c.id > func.coalesce(settled, 0))
    query = select(inbox.c.id, inbox.c.sent_at).where(*mine).order_by(inbox.c.id.desc()).limit(ITEMS)
    return {id_: moment(at) for id_, at in await connection.execute(query)}


async def _nearest(connection: AsyncConnection, items: Sequence[int]) -> list[str]:
    sources = [f"item:{item}" for item in items]
    query = select(gap_ask.c.nearest).where(gap_ask.c.source.in_(sources)).order_by(gap_ask.c.id)
    return [title for title in await connection.scalars(query) if title]


async def _holds(connection: AsyncConnection, person: str) -> list[str]:
    subject = subject_of("person", person)
    standing = select(hold.c.reason).where(hold.c.subject == subject, hold.c.released_at.is_(None))
    reasons = [texts.mood_words(reason) for reason in await connection.scalars(standing)]
    return [*reasons, *(["已退订"] if await marks.opted_out(connection, subject) else [])]
