"""Bringing colleagues to a ticket: the context card, then the page with its button, in one transaction with the row.

Both go to the same lane, so the card is read first. What the platform has to decide (kf) becomes an action.
"""

from dataclasses import replace

import structlog

from bot.actions import action
from bot.alarm import Alarm
from bot.context import Context
from bot.part import part_id
from bot.store import conversations, pages, resolutions, tickets
from bot.transaction import Transaction
from handlers.card import with_told
from handlers.effect_types import HandOff
from handlers.handoff import SILENT, Event, Move, State
from handlers.paging import Case, Ladder, Page, Rung
from handlers.texts import PASSED_ON, URGENT, handoff_notice, shorten
from handlers.turn import Channel, Conversation, Ticket, Turn

log = structlog.get_logger()

NEW_HANDS = frozenset({Rung.ASSIGNEE, Rung.ANOTHER})  # the rungs that say whose the ticket is


class Pager:
    """Makes the pages that `handlers.paging` finds due."""

    def __init__(self, alarm: Alarm, ladder: Ladder, context: Context) -> None:
        self._alarm = alarm
        self._context = context
        self.ladder = ladder

    async def apply(self, transaction: Transaction, turn: Turn, effect: HandOff, key: str) -> None:
        """Open a ticket, or sharpen the live one, and bring somebody to it."""
        connection, now, conversation = transaction.connection, transaction.now, turn.conversation
        number = await tickets.open_ticket(connection, conversation.id, effect.reason, effect.ask, now)
        if turn.reading is not None:
            await resolutions.note_mood(connection, number, turn.reading.mood, turn.reading.quote)
        if effect.reason == URGENT:
            await tickets.sharpen(connection, number, effect.reason, effect.ask)
        if conversation.state is State.HUMAN:
            await tickets.take(connection, conversation.id, conversation.assignee, now)
        await self._call(transaction, turn, number, effect, key)

    async def _call(self, transaction: Transaction, turn: Turn, number: int, effect: HandOff, key: str) -> None:
        """Ticket `number` wants somebody. On kf the platform is asked first, and who gets the session is paged."""
        connection, now = transaction.connection, transaction.now
        [case] = await pages.cases(connection, number)
        order = await pages.order(connection, self.ladder.consultants)
        if turn.conversation.channel is Channel.KF and (turn.lapsed or turn.conversation.state not in SILENT):
            body = await self._transfer(transaction, case, effect.reason, effect.ask, order)
            await transaction.enqueue([action(turn.conversation, "transfer", body, key, now)])
            return
        known = await pages.made_for(connection, [number])
        first = self.ladder.first(case, now, order)
        if first is None:
            return
        if not known.get(number):
            await self.make(transaction, case, first)
        elif effect.reason == URGENT:  # each sign of danger is heard, whoever was paged before
            await self._tell(transaction, first, f"{URGENT}.{key}")

    async def again(self, transaction: Transaction, case: Case, conversation: Conversation, key: str) -> None:
        """Ask the platform once more for somebody; nothing is said where there is still nobody."""
        ticket = await tickets.find(transaction.connection, case.ticket)
        if ticket is None:
            return
        order = await pages.order(transaction.connection, self.ladder.consultants)
        body = await self._transfer(transaction, case, ticket.reason, ticket.ask, order)
        made = action(conversation, "transfer", {**body, "again": True}, key, transaction.now)
        await transaction.enqueue([replace(made, fence=conversation.version)])

    async def make(self, transaction: Transaction, case: Case, page: Page) -> bool:
        """Page a rung once; the ticket is in new hands where the rung says so. False where it was paged before."""
        if not self._alarm.able or not page.people:
            log.warning("nobody_to_tell", what=f"ticket:{page.ticket}")
            return False
        if not await pages.add(transaction.connection, page):
            return False
        log.info("paged", ticket=page.ticket, rung=page.rung, people=len(page.people))
        await self._tell(transaction, page, str(page.step))
        if page.rung in NEW_HANDS and page.people[0] != case.assignee:
            await self._pass_on(transaction, page)
        return True

    async def _tell(self, transaction: Transaction, page: Page, key: str) -> None:
        ticket = await tickets.find(transaction.connection, page.ticket)
        if ticket is None:
            return
        card = with_told(
            await self._context.card(transaction.connection, page.ticket, transaction.now),
            await self._context.told(transaction.connection, ticket),
        )
        head = _ceiling(ticket, page) if page.rung is Rung.CEILING else ""
        text = handoff_notice(ticket.number, shorten(ticket.person), ticket.reason, ticket.ask, head)
        await transaction.enqueue(self._alarm.page(ticket.number, card, text, page.people, transaction.now, key))

    async def _pass_on(self, transaction: Transaction, page: Page) -> None:
        """The ticket is the one's who is paged now. On kf the session follows where the platform lets it."""
        connection, now, person = transaction.connection, transaction.now, page.people[0]
        ticket = await tickets.find(connection, page.ticket)
        conversation = await conversations.load(connection, ticket.conversation) if ticket else None
        if ticket is None or conversation is None:
            return
        if conversation.state is not State.HUMAN:
            await tickets.assign(connection, page.ticket, person, now)
        elif conversation.channel is Channel.KF:
            body = {"servicer": person, "before": conversation.assignee, "ticket": page.ticket}
            move = action(conversation, "reassign", body, f"{page.ticket}.{page.step}", now)
            await transaction.enqueue([replace(move, fence=conversation.version)])
        else:
            await conversations.move(connection, conversation.id, Move(Event.NOBODY))
            await tickets.reopen(connection, conversation.id)
            await tickets.assign(connection, page.ticket, person, now)
            await self._tell_before(transaction, ticket, page)

    async def _tell_before(self, transaction: Transaction, ticket: Ticket, page: Page) -> None:
        """Whose words reach the member no more hears so; on kf the platform shows it."""
        text = PASSED_ON.format(number=ticket.number, who=self._alarm.called(page.people[0]))
        id_ = part_id("passed_on", ticket.number, page.step)
        await transaction.enqueue([self._alarm.notice(ticket.assignee, text, id_, transaction.now)])

    async def _transfer(
        self, transaction: Transaction, case: Case, reason: str, ask: str, order: tuple[str, ...]
    ) -> dict[str, object]:
        """What kf needs to hand over and to page without looking into the store again."""
        card = await self._context.card(transaction.connection, case.ticket, transaction.now, reason, ask)
        about = {"ticket": case.ticket, "reason": reason, "ask": ask, "card": card}
        return {**about, "order": list(order), "furious": case.furious}


def _ceiling(ticket: Ticket, page: Page) -> str:
    hours = int((page.at - ticket.opened_at).total_seconds() // 3600)
    return f"转接单 {ticket.number} 号 {hours} 小时还没结束"
