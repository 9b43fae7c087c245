"""Whether a sentence of a model stands in the passages it names. In doubt it does not: the quoted answer is at hand."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

from knowledge.language.terms import canonical, terms
from knowledge.model.figures import Figure, figures
from knowledge.model.polarity import Stretch, contradicts, stretches

SUPPORT = 0.5  # share of each clause's bigrams that must stand in the passages
LEAST = 2  # supported bigrams below which nothing was said

# Joins a sentence together and says nothing that could be wrong, or (the negations) is looked at by itself.
_FILLER = re.compile(
    "如果|要是|出现|遇到|这[种类样]|那[种样]|情况|的话|时候|可以|建议|您|一般|来说|另外|此外|同时|首先|其次|最后|然后|接着|需要|注意|记得"
    "|请|这样|比较|不要|不能|不可|避免|切勿|使用|平时|日常|尽量|最好|务必|一定|根据|资料|提到|一下|马上|立即|立刻|及时|适当|尽快|通常|大约"
    "|左右|至少|最多|以上|以下|以内|例如|比如|以及|并且|而且|因此|所以|因为|但是|还有|只要|即可|就行|先|再|也|还|都|就|更|会|要"
    "|[的了吧呢哦啦呀哈~和与或及]"
)
_CLAUSE = re.compile(r"[,，;；:：。！？!?]")
_RUN = re.compile("[\u3400-\u9fff]{2,}")
_WORD = re.compile(r"[a-z]+")
_ADDRESS = re.compile(r"(?:https?://|www\.)[^\s，。）)]+|[a-z][\w-]*(?:\.[a-z][\w-]*)+")
_PHONE = re.compile(r"\d(?:[ -]?\d){6,}")
_ONES, _OTHERS = "冷干多高前上左大长快早轻松内深厚软增开粗", "热湿少低后下右小短慢晚重紧外浅薄硬减关细"
_OPPOSITES = dict(zip(_ONES + _OTHERS, _OTHERS + _ONES, strict=True))


class Source:
    """The text of the passages that a sentence names, with what checking needs of it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain = _plain(text)

    def supports(self, sentence: str) -> bool:
        """Whether every figure, Latin word and address, the direction, and most words of `sentence` stand here."""
        plain = _plain(sentence)
        return (
            self._has_names(plain)
            and self._has_figures(sentence)
            and self._has_words(sentence)
            and not self._turned_round(sentence)
            and not contradicts(stretches(sentence), self._stretches)
        )

    @cached_property
    def _terms(self) -> frozenset[str]:
        return frozenset(terms(self._text))

    @cached_property
    def _figures(self) -> frozenset[Figure]:
        return figures(self._text)

    @cached_property
    def _stretches(self) -> Sequence[Stretch]:
        return stretches(self._text)

    def _has_names(self, plain: str) -> bool:
        """Latin words one by one, addresses and telephone numbers as a whole."""
        if not set(_WORD.findall(plain)) <= set(_WORD.findall(self._plain)):
            return False
        numbers = {_digits(found) for found in _PHONE.findall(self._plain)}
        return all(found in self._plain for found in _ADDRESS.findall(plain)) and all(
            _digits(found) in numbers for found in _PHONE.findall(plain)
        )

    def _has_figures(self, sentence: str) -> bool:
        return all(any(said.said_by(known) for known in self._figures) for said in figures(sentence))

    def _has_words(self, sentence: str) -> bool:
        """Clause by clause: a supported beginning must not carry a free ending."""
        total = 0
        for clause in _CLAUSE.split(sentence):
            plain = _FILLER.sub("\n", canonical(clause))
            said = _pairs(plain)
            known = len(said & self._terms)
            if known < SUPPORT * len(said) or any(self._has_new(run) for run in _RUN.findall(plain)):
                return False
            total += known
        return total >= LEAST

    def _has_new(self, run: str) -> bool:
        """Whether two characters side by side have no neighbour here that they have in the source: a word of its own,
        like the 白酒 of 每周用白酒擦拭, however much of the sentence stands."""
        pairs = [run[at : at + 2] in self._terms for at in range(len(run) - 1)]
        known = [before or after for before, after in zip([False, *pairs], [*pairs, False], strict=True)]
        return any(not one and not other for one, other in pairwise(known))

    def _turned_round(self, sentence: str) -> bool:
        """热水 where the source has only 冷水."""
        return any(
            pair.replace(char, _OPPOSITES[char]) in self._terms
            for pair in _pairs(sentence) - self._terms
            for char in pair
            if char in _OPPOSITES
        )


def _pairs(text: str) -> frozenset[str]:
    """The bigrams of Chinese characters; figures are compared as figures."""
    return frozenset(term for term in terms(text) if len(term) == 2 and not any(char.isascii() for char in term))


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
