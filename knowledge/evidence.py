"""Whether what was found is evidence for an answer. Some passage always comes back; that alone proves nothing.

The measure is how much of the question's subject a passage speaks of, each character weighted by how rare it is in the
library, once for the whole passage and once for what names it (title, section, keywords). What nobody ever wrote about
weighs most, and a passage that is not *about* the subject has to say nearly all of it.

However much is covered, two things speak against a passage: a telling word of the question that it lacks (the fever of
a dog, the fever of a grandmother), and being about something else while it mentions the telling word in passing.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
LACKING = 2.6  # rarity of two neighbours, neither known to the passage in its place, that make a missing word
COMMON = 0.9  # rarity below which a missing character makes no word with its neighbour
LACKING_ALONE = 4.2  # rarity from which a single character makes one
LIGHT = frozenset(
    "上下里外中来去到给把被让买弄搞抹涂沾洒用有在从和跟与对好多大小地着过会时"
)  # join words, tell nothing
PASSING = 2.5  # rarity of a word that, said once, must not be all that ties a question to a passage …
TELLING = 2.25  # … so that something else must be at least this rare,
BEHIND = 2.5  # and not this much more common than it
PLENTY = 1.4  # strength beyond which passages that are evidence differ only by their place in the search


@dataclass(frozen=True, slots=True)
class Found:
    """What the judge sees of a hit: its score (0–1), all its terms, those that name it, those its text repeats."""

    score: float
    terms: Collection[str]
    names: Collection[str]
    repeated: Collection[str] = frozenset()


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


def judge(subject: Subject, found: Sequence[Found], rarity: Rarity, about_others: str = "") -> Evidence:
    """Judge the passages found for a question about `subject`; those about `about_others` (a term) do not count."""
    if sum(map(len, subject)) < 2 and not any(unit.isascii() for run in subject for unit in run):
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
    sound = [
        place
        for place, one in enumerate(found)
        if _sound(covered[place], named[place], length)
        and about_others not in {*one.names, *one.repeated}
        and not _lacks(subject, one.terms, rarity)
        and not _in_passing(subject, one, rarity)
    ]
    if not sound:
        return Evidence(False, -1, f"at most {max(covered):.2f} of the subject is covered", covered, strength, related)
    best = max(sound, key=lambda place: min(strength[place], PLENTY) + found[place].score)
    return Evidence(True, best, f"{covered[best]:.2f} of the subject is covered", covered, strength, related)


def _sound(covered: float, named: float, length: int) -> bool:
    if covered >= LEAST and named >= NAMED and covered + named >= ENOUGH:
        return True
    return covered >= WHOLE and length >= SPECIFIC


def _lacks(subject: Subject, terms: Collection[str], rarity: Rarity) -> bool:
    """Whether a word of the question is missing that tells too much to be a way of speaking."""
    for before, run in zip([[], *subject], subject, strict=False):
        gained = [credit(run, at, terms) for at in range(len(run))]
        missing = [
            0.0 if got >= SINGLE or unit in LIGHT or unit[0].isdigit() else rarity(unit) * (1 - got)
            for unit, got in zip(run, gained, strict=True)
        ]
        eaten = len(run) == 1 and before[-1:] in (["吃"], ["喝"], ["加"])  # salt is a whole word
        if max(missing, default=0.0) >= (LACKING if eaten else LACKING_ALONE):
            return True
        if any(min(two) >= COMMON and sum(two) >= LACKING for two in pairwise(missing)):
            return True
    return False


def _in_passing(subject: Subject, found: Found, rarity: Rarity) -> bool:
    """Whether the telling words stand in the text only once, and nothing like them ties the question to it."""
    passing = tied = 0.0
    for run in subject:
        for at, unit in enumerate(run):
            told = rarity(unit)
            if unit in found.names or credit(run, at, found.repeated) >= SINGLE:
                tied = max(tied, told)
            elif not unit[0].isdigit() and credit(run, at, found.terms) >= SINGLE:
                passing = max(passing, told)
    return passing >= PASSING and (tied < TELLING or passing - tied >= BEHIND)


def coverage(subject: Subject, terms: Collection[str], rarity: Rarity) -> float:
    """The share (0–1) of the subject that a text with these `terms` speaks of."""
    weighed = got = 0.0
    for run in subject:
        for at, unit in enumerate(run):
            weight = 0.5 + rarity(unit)
            weighed += weight
            got += weight * credit(run, at, terms)
    return got / weighed if weighed else 0.0


def credit(run: Sequence[str], at: int, terms: Collection[str]) -> float:
    """How far (0–1) a text with these `terms` speaks of the unit of `run` at place `at`."""
    joined = pairs(run, at)
    if any(pair in terms for pair in joined):
        return 1.0
    if run[at] not in terms:
        return 0.0
    return ALONE if joined else SINGLE
