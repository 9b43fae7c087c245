"""Danger signs: the fixed advice first, before any guide is looked at, and a person is alerted."""

from handlers import texts
from handlers.commands.parse import is_command
from handlers.effect_types import HandOff
from handlers.handoff import Event, Move
from handlers.mood_hold import hold_for
from handlers.plain import LONGEST_QUESTION
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from knowledge.danger import danger_in, help_is_called
from knowledge.danger.advice import HELP_COMES


async def urgent(turn: Turn, _office: Office) -> Outcome | None:
    """Says what to do now. Nothing is put before it, not even that somebody waited: its first words are the help."""
    if turn.item.kind is not Kind.TEXT or is_command(turn):
        return None
    danger = danger_in(turn.item.text, turn.history)
    if danger is None:
        return Outcome("urgent", (Reply(HELP_COMES),)) if help_is_called(turn.item.text) else None
    # On kf the platform's session goes to a colleague; the advice leaves before that, see `bot.desk`.
    return Outcome("urgent", (Reply(danger.advice),), (*hold_for(turn), alert(turn)), Move(Event.CALL))


def alert(turn: Turn) -> HandOff:
    """What brings a person in, whoever serves the conversation."""
    return HandOff(reason=texts.URGENT, ask=turn.item.text.strip()[:LONGEST_QUESTION])
