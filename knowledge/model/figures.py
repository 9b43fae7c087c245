"""The figures of a text: numbers with their unit and their bound, so that 20 分钟 is not 20 厘米 and 以上 not 以下."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from knowledge.language.terms import canonical

_UNITS = {
    "厘米": "公分 cm",
    "毫米": "mm",
    "千克": "公斤 kg",
    "毫克": "mg",
    "毫升": "ml",
    "平方米": "平米 平方 ㎡ m2 平",
    "公里": "千米 km",
    "摄氏度": "度 °c ℃",
    "分钟": "min",
    "小时": "钟头",
    "周": "星期 礼拜",
    "天": "日",
    "岁": "周岁",
    "米": "m",
    "克": "g",
    "升": "l",
    "元": "块钱",
    "次": "遍 回",
    **dict.fromkeys(("工作日", "%", "‰", *"秒月年勺滴粒片倍折顿杯瓶袋支斤层步成寸页晚季"), ""),
}
_ALIASES = {alias: unit for unit, aliases in _UNITS.items() for alias in (unit, *aliases.split())}
_UNIT = "|".join(sorted(map(re.escape, _ALIASES), key=len, reverse=True))
_NUMERAL = "[零〇一二两俩三四五六七八九十百半]{1,4}"
_BETWEEN = r"\s*(?:多|余|来)?个?\s*"
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}

_PART = re.compile(f"({_NUMERAL})分之({_NUMERAL})")
_EACH = re.compile("每(?=个?(?:天|日|周|星期|月|年|晚|小时|季))")
_SPELT = re.compile(
    f"(?<!第)({_NUMERAL})(?={_BETWEEN}(?:{_UNIT})(?!性)|[到至~-]\\s*(?:\\d|{_NUMERAL}{_BETWEEN}(?:{_UNIT})))"
)
_TO = re.compile(r"(?<=\d)\s*(?:到|至|~|～|—|–)\s*(?=\d)")
_RANGE = re.compile(rf"(\d+(?:\.\d+)?)(?=-\d+(?:\.\d+)?{_BETWEEN}({_UNIT}))")
_MOST = "不超过|不高于|不多于|不大于|最多|至多|小于|少于|低于|不到|不足|未满"
_LEAST = "不少于|不低于|不小于|至少|超过|大于|高于|多于|满"
_FIGURE = re.compile(
    rf"(?:(?P<most>{_MOST})|(?P<least>{_LEAST}))?\s*(?P<number>\d+(?:\.\d+)?(?:/\d+)?)(?:{_BETWEEN}(?P<unit>{_UNIT}))?"
    r"\s*(?:(?P<up>及?以上|起|往上|以外)|(?P<down>及?以下|以内|之内|内))?"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """`bound` is ">" for at least, "<" for at most, empty where neither is said; `unit` may be empty, too."""

    number: str
    unit: str
    bound: str

    def said_by(self, other: "Figure") -> bool:
        """Whether `other` says as much. A unit or bound that one of them leaves out is no contradiction in itself."""
        units = self.unit == other.unit or not self.unit or not other.unit
        return self.number == other.number and units and self.bound in ("", other.bound)


def figures(text: str) -> frozenset[Figure]:
    """All figures of a text. 一 counts only before a unit: in 一个 and 一起 it is no figure."""
    return frozenset(_found(canonical(text)))


def _found(plain: str) -> Iterator[Figure]:
    plain = _EACH.sub("1", _PART.sub(lambda at: f"{_value(at[2])}/{_value(at[1])}", plain))
    for _ in range(2):  # the second time for the left end of a range whose right end was spelt out
        plain = _SPELT.sub(lambda at: _value(at[1]), plain)
    plain = _RANGE.sub(r"\1\2", _TO.sub("-", plain))
    for at in _FIGURE.finditer(plain):
        bound = ">" if at["least"] or at["up"] else "<" if at["most"] or at["down"] else ""
        yield Figure(at["number"].removesuffix(".0"), _ALIASES.get(at["unit"] or "", ""), bound)


@cache
def _value(numeral: str) -> str:
    """三十六 → 36, 半 → 0.5."""
    if numeral == "半":
        return "0.5"
    total = digit = 0
    for sign in numeral:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.get(sign, 0)
    return str(total + digit)
