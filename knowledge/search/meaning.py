"""Texts as vectors that were learnt from our own words: what people say lies near what guides call it.

Learnt by `python -m bench fit` from the tables in `knowledge/language/words/`, the sample guides and the questions in
`bench/labelled/`; nothing else is in it. The vector of a text is the sum of the vectors of its terms.
"""

import io
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from knowledge.language.terms import grams

FILE = "weights/meaning.npz"
_LEAST = 1e-6  # length of a text that has a meaning at all
Rows = NDArray[np.float32]


class Meaning:
    """Vectors of terms. Safe to use from threads."""

    def __init__(self, vocabulary: Sequence[str], rows: Rows) -> None:
        self._at = {term: place for place, term in enumerate(vocabulary)}
        self._rows = rows

    @classmethod
    def load(cls, content: bytes) -> "Meaning":
        """Raises ValueError where `content` is not what `packed` made."""
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            vocabulary = kept["vocabulary"].tobytes().decode().split("\n")
            return cls(vocabulary, kept["steps"].astype(np.float32) * kept["scale"][:, None])

    def sums(self, plain: Sequence[str]) -> Rows:
        """For each canonical text the sum of the vectors of its terms; 0 where none is known."""
        found = np.zeros((len(plain), self._rows.shape[1]), dtype=np.float32)
        for number, text in enumerate(plain):
            known = [place for term in grams(text) if (place := self._at.get(term)) is not None]
            if known:
                found[number] = self._rows[known].sum(axis=0)
        return found

    def question(self, plain: str) -> Rows:
        """The direction of a canonical question."""
        return np.asarray(directions(self.sums([plain]))[0])


def directions(sums: Rows) -> Rows:
    """Rows of length 1; rows of nothing stay 0."""
    found: Rows = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), _LEAST)
    return found


def packed(vocabulary: Sequence[str], rows: Rows) -> bytes:
    """The file that `Meaning.load` reads: a row is whole numbers from -127 to 127, times a scale of its own."""
    scale = np.maximum(np.abs(rows).max(axis=1), _LEAST) / 127
    steps = np.round(rows / scale[:, None]).astype(np.int8)
    kept = io.BytesIO()
    words = np.frombuffer("\n".join(vocabulary).encode(), dtype=np.uint8)
    np.savez_compressed(kept, vocabulary=words, steps=steps, scale=scale.astype(np.float32))
    return kept.getvalue()


@cache
def meaning() -> Meaning:
    """What comes with the program."""
    return Meaning.load(files("knowledge.search").joinpath(FILE).read_bytes())


@lru_cache(maxsize=256)
def of_question(plain: str) -> Rows:
    """The direction of a canonical question: it is compared with many passages."""
    return meaning().question(plain)
