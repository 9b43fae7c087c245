"""Questions with known answers: what a row asks for, how an answer is marked, and the figures over many marks.

Pure: asking the library is the caller's business. docs/evaluation.md says how a set is written and what each figure
means.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Literal, get_args

from knowledge.language.terms import canonical
from knowledge.types import Answer, Hit, Line

Kind = Literal["answerable", "unanswerable", "urgent"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Z = 1.959964  # of a normal distribution: 95 % lie within
BY_CHANCE = 0.05  # a difference that chance alone would bring as often as this is not believed
QUESTION_SHOWN = 40  # characters
_MARKS = str.maketrans("", "", "*`")  # of Markdown: **24 ℃** says 24 ℃


class WrongRow(Exception):
    """Why a row cannot be used, for the one who wrote it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its known answer.

    `guides` are file names, any of which is right; `sections` are headings in the first of them. Each entry of `must`
    is satisfied by any one of its strings. `history` is oldest first.
    """

    id: str
    question: str
    kind: Kind
    style: str
    guides: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    history: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """How the library did on one row; holds no text of the question or the answer.

    `place`: where the first right guide stands among the guides found, from 1; 0 when it was not found, None when no
    search was made (only answerable rows that stand by themselves are searched for). `section`: whether the first hit
    is in a right section, None when the row names none. `cited`: whether the first citation is of a right guide, None
    without a citation. `told`: whether the text has all it must and nothing it must not.
    """

    id: str
    kind: Kind
    style: str
    follow_up: bool
    place: int | None
    section: bool | None
    refused: bool
    urgent: bool
    cited: bool | None
    told: bool

    @property
    def answerable(self) -> bool:
        return self.kind == "answerable"

    @property
    def right(self) -> bool:
        """Whether the bot did what the row asks for."""
        if self.kind == "urgent":
            return self.urgent
        if self.kind == "unanswerable":
            return self.refused
        return not self.refused and not self.urgent and self.cited is True and self.told


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure: the share of the rows it looks at (`of` is not None) for which `of` is True."""

    label: str
    of: Callable[[Mark], bool | None]
    more_is_better: bool = True


def _among(kind: Kind, met: Callable[[Mark], bool]) -> Callable[[Mark], bool | None]:
    return lambda mark: met(mark) if mark.kind == kind else None


MEASURES: Mapping[str, Measure] = {
    "recall_1": Measure("指南命中 @1", lambda mark: None if mark.place is None else mark.place == 1),
    "recall_3": Measure("指南命中 @3", lambda mark: None if mark.place is None else 1 <= mark.place <= 3),
    "section_1": Measure("章节命中 @1", lambda mark: mark.section),
    "correct": Measure("答对", _among("answerable", lambda mark: mark.right)),
    "follow_ups": Measure(
        "追问答对", lambda mark: mark.right if mark.follow_up and mark.kind == "answerable" else None
    ),
    "refused": Measure("该答却拒答", _among("answerable", lambda mark: mark.refused), False),
    "wrong_guide": Measure("引错指南", _among("answerable", lambda mark: mark.cited is False), False),
    "lacking": Measure("指南对、内容缺", _among("answerable", lambda mark: bool(mark.cited) and not mark.told), False),
    "false_answers": Measure("该拒答却答", _among("unanswerable", lambda mark: not mark.refused), False),
    "urgent": Measure("紧急认出", _among("urgent", lambda mark: mark.urgent)),
    "false_alarms": Measure("误报紧急", lambda mark: None if mark.kind == "urgent" else mark.urgent, False),
}


@dataclass(frozen=True, slots=True)
class Share:
    """`good` of `of` rows. `low` and `high` bound the true share with 95 % confidence (Wilson's score interval)."""

    good: int
    of: int

    @property
    def value(self) -> float:
        return self.good / self.of if self.of else math.nan

    @property
    def low(self) -> float:
        return max(0.0, self._middle - self._half) if self.good else 0.0

    @property
    def high(self) -> float:
        return min(1.0, self._middle + self._half) if self.good < self.of else 1.0

    @property
    def _middle(self) -> float:
        return (self.good + Z * Z / 2) / (self.of + Z * Z)

    @property
    def _half(self) -> float:
        spread = self.good * (self.of - self.good) / self.of if self.of else 0.0
        return Z / (self.of + Z * Z) * math.sqrt(spread + Z * Z / 4)


class Tally:
    """Counts marks. What it holds grows with the styles, not with the rows."""

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self.rows: Counter[tuple[Kind, str]] = Counter()
        self._seen: Counter[tuple[str, Kind, str]] = Counter()
        self._good: Counter[tuple[str, Kind, str]] = Counter()
        self._right: Counter[tuple[Kind, str]] = Counter()
        for mark in marks:
            self.add(mark)

    def add(self, mark: Mark) -> None:
        self.rows[mark.kind, mark.style] += 1
        self._right[mark.kind, mark.style] += mark.right
        for name, measure in MEASURES.items():
            met = measure.of(mark)
            if met is not None:
                self._seen[name, mark.kind, mark.style] += 1
                self._good[name, mark.kind, mark.style] += met

    def share(self, name: str, style: tuple[Kind, str] | None = None) -> Share:
        """The figure `name` over all rows, or over those of one kind and style."""
        keys = [key for key in self._seen if key[0] == name and style in (None, key[1:])]
        return Share(sum(self._good[key] for key in keys), sum(self._seen[key] for key in keys))

    def right(self, style: tuple[Kind, str]) -> Share:
        """The rows of a kind and style for which the bot did what it should."""
        return Share(self._right[style], self.rows[style])

    @property
    def styles(self) -> list[tuple[Kind, str]]:
        return sorted(self.rows, key=lambda style: (KINDS.index(style[0]), style[1]))


@dataclass(frozen=True, slots=True)
class Failure:
    """A row on which the bot did something else than it should."""

    id: str
    style: str
    question: str
    expected: str
    got: str
    text: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure before and after over the same rows.

    `better` and `worse` are the ids of the rows that changed; `chance` is the probability that chance alone makes them
    differ at least so unevenly (McNemar's exact test, two-sided).
    """

    name: str
    before: Share
    after: Share
    better: tuple[str, ...]
    worse: tuple[str, ...]
    chance: float

    @property
    def believed(self) -> bool:
        return self.chance < BY_CHANCE


def row(found: object) -> Row:
    """A row from its JSON. Raises WrongRow."""
    if not isinstance(found, dict) or not isinstance(found.get("question"), str) or not found["question"].strip():
        raise WrongRow("要写成 {id, question, kind, …}，question 是文字。")
    if not isinstance(found.get("id"), str | int) or isinstance(found["id"], bool):
        raise WrongRow("缺少 id（文字或整数）。")
    if found.get("kind") not in KINDS:
        raise WrongRow(f"kind 要写成 {'、'.join(KINDS)} 之一。")
    guides = _texts(found, "guide")
    if found["kind"] == "answerable" and not guides:
        raise WrongRow("kind 是 answerable 时，guide 要写能回答它的指南文件名。")
    return Row(
        id=str(found["id"]),
        question=found["question"],
        kind=found["kind"],
        style=str(found.get("style") or "–"),
        guides=guides,
        sections=_texts(found, "section"),
        must=_must(found.get("must") or []),
        must_not=_texts(found, "must_not"),
        history=history(found.get("history") or []),
    )


def mark(asked: Row, hits: Sequence[Hit] | None, answer: Answer) -> Mark:
    """Mark an answer; `hits` is what a search for the question found, best first, None where none was made."""
    text = normal(answer.text)
    return Mark(
        id=asked.id,
        kind=asked.kind,
        style=asked.style,
        follow_up=bool(asked.history),
        place=None if hits is None else _place(asked, hits),
        section=None if hits is None or not asked.sections else bool(hits) and _in_section(asked, hits[0]),
        refused=answer.refused,
        urgent=answer.urgent,
        cited=answer.citations[0].guide in asked.guides if answer.citations else None,
        told=not _missing(asked, text) and not _unwanted(asked, text),
    )


def failure(asked: Row, marked: Mark, answer: Answer) -> Failure | None:
    """What went wrong, in words for an operator; None when nothing did."""
    if marked.right:
        return None
    question = " ".join(asked.question.split())
    shown = question if len(question) <= QUESTION_SHOWN else f"{question[: QUESTION_SHOWN - 1]}…"
    return Failure(asked.id, asked.style, shown, _expected(asked), _got(asked, marked, answer), answer.text)


def marked_from(found: object) -> Mark:
    """A mark from what `saved` gave. Raises WrongRow."""
    if not isinstance(found, dict) or set(found) != {field.name for field in fields(Mark)}:
        raise WrongRow("不是 fencun eval --save 存下的结果。")
    texts, flags = (found["id"], found["style"]), (found["follow_up"], found["refused"], found["urgent"], found["told"])
    sound = all(isinstance(text, str) for text in texts) and all(isinstance(flag, bool) for flag in flags)
    maybe = all(flag is None or isinstance(flag, bool) for flag in (found["section"], found["cited"]))
    if not sound or not maybe or found["kind"] not in KINDS or not isinstance(found["place"], int | None):
        raise WrongRow("存下的结果里有认不出的值。")
    return Mark(**found)


def saved(marked: Mark) -> dict[str, Any]:
    """A mark as JSON, to be compared with another run later."""
    return asdict(marked)


def compare(before: Iterable[Mark], after: Iterable[Mark]) -> list[Moved]:
    """Every figure over the rows that both runs have (same id and kind), in the order of MEASURES."""
    old = {(one.id, one.kind): one for one in before}
    pairs = [(old[one.id, one.kind], one) for one in after if (one.id, one.kind) in old]
    return [_moved(name, measure, pairs) for name, measure in MEASURES.items()]


def mcnemar(better: int, worse: int) -> float:
    """The probability (0–1) that of `better + worse` changed rows at least so many go one way by chance alone."""
    changed = better + worse
    tail: int = sum(math.comb(changed, few) for few in range(min(better, worse) + 1))
    total: int = 2**changed
    return min(1.0, 2 * tail / total)


def normal(text: str) -> str:
    """`text` as it is compared: NFKC, lower case, simplified, without blanks and the marks of bold and code."""
    # Character by character: `canonical` would also rewrite numerals, and differently with what stands beside them.
    plain = "".join(map(_character, text.translate(_MARKS)))
    return "".join(plain.split())


@lru_cache(maxsize=20_000)
def _character(char: str) -> str:
    return canonical(char)


def _texts(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A field that holds a text or a list of texts."""
    value = found.get(key) or []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.strip() for text in texts):
        raise WrongRow(f"{key} 要写成一组文字。")
    return tuple(texts)


def _must(found: object) -> tuple[tuple[str, ...], ...]:
    if not isinstance(found, list):
        raise WrongRow("must 要写成一组；其中一项也可以是一组，任一个出现即可。")
    entries = tuple(_texts({"must": entry}, "must") for entry in found)
    if not all(entries):
        raise WrongRow("must 里有空的一项。")
    return entries


def history(found: object) -> tuple[Line, ...]:
    """The earlier lines of a row: strings, or {from, text}, oldest first. Raises WrongRow."""
    if not isinstance(found, list):
        raise WrongRow("history 要写成一组。")
    return tuple(_line(one) for one in found)


def _line(one: object) -> Line:
    if isinstance(one, str):
        return Line("customer", one)
    if isinstance(one, dict) and isinstance(one.get("text"), str):
        match one.get("from"):
            case "customer" | "bot" | "staff" | "member" as sender:
                return Line(sender, one["text"])
    raise WrongRow("history 里要写文字，或 {from: customer|bot|staff|member, text}。")


def _place(asked: Row, hits: Sequence[Hit]) -> int:
    found = list(dict.fromkeys(hit.passage.guide for hit in hits))
    return next((place for place, guide in enumerate(found, 1) if guide in asked.guides), 0)


def _in_section(asked: Row, hit: Hit) -> bool:
    """Whether a hit is in a right section. The row names none of its further guides, there the guide must do."""
    if hit.passage.guide != asked.guides[0]:
        return hit.passage.guide in asked.guides
    headings = {normal(heading) for heading in (hit.passage.section, *hit.passage.section.split(" · "))}
    return any(normal(section) in headings for section in asked.sections)


def _missing(asked: Row, text: str) -> list[str]:
    return [" / ".join(entry) for entry in asked.must if not any(normal(one) in text for one in entry)]


def _unwanted(asked: Row, text: str) -> list[str]:
    return [one for one in asked.must_not if normal(one) in text]


def _expected(asked: Row) -> str:
    if asked.kind == "urgent":
        return "紧急提示"
    if asked.kind == "unanswerable":
        return "拒答"
    return "、".join((" 或 ".join(asked.guides), *(" / ".join(entry) for entry in asked.must)))


def _got(asked: Row, marked: Mark, answer: Answer) -> str:
    if answer.urgent:
        return "紧急提示"
    if answer.refused:
        return "拒答"
    cited = answer.citations[0].guide if answer.citations else "没有出处"
    if asked.kind != "answerable" or not marked.cited:
        return cited
    text = normal(answer.text)
    faults = [f"缺“{one}”" for one in _missing(asked, text)] + [f"多“{one}”" for one in _unwanted(asked, text)]
    return "、".join((cited, *faults))


def _moved(name: str, measure: Measure, pairs: Iterable[tuple[Mark, Mark]]) -> Moved:
    """Only rows that the figure looks at in both runs count."""
    met = [(old.id, measure.of(old), measure.of(new)) for old, new in pairs]
    both = [(id_, bool(old), bool(new)) for id_, old, new in met if old is not None and new is not None]
    gained = tuple(id_ for id_, old, new in both if new and not old)
    lost = tuple(id_ for id_, old, new in both if old and not new)
    better, worse = (gained, lost) if measure.more_is_better else (lost, gained)
    before = Share(sum(old for _, old, _ in both), len(both))
    after = Share(sum(new for _, _, new in both), len(both))
    return Moved(name, before, after, better, worse, mcnemar(len(better), len(worse)))
