"""Which passage speaks best of a question: what the indexes found, compared word by word and in meaning.

The weights are in `weights/ranking.json`, fitted on questions with known answers (`python -m bench fit`). A change of a
figure in `matching` asks for a new fit.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from knowledge.search.matching import Match, Prepared
from knowledge.types import Passage

# How a passage compares with a question, by the names of `Match`.
MATCHED = (
    *("covered", "named", "told", "hinted", "spelt", "run", "age_gap", "age_fits", "conflicts", "fits", "no_figure"),
    *("near_title", "near_head", "near_body", "near_sentence"),
)


@dataclass(frozen=True, slots=True)
class Sides:
    """How a passage was found: `lexical`, `plain`, `vector` are shares (0–1) of the best score of that side.

    `guide` is the share of all lexical scores that passages of its guide have.
    """

    lexical: float = 0.0
    plain: float = 0.0
    vector: float = 0.0
    guide: float = 0.0


@dataclass(frozen=True, slots=True)
class Around:
    """How much of a question the whole guide speaks of, in words and in spelling (0–1)."""

    covered: float
    spelt: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage, how it was found, how it and its guide compare with the question, and what it is worth."""

    number: int
    prepared: Prepared
    match: Match
    sides: Sides
    around: Around
    worth: float

    @classmethod
    def of(cls, number: int, prepared: Prepared, match: Match, sides: Sides, around: Around) -> "Ranked":
        return cls(number, prepared, match, sides, around, worth(figures(match, sides, around)))

    @property
    def passage(self) -> Passage:
        return self.prepared.passage


def figures(match: Match, sides: Sides, around: Around) -> dict[str, float]:
    """What a passage's order is decided by."""
    return {
        "lexical": sides.lexical,
        "plain": sides.plain,
        "guide": sides.guide,
        "guide_covered": around.covered,
        "guide_spelt": around.spelt,
        **{name: float(getattr(match, name)) for name in MATCHED},
    }


def worth(found: Mapping[str, float]) -> float:
    """What a passage is worth as an answer; only the order of passages for one question means something."""
    weights = fitted("ranking")
    return sum(weights[name] * value for name, value in found.items())


@cache
def fitted(name: str) -> Mapping[str, float]:
    """The weights of a decision, by the names of its figures."""
    found: dict[str, float] = json.loads(files("knowledge.search").joinpath(f"weights/{name}.json").read_bytes())
    return found
