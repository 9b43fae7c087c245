"""The words of a library as they are kept: counted guide by guide, so that a guide can be added or taken out again."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from knowledge.language.segmenting import Segmenter
from knowledge.language.vocabulary import Heard, Used, collect, heard
from knowledge.types import Passage


@dataclass(frozen=True, slots=True)
class Words:
    """The words that the passages use, how they can be heard, and the groups of synonyms that operators added.

    `naming` is how many guides a word names, for those it names at all: by it a guide can be taken out again.
    """

    used: Mapping[str, Used]
    spoken: tuple[Heard, ...]
    added: tuple[tuple[str, ...], ...] = ()
    naming: Mapping[str, int] = field(default_factory=dict, compare=False)
    forms: tuple[str, ...] = field(default=(), compare=False)  # what texts were cut with, where that is to be kept


@dataclass(frozen=True, slots=True)
class Counts:
    """In how many passages each word stands, and how many guides it names."""

    passages: Counter[str]
    guides: Counter[str]


def counts(guides: Iterable[Sequence[Passage]], segmenter: Segmenter) -> Counts:
    """Count the words; each item is the passages of one guide."""
    found = Counts(Counter(), Counter())
    for passages in guides:
        for word, used in collect(passages, segmenter).items():
            found.passages[word] += used.passages
            if used.names:
                found.guides[word] += 1
    return found


def words(counted: Counts, added: tuple[tuple[str, ...], ...], forms: Iterable[str]) -> Words:
    """The words of a whole library."""
    used = {word: Used(number, word in counted.guides) for word, number in counted.passages.items()}
    return Words(used, heard(used), added, counted.guides, tuple(sorted(forms)))


def changed(base: Words, before: Words, gone: Counts, new: Counts) -> Words:
    """The words used otherwise than in the base: those that were so `before`, and those of guides that went or came."""
    used, naming = dict(before.used), dict(before.naming)
    touched = gone.passages.keys() | new.passages.keys()
    for word in touched:
        last = before if word in before.used else base
        had = last.used.get(word)
        passages = (had.passages if had else 0) - gone.passages[word] + new.passages[word]
        naming[word] = last.naming.get(word, 0) - gone.guides[word] + new.guides[word]
        used[word] = Used(passages, naming[word] > 0)
    spoken = heard({word: used[word] for word in touched if used[word].passages})
    kept = (one for one in before.spoken if one.word not in touched)
    return Words(used, (*kept, *spoken), base.added, {word: number for word, number in naming.items() if number})


def with_changes(base: Words, changes: Words) -> Words:
    """The words of a generation: those of its base and those that it uses otherwise."""
    used = {word: one for word, one in {**base.used, **changes.used}.items() if one.passages}
    same = (one for one in base.spoken if one.word not in changes.used)
    spoken = [*same, *(one for one in changes.spoken if one.word in used)]
    spoken.sort(key=lambda one: _telling(used[one.word]))
    naming = {word: number for word, number in base.naming.items() if word not in changes.used}
    return Words(used, tuple(spoken), base.added, {**naming, **changes.naming})


def lines_of(kept: Words) -> Iterator[object]:
    """A line each: the added groups, the words that can be heard, in their order, then the others."""

    def line(word: str) -> tuple[str, int, int]:
        used = kept.used[word]
        return word, used.passages, kept.naming.get(word, int(used.names))

    yield kept.added
    for one in kept.spoken:
        yield *line(one.word), one.sound, one.initials
    spoken = {one.word for one in kept.spoken}
    yield from (line(word) for word in kept.used if word not in spoken)


def words_of(lines: Iterable[Any]) -> Words:
    """What `lines_of` gave. Raises ValueError, TypeError or StopIteration for anything else."""
    used: dict[str, Used] = {}
    spoken: list[Heard] = []
    naming: dict[str, int] = {}
    rest = iter(lines)
    added = tuple(tuple(map(str, group)) for group in next(rest))
    for word, passages, names, *sound in rest:
        used[word] = Used(int(passages), bool(names))
        if names:
            naming[word] = int(names)
        if sound:
            spoken.append(Heard(word, *map(str, sound)))
    return Words(used, tuple(spoken), added, naming)


def _telling(one: Used) -> tuple[int, int]:
    """As `heard` orders them."""
    return -one.names, -one.passages
