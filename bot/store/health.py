"""What the figures of health are counted from. The database counts; rows come out only for hand-overs.

The large tables are entered by their number, which grows with time: the first row of a window is found by halving, so
that no index has to be kept for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CTE, Column, ColumnElement, Integer, and_, case, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.answer_tables import rating
from bot.store.tables import conversation, decision, delivery, hold, inbox, millis, moment, opt_out, ticket
from handlers.mood_hold import COMPLAINT
from handlers.turn import Channel, Kind

TICKETS = 20_000  # of one window, the newest; more hand-overs than that change no share
SLACK = timedelta(days=3)  # a row may be that much older than its number says: kf's history, a clock that was put back
NEAR = 1_000  # rows: below that looking at each is cheaper than halving on
DAY_MS = 86_400_000
SATISFIED = 3  # the best of three taps after a colleague was done
PROMOTION = ("promo", "mixed")
MEMBERS_ON = (Channel.KF, Channel.APP, Channel.AIBOT)
SAID = (Kind.TEXT, Kind.MEDIA)


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until), aware. Days are those of `zone`; `colleagues` are userids, who are no members."""

    since: datetime
    until: datetime
    zone: str
    colleagues: frozenset[str] = frozenset()

    @property
    def before(self) -> datetime:
        """The start of the window of the same length before this one."""
        return self.since - (self.until - self.since)

    def day(self, at: datetime) -> date:
        return at.astimezone(ZoneInfo(self.zone)).date()


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A hand-over as the figures see it."""

    opened_at: datetime
    replied_at: datetime | None
    closed_at: datetime | None


async def visits(connection: AsyncConnection, window: Window) -> Mapping[str, int]:
    """`active`, `previous`, `returned` members, their `active_days`, and the conversations of a day (`begun`)."""
    said = await _said(connection, window, window.before)
    person = select(func.max(said.c.now).label("now"), func.max(1 - said.c.now).label("before")).group_by(said.c.person)
    people = person.cte("people")
    days = select(said.c.person, said.c.day).where(said.c.now == 1).distinct().subquery()
    counts = {
        "active": select(func.sum(people.c.now)),
        "previous": select(func.sum(people.c.before)),
        "returned": select(func.sum(people.c.now * people.c.before)),
        "active_days": select(func.count()).select_from(days),
        "begun": select(func.sum(said.c.now)),
    }
    query = select(*(each.scalar_subquery().label(name) for name, each in counts.items()))
    found = (await connection.execute(query)).mappings().one()
    return {name: int(value or 0) for name, value in found.items()}


async def posts(connection: AsyncConnection, window: Window) -> tuple[int, int]:
    """How many unasked posts were delivered, each person counted, and how many of them were no promotion.

    A post to a group whose members are not known counts once.
    """
    inside = await _delivered(connection, window)
    to_a_person = delivery.c.subject.startswith("person:")
    people = delivery.alias()
    known = select(people.c.id).where(people.c.part == delivery.c.part, people.c.subject.startswith("person:")).exists()
    valuable = func.sum(case((delivery.c.kind.in_(PROMOTION), 0), else_=1))
    query = select(func.count(), valuable).where(inside, or_(to_a_person, ~known))
    every, good = (await connection.execute(query)).one()
    return int(every or 0), int(good or 0)


async def members(connection: AsyncConnection, window: Window) -> int:
    """How many people wrote, or were sent a post as a person."""
    said = await _said(connection, window, window.since)
    reached = select(func.substr(delivery.c.subject, len("person:") + 1)).where(
        await _delivered(connection, window), delivery.c.subject.startswith("person:")
    )
    everybody = union(select(said.c.person), reached).subquery()
    return int(await connection.scalar(select(func.count()).select_from(everybody)) or 0)


async def taps(connection: AsyncConnection, window: Window) -> tuple[int, int]:
    """How many answers and talks were called good, and how many were rated. Ratings know their day alone."""
    inside = rating.c.day.between(str(window.day(window.since)), str(window.day(window.until)))
    each = select(rating.c.answer, func.max(rating.c.good.cast(Integer)).label("good")).where(inside)
    each_answer = each.group_by(rating.c.answer).subquery()
    answers = select(func.sum(each_answer.c.good), func.count()).select_from(each_answer)
    scored = select(func.sum(case((ticket.c.score == SATISFIED, 1), else_=0)), func.count()).where(
        ticket.c.score.is_not(None), _inside(ticket.c.closed_at, window)
    )
    rows = [(await connection.execute(query)).one() for query in (answers, scored)]
    return sum(int(good or 0) for good, _ in rows), sum(int(every or 0) for _, every in rows)


async def handed_over(connection: AsyncConnection, window: Window) -> list[HandedOver]:
    """The hand-overs opened in the window, newest first, `TICKETS` at most."""
    query = (
        select(ticket.c.opened_at, ticket.c.replied_at, ticket.c.closed_at)
        .where(_inside(ticket.c.opened_at, window))
        .order_by(ticket.c.number.desc())
        .limit(TICKETS)
    )
    return [HandedOver(moment(row[0]), _moment(row[1]), _moment(row[2])) for row in await connection.execute(query)]


async def goings(connection: AsyncConnection, window: Window) -> Mapping[str, int]:
    """Opt-outs that stand, who left a group or deleted a colleague (doc 92130), complaints."""
    first = await _first(connection, inbox.c.id, inbox.c.received_at, window.since)
    detail, scene = inbox.c.data["update_detail"].as_string(), inbox.c.data["quit_scene"].as_string()
    by_themselves = and_(inbox.c.msgtype == "change_external_chat", detail == "del_member", scene == "0")
    left = select(func.count()).where(
        inbox.c.id >= first,
        inbox.c.channel == Channel.CONTACT,
        or_(inbox.c.msgtype == "del_follow_user", by_themselves),
        _inside(inbox.c.sent_at, window),
    )
    queries = {
        "opted_out": select(func.count()).select_from(opt_out).where(_inside(opt_out.c.at, window)),
        "left": left,
        "complaints": select(func.count()).where(hold.c.reason == COMPLAINT, _inside(hold.c.since, window)),
    }
    return {name: int(await connection.scalar(query) or 0) for name, query in queries.items()}


async def refusals(connection: AsyncConnection, window: Window) -> Mapping[str, int]:
    """How many posts each reason of the gate kept back at least once, in the end or for a while."""
    first = await _first(connection, decision.c.id, decision.c.decided_at, window.since)
    query = (
        select(decision.c.reason, func.count(decision.c.part.distinct()))
        .where(decision.c.id >= first, decision.c.verdict != "allow", _inside(decision.c.decided_at, window))
        .group_by(decision.c.reason)
    )
    return {str(reason): int(count) for reason, count in await connection.execute(query) if reason}


async def began(connection: AsyncConnection) -> datetime | None:
    """When the oldest item that is still kept came in; None where nothing ever did."""
    return _moment(await connection.scalar(select(inbox.c.received_at).order_by(inbox.c.id).limit(1)))


# --- parts of queries ---


async def _said(connection: AsyncConnection, window: Window, since: datetime) -> CTE:
    """Who wrote in [since, until): a row for each conversation and local day, `now` 1 in the window and 0 before it."""
    first = await _first(connection, inbox.c.id, inbox.c.received_at, since)
    day = _day(inbox.c.sent_at, window, since).label("day")
    now = case((inbox.c.sent_at >= millis(window.since), 1), else_=0).label("now")
    talks = (
        select(inbox.c.conversation, day, now)
        .where(
            inbox.c.id >= first,
            inbox.c.kind.in_(SAID),
            inbox.c.channel.in_(MEMBERS_ON),
            inbox.c.sent_at >= millis(since),
            inbox.c.sent_at < millis(window.until),
        )
        .distinct()
        .subquery()
    )
    person = func.lower(conversation.c.person)
    return (
        select(person.label("person"), talks.c.day, talks.c.now)
        .join(conversation, conversation.c.id == talks.c.conversation)
        .where(person.not_in({each.lower() for each in window.colleagues}))
        .cte("said")
    )


async def _delivered(connection: AsyncConnection, window: Window) -> ColumnElement[bool]:
    """Slots of the window that were not only taken: the post reached them."""
    first = await _first(connection, delivery.c.id, delivery.c.at, window.since)
    return and_(delivery.c.id >= first, _inside(delivery.c.at, window), delivery.c.delivered)


def _inside(column: ColumnElement[Any], window: Window) -> ColumnElement[bool]:
    return and_(column >= millis(window.since), column < millis(window.until))


def _day(column: ColumnElement[int], window: Window, since: datetime) -> ColumnElement[int]:
    """The number of the local day of a stored moment, also where the clocks change within the window."""
    offsets = _offsets(window, since)
    if len(offsets) == 1:
        return (column + offsets[0][1]) // DAY_MS
    whens = [(column >= at, literal(offset)) for at, offset in reversed(offsets[1:])]
    return (column + case(*whens, else_=offsets[0][1])) // DAY_MS


def _offsets(window: Window, since: datetime) -> list[tuple[int, int]]:
    """(from when, how far the zone's clock is ahead of UTC), both in milliseconds, to the hour of each change."""
    zone = ZoneInfo(window.zone)

    def ahead(at: datetime) -> int:
        offset = at.astimezone(zone).utcoffset()
        return int((offset or timedelta(0)) / timedelta(milliseconds=1))

    days = max(1, (window.until - since).days + 1)
    moments = [since + timedelta(days=place) for place in range(days + 1)]
    found = [(millis(since), ahead(since))]
    for start, end in pairwise(moments):
        if ahead(start) != ahead(end):
            hours = (start + timedelta(hours=place) for place in range(1, 25))
            change = next(at for at in hours if ahead(at) == ahead(end))
            found.append((millis(change), ahead(end)))
    return found


async def _first(connection: AsyncConnection, number: Column[int], at: Column[int], since: datetime) -> int:
    """A number before the first row at `since`; rows are numbered in the order of `at`, give or take `SLACK`."""
    wanted = millis(since - SLACK)
    low = int(await connection.scalar(select(func.min(number))) or 0)  # two queries: SQLite takes each from the index
    high = int(await connection.scalar(select(func.max(number))) or 0) + 1
    while high - low > NEAR:
        middle = (low + high) // 2
        query = select(number, at).where(number >= middle).order_by(number).limit(1)
        row = (await connection.execute(query)).one_or_none()
        if row is None or row[1] >= wanted:
            high = middle
        else:
            low = int(row[0])
    return low


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else moment(stored)
