"""Carrying words between a member and the colleague who serves them, where the platform has no session for it.

A colleague's word leaves as a message of the app or of the AI bot and is written down as theirs; a member's word is a
notice to the colleague. Neither is fenced: what a person said is not undone by what happens next.
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from bot.alarm import Alarm
from bot.part import Final, Klass, Part, part_id
from bot.store import conversations, inbox, tickets
from bot.transaction import Transaction
from bot.wecom.split import LIMITS, split
from handlers import texts
from handlers.effect_types import Relay
from handlers.handoff import Event, Move, State
from handlers.relay import has
from handlers.turn import Channel, Conversation, Ticket, Turn

LIFE = timedelta(minutes=10)  # a colleague's word that is later than this answers something else
MEMBER_LIFE = timedelta(hours=2)
PIECES = 5  # messages that one text of a member may become
BEFORE = 5  # texts of the time of waiting that a colleague is shown when they take the ticket
QUOTED = 200  # characters of a text that comes back to its writer
SENT_AS_IT_IS = "relay"  # the part's kind
_TIMES = re.compile(r"(?<=\d)\*(?=\d)")  # 120*60*75 are sizes; an AI bot's Markdown would eat the signs


class Relays:
    """Carries out `Relay`, and tells the writer what could not be carried."""

    def __init__(self, alarm: Alarm) -> None:
        self._alarm = alarm

    async def apply(self, transaction: Transaction, turn: Turn, effect: Relay, key: str) -> None:
        """The member's own conversation in the effect: to their colleague; another's: to that member."""
        if effect.conversation != turn.conversation.id:
            await self._to_member(transaction, turn, effect, key)
            return
        ticket = await tickets.live(transaction.connection, effect.conversation)
        if ticket is not None:
            await transaction.enqueue(self._to_colleague(transaction, ticket, effect.text, key))

    async def catch_up(self, transaction: Transaction, ticket: Ticket, colleague: str, key: str) -> None:
        """Show who takes a ticket what the member wrote while nobody had it."""
        said = await inbox.unheard(transaction.connection, ticket.conversation, ticket.opened_at, BEFORE)
        if said:
            head = texts.FROM_MEMBER_BEFORE.format(number=ticket.number)
            text = split("\n".join([head, *said]), LIMITS[Channel.APP])[0]
            await transaction.enqueue([self._notice(transaction, ticket, colleague, text, f"before {key}")])

    async def _to_member(self, transaction: Transaction, turn: Turn, effect: Relay, key: str) -> None:
        connection, colleague = transaction.connection, turn.conversation.person
        ticket = await tickets.live(connection, effect.conversation)
        member = await conversations.load(connection, effect.conversation)
        if ticket is None or member is None or not has(ticket, colleague):
            text = texts.NOT_YOURS.format(text=texts.one_line(effect.text, QUOTED))
            told = self._alarm.notice(colleague, text, part_id("relay", key), transaction.now, kind=SENT_AS_IT_IS)
            await transaction.enqueue([told])
            return
        await conversations.move(connection, member.id, Move(Event.TAKE, ticket.assignee))
        await tickets.replied(connection, member.id, transaction.now)
        await inbox.note_word(connection, member, f"relay.{key}", ticket.assignee, effect.text, transaction.now)
        await transaction.enqueue(_to_member(transaction, ticket, member, effect.text, key))

    def _to_colleague(self, transaction: Transaction, ticket: Ticket, text: str, key: str) -> list[Part]:
        number = ticket.number
        room = LIMITS[Channel.APP] - len(texts.FROM_MEMBER_ON.format(number=number, text="").encode())
        pieces = split(text, room)
        heads = [texts.FROM_MEMBER, *[texts.FROM_MEMBER_ON] * PIECES]
        said = [head.format(number=number, text=piece) for head, piece in zip(heads, pieces[:PIECES], strict=False)]
        if len(pieces) > PIECES:
            said.append(texts.CUT_SHORT.format(number=number))
        return [
            self._notice(transaction, ticket, ticket.assignee, one, f"{key}.{place}") for place, one in enumerate(said)
        ]

    def _notice(self, transaction: Transaction, ticket: Ticket, colleague: str, text: str, key: str) -> Part:
        return Part(
            id=part_id("relay", ticket.conversation, key),
            lane=self._alarm.lane(colleague),
            channel=Channel.APP,
            klass=Klass.RELAY,
            kind=SENT_AS_IT_IS,
            body={"to": colleague, "text": text, "ticket": ticket.number},
            conversation=ticket.conversation,
            expires_at=transaction.now + MEMBER_LIFE,
        )


def _to_member(transaction: Transaction, ticket: Ticket, member: Conversation, text: str, key: str) -> list[Part]:
    said = _TIMES.sub("×", text) if member.channel is Channel.AIBOT else text
    target = {"to": member.person, "account": member.account, "chat": member.chat}
    about = {"ticket": ticket.number, "by": ticket.assignee}
    return [
        Part(
            id=part_id("relay", member.id, key, place),
            lane=member.id,
            channel=member.channel,
            klass=Klass.RELAY,
            kind=SENT_AS_IT_IS,
            body={**target, **about, "text": piece},
            conversation=member.id,
            repeatable=member.channel is Channel.APP,  # an AI bot's messages have no id of ours
            expires_at=transaction.now + LIFE,
        )
        for place, piece in enumerate(split(texts.BY_COLLEAGUE + said, LIMITS[member.channel]))
    ]


async def came_back(transaction: Transaction, part: Part, final: Final, reason: str, alarm: Alarm) -> Sequence[Part]:
    """A relayed word did not arrive: its writer hears so, or the ticket waits for a colleague who can be reached."""
    if part.body.get("by"):
        return [_returned(transaction, part, final, reason, alarm)]
    ticket = await tickets.live(transaction.connection, part.conversation)
    held = await conversations.load(transaction.connection, part.conversation)
    gone = reason.startswith("refused")  # also where an earlier try was lost: this one tells
    if not gone or ticket is None or held is None or held.state is not State.HUMAN or not has(ticket, part.body["to"]):
        text = texts.NOT_RELAYED.format(number=part.body["ticket"], who=alarm.called(part.body["to"]))
        return alarm.raised(f"relay:{part.body['ticket']}", text, transaction.now)
    await conversations.move(transaction.connection, held.id, Move(Event.NOBODY))
    await tickets.reopen(transaction.connection, held.id)
    text = texts.COLLEAGUE_GONE.format(number=ticket.number, who=alarm.called(ticket.assignee))
    return alarm.raised(f"gone:{ticket.number}", text, transaction.now)


def _returned(transaction: Transaction, part: Part, final: Final, reason: str, alarm: Alarm) -> Part:
    number, text = part.body["ticket"], texts.one_line(part.body["text"], QUOTED)
    if final is Final.LOST:
        told = texts.PERHAPS_CARRIED.format(number=number, text=text)
    else:
        why = texts.TOO_LATE if reason == "expired" else texts.NO_WAY
        told = texts.NOT_CARRIED.format(number=number, why=why, person=part.body["to"], text=text)
    key = part_id("returned", part.id)
    return alarm.notice(part.body["by"], told, key, transaction.now, kind=SENT_AS_IT_IS)
