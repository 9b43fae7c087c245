"""Somebody opened the conversation: say who we are, once, with fixed words."""

from datetime import timedelta

from handlers import texts
from handlers.turn import Kind, Office, Outcome, Reply, State, Turn

# A kf welcome code is good for 20 s from when WeCom made the event, not from when we read it (95122).
_CODE_LIVES = timedelta(seconds=20)


async def welcome(turn: Turn, _office: Office) -> Outcome | None:
    """Greets where WeCom gave a code for it; without one (or while a person serves) entering is answered by silence."""
    item = turn.item
    if item.kind is not Kind.ENTERED:
        return None
    if not item.code or turn.conversation.state is not State.BOT:
        return Outcome("welcome")
    greeting = Reply(texts.WELCOME, code=item.code, expires_at=item.sent_at + _CODE_LIVES)
    return Outcome("welcome", replies=(greeting,))
