"""Whether what was found is evidence for an answer. Some passage always comes back; that alone proves nothing.

The figures of the best passage go into one logistic function, fitted on questions that a library answers and on those
it does not (`python -m bench fit`); `age_gap` and `conflicts` are set by judgement. The word tables have grown since
then. What `veto` names speaks against any passage, however well it fits.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from knowledge.injection import is_order
from knowledge.questions import kinds
from knowledge.questions.asking import GAP, of_illness, of_the_asker, without_asking
from knowledge.questions.question import Question
from knowledge.search.matching import Prepared, coverage, credit, spelt
from knowledge.search.ranking import Ranked

ENOUGH = 0.5  # how sure (0–1) an answer must be; the last table of `python -m bench fit` shows what another would cost
RELATED = 0.3  # share of the question that what names a passage must speak of for its title to be offered
LEAST_WEIGHT = 0.2  # of a question that names a subject at all
CHILD = ("宝宝", "孩子", "婴儿", "幼儿", "儿童", "娃")

NAMED_AT_ALL = 0.5  # credit from which a passage speaks of a word
_NAMES_BRANDS = re.compile("品牌|牌子|型号")

WEIGHTS: Mapping[str, float] = {
    "bias": -8.45,
    "covered": 0.65,
    "named": 0.95,
    "titled": 1.75,
    "spelt": 0.4,
    "no_noun": -0.45,
    "no_figure": -0.4,
    "figure_asked": 0.55,
    "margin": 0.6,
    "worth": 0.9,
    "weight": 1.05,
    "guide_covered": 0.6,
    "guide_spelt": 0.8,
    "age_gap": -1.0,
    "conflicts": -0.5,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """`sure` (0–1) is the probability that the best passage answers; `related` are titles worth offering instead."""

    sure: float
    reason: str
    related: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        return self.sure >= ENOUGH


def judge(
    question: Question, ranked: Sequence[Ranked], own: Sequence[Prepared], rarity: Callable[[str], float]
) -> Evidence:
    """Judge the passages found for a question, best first; `own` are all passages of the best one's guide."""
    if not ranked:
        return Evidence(0.0, "nothing was found")
    related = tuple(dict.fromkeys(one.passage.title for one in ranked[:6] if one.match.named >= RELATED))[:3]
    against = veto(question, ranked[0])
    if question.subject < LEAST_WEIGHT or against:
        return Evidence(0.0, against or "the question names no subject", related)
    sure = probability(features(question, ranked, own, rarity))
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


def _one_sided(question: Question, best: Ranked) -> bool:
    text = f"{best.prepared.head}{GAP}{best.prepared.body}"
    for side in kinds.compared(question.plain):
        named = [credit(one, text) for one in question.wanted if one.text in side and not one.optional]
        if named and max(named) < NAMED_AT_ALL:
            return True
    return False


def features(
    question: Question, ranked: Sequence[Ranked], own: Sequence[Prepared], rarity: Callable[[str], float]
) -> dict[str, float]:
    """The figures that evidence is judged by, each about 0–1, by the names of `WEIGHTS`."""
    best = ranked[0]
    met = best.match
    other = next((one.worth for one in ranked if one.passage.guide != best.passage.guide), 0.0)
    guide = GAP.join(f"{one.head}{GAP}{one.body}" for one in own)
    return {
        "bias": 1.0,
        "covered": met.covered,
        "named": met.named,
        "titled": met.titled,
        "spelt": met.spelt,
        "no_noun": met.no_noun,
        "no_figure": float(not met.figure),
        "figure_asked": float(kinds.measured(question.wants)),
        "margin": best.worth - other,
        "worth": best.worth,
        "weight": min(question.weight, 4.0),
        "guide_covered": coverage(question, guide),
        "guide_spelt": spelt(without_asking(question.plain), guide, rarity),
        "age_gap": min(met.age_gap, 1.0),
        "conflicts": float(met.conflicts),
    }


def probability(found: Mapping[str, float]) -> float:
    """How probable (0–1) it is that a passage with these figures answers."""
    return 1.0 / (1.0 + math.exp(-sum(WEIGHTS[name] * value for name, value in found.items())))


def _of_somebody_else(question: Question, best: Ranked) -> bool:
    """The fever of the one who asks is not in a guide on the fever of children."""
    if not (of_the_asker(question.plain) and of_illness(question.plain)):
        return False
    return any(word in best.prepared.head or best.prepared.body.count(word) > 1 for word in CHILD)
