"""Carrying out what an outcome asks for, inside the turn's transaction. What needs the network becomes a part."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from bot.alarm import Alarm
from bot.holds import recall_tasks
from bot.notebook import Notebook
from bot.planner import Planner
from bot.store import marks, outbox, preferences
from bot.store.inbox import Waiting
from bot.transaction import Transaction
from handlers.effect_types import (
    DraftGuide,
    Effect,
    NoteGap,
    OptIn,
    OptOut,
    Pause,
    PublishGuide,
    Push,
    Rate,
    Reindex,
    Resume,
)
from handlers.turn import Reply, Turn
from scheduler.gate import Reason
from scheduler.posts import subject_of

REINDEX = "reindex"  # the mark that asks the librarian; it survives a kill


class Carrier(Protocol):
    """Carries out one kind of effect inside the turn's transaction."""

    async def apply(self, transaction: Transaction, turn: Turn, effect: Any, key: str, /) -> None: ...


class Applier:
    """One method per effect, or a carrier of its own."""

    def __init__(
        self, alarm: Alarm, planner: Planner, notebook: Notebook, carriers: Mapping[type[Effect], Carrier]
    ) -> None:
        """`carriers` carry out the effects that have a module of their own."""
        self._alarm = alarm
        self._planner = planner
        self._notebook = notebook
        self._carriers = carriers

    async def apply(self, transaction: Transaction, turn: Turn, effect: Effect, key: str) -> None:
        """Carry out `effect`; `key` is the same again when the same turn is repeated."""
        connection, now = transaction.connection, transaction.now
        subject = subject_of("person", turn.conversation.person)
        if (carrier := self._carriers.get(type(effect))) is not None:
            await carrier.apply(transaction, turn, effect, key)
            return
        match effect:
            case OptOut():
                await marks.add_opt_out(connection, subject, now)
                await recall_tasks(transaction, subject, "刚退订了")
            case OptIn():
                await preferences.restore(connection, turn.conversation.person, now)
                await marks.remove_opt_out(connection, subject)
            case Pause(until):
                await marks.pause(connection, until, now)
            case Resume():
                await marks.unpause(connection)
                transaction.lanes.update(await outbox.unhold(connection, str(Reason.PAUSED), now))
            case Push(planned):
                await self._planner.push(transaction, planned, turn.conversation.person)
            case Reindex():
                asked = {"asked_by": turn.conversation.person, "request": key, "done": False}
                await marks.set_mark(connection, REINDEX, asked, now)
            case NoteGap() | Rate() | DraftGuide() | PublishGuide():
                await self._notebook.apply(transaction, turn, effect)

    async def note_answers(self, transaction: Transaction, waiting: Waiting, replies: Sequence[Reply]) -> None:
        """What the answers among the replies rest on, so that they can be rated."""
        await self._notebook.note_answers(transaction, waiting, replies)

    async def audit(self, transaction: Transaction, who: str, what: str) -> None:
        """One line of the audit log."""
        await marks.note(transaction.connection, who, what, transaction.now)

    async def tell_undelivered(self, transaction: Transaction, fail_type: str) -> None:
        """The platform accepted a message and then could not deliver it (msg_send_fail, doc 94670)."""
        text = f"有一条消息微信没有送达（类型 {fail_type or '未知'}），对方没有看到，请人工跟进。"
        await transaction.enqueue(self._alarm.raised(f"undelivered:{fail_type}", text, transaction.now))

    async def tell_buried(self, transaction: Transaction) -> None:
        """An item could not be handled at all."""
        text = "有一条来信多次处理失败，已停止重试并向对方致歉。其他会话不受影响，详见日志 handling_failed。"
        await transaction.enqueue(self._alarm.raised("buried", text, transaction.now))
