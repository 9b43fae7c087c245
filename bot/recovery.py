"""The one question after a matter was resolved: 解决了吗. A colleague approves it, the member's answer is counted."""

from datetime import timedelta

from bot.part import Klass, Part
from bot.store import conversations, resolutions, tickets
from bot.transaction import Transaction
from handlers.effect_types import FollowUp, Solved
from handlers.texts import FOLLOW_UP
from handlers.turn import Turn

LATEST = timedelta(hours=2)  # after its moment; later it might fall outside the working hours


class Recovery:
    """Carries out `FollowUp` and `Solved`."""

    async def apply(self, transaction: Transaction, turn: Turn, effect: FollowUp | Solved, _key: str) -> None:
        """Once per ticket, whoever approves it again."""
        if isinstance(effect, Solved):
            await resolutions.note_follow_up(transaction.connection, effect.number, solved=effect.solved)
            return
        found = await tickets.find(transaction.connection, effect.number)
        if found is None or not await resolutions.ask_follow_up(transaction.connection, effect.number):
            return
        conversation = await conversations.load(transaction.connection, found.conversation)
        if conversation is None:
            return
        target = {"to": conversation.person, "account": conversation.account, "chat": conversation.chat}
        about = {"text": FOLLOW_UP, "ticket": effect.number, "approved_by": turn.conversation.person}
        part = Part(
            id=resolutions.follow_up_id(effect.number),
            lane=f"service:{conversation.id}",  # its own: what waits for tomorrow must hold up no answer
            channel=conversation.channel,
            klass=Klass.SERVICE,
            kind="text",
            body={**target, **about, "since": found.opened_at.isoformat()},
            conversation=conversation.id,
            not_before=effect.at,
            expires_at=min(effect.until, effect.at + LATEST),
        )
        await transaction.enqueue([part])
