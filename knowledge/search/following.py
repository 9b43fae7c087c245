"""Whether a question goes on about the guide that was just quoted, or has left it for something else.

People write again after an answer: to go on ("那布艺的呢"), about another matter, or only to say thanks. The
weights are in `weights/following.json`, fitted on talks over libraries of several brands (`python -m bench fit`).
"""

from collections.abc import Mapping, Sequence

from knowledge.questions import kinds
from knowledge.questions.follow_up import goes_on
from knowledge.questions.question import Question
from knowledge.search.evidence import MOST_WEIGHT, logistic
from knowledge.search.meaning import of_question
from knowledge.search.ranking import Ranked

ENOUGH = 0.5  # how sure (0–1) it must be; otherwise the question stands by itself
OWN_WEIGHT = 0.3  # of the subject, from which a question has words of its own
LONG = 40  # characters of a long question
MOST_MARGIN = 8.0


def figures(
    question: Question, before: str, own: Sequence[Ranked], found: Sequence[Ranked], sure: float
) -> dict[str, float]:
    """What is decided by, by the names of the weights.

    `own` are the passages of the guide that was quoted, compared with the question as it stands, `found` those of the
    whole library with how `sure` (0–1) the best of them answers; `before` is the canonical question before it.
    """
    guide = own[0].passage.guide
    others = [one for one in found if one.passage.guide != guide]
    first = bool(found) and found[0].passage.guide == guide
    bare = float(question.subject < OWN_WEIGHT)
    return {
        "bias": 1.0,
        "goes_on": float(goes_on(question)),
        "weight": min(question.weight, MOST_WEIGHT),
        "subject": min(question.subject, MOST_WEIGHT),
        "length": min(len(question.plain), LONG) / LONG,
        "asks": float(bool(question.wants)),
        "measured": float(kinds.measured(question.wants)),
        "bare": bare,
        "bare_asks": bare * bool(question.wants),
        "bare_goes_on": bare * goes_on(question),
        **_speaks("own", own),
        **_speaks("other", others),
        "first": float(first),
        "sure_here": sure * first,
        "sure_elsewhere": sure * (not first),
        "margin": _margin(own, others),
        "near_before": float(of_question(question.plain) @ of_question(before)),
    }


def _speaks(name: str, ranked: Sequence[Ranked]) -> dict[str, float]:
    """How much at most passages speak of a question."""
    return {
        f"{name}_covered": max((one.match.covered for one in ranked), default=0.0),
        f"{name}_guide": max((one.around.covered for one in ranked), default=0.0),
        f"{name}_spelt": max((one.around.spelt for one in ranked), default=0.0),
        f"{name}_told": max((one.match.told for one in ranked), default=0.0),
        f"{name}_near_title": max((one.match.near_title for one in ranked), default=0.0),
        f"{name}_near_sentence": max((one.match.near_sentence for one in ranked), default=0.0),
    }


def _margin(own: Sequence[Ranked], others: Sequence[Ranked]) -> float:
    best = max((one.worth for one in others), default=0.0)
    return max(-MOST_MARGIN, min(MOST_MARGIN, max(one.worth for one in own) - best))


def stays(found: Mapping[str, float]) -> bool:
    """Whether a question with these figures goes on in the guide."""
    return logistic("following", found) >= ENOUGH
