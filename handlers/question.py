"""A question for the guides."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers import texts
from handlers.plain import LONGEST_QUESTION, has_words
from handlers.small_talk import small_talk
from handlers.turn import Channel, HandOff, Kind, Move, NoteGap, Office, Outcome, Reply, State, Turn
from knowledge.gaps import worth_noting
from knowledge.types import Answer

_LONG_WAIT = timedelta(seconds=20)


async def question(turn: Turn, office: Office) -> Outcome | None:
    """Answers from the guides, and brings a person in where the answer says so."""
    text = turn.item.text.strip()
    if turn.item.kind is not Kind.TEXT or not has_words(text) or small_talk(text):
        return None
    asked = text[:LONGEST_QUESTION]
    today = turn.now.astimezone(ZoneInfo(office.zone)).date()
    answer = await office.answer(asked, turn.history, today, turn.so_far)
    waited = turn.now - turn.item.received_at > _LONG_WAIT
    said = f"{texts.WAITED}\n\n{answer.text}" if waited else answer.text
    reply = Reply(said, about=() if answer.refused or answer.urgent else answer.citations)
    noted = _gap(text, answer)
    if not answer.handoff:
        return Outcome("question", replies=(reply,), effects=noted)
    wanted = HandOff(reason=texts.URGENT if answer.urgent else texts.BEYOND_GUIDES, ask=asked)
    # On kf the platform's session leaves the bot. Elsewhere a colleague writes to the person directly, and the bot
    # goes on answering meanwhile.
    move = Move(State.WAITING) if turn.conversation.channel is Channel.KF else None
    return Outcome("question", replies=(reply,), effects=(*noted, wanted), move=move)


def _gap(text: str, answer: Answer) -> tuple[NoteGap, ...]:
    """What the guides lack is noted, unless it was no question at all. In danger nobody is a gap in a library."""
    if not answer.refused or answer.urgent or not worth_noting(text):
        return ()
    return (NoteGap(text, answer.nearest[0] if answer.nearest else ""),)
