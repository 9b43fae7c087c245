"""What goes out: parts with a deterministic id, taken one after another within a lane."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import MaybeDone
from bot.part import Final, Klass, Part
from bot.store.database import Database, insert_once
from bot.store.tables import conversation, millis, moment, outbox
from handlers.turn import Channel

OPEN = ("ready", "sending")
GONE = (Final.SENT, Final.JOINED)
WAITS_FOR_MEMBER = "budget_spent"
IN_DOUBT = MaybeDone.__name__  # how the reason of a part begins whose answer was lost
INTERRUPTED = "interrupted"
SPOKEN = 24  # of our last parts that are looked through for what was said before
BETWEEN = "\n\n"  # between answers that share a message


async def enqueue(connection: AsyncConnection, parts: Iterable[Part], now: datetime) -> None:
    """Add parts; one whose id is there already is passed over."""
    rows = [_row(part, now) for part in parts]
    if rows:
        await connection.execute(insert_once(connection, outbox, ["id"]), rows)


async def claim(connection: AsyncConnection, part: Part) -> bool:
    """Take a part for sending: False when it is no longer ready or its conversation has moved on since."""
    return (await connection.execute(_CLAIM, {"part": part.id})).rowcount == 1


async def claim_within(connection: AsyncConnection, part: Part, since: datetime, most: int | None) -> bool:
    """The same in one statement with the platform's rate: False also when `most` left the lane after `since`."""
    if most is None:
        return await claim(connection, part)
    values = {"part": part.id, "of": part.lane, "since": millis(since), "most": most}
    return (await connection.execute(_CLAIM_WITHIN, values)).rowcount == 1


# Built once: to build a statement costs as much as to run it, and these run for every recipient of every post.
_VERSION = select(conversation.c.version).where(conversation.c.id == outbox.c.conversation).scalar_subquery()
is_open = or_(*(outbox.c.state == state for state in OPEN))  # no IN: its list is written out anew each time
_CLAIM = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("part"),
        outbox.c.state == "ready",
        or_(outbox.c.fence.is_(None), outbox.c.fence == _VERSION),
    )
    .values(state="sending", tries=outbox.c.tries + 1)
)
_FINISH = update(outbox).where(outbox.c.id == bindparam("part"), is_open)
_SENT_SINCE = (
    select(outbox.c.sent_at)
    .where(outbox.c.lane == bindparam("lane"), outbox.c.sent_at > bindparam("since"))
    .order_by(outbox.c.sent_at)
)
_BEHIND = outbox.alias("behind")
_MORE = exists().where(
    _BEHIND.c.lane == outbox.c.lane, or_(*(_BEHIND.c.state == state for state in OPEN)), _BEHIND.c.id != outbox.c.id
)
# "of": the name of a column would be taken for a new value of it.
_LEFT = select(func.count()).where(_BEHIND.c.lane == bindparam("of"), _BEHIND.c.sent_at > bindparam("since"))
_CLAIM_WITHIN = _CLAIM.where(_LEFT.scalar_subquery() < bindparam("most"))
_NEXT = (
    select(outbox, _MORE.label("more"))
    .where(outbox.c.lane == bindparam("lane"), is_open)
    .order_by(outbox.c.reason == WAITS_FOR_MEMBER, outbox.c.klass == Klass.POST, outbox.c.seq)
    .limit(1)
)


# No column of two tables by one name: behind RETURNING, SQLite is given them without their tables.
_SENT_TO = select(func.count()).where(outbox.c.conversation == bindparam("of"))
_PERHAPS = _SENT_TO.where(outbox.c.sent_at >= conversation.c.member_at).scalar_subquery()
_SPEND = (
    update(conversation)
    .where(
        conversation.c.id == bindparam("of"),
        conversation.c.spent < bindparam("most"),
        conversation.c.member_at >= bindparam("oldest"),
    )
    .values(spent=conversation.c.spent + 1)
    .returning(conversation.c.spent, _PERHAPS.label("perhaps"))
)
_SEQ = select(_BEHIND.c.seq).where(_BEHIND.c.id == bindparam("part")).scalar_subquery()
_AFTER = (
    select(outbox)
    .where(outbox.c.lane == bindparam("lane"), outbox.c.state == "ready", outbox.c.seq > _SEQ)
    .order_by(outbox.c.seq)
)
_SPOKEN = (
    select(outbox.c.body)
    .where(
        outbox.c.lane == bindparam("lane"),
        outbox.c.klass == Klass.REPLY,
        or_(is_open, outbox.c.state == Final.SENT),  # what was joined stands in the part it left in
    )
    .order_by(outbox.c.seq.desc())
    .limit(SPOKEN)
)


async def put_back(connection: AsyncConnection, part: Part, not_before: datetime, reason: str) -> None:
    """Ready again, from `not_before` on. What was in doubt stays so: a later try says nothing about the earlier one."""
    kept = f"{IN_DOUBT}, {reason}" if part.doubtful and not reason.startswith(IN_DOUBT) else reason
    values = {"state": "ready", "not_before": millis(not_before), "reason": kept[:200]}
    await connection.execute(update(outbox).where(outbox.c.id == part.id, outbox.c.state.in_(OPEN)).values(**values))


async def finish(
    connection: AsyncConnection, part: Part, final: Final, now: datetime, *, platform_id: str = "", reason: str = ""
) -> None:
    """Close a part for good. A sent part keeps its time and the platform's id."""
    values: dict[str, Any] = {"state": final, "platform_id": platform_id[:128], "reason": reason[:200]}
    if final is Final.SENT:
        values["sent_at"] = millis(now)
    await connection.execute(_FINISH, {"part": part.id, **values})


async def sent_since(connection: AsyncConnection, lane: str, since: datetime) -> list[datetime]:
    """When parts of a lane were sent after `since`, oldest first: the platform's rates are per minute."""
    sent = await connection.scalars(_SENT_SINCE, {"lane": lane, "since": millis(since)})
    return [moment(at) for at in sent]


async def spend(connection: AsyncConnection, conversation_id: str, most: int, oldest: datetime) -> int | None:
    """Count one part against the budget of the member's last message: None when `most` are spent, or when the message
    is older than `oldest`.

    Returns what may have been spent before. Spent for certain is what we sent since we heard of the message. What we
    sent between its writing and our hearing of it counts with the platform too, but the message's time has a resolution
    of a second.
    """
    values = {"of": conversation_id, "most": most, "oldest": millis(oldest)}
    row = (await connection.execute(_SPEND, values)).one_or_none()
    return None if row is None else max(int(row.spent) - 1, int(row.perhaps))


async def member_at(connection: AsyncConnection, conversation_id: str) -> datetime:
    """When the member wrote last. One who writes now waits until this transaction has put aside what has no room."""
    query = select(conversation.c.member_at).where(conversation.c.id == conversation_id)
    return moment(await connection.scalar(query.with_for_update()) or 0)


async def wait_for_member(connection: AsyncConnection, part: Part) -> None:
    """Put a part aside until the member writes again (`window_opened`) or it expires."""
    values: dict[str, Any] = {"state": "ready", "reason": WAITS_FOR_MEMBER}
    if part.expires_at is not None:
        values["not_before"] = millis(part.expires_at)
    await connection.execute(update(outbox).where(outbox.c.id == part.id, outbox.c.state.in_(OPEN)).values(**values))


async def window_opened(connection: AsyncConnection, conversations: Iterable[str], now: int) -> None:
    """Members have written: what waited for that may leave. `now` as stored."""
    waiting = and_(outbox.c.conversation.in_(list(conversations)), outbox.c.reason == WAITS_FOR_MEMBER)
    ready = update(outbox).where(waiting, outbox.c.state == "ready")
    await connection.execute(ready.values(not_before=now, reason=""))


async def unhold(connection: AsyncConnection, reason: str, now: datetime) -> list[str]:
    """What was held for `reason` may be asked about again at once; the lanes it lies in."""
    held = (outbox.c.klass == Klass.POST, outbox.c.state == "ready", outbox.c.reason == reason)
    ready = update(outbox).where(*held).values(not_before=millis(now), reason="").returning(outbox.c.lane)
    return list(await connection.scalars(ready))


async def texts_after(connection: AsyncConnection, part: Part) -> list[Part]:
    """The ready texts that directly follow a part in its lane, under the same fence and never tried."""
    rows = (await connection.execute(_AFTER, {"lane": part.lane, "part": part.id})).mappings().all()
    shape = (part.kind, part.fence, 0)
    return list(itertools.takewhile(lambda other: (other.kind, other.fence, other.tries) == shape, map(from_row, rows)))


async def absorb(connection: AsyncConnection, part: Part, others: Sequence[Part]) -> Part:
    """Make `others` part of `part`, durably, before it is sent: a repetition is then the same message."""
    text = BETWEEN.join(str(each.body["text"]) for each in (part, *others))
    # What can be rated below them is the last one.
    grown = replace(part, body={**part.body, "text": text, "feedback": others[-1].body.get("feedback", "")})
    await connection.execute(update(outbox).where(outbox.c.id == part.id).values(body=dict(grown.body)))
    ids = [other.id for other in others]
    joined = {"state": Final.JOINED, "platform_id": part.id, "reason": ""}
    await connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(**joined))
    return grown


async def narrow(connection: AsyncConnection, part: Part, recipients: Sequence[str]) -> Part:
    """Leave a post to these of its recipients, durably; the others have parts of their own."""
    narrowed = replace(part, body={**part.body, "recipients": list(recipients)})
    await connection.execute(update(outbox).where(outbox.c.id == part.id).values(body=dict(narrowed.body)))
    return narrowed


async def recall_unsent(connection: AsyncConnection, conversation_id: str, item: int) -> None:
    """Drop the replies to `item` that have not left: the message they answer was taken back."""
    unsent = and_(outbox.c.conversation == conversation_id, outbox.c.state == "ready", outbox.c.klass == Klass.REPLY)
    for row in (await connection.execute(select(outbox.c.id, outbox.c.body).where(unsent))).all():
        if row.body.get("item") == item:
            dropped = update(outbox).where(outbox.c.id == row.id)
            await connection.execute(dropped.values(state=Final.DROPPED, reason="recalled"))


class Outbox:
    """Reading side of the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next(self, lane: str) -> tuple[Part, bool] | None:
        """The oldest part of a lane that has not ended, and whether there are more. What waits for the member or the
        gate holds up no answer."""
        async with self._database.read_single() as connection:
            row = (await connection.execute(_NEXT, {"lane": lane})).mappings().one_or_none()
        return (from_row(row), bool(row["more"])) if row else None

    async def lanes(self) -> list[str]:
        """Lanes with parts to send, for the start of the process."""
        async with self._database.read_single() as connection:
            return list(await connection.scalars(select(outbox.c.lane).where(outbox.c.state.in_(OPEN)).distinct()))

    async def due(self, now: datetime, most: int, without: Sequence[str]) -> list[str]:
        """Up to `most` lanes with parts that may leave now, oldest first, but none that begins with one of `without`:
        left out afterwards, they would hide the others."""
        ready = (
            outbox.c.state.in_(OPEN),
            outbox.c.not_before <= millis(now),
            *begins_with_none(outbox.c.lane, without),
        )
        query = select(outbox.c.lane).where(*ready).group_by(outbox.c.lane)
        async with self._database.read_single() as connection:
            return list(await connection.scalars(query.order_by(func.min(outbox.c.seq)).limit(most)))

    async def counts(self) -> dict[str, int]:
        """Parts by state."""
        async with self._database.read_single() as connection:
            rows = await connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
            return {state: int(count) for state, count in rows}


async def mark_undelivered(connection: AsyncConnection, platform_id: str, reason: str) -> None:
    """The platform took a part and could not deliver it (msg_send_fail): errcode 0 is acceptance, not delivery."""
    if not platform_id:
        return
    named = and_(or_(outbox.c.id == platform_id, outbox.c.platform_id == platform_id), outbox.c.state.in_(GONE))
    await connection.execute(update(outbox).where(named).values(state=Final.DEAD, reason=reason[:200]))


def rate_wait(sent: list[datetime], now: datetime, per_minute: int) -> timedelta:
    """How long to wait so that no minute holds more than `per_minute` sends; zero when there is room."""
    if len(sent) < per_minute:
        return timedelta(0)
    return max(timedelta(0), sent[-per_minute] + timedelta(seconds=60) - now)


def from_row(row: Any) -> Part:
    return Part(
        id=row["id"],
        lane=row["lane"],
        channel=Channel(row["channel"]),
        klass=Klass(row["klass"]),
        kind=row["kind"],
        body=row["body"],
        conversation=row["conversation"],
        fence=row["fence"],
        repeatable=row["repeatable"],
        occurrence=row["occurrence"],
        not_before=moment(row["not_before"]),
        expires_at=moment(row["expires_at"]) if row["expires_at"] is not None else None,
        tries=row["tries"],
        sending=row["state"] == "sending",
        doubtful=row["reason"].startswith((IN_DOUBT, INTERRUPTED)),
    )


def _row(part: Part, now: datetime) -> dict[str, Any]:
    return {
        "id": part.id,
        "lane": part.lane,
        "conversation": part.conversation,
        "channel": part.channel,
        "klass": part.klass,
        "kind": part.kind,
        "body": dict(part.body),
        "fence": part.fence,
        "repeatable": part.repeatable,
        "occurrence": part.occurrence,
        "state": "ready",
        "tries": 0,
        "not_before": millis(part.not_before or now),
        "expires_at": millis(part.expires_at) if part.expires_at else None,
        "created_at": millis(now),
        "platform_id": "",
        "reason": "",
    }


def begins_with_none(lane: ColumnElement[str], starts: Iterable[str]) -> list[ColumnElement[bool]]:
    """By no LIKE, which on SQLite takes capitals for small letters, and for which names may hold wildcards."""
    return [func.substr(lane, 1, len(start)) != start for start in starts]


async def spoken(connection: AsyncConnection, conversation_id: str, first: int, before: int) -> list[tuple[int, str]]:
    """What we said to the items `first` … `before` - 1 of a conversation, in order, as (item, text)."""
    bodies = reversed((await connection.scalars(_SPOKEN, {"lane": conversation_id})).all())
    return [
        (int(body["item"]), str(body["text"]))
        for body in bodies
        if first <= int(body.get("item", 0)) < before and body.get("text")
    ]
