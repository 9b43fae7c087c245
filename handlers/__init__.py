"""What to do with what somebody said."""

from handlers.commands import command
from handlers.fallback import fallback
from handlers.feedback import feedback
from handlers.hold import hold
from handlers.question import question
from handlers.self_service import self_service
from handlers.turn import Handler, Office, Outcome, Turn
from handlers.urgent import urgent
from handlers.welcome import welcome

# The order is the policy: the first handler with an outcome decides, the last one always has one.
HANDLERS: tuple[Handler, ...] = (welcome, feedback, hold, urgent, command, self_service, question, fallback)


async def decide(turn: Turn, office: Office) -> Outcome:
    """The outcome of the first handler that takes the turn. What the office raises goes through to the caller."""
    for handler in HANDLERS:
        outcome = await handler(turn, office)
        if outcome is not None:
            return outcome
    raise LookupError("the last handler must take every turn")


__all__ = ["HANDLERS", "decide"]
