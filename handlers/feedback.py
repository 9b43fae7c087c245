"""What a member thinks of an answer: a tap on 有用 or 没用, a thumb under an AI bot's bubble, or the word itself."""

from handlers import texts
from handlers.effect_types import Rate
from handlers.feedback_marks import read_mark
from handlers.feedback_words import says_bad, says_good, says_not_that
from handlers.turn import Channel, Kind, Office, Outcome, Reply, Turn
from knowledge.danger import danger_in


async def feedback(turn: Turn, office: Office) -> Outcome | None:
    """Takes down a rating. It is no question, so nothing is searched; a colleague who serves is not talked over."""
    if turn.item.kind is Kind.RATED:
        rate = read_mark(turn.item.ref)
        return Outcome("feedback", _said(turn, rate), (rate,)) if rate else Outcome("feedback")
    good = _word(turn)
    if good is None or not (answer := await office.last_answer(turn)):
        return None
    rate = Rate(answer, good)
    return Outcome("feedback", _said(turn, rate), (rate,))


def _word(turn: Turn) -> bool | None:
    if turn.item.kind is not Kind.TEXT:
        return None
    text = turn.item.text
    if says_bad(text) or (says_not_that(text) and not _apologised(turn)):
        return None if danger_in(text, turn.history) else False  # advice goes before any apology
    return True if says_good(text) else None


def _apologised(turn: Turn) -> bool:
    """Whether our last word was the apology already: nobody wants to read it twice."""
    return bool(turn.history) and turn.history[-1].text.startswith(texts.USELESS)


def _said(turn: Turn, rate: Rate) -> tuple[Reply, ...]:
    """A word back where the person wrote one. The event of an AI bot's thumb takes no answer (doc 101027)."""
    event = turn.item.kind is Kind.RATED and turn.conversation.channel is not Channel.KF
    if event or rate.good is None or turn.silent:
        return ()
    return (Reply(texts.USEFUL if rate.good else texts.USELESS),)
