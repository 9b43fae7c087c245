"""The order in which the handlers are asked."""

from dataclasses import replace

from handlers.commands.dispatch import command
from handlers.commands.parse import is_command
from handlers.expand import expand
from handlers.fallback import fallback
from handlers.feedback import feedback
from handlers.handoff import Event, Move, State
from handlers.hold import hold
from handlers.mood_hold import mood_hold
from handlers.question import question
from handlers.recovery import recovery
from handlers.relay import relay
from handlers.satisfaction import satisfaction
from handlers.second_thoughts import second_thoughts
from handlers.self_service import self_service
from handlers.turn import Handler, Kind, Office, Outcome, Turn
from handlers.urgent import urgent
from handlers.welcome import introduced, welcome

_PASSED = {State.OFFERED: Event.LAPSE, State.CLOSING: Event.SETTLE}

# The order is the policy: the first handler with an outcome decides, the last one always has one.
HANDLERS: tuple[Handler, ...] = (
    welcome,
    relay,
    satisfaction,
    recovery,
    feedback,
    hold,
    urgent,
    second_thoughts,
    mood_hold,
    command,
    self_service,
    expand,
    question,
    fallback,
)


async def decide(turn: Turn, office: Office) -> Outcome:
    """The outcome of the first handler that takes the turn. What the office raises goes through to the caller."""
    for handler in HANDLERS:
        outcome = await handler(turn, office)
        if outcome is not None:
            return await introduced(turn, office, _going_on(turn, outcome))
    raise LookupError("the last handler must take every turn")


def _going_on(turn: Turn, outcome: Outcome) -> Outcome:
    """A member who writes on has passed over an offer, or has come back after a colleague was done."""
    event = _PASSED.get(turn.conversation.state)
    wrote = turn.item.kind in (Kind.TEXT, Kind.MEDIA) and not is_command(turn)
    if event is None or outcome.move is not None or not wrote:
        return outcome
    return replace(outcome, move=Move(event))
