"""Text → terms. A term is a character, two neighbouring characters, a Latin word or a number.

Characters with their bigrams need no dictionary and beat word segmentation on Chinese retrieval; `\\w+` would make a
whole clause one term.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

_UNIT = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fa1f]")
_RUN = re.compile(f"(?:{_UNIT.pattern})+")
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_NUMERAL = "[零〇一二两俩三四五六七八九十]"
# Numerals are written as digits where they measure something: ages, temperatures, times. 一起, 三天两头 stay words.
_MEASURED = re.compile(
    f"(?<![第星期])({_NUMERAL}{{1,3}})(?=(?:个半?|个多)?(?:月|岁|周岁|周大|周龄|度|厘米|公分|米|毫升|小时|分钟|天|平米|平方|平|寸|升))"
)
# Joiners, marks of direction and halves of a broken emoji: they stand inside words, and no word is spelt with them.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff\ud800-\udfff]")
_NUMERALS = re.compile("[零〇一二两俩三四五六七八九十]")
_DIGIT = re.compile(r"\d")
_SEVERAL = re.compile("([二两三四五六七八])([三四五六七八九])(?=个月|岁|天|度|厘米|米|小时|次)")  # 三四个月: 3-4


def canonical(text: str) -> str:
    """`text` with one spelling per character: NFKC, lower case, simplified, measured numerals as digits."""
    plain = unicodedata.normalize("NFKC", text).translate(_simplified()).lower()
    plain = _UNSEEN.sub("", plain)
    if _NUMERALS.search(plain):
        several = _SEVERAL.sub(lambda found: f"{_DIGITS[found[1]]}-{_DIGITS[found[2]]}", plain)
        plain = _MEASURED.sub(lambda found: digits(found[1]), several)
    if not _DIGIT.search(plain):
        return plain
    plain = re.sub(r"(\d\d)度(\d)(?!\d)", r"\1.\2度", plain)  # 38度5
    plain = re.sub(r"(?<=\d)\s*[~～—–至到]\s*(?=\d)", "-", plain)  # 24～26 and 24-26 are one range
    return re.sub(r"(?<=[\u4e00-\u9fff])[ \t]+(?=\d)|(?<=\d)[ \t]+(?=[\u4e00-\u9fff])", "", plain)


def terms(text: str) -> list[str]:
    """All terms of `text`, repeated as often as they occur."""
    return list(grams(canonical(text)))


def grams(plain: str) -> Iterator[str]:
    """The terms of a text that is canonical already."""
    for run in runs(plain):
        for at, unit in enumerate(run):
            yield unit
            # Two Latin words or numbers side by side are two terms; with a Chinese character they are one ("6个").
            if at + 1 < len(run) and not (unit.isascii() and run[at + 1].isascii()):
                yield unit + run[at + 1]


def runs(plain: str) -> list[list[str]]:
    """The units (characters, words, numbers) of a canonical text; those of one run stood side by side."""
    return [_UNIT.findall(run) for run in _RUN.findall(plain)]


def bigrams(word: str) -> Sequence[str]:
    """The neighbouring characters of a canonical word."""
    return [word[at : at + 2] for at in range(len(word) - 1)]


def digits(numeral: str) -> str:
    """A Chinese numeral up to 99 in digits: 十二 is 12, and so is 一二."""
    tens, has_ten, ones = numeral.partition("十")
    if not has_ten:
        return "".join(str(_DIGITS[digit]) for digit in numeral)
    head = _DIGITS.get(tens[-1:], 1) if tens else 1
    return str(head * 10 + (_DIGITS.get(ones[:1], 0) if ones else 0))


@cache
def _simplified() -> dict[int, str]:
    """Every traditional character with its simplified one. By character: words are not needed for searching."""
    # What `OpenCC("t2s")` does to one character; to convert them all with it takes a tenth of a second.
    table = files("opencc").joinpath("dictionary", "TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split()[:2] for line in table.splitlines())
    return {ord(old): new for old, new in pairs if "\u3400" <= old <= "\u9fff" and len(new) == 1 and old != new}
