"""What may turn a message that is calm by itself into displeasure: what went before, where that was no ordinary talk.

To have talked with us, to have asked, even to have been refused says nothing about a mood. So a calm message is read
together with its history only where a colleague would see the displeasure too: in a word of the message itself, in what
the writer said before, or in a colleague who put them off.
"""

import re
from collections.abc import Sequence

from handlers.mood_rules import findings
from handlers.plain import has_words
from knowledge.classify.concepts import concepts_in
from knowledge.classify.hints import hints_in
from knowledge.classify.linear import classifier
from knowledge.language.terms import canonical
from knowledge.types import Line

_DISPLEASED_WORDS = frozenset({"abuse", "anger", "letdown", "ignored", "threat"})
_DISPLEASED_TURNS = frozenset(
    {
        "promise_broken",
        "waited",
        "still_not",
        "us_blamed",
        "praise_turned",
        "mocking",
        "came_wrong",
        "broke_soon",
        "rhetorical",
        "told_off",
        "will_tell",
        "enough",
    }
)
_PUT_OFF = re.compile("抱歉|不好意思|对不起|稍等|马上|明天|后天|尽快|再等|反馈|登记|没有?|不|未|无法")
_GRIEVED = 0.2  # chance of displeasure from which an earlier line of the writer counts


def bears(text: str, history: Sequence[Line]) -> bool:
    """Whether `history` (oldest first) may count in the reading of `text`."""
    return _shows(text) or grieved_before(history)


def grieved_before(history: Sequence[Line]) -> bool:
    """Whether the writer was displeased in an earlier line, or a colleague put them off."""
    return any(map(_weighs, history))


def _shows(text: str) -> bool:
    plain = canonical(text)
    return not _DISPLEASED_WORDS.isdisjoint(concept for concept, _ in concepts_in(plain)) or (
        not _DISPLEASED_TURNS.isdisjoint(turn for turn, _ in hints_in(plain))
    )


def _weighs(line: Line) -> bool:
    match line.sender:
        case "staff":
            return bool(_PUT_OFF.search(line.text))
        case "customer":
            return bool(findings(line.text, ())) or (has_words(line.text) and _chance(line.text) >= _GRIEVED)
        case _:
            return False


def _chance(text: str) -> float:
    return classifier("mood").judge(text).chances["escalate"]
