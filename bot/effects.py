"""Carrying out what an outcome asks for, inside the turn's transaction. What needs the network becomes a part."""

from collections.abc import Sequence
from datetime import timedelta

from bot.alarm import Alarm
from bot.notebook import Notebook
from bot.part import Klass, Part, part_id
from bot.planner import Planner
from bot.store import conversations, marks, tickets
from bot.store.inbox import Waiting
from bot.transaction import Transaction
from handlers.texts import URGENT
from handlers.turn import (
    Channel,
    Conversation,
    DraftGuide,
    Effect,
    GiveBack,
    HandOff,
    Move,
    NoteGap,
    OptIn,
    OptOut,
    Pause,
    PublishGuide,
    Push,
    Rate,
    Reindex,
    Reply,
    Resume,
    State,
    Take,
    Ticket,
    Turn,
)
from scheduler.posts import subject_of

ACTION_LIFE = timedelta(hours=2)
REINDEX = "reindex"  # the mark that asks the librarian; it survives a kill


class Applier:
    """One method per effect."""

    def __init__(self, alarm: Alarm, planner: Planner, notebook: Notebook) -> None:
        self._alarm = alarm
        self._planner = planner
        self._notebook = notebook

    async def apply(self, transaction: Transaction, turn: Turn, effect: Effect, key: str) -> None:
        """Carry out `effect`; `key` is the same again when the same turn is repeated."""
        connection, now = transaction.connection, transaction.now
        subject = subject_of("person", turn.conversation.person)
        match effect:
            case HandOff():
                await self._hand_off(transaction, turn, effect, key)
            case OptOut():
                await marks.add_opt_out(connection, subject, now)
            case OptIn():
                await marks.remove_opt_out(connection, subject)
            case Take(number):
                await self._take(transaction, turn, number, key)
            case GiveBack(number):
                await self._give_back(transaction, turn, number, key)
            case Pause(until):
                await marks.pause(connection, until, now)
            case Resume():
                await marks.unpause(connection)
            case Push(planned):
                await self._planner.push(transaction, planned, turn.conversation.person)
            case Reindex():
                await marks.set_mark(connection, REINDEX, {"asked_by": turn.conversation.person}, now)
            case NoteGap() | Rate() | DraftGuide() | PublishGuide():
                await self._notebook.apply(transaction, turn, effect)

    async def note_answers(self, transaction: Transaction, waiting: Waiting, replies: Sequence[Reply]) -> None:
        """What the answers among the replies rest on, so that they can be rated."""
        await self._notebook.note_answers(transaction, waiting, replies)

    async def audit(self, transaction: Transaction, who: str, what: str) -> None:
        """One line of the audit log."""
        await marks.note(transaction.connection, who, what, transaction.now)

    async def _hand_off(self, transaction: Transaction, turn: Turn, effect: HandOff, key: str) -> None:
        conversation = turn.conversation
        number = await tickets.open_ticket(
            transaction.connection, conversation.id, effect.reason, effect.ask, transaction.now
        )
        if effect.reason == URGENT:
            await tickets.sharpen(transaction.connection, number, effect.reason, effect.ask)
        if conversation.state is State.HUMAN:
            await tickets.take(transaction.connection, conversation.id, conversation.assignee)
        if conversation.channel is Channel.KF and conversation.state is State.BOT:
            body = {"ticket": number, "reason": effect.reason, "ask": effect.ask}
            await transaction.enqueue([_action(conversation, "transfer", body, key, transaction)])
        else:
            about = (number, conversation.person, effect.reason, effect.ask)
            paged = self._alarm.page(*about, transaction.now, key, conversation.assignee)
            await transaction.enqueue(paged)

    async def _take(self, transaction: Transaction, turn: Turn, number: int, key: str) -> None:
        ticket, conversation = await _of_ticket(transaction, number)
        if ticket is None or conversation is None or ticket.state == "closed":
            return
        servicer = turn.conversation.person
        if conversation.channel is Channel.KF:  # the platform decides whether they get the session
            body = {"servicer": servicer, "ticket": number}
            await transaction.enqueue([_action(conversation, "assign", body, key, transaction)])
            return
        await tickets.take(transaction.connection, ticket.conversation, servicer)
        await conversations.move(transaction.connection, ticket.conversation, Move(State.HUMAN, servicer))

    async def _give_back(self, transaction: Transaction, turn: Turn, number: int, key: str) -> None:
        ticket, conversation = await _of_ticket(transaction, number)
        if ticket is None or conversation is None:
            return
        await tickets.close(transaction.connection, ticket.conversation, transaction.now)
        await conversations.move(transaction.connection, ticket.conversation, Move(State.BOT))
        if conversation.channel is Channel.KF:
            body = {"ticket": number, "asked_by": turn.conversation.person}
            await transaction.enqueue([_action(conversation, "end", body, key, transaction)])

    async def tell_undelivered(self, transaction: Transaction, fail_type: str) -> None:
        """The platform accepted a message and then could not deliver it (msg_send_fail, doc 94670)."""
        text = f"有一条消息微信没有送达（类型 {fail_type or '未知'}），对方没有看到，请人工跟进。"
        await transaction.enqueue(self._alarm.raised(f"undelivered:{fail_type}", text, transaction.now))

    async def tell_buried(self, transaction: Transaction) -> None:
        """An item could not be handled at all."""
        text = "有一条来信多次处理失败，已停止重试并向对方致歉。其他会话不受影响，详见日志 handling_failed。"
        await transaction.enqueue(self._alarm.raised("buried", text, transaction.now))


async def _of_ticket(transaction: Transaction, number: int) -> tuple[Ticket | None, Conversation | None]:
    ticket = await tickets.find(transaction.connection, number)
    if ticket is None:
        return None, None
    return ticket, await conversations.load(transaction.connection, ticket.conversation)


def _action(conversation: Conversation, kind: str, body: dict[str, object], key: str, transaction: Transaction) -> Part:
    """Something to move on the platform. Not fenced: what it does is to bring the platform where we already are."""
    target = {"to": conversation.person, "account": conversation.account}
    return Part(
        id=part_id("action", conversation.id, kind, key),
        lane=conversation.id,
        channel=conversation.channel,
        klass=Klass.ACTION,
        kind=kind,
        body={**target, **body},
        conversation=conversation.id,
        expires_at=transaction.now + ACTION_LIFE,
    )
