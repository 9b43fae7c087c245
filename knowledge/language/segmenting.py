"""Text → words, with what kind of word each is, and how much a word tells in general Chinese."""

import gzip
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import distribution
from typing import Any

import msgpack
import rjieba

RAREST = 2.8  # Zipf value of a word that is in no list; the list we use goes down to about 3
# How much a word tells by its kind (the first letter of its tag): nouns most, words of speech least.
_KINDS = {"n": 1.0, "j": 1.0, "v": 0.75, "a": 0.7, "z": 0.7, "i": 0.6, "l": 0.7, "b": 0.8, "s": 0.6, "g": 0.8, "x": 1.0}
_OTHER_KIND = 0.2
_ADDED = 10_000  # frequency of an added word: before most other ways to cut it


@dataclass(frozen=True, slots=True)
class Word:
    """A word at its place in a text; `kind` in 0–1 tells how much words of its kind tell."""

    text: str
    start: int
    kind: float

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Segmenter:
    """Cuts canonical text into words. Safe to use from threads."""

    def __init__(self, added: Iterable[str] = ()) -> None:
        # Latin words are never cut, unless one that was added stands inside them.
        self._jieba = _jieba(frozenset(word for word in added if len(word) > 1 and not word.isascii()))

    def words(self, plain: str) -> list[Word]:
        """The words of a canonical text with their places; spaces and marks are words too."""
        found: list[Word] = []
        at = 0
        for text, tag in self._jieba.tag(plain, False):
            found.append(Word(text, at, _KINDS.get(str(tag)[:1], _OTHER_KIND)))
            at += len(text)
        return found

    def cut(self, plain: str) -> list[str]:
        """The words alone."""
        return list(self._jieba.cut(plain, False))


@lru_cache(maxsize=1)
def _jieba(added: frozenset[str]) -> Any:
    """The dictionary with these words; it takes a while and 30 MB, and two libraries mostly add the same words."""
    # The package makes one at its import, which nobody uses: ours takes its place in memory. (Its stub is not typed.)
    rjieba.clear()  # type: ignore[no-untyped-call]
    made = rjieba.Jieba()
    for word in sorted(added):
        if not made.has_word(word):
            made.add_word(word, _ADDED, "l")
    return made


def telling(word: str) -> float:
    """How much a word tells wherever it stands (0.1–1.2): 0.1 for 好, 0.7 for 沙发, more for 甲醛."""
    return max(0.1, min(1.2, (6.3 - zipf(word)) / 3))


def zipf(word: str) -> float:
    """How frequent a word is in general: 7 for 的, 4.2 for 沙发, `RAREST` for words in no list."""
    return _frequencies().get(word, RAREST)


@cache
def _frequencies() -> dict[str, float]:
    """The list of wordfreq, read without its program, which brings 0.3 s of tables that tell languages apart.

    The first value is a header, the one after it at place n lists the words of which 10 ** (n / -100) of all words are
    (`wordfreq.read_cBpack`).
    """
    path = str(distribution("wordfreq").locate_file("wordfreq/data/small_zh.msgpack.gz"))
    with gzip.open(path) as file:
        _, *words = msgpack.load(file)
    rounded = [max(RAREST, math.log10(10 ** (place / -100) * 1e9)) for place in range(len(words))]
    return {word: zipf for zipf, same in zip(rounded, words, strict=True) for word in same}
