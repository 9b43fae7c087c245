"""Who got what unasked, for the gate: a person also gets what their groups get."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, and_, bindparam, case, func, literal, or_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import insert_once
from bot.store.restraint_tables import digest, promo_day
from bot.store.tables import delivery, membership, millis, moment


class Sent(NamedTuple):
    """One post that went to somebody, as it was then."""

    at: datetime
    kind: str
    topic: str
    guide: str
    delivered: bool  # whether it arrived at this person; a colleague's task may still wait


async def groups_of(connection: AsyncConnection, person: str) -> list[str]:
    """The groups that the person with this subject is in, as far as we know."""
    query = select(membership.c.group_subject).where(membership.c.person_subject == person)
    return list(await connection.scalars(query))


async def sent_to(connection: AsyncConnection, subjects: Collection[str], since: datetime, without: str) -> list[Sent]:
    """What went to `subjects` themselves since `since`, oldest first, not counting part `without`."""
    mine = (delivery.c.subject.in_(subjects), delivery.c.at >= millis(since), delivery.c.part != without)
    return _sent((await connection.execute(select(*_WHAT, _FROM_THE_START).where(*mine))).all())


async def received_by(connection: AsyncConnection, person: str, since: datetime, without: str = "") -> list[Sent]:
    """What went to a person since `since`, alone or in their groups, not counting their own slot in part `without`.

    What a group got before they were known to be in it may have reached them, so it counts; but it is not `delivered`.
    """
    asked = {"subject": person, "since": millis(since), "without": without}
    return _sent((await connection.execute(_RECEIVED, asked)).all())


async def received_by_group(
    connection: AsyncConnection, group: str, since: datetime, lately: datetime, without: str = ""
) -> tuple[list[Sent], dict[str, list[Sent]]]:
    """What went to a group itself since `since`, not counting its own slot in part `without`; and member → what went to
    them since `lately`, alone or in another of their groups. Oldest first; who got nothing is not among them."""
    asked = {"subject": group, "since": millis(since), "lately": millis(lately), "without": without}
    found: dict[str, list[Sequence[Any]]] = {}
    for person, *what in (await connection.execute(_GROUP, asked)).all():
        found.setdefault(person, []).append(what)
    received = {person: _sent(rows) for person, rows in found.items()}
    return received.pop("", []), received


def _sent(rows: Iterable[Sequence[Any]]) -> list[Sent]:
    """From rows of `_WHAT` and since when they were there to get it. Plain tuples: there are many of them."""
    return [
        Sent(moment(at), kind, topic, guide, delivered and at >= joined)
        for at, kind, topic, guide, delivered, joined in sorted(rows, key=itemgetter(0))
    ]


# Built once: to build a query costs more than to run it.
_WHAT = (delivery.c.at, delivery.c.kind, delivery.c.topic, delivery.c.guide, delivery.c.delivered)
_SUBJECT: BindParameter[str] = bindparam("subject")
_SINCE = delivery.c.at >= bindparam("since")
_LATELY = delivery.c.at >= bindparam("lately")
_FROM_THE_START = literal(0).label("joined")
_ALONE = select(*_WHAT, _FROM_THE_START).where(
    delivery.c.subject == _SUBJECT, _SINCE, delivery.c.part != bindparam("without")
)
_IN_GROUPS = (
    select(*_WHAT, membership.c.since.label("joined"))
    .join(membership, membership.c.group_subject == delivery.c.subject)
    .where(membership.c.person_subject == _SUBJECT, _SINCE)
)
_RECEIVED = union_all(_ALONE, _IN_GROUPS)
_here, _there = membership.alias("here"), membership.alias("there")
_MEMBERS_ALONE = (
    select(_here.c.person_subject.label("person"), *_WHAT, _FROM_THE_START)
    .join(delivery, delivery.c.subject == _here.c.person_subject)
    .where(_here.c.group_subject == _SUBJECT, _LATELY)
)
_MEMBERS_ELSEWHERE = (
    select(_here.c.person_subject.label("person"), *_WHAT, _there.c.since.label("joined"))
    .join(_there, and_(_there.c.person_subject == _here.c.person_subject, _there.c.group_subject != _SUBJECT))
    .join(delivery, delivery.c.subject == _there.c.group_subject)
    .where(_here.c.group_subject == _SUBJECT, _LATELY)
)
_ITSELF = select(literal("").label("person"), *_WHAT, _FROM_THE_START).where(
    delivery.c.subject == _SUBJECT, _SINCE, delivery.c.part != bindparam("without")
)
_GROUP = union_all(_ITSELF, _MEMBERS_ALONE, _MEMBERS_ELSEWHERE)


async def promo_days(connection: AsyncConnection, month: date) -> tuple[date, ...]:
    """The local days of `month` (any day of it) on which a promotion took somebody's slot."""
    start = month.replace(day=1)
    days: list[str] = []
    day: str | None = (start - timedelta(days=1)).isoformat()
    # From day to day by the index: on a day of promotion there may be a million rows.
    while (day := await connection.scalar(_NEXT_PROMO, {"after": day, "end": _next(start)})) is not None:
        days.append(day)
    return tuple(map(date.fromisoformat, days))


_NEXT_PROMO = select(func.min(delivery.c.day)).where(
    delivery.c.kind == "promo", delivery.c.day > bindparam("after"), delivery.c.day < bindparam("end")
)


async def extra_promo_days(connection: AsyncConnection, days: Iterable[date]) -> int:
    """How many of `days` two operators allowed beside the budget; a day that was granted and not used is no budget."""
    granted = select(func.count()).where(
        promo_day.c.day.in_({day.isoformat() for day in days}), promo_day.c.granted_by != ""
    )
    return int(await connection.scalar(granted) or 0)


def _next(start: date) -> str:
    return date(start.year + start.month // 12, start.month % 12 + 1, 1).isoformat()


async def mark_delivered(
    connection: AsyncConnection, part: str, subjects: Sequence[str] | None = None, at: datetime | None = None
) -> None:
    """A part arrived, at some of its recipients or (None) at all of them.

    `at` is when, where that is long after its slot was taken: caps and gap count from what people saw.
    """
    if subjects is None and at is None:
        await connection.execute(_DELIVERED, {"of": part})
        return
    whom = [] if subjects is None else [delivery.c.subject.in_(subjects)]
    seen = {} if at is None else {"at": case((delivery.c.at < millis(at), millis(at)), else_=delivery.c.at)}
    await connection.execute(update(delivery).where(delivery.c.part == part, *whom).values(delivered=True, **seen))


_DELIVERED = update(delivery).where(delivery.c.part == bindparam("of")).values(delivered=True)


async def keep(connection: AsyncConnection, group: str, people: Collection[str]) -> None:
    """Before `people` leave the group: what they got there stays counted for each of them.

    Whoever leaves in anger at noon had their post of the day in the morning.
    """
    theirs = (
        select(
            membership.c.person_subject,
            *(delivery.c[name] for name in _KEPT),
            -delivery.c.id,  # as an ordinal: no slot of theirs has it
            and_(delivery.c.delivered, delivery.c.at >= membership.c.since),
        )
        .join(membership, membership.c.group_subject == delivery.c.subject)
        .where(delivery.c.subject == group, membership.c.person_subject.in_(people))
    )
    once = insert_once(connection, delivery, ["subject", "part"])
    await connection.execute(once.from_select(["subject", *_KEPT, "ordinal", "delivered"], theirs))


_KEPT = ("part", "guide", "kind", "topic", "at", "day")


async def waiting_digest(connection: AsyncConnection, subject: str, part: str, now: datetime) -> list[str]:
    """The titles that `subject` did not get in time and is to be told of in `part`, also when it is sent again."""
    asked = {"of": subject, "again": part, "now": millis(now)}
    titles = list(dict.fromkeys(await connection.scalars(_WAITING, asked)))
    if titles:
        await connection.execute(_TOLD, {**asked, "told_in": part})
    return titles


_MINE = and_(
    digest.c.subject == bindparam("of"),
    or_(digest.c.told_in == "", digest.c.told_in == bindparam("again")),
    digest.c.expires_at > bindparam("now"),
)
_WAITING = select(digest.c.title).where(_MINE).order_by(digest.c.id)
_TOLD = update(digest).where(_MINE)
