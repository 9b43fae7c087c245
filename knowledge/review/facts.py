"""The sentences of a guide that state a quantity, made comparable: quantities as values, the rest as a key."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from knowledge.language.sentences import sentences
from knowledge.language.terms import canonical
from knowledge.types import Guide

# Dimension → unit → how many of the smallest unit. Months and years are ages and terms, never counted in days.
_DIMENSIONS: dict[str, dict[str, float]] = {
    "时": {"秒": 1, "分钟": 60, "分": 60, "min": 60, "小时": 3600, "钟头": 3600},
    "天": {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7},
    "月": {"个月": 1, "月龄": 1, "周岁": 12, "岁": 12, "年": 12},
    "长": {"毫米": 1, "mm": 1, "厘米": 10, "公分": 10, "cm": 10, "米": 1000, "m": 1000, "公里": 1e6, "km": 1e6},
    "重": {"毫克": 1, "mg": 1, "克": 1000, "g": 1000, "斤": 5e5, "公斤": 1e6, "千克": 1e6, "kg": 1e6},
    "容": {"毫升": 1, "ml": 1, "升": 1000, "l": 1000},
    "温": {"度": 1, "摄氏度": 1, "°c": 1},
    "钱": {"元": 1, "块钱": 1, "块": 1},
    "次": {"次": 1, "遍": 1, "回": 1},
    "积": {"平方米": 1, "平米": 1, "平方": 1, "m2": 1},
    **{
        unit: {unit: 1}
        for unit in ("个工作日", "工作日", "%", "滴", "勺", "粒", "片", "倍", "折", "杯", "颗", "层", "瓦", "iu", "k")
    },
}
_DIMENSIONS["工作日"] |= _DIMENSIONS.pop("个工作日")
_UNITS = {unit: (dimension, factor) for dimension, units in _DIMENSIONS.items() for unit, factor in units.items()}
_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![\d.第月:/a-z-])(?:(?P<clock>\d{{1,2}}:\d\d)(?:-(?P<till>\d{{1,2}}:\d\d))?"
    rf"|(?P<low>{_NUMBER})(?:(?:{_UNIT})?-(?P<high>{_NUMBER})|(?P<by>(?:\s*[x×*]\s*{_NUMBER})+))?\s*"
    rf"(?P<unit>{_UNIT})(?![a-z]))"
)
_FILLERS = re.compile(
    r"[\W_]+|建议|一般|通常|大约|左右|可以|应该|应当|需要|最好|尽量|支持|请|约|应|需|要|就|也|都|会|能|宜|的|了|是|为|在|可|并|则"
)
_OF_AN_AGE = re.compile(r"多?的|左右的|大|宝|孩|婴|幼|娃|儿|龄|时|以[上下内后前]|及以|之[前后]|[前后内起]")
_OF_A_SIZE = re.compile(r"[长宽高厚深大]?的|[床沙桌椅柜窗地灯被枕垫板墙门房宝孩娃婴人座家户装款版型级档]")
_CHOSEN = ("配", "选", "用", "铺", "买", "装")  # 配 160×230 厘米的地毯: here the size is what is said
_COUNTS = re.compile(r"[\d一二两三四五六七八九十百半]")  # without one of these a sentence has no quantity
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+|^>\s*")
_CLAUSE = re.compile(r"[,;，；]")
_EARLIEST_YEAR = 1900
_SHORTEST_CLAUSE = 8  # Chinese characters from which a clause can stand without the rest of its sentence


class Quantity(NamedTuple):
    """`text` as in the sentence (canonical); `values` in the smallest unit; what stands next to it."""

    text: str
    dimension: str
    values: tuple[float, ...]
    before: str
    after: str

    @property
    def qualifies(self) -> bool:
        """Whether it says what the sentence is about (1.8 米床, 6 个月的宝宝) and not what holds for it."""
        if self.dimension == "月":
            return _OF_AN_AGE.match(self.after) is not None
        return not self.before.endswith(_CHOSEN) and _OF_A_SIZE.match(self.after) is not None


class Fact(NamedTuple):
    """A statement of a guide, or a clause of one, that has quantities. A million of them must be quick to make.

    `place` is the guide's position in the library, `number` the statement's in the guide. `rest` is what the statement
    says beside the clause. `bare` is what is said without the quantities, `key` its characters sorted: equal keys say
    the same in any order. `size` counts its Chinese characters.
    """

    place: int
    number: int
    section: str
    rest: str
    bare: str
    key: str
    quantities: tuple[Quantity, ...]
    size: int


class Statement(NamedTuple):
    """A sentence, an item of a list, or a row of a table: `fixed` is its first cell, where numbers are names."""

    section: str
    fixed: str
    text: str


def facts(place: int, guide: Guide) -> Iterator[Fact]:
    """All facts of a guide, its text taken as canonical."""
    for number, statement in enumerate(statements(canonical(guide.body))):
        if _COUNTS.search(statement.text):
            yield from _facts(place, number, statement)


def statements(body: str) -> Iterator[Statement]:
    """The statements of a Markdown text, in order."""
    path: list[tuple[int, str]] = []
    section = ""
    head: list[str] = []
    for line in body.splitlines():
        if line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            path = [*(one for one in path if one[0] < level), (level, line.lstrip("# ").strip())]
            section = " · ".join(text for _, text in path if text)
        elif line.lstrip().startswith("|"):
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if not head:
                head = cells
            elif not set(line) <= set("|-: "):
                named = (f"{name}{cell}" for name, cell in zip(head[1:], cells[1:], strict=False))
                yield Statement(section, cells[0], "；".join(named))
        else:
            head = []
            for sentence in sentences(_ITEM.sub("", line)):
                yield Statement(section, "", sentence)


def quantities(plain: str) -> list[Quantity]:
    """The quantities of a canonical text. Years of the calendar and dates are none."""
    return [found for _, found in _found(plain)]


def _facts(place: int, number: int, statement: Statement) -> Iterator[Fact]:
    clauses = [_stripped(clause) for clause in _CLAUSE.split(statement.text)]
    stated = tuple(quantity for _, found in clauses for quantity in found)
    if not stated:
        return
    bare = _FILLERS.sub("", statement.fixed) + "".join(text for text, _ in clauses)
    yield _fact(place, number, statement.section, "", bare, stated)
    if len(clauses) == 1 or statement.fixed:
        return
    for at, (text, found) in enumerate(clauses):
        if found and len(text) >= _SHORTEST_CLAUSE:
            rest = " ".join(part for other, part in enumerate(_CLAUSE.split(statement.text)) if other != at)
            yield _fact(place, number, statement.section, rest, text, tuple(found))


def _fact(place: int, number: int, section: str, rest: str, bare: str, stated: tuple[Quantity, ...]) -> Fact:
    return Fact(place, number, section, rest, bare, "".join(sorted(bare)), stated, len(_HAN.findall(bare)))


def _stripped(clause: str) -> tuple[str, list[Quantity]]:
    """The clause without fillers, each quantity replaced by its dimension; and the quantities."""
    if not _COUNTS.search(clause):
        return _FILLERS.sub("", clause), []
    found = _found(clause)
    masked, end = [], 0
    for at, quantity in found:
        masked += [clause[end : at.start()], quantity.dimension]
        end = at.end()
    return _FILLERS.sub("", "".join([*masked, clause[end:]])), [quantity for _, quantity in found]


def _found(plain: str) -> list[tuple[re.Match[str], Quantity]]:
    return [(at, found) for at in _QUANTITY.finditer(plain) if (found := _quantity(at))]


def _quantity(at: re.Match[str]) -> Quantity | None:
    before, after = at.string[max(0, at.start() - 2) : at.start()], at.string[at.end() : at.end() + 4]
    if at["clock"]:
        clock = tuple(_minutes(one) for one in (at["clock"], at["till"]) if one)
        return Quantity(at[0], "钟点", clock, before, after)
    dimension, factor = _UNITS[at["unit"]]
    numbers = [at["low"], *filter(None, [at["high"]]), *re.findall(_NUMBER, at["by"] or "")]
    if at["unit"] == "年" and float(numbers[0]) >= _EARLIEST_YEAR:
        return None
    return Quantity(at[0], dimension, tuple(round(float(one) * factor, 4) for one in numbers), before, after)


def _minutes(clock: str) -> float:
    hour, minute = clock.split(":")
    return float(int(hour) * 60 + int(minute))
