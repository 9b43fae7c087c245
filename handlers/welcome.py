"""Somebody opened the conversation: say who we are, once, with fixed words."""

from dataclasses import replace
from datetime import timedelta

from handlers import texts
from handlers.turn import Kind, Office, Outcome, Reply, Role, Turn

# A kf welcome code is good for 20 s from when WeCom made the event, not from when we read it (95122).
_CODE_LIVES = timedelta(seconds=20)
_NOT_NOW = ("urgent", "mood")  # somebody in danger or upset reads nothing beside what matters


async def welcome(turn: Turn, office: Office) -> Outcome | None:
    """Greets where WeCom gave a code for it; without one (or while a person serves) entering is answered by silence."""
    item = turn.item
    if item.kind is not Kind.ENTERED:
        return None
    if not item.code or turn.silent:
        return Outcome("welcome")
    greeting = Reply(
        texts.WELCOME.format(days=office.records.retention_days), code=item.code, expires_at=item.sent_at + _CODE_LIVES
    )
    return Outcome("welcome", replies=(greeting,))


async def introduced(turn: Turn, office: Office, outcome: Outcome) -> Outcome:
    """The outcome with a short notice below its last reply, where we have never said a word to this person before."""
    first = not turn.history and turn.roles == {Role.MEMBER} and turn.item.kind in (Kind.TEXT, Kind.MEDIA)
    if not first or turn.silent or not outcome.replies or outcome.handler in _NOT_NOW:
        return outcome
    if await office.records.spoken_to(turn.conversation.person):
        return outcome
    *before, last = outcome.replies
    notice = texts.FIRST_CONTACT.format(days=office.records.retention_days)
    return replace(outcome, replies=(*before, replace(last, text=f"{last.text}\n\n{notice}")))
