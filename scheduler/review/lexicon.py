"""The word lists of the review: built in, extended by operators, and never silently missing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from scheduler.review.spelling import Respelling
from scheduler.review.types import Code

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster where it is there
BUILT_IN = Path(str(files("scheduler.review").joinpath("lexicon.yaml")))
LONGEST_GAP = 60  # characters that `<n>` of a pattern may let pass
_PLACE = re.compile(r"<(,?)([^<>=!]+)>")
_STOPS, _ENDS = ",。!?;…\\n|", "。!?\\n|"
_EMOJI = "[^\\w\\s,。!?;:、%]"
_LISTS = ("find", "words", "unless", "allowed", "unless_near")
_TOP = {"version", "date", "names", "disguises", "split", "codes", "signals", "hints", "denial"}


class LexiconUnusable(Exception):
    """A word list is missing or broken, so nothing may be approved. The message is Chinese and says what to mend."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of breaking a law: `find` in a sentence where `near` is found too, in a post where `post` is."""

    find: re.Pattern[str]
    near: re.Pattern[str] | None
    post: re.Pattern[str] | None
    unless: re.Pattern[str] | None  # a lawful frame: where it covers what was found, that is taken back
    unless_near: re.Pattern[str] | None  # … where it stands in the same sentence
    deniable: bool  # "这不能根治" is no claim
    sure: bool = False  # no classifier takes it back; so are all of operators' own


@dataclass(frozen=True, slots=True)
class Article:
    """A code with its law, what to tell the operator (`{quote}` stands for the words), and its rules."""

    code: Code
    law: str
    why: str
    rules: tuple[Rule, ...]
    unless: re.Pattern[str] | None
    unless_near: re.Pattern[str] | None
    allowed: re.Pattern[str] | None  # operators' own lawful words: the classifier finds nothing in their sentence


@dataclass(frozen=True, slots=True)
class Denial:
    """What says that a claim is none."""

    before: re.Pattern[str]  # the words, in their clause
    after: re.Pattern[str]  # … in their sentence
    quoted: re.Pattern[str]  # anywhere in the post, of words in quotation marks: they are told about


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything the review judges by. `version` names all files: what was judged by another one is judged anew."""

    version: str
    date: date
    articles: tuple[Article, ...]
    signals: Mapping[str, tuple[re.Pattern[str], ...]]  # of selling and of help, by name
    hints: Mapping[str, re.Pattern[str]]  # turns of speech that the classifier of the codes weighs, by name
    disguises: Respelling
    denial: Denial

    @classmethod
    def read(cls, paths: Iterable[Path] = ()) -> "Lexicon":
        """The built-in lists with those at `paths` added. Raises LexiconUnusable, never leaves a list out."""
        return _merged([_loaded(path) for path in (BUILT_IN, *paths)])


def _loaded(path: Path) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 - a safe loader
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LexiconUnusable(f"审稿词表 {path.name} 读不了，先不能批准任何内容。请检查这个文件。") from error
    if not isinstance(found, dict) or not found.get("version") or not isinstance(found.get("date"), date):
        raise _broken(path, "要有 version 和 date（如 2026-11-22）")
    if unknown := set(found) - _TOP:
        raise _broken(path, f"不认识 {'、'.join(sorted(map(str, unknown)))}")
    if not isinstance(found.get("codes"), dict) or not set(found["codes"]) <= set(Code):
        raise _broken(path, f"codes 下只能是 {'、'.join(Code)}")
    return {**found, "path": path}


def _broken(path: Path, what: str) -> LexiconUnusable:
    return LexiconUnusable(f"审稿词表 {path.name} 有问题：{what}。改好之前先不能批准任何内容。")


def _merged(lists: Sequence[dict[str, Any]]) -> Lexicon:
    own = lists[0]
    names: dict[str, str] = {}
    for each in lists:
        names |= {str(name): _joined(words) for name, words in (each.get("names") or {}).items()}
    try:
        articles = tuple(_article(code, lists, names) for code in Code)
        signals = {
            name: tuple(_compiled(one, names) for one in every) for name, every in (own.get("signals") or {}).items()
        }
        hints = {name: _compiled(one, names) for name, one in own["hints"].items()}
        denial = Denial(*(_compiled(own["denial"][place], names) for place in ("before", "after", "quoted")))
        disguises = _disguises(lists)
    except (KeyError, TypeError, AttributeError) as error:
        raise LexiconUnusable("审稿词表不完整，先不能批准任何内容。请用完整的词表文件。") from error
    version = "+".join(str(each["version"]) for each in lists)
    return Lexicon(version, max(each["date"] for each in lists), articles, signals, hints, disguises, denial)


def _article(code: Code, lists: Sequence[dict[str, Any]], names: Mapping[str, str]) -> Article:
    rules: list[Rule] = []
    unless: list[str] = []
    unless_near: list[str] = []
    allowed: list[str] = []
    for each in lists:
        told = each["codes"].get(code) or {}
        try:
            _strings_only(told)
            found = [_rule(one, names) for one in (*told.get("rules", ()), *_simple(told))]
            rules += [replace(one, sure=one.sure or each is not lists[0]) for one in found]
            unless += [*told.get("unless", ()), *map(re.escape, told.get("allowed", ()))]
            allowed += map(re.escape, told.get("allowed", ()))
            unless_near += told.get("unless_near", ())
            either = _either(unless, names), _either(unless_near, names), _either(allowed, names)
        except (re.error, KeyError, TypeError, AttributeError, ValueError) as error:
            raise _broken(each["path"], f"{code} 里有写错的地方（{error}）") from error
    told = lists[0]["codes"][code]
    if not rules or not told["law"] or not told["why"]:
        raise _broken(lists[0]["path"], f"{code} 是空的")
    return Article(code, told["law"], told["why"], tuple(rules), *either)


def _strings_only(told: Mapping[str, Any]) -> None:
    for one in (told, *told.get("rules", ())):
        for name in _LISTS:
            found = one.get(name, [])
            if not isinstance(found, list) or not all(isinstance(word, str) and word.strip() for word in found):
                raise ValueError(f"{name} 要是一列文字")


def _simple(told: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Plain words, as operators write them."""
    if told.get("words"):
        yield {"find": [re.escape(word) for word in told["words"]]}


def _rule(told: Mapping[str, Any], names: Mapping[str, str]) -> Rule:
    find = _either(told["find"], names)
    if find is None or find.search("") is not None:
        raise ValueError("find 不能是空的")
    near, post = (_compiled(told[name], names) if name in told else None for name in ("near", "post"))
    frames = _either(told.get("unless", ()), names), _either(told.get("unless_near", ()), names)
    return Rule(find, near, post, *frames, bool(told.get("deniable", True)), bool(told.get("sure")))


def _either(patterns: Iterable[str], names: Mapping[str, str]) -> re.Pattern[str] | None:
    every = list(patterns)
    return _compiled("|".join(every), names) if every else None


def _compiled(pattern: str, names: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile(_opened(pattern, names))


def _opened(pattern: str, names: Mapping[str, str]) -> str:
    """`<名>` is one of the words of that name, `<6>` up to six characters of the clause, `<,6>` of the sentence."""

    def open_one(found: re.Match[str]) -> str:
        comma, name = found.groups()
        if not name.isdigit():
            return f"(?:{_opened(names[name], names)})"
        if int(name) > LONGEST_GAP:
            raise ValueError(f"<{name}> 太远了，最多 {LONGEST_GAP} 个字")
        return f"[^{_ENDS if comma else _STOPS}]{{0,{name}}}"

    return _PLACE.sub(open_one, pattern)


def _joined(words: object) -> str:
    return words if isinstance(words, str) else "|".join(map(str, words))  # type: ignore[call-overload]


def _disguises(lists: Sequence[dict[str, Any]]) -> Respelling:
    """One pattern for all disguises: 蕞 stands for 最, and so does 最🔥佳 for 最佳."""
    meant = {str(old): str(new) for each in lists for old, new in (each.get("disguises") or {}).items()}
    split = sorted({str(word) for each in lists for word in each.get("split") or ()}, key=len, reverse=True)
    parts = [f"(?<![a-z]){_spaced(old)}(?![a-z])" if old.isascii() else re.escape(old) for old in _longest(meant)]
    parts += [f"{_EMOJI}{{0,2}}".join(map(re.escape, word)) for word in split]
    stripped = re.compile(f"{_EMOJI}| ")
    squeezed = {old.replace(" ", ""): new for old, new in meant.items()}

    def usual(found: re.Match[str]) -> str:
        bare = stripped.sub("", found.group())
        return squeezed.get(bare, squeezed.get(found.group(), bare))

    return re.compile("|".join(parts)), usual


def _longest(words: Iterable[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)


def _spaced(pinyin: str) -> str:
    return re.escape(pinyin).replace("\\ ", " ?")
