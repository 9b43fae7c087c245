"""Whether the kf session that a colleague is to have is still there: WeCom tells nobody of its running out (94669)."""

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

import structlog

from bot.channels.kf import HUMAN, POOL
from bot.errors import SendError
from bot.foundation import Foundation
from bot.store import conversations, pages, tickets
from bot.store.inbox import Waiting
from bot.takeover import over
from bot.transaction import Overtaken, Transaction
from bot.wecom.api import Kf
from handlers.handoff import Event, Move, State
from handlers.turn import Channel, Kind

log = structlog.get_logger()

# How long nothing was heard of a colleague before WeCom is asked, by where the conversation stands. Who waits for
# somebody is looked after by `bot.attendance` for as long as a session lasts.
QUIET = MappingProxyType({State.HUMAN: timedelta(minutes=30), State.WAITING: timedelta(hours=48)})


class KfSessions:
    """Asks WeCom when a member writes to a colleague who has long been quiet. What cannot be asked stays as it is."""

    def __init__(self, base: Foundation, kf: Kf | None) -> None:
        self._base = base
        self._kf = kf

    async def as_it_is(self, waiting: Waiting) -> Waiting:
        """`waiting` where the session stands as we think, or marked as lapsed: nobody who was promised has written.

        Raises Overtaken where a talk with a colleague is over: the item is then the bot's.
        """
        kf, about = self._kf, waiting.conversation
        if kf is None or not _to_a_colleague(waiting) or not await self._long_quiet(waiting):
            return waiting
        try:
            session = await kf.service_state_get(about.account, about.person)
        except SendError as error:
            log.warning("session_unknown", error=type(error).__name__, errcode=error.errcode)
            return waiting
        if session.state in (POOL, HUMAN):
            return waiting
        log.info("session_lapsed", state=about.state, wordless=waiting.wordless)
        async with self._base.transactions.begin() as transaction:
            if about.state is State.WAITING or waiting.wordless:
                return await self._promise_anew(transaction, waiting)
            await self._leave(transaction, waiting)
        raise Overtaken

    async def _long_quiet(self, waiting: Waiting) -> bool:
        id_ = waiting.conversation.id
        async with self._base.database.read() as connection:
            if await pages.transferring(connection, id_):
                return False
            heard = await pages.last_sign(connection, id_)
        return heard is None or self._base.clock.now() - heard >= QUIET[waiting.conversation.state]

    async def _promise_anew(self, transaction: Transaction, waiting: Waiting) -> Waiting:
        """It waits for somebody again; bringing one is up to the handlers, who know what was written."""
        about = await self._moved(transaction, waiting, Event.NOBODY)
        await tickets.reopen(transaction.connection, about)
        stands = await conversations.load(transaction.connection, about)
        if stands is None:
            raise Overtaken
        return replace(waiting, conversation=stands, wordless=False, lapsed=True)

    async def _leave(self, transaction: Transaction, waiting: Waiting) -> None:
        """As if WeCom had told us of the end; what the member has just written was not seen to by anybody."""
        await over(transaction, await self._moved(transaction, waiting, Event.LEAVE), before=waiting.item.id)

    async def _moved(self, transaction: Transaction, waiting: Waiting, event: Event) -> str:
        about = waiting.conversation
        if await conversations.move(transaction.connection, about.id, Move(event), version=about.version) is None:
            raise Overtaken
        return about.id


def _to_a_colleague(waiting: Waiting) -> bool:
    """Whether a member writes on kf to somebody who has not written back meanwhile."""
    about = waiting.conversation
    wrote = waiting.item.kind in (Kind.TEXT, Kind.MEDIA)
    return about.channel is Channel.KF and wrote and about.state in QUIET and not waiting.answered
