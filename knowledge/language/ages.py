"""Ages in a text, in months. What holds at six months may be wrong at eight, so ages decide between guides."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = r"\d{1,3}(?:\.\d)?"
_SPAN = re.compile(
    rf"(?P<low>{_NUMBER})(?:个月|月龄?|岁|周岁)?\s*[-、,到至~]\s*(?P<high>{_NUMBER})\s*(?P<span>个月|月龄|月(?!\d|份)|周岁|岁)(?P<spanhalf>半)?"
    rf"|(?P<years>{_NUMBER})(?:周?岁)(?P<half>半)?(?:(?P<extra>\d{{1,2}})个?月)?(?P<up>\+|以上|以后|起|及以上)?(?P<down>以下|以内|内|之前|前)?"
    rf"|(?P<months>{_NUMBER})(?:个(?P<mhalf>半)?多?月|月龄|月大|m(?![a-z]))(?P<mup>\+|以上|以后|起|及以上)?(?P<mdown>以下|以内|内|之前|前)?"
    r"|(?P<days>\d{1,3})天(?=的?(?:大|宝|娃|婴|崽|新生|bb|孩))"
    r"|(?P<weeks>\d{1,2})周(?=大|龄)"
)
# Ages that are said in words, as (months from, months to).
_NAMED: dict[str, tuple[float, float]] = {
    "新生儿": (0, 1),
    "刚出生": (0, 1),
    "刚生": (0, 1),
    "月子里": (0, 1),
    "没满月": (0, 1),
    "未满月": (0, 1),
    "满月": (1, 2),
    "百天": (3, 4),
    "百日": (3, 4),
    "半岁": (6, 7),
    "小班": (36, 48),
    "中班": (48, 60),
    "大班": (60, 72),
    "小学": (72, 144),
    "一年级": (72, 84),
    "学龄儿童": (72, 144),
    "上学的孩子": (72, 144),
}
OLDEST = 216.0


@dataclass(frozen=True, slots=True)
class Age:
    """From `low` months on, up to but not including `high` months."""

    low: float
    high: float

    def overlaps(self, other: "Age") -> bool:
        return self.low < other.high and other.low < self.high

    def ratio(self, other: "Age") -> float:
        """How far apart two ages are: 1.0 where they meet, 2.0 where one is twice the other."""
        if self.overlaps(other):
            return 1.0
        young, old = (self, other) if self.high <= other.low else (other, self)
        return (old.low + 1) / (young.high + 0.5)


def ages(plain: str) -> tuple[Age, ...]:
    """The ages that a canonical text names, in its order."""
    found = [(at.start(), age) for at in _SPAN.finditer(plain) if (age := _age(at)) is not None]
    taken = [(at.start(), at.end()) for at in _SPAN.finditer(plain)]
    for word in sorted(_NAMED, key=len, reverse=True):  # 没满月 before 满月
        for at in re.finditer(re.escape(word), plain):
            if not any(start <= at.start() < end for start, end in taken):
                found.append((at.start(), Age(*_NAMED[word])))
                taken.append(at.span())
    return tuple(age for _, age in sorted(found, key=lambda one: one[0]))


def gap(asked: Sequence[Age], named: Sequence[Age]) -> float:
    """How far (0: not at all) what is asked lies outside the ages a guide names; 0 where either names none."""
    if not asked or not named:
        return 0.0
    return math.log(min(one.ratio(other) for one in asked for other in named))


def _age(at: re.Match[str]) -> Age | None:
    part = at.groupdict()
    if part["span"]:
        size = 1 if part["span"].startswith(("个月", "月")) else 12
        low, high = float(part["low"]) * size, float(part["high"]) * size
        return Age(low, high + (6 if part["spanhalf"] else size)) if low <= high <= OLDEST else None
    if part["years"]:
        return _years(part)
    if part["months"]:
        months = float(part["months"]) + (0.5 if part["mhalf"] else 0)
        return _bounded(months, months + 1, up=bool(part["mup"]), down=bool(part["mdown"]))
    if part["days"]:
        return Age(float(part["days"]) / 30, float(part["days"]) / 30 + 0.1)
    return Age(float(part["weeks"]) / 4.35, float(part["weeks"]) / 4.35 + 0.3)


def _years(part: dict[str, str | None]) -> Age | None:
    months = float(part["years"] or 0) * 12 + (6 if part["half"] else 0) + float(part["extra"] or 0)
    exact = bool(part["half"] or part["extra"])
    return _bounded(months, months + (2 if exact else 12), up=bool(part["up"]), down=bool(part["down"]))


def _bounded(low: float, high: float, *, up: bool, down: bool) -> Age | None:
    if low > OLDEST:
        return None
    if down:
        return Age(0, low)
    return Age(low, OLDEST) if up else Age(low, high)
