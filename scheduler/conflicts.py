"""Schedules that get in each other's way: what the doctor and the plan warn of, before the gate has to refuse it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations_with_replacement, pairwise
from zoneinfo import ZoneInfo

from scheduler.posts import parse_recipient
from scheduler.timetable import LONGEST_WINDOW, Schedule, occurrences, zone_of

AUDIENCE = "audience:"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Names of two schedules (the same one twice where it is too dense for itself), the earlier post's first.

    `at` is when the later of the two posts is planned, aware, in UTC; `why` is Chinese, for operators.
    """

    first: str
    second: str
    at: datetime
    why: str


def conflicts(
    schedules: Iterable[Schedule], now: datetime, days: int, zone: str, gap_hours: float
) -> tuple[Conflict, ...]:
    """Pairs of schedules with a recipient in common and posts less than `gap_hours` apart in the coming `days`.

    Each pair once, with the first time that it happens, by time. The same person counts as one on every channel.
    `audience:<name>` in `to` counts as itself: expand it to find who is in two. Raises WrongRule, WrongRecipient.
    """
    place, gap = zone_of(zone), timedelta(hours=gap_hours)
    end = now + min(timedelta(days=days), LONGEST_WINDOW)
    moments = [(each, occurrences(each, now, end, zone), _subjects(each.to)) for each in schedules]
    found = []
    for (one, ones, reached), (other, others, also) in combinations_with_replacement(moments, 2):
        common = reached.keys() & also.keys()
        close = _first_close(one, ones, other, others, gap) if common else None
        if close is not None:
            addresses = sorted(reached[subject] for subject in common)
            found.append(_conflict(*close, addresses, place, gap_hours))
    return tuple(sorted(found, key=lambda conflict: (conflict.at, conflict.first, conflict.second)))


Post = tuple[datetime, str]


def _first_close(
    one: Schedule, ones: Sequence[datetime], other: Schedule, others: Sequence[datetime], gap: timedelta
) -> tuple[Post, Post] | None:
    """The first two posts in a row, one of each schedule, that lie closer together than the gap."""
    planned = {(at, one.name) for at in ones} | {(at, other.name) for at in others}
    for earlier, later in pairwise(sorted(planned)):
        if later[0] - earlier[0] < gap and {earlier[1], later[1]} == {one.name, other.name}:
            return earlier, later
    return None


def _subjects(addresses: Collection[str]) -> dict[str, str]:
    """Whom the caps count for → the address as it was written."""
    return {
        address if address.startswith(AUDIENCE) else parse_recipient(address).subject: address for address in addresses
    }


def _conflict(earlier: Post, later: Post, addresses: Sequence[str], place: ZoneInfo, gap_hours: float) -> Conflict:
    (first_at, first), (at, second) = earlier, later
    hours = (at - first_at).total_seconds() / 3600
    apart = f"只隔 {hours:.3g} 小时" if hours else "同时发"
    several = f"等 {len(addresses)} 个收件地址" if len(addresses) > 1 else ""
    why = (
        f"“{first}”{first_at.astimezone(place):%m-%d %H:%M} 和“{second}”{at.astimezone(place):%m-%d %H:%M} "
        f"{apart}，少于 {gap_hours:g} 小时，会撞上同样的人：{addresses[0]}{several}。请错开时间"
    )
    return Conflict(first, second, at, why)
