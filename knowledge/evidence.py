"""Whether what was found is evidence for an answer. Some passage always comes back; that alone proves nothing.

The measure is how much of the question's subject a passage speaks of, each character weighted by how rare it is in the
library, once for the whole passage and once for what names it (title, section, keywords). What nobody ever wrote about
weighs most, and a passage that is not *about* the subject has to say nearly all of it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from knowledge.terms import pairs

Rarity = Callable[[str], float]
Subject = Sequence[Sequence[str]]  # the runs of terms.content

LEAST = 0.4  # share of the subject that the passage must speak of in any case
ENOUGH = 0.88  # that share plus the share its names speak of
NAMED = 0.15  # of which its names must give at least this much
WHOLE = 0.9  # share of the passage from which its names do not matter …
SPECIFIC = 4  # … if the subject has this many characters: single words turn up anywhere
RELATED = 0.33  # share its names speak of from which a title is worth offering instead of an answer
ALONE = 0.3  # credit for a character without its neighbours of the question: 土豆 is not 土
SINGLE = 0.8  # credit for a character that stands alone in the question
PLENTY = 1.4  # strength beyond which passages that are evidence differ only by their place in the search


@dataclass(frozen=True, slots=True)
class Found:
    """What the judge sees of a hit: its score (0–1), all its terms, and those of what names it."""

    score: float
    terms: Collection[str]
    names: Collection[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """`best` is the place of the passage to answer from (-1: none), `related` those worth offering, best first.

    `covered` and `strength` follow the order judged; `reason` is for people who look into an answer.
    """

    enough: bool
    best: int
    reason: str
    covered: tuple[float, ...] = ()
    strength: tuple[float, ...] = ()
    related: tuple[int, ...] = ()


def judge(subject: Subject, found: Sequence[Found], rarity: Rarity) -> Evidence:
    """Judge the passages found for a question about `subject`."""
    if not any(subject):
        return Evidence(False, -1, "the question names no subject")
    if not found:
        return Evidence(False, -1, "nothing was found")
    covered = tuple(coverage(subject, one.terms, rarity) for one in found)
    named = tuple(coverage(subject, one.names, rarity) for one in found)
    strength = tuple(map(sum, zip(covered, named, strict=True)))
    related = tuple(
        sorted((place for place, share in enumerate(named) if share >= RELATED), key=lambda i: -strength[i])
    )
    length = sum(map(len, subject))
    sound = [place for place in range(len(found)) if _sound(covered[place], named[place], length)]
    if not sound:
        return Evidence(False, -1, f"at most {max(covered):.2f} of the subject is covered", covered, strength, related)
    best = max(sound, key=lambda place: min(strength[place], PLENTY) + found[place].score)
    return Evidence(True, best, f"{covered[best]:.2f} of the subject is covered", covered, strength, related)


def _sound(covered: float, named: float, length: int) -> bool:
    if covered >= LEAST and named >= NAMED and covered + named >= ENOUGH:
        return True
    return covered >= WHOLE and length >= SPECIFIC


def coverage(subject: Subject, terms: Collection[str], rarity: Rarity) -> float:
    """The share (0–1) of the subject that a text with these `terms` speaks of."""
    weighed = got = 0.0
    for run in subject:
        for at, unit in enumerate(run):
            weight = 0.5 + rarity(unit)
            weighed += weight
            got += weight * _credit(run, at, terms)
    return got / weighed if weighed else 0.0


def _credit(run: Sequence[str], at: int, terms: Collection[str]) -> float:
    joined = pairs(run, at)
    if any(pair in terms for pair in joined):
        return 1.0
    if run[at] not in terms:
        return 0.0
    return ALONE if joined else SINGLE
