"""A post in one spelling, with the way back: every character of it knows where it stood in the original.

Width, traditional characters, capitals and invisible characters are evened out one character at a time; blanks and
symbols inside words are dropped (最 佳, 保-证); known disguises get their usual spelling (蕞 → 最, 钅昔 → 错).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from knowledge.language.terms import canonical

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
# What people put between the characters of a word to hide it; never what ends a clause, a line or a table's cell.
_SPLITTER = r"[ \t\u00a0\u3000*_\-·•.~^'`\"+=#/\\＿ˉ¯–—﹒∙⋅丨]"
_SPLIT = re.compile(f"(?<=[{_HAN}])(?!——){_SPLITTER}{{1,3}}(?=[{_HAN}])")  # —— is a dash between clauses
# 护♡脊♡矫♡正: one mark after every character
_EVERY = re.compile(f"(?:[{_HAN}][^\\w\\s,。!?;:、%()“”|]){{2,}}[{_HAN}]")
_MARK = re.compile(f"[^{_HAN}]")
_BLANK = re.compile(f"(?<=[{_HAN}])[ \t]+(?=[0-9a-z])|(?<=[0-9a-z%])[ \t]+(?=[{_HAN}])|(?<=[0-9])[ \t]+(?=%)")
_KEPT = {"…": "…", "\u20e3": ""}  # three dots are no stop; the box around an emoji digit is nothing

Respelling = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


@dataclass(frozen=True, slots=True)
class Spelt:
    """`text` in one spelling; its character `i` stands for `original[starts[i]:ends[i]]`."""

    original: str
    text: str
    starts: list[int]
    ends: list[int]

    def quote(self, start: int, end: int) -> str:
        """The original words of `text[start:end]`."""
        return self.original[self.starts[start] : self.ends[end - 1]].strip()


def spelt(original: str, disguises: Respelling | None = None) -> Spelt:
    """`original` in one spelling, with `disguises` (a pattern and what a match of it stands for) undone."""
    pieces = [_plain(char) for char in original]
    text = "".join(pieces)
    starts = [at for at, piece in enumerate(pieces) for _ in piece]
    plain = Spelt(original, text, starts, [at + 1 for at in starts])
    plain = _replaced(plain, _SPLIT, lambda _: "")
    plain = _replaced(plain, _EVERY, lambda found: _MARK.sub("", found.group()))
    plain = _replaced(plain, _BLANK, lambda _: "")
    return _replaced(plain, *disguises) if disguises else plain


@lru_cache(maxsize=65_536)
def _plain(char: str) -> str:
    if "\u00c0" <= char <= "\u024f":  # pinyin with tones
        char = "".join(part for part in unicodedata.normalize("NFD", char) if not unicodedata.combining(part))
    return "" if char == "\r" else _KEPT.get(char, canonical(char))


def _replaced(plain: Spelt, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]) -> Spelt:
    if pattern.search(plain.text) is None:
        return plain
    parts: list[tuple[str, list[int], list[int]]] = list(_parts(plain, pattern, by))
    return Spelt(
        plain.original,
        "".join(text for text, _, _ in parts),
        [at for _, starts, _ in parts for at in starts],
        [at for _, _, ends in parts for at in ends],
    )


def _parts(
    plain: Spelt, pattern: re.Pattern[str], by: Callable[[re.Match[str]], str]
) -> Iterator[tuple[str, list[int], list[int]]]:
    done = 0
    for found in pattern.finditer(plain.text):
        at, end = found.span()
        yield plain.text[done:at], plain.starts[done:at], plain.ends[done:at]
        if new := by(found):
            yield new, [plain.starts[at]] * len(new), [plain.ends[end - 1]] * len(new)
        done = end
    yield plain.text[done:], plain.starts[done:], plain.ends[done:]
