"""While a person serves the conversation, or is awaited, the bot is silent."""

from handlers import texts
from handlers.commands.parse import is_command
from handlers.effect_types import AskColleague, CallOff, Effect, HandOff, OptIn, OptOut
from handlers.handoff import Event, Move, State
from handlers.mood_hold import hold_for
from handlers.relay import passed_on
from handlers.rights import DELETE_ASKED, FORGET, kept_silently
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from handlers.urgent import alert
from handlers.wishes import Wish, wish_in
from knowledge.danger import danger_in

_WORDLESS = frozenset({Kind.RECALLED, Kind.SEND_FAILED, Kind.OTHER})


async def hold(turn: Turn, office: Office) -> Outcome | None:
    """Follows who serves the conversation, and keeps quiet while that is a person or one is awaited.

    Any word of a colleague is a takeover. Colleagues' own slash-commands pass, so that nobody is locked out of /return.
    What the member writes to a colleague whom the platform does not connect is passed on.
    A member who waits may call it off; nothing else makes the bot speak, but a danger sign before
    anybody has come. Who was given a kf session has come with their first word.
    """
    move = _move(turn)
    if move is not None:
        return Outcome("hold", move=move)
    if turn.item.kind in _WORDLESS:
        return Outcome("hold")
    if not turn.silent or is_command(turn):
        return None
    waits = await _waits(turn, office)
    if waits and _goes_on(turn):
        return _called_off(turn)
    wanted = await kept_silently(turn, office)
    # Last, because it may delete what the others have just written.
    effects = (*_kept(turn), *passed_on(turn), *await _promised_anew(turn, office), *wanted)
    return Outcome(DELETE_ASKED if AskColleague(FORGET) in wanted else "hold", _help(turn) if waits else (), effects)


async def _promised_anew(turn: Turn, office: Office) -> tuple[HandOff, ...]:
    """Where the kf session has run out and nobody had come, the member is brought to somebody again, and told so.

    A danger sign calls by itself.
    """
    if not turn.lapsed or (turn.item.kind is Kind.TEXT and danger_in(turn.item.text, turn.history)):
        return ()
    mine = (ticket for ticket in await office.tickets() if ticket.conversation == turn.conversation.id)
    ticket = next(mine, None)
    return (HandOff(ticket.reason, ticket.ask) if ticket else HandOff(texts.MEMBER_ASKED, turn.item.text),)


def _move(turn: Turn) -> Move | None:
    match turn.item.kind:
        case Kind.HUMAN_SPOKE | Kind.HUMAN_TOOK:
            return Move(Event.TAKE, assignee=turn.item.servicer or turn.conversation.assignee)
        case Kind.HUMAN_LEFT:
            return Move(Event.LEAVE)
        case _:
            return None


async def _waits(turn: Turn, office: Office) -> bool:
    """Whether the member still waits for the first word of somebody, wherever that began, and nobody serves them."""
    if turn.answered or (turn.conversation.state is State.HUMAN and not turn.wordless):
        return False
    return not turn.held or (not turn.wordless and await office.only_awaited(turn.conversation.person))


def _called_off(turn: Turn) -> Outcome:
    """Where a colleague has the session, it is the bot's again only once the platform has ended it.

    Who waits in another chat has the bot back there too: it had fallen silent everywhere.
    """
    if turn.wordless:
        return Outcome("hold", replies=(Reply(texts.GOES_ON, frees=Event.CANCEL),))
    move = Move(Event.CANCEL) if turn.conversation.state is State.WAITING else None
    return Outcome("hold", (Reply(texts.GOES_ON),), (CallOff(),) if turn.held else (), move)


def _goes_on(turn: Turn) -> bool:
    return turn.item.kind is Kind.TEXT and wish_in(turn.item.text) is Wish.GO_ON


def _help(turn: Turn) -> tuple[Reply, ...]:
    """The one thing that is said while nobody has come yet: what to do now, where somebody is in danger."""
    if turn.item.kind is not Kind.TEXT:
        return ()
    danger = danger_in(turn.item.text, turn.history)
    return (Reply(danger.advice, frees=Event.NOBODY),) if danger else ()


def _kept(turn: Turn) -> tuple[Effect, ...]:
    """What counts whoever serves the person, though nothing is said: anger, a danger sign, a wish about our messages.

    A danger sign alerts the colleagues again: who serves may be looking elsewhere.
    """
    if turn.item.kind is not Kind.TEXT:
        return ()
    held = hold_for(turn)
    if danger_in(turn.item.text, turn.history):
        return (*held, alert(turn))
    match wish_in(turn.item.text):
        case Wish.STOP:
            return (*held, OptOut())
        case Wish.RESUME:
            return (*held, OptIn())
        case _:
            return held
