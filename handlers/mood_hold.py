"""Anger at us: a person at once, and nothing unasked to that member until a colleague has resolved it."""

from handlers import texts
from handlers.asked_rights import only_asks
from handlers.calling import call
from handlers.commands.parse import is_command
from handlers.effect_types import Effect, HoldUnasked, OptOut
from handlers.handoff import State
from handlers.mood_types import Mood
from handlers.plain import has_words
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from handlers.wishes import Wish, accepts, only_a_wish, wish_in

COMPLAINT = "complaint"  # no anger in the words, and still something that a person has to put right


async def mood_hold(turn: Turn, office: Office) -> Outcome | None:
    """Hands an upset member to a person. A wish to be left alone in the same message is carried out beside it."""
    if turn.item.kind is not Kind.TEXT or is_command(turn) or not (held := hold_for(turn)):
        return None
    called = call(turn, office, texts.UPSET)
    if wish_in(turn.item.text) is not Wish.STOP:
        return Outcome("mood", called.replies, (*held, *called.effects), called.move)
    replies = (Reply(texts.OPTED_OUT), *called.replies)
    return Outcome("mood", replies, (*held, OptOut(), *called.effects), called.move)


def hold_for(turn: Turn) -> tuple[Effect, ...]:
    """The hold that the mood of a text asks for, if any. Who only uses a right, or takes an offer, is not upset."""
    reading, text = turn.reading, turn.item.text
    if reading is None or not reading.escalate or (has_words(text) and _only_uses_a_right(turn)):
        return ()
    if turn.conversation.state is State.OFFERED and accepts(text):
        return ()
    upset = reading.mood in (Mood.ANGRY, Mood.FURIOUS)
    return (HoldUnasked(str(reading.mood) if upset else COMPLAINT, reading.quote),)


def _only_uses_a_right(turn: Turn) -> bool:
    return only_a_wish(turn.item.text) or only_asks(turn.item.text, turn.now)
