"""Free wordings of what `handlers.asked_rights` knows by pattern: what is sure is done, what is likely is asked back.

Nothing big happens on a guess: between the two thresholds the member is told the words that do it.
"""

import re
from datetime import datetime
from functools import lru_cache

from handlers import spans
from handlers.asked_rights import Asked, Right, how_often
from handlers.intent import Intent, intent_of
from handlers.plain import clauses
from handlers.preferences import Purpose
from handlers.rates import too_few
from knowledge.classify.linear import classifier

SURE = 0.85  # from here on it is carried out
LIKELY = 0.78  # from here on it is asked back
_AT_ONCE = 32  # messages being decided on: two handlers ask about each
_LONGEST = 60  # characters; who writes more tells something

_MEANT = {
    Intent.OPT_OUT: Asked(Right.SWITCH, purpose=Purpose.POSTS),
    Intent.RESUME: Asked(Right.SWITCH, purpose=Purpose.POSTS, on=True),
    Intent.LESS_OFTEN: Asked(Right.LESS),
    Intent.MY_DATA: Asked(Right.DATA),
    Intent.DELETE_MY_DATA: Asked(Right.DELETE),
    Intent.WHY_THIS: Asked(Right.WHY),
    Intent.TOPIC_PREFERENCE: Asked(Right.ONLY),
}
_WORDS = {
    Intent.OPT_OUT: "退订",
    Intent.RESUME: "恢复推送",
    Intent.LESS_OFTEN: "少发点",
    Intent.MY_DATA: "我的数据",
    Intent.DELETE_MY_DATA: "删除我的数据",
    Intent.WHY_THIS: "为什么给我发这个",
    Intent.TOPIC_PREFERENCE: "我的设置",
}
_SPAN = re.compile(spans.SPAN)


def meant_in(text: str, now: datetime) -> Asked | None:
    """What the classifier is sure that `text` asks for. `now` is the member's local time. ONLY without topics: which
    ones is not said plainly."""
    intent, chance = _judged(text)
    asked = _MEANT.get(intent) if chance >= SURE else None
    return _with_length(text, now) if asked is not None and asked.right is Right.LESS else asked


def words_for(text: str) -> str:
    """The plain words of what `text` probably asks for; empty where it is a question."""
    intent, chance = _judged(text)
    return _WORDS.get(intent, "") if chance >= LIKELY else ""


@lru_cache(maxsize=_AT_ONCE)
def _judged(text: str) -> tuple[Intent, float]:
    if not 0 < len(text.strip()) <= _LONGEST:
        return Intent.QUESTION, 0.0
    intent = intent_of(text)
    if intent not in _MEANT:
        return intent, 0.0
    return intent, float(classifier("intent").judge(text).chances[intent])


def _with_length(text: str, now: datetime) -> Asked:
    """Fewer, or none for a while, where one is named. Who gets too few sees what is set, and how to change it."""
    plain = "".join(clauses(text))
    if too_few(plain):
        return Asked(Right.SETTINGS)
    if often := how_often(plain):
        return often
    if (span := _SPAN.search(plain)) and (until := spans.until(span[0], now)):
        return Asked(Right.MUTE, until=until)
    return Asked(Right.LESS)
