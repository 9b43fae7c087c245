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
_GROUPS = ("everyday.yaml", "english.yaml", "dialects.yaml")
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
        self._meant = tuple(meant.items())
        self._pairs = [_telling_pairs(phrase) for phrase, _ in self._meant]
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        for number, pairs in enumerate(self._pairs):
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
            share, spread = len(seen) / len(self._pairs[number]), max(seen.values()) - min(seen.values())
            if len(seen) >= 2 and share >= TOLD and spread <= 2 * len(self._pairs[number]) + 4:
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
    own = _own("synonyms.yaml")
    forms: dict[str, dict[str, float]] = defaultdict(dict)
    for group in _merged([*own["groups"], *(group for name in _GROUPS for group in _own_groups(name)), *added]):
        _join(forms, group, SAME)
    for group in own["related"]:
        _join(forms, [canonical(str(word)) for word in group], RELATED)
    return Wordings(
        {word: tuple(others.items()) for word, others in forms.items()}, _attributes(), _phrases(), _written()
    )


def _merged(groups: Iterable[Iterable[object]]) -> list[list[str]]:
    """Groups; one whose first wording stands in an earlier group is part of that one."""
    found: list[list[str]] = []
    having: dict[str, list[str]] = {}
    for group in groups:
        words = [canonical(str(word)) for word in group]
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


@cache
def _written() -> dict[str, str]:
    groups = [*_own("synonyms.yaml")["groups"], *(group for name in _GROUPS for group in _own_groups(name))]
    found: dict[str, str] = {}
    for first, *others in groups:
        for word in map(str, others):
            if word.isascii() and not str(first).isascii():
                found.setdefault(canonical(word), canonical(str(first)))
    return found


@cache
def _attributes() -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, values in _own("attributes.yaml").items():
        for value, words in values.items():
            for word in dict.fromkeys([str(value), *map(str, words)]):
                found[canonical(word)].append((str(kind), str(value)))
    return {word: tuple(values) for word, values in found.items()}


@cache
def _phrases() -> Phrases:
    told_first = _own("synonyms.yaml")["phrases"]
    meant = {canonical(str(phrase)): tuple(str(words).split()) for phrase, words in told_first.items()}
    for name in _PHRASES:
        for written, told in _own(name).items():
            words = tuple(canonical(word) for word in str(written).split())
            meant.update((canonical(str(phrase)), words) for phrase in told)
    return Phrases(meant)


def _own_groups(name: str) -> list[list[str]]:
    loaded = _load(name)
    return [list(map(str, group)) for group in loaded or ()]


@cache
def _own(name: str) -> dict[str, Any]:
    return dict(_load(name) or {})


def _load(name: str) -> Any:
    source = files("knowledge.language").joinpath("words", name)
    return yaml.load(source.read_text(encoding="utf-8"), _LOADER) if source.is_file() else None  # noqa: S506
