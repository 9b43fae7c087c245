"""What the gate is asked, what it is told, and what it answers."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from scheduler.posts import Recipient
from scheduler.timetable import Kind

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

RULE_VERSION = "3"
EARLIER = ("1", "2")  # versions that this program still judges as they were


class Verdict(StrEnum):
    """What to do with the item. A value is stored, so it never changes."""

    ALLOW = "allow"
    DEFER = "defer"  # ask again at `until`
    DIGEST = "digest"  # name it in the next post to this person instead
    DROP = "drop"
    HOLD = "hold"  # ask again when the facts change; it may expire meanwhile


class Reason(StrEnum):
    """Why an item may not leave now. A value is stored and shown, so it never changes."""

    PERSON_DAY = "person_day"
    PERSON_WEEK = "person_week"
    GROUP_DAY = "group_day"
    MIN_GAP = "min_gap"
    QUIET_HOURS = "quiet_hours"
    HOLIDAY = "holiday"
    RATIO = "ratio"
    PROMO_BUDGET = "promo_budget"
    REPEATED_GUIDE = "repeated_guide"
    OPTED_OUT = "opted_out"
    TOPIC_OFF = "topic_off"
    MUTED = "muted"
    MOOD_HOLD = "mood_hold"
    HUMAN_HAS_IT = "human_has_it"
    FATIGUE = "fatigue"
    NOT_APPROVED = "not_approved"
    VIOLATION = "violation"
    PLATFORM_CAP = "platform_cap"
    EXPIRED = "expired"
    NOT_REACHABLE = "not_reachable"
    PAUSED = "paused"
    TOPIC_WEEK = "topic_week"
    UNKNOWN = "unknown"  # a fact is missing


class UnknownRule(ValueError):
    """A decision was made by a version of the rule that this program does not have."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An item that wants to leave. It is good before `expires_at` (both aware). `kind` is that of its content."""

    recipient: Recipient
    kind: Kind
    planned_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the recipient's subject and the item now; None means not known, and then nothing leaves.

    About the recipient. `sent` is when something unasked went to the subject on any channel, for a person also through
    the groups they are in (aware, any order): everything of the last 8 days and of the gap; older ones do no harm.
    `human_has_it`: a colleague is serving the person. `mood_hold`: the person was upset with us and no colleague has
    resolved it. `topic_off`: this topic is not wanted; `every_days`: at least so many days between two, as they asked
    (0: the tenant's gap alone); `muted_until`: not before (aware; None: not muted). `rest_days`: the same as
    `every_days`, from their fatigue and layer. `usual_hours`: the local hours at which they write themselves (empty:
    not known, or no matter here). `members_free_at`: for a group, when the last of its known members may
    get something again (aware; None: all may now), of whom `members_busy` may not yet.

    About the item. `approved`: a named operator approved this very text; `violations`: the codes found in it.
    `topic_sent`: how many of this topic went to the subject in this week. `guide_at`: when the subject last got this
    guide (None: never). `heavier_at`: when something of more weight is planned for them next (None: nothing is).

    About promotion. `value_since_promo`: posts of use that were delivered to the subject since the last promotion.
    `promo_days`: the local days of this month on which promotions left, to anybody; `promo_extra`: days of this month
    that two operators allowed beside the budget. `platform_sent`: what the platform counts for the recipient today.
    `days_off`: the public holidays of the coming weeks, from today on; None: the year's are not known.
    """

    sent: tuple[datetime, ...] | None
    opted_out: bool | None
    paused: bool
    reachable: bool
    human_has_it: bool | None
    mood_hold: bool | None = None
    muted_until: datetime | None = None
    topic_off: bool | None = None
    every_days: int | None = None
    approved: bool | None = None
    violations: tuple[str, ...] | None = None
    topic_sent: int | None = None
    guide_at: datetime | None = None
    rest_days: int | None = None
    heavier_at: datetime | None = None
    members_busy: int = 0
    members_free_at: datetime | None = None
    value_since_promo: int | None = None
    promo_days: tuple[date, ...] | None = None
    promo_extra: int = 0
    platform_sent: int | None = None
    days_off: tuple[date, ...] | None = None
    usual_hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's word. `until` (UTC) is set with DEFER only, `reason` unless allowed.

    `inputs` is plain JSON and all that `replay` needs; it names nobody.
    """

    verdict: Verdict
    reason: Reason | None
    until: datetime | None
    rule: str
    inputs: dict[str, JSON]
