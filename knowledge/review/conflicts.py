"""Two sentences of a library that say the same with different numbers.

Meant to be right rather than complete: an operator who is shown false alarms stops reading. Guides for different ages,
materials, rooms or seasons may differ in their numbers, and so may a sentence with another condition in it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from knowledge.language.terms import canonical
from knowledge.review import subjects
from knowledge.review.facts import Fact, Quantity, facts, quantities, statements
from knowledge.review.overlap import grams, sharing
from knowledge.types import Guide

_LONG = 8  # Chinese characters from which a sentence names its own subject
_NEAR = 0.75  # share of characters that two wordings of one statement have in common
_COMMON = 16
_MOST_PAIRS = 300  # compared within one group of equal statements
_MOST_OF_KIND = 3  # reported of one group: the rest is the same finding again
_TURNING = set("不没无非未别禁前后上下左右内外早晚午夜大小多少高低冷热春夏秋冬男女母父首末新旧干湿0123456789")


@dataclass(frozen=True, slots=True)
class Quote:
    """Where a number stands. `figure` is the number with its unit."""

    guide: str
    title: str
    section: str
    sentence: str
    figure: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two quotes that cannot both be right, as far as a program can tell."""

    left: Quote
    right: Quote


def conflicts(guides: Sequence[Guide]) -> tuple[Conflict, ...]:
    """The conflicts in the order of the guides; one for each pair of sentences."""
    stated: defaultdict[str, list[Fact]] = defaultdict(list)
    for place, guide in enumerate(guides):
        for fact in facts(place, guide):
            stated[fact.key].append(fact)
    found: dict[tuple[int, ...], Conflict] = {}
    for left, right in _pairs(guides, list(stated.values())):
        first, second = sorted((left, right), key=lambda one: one.place)
        differing = _differing(first, second)
        if differing:
            pair = (first.place, second.place, first.number, second.number)
            found.setdefault(pair, Conflict(*map(_quote, (guides,) * 2, (first, second), differing)))
    return tuple(found[pair] for pair in sorted(found))


def _pairs(guides: Sequence[Guide], groups: list[list[Fact]]) -> Iterator[tuple[Fact, Fact]]:
    """Pairs on one subject that say the same but for a number."""
    for group in groups:
        yield from _within(guides, _distinct(group))
    for left, right in _near(groups):
        if _near_enough(guides, left, right) and _same_subject(guides, left, right, exact=False):
            yield left, right


def _within(guides: Sequence[Guide], group: list[Fact]) -> Iterator[tuple[Fact, Fact]]:
    reported = 0
    for compared, (left, right) in enumerate(combinations(group, 2)):
        if compared >= _MOST_PAIRS or reported >= _MOST_OF_KIND:
            return
        if _differing(left, right) and _same_subject(guides, left, right, exact=True):
            reported += 1
            yield left, right


def _distinct(group: list[Fact]) -> list[Fact]:
    """Boilerplate stands in every guide: a few of each value will do. The rarest first: it is the likeliest mistake."""
    by_value: defaultdict[tuple[object, ...], list[Fact]] = defaultdict(list)
    for fact in group:
        by_value[tuple((one.dimension, one.values) for one in fact.quantities)].append(fact)
    if len(by_value) < 2:
        return []
    return [fact for same in sorted(by_value.values(), key=len) for fact in same[:_MOST_OF_KIND]]


def _near(groups: list[list[Fact]]) -> Iterator[tuple[Fact, Fact]]:
    """Statements in nearly the same words, found through the runs of three characters that few others have."""
    texts = [grams(group[0].bare, 3) for group in groups]
    for one, other, shared in sharing(texts, _COMMON):
        if shared * 3 >= min(len(texts[one]), len(texts[other])):
            for left in groups[one][:_MOST_OF_KIND]:
                for right in groups[other][:_MOST_OF_KIND]:
                    yield left, right


def _near_enough(guides: Sequence[Guide], left: Fact, right: Fact) -> bool:
    """Whether little is said by one only; what both titles say need not be said again."""
    one, other = Counter(left.bare), Counter(right.bare)
    titles = set(guides[left.place].title) & set(guides[right.place].title)
    apart = {char: count for char, count in ((one - other) + (other - one)).items() if char not in titles}
    few = sum(apart.values()) <= (1 - _NEAR) * (len(left.bare) + len(right.bare)) / 2
    return few and not _TURNING & apart.keys()


def _differing(left: Fact, right: Fact) -> tuple[Quantity, Quantity] | None:
    """The one quantity in which two facts differ; None when it is none, more than one, or what tells them apart."""
    pairs = list(zip(_ordered(left), _ordered(right), strict=False))
    if len(left.quantities) != len(right.quantities) or any(a.dimension != b.dimension for a, b in pairs):
        return None
    different = [(a, b) for a, b in pairs if a.values != b.values]
    if len(different) != 1 or any(one.qualifies for one in different[0]):
        return None
    return different[0]


def _ordered(fact: Fact) -> list[Quantity]:
    return sorted(fact.quantities, key=lambda one: one.dimension)


def _same_subject(guides: Sequence[Guide], left: Fact, right: Fact, *, exact: bool) -> bool:
    one, other = guides[left.place], guides[right.place]
    same_guide = left.place == right.place
    if same_guide and (left.section == right.section or not (exact and not left.rest and not right.rest)):
        return False
    named = exact and not left.rest and not right.rest and left.size >= _LONG
    if not _fits(guides, left, right, strict=not named):
        return False
    if not named or same_guide:
        return subjects.alike(one.title, other.title) and (
            not left.section or not right.section or subjects.alike(left.section, right.section) or left.size >= _LONG
        )
    return subjects.alike(one.title, other.title) or _both_named(one, other, left)


def _both_named(one: Guide, other: Guide, fact: Fact) -> bool:
    """Whether the sentence itself says what both guides are about."""
    said = subjects.bigrams(fact.bare)
    heads = (subjects.bigrams(" ".join((guide.title, *guide.keywords))) for guide in (one, other))
    return all(said & head for head in heads)


def _fits(guides: Sequence[Guide], left: Fact, right: Fact, *, strict: bool) -> bool:
    """Whether what the titles, headings and other clauses name can hold for both. `strict`: must hold for both."""
    heads = [f"{guides[one.place].title}\n{one.section}" for one in (left, right)]
    rests = [one.rest for one in (left, right)]
    if not subjects.compatible(*heads) or not subjects.compatible(*rests):
        return False
    if _sizes(heads[0], left) != _sizes(heads[1], right) or subjects.months(rests[0]) != subjects.months(rests[1]):
        return False
    values = [subjects.values(f"{head}\n{one.bare} {one.rest}") for head, one in zip(heads, (left, right), strict=True)]
    return not strict or values[0].keys() == values[1].keys()


def _sizes(head: str, fact: Fact) -> frozenset[tuple[str, tuple[float, ...]]]:
    """The quantities that a title or heading names, save those that the sentence only repeats."""
    said = {(one.dimension, one.values) for one in fact.quantities}
    return _named(head) - said


@lru_cache(maxsize=20_000)
def _named(head: str) -> frozenset[tuple[str, tuple[float, ...]]]:
    return frozenset((one.dimension, one.values) for one in quantities(canonical(head)))


def _quote(guides: Sequence[Guide], fact: Fact, quantity: Quantity) -> Quote:
    """In the words of the guide: the fact was found in its canonical text, whose statements are the same in number."""
    guide = guides[fact.place]
    written = list(statements(guide.body))
    plain = list(statements(canonical(guide.body)))
    section, fixed, text = (written if len(written) == len(plain) else plain)[fact.number]
    return Quote(guide.name, guide.title, section, f"{fixed}：{text}" if fixed else text, quantity.text.strip())
