"""Searching one open index: lexical and vector sides together, every passage found compared with the question."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import islice

import numpy as np

from knowledge.indexing.stored import Passages
from knowledge.language.terms import bigrams, grams, runs
from knowledge.language.wordings import Wordings
from knowledge.questions.asking import GAP, without_asking
from knowledge.questions.question import Question
from knowledge.search.lexical import WHOLE, Lexical
from knowledge.search.matching import Prepared, coverage, match, spelt
from knowledge.search.meaning import Rows, of_question
from knowledge.search.ranking import Around, Ranked, Sides
from knowledge.types import Passage

DEPTH = 32  # passages taken from either side
COMPARED = 20  # passages of all sides that are compared with the question word by word
MEANT = 8  # passages besides that are compared because they are near in meaning
MOST_MEANT = 5000  # passages of a library that is searched by meaning: it takes 0.2 ms for each when it is opened
LEXICAL, PLAIN, VECTOR = 1.0, 1.55, 0.1  # what the sides count in choosing these
AROUND = 30  # passages of a guide that are looked at for what it speaks of
FAVOUR = 0.5  # what a passage of the guide just quoted has in advance
MOST_TERMS = 60  # of one search
AT_ONCE = 8  # searches by vector: they take turns, but a model behind an endpoint may be waited for by several
# Share of the passages from which a single character found in so many is left out: it tells little and costs most.
OFTEN = 0.2  # beside other wordings, weighted
EVERYWHERE = 0.5  # of the question as it was typed
Rarity = Callable[[str], float]
Shares = Mapping[int, float]
Nearest = Callable[[str, int], Sequence[tuple[int, float]]]  # text, limit → (number, similarity)


class Finder:
    """Finds and orders passages. `hidden` names guides that must not be found. Safe to use from threads."""

    def __init__(self, passages: Passages, lexical: Lexical, nearest: Nearest, wordings: Wordings) -> None:
        self._passages = passages
        self._lexical = lexical
        self._nearest = nearest
        self._beside = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="nearest")
        # No method of this object: it would hold itself, and an exchanged library stay until a collection finds it.
        self.prepared: Callable[[int], Prepared] = lru_cache(maxsize=5000)(partial(_prepared, passages, wordings))
        self.rarity: Rarity = lru_cache(maxsize=50_000)(lexical.rarity)
        searched = [number for place in passages.places.values() for number in place]
        self._numbers = searched if len(searched) <= MOST_MEANT else []
        self._meanings = self._beside.submit(_meanings, self.prepared, self._numbers).result

    def find(
        self, question: Question, hidden: Collection[str], spare: int, favoured: Collection[str] = ()
    ) -> list[Ranked]:
        """The passages that speak of `question`, best first; `spare` is how many passages hidden guides have.

        `favoured` are titles that an answer just given came from.
        """
        nearest = self._asking(question.plain, DEPTH + spare)
        wanted, typed = weighted(question, self.rarity), as_typed(question, self.rarity)
        lexical = self._shares(self._lexical.search(wanted, DEPTH + spare), hidden)
        plain = self._shares(self._lexical.search(typed, DEPTH + spare, WHOLE), hidden)
        if not lexical and not plain:  # no term in common: what is near by vector is near by chance
            return []
        near = self._shares(nearest(), hidden)
        sides = (lexical, plain, near)
        likely = sorted({*lexical, *plain, *near}, key=lambda number: (-found_by(number, *sides), number))
        likely = [*dict.fromkeys([*likely[:COMPARED], *self._meant(question, hidden)])]
        ranked = self._compared(question, {number: self._sides(number, *sides) for number in likely})
        return sorted(ranked, key=lambda one: (-one.worth - FAVOUR * (one.passage.title in favoured), one.number))

    def _meant(self, question: Question, hidden: Collection[str]) -> list[int]:
        """The passages that are nearest in meaning, by heading and text together."""
        if not self._numbers:
            return []
        near = self._meanings() @ of_question(question.plain)
        best = (self._numbers[at] for at in np.argsort(-near, kind="stable"))
        return list(islice((number for number in best if self._passages[number].guide not in hidden), MEANT))

    def among(self, question: Question, numbers: Iterable[int]) -> list[Ranked]:
        """These passages, compared with the question; best first."""
        ranked = self._compared(question, dict.fromkeys(numbers, Sides()))
        return sorted(ranked, key=lambda one: (-one.worth, one.number))

    def _compared(self, question: Question, found: Mapping[int, Sides]) -> list[Ranked]:
        guides: dict[str, Around] = {}
        ranked = []
        for number, sides in found.items():
            prepared = self.prepared(number)
            guide = prepared.passage.guide
            if guide not in guides:
                guides[guide] = self._around(question, guide)
            ranked.append(Ranked.of(number, prepared, match(question, prepared, self.rarity), sides, guides[guide]))
        return ranked

    def _around(self, question: Question, guide: str) -> Around:
        text = GAP.join(self.prepared(number).whole for number in self._passages.places[guide][:AROUND])
        return Around(coverage(question, text), spelt(without_asking(question.plain), text, self.rarity))

    def _sides(self, number: int, lexical: Shares, plain: Shares, near: Shares) -> Sides:
        guide = self._passages[number].guide
        own = sum(lexical.get(one, 0.0) for one in self._passages.places[guide])
        share = own / sum(lexical.values()) if lexical else 0.0
        return Sides(lexical.get(number, 0.0), plain.get(number, 0.0), near.get(number, 0.0), share)

    def _shares(self, found: Sequence[tuple[int, float]], hidden: Collection[str]) -> dict[int, float]:
        """Scores as shares of the best one, so that two sides can be added up."""
        valid = [one for one in found if one[1] > 0 and not (hidden and self._passages[one[0]].guide in hidden)]
        top = max((score for _, score in valid), default=1.0)
        return {number: score / top for number, score in valid[:DEPTH]}

    def close(self) -> None:
        """Ask for nothing near any more; what is being asked is finished."""
        self._beside.shutdown(wait=False)

    def _asking(self, text: str, limit: int) -> Callable[[], Sequence[tuple[int, float]]]:
        """Ask for what is near in a thread, as Chroma leaves this one free to search; what is returned waits for it."""
        try:
            return self._beside.submit(self._nearest, text, min(limit, len(self._passages))).result
        except RuntimeError:  # closed meanwhile
            return list


def _prepared(passages: Sequence[Passage], wordings: Wordings, number: int) -> Prepared:
    return Prepared(passages[number], wordings)


def _meanings(prepared: Callable[[int], Prepared], numbers: Sequence[int]) -> Rows:
    """For each passage what its heading and its text mean."""
    return np.array([prepared(number).meanings[1:3].sum(axis=0) for number in numbers])


def found_by(number: int, lexical: dict[int, float], plain: dict[int, float], near: dict[int, float]) -> float:
    """How well the indexes alone think of a passage."""
    share = LEXICAL * lexical.get(number, 0.0) + PLAIN * plain.get(number, 0.0)
    return share + VECTOR * near.get(number, 0.0)


def as_typed(question: Question, rarity: Rarity) -> dict[str, float]:
    """The terms of the question as it was typed, all alike."""
    return _telling(dict.fromkeys(list(grams(question.plain))[:MOST_TERMS], 1.0), rarity, EVERYWHERE)


def weighted(question: Question, rarity: Rarity) -> dict[str, float]:
    """The terms to search for with their weights: the question's own characters and pairs, and other wordings."""
    found: dict[str, float] = {}

    def add(term: str, weight: float) -> None:
        found[term] = max(weight, found.get(term, 0.0))

    for run in runs(without_asking(question.plain).replace(GAP, " ")):
        for at, unit in enumerate(run):
            add(unit, 0.5 if unit.isascii() else 0.1)
            if at + 1 < len(run):
                add(unit + run[at + 1], 0.3)
    for one in question.wanted:
        for form, credit in one.forms:
            share = one.weight * credit * (1.0 if form == one.text else 0.6)
            for term in bigrams(form) if len(form) > 1 and not form.isascii() else [form]:
                add(term, share)
    return dict(sorted(_telling(found, rarity, OFTEN).items(), key=lambda term: -term[1])[:MOST_TERMS])


def _telling(found: dict[str, float], rarity: Rarity, share: float) -> dict[str, float]:
    """The terms without the single characters that more than `share` of the passages have, if others are left."""
    least = -math.log(share)
    kept = {term: weight for term, weight in found.items() if len(term) > 1 or rarity(term) >= least}
    return kept if len(kept) > 1 else found
