"""How the writer of a message feels about us, and whether a person must take over."""

from collections.abc import Sequence

from handlers.mood_rules import Finding, calm_question, findings
from handlers.mood_trend import bears, grieved_before
from handlers.mood_types import Mood, Reading
from handlers.plain import asks_for_more, has_words
from handlers.small_talk import small_talk
from knowledge.classify.linear import Judged, classifier
from knowledge.types import Line

THRESHOLD = 0.4  # chance of displeasure with us from which a person is brought in
NEAR = 0.15  # on either side of the threshold a reading is doubtful


_DISPLEASED = (Mood.DISSATISFIED, Mood.ANGRY, Mood.FURIOUS)
_NOT_ANGRY = (Mood.CALM, Mood.POSITIVE, Mood.ANXIOUS, Mood.DISSATISFIED)
_ALONE = ("faces", "unanswered", "insulted us", "rude to us")  # rules that need nothing beside them
_HELD_DOWN = 20  # characters
_BACKED = 0.2  # the chance that an insult at nobody or a threat needs: "废物利用" and "我要投诉我家猫" are in jest
_RULED = {
    "insult": Mood.FURIOUS,
    "insulted us": Mood.FURIOUS,
    "rude to us": Mood.ANGRY,
    "threat": Mood.ANGRY,
    "faces": Mood.ANGRY,
    "unanswered": Mood.DISSATISFIED,
}
_SAID = {
    Mood.DISSATISFIED: "有一件事没办好，需要人来处理",
    Mood.ANGRY: "对我们生气了",
    Mood.FURIOUS: "对我们非常愤怒",
}


def read(text: str, history: Sequence[Line] = (), threshold: float = THRESHOLD) -> Reading:
    """The mood of `text` after `history` (oldest first). Pure; takes well under 2 ms.

    `threshold` in 0–1: the chance of displeasure with us from which a person is brought in.
    """
    if not text.strip() or asks_for_more(text):
        return Reading(Mood.CALM, escalate=False, reason="")
    judged = _judged(text, history, threshold)
    chance = judged.chances["escalate"]
    found = findings(text, history)
    if found and (found.rule in _ALONE or chance >= _BACKED):
        return _ruled(found, judged)
    if _says_nothing(text, history):
        return Reading(Mood.CALM, escalate=False, reason="")
    if chance >= threshold - NEAR and small_talk(text) and not grieved_before(history):
        return Reading(_calmer(judged), escalate=False, reason="")
    doubtful = abs(chance - threshold) < NEAR
    if chance < threshold or calm_question(text):
        return Reading(_calmer(judged), escalate=False, reason="", doubtful=doubtful)
    mood = Mood(judged.best(_DISPLEASED))
    quote = judged.quote(text, "escalate")
    return Reading(mood, escalate=True, reason=f"{_SAID[mood]}：“{quote}”", quote=quote, doubtful=doubtful)


def _judged(text: str, history: Sequence[Line], threshold: float) -> Judged:
    """The text after its history, or by itself where that history says nothing about a mood."""
    judged = classifier("mood").judge(text, history)
    if not history or judged.chances["escalate"] < threshold - NEAR:
        return judged
    return judged if bears(text, history) else classifier("mood").judge(text)


def _says_nothing(text: str, history: Sequence[Line]) -> bool:
    """A face or a mark alone, out of nowhere or in an ordinary talk; or one key held down."""
    return (not has_words(text) and not grieved_before(history)) or (len(text) > _HELD_DOWN and len(set(text)) <= 2)


def _ruled(found: Finding, judged: Judged) -> Reading:
    mood = max(_RULED[found.rule], Mood(judged.best(_DISPLEASED)), key=_DISPLEASED.index)
    return Reading(mood, escalate=True, reason=f"{found.reason}：“{found.quote}”", quote=found.quote)


def _calmer(judged: Judged) -> Mood:
    return Mood(judged.best(_NOT_ANGRY))
