"""Weights of a small linear classifier as the review asks them: a score, and what each feature pulled."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge.classify.linear import Weights

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judge:
    """One classifier; holds nothing that changes."""

    weights: Weights
    places: Mapping[str, int]

    @classmethod
    def of(cls, weights: Weights) -> "Judge":
        return cls(weights, {feature: place for place, feature in enumerate(weights.vocabulary)})

    def chance(self, found: Collection[str]) -> float:
        """The probability of its one label for a post with these features."""
        return float(1 / (1 + np.exp(-self.scores(found)[0])))

    def scores(self, found: Collection[str], least: float = 1.0) -> Floats:
        """How much the features speak for each label; at 0 it is even. A post counts as no shorter than `least`."""
        return np.asarray(self.pull(found) / max(self.length(found), least) + self.weights.bias, np.float32)

    def pull(self, found: Collection[str]) -> Floats:
        """What these features alone pull for each label, before the length of the whole evens it out."""
        places = self._places(found)
        sizes = self.weights.rarity[places].astype(np.float32)
        return np.asarray(sizes @ self.weights.steps[places].astype(np.float32) * self.weights.scale, np.float32)

    def length(self, found: Collection[str]) -> float:
        """How much was seen."""
        sizes = self.weights.rarity[self._places(found)].astype(np.float32)
        return float(np.sqrt(sizes @ sizes))

    def _places(self, found: Collection[str]) -> NDArray[np.intp]:
        return np.array(sorted(place for one in found if (place := self.places.get(one)) is not None), np.intp)
