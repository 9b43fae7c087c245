"""Nobody waits unseen: pages that have become due, and members on kf who met nobody, looked at every few seconds.

Every look reads the store anew, so that a stop of any length loses no timer, and a rung is a row, so that none is paged
twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.errors import SendError
from bot.foundation import Foundation
from bot.pager import Pager
from bot.store import conversations, pages, tickets
from bot.store.pages import Unserved
from bot.transaction import Transaction
from handlers.handoff import State
from handlers.paging import Case, Page
from handlers.turn import Channel

log = structlog.get_logger()

ASK_PLATFORM = timedelta(seconds=20)  # how often who receives is asked for, while a member waits for somebody
PATIENCE = timedelta(minutes=1)  # between two tries of one ticket, times the tries there were
LONGEST_PATIENCE = timedelta(minutes=30)
WINDOW = timedelta(hours=48)  # since the member's last message; after that kf takes no message (doc 94677)

Receiving = Callable[[str, Sequence[str]], Awaitable[list[str]]]


class Attendance:
    """`look` is for the ticker."""

    def __init__(self, base: Foundation, pager: Pager, receiving: Receiving | None, *, named: bool) -> None:
        """`receiving`: who on a kf account may be given a session now, in the order asked for; None without kf.

        `named`: sessions go to consultants by name. From WeCom's own pool they are taken there.
        """
        self._base = base
        self._pager = pager
        self._receiving = receiving
        self._named = named
        self._asked_at: datetime | None = None

    async def look(self) -> None:
        """Make what is due. Each page, and each new try, is a transaction of its own."""
        if self._base.alarm.able:
            await self._climb()
        if self._named and self._receiving is not None:
            await self._find_somebody(self._receiving)

    # --- pages ---

    async def _climb(self) -> None:
        now = self._base.clock.now()
        async with self._base.database.read() as connection:
            cases = await pages.cases(connection)
            made = await pages.made_for(connection, [case.ticket for case in cases]) if cases else {}
        for case in cases:
            if self._pager.ladder.due(case, made.get(case.ticket, ()), now) is not None:
                await self._page(case.ticket)

    async def _page(self, number: int) -> None:
        """What is due, as the store stands now: a colleague may have spoken since the look."""
        order = await self._order(number)
        async with self._base.transactions.begin() as transaction:
            found = await pages.cases(transaction.connection, number)
            if not found or await self._under_way(transaction, found[0]):
                return
            page = await self._due(transaction, found[0], order)
            if page is not None:
                await self._pager.make(transaction, found[0], page)

    async def _due(self, transaction: Transaction, case: Case, order: Sequence[str]) -> Page | None:
        made = await pages.made_for(transaction.connection, [case.ticket])
        return self._pager.ladder.due(case, made.get(case.ticket, ()), transaction.now, order)

    async def _under_way(self, transaction: Transaction, case: Case) -> bool:
        """The platform is being asked for somebody, and its answer pages them; if it does not come, we do."""
        late = transaction.now - case.opened_at >= self._pager.ladder.first_reply
        ticket = await tickets.find(transaction.connection, case.ticket)
        return not late and ticket is not None and await pages.transferring(transaction.connection, ticket.conversation)

    async def _order(self, number: int) -> tuple[str, ...]:
        """The consultants as they are to be asked: on kf those first whom the platform would give the session."""
        async with self._base.database.read() as connection:
            order = await pages.order(connection, self._pager.ladder.consultants)
            ticket = await tickets.find(connection, number)
            conversation = await conversations.load(connection, ticket.conversation) if ticket else None
        if self._receiving is None or conversation is None or conversation.channel is not Channel.KF:
            return order
        try:
            receiving = await self._receiving(conversation.account, order)
        except SendError as error:
            log.warning("receiving_unknown", error=type(error).__name__, errcode=error.errcode)
            return order
        return tuple(sorted(order, key=lambda person: person not in receiving))

    # --- members who met nobody ---

    async def _find_somebody(self, receiving: Receiving) -> None:
        """At the opening, or when a colleague begins to receive, the platform is asked again."""
        now = self._base.clock.now()
        if self._asked_at is not None and timedelta(0) <= now - self._asked_at < ASK_PLATFORM:
            return
        async with self._base.database.read() as connection:
            waiting = await pages.unserved(connection, now - WINDOW)
        if not waiting:
            return
        self._asked_at = now
        for account in sorted({each.account for each in waiting}):
            mine = [each for each in waiting if each.account == account and _patient(each, now)]
            if mine and await self._somebody(receiving, account):
                for each in mine:
                    await self._try_again(each)

    async def _somebody(self, receiving: Receiving, account: str) -> bool:
        try:
            return bool(await receiving(account, ()))
        except SendError as error:
            log.warning("receiving_unknown", error=type(error).__name__, errcode=error.errcode)
            return False

    async def _try_again(self, waiting: Unserved) -> None:
        async with self._base.transactions.begin() as transaction:
            conversation = await conversations.load(transaction.connection, waiting.conversation)
            cases = await pages.cases(transaction.connection, waiting.ticket)
            if conversation is None or not cases or conversation.state is not State.WAITING:
                return
            await self._pager.again(transaction, cases[0], conversation, f"{waiting.ticket}.again.{waiting.tries}")


def _patient(waiting: Unserved, now: datetime) -> bool:
    """Whether it is time for another try. After a clock that was put back it always is.

    A message of the member opens a session that had ended (doc 94669), so after one it is too.
    """
    since = now - waiting.tried_at
    if since < timedelta(0) or waiting.wrote_at > waiting.tried_at:
        return True
    return since >= min(PATIENCE * waiting.tries, LONGEST_PATIENCE)
