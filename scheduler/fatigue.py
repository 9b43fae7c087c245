"""How tired somebody is of what we send unasked: 0 (not at all) to 100, with the reasons, and the rest that follows.

It can only slow: the index gives days of rest between two unasked items and never a reason to send. Points, half-lives
and steps are our own choice, not measured; docs/fatigue.md says why they are as they are.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise


class SignalKind(StrEnum):
    """What happened. A value is stored and shown, so it never changes."""

    IGNORED = "ignored"  # a post after which no word came until the next one
    LESS_OFTEN = "less_often"
    MUTE = "mute"
    OPT_OUT = "opt_out"
    LEAVE = "leave"  # left a group of ours, or deleted the brand
    DELETION = "deletion"  # asked us to delete their data
    COMPLAINT = "complaint"
    ANGRY = "angry"
    DISSATISFIED = "dissatisfied"
    DISLIKED = "disliked"  # 没用
    CONTACT = "contact"  # wrote to us on their own: the one kind that lowers
    DENSITY = "density"  # many posts lately; computed from `received`, never a Signal


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that happened at `at` (aware). ValueError for a moment without time zone, and for DENSITY."""

    kind: SignalKind
    at: datetime

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise ValueError("a signal needs a moment with its time zone")
        if self.kind is SignalKind.DENSITY:
            raise ValueError("density is computed from the posts received, it is no signal")


@dataclass(frozen=True, slots=True)
class Weight:
    """What one signal of a kind weighs: `points` at once, half of it after `half_life` days.

    Every day on which the member wrote afterwards multiplies by `contact`; the `most` heaviest of the kind count.
    """

    points: float
    half_life: float
    contact: float
    most: int = 3


# Silence is weak evidence and goes with the first word; what was said outright stays longer the graver it is.
WEIGHTS: Mapping[SignalKind, Weight] = {
    SignalKind.IGNORED: Weight(10, 30, 0.25, most=9),
    SignalKind.LESS_OFTEN: Weight(25, 30, 0.8),
    SignalKind.MUTE: Weight(25, 30, 0.8),
    SignalKind.OPT_OUT: Weight(40, 90, 0.9),
    SignalKind.LEAVE: Weight(40, 90, 0.9),
    SignalKind.DELETION: Weight(50, 120, 0.9),
    SignalKind.COMPLAINT: Weight(50, 90, 0.9),
    SignalKind.ANGRY: Weight(30, 60, 0.8),
    SignalKind.DISSATISFIED: Weight(12, 30, 0.7),
    SignalKind.DISLIKED: Weight(6, 30, 0.7),
}
DENSITY_DAYS = 28
DENSITY_FREE = 2  # posts within DENSITY_DAYS that weigh nothing
DENSITY_POINTS = 2.0  # each post beyond
DENSITY_MOST = 15.0
FORGOTTEN = 0.5  # points; a signal that has come down to less is over
SAME_TALK = timedelta(hours=1)  # writing this close to a sign of displeasure was about it, and is no recovery
STEPS = ((25.0, 7), (50.0, 14), (70.0, 30), (85.0, 90))  # from this value on: at least so many days
MARGIN = 10.0  # points below its threshold at which a step is left

# No signal older than this weighs anything, so nobody needs to read further back.
LOOK_BACK = timedelta(days=max(math.ceil(w.half_life * math.log2(w.points / FORGOTTEN)) for w in WEIGHTS.values()))


@dataclass(frozen=True, slots=True)
class Contribution:
    """`points` that `count` signals of a kind add now; the latest was `days` whole days ago.

    Of an audience: the mean points, and `count` of its most tired members show it.
    """

    kind: SignalKind
    points: float
    count: int
    days: int


@dataclass(frozen=True, slots=True)
class Fatigue:
    """`value` from 0 to 100: the sum of `contributions` (heaviest first), and never more than 100."""

    value: float
    contributions: tuple[Contribution, ...]

    @property
    def top(self) -> tuple[Contribution, ...]:
        """The three heaviest."""
        return self.contributions[:3]


@dataclass(frozen=True, slots=True)
class AudienceFatigue(Fatigue):
    """The mean over the `tired` most tired of `members` people."""

    tired: int
    members: int


def index(signals: Sequence[Signal], received: Sequence[datetime], now: datetime) -> Fatigue:
    """The index of one person: their `signals` and when unasked items reached them (aware, any order).

    Wanted is everything of LOOK_BACK (signals) and of DENSITY_DAYS (received). What lies after `now`, as when a clock
    was set back, weighs as if it were now; a contact after `now` is not believed yet.
    """
    contacts = _contact_days(at for at in recovering(signals) if at <= now)
    points: dict[SignalKind, list[tuple[float, int]]] = defaultdict(list)
    for signal in signals:
        if signal.kind is not SignalKind.CONTACT and (left := _left(signal, contacts, now)) >= FORGOTTEN:
            points[signal.kind].append((left, _days(now - signal.at)))
    return _sum([_of_kind(kind, found) for kind, found in points.items()] + _density(received, now))


def recovering(signals: Sequence[Signal]) -> tuple[datetime, ...]:
    """The contacts (in order) that show good will: none within an hour of a sign of displeasure, before or after.

    Without this the angry message itself would be the contact that lowers the index.
    """
    contacts = sorted(signal.at for signal in signals if signal.kind is SignalKind.CONTACT)
    silent = (SignalKind.CONTACT, SignalKind.IGNORED)
    displeased = sorted(signal.at for signal in signals if signal.kind not in silent)
    return tuple(at for at in contacts if not _any_within(displeased, at - SAME_TALK, at + SAME_TALK))


def ignored_posts(received: Sequence[datetime], signals: Sequence[Signal]) -> tuple[Signal, ...]:
    """One IGNORED per post that was followed by another post before any recovering contact, at the latter's time."""
    contacts = recovering(signals)
    moments = sorted(set(received))
    return tuple(
        Signal(SignalKind.IGNORED, after)
        for post, after in pairwise(moments)
        if bisect_right(contacts, post) == bisect_right(contacts, after)
    )


def rest_days(value: float, before: int) -> int:
    """At least so many days between two unasked items (0: nothing beyond the tenant's caps).

    `before` is the rest in force. A step is entered at its threshold and left MARGIN points below it, so that somebody
    near a threshold is not moved to and fro. ValueError for a value outside 0..100 or a negative rest.
    """
    if not 0 <= value <= 100 or before < 0:
        raise ValueError(f"fatigue is 0 to 100 and rest is not negative: {value}, {before}")
    entered = [days for threshold, days in STEPS if value >= threshold]
    kept = [min(before, days) for threshold, days in STEPS if value >= threshold - MARGIN]
    return max(entered + kept, default=0)


def of_audience(members: Sequence[Fatigue]) -> AudienceFatigue:
    """The index of a group or an audience: the mean of the most tired quarter, rounded up to whole people.

    The mean of all would let the many who are silent outvote the few who are about to leave. Give those who left within
    LOOK_BACK as well: else a leave would lower the index. Nobody known gives 0, which is no leave to send.
    """
    tired = sorted(members, key=lambda fatigue: -fatigue.value)[: math.ceil(len(members) / 4)]
    if not tired:
        return AudienceFatigue(0.0, (), 0, 0)
    found: dict[SignalKind, list[Contribution]] = defaultdict(list)
    for fatigue in tired:
        for contribution in fatigue.contributions:
            found[contribution.kind].append(contribution)
    means = [
        Contribution(kind, math.fsum(c.points for c in each) / len(tired), len(each), min(c.days for c in each))
        for kind, each in found.items()
    ]
    value = min(100.0, math.fsum(fatigue.value for fatigue in tired) / len(tired))
    return AudienceFatigue(value, _heaviest_first(means), len(tired), len(members))


_SAID: Mapping[SignalKind, str] = {
    SignalKind.LESS_OFTEN: "要求少发",
    SignalKind.MUTE: "设了静音",
    SignalKind.OPT_OUT: "退订过",
    SignalKind.LEAVE: "退群或删除了我们",
    SignalKind.DELETION: "要求删除数据",
    SignalKind.COMPLAINT: "投诉过",
    SignalKind.ANGRY: "很生气",
    SignalKind.DISSATISFIED: "不太满意",
    SignalKind.DISLIKED: "说回答没用",
}
_OF_MANY = {SignalKind.IGNORED: "没有回应", SignalKind.DENSITY: "最近 4 周收到不少", **_SAID}
_CALM = "没有迹象"


def explain(fatigue: Fatigue) -> str:
    """The three heaviest reasons as one line for operators, for example “最近 4 条没有回应 +32；两周前要求少发 +18”."""
    if isinstance(fatigue, AudienceFatigue):
        said = [f"{_OF_MANY[c.kind]}（{c.count} 位）{_plus(c)}" for c in fatigue.top]
        head = f"最疲劳的 {fatigue.tired} 位（共 {fatigue.members} 位）平均："
        return head + "；".join(said) if said else _CALM
    return "；".join(f"{_said(c)} {_plus(c)}" for c in fatigue.top) or _CALM


def _said(contribution: Contribution) -> str:
    if contribution.kind is SignalKind.DENSITY:
        return f"最近 4 周收到 {contribution.count} 条"
    if contribution.kind is SignalKind.IGNORED:
        return f"最近 {contribution.count} 条没有回应"
    times = f"（共 {contribution.count} 次）" if contribution.count > 1 else ""
    return f"{_ago(contribution.days)}{_SAID[contribution.kind]}{times}"


def _ago(days: int) -> str:
    if days < 7:
        return f"{days} 天前" if days else "一天内"
    if days < DENSITY_DAYS:
        return f"{'一两三'[days // 7 - 1]}周前"
    return f"{max(1, days // 30)} 个月前"


def _plus(contribution: Contribution) -> str:
    return f"+{max(1, round(contribution.points))}"


def _left(signal: Signal, contacts: Sequence[datetime], now: datetime) -> float:
    """The points that a signal still weighs, after time and the days of contact since."""
    weight = WEIGHTS[signal.kind]
    age = max(0.0, (now - signal.at) / timedelta(days=1))
    since = len(contacts) - bisect_right(contacts, signal.at)
    return float(weight.points * 0.5 ** (age / weight.half_life) * weight.contact**since)


def _contact_days(contacts: Iterable[datetime]) -> list[datetime]:
    """The last contact of every day, in order: twenty messages of one talk are one recovery.

    Days are UTC's; in China they change at 8 in the morning, when hardly a talk is cut in two.
    """
    last: dict[date, datetime] = {}
    for at in sorted(contacts):
        last[at.astimezone(UTC).date()] = at
    return list(last.values())


def _of_kind(kind: SignalKind, found: list[tuple[float, int]]) -> Contribution:
    heaviest = sorted((points for points, _ in found), reverse=True)[: WEIGHTS[kind].most]
    return Contribution(kind, math.fsum(heaviest), len(heaviest), min(days for _, days in found))


def _density(received: Sequence[datetime], now: datetime) -> list[Contribution]:
    recent = [at for at in received if at > now - timedelta(days=DENSITY_DAYS)]
    points = min(DENSITY_MOST, DENSITY_POINTS * (len(recent) - DENSITY_FREE))
    if points <= 0:
        return []
    return [Contribution(SignalKind.DENSITY, points, len(recent), _days(now - max(recent)))]


def _sum(contributions: list[Contribution]) -> Fatigue:
    ordered = _heaviest_first(contributions)
    return Fatigue(min(100.0, math.fsum(c.points for c in ordered)), ordered)


def _heaviest_first(contributions: Iterable[Contribution]) -> tuple[Contribution, ...]:
    return tuple(sorted(contributions, key=lambda c: (-c.points, c.kind)))


def _days(age: timedelta) -> int:
    return max(0, age.days)


def _any_within(moments: Sequence[datetime], start: datetime, end: datetime) -> bool:
    return bisect_left(moments, start) < bisect_right(moments, end)
