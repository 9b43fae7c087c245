"""The words a library uses, found by spelling, by sound (便密 → 便秘), by initials (bm) and past a wrong character."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from knowledge.language.pinyin import syllables
from knowledge.language.segmenting import Segmenter, zipf
from knowledge.language.terms import canonical
from knowledge.types import Passage

SHORTEST, LONGEST = 2, 5  # characters of a word that can be found by sound
_BY_INITIALS = 3  # words that initials may stand for; more would be guessing
# What sounds alike to many: zh z, ch c, sh s, final ng n, l n.
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"))


@dataclass(frozen=True, slots=True)
class Used:
    """How a word is used: in how many passages, and whether it names one (title, section, keywords)."""

    passages: int
    names: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """How a word can be found that is not written as it is: its pinyin without tones, and the first letters of that."""

    word: str
    sound: str
    initials: str


def collect(passages: Iterable[Passage], segmenter: Segmenter) -> dict[str, Used]:
    """The words of all passages."""
    said: Counter[str] = Counter()
    names: set[str] = set()
    for _, group in groupby(passages, key=lambda one: one.guide):
        same = list(group)
        heads = {word for one in same for word in _worthy(segmenter.cut(canonical(one.head)))}
        names |= heads
        for one in same:
            said.update({*_worthy(segmenter.cut(canonical(one.text))), *heads})
    return {word: Used(count, word in names) for word, count in said.items()}


def _worthy(words: Iterable[str]) -> Iterator[str]:
    return (word for word in words if 1 <= len(word) <= 12 and word[0].isalnum())


def heard(used: Mapping[str, Used]) -> tuple[Heard, ...]:
    """The words that can be meant by another spelling, the most telling first. Takes a while for a large library."""
    meant = sorted(filter(lambda word: _can_be_meant(word, used[word]), used), key=lambda one: _telling(used[one]))
    found = []
    for word in meant:
        said = syllables(word)
        found.append(Heard(word, _sound(said), "".join(syllable[0] for syllable in said)))
    return tuple(found)


def _telling(one: Used) -> tuple[int, int]:
    return -one.names, -one.passages


def _can_be_meant(word: str, one: Used) -> bool:
    chinese = all("\u4e00" <= char <= "\u9fff" for char in word)
    return chinese and SHORTEST <= len(word) <= LONGEST and (one.names or zipf(word) < 5.5)


class Vocabulary:
    """Looks words up. What is found by sound or by initials is best first.

    `spoken` is what `heard` gave for the same words, where that was kept.
    """

    def __init__(self, used: Mapping[str, Used], spoken: Iterable[Heard] | None = None) -> None:
        self._used = used
        self._by_sound: defaultdict[str, list[str]] = defaultdict(list)
        self._by_initials: defaultdict[str, list[str]] = defaultdict(list)
        self._by_shape: defaultdict[str, list[str]] = defaultdict(list)
        for one in heard(used) if spoken is None else spoken:
            word = one.word
            self._by_sound[one.sound].append(word)
            if used[word].names:
                self._by_initials[one.initials].append(word)
            if len(word) > SHORTEST:
                for at in range(len(word)):
                    self._by_shape[f"{word[:at]}*{word[at + 1 :]}"].append(word)

    def knows(self, word: str) -> bool:
        return word in self._used

    def passages(self, word: str) -> int:
        """In how many passages a word stands."""
        found = self._used.get(word)
        return found.passages if found else 0

    def sounding_like(self, word: str) -> list[str]:
        """Words that sound like this one, without tones and with what many do not tell apart."""
        return [one for one in self._by_sound.get(_sound(syllables(word)), ()) if one != word]

    def spelt(self, latin: Sequence[str]) -> list[str]:
        """Words whose pinyin these Latin letters are: ("fa", "shao") or ("fashao",)."""
        return list(self._by_sound.get(_alike("".join(latin)), ()))

    def half_spelt(self, before: str, latin: str, after: str) -> list[str]:
        """Words written partly in Chinese: ("晃", "dong", "") → 晃动. The Chinese characters stay as they are."""
        sound = _sound([*syllables(before), latin, *syllables(after)])
        found = self._by_sound.get(sound, ())
        return [word for word in found if word.startswith(before) and word.endswith(after)]

    def abbreviated(self, initials: str) -> list[str]:
        """Words that begin with these letters: sf → 沙发. Nothing when they could be too many."""
        found = self._by_initials.get(initials, [])
        return found if len(found) <= _BY_INITIALS else []

    def misspelt(self, word: str) -> list[str]:
        """Words of three and more characters that differ from this one in a single character."""
        keys = [f"{word[:at]}*{word[at + 1 :]}" for at in range(len(word))] if len(word) > SHORTEST else []
        return [other for key in keys for other in self._by_shape.get(key, ()) if other != word]


def _sound(said: Sequence[str]) -> str:
    return _alike("".join(said))


def _alike(pinyin: str) -> str:
    for one, other in _ALIKE:
        pinyin = pinyin.replace(one, other)
    return pinyin.replace("ng", "n").replace("l", "n").replace("v", "u")
