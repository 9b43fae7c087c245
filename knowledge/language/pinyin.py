"""How Chinese is said: pinyin without tones, from a table that was made of pypinyin's (`bench/train/pinyin.py`).

That library holds what it knows as tones, phrase by phrase, in 56 MB; without tones most phrases say what their
characters say by themselves, and a tenth is left.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Table:
    """`readings` of a character, the usual one first; `phrases` that are read otherwise than by each character's
    usual reading, with those that keep such a phrase from being seen where it is not meant: 人行道 is no 行道."""

    readings: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[str, ...]]
    longest: int  # characters of a phrase

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Table":
        """Lines as `stored` writes them: "1 chang 长常…" for the first reading, "2 zhang 长…" for the second; and
        "长大 zhang da"."""
        readings: dict[str, tuple[str, ...]] = {}
        phrases: dict[str, tuple[str, ...]] = {}
        for line in lines:
            first, *rest = line.split()
            if first.isdigit():
                reading, characters = (rest[0],), rest[1]
                for char in characters:
                    readings[char] = readings.get(char, ()) + reading
            else:
                phrases[first] = tuple(rest)
        return cls(readings, phrases, max(map(len, phrases), default=0))

    def read(self, text: str) -> list[str]:
        """One syllable per character; what is no Chinese character stays as it is."""
        found: list[str] = []
        at = 0
        while at < len(text):
            phrase = self._phrase(text, at)
            found += self.phrases[phrase] if phrase else self.readings.get(text[at], (text[at],))[:1]
            at += len(phrase) or 1
        return found

    def _phrase(self, text: str, at: int) -> str:
        """The longest phrase that begins at `at`; empty for none."""
        longest = min(self.longest, len(text) - at)
        candidates = (text[at : at + size] for size in range(longest, 1, -1))
        return next((one for one in candidates if one in self.phrases), "")


def syllables(text: str) -> list[str]:
    """The pinyin of a text, one syllable per Chinese character: 长大 → zhang, da; anything else stays as it is."""
    return _table().read(text)


def readings(char: str) -> tuple[str, ...]:
    """All ways to read one character, the usual one first; the character itself where it is not Chinese."""
    return _table().readings.get(char, (char,))


@cache
def _table() -> Table:
    text = files("knowledge.language").joinpath("words", "pinyin.txt").read_text(encoding="utf-8")
    return Table.of(line for line in text.splitlines() if not line.startswith("#"))
