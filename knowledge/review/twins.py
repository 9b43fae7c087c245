"""Guides that say nearly the same: two versions of one guide, of which one is forgotten at the next change."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.review import subjects
from knowledge.review.overlap import Grams, grams, sample, sharing
from knowledge.types import Guide

SAME = 0.8  # share of the shorter guide's 5-grams that stand in the longer one
NEARLY_ALL = 0.95  # likewise, when the titles name different ages, materials, rooms …: such guides are alike by nature
_SIZE = 5
_SHORTEST = 40  # 5-grams; shorter texts agree by chance
_ONE_IN = 4
_COMMON = 16
_CANDIDATE = 0.4  # share of the sampled grams from which two guides are compared in full


@dataclass(frozen=True, slots=True)
class Twins:
    """Two guide names, and the share (0–1) of the shorter text that stands in the other."""

    left: str
    right: str
    share: float


def twins(guides: Sequence[Guide]) -> tuple[Twins, ...]:
    """The pairs, most alike first. Of many guides with the very same text each is paired with the first."""
    alike: defaultdict[str, list[int]] = defaultdict(list)
    for place, guide in enumerate(guides):
        alike[re.sub(r"[\W_]+", "", guide.body.lower())].append(place)
    texts = [(text, places) for text, places in alike.items() if len(text) >= _SHORTEST]
    found = [(places[0], other, 1.0) for _, places in texts for other in places[1:]]
    whole = [grams(text, _SIZE) for text, _ in texts]
    for one, other in _candidates(whole):
        share = _share(whole[one], whole[other])
        left, right = texts[one][1][0], texts[other][1][0]
        if share >= (SAME if subjects.compatible(guides[left].title, guides[right].title) else NEARLY_ALL):
            found.append((left, right, share))
    ordered = sorted(found, key=lambda one: (-one[2], guides[one[0]].name, guides[one[1]].name))
    return tuple(Twins(guides[left].name, guides[right].name, share) for left, right, share in ordered)


def _candidates(whole: list[Grams]) -> list[tuple[int, int]]:
    sampled = [sample(one, _ONE_IN) for one in whole]
    return [
        (one, other)
        for one, other, shared in sharing(sampled, _COMMON)
        if shared >= _CANDIDATE * min(len(sampled[one]), len(sampled[other]))
    ]


def _share(one: Grams, other: Grams) -> float:
    shortest = min(len(one), len(other))
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / shortest if shortest >= _SHORTEST else 0.0
