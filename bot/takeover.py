"""Taking a ticket, giving it back, and what follows the end. Who wins a race is decided in the transaction."""

from datetime import datetime, timedelta

from bot.actions import action
from bot.alarm import Alarm
from bot.part import Klass, Part, part_id
from bot.relay import SENT_AS_IT_IS, Relays
from bot.store import conversations, locks, pages, tickets
from bot.transaction import Overtaken, Transaction
from handlers import texts
from handlers.commands.people import may_step_in
from handlers.effect_types import CallOff, Effect, GiveBack, Relay, Satisfied, Take
from handlers.handoff import Event, Move, State
from handlers.relay import has
from handlers.satisfaction import mark
from handlers.turn import Channel, Conversation, Kind, Role, Ticket, Turn

CODE_LIFE = timedelta(seconds=20)  # of the code at a session's end, from WeCom's moment (doc 95122)
ASK_LIFE = timedelta(minutes=10)


def handing_over(alarm: Alarm) -> dict[type[Effect], "Takeover | Relays"]:
    """The carriers of what colleagues do with tickets, for `bot.effects`."""
    relays = Relays(alarm)
    takeover = Takeover(alarm, relays)
    return {Take: takeover, GiveBack: takeover, CallOff: takeover, Satisfied: takeover, Relay: relays}


class Takeover:
    """Carries out `Take`, `GiveBack`, `CallOff` and `Satisfied`."""

    def __init__(self, alarm: Alarm, relays: Relays) -> None:
        self._alarm = alarm
        self._relays = relays

    async def apply(
        self, transaction: Transaction, turn: Turn, effect: Take | GiveBack | CallOff | Satisfied, key: str
    ) -> None:
        """Raises Overtaken when somebody else was faster: the command is then decided anew, and says who."""
        match effect:
            case Take(number):
                await self._take(transaction, turn, number, key)
            case GiveBack(number):
                await self._give_back(transaction, turn, number, key)
            case CallOff():
                await conversations.call_off(transaction.connection, turn.conversation.person)
            case Satisfied(number, score):
                await tickets.score(transaction.connection, number, turn.conversation.id, score)

    async def _take(self, transaction: Transaction, turn: Turn, number: int, key: str) -> None:
        ticket, conversation = await _still(transaction, turn, number)
        await pages.acknowledge(transaction.connection, number, transaction.now)
        colleague = turn.conversation.person
        if conversation.channel is Channel.KF:  # the platform decides whether they get the session
            steps_in = bool(turn.roles & {Role.LEAD, Role.OPERATOR})
            body = {"servicer": colleague, "ticket": number, "steps_in": steps_in}
            await transaction.enqueue([action(conversation, "assign", body, key, transaction.now)])
            return
        await tickets.focus(transaction.connection, number, transaction.now)
        if ticket.state == "taken" and has(ticket, colleague):
            return
        await tickets.take(transaction.connection, conversation.id, colleague, transaction.now)
        await conversations.move(transaction.connection, conversation.id, Move(Event.TAKE, colleague))
        await self._relays.catch_up(transaction, ticket, colleague, key)
        await self._tell_before(transaction, ticket, colleague, key)

    async def _tell_before(self, transaction: Transaction, ticket: Ticket, colleague: str, key: str) -> None:
        """Who had it hears that they have it no more."""
        if ticket.state != "taken" or not ticket.assignee:
            return
        text = texts.TAKEN_OVER.format(number=ticket.number, who=self._alarm.called(colleague))
        told = self._alarm.notice(ticket.assignee, text, part_id("taken_over", key), transaction.now)
        await transaction.enqueue([told])

    async def _give_back(self, transaction: Transaction, turn: Turn, number: int, key: str) -> None:
        _ticket, conversation = await _still(transaction, turn, number)
        if conversation.channel is Channel.KF:  # silent until the platform has ended the session
            body = {"ticket": number, "asked_by": turn.conversation.person}
            await transaction.enqueue([action(conversation, "end", body, key, transaction.now)])
            return
        await conversations.move(transaction.connection, conversation.id, Move(Event.LEAVE))
        await over(transaction, conversation.id)


async def still_open(transaction: Transaction, part: Part) -> bool:
    """Whether the ticket that a session is ended for has not ended by another way meanwhile."""
    ticket = await tickets.find(transaction.connection, part.body["ticket"])
    return ticket is not None and ticket.state != "closed"


async def ended(transaction: Transaction, turn: Turn) -> None:
    """The platform ended the session. Where nobody had come yet, the ticket waits on."""
    if turn.conversation.state is not State.WAITING:
        await over(transaction, turn.conversation.id, turn.item.code, turn.item.sent_at + CODE_LIFE)


async def over(
    transaction: Transaction,
    conversation_id: str,
    code: str = "",
    until: datetime | None = None,
    *,
    before: int | None = None,
) -> None:
    """What follows when a conversation was left: its ticket ends, what came in is settled, the member is asked once.

    Asked only where a colleague wrote to them. `code` is that of a kf session's end, good until `until`.
    The item `before`, where there is one, and what follows it came after the end.
    """
    connection = transaction.connection
    number = await served(transaction, conversation_id)
    await tickets.close(connection, conversation_id, transaction.now)
    left = await conversations.load(connection, conversation_id)
    if left is None or left.state is not State.CLOSING:
        return
    await conversations.settle(connection, conversation_id, before)
    await ask(transaction, conversation_id, number, code, until)


async def served(transaction: Transaction, conversation_id: str) -> int | None:
    """The ticket under which a colleague wrote to the member since the last end; None where nobody did.

    Who stepped in where nobody had called gets one that is closed already, so that it can be said how it was.
    """
    ticket = await tickets.live(transaction.connection, conversation_id)
    if ticket is None:
        return await tickets.note_stepped_in(transaction.connection, conversation_id, transaction.now)
    return ticket.number if ticket.replied_at is not None else None


async def ask(
    transaction: Transaction, conversation_id: str, number: int | None, code: str = "", until: datetime | None = None
) -> None:
    """Ask the member how it was under ticket `number`, unless a colleague serves them, here or elsewhere."""
    connection = transaction.connection
    left = await conversations.load(connection, conversation_id)
    if number is None or left is None or left.state is not State.CLOSING:
        return
    if not await conversations.held_elsewhere(connection, left.id):
        await transaction.enqueue(asked(left, number, left.version, code, until or transaction.now + ASK_LIFE))


async def taken(transaction: Transaction, turn: Turn) -> None:
    """A colleague took the session in the platform, was given it, or wrote there: the ticket is theirs.

    After the end it is the same matter again (kf: 4 → 3, doc 94670).
    """
    connection, item, id_ = transaction.connection, turn.item, turn.conversation.id
    if turn.conversation.state is State.CLOSING:
        await tickets.revive(connection, id_, item.servicer)
    await tickets.take(connection, id_, item.servicer, transaction.now)
    if item.kind is Kind.HUMAN_SPOKE:
        await tickets.replied(connection, id_, transaction.now)


def asked(conversation: Conversation, number: int, version: int | None, code: str, until: datetime) -> list[Part]:
    """The question how it was: a menu on kf, a card in the app, a line where an AI bot can say it; else nothing.

    A notice, because nobody has to know when it cannot be asked.
    """
    menu = [[mark(number, score), words] for score, words in texts.SCORES.items()]
    target = {"to": conversation.person, "account": conversation.account, "chat": conversation.chat}
    id_ = part_id("asked", conversation.id, number, version)
    match conversation.channel:
        case Channel.KF if code:
            kind, body = "on_event", {"text": texts.HOW_WAS_IT, "menu": menu, "code": code}
        case Channel.APP:
            kind, body = "menu", {"text": texts.HOW_WAS_IT, "menu": menu, "task": id_}
        case Channel.AIBOT if not conversation.chat:
            kind, body = SENT_AS_IT_IS, {"text": texts.HOW_WAS_IT_TYPED}
        case _:
            return []
    part = Part(
        id=id_,
        lane=conversation.id,
        channel=conversation.channel,
        klass=Klass.NOTICE,
        kind=kind,
        body={**target, **body},
        conversation=conversation.id,
        fence=version,
        repeatable=conversation.channel is not Channel.AIBOT,
        expires_at=until,
    )
    return [part]


async def _still(transaction: Transaction, turn: Turn, number: int) -> tuple[Ticket, Conversation]:
    """The ticket and its conversation, if who asks may still have it. Raises Overtaken.

    Of two who ask at once the second reads what the first has written.
    """
    asked_for = await tickets.find(transaction.connection, number)
    if asked_for is not None:
        await locks.owner(transaction.connection, asked_for.conversation)
    ticket = await tickets.find(transaction.connection, number)
    if ticket is None or ticket.state == "closed" or not may_step_in(ticket, turn):
        raise Overtaken
    conversation = await conversations.load(transaction.connection, ticket.conversation)
    if conversation is None:
        raise Overtaken
    return ticket, conversation
