"""Which passage speaks best of a question: what the indexes found, compared word by word.

The weights were fitted on questions with known answers over two libraries (`python -m bench fit`), then rounded by
hand; those of ages and attributes are set stronger than the fit, which saw few such questions. A change of a figure in
`matching` asks for a new fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.search.matching import Match, Prepared
from knowledge.types import Passage

# What each figure adds to a passage's score. How it was found:
LEXICAL = 1.0
PLAIN = 1.55
VECTOR = 0.1
# How it compares with the question, by the names of `Match`:
WEIGHTS: Mapping[str, float] = {
    "covered": 1.1,
    "named": 0.3,
    "titled": 0.15,
    "told": 0.9,
    "spelt": 0.8,
    "run": -0.3,
    "no_noun": -0.3,
    "age_gap": -1.2,
    "age_fits": 0.45,
    "conflicts": -0.6,
    "fits": 0.3,
}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage, how it was found (`lexical`, `plain`, `vector`: 0–1, 1 the best of that side), what it is worth."""

    number: int
    prepared: Prepared
    match: Match
    lexical: float
    plain: float
    vector: float
    worth: float

    @property
    def passage(self) -> Passage:
        return self.prepared.passage


def worth(match: Match, lexical: float, plain: float, vector: float) -> float:
    """What a passage is worth as an answer; only the order of passages for one question means something."""
    found = LEXICAL * lexical + PLAIN * plain + VECTOR * vector
    return found + sum(weight * float(getattr(match, name)) for name, weight in WEIGHTS.items())
