"""A question for the guides."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers import texts
from handlers.calling import call
from handlers.effect_types import NoteGap
from handlers.gap_worthy import gap_worthy, wants_an_answer
from handlers.handoff import Event, Move, State
from handlers.learning import learned
from handlers.plain import LONGEST_QUESTION, has_words
from handlers.preferences import Purpose
from handlers.small_talk import small_talk
from handlers.turn import Kind, Office, Outcome, Reply, Turn
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
    off = (await office.records.preferences(turn.conversation.person)).off
    history = () if Purpose.ANSWERS in off else turn.history
    answer = await office.answer(asked, history, today, turn.so_far)
    waited = turn.now - turn.item.received_at > _LONG_WAIT
    said = f"{texts.WAITED}\n\n{answer.text}" if waited else answer.text
    if turn.reading is not None and turn.reading.doubtful and not answer.refused:
        said = f"{said}\n\n{texts.IF_UPSET}"
    reply = Reply(said, about=() if answer.refused or answer.urgent else answer.citations)
    # A paste that is no question offers nobody and counts for nothing; in danger nobody is a gap in a library.
    offered = answer.refused and not answer.urgent and worth_noting(text) and wants_an_answer(text)
    noted = _gap(text, answer) if offered else ()
    second = offered and turn.conversation.state is State.OFFERED and not await _called_off(turn, office)
    if answer.handoff or second:
        called = call(turn, office, texts.URGENT if answer.urgent else texts.BEYOND_GUIDES)
        # The second refusal in a row offers nobody any more: somebody comes.
        replies = called.replies if second else (reply, *called.replies)
        return Outcome("question", replies, (*noted, *called.effects), called.move)
    told = () if Purpose.PERSONALISATION in off else learned(turn, answer, await office.guides())
    return Outcome("question", (reply,), (*noted, *told), Move(Event.OFFER) if offered else None)


async def _called_off(turn: Turn, office: Office) -> bool:
    """Whether the member would rather not wait for who is registered already: then it is theirs to ask again."""
    return any(ticket.conversation == turn.conversation.id for ticket in await office.tickets())


def _gap(text: str, answer: Answer) -> tuple[NoteGap, ...]:
    """What the guides lack is noted, unless no guide could ever say it."""
    return (NoteGap(text, answer.nearest[0] if answer.nearest else ""),) if gap_worthy(text) else ()
