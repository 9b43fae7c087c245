"""Whether what was found is evidence for an answer. Some passage always comes back; that alone proves nothing.

The figures of the best passage go into one logistic function, fitted on questions that a library answers and on those
it does not (`python -m bench fit`, weights in `weights/evidence.json`). What `veto` names speaks against any passage,
however well it fits.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from knowledge.injection import is_order
from knowledge.questions import kinds
from knowledge.questions.asking import GAP, Wants, of_illness, of_the_asker
from knowledge.questions.question import Question
from knowledge.search.matching import credit
from knowledge.search.ranking import Ranked, fitted

ENOUGH = 0.5  # how sure (0–1) an answer must be; the last table of `python -m bench fit` shows what another would cost
RELATED = 0.3  # share of the question that what names a passage must speak of for its title to be offered
LEAST_WEIGHT = 0.2  # of a question that names a subject at all …
COVERS = 0.8  # … or of which a passage for just the age that is named must speak of this share
CHILD = ("宝宝", "孩子", "婴儿", "幼儿", "儿童", "娃")

USUAL = 20  # passages that are compared with a question in a library of some size
NEXT_BEST = 8.0  # what the best passage of another guide is worth there, in the middle
MOST_WEIGHT = 4.0  # of a question; more makes nothing surer
_MATCHED = ("covered", "named", "told", "spelt", "run", "hinted", "age_gap", "conflicts", "fits")
NAMED_AT_ALL = 0.5  # credit from which a passage speaks of a word
_NAMES_BRANDS = re.compile("品牌|牌子|型号")


@dataclass(frozen=True, slots=True)
class Evidence:
    """`sure` (0–1) is the probability that the best passage answers; `related` are titles worth offering instead."""

    sure: float
    reason: str
    related: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        return self.sure >= ENOUGH


def judge(question: Question, ranked: Sequence[Ranked]) -> Evidence:
    """Judge the passages found for a question, best first."""
    if not ranked:
        return Evidence(0.0, "nothing was found")
    related = tuple(dict.fromkeys(one.passage.title for one in ranked[:6] if one.match.named >= RELATED))[:3]
    against = veto(question, ranked[0])
    if against or not (question.subject >= LEAST_WEIGHT or _asked_by_age(question, ranked[0])):
        return Evidence(0.0, against or "the question names no subject", related)
    sure = logistic("evidence", features(question, ranked))
    return Evidence(sure, f"{ranked[0].match.covered:.2f} of the question is covered, {sure:.2f} sure", related)


def veto(question: Question, best: Ranked) -> str:
    """What speaks against answering from a passage however well it fits; empty for nothing."""
    if is_order(question.plain):
        return "the text gives orders to the bot"
    if _of_somebody_else(question, best):
        return "the passage is about children, the question about the asker"
    if kinds.asks_for_brand(question.plain) and not _NAMES_BRANDS.search(best.prepared.head):
        return "a make is asked for, and no guide recommends any"
    if kinds.asks_for_price(question.plain) and not any(map(kinds.priced, best.prepared.sentences)):
        return "a price is asked for, and the passage has none"
    if _one_sided(question, best):
        return "two things are compared, and the passage speaks of one"
    return ""


def _asked_by_age(question: Question, best: Ranked) -> bool:
    """Whether an age is the subject: 6 个月能吃什么 has no other. 孩子 6 个月了 names none, and asks nothing."""
    return bool(question.ages) and question.subject > 0 and best.match.age_fits and best.match.covered >= COVERS


def _one_sided(question: Question, best: Ranked) -> bool:
    text = f"{best.prepared.head}{GAP}{best.prepared.body}"
    for side in kinds.compared(question.plain):
        named = [credit(one, text) for one in question.wanted if one.text in side and not one.optional]
        if named and max(named) < NAMED_AT_ALL:
            return True
    return False


def features(question: Question, ranked: Sequence[Ranked]) -> dict[str, float]:
    """The figures that evidence is judged by, most about 0–1, by the names of the weights."""
    best = ranked[0]
    own = [one.match for one in ranked if one.passage.guide == best.passage.guide]
    others = [one for one in ranked if one.passage.guide != best.passage.guide]
    return {
        "bias": 1.0,
        **{name: float(getattr(best.match, name)) for name in _MATCHED},
        "guide_covered": best.around.covered,
        "guide_spelt": best.around.spelt,
        "near_title": max(one.near_title for one in own),
        "near_sentence": max(one.near_sentence for one in own),
        "margin": best.worth - max(NEXT_BEST if len(ranked) < USUAL else 0.0, *(one.worth for one in others), 0.0),
        "share": _share(ranked, best.passage.guide),
        "plain_margin": best.sides.plain - max((one.sides.plain for one in others), default=0.0),
        "weight": min(question.weight, MOST_WEIGHT),
        "subject": min(question.subject, MOST_WEIGHT),
        "measured": float(kinds.measured(question.wants)),
        **{f"wants_{kind}": float(kind in question.wants) for kind in Wants},
    }


def _share(ranked: Sequence[Ranked], guide: str) -> float:
    """How probable (0–1) a guide is among those found, going by what their passages are worth.

    A small library has few that could be better: what it lacks counts as what elsewhere is the next best.
    """
    top = max(one.worth for one in ranked)
    odds = [math.exp(one.worth - top) for one in ranked]
    lacking = max(0, USUAL - len(ranked)) / USUAL * math.exp(NEXT_BEST - top)
    own = sum(odd for odd, one in zip(odds, ranked, strict=True) if one.passage.guide == guide)
    return own / (sum(odds) + lacking)


def logistic(name: str, found: Mapping[str, float]) -> float:
    """How probable (0–1) a thing with these figures is, by the weights of that `name`."""
    weights = fitted(name)
    return 1.0 / (1.0 + math.exp(-sum(weights[figure] * value for figure, value in found.items())))


def _of_somebody_else(question: Question, best: Ranked) -> bool:
    """The fever of the one who asks is not in a guide on the fever of children."""
    if not (of_the_asker(question.plain) and of_illness(question.plain)):
        return False
    return any(word in best.prepared.head or best.prepared.body.count(word) > 1 for word in CHILD)
