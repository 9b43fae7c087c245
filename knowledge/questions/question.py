"""What a question asks for: its telling words with everything they may be called, its ages and its attributes.

No model takes part: words are cut, weighed by how much they tell, joined with their other wordings, and where the
library does not know them, looked up by sound, by initials and past one wrong character.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from knowledge.language.ages import Age, ages
from knowledge.language.segmenting import Segmenter, Word, telling, zipf
from knowledge.language.terms import canonical
from knowledge.language.vocabulary import Vocabulary
from knowledge.language.wordings import PHRASE, Wordings
from knowledge.questions.asking import GAP, Wants, bare, focus, wants, without_asking

LONGEST_JOINED = 4  # words that may form one wording
BY_SOUND = 0.85  # credit for what a word sounds like
BY_SHAPE = 0.8
BY_INITIALS = 0.7
ORDINARY = 3.6  # Zipf value from which a word was meant as it was written
JOINS = 5.7  # Zipf value of a character that stands beside anything
ASKING = 0.5  # how much less a wording tells that asks for something
TOLD = 0.8  # weight of what a colloquial way of telling stands for
FORMS = 14  # wordings of one word that are looked for
_LATIN = re.compile(r"[a-z]{2,}")
_SYLLABLE = re.compile(r"(?<![a-z])[a-z]{2,12}(?![a-z])")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_SINGLE = 0.6  # how much less a single character tells
_NUMBER = 0.35
_CHILD = 0.45  # how much less a word for a child tells: nearly every guide on children has one
_CHILDREN = frozenset(
    word
    for line in (
        "宝宝 娃 孩子 小孩 小朋友 婴儿 幼儿 儿童 bb 宝贝 崽 小宝 崽崽 婴幼儿 娃娃 小孩子 宝",
        "老大 老二 二宝 大宝 儿子 女儿 闺女 囡囡",
    )
    for word in line.split()
)
_EATING = frozenset("吃喝加食饮")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A word of a question. `weight` (0–1.2) tells how much it tells; `forms` are its wordings with their credit.

    What is `optional` speaks for a passage that has it, and not against one that lacks it.
    """

    text: str
    weight: float
    forms: tuple[tuple[str, float], ...]
    noun: bool = False
    optional: bool = False

    @property
    def names(self) -> bool:
        """Whether it can be a subject by itself; what a colloquial phrase stands for was not said."""
        said = any(form == self.text for form, _ in self.forms)
        return said and self.text not in _CHILDREN and not self.text[0].isdigit()


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is searched for. `plain` is canonical; `attributes` maps a class to the values named.

    `before` is the weight of the subject of the question before it, where that is part of it.
    """

    plain: str
    wanted: tuple[Wanted, ...]
    wants: frozenset[Wants] = frozenset()
    ages: tuple[Age, ...] = ()
    attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    before: float = 0.0

    @property
    def weight(self) -> float:
        return sum(one.weight for one in self.wanted if not one.optional)

    @property
    def subject(self) -> float:
        """Weight of what may be asked about: wordings that ask (运费谁出) too, but no child, number or hint alone."""
        return max(self.before, self.by_itself().weight)

    def by_itself(self) -> "Question":
        """The question with nothing but its subject, all of which is then asked for."""
        named = (one for one in self.wanted if not one.optional or one.names)
        return replace(self, wanted=tuple(replace(one, optional=False) for one in named))


class Reader:
    """Reads questions against one library."""

    def __init__(self, segmenter: Segmenter, wordings: Wordings, vocabulary: Vocabulary) -> None:
        self._segmenter = segmenter
        self._wordings = wordings
        self._vocabulary = vocabulary

    def read(self, text: str) -> Question:
        """What `text` asks for."""
        plain = self._spelt_out(bare(canonical(text)))
        near, kept = focus(plain), without_asking(plain)
        words = self._segmenter.words(plain)
        wanted: list[Wanted] = []
        at = 0
        while at < len(words):
            size, found = self._at(words[at:], kept)
            place = words[at].start
            wanted += [replace(one, weight=one.weight * near[place]) for one in found]
            at += size
        wanted += self._told(plain)
        return Question(plain, _distinct(wanted), wants(plain), ages(plain), self._wordings.values(plain))

    def _spelt_out(self, plain: str) -> str:
        """The text with Latin words (carpet) and syllables among Chinese ones (晃dong, 昨tian) put into characters."""
        plain = _LATIN.sub(lambda found: self._written(found.group()), plain)
        for found in reversed(list(_SYLLABLE.finditer(plain))):
            before, after = plain[max(0, found.start() - 2) : found.start()], plain[found.end() : found.end() + 2]
            word, left, right = self._syllable(before, found.group(), after)
            if word:
                plain = plain[: found.start() - left] + word + plain[found.end() + right :]
        return plain

    def _written(self, latin: str) -> str:
        """A Latin word as guides write it; one that the library itself has stays."""
        return latin if self._vocabulary.knows(latin) else self._wordings.written.get(latin, latin)

    def _syllable(self, before: str, latin: str, after: str) -> tuple[str, int, int]:
        """The library's word that Latin letters make with their neighbours, and how many of those are in it."""
        if self._vocabulary.knows(latin):
            return "", 0, 0
        for left, right in ((2, 0), (1, 1), (0, 2), (1, 0), (0, 1)):
            beside, behind = before[len(before) - left :], after[:right]
            if len(beside) == left and len(behind) == right and _CHINESE.fullmatch(beside + behind):
                words = self._vocabulary.half_spelt(beside, latin, behind)
                if words:
                    return words[0], left, right
        return "", 0, 0

    def _told(self, plain: str) -> Iterator[Wanted]:
        """What colloquial ways of telling in the question stand for."""
        for phrase, words, share in self._wordings.phrases.told_in(plain):
            yield Wanted(phrase, TOLD * share, tuple((word, PHRASE) for word in words), optional=True)

    def attributes(self, plain: str) -> dict[str, frozenset[str]]:
        """The attributes that a canonical text names."""
        return self._wordings.values(plain)

    def _at(self, words: list[Word], kept: str) -> tuple[int, list[Wanted]]:
        """How many words are used up, and what they ask for."""
        for size in range(min(LONGEST_JOINED, len(words)), 0, -1):
            joined = "".join(word.text for word in words[:size])
            asked = not kept[words[0].start : words[size - 1].end].strip(GAP)
            if joined in self._wordings.forms and not asked:
                found = self._known(joined, max(0.75, *(word.kind for word in words[:size])))
                said = kept[words[0].start : words[size - 1].end]
                return size, self._asking(found, said) if GAP in said else [found]
        size, repaired = self._repaired(words, kept)
        if repaired:
            return size, [repaired]
        return 1, list(self._plain(words[0], kept))

    def _asking(self, found: Wanted, said: str) -> list[Wanted]:
        """A wording that asks (客服几点, 喝多少奶): it helps to find, and what it is about counts by itself (客服)."""
        about = [self._known(part, 1.0) for part in said.split(GAP) if len(part) > 1]
        return [replace(found, weight=found.weight * ASKING, optional=True), *about]

    def _known(self, text: str, kind: float) -> Wanted:
        others = sorted(self._wordings.forms.get(text, ()), key=lambda one: -one[1])
        forms = ((text, 1.0), *others[: FORMS - 1])
        optional = text in _CHILDREN or text[0].isdigit()
        return Wanted(text, self._weight(text, kind), forms, kind >= 1.0, optional)

    def _plain(self, word: Word, kept: str) -> Iterator[Wanted]:
        """A word as it stands; what is left of it when a part only asks."""
        for part in kept[word.start : word.end].split(GAP):
            text = part.strip()
            if not text or not text[0].isalnum():
                continue
            if len(text) == 2 and text[0] in _EATING and not self._vocabulary.knows(text):
                yield Wanted(text[1], self._weight(text[1], 1.0) * 1.5, ((text[1], 1.0), (text, 1.0)), noun=True)
                continue
            yield self._known(text, word.kind)

    def _repaired(self, words: list[Word], kept: str) -> tuple[int, Wanted | None]:
        """A word the library does not know, as the word of the library it was probably meant to be."""
        first = words[0]
        if first.text.isascii():
            return self._from_latin(words)
        if not _strange(first, kept) or (len(first.text) > 1 and self._vocabulary.knows(first.text)):
            return 1, None
        for size in (3, 2, 1):
            text = "".join(word.text for word in words[:size])
            if size > len(words) or not 2 <= len(text) <= 5 or any(not _strange(word, kept) for word in words[:size]):
                continue
            if self._vocabulary.knows(text) or zipf(text) >= ORDINARY or _meant(words[:size]):
                continue
            meant = [(one, BY_SOUND) for one in self._vocabulary.sounding_like(text)[:2]]
            if size > 1:  # a word of the dictionary is no slip of the pen
                meant += [(one, BY_SHAPE) for one in self._vocabulary.misspelt(text)[:2]]
            if meant:
                return size, self._meaning(text, meant)
        return 1, None

    def _from_latin(self, words: list[Word]) -> tuple[int, Wanted | None]:
        letters = [word.text for word in words[:LONGEST_JOINED]]
        if not letters[0].isalpha() or self._vocabulary.knows(letters[0]) or len(letters[0]) < 2:
            return 1, None
        for size in range(len(letters), 0, -1):
            if all((part.isalpha() and part.isascii()) or part == " " for part in letters[:size]):
                spelt = self._vocabulary.spelt([part for part in letters[:size] if part != " "])
                if spelt:
                    return size, self._meaning(letters[0], [(one, BY_SOUND) for one in spelt[:3]])
        meant = [(one, BY_INITIALS) for one in self._vocabulary.abbreviated(letters[0])]
        return 1, self._meaning(letters[0], meant) if meant and 2 <= len(letters[0]) <= 4 else None

    def _meaning(self, text: str, meant: list[tuple[str, float]]) -> Wanted:
        """What was typed, with the words it may have been meant to be and all their wordings."""
        forms = {text: 1.0}
        for word, credit in meant:
            forms[word] = max(credit, forms.get(word, 0.0))
            for other, worth in self._wordings.forms.get(word, ()):
                forms[other] = max(credit * worth, forms.get(other, 0.0))
        best = sorted(forms.items(), key=lambda one: -one[1])[:FORMS]
        return Wanted(text, self._weight(meant[0][0], 0.9), tuple(best), noun=True)

    def _weight(self, text: str, kind: float) -> float:
        if text[0].isdigit():
            return _NUMBER
        weight = kind * telling(text)
        if text in _CHILDREN:
            return weight * _CHILD
        return weight * (_SINGLE if len(text) == 1 else 1.0)


def _strange(word: Word, kept: str) -> bool:
    """Whether a word may be part of a misspelt one: it is Chinese, and none of it only asks."""
    return "\u4e00" <= word.text[0] <= "\u9fff" and GAP not in kept[word.start : word.end]


def _meant(words: list[Word]) -> bool:
    """Whether several words were meant as written: common ones, or with one that joins anything (一, 和, 地)."""
    if len(words) == 1:
        return False
    return any(len(word.text) == 1 and zipf(word.text) > JOINS for word in words) or all(
        len(word.text) > 1 and zipf(word.text) >= ORDINARY for word in words
    )


def _distinct(wanted: Iterable[Wanted]) -> tuple[Wanted, ...]:
    """Each word once, with the greatest of its weights."""
    best: dict[str, Wanted] = {}
    for one in wanted:
        if one.weight > 0.03 and (one.text not in best or best[one.text].weight < one.weight):
            best[one.text] = one
    return tuple(best.values())
