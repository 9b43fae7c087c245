"""How the product does, in the only figures it is judged by: whether members come by themselves, come back, and mind.

Pure: counts in, figures out. What the bot makes or sells is not among them, so that nobody steers by it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from knowledge.evaluation import Share

SMALL = 100  # below so many cases a share is shown with its interval
ENOUGH = 50  # of the 100 points of weight: with fewer there is no score


class Key(StrEnum):
    """A value is a metric's label, so it never changes."""

    ASKED = "asked"
    SATISFIED = "satisfied"
    QUICK = "first_reply"
    RETAINED = "retained"
    LEFT = "left"
    COMPLAINED = "complained"
    VALUE = "value"
    ACTIVE = "active_days"


@dataclass(frozen=True, slots=True)
class Platform:
    """What WeCom's own statistics say of the window, up to yesterday; None where it was not asked or said nothing.

    `removed`: members deleted or blocked a colleague (negative_feedback_cnt, doc 92132).
    """

    contacts: int | None = None  # new ones
    removed: int | None = None
    group_members: int | None = None  # of all customer groups, at the end
    joined: int | None = None  # customer groups
    sessions: int | None = None  # of 微信客服
    refusing: int | None = None  # customers who take no messages of 微信客服 any more
    missing: tuple[str, ...] = ()  # what did not answer, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthFacts:
    """Counts of one window [since, until), both aware. Who writes for the bot's owner is no member and not counted.

    `begun`: conversations of one day in which a member wrote. `delivered`: unasked posts, each person they reached
    counted; `valuable` of them were no promotion. `previous` members wrote in the window of the same length before,
    `returned` of them in this one. `members`: who wrote, or was sent a post. `due`: hand-overs whose first human reply
    came, or is late; `quick` of them had it in time. Of `rated` answers
    and talks with colleagues `content` were called good; 还行 is not.
    """

    since: datetime
    until: datetime
    begun: int = 0
    delivered: int = 0
    valuable: int = 0
    content: int = 0
    rated: int = 0
    quick: int = 0
    due: int = 0
    active: int = 0
    active_days: int = 0
    previous: int = 0
    returned: int = 0
    members: int = 0
    opted_out: int = 0
    left: int = 0
    complaints: int = 0
    refusals: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure: its Chinese name, what it means in one line, its place in the score, and its part and whole.

    `worst` is the rate that earns nothing, for figures of which less is better; None where more is better.
    """

    key: Key
    name: str
    short: str  # for a picture without Chinese letters
    meaning: str
    of: Callable[[HealthFacts], tuple[int, int]]
    weight: int = 0
    worst: float | None = None


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        Key.ASKED,
        "会员主动率",
        "asked",
        "会员自己开口的对话，占对话和主动推送的总和",
        lambda facts: (facts.begun, facts.begun + facts.delivered),
        20,
    ),
    Definition(
        Key.SATISFIED,
        "回答满意率",
        "satisfied",
        "点“有用”或满意的，占所有评价",
        lambda facts: (facts.content, facts.rated),
        20,
    ),
    Definition(
        Key.QUICK,
        "及时首复率",
        "first reply",
        "转人工后，工作时间内按时得到同事第一句话的比例",
        lambda facts: (facts.quick, facts.due),
        15,
    ),
    Definition(
        Key.RETAINED,
        "会员回访率",
        "retained",
        "上一期来过的会员，这一期又来的比例",
        lambda facts: (facts.returned, facts.previous),
        15,
    ),
    Definition(
        Key.VALUE,
        "有用内容占比",
        "value posts",
        "送达的推送里，不是推广的比例",
        lambda facts: (facts.valuable, facts.delivered),
        10,
    ),
    Definition(
        Key.LEFT,
        "退订离开率",
        "left",
        "退订、退群或删除好友的，占接触到的会员",
        lambda facts: (facts.opted_out + facts.left, facts.members),
        10,
        worst=0.05,
    ),
    Definition(
        Key.COMPLAINED,
        "投诉率",
        "complained",
        "投诉的次数，占接触到的会员",
        lambda facts: (facts.complaints, facts.members),
        10,
        worst=0.02,
    ),
    Definition(
        Key.ACTIVE,
        "人均活跃天数",
        "active days",
        "来过的会员平均来了几天；来得多不等于好，不计分",
        lambda facts: (facts.active_days, facts.active),
    ),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is a share from 0 to 1 (ACTIVE: days), None where there is no data; `part` of `whole` are its counts."""

    definition: Definition
    value: float | None
    part: int
    whole: int
    interval: tuple[float, float] | None = None  # 95 %, of shares of few cases

    @property
    def key(self) -> Key:
        return self.definition.key

    @property
    def worth(self) -> float | None:
        """What it adds to the score, 0 to 1; None where it is not part of it."""
        if self.value is None or not self.definition.weight:
            return None
        worst = self.definition.worst
        return self.value if worst is None else 1 - min(1.0, self.value / worst)


@dataclass(frozen=True, slots=True)
class Health:
    """All figures of a window. `score` is 0 to 100, None while too little is known; `missing` are not in it."""

    facts: HealthFacts
    figures: tuple[Figure, ...]
    score: int | None

    def figure(self, key: Key) -> Figure:
        return next(each for each in self.figures if each.key is key)

    @property
    def counted(self) -> tuple[Figure, ...]:
        return tuple(each for each in self.figures if each.worth is not None)

    @property
    def missing(self) -> tuple[Figure, ...]:
        return tuple(each for each in self.figures if each.definition.weight and each.worth is None)


def assess(facts: HealthFacts) -> Health:
    """The figures of `facts`, and the score: the mean of what the known ones are worth, by weight."""
    figures = tuple(_figure(definition, *definition.of(facts)) for definition in DEFINITIONS)
    known = [(each.definition.weight, each.worth) for each in figures if each.worth is not None]
    weight = sum(each for each, _ in known)
    if weight < ENOUGH:
        return Health(facts, figures, None)
    return Health(facts, figures, round(100 * sum(each * worth for each, worth in known) / weight))


def _figure(definition: Definition, part: int, whole: int) -> Figure:
    if not whole:
        return Figure(definition, None, part, whole)
    if definition.key is Key.ACTIVE:
        return Figure(definition, part / whole, part, whole)
    share = Share(min(part, whole), whole)  # who left may have been reached before the window
    return Figure(definition, share.value, part, whole, (share.low, share.high) if whole < SMALL else None)
