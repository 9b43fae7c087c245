"""How well a passage speaks of what a question asks for, in figures between 0 and 1."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from knowledge.language.ages import Age, ages, gap
from knowledge.language.sentences import sentences
from knowledge.language.terms import bigrams, canonical, grams
from knowledge.language.wordings import Wordings
from knowledge.questions import kinds
from knowledge.questions.asking import GAP, without_asking
from knowledge.questions.question import Question, Wanted
from knowledge.search.meaning import Rows, directions, meaning, of_question
from knowledge.types import Passage

APART = 0.85  # credit for the two characters of a word with up to four others between: 浇一次水
PARTLY = 0.55  # credit for all pairs of a longer word that is not there as a whole
ONE_OF_TWO = 0.2  # credit for one character of a word of two
SINGLE_CREDIT = 0.9
CONTEXT = 0.7  # what the heading's words count for a sentence under it
LONGEST_RUN = 6  # characters in a row after which a longer agreement says nothing more
_LISTED = re.compile(r"\s*(?:[-*+] |\d{1,9}[.)] |\|)")  # a line of a list or of a table
Form = tuple[float, str, float]  # the most it can be credited in a part of the text, wording, credit


class Prepared:
    """A passage made ready for comparing: canonical texts, its sentences, the ages and attributes it names."""

    def __init__(self, passage: Passage, wordings: Wordings) -> None:
        self.passage = passage
        self.title = canonical(passage.title)
        self.section = canonical(passage.section)
        self.head = "\n".join((self.title, self.section, *map(canonical, passage.keywords)))
        self.body = canonical(passage.text)
        self._wordings = wordings

    @cached_property
    def whole(self) -> str:
        """What names it and what it says."""
        return self.head + GAP + self.body

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Its sentences and the lines of its lists and tables, canonical."""
        return tuple(_sentences(self.body))

    @cached_property
    def meanings(self) -> Rows:
        """Directions of its title, of title and section, of its text, and of each sentence under its section."""
        title, section, *told = meaning().sums((self.title, self.section, *self.sentences))
        body = np.sum(told, axis=0) if told else np.zeros_like(title)
        return directions(np.array([title, title + section, body, *(section + one for one in told)]))

    @cached_property
    def ages(self) -> tuple[Age, ...]:
        return ages(self.section) or ages(self.title)

    @cached_property
    def attributes(self) -> Mapping[str, frozenset[str]]:
        return {**self._wordings.values(self.title), **self._wordings.values(self.section)}


def _sentences(body: str) -> Iterator[str]:
    """The parts of a canonical text by the looks of its lines: parsing Markdown takes longer than comparing."""
    prose: list[str] = []
    listed = False
    for line in body.split("\n"):
        listed = bool(line.strip() and (listed or _LISTED.match(line)))
        if not listed and line.strip():
            prose.append(line)
            continue
        yield from sentences("\n".join(prose))
        prose = []
        if listed:
            yield line
    yield from sentences("\n".join(prose))


@dataclass(frozen=True, slots=True)
class Match:
    """How a passage meets a question.

    `covered`: share of what is asked that the passage speaks of; `named`: share its title, section and keywords speak
    of; `told`: share its best sentence speaks of, heading included; `hinted`: weight of what was not said in so many
    words and is in it; `run`: longest agreement in characters; `spelt`: share of the question's characters and pairs it
    has, rare ones counting more; `age_gap` and `conflicts`: how far its ages and attributes are other ones; `fits`: how
    many of them are just those asked for; `no_figure`: whether the figure asked for cannot be in it; `near_…`: how near
    its title, title and section, text, best sentence are in meaning (-1–1).
    """

    covered: float
    named: float
    told: float
    hinted: float
    run: float
    spelt: float
    age_gap: float
    age_fits: bool
    conflicts: int
    fits: int
    no_figure: bool
    near_title: float
    near_head: float
    near_body: float
    near_sentence: float


def match(question: Question, prepared: Prepared, rarity: Callable[[str], float]) -> Match:
    """Compare a question with a passage; `rarity` tells how rare a term is in the library."""
    forms = [_bounded(one, prepared.whole) for one in question.wanted]
    wholes = [_most(one) for one in forms]
    heads = [_credit(one, prepared.head) for one in forms]
    conflicts, fits = _attributes(question, prepared)
    near = prepared.meanings @ of_question(question.plain)
    far = min(1.0, gap(question.ages, prepared.ages)) if question.ages else 0.0
    return Match(
        covered=share(question.wanted, wholes),
        named=share(question.wanted, heads),
        told=_told(question, forms, prepared, heads),
        hinted=sum(one.weight * had for one, had in zip(question.wanted, wholes, strict=True) if one.optional),
        run=_run(question.plain, prepared.whole),
        spelt=spelt(_kept(question.plain), prepared.whole, rarity),
        age_gap=far,
        age_fits=bool(question.ages and prepared.ages) and far == 0.0,
        conflicts=conflicts,
        fits=fits,
        no_figure=kinds.measured(question.wants) and not _figure(question, forms, prepared),
        near_title=float(near[0]),
        near_head=float(near[1]),
        near_body=float(near[2]),
        near_sentence=float(near[3:].max(initial=-1.0)),
    )


@lru_cache(maxsize=256)
def _kept(plain: str) -> str:
    return without_asking(plain)


def _bounded(wanted: Wanted, whole: str) -> list[Form]:
    """The wordings that a text has, the best first: in a part of it none can be credited more than in the whole."""
    found = [(most, form, worth) for form, worth in wanted.forms if (most := worth * _presence(form, whole)) > 0]
    return sorted(found, key=_first, reverse=True)


def _first(form: Form) -> float:
    return form[0]


def _most(forms: Sequence[Form]) -> float:
    return forms[0][0] if forms else 0.0


def _credit(forms: Iterable[Form], part: str, best: float = 0.0) -> float:
    """How far (0–1, no less than `best`) a part of a text speaks of a word."""
    for most, form, worth in forms:
        if most <= best:
            break
        best = max(best, worth * _presence(form, part))
    return best


def credit(wanted: Wanted, text: str) -> float:
    """How far (0–1) a canonical text speaks of a word."""
    best = 0.0
    for form, worth in wanted.forms:
        if worth <= best:
            break
        best = max(best, worth * _presence(form, text))
    return best


def coverage(question: Question, text: str) -> float:
    """The share (0–1) of what is asked that a canonical text speaks of."""
    return share(question.wanted, [credit(one, text) for one in question.wanted])


def spelt(kept: str, text: str, rarity: Callable[[str], float]) -> float:
    """The share (0–1) of the characters and pairs of a question without its asking words that a text has."""
    units = [(unit, rarity(unit)) for unit in _units(kept)]
    total = sum(rare for _, rare in units)
    return sum(rare for unit, rare in units if unit in text) / total if total else 0.0


@lru_cache(maxsize=256)
def _units(kept: str) -> tuple[str, ...]:
    return tuple(grams(kept.replace(GAP, " ")))


def _presence(form: str, text: str) -> float:
    if form in text:
        return 1.0 if len(form) > 1 or form.isascii() else SINGLE_CREDIT
    if len(form) == 2:
        return _apart(form, text)
    if len(form) > 2 and not form.isascii():
        pairs = _pairs(form)
        return PARTLY * sum(pair in text for pair in pairs) / len(pairs)
    return 0.0


@lru_cache(maxsize=50_000)
def _pairs(form: str) -> tuple[str, ...]:
    return tuple(bigrams(form))


def _apart(form: str, text: str) -> float:
    first, second = form[0], form[1]
    at = text.find(first)
    seen = at >= 0
    while at >= 0:
        if text.find(second, at + 1, at + 6) >= 0:
            return APART
        at = text.find(first, at + 1)
    return ONE_OF_TWO if seen or second in text else 0.0


def share(wanted: Sequence[Wanted], had: Sequence[float]) -> float:
    """The share (0–1) of what is wanted, `had` being the credit of each; what is optional counts where it is there."""
    total = got = 0.0
    for one, credit_of_it in zip(wanted, had, strict=True):
        got += one.weight * credit_of_it
        total += one.weight * (credit_of_it if one.optional else 1.0)
    return got / total if total else 0.0


def _told(question: Question, forms: Sequence[Sequence[Form]], prepared: Prepared, heads: Sequence[float]) -> float:
    context = [CONTEXT * one for one in heads]
    most = [max(_most(one), above) for one, above in zip(forms, context, strict=True)]
    limit, best = share(question.wanted, most), 0.0
    for sentence in prepared.sentences:
        if best >= limit:
            break
        own = [_credit(one, sentence, above) for one, above in zip(forms, context, strict=True)]
        best = max(best, share(question.wanted, own))
    return best


def _run(plain: str, text: str) -> float:
    for size, parts in _parts(plain):
        if any(part in text for part in parts):
            return size / LONGEST_RUN
    return 0.0


@lru_cache(maxsize=256)
def _parts(plain: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The runs of characters of a question that may agree with a text, the longest first, by their length."""
    kept = _kept(plain)
    found = []
    for size in range(LONGEST_RUN, 1, -1):
        parts = (kept[at : at + size] for at in range(len(kept) - size + 1))
        found.append((size, tuple(part for part in parts if GAP not in part and part.isalnum())))
    return tuple(found)


def _figure(question: Question, forms: Sequence[Sequence[Form]], prepared: Prepared) -> bool:
    """Whether a sentence that speaks of something asked for holds the kind of figure that is asked for."""
    return any(
        kinds.figures(question.wants, sentence) and any(_credit(one, sentence, PARTLY) > PARTLY for one in forms)
        for sentence in prepared.sentences
    )


def _attributes(question: Question, prepared: Prepared) -> tuple[int, int]:
    conflicts = fits = 0
    for kind, asked in question.attributes.items():
        named = prepared.attributes.get(kind)
        if named:
            conflicts += not (asked & named)
            fits += bool(asked & named)
    return conflicts, fits
