"""Where the platform has no session with a colleague (app, AI bots), their words and the member's pass through us."""

from collections.abc import Sequence

from handlers import texts
from handlers.commands.parse import is_command
from handlers.effect_types import Effect, Relay
from handlers.handoff import State
from handlers.turn import Channel, Kind, Office, Outcome, Reply, Role, Ticket, Turn

RELAYED = frozenset({Channel.APP, Channel.AIBOT})
"""The channels on which a colleague serves through us; on kf they write in the platform's own session."""


async def relay(turn: Turn, office: Office) -> Outcome | None:
    """A colleague's plain text in the app goes to the member of the ticket they took last.

    With no such ticket in hand it is an ordinary question.
    """
    if turn.conversation.channel is not Channel.APP or turn.roles <= {Role.MEMBER} or is_command(turn):
        return None
    if turn.item.kind not in (Kind.TEXT, Kind.MEDIA):
        return None
    mine = in_hand(await office.tickets(), turn.conversation.person)
    if not mine:
        return None
    focus = mine[0]
    if turn.item.kind is Kind.MEDIA:
        return Outcome("relay", _said(turn, texts.TEXT_ONLY.format(number=focus.number)))
    # With one ticket there is nobody it could have gone to by mistake.
    told = _said(turn, texts.GOES_TO.format(number=focus.number)) if len(mine) > 1 else ()
    return Outcome("relay", told, (Relay(focus.conversation, turn.item.text),))


def in_hand(tickets: Sequence[Ticket], colleague: str) -> list[Ticket]:
    """The tickets that `colleague` serves through us, the one in focus first."""
    mine = [each for each in tickets if each.state == "taken" and each.channel in RELAYED and has(each, colleague)]
    return sorted(mine, key=lambda each: (each.focused_at or each.opened_at, each.number), reverse=True)


def has(ticket: Ticket, colleague: str) -> bool:
    """Whether the ticket is with `colleague`. WeCom gives user ids back in lower case in places (90236)."""
    return bool(ticket.assignee) and ticket.assignee.casefold() == colleague.casefold()


def passed_on(turn: Turn) -> tuple[Effect, ...]:
    """What the colleague who serves is told of what the member wrote; of media only that there is some."""
    conversation, item = turn.conversation, turn.item
    if conversation.channel not in RELAYED or conversation.state is not State.HUMAN:
        return ()
    match item.kind:
        case Kind.TEXT:
            return (Relay(conversation.id, item.text),)
        case Kind.MEDIA:
            return (Relay(conversation.id, texts.sent_media(item.msgtype)),)
        case _:
            return ()


def _said(turn: Turn, text: str) -> tuple[Reply, ...]:
    return () if turn.silent else (Reply(text),)
