"""While a person serves the conversation, the bot is silent."""

from handlers.commands.parse import is_command
from handlers.turn import Effect, Kind, Move, Office, OptIn, OptOut, Outcome, State, Turn
from handlers.urgent import alert
from handlers.wishes import Wish, wish_in
from knowledge.danger import danger_in

_SILENT = frozenset({Kind.RECALLED, Kind.SEND_FAILED, Kind.OTHER})


async def hold(turn: Turn, _office: Office) -> Outcome | None:
    """Follows who serves the conversation, and keeps quiet while that is a person or one is awaited.

    Any word of a colleague is a takeover. Their own slash-commands pass, so that nobody is locked out of /return.
    """
    move = _move(turn)
    if move is not None:
        return Outcome("hold", move=move)
    if turn.item.kind in _SILENT:
        return Outcome("hold")
    if turn.conversation.state is State.BOT or is_command(turn):
        return None
    return Outcome("hold", effects=_kept(turn))


def _move(turn: Turn) -> Move | None:
    match turn.item.kind:
        case Kind.HUMAN_SPOKE | Kind.HUMAN_TOOK:
            return Move(State.HUMAN, assignee=turn.item.servicer or turn.conversation.assignee)
        case Kind.HUMAN_LEFT:
            return Move(State.BOT)
        case _:
            return None


def _kept(turn: Turn) -> tuple[Effect, ...]:
    """What counts whoever serves the person, though nothing is said: a wish about unasked messages, a danger sign.

    A danger sign alerts the colleagues again: who serves may be looking elsewhere.
    """
    if turn.item.kind is not Kind.TEXT:
        return ()
    if danger_in(turn.item.text, turn.history):
        return (alert(turn),)
    match wish_in(turn.item.text):
        case Wish.STOP:
            return (OptOut(),)
        case Wish.RESUME:
            return (OptIn(),)
        case _:
            return ()
