"""Six layers of members by how much they have to do with us, and the days between two posts that each allows.

Moved by what happens: three posts without a word lower by one, a word of their own raises by one, displeasure guards at
once. Money never counts. Layers, like fatigue, only slow: no layer gets more than the tenant's caps allow.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from scheduler.rules import Rules


class Layer(StrEnum):
    """A value is stored, so it never changes."""

    NEW = "new"
    CLOSE = "close"
    REGULAR = "regular"
    QUIET = "quiet"
    RESTING = "resting"
    GUARDED = "guarded"


LAYER_NAMES = MappingProxyType({
    Layer.NEW: "新认识",
    Layer.CLOSE: "常来往",
    Layer.REGULAR: "平常",
    Layer.QUIET: "安静",
    Layer.RESTING: "少打扰",
    Layer.GUARDED: "先不打扰",
})  # fmt: skip
# Days between two posts. NEW and REGULAR are the same step of the ladder, so that a name never changes a frequency.
EVERY_DAYS = MappingProxyType({
    Layer.CLOSE: 3,
    Layer.NEW: 7,
    Layer.REGULAR: 7,
    Layer.QUIET: 14,
    Layer.RESTING: 30,
    Layer.GUARDED: 60,
})  # fmt: skip
NEVER_DAYS = 3650  # what a cap of 0 means as a number of days

UNANSWERED_TO_FALL = 3
ANSWER_WITHIN = timedelta(days=3)  # a word this soon after a post is a response; till then nothing is held against them
GUARD = timedelta(days=30)  # after a sign of displeasure
NEWCOMER = timedelta(days=30)
LOOK_BACK = timedelta(days=180)  # how far back `LayerFacts` wants posts, contacts and displeasure
ENGAGED_OVER = timedelta(days=90)  # the posts over which responses are counted
FEW_POSTS = 4  # with fewer the share of responses says nothing

_LADDER = (Layer.GUARDED, Layer.RESTING, Layer.QUIET, Layer.REGULAR, Layer.CLOSE)  # rarest first
_RANK = MappingProxyType(
    {layer: rank for rank, layer in enumerate(_LADDER)} | {Layer.NEW: _LADDER.index(Layer.REGULAR)}
)


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What is known about a member; all moments aware, in any order, of the last LOOK_BACK.

    `first_seen`: when we first met, None where unknown (then rather rarely). `placed_at`: when the current layer was
    computed; what happened before it has been counted. `posts`: unasked items that reached them. `contacts`: their own
    messages without the displeased ones (`scheduler.fatigue.recovering`). `displeased`: angry, dissatisfied, complaint,
    asked for less, muted, opted out, left, asked to be deleted. `questions`: asked in 90 days. `good` and `bad`: what
    was rated so in 90 days, answers and talks. `bought_at`: the last order, where the tenant gives it; read as the age
    of the relation and as nothing else, so that it can lower a layer and never raise one.
    """

    first_seen: datetime | None
    placed_at: datetime | None = None
    posts: Sequence[datetime] = ()
    contacts: Sequence[datetime] = ()
    displeased: Sequence[datetime] = ()
    questions: int = 0
    good: int = 0
    bad: int = 0
    bought_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """The layer from now on and a phrase that says why; it is read after the layer's name, so it does not repeat it."""

    layer: Layer
    why: str


class _Limit(NamedTuple):
    layer: Layer
    why: str


class _Event(NamedTuple):
    at: datetime
    step: int
    why: str


def place(facts: LayerFacts, current: Layer | None, manual: Layer | None, now: datetime) -> Placement:
    """Where a member belongs at `now` (aware). `current` is None for who was never placed.

    `manual` is an operator's choice and stays until the operator lifts it; `current` is the last layer that was
    computed without one. Calling again with the new layer as `current` and this `now` as `placed_at` counts nothing
    twice. ValueError for a `current` without `placed_at`.
    """
    if manual is not None:
        return Placement(manual, "运营手动设的，取消之前不会变")
    if current is not None and facts.placed_at is None:
        raise ValueError("a current layer needs placed_at, or what happened before would count twice")
    rank, why = _moved(facts, current, now)
    limit = _limit(facts, now)
    most = _RANK[limit.layer]
    if most < rank or (most == rank and not why):
        rank, why = most, limit.why
    if rank == _RANK[Layer.REGULAR] and (newcomer := _newcomer(facts, now)):
        return Placement(Layer.NEW, newcomer)
    return Placement(_LADDER[rank], why or "最近没有变化，保持原来的节奏")


def cadence(layer: Layer, rules: Rules) -> int:
    """Days between two posts for this layer: never closer than the tenant's caps and gap. A cap of 0: NEVER_DAYS."""
    if not (rules.person_per_day and rules.person_per_week):
        return NEVER_DAYS
    return max(EVERY_DAYS[layer], math.ceil(7 / rules.person_per_week), math.ceil(rules.gap_hours / 24))


def _moved(facts: LayerFacts, current: Layer | None, now: datetime) -> tuple[int, str]:
    """The rank after everything since `placed_at`, in its order, and what moved it last.

    Every step keeps an order of ranks, and when a step happens does not depend on where somebody stands: so displeasure
    leads at no later time to a higher layer than the same life without it.
    """
    rank, why = _RANK[current or Layer.REGULAR], ""
    for event in _events(facts, now):
        if _guarded(facts, event.at):
            rank, why = 0, ""
            continue
        before, why = _out_of_guard(rank, why)
        rank = min(max(before + event.step, 1), len(_LADDER) - 1)
        why = event.why if rank != before else why
    return _out_of_guard(rank, why)


def _out_of_guard(rank: int, why: str) -> tuple[int, str]:
    return (rank, why) if rank else (1, "表达不满已过去一个月，重新慢慢来")


def _events(facts: LayerFacts, now: datetime) -> list[_Event]:
    since = facts.placed_at
    events = [*_falls(facts), *_rises(facts), *(_Event(at, 0, "") for at in facts.displeased)]
    return sorted(event for event in events if event.at <= now and (since is None or event.at > since))


def _falls(facts: LayerFacts) -> Iterable[_Event]:
    """One for every third post in a row without a word, when the time to respond to that third one is over."""
    posts, contacts = sorted(facts.posts), sorted(facts.contacts)
    for number, post in enumerate(posts, start=1):
        heard = bisect_right(contacts, post + ANSWER_WITHIN)
        streak = number - (bisect_right(posts, contacts[heard - 1]) if heard else 0)
        if streak > 0 and streak % UNANSWERED_TO_FALL == 0:
            yield _Event(post + ANSWER_WITHIN, -1, f"连续 {streak} 条没有回应，降一层")


def _rises(facts: LayerFacts) -> Iterable[_Event]:
    """One for the first contact of every week (UTC), whoever stands where: a long talk is no reason to post daily."""
    first: dict[tuple[int, int], datetime] = {}
    for at in sorted(facts.contacts):
        first.setdefault(_week(at.astimezone(UTC).date()), at)
    return [_Event(at, 1, "主动来聊过，升一层（一周最多一层）") for at in first.values()]


def _week(day: date) -> tuple[int, int]:
    year, week, _ = day.isocalendar()
    return year, week


def _guarded(facts: LayerFacts, at: datetime) -> bool:
    return any(moment <= at < moment + GUARD for moment in facts.displeased)


def _limit(facts: LayerFacts, now: datetime) -> _Limit:
    """The highest layer that the facts allow; the lowest of all limits, the gravest first."""
    limits = (_mood(facts, now), _recency(facts, now), _satisfaction(facts), _engagement(facts, now), _need(facts))
    return min(limits, key=lambda limit: _RANK[limit.layer])


_FREE = _Limit(Layer.CLOSE, "")


def _mood(facts: LayerFacts, now: datetime) -> _Limit:
    # A moment after `now` means that a clock was set back: it counts, or a wrong clock would speed us up.
    if any(now < moment + GUARD for moment in facts.displeased):
        return _Limit(Layer.GUARDED, "最近 30 天内表达过不满")
    return _FREE


def _recency(facts: LayerFacts, now: datetime) -> _Limit:
    if (last := _last_heard(facts, now)) is None:
        return _Limit(Layer.RESTING, "不知道什么时候认识的，也没有来聊过")
    for days, layer in ((180, Layer.RESTING), (60, Layer.QUIET), (30, Layer.REGULAR)):
        if now - last >= timedelta(days=days):
            return _Limit(layer, f"超过 {days} 天没有来聊")
    return _FREE


def _last_heard(facts: LayerFacts, now: datetime) -> datetime | None:
    """The last contact; for who never wrote, the start of the relation."""
    return max((at for at in facts.contacts if at <= now), default=_met(facts))


def _met(facts: LayerFacts) -> datetime | None:
    """The earlier of first sight and last order: who was imported last week may have bought years ago."""
    return min(facts.first_seen, facts.bought_at or facts.first_seen) if facts.first_seen else None


def _satisfaction(facts: LayerFacts) -> _Limit:
    if facts.bad >= 2 and facts.bad > facts.good:
        return _Limit(Layer.QUIET, f"最近 {facts.good + facts.bad} 次评价里 {facts.bad} 次不满意")
    if facts.bad and facts.bad * 3 > facts.good:
        return _Limit(Layer.REGULAR, "最近的评价有好有坏")
    return _FREE


def _engagement(facts: LayerFacts, now: datetime) -> _Limit:
    ripe = [post for post in facts.posts if now - ENGAGED_OVER < post <= now - ANSWER_WITHIN]
    if len(ripe) < FEW_POSTS:
        return _FREE
    contacts = sorted(facts.contacts)
    share = sum(_answered(contacts, post) for post in ripe) / len(ripe)
    for least, layer in ((0.1, Layer.QUIET), (0.25, Layer.REGULAR)):
        if share < least:
            return _Limit(layer, f"最近 90 天 {len(ripe)} 条里有回应的占 {share:.0%}")
    return _FREE


def _answered(contacts: Sequence[datetime], post: datetime) -> bool:
    return bisect_right(contacts, post) < bisect_right(contacts, post + ANSWER_WITHIN)


def _need(facts: LayerFacts) -> _Limit:
    return _FREE if facts.questions > 0 else _Limit(Layer.REGULAR, "最近 90 天没有来问过问题")


def _since(age: timedelta) -> str:
    return f"{age.days} 天前加上的" if age.days > 0 else "今天刚加上"


def _newcomer(facts: LayerFacts, now: datetime) -> str:
    """Why somebody on the step of REGULAR is called NEW; blank when they are not."""
    met = _met(facts)
    if met is None or now - met >= NEWCOMER or any(at <= now for at in facts.contacts):
        return ""
    return f"{_since(now - met)}，还没有来聊过"
