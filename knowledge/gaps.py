"""Gaps: questions without a good answer. Masked, gathered by meaning, ranked by how many members asked, drafted.

Everything here is pure. No model takes part, so the same questions always give the same gaps.
"""

import hashlib
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from knowledge.language.ages import Age, ages
from knowledge.language.masking import unmarked
from knowledge.language.terms import canonical, grams, runs
from knowledge.language.wordings import LONGEST, SAME, Wordings, wordings
from knowledge.questions.asking import Wants, bare, wants, without_asking
from knowledge.types import Guide

ALIKE = 0.6  # cosine of two subjects from which they are one question; chosen on the pairs in the test
TOO_LONG = 1000  # characters; nobody asks a question that long, but some paste things
_LEAST_CHARACTERS = 3  # different Chinese characters a subject has
_LEAST_WORDS = 3  # or Latin words
_KEYWORDS = 8  # of a draft
_TITLE = 60  # characters of a draft's title
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ENDS = " \t\n。，、！？!?,.;；:：~～…—-\"'“”‘’()（）#*`>"


class GapKind(StrEnum):
    """Why it is a gap. A value is stored, so it never changes."""

    REFUSED = "refused"  # the guides hold no evidence
    DISLIKED = "disliked"  # an answer was given, and called useless


class Stage(StrEnum):
    """How far an open gap has come. A value is stored, so it never changes."""

    OPEN = "open"
    DRAFTED = "drafted"
    PUBLISHED = "published"  # its guide is in the folder; it closes once its questions pass
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Ask:
    """One question as it was asked, masked. `who` is a salted hash: it tells members apart and names nobody.

    `nearest` is the title of the guide that came closest, or of the one that was disliked.
    """

    question: str
    who: str
    day: date
    nearest: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions of one meaning, oldest first and never none. `number` is what people type.

    `guide` is the file that was published for it, if any.
    """

    number: int
    kind: GapKind
    asks: tuple[Ask, ...]
    stage: Stage = Stage.OPEN
    guide: str = ""

    @property
    def question(self) -> str:
        return self.asks[0].question

    @property
    def members(self) -> int:
        return len({ask.who for ask in self.asks})

    @property
    def since(self) -> date:
        return min(ask.day for ask in self.asks)

    @property
    def latest(self) -> date:
        return max(ask.day for ask in self.asks)

    @property
    def nearest(self) -> str:
        return next((ask.nearest for ask in reversed(self.asks) if ask.nearest), "")


class NoDraft(Exception):
    """The draft cannot become a guide; the message says why, in words for an operator."""


def ranked(gaps: Iterable[Gap]) -> list[Gap]:
    """The gap that most members asked about first; among equals the one asked last, then the older number."""
    return sorted(gaps, key=lambda gap: (-gap.members, -gap.latest.toordinal(), gap.number))


def worth_noting(question: str) -> bool:
    """Whether a question without an answer has a subject that a guide could be written about."""
    if len(question) >= TOO_LONG:
        return False
    units = {unit for run in runs(_subject(question)) for unit in run}
    words = [unit for unit in units if unit.isascii() and unit.isalpha()]
    characters = [unit for unit in units if not unit.isascii()]
    return len(characters) >= _LEAST_CHARACTERS or len(words) >= _LEAST_WORDS


# --- gathering --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Features:
    """What two questions are compared by."""

    terms: frozenset[str]
    numbers: frozenset[str]
    ages: tuple[Age, ...]
    attributes: dict[str, frozenset[str]]
    money: bool


def clusters(questions: Sequence[str], leading: int = 0) -> list[int]:
    """For each question the place of the one that leads its cluster, which is its own place where it leads itself.

    Greedy, in order: a question joins the nearest leader that is alike, else it leads from then on. The first `leading`
    questions lead whatever they say, so that gaps made earlier keep their numbers.
    """
    found: list[int] = []
    features = [_features(question) for question in questions]
    having: dict[str, list[int]] = defaultdict(list)  # a term → the leaders that have it
    for place, own in enumerate(features):
        leader = place if place < leading else _nearest(own, features, having)
        found.append(place if leader is None else leader)
        if found[place] == place:
            for term in own.terms:
                having[term].append(place)
    return found


def alike(one: str, other: str) -> bool:
    """Whether two questions ask for the same."""
    return clusters([one, other])[1] == 0


def _nearest(own: _Features, features: Sequence[_Features], having: dict[str, list[int]]) -> int | None:
    shared: Counter[int] = Counter()
    for term in own.terms:
        shared.update(having.get(term, ()))
    best, nearest = ALIKE, None
    for place, count in sorted(shared.items()):
        likeness = count / math.sqrt(len(own.terms) * len(features[place].terms))
        if likeness >= best and (nearest is None or likeness > best) and not _apart(own, features[place]):
            best, nearest = likeness, place
    return nearest


def _apart(one: _Features, other: _Features) -> bool:
    """Whether two questions ask for different things, however alike they sound: another age, material or price."""
    if one.money != other.money:
        return True
    if one.ages and other.ages:
        if not any(age.overlaps(second) for age in one.ages for second in other.ages):
            return True
    elif one.numbers and other.numbers and one.numbers.isdisjoint(other.numbers):
        return True
    shared = one.attributes.keys() & other.attributes.keys()
    return any(one.attributes[kind].isdisjoint(other.attributes[kind]) for kind in shared)


def _features(question: str) -> _Features:
    plain = bare(canonical(unmarked(question)))
    return _Features(
        terms=frozenset(grams(_subject(question))),
        numbers=frozenset(_NUMBER.findall(plain)),
        ages=ages(plain),
        attributes=_wordings().values(plain),
        money=Wants.MONEY in wants(plain),
    )


def _subject(question: str) -> str:
    """What a question is about, in canonical characters: the words that only ask taken out, one wording per meaning."""
    plain = without_asking(bare(canonical(unmarked(question))))
    known, pieces, at = _wordings().forms, [], 0
    while at < len(plain):
        size = next((n for n in range(min(LONGEST, len(plain) - at), 0, -1) if plain[at : at + n] in known), 0)
        pieces.append(_meaning(plain[at : at + size]) if size else plain[at])
        at += size or 1
    return "".join(pieces)


@cache
def _meaning(word: str) -> str:
    """The one wording that stands for all that mean the same as `word`: short, so that no word weighs more than others.

    Several characters where there is such a one, because a single one also stands inside other words.
    """
    same = [word, *(other for other, credit in _wordings().forms[word] if credit >= SAME)]
    return min(same, key=lambda wording: (len(wording) < 2, len(wording), wording))


@cache
def _wordings() -> Wordings:
    return wordings()  # read once; nobody changes it


# --- drafting ---------------------------------------------------------------------------------------------------------


def draft(gap: Gap, text: str, topic: str, source: str) -> str:
    """A guide about a gap as a Markdown file, not reviewed: `text` is the body, `source` who wrote it and when."""
    head = {
        "title": _title(gap),
        "topic": topic,
        "keywords": _keywords(gap),
        "reviewed_by": "",
        "source": source,
    }
    return f"---\n{_yaml(head)}---\n{_body(text)}\n"


def reviewed(written: str, by: str, on: date) -> str:
    """A draft as a guide: what somebody wrote into the file stays, who reviewed it and when is filled in.

    Raises NoDraft where the file is no longer one that could be read as a guide.
    """
    try:
        head, body = frontmatter.parse(written, handler=YAMLHandler())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise NoDraft("草稿开头的 front matter 写法有误，请改好再发布。") from error
    if not str(head.get("title") or "").strip() or not body.strip():
        raise NoDraft("草稿里没有标题或正文，请补上再发布。")
    return f"---\n{_yaml({**head, 'reviewed_by': by, 'reviewed_on': on})}---\n{body.strip()}\n"


def digest(guide: Guide) -> str:
    """Changes with whatever a reader of the guide would notice."""
    said = "\x1f".join((guide.title, guide.body, *guide.keywords))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def _title(gap: Gap) -> str:
    line = " ".join(unmarked(gap.question).split()).strip(_ENDS)
    return _printable(line)[:_TITLE] or f"第 {gap.number} 条问题"


def _keywords(gap: Gap) -> list[str]:
    """The subject of each question in its own words, so that every wording finds the guide."""
    said = [bare(canonical(unmarked(ask.question))) for ask in gap.asks]
    words = ["".join(run) for plain in said for run in runs(without_asking(plain))]
    return list(dict.fromkeys(word for word in words if 2 <= len(word) <= 12))[:_KEYWORDS]


def _body(text: str) -> str:
    """What an operator wrote, as it is, without characters that no file should hold."""
    return "\n".join(_printable(line) for line in text.strip().splitlines())


def _printable(text: str) -> str:
    return "".join(char for char in text if char == "\t" or unicodedata.category(char) not in ("Cc", "Cs"))


def _yaml(head: Mapping[str, object]) -> str:
    """YAML does the quoting: a title cannot end the front matter or add a key to it."""
    return str(yaml.safe_dump(dict(head), allow_unicode=True, sort_keys=False, width=1000))
