"""Different words for one thing. Our own table comes with the program; operators add theirs in `guides/synonyms.yaml`.

Only searching uses them: quotes are always the guide's own text.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from knowledge.language.terms import bigrams, canonical
from knowledge.questions.asking import GAP, without_asking

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it is there

FILE = "synonyms.yaml"  # beside the guides
SAME = 0.95  # credit for another wording of the same thing
RELATED = 0.5  # credit for something close to it
PHRASE = 0.85  # credit for what a colloquial phrase stands for
_GROUPS = ("everyday.yaml", "english.yaml", "dialects.yaml", "members.yaml")
_PHRASES = ("phrases-home.yaml", "phrases-parenting.yaml", "phrases-service.yaml", "phrases-scenes.yaml")
TOLD = 0.65  # share of a phrase's neighbouring characters that must occur for it to be told
MOST = 3  # phrases of one text
LONGEST = 10  # characters of a wording
LARGEST = 512 * 1024  # bytes of the operators' file


class WrongWordings(Exception):
    """The operators' table cannot be used; the message says where and why."""


class Phrases:
    """Colloquial ways of telling something (喂一口吐一口) with the written words they stand for (拒食).

    They are found by their neighbouring characters: most must occur in the text, close together.
    """

    def __init__(self, meant: Mapping[str, tuple[str, ...]]) -> None:
        self.meant = meant
        self._meant = tuple(meant.items())
        self._sizes: list[int] = []  # how many pairs each phrase has
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        for number, (phrase, _) in enumerate(self._meant):
            pairs = _telling_pairs(phrase)
            self._sizes.append(len(pairs))
            for pair in pairs:
                self._having[pair].append(number)

    def told_in(self, plain: str) -> list[tuple[str, tuple[str, ...], float]]:
        """The phrases that a canonical text tells, with what they stand for and how fully they are there (0–1)."""
        places: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for at, pair in enumerate(bigrams(plain)):
            for number in self._having.get(pair, ()):
                places[number].setdefault(pair, at)
        found = []
        for number, seen in places.items():
            share, spread = len(seen) / self._sizes[number], max(seen.values()) - min(seen.values())
            if len(seen) >= 2 and share >= TOLD and spread <= 2 * self._sizes[number] + 4:
                found.append((*self._meant[number], share))
        found.sort(key=lambda one: (-one[2], -len(one[0])))
        return list({words: (phrase, words, share) for phrase, words, share in reversed(found)}.values())[::-1][:MOST]


def _telling_pairs(phrase: str) -> frozenset[str]:
    """The neighbouring characters of a phrase without those that only ask, unless hardly any are left."""
    kept = frozenset(pair for pair in bigrams(without_asking(phrase)) if GAP not in pair)
    return kept if len(kept) > 1 else frozenset(bigrams(phrase))


@dataclass(frozen=True, slots=True)
class Wordings:
    """`forms` maps a wording to the others with their credit (0–1); `attributes` maps a wording to (class, value)s."""

    forms: Mapping[str, tuple[tuple[str, float], ...]]
    attributes: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    phrases: Phrases = field(default_factory=lambda: Phrases({}))
    written: Mapping[str, str] = field(default_factory=dict)  # Latin word → the Chinese one that guides use

    def values(self, plain: str) -> dict[str, frozenset[str]]:
        """The attributes that a canonical text names: class → values."""
        named: dict[str, set[str]] = defaultdict(set)
        for start, end in _longest(plain, self.attributes):
            for kind, value in self.attributes[plain[start:end]]:
                named[kind].add(value)
        return {kind: frozenset(values) for kind, values in named.items()}


def _longest(plain: str, table: Mapping[str, object]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(plain):
        size = next((n for n in range(min(LONGEST, len(plain) - at), 0, -1) if plain[at : at + n] in table), 0)
        if size:
            found.append((at, at + size))
        at += size or 1
    return found


def wordings(added: Sequence[Sequence[str]] = ()) -> Wordings:
    """Our own table with the groups that operators `added`."""
    own = _own()
    forms: dict[str, dict[str, float]] = defaultdict(dict)
    for group in _merged([*own.groups, *map(_canonical, added)]):
        _join(forms, group, SAME)
    for near in own.related:
        _join(forms, near, RELATED)
    shared: dict[tuple[str, float], tuple[str, float]] = {}  # a pair stands with every wording of its group
    found = {word: tuple(shared.setdefault(one, one) for one in others.items()) for word, others in forms.items()}
    return Wordings(found, own.attributes, own.phrases, own.written)


def taught() -> list[tuple[str, str]]:
    """What our own tables teach, as (what people say, how it is written), both canonical."""
    own = _own()
    words = [(word, group[0]) for group in own.groups for word in group[1:]]
    return [*words, *((phrase, " ".join(written)) for phrase, written in own.phrases.meant.items())]


def _merged(groups: Iterable[Sequence[str]]) -> list[list[str]]:
    """Canonical groups; one whose first wording stands in an earlier group is part of that one."""
    found: list[list[str]] = []
    having: dict[str, list[str]] = {}
    for words in groups:
        joined = having.get(words[0])
        if joined is None:
            joined = []
            found.append(joined)
        joined += words
        for word in words:
            having.setdefault(word, joined)
    return found


def read(folder: Path) -> tuple[tuple[str, ...], ...]:
    """The operators' groups from `folder`/synonyms.yaml; none where there is no such file. Raises WrongWordings."""
    path = folder / FILE
    try:
        if not path.is_file():
            return ()
        if path.stat().st_size > LARGEST:
            raise WrongWordings("文件太大，请只写常用的词。")
        loaded = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise WrongWordings("文件读不到，或不是 UTF-8 编码。") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WrongWordings("YAML 写法有误，请写成每行一组，例如 - 宝宝=bb=娃。") from error
    rows = loaded.get("groups") if isinstance(loaded, dict) else loaded
    if rows is None:
        return ()
    if not isinstance(rows, list):
        raise WrongWordings("请写成每行一组，例如 - 宝宝=bb=娃。")
    return tuple(_group(number, row) for number, row in enumerate(rows, 1))


def _group(number: int, row: object) -> tuple[str, ...]:
    words = row.split("=") if isinstance(row, str) else row
    if not isinstance(words, list) or not all(isinstance(word, str | int | float) for word in words):
        raise WrongWordings(f"第 {number} 组应该是一组词，例如 - 宝宝=bb=娃。")
    kept = tuple(dict.fromkeys(clean for word in words if (clean := canonical(str(word)).strip())))
    if len(kept) < 2:
        raise WrongWordings(f"第 {number} 组至少要有两个不同的词。")
    if long := next((word for word in kept if len(word) > LONGEST), ""):
        raise WrongWordings(f"第 {number} 组的“{long[:12]}…”太长，每个词最多 {LONGEST} 个字。")
    return kept


def _join(forms: dict[str, dict[str, float]], group: Iterable[str], credit: float) -> None:
    words = [word for word in dict.fromkeys(group) if word]
    for word in words:
        for other in words:
            if other != word:
                forms[word][other] = max(credit, forms[word].get(other, 0.0))


@dataclass(frozen=True, slots=True)
class _Own:
    """Our own table. All words are canonical."""

    groups: Sequence[Sequence[str]]
    related: Sequence[Sequence[str]]
    attributes: Mapping[str, tuple[tuple[str, str], ...]]
    phrases: Phrases
    written: Mapping[str, str]


@cache
def _own() -> _Own:
    """Read once, in a quarter of a second; the files as they were read are not kept."""
    first = _load("synonyms.yaml")
    groups = [*first["groups"], *(group for name in _GROUPS for group in _load(name) or ())]
    return _Own(
        [_canonical(group) for group in groups],
        [_canonical(group) for group in first["related"]],
        _attributes(_load("attributes.yaml")),
        Phrases(_meant(first["phrases"])),
        _written(groups),
    )


def _canonical(group: Iterable[object]) -> list[str]:
    return [canonical(str(word)) for word in group]


def _written(groups: Iterable[Sequence[object]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for first, *others in groups:
        for word in map(str, others):
            if word.isascii() and not str(first).isascii():
                found.setdefault(canonical(word), canonical(str(first)))
    return found


def _attributes(kinds: Mapping[Any, Mapping[Any, Iterable[Any]]]) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, values in kinds.items():
        for value, words in values.items():
            for word in dict.fromkeys([str(value), *map(str, words)]):
                found[canonical(word)].append((str(kind), str(value)))
    return {word: tuple(values) for word, values in found.items()}


def _meant(told_first: Mapping[Any, Any]) -> dict[str, tuple[str, ...]]:
    meant = {canonical(str(phrase)): tuple(str(words).split()) for phrase, words in told_first.items()}
    for name in _PHRASES:
        for written, told in (_load(name) or {}).items():
            words = tuple(canonical(word) for word in str(written).split())
            meant.update((canonical(str(phrase)), words) for phrase in told)
    return meant


def _load(name: str) -> Any:
    source = files("knowledge.language").joinpath("words", name)
    return yaml.load(source.read_text(encoding="utf-8"), _LOADER) if source.is_file() else None  # noqa: S506
