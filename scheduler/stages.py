"""How old a child surely is, told from the stage a parent stated and the day they stated it. Nothing else is derived.

Whatever is not plain gives nothing: an age that is wrong by months is worse than silence, and a pregnancy that somebody
told of is never turned into a child.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import ceil
from typing import Literal

from knowledge.language.ages import Age, ages
from knowledge.language.terms import canonical, digits

Unit = Literal["months", "weeks"]

ROUGH_DAYS = 90  # so long a stage that was said roughly may be counted on
_EXACT = 2  # months wide: 8个月 is one, 1岁半 and 2岁3个月 are two
_WIDEST = 4  # months; 8-10个月 is three, 1岁 twelve
_BIRTH = 40  # weeks; from then on nobody but the parents knows
_LONGEST = 42

_PREGNANT = re.compile("孕|怀|预产|产检|胎")
_WEEKS = re.compile(
    r"(?:孕期?|怀孕?)了?(?:已经|现在|满|刚|第)*(?P<low>\d{1,2}|[一二三四]?十[一二三四五六七八九]?|[四五六七八九])"
    r"(?:\+\d)?(?:-(?P<high>\d{1,2}))?周"
)
# Another time than now, another way of counting, or no statement at all.
_UNCLEAR = re.compile(
    "早产|矫正|纠正|产后|备孕|不是|没有|当时|那时|去年|前年|上个?月|下个?月|下周|明天|后天|过几|再过|还有|还差|等|要是|如果|吗|[?？]"
)
_ALMOST = re.compile("快|马上|将近|接近|就要|即将|不到|没到|未到|没满|未满|不足")
_ROUGHLY = re.compile("左右|上下|大概|大约|差不多|约|好像|可能|应该|似乎|记得")


@dataclass(frozen=True, slots=True)
class StageNote:
    """What a parent said of their child's stage, in their words, and the day (in the tenant's zone) they said it."""

    text: str
    stated_on: date


@dataclass(frozen=True, slots=True)
class Stage:
    """From `low` up to but not including `high`: months of a child, or weeks of a pregnancy.

    `rough` was said with a word like 左右 or 快, or names more than a month or two.
    """

    unit: Unit
    low: float
    high: float
    rough: bool = False

    def overlaps(self, other: "Stage") -> bool:
        return self.unit == other.unit and self.low < other.high and other.low < self.high


@lru_cache(maxsize=4096)
def read_stage(text: str) -> Stage | None:
    """The one stage that a text names; None for none, several, or anything that is not plain."""
    plain = canonical(text)
    if _UNCLEAR.search(plain):
        return None
    if _PREGNANT.search(plain):
        return _pregnancy(plain)
    named = ages(plain)
    return _child(named[0], plain) if len(named) == 1 else None


def _pregnancy(plain: str) -> Stage | None:
    named = list(_WEEKS.finditer(plain))
    if len(named) != 1 or _ALMOST.search(plain):
        return None
    low = _number(named[0]["low"])
    high = int(named[0]["high"] or low) + 1
    rough = high - low > 1 or bool(_ROUGHLY.search(plain))
    return Stage("weeks", low, high, rough) if low < high <= _LONGEST + 1 else None


def _number(word: str) -> int:
    return int(word if word.isdigit() else digits(word))


def _child(age: Age, plain: str) -> Stage | None:
    if _ROUGHLY.search(plain):
        return Stage("months", max(0.0, age.low - 1), age.high + 1, rough=True)
    if _ALMOST.search(plain):
        return Stage("months", max(0.0, age.low - 1), age.low, rough=True)  # 快1岁: in its twelfth month
    return Stage("months", age.low, age.high, rough="-" in plain or age.high - age.low > _EXACT)


def reached_on(note: StageNote, unit: Unit, count: int) -> date | None:
    """The first day on which it is sure that the child is `count` months old, or the pregnancy `count` weeks.

    Of "8个月" that is the latest day it can be: the child may have been eight months for four weeks when it was said.
    None where it was past when it was said, or cannot be told: too wide, or rough and more than ROUGH_DAYS ago.
    """
    stage = _known(note)
    if stage is None or stage.unit != unit or count < stage.low:
        return None
    if unit == "weeks":
        day = note.stated_on + timedelta(weeks=count - stage.low)
        return day if count <= _BIRTH and _holds(stage, note, day) else None
    day = _later(note.stated_on, round(count - stage.low, 4))
    return day if _holds(stage, note, day) else None


@lru_cache(maxsize=4096)  # many parents say the same on the same day
def stage_on(note: StageNote, day: date) -> Stage | None:
    """What the stated stage has become on `day`, not before it was stated; None where it cannot be told."""
    stage = _known(note)
    if stage is None or day < note.stated_on or not _holds(stage, note, day):
        return None
    passed = (day - note.stated_on).days / 7 if stage.unit == "weeks" else _months(note.stated_on, day)
    if stage.unit == "weeks" and stage.low + passed > _BIRTH:
        return None
    return Stage(stage.unit, stage.low + passed, stage.high + passed, stage.rough)


def _known(note: StageNote) -> Stage | None:
    stage = read_stage(note.text)
    return stage if stage is not None and stage.high - stage.low <= _WIDEST else None


def _holds(stage: Stage, note: StageNote, day: date) -> bool:
    """A pregnancy can end in ways that nobody tells us: it counts as roughly said."""
    exact = not stage.rough and stage.unit == "months"
    return exact or (day - note.stated_on).days <= ROUGH_DAYS


def _later(day: date, months: float) -> date:
    """`months` later, rounded up to days; on the last day of a month that lacks the day, or from a last day on."""
    whole, part = divmod(months, 1)
    years, month = divmod(day.month - 1 + int(whole), 12)
    last = monthrange(day.year + years, month + 1)[1]
    # Who is a month old on 28 February may be born on 31 January.
    wanted = last if day.day == monthrange(day.year, day.month)[1] else min(day.day, last)
    return date(day.year + years, month + 1, wanted) + timedelta(days=ceil(part * 31))


def _months(since: date, until: date) -> float:
    """The months from one day to another, the last one begun counted by its days, rather too few than too many."""
    whole = (until.year - since.year) * 12 + until.month - since.month
    if _later(since, whole) > until:
        whole -= 1
    return whole + (until - _later(since, whole)).days / 31
