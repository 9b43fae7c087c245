"""What came in. One durable row per item, unique per channel id; concurrent arrivals share one disk sync."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.arrival import Address, Arrival
from bot.clock import Clock
from bot.store import conversations, locks, restored
from bot.store.database import Database, insert_once, upsert
from bot.store.history import RELAYED, before
from bot.store.outbox import begins_with_none, window_opened
from bot.store.postgresql import collided
from bot.store.tables import conversation, inbox, kf_cursor, millis, moment, stream
from handlers.handoff import SILENT, State
from handlers.turn import Channel, Conversation, Item, Kind
from knowledge.types import Line

BATCH = 256

# Built once, as every drain of every lane asks for them: to build a statement costs as much as to run it.
_LATER = inbox.alias("later")
_ANSWERED = exists().where(
    _LATER.c.conversation == inbox.c.conversation, _LATER.c.kind == Kind.HUMAN_SPOKE, _LATER.c.id > inbox.c.id
)
# By parameters: behind RETURNING, SQLite is given columns without their tables.
_MORE = exists().where(
    _LATER.c.conversation == bindparam("lane"), _LATER.c.state == "new", _LATER.c.id > bindparam("item")
)
_OLDEST_NEW = (
    select(
        inbox,
        *(column.label(f"of_{column.name}") for column in conversation.c),
        _ANSWERED.label("answered"),
        conversations.HELD_ELSEWHERE.label("held"),
        conversations.WORDLESS.label("wordless"),
    )
    .select_from(inbox.outerjoin(conversation, conversation.c.id == inbox.c.conversation))
    .where(inbox.c.conversation == bindparam("lane"), inbox.c.state == "new")
    .order_by(inbox.c.id)
    .limit(1)
)
_HANDLED = (
    update(inbox)
    .where(inbox.c.id == bindparam("item"), inbox.c.state == "new")
    .values(
        state=bindparam("final"), handled_by=bindparam("handler"), handled_at=bindparam("at"), mood=bindparam("read_as")
    )
    .returning(
        select(conversation.c.version).where(conversation.c.id == bindparam("lane")).scalar_subquery().label("version"),
        _MORE.label("more"),
    )
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`new` is False for a repetition; `held` tells that a colleague has the conversation, so no stream was opened."""

    new: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the pull of a kf account stands. `cold` from a first start until its history has been imported once."""

    cursor: str
    cold: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """The next unhandled item with what the channel needs to answer it."""

    item: Item
    conversation: Conversation
    history: tuple[Line, ...]
    stream: str
    data: dict[str, Any]
    tries: int
    held: bool = False  # see `handlers.turn.Turn.held`
    answered: bool = False  # and `Turn.answered`
    wordless: bool = False  # and `Turn.wordless`
    lapsed: bool = False  # and `Turn.lapsed`


@dataclass(frozen=True, slots=True)
class Handled:
    """How an item's conversation stands as it is marked handled: its version, and whether more items wait in it."""

    version: int
    more: bool


class Inbox:
    """Arrivals in, unhandled items out."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._queue: list[tuple[Arrival, asyncio.Future[Accepted]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def accept(self, arrival: Arrival) -> Accepted:
        """Store one arrival durably. When this returns it survives a kill. Raises what the database raises."""
        stored: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._queue.append((arrival, stored))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        return await stored

    async def _commit(self) -> None:
        while self._queue:
            batch, self._queue = self._queue[:BATCH], self._queue[BATCH:]
            try:
                results = await self._stored([arrival for arrival, _ in batch])
            except Exception as error:  # noqa: BLE001 - each waiting door must hear of it, whatever it was
                _settle(batch, error)
            else:
                for (_, stored), result in zip(batch, results, strict=True):
                    if not stored.done():
                        stored.set_result(result)

    async def _stored(self, arrivals: Sequence[Arrival], again: bool = True) -> list[Accepted]:
        try:
            async with self._database.write() as connection:
                return await self._store(connection, arrivals)
        except DBAPIError as error:
            if not (again and collided(error)):
                raise
            return await self._stored(arrivals, again=False)

    async def accept_page(self, account: str, place: Place, arrivals: Sequence[Arrival]) -> list[Accepted]:
        """Store a page of `sync_msg` and its cursor in one transaction (doc 94670).

        After a restore the older cursor brings again what was answered since the backup: it is seen, not answered.
        """
        async with self._database.write() as connection:
            known = await restored.as_of(connection)
            if known is not None:
                arrivals = [replace(each, seen=each.seen or each.sent_at <= known) for each in arrivals]
            results = await self._store(connection, arrivals)
            values = {"account": account, "cursor": place.cursor, "cold": place.cold}
            values["pulled_at"] = millis(self._clock.now())
            await upsert(connection, kf_cursor, ["account"], values)
        return results

    async def place(self, account: str) -> Place:
        """Where the next pull of a kf account begins."""
        query = select(kf_cursor.c.cursor, kf_cursor.c.cold).where(kf_cursor.c.account == account)
        async with self._database.read_single() as connection:
            found = (await connection.execute(query)).one_or_none()
        return Place(found.cursor, found.cold) if found else Place("", True)

    async def _store(self, connection: AsyncConnection, arrivals: Sequence[Arrival]) -> list[Accepted]:
        if not arrivals:
            return []
        now = millis(self._clock.now())
        await locks.arriving(connection)
        known = await _known_keys(connection, arrivals)
        fresh: dict[tuple[str, str], Arrival] = {}
        for arrival in arrivals:
            fresh.setdefault((arrival.address.channel, arrival.key), arrival)
        new = [arrival for pair, arrival in fresh.items() if pair not in known]
        if new:
            await connection.execute(insert_once(connection, conversation, ["id"]), _conversations(new))
            new = await _insert(connection, new, now)
            await _open_windows(connection, new, now)
        held = await _open_streams(connection, arrivals, new, now)
        winners = {id(arrival) for arrival in new}
        return [Accepted(id(a) in winners, a.address.conversation in held) for a in arrivals]

    async def unfinished(self) -> list[str]:
        """Conversations with items nobody has handled, for the start of the process."""
        async with self._database.read_single() as connection:
            return list(await connection.scalars(select(inbox.c.conversation).where(inbox.c.state == "new").distinct()))

    async def next(self, lane: str) -> Waiting | None:
        """The oldest unhandled item of a conversation, with all that handling it needs."""
        async with self._database.read_single() as connection:
            row = (await connection.execute(_OLDEST_NEW, {"lane": lane})).mappings().one_or_none()
            if row is None:
                return None
            history = await before(connection, lane, row["id"])
        if row["of_id"] is None:
            raise LookupError("an item without its conversation")
        found = conversations.from_row({name: row[f"of_{name}"] for name in conversations.FIELDS})
        known = {name: bool(row[name]) for name in ("held", "answered", "wordless")}
        return Waiting(_item(row), found, history, row["stream"], dict(row["data"]), row["tries"], **known)

    async def due(self, now: datetime, most: int, without: Sequence[str]) -> list[str]:
        """Up to `most` conversations with items that are to be handled now, oldest first; `without` as for parts."""
        lane = inbox.c.conversation
        ready = or_(inbox.c.retry_at.is_(None), inbox.c.retry_at <= millis(now))
        query = select(lane).where(inbox.c.state == "new", ready, *begins_with_none(lane, without)).group_by(lane)
        async with self._database.read_single() as connection:
            return list(await connection.scalars(query.order_by(func.min(inbox.c.id)).limit(most)))

    async def put_off(self, item: int, until: datetime) -> None:
        """Nobody takes the item up again before `until`."""
        async with self._database.write_single() as connection:
            await connection.execute(update(inbox).where(inbox.c.id == item).values(retry_at=millis(until)))

    async def failed(self, item: int) -> int:
        """Count one more failed try and return the new count."""
        async with self._database.write() as connection:
            await connection.execute(update(inbox).where(inbox.c.id == item).values(tries=inbox.c.tries + 1))
            return int(await connection.scalar(select(inbox.c.tries).where(inbox.c.id == item)) or 0)

    async def waiting(self) -> int:
        """How many items are unhandled."""
        async with self._database.read_single() as connection:
            return int(await connection.scalar(select(func.count()).where(inbox.c.state == "new")) or 0)


async def mark_handled(
    connection: AsyncConnection, lane: str, item: int, handler: str, at: datetime, state: str, mood: str = ""
) -> Handled | None:
    """Mark an item of the conversation `lane` handled (or dead) once, with the mood it was read in.

    None when somebody else was first.
    """
    values = {"lane": lane, "item": item, "final": state, "handler": handler, "at": millis(at), "read_as": mood}
    row = (await connection.execute(_HANDLED, values)).one_or_none()
    return None if row is None else Handled(row.version, bool(row.more))


async def note_word(
    connection: AsyncConnection, to: Conversation, key: str, servicer: str, text: str, now: datetime
) -> None:
    """Write down what a colleague wrote to a member through us, as an item like those that kf gives us."""
    address = Address(to.channel, to.account, to.chat, to.person)
    word = Arrival(key, address, Kind.HUMAN_SPOKE, text, now, servicer=servicer)
    row = _row(word, millis(now)) | {"state": "handled", "handled_by": RELAYED, "handled_at": millis(now)}
    await connection.execute(insert_once(connection, inbox, ["channel", "key"]), [row])


async def unheard(connection: AsyncConnection, conversation_id: str, since: datetime, most: int) -> list[str]:
    """The last `most` texts that a member wrote from `since` on and that were handled, oldest first."""
    theirs = (inbox.c.conversation == conversation_id, inbox.c.kind == Kind.TEXT, inbox.c.state == "handled")
    query = select(inbox.c.text).where(*theirs, inbox.c.received_at >= millis(since))
    rows = await connection.scalars(query.order_by(inbox.c.id.desc()).limit(most))
    return list(reversed(rows.all()))


async def forget_text(connection: AsyncConnection, channel: str, key: str) -> int | None:
    """Blank the stored text of a message that its writer took back (doc 94670); its id, or None if we never had it."""
    blank = update(inbox).where(inbox.c.channel == channel, inbox.c.key == key)
    done = await connection.execute(blank.values(text="", data={}, kind=Kind.OTHER).returning(inbox.c.id))
    found: int | None = done.scalar_one_or_none()
    return found


def _settle(batch: Iterable[tuple[Arrival, asyncio.Future[Accepted]]], error: Exception) -> None:
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(error)


async def _known_keys(connection: AsyncConnection, arrivals: Sequence[Arrival]) -> set[tuple[str, str]]:
    query = select(inbox.c.channel, inbox.c.key).where(
        inbox.c.channel.in_({a.address.channel for a in arrivals}), inbox.c.key.in_({a.key for a in arrivals})
    )
    return {(channel, key) for channel, key in await connection.execute(query)}


async def _insert(connection: AsyncConnection, arrivals: Sequence[Arrival], now: int) -> list[Arrival]:
    """Store them, in their order; those that no other process has stored at the same moment."""
    once, rows = insert_once(connection, inbox, ["channel", "key"]), [_row(arrival, now) for arrival in arrivals]
    if connection.dialect.name == "sqlite":  # a writer is alone: what was not known is not there
        await connection.execute(once, rows)
        return list(arrivals)
    ours = {tuple(pair) for pair in await connection.execute(once.returning(inbox.c.channel, inbox.c.key), rows)}
    return [arrival for arrival in arrivals if (arrival.address.channel, arrival.key) in ours]


def _conversations(arrivals: Sequence[Arrival]) -> list[dict[str, Any]]:
    addresses = {a.address.conversation: a.address for a in arrivals}
    return [
        {
            "id": id_,
            "channel": a.channel,
            "account": a.account,
            "chat": a.chat,
            "person": a.person,
            "state": State.BOT,
            "assignee": "",
            "version": 0,
            "member_at": 0,
            "spent": 0,
        }
        for id_, a in sorted(addresses.items())  # in one order: two processes that store the same never wait crosswise
    ]


def _row(arrival: Arrival, now: int) -> dict[str, Any]:
    return {
        "channel": arrival.address.channel,
        "key": arrival.key,
        "conversation": arrival.address.conversation,
        "kind": arrival.kind,
        "msgtype": arrival.msgtype[:60],
        "text": arrival.text,
        "servicer": arrival.servicer,
        "code": arrival.code,
        "ref": arrival.ref,
        "stream": arrival.stream,
        "data": dict(arrival.data),
        "sent_at": millis(arrival.sent_at),
        "received_at": now,
        "state": "seen" if arrival.seen else "new",
        "tries": 0,
        "handled_by": "",
    }


async def _open_windows(connection: AsyncConnection, arrivals: Sequence[Arrival], now: int) -> None:
    """Each message of a kf customer starts a new budget of parts and a new 48 hours (doc 94677)."""
    latest: dict[str, int] = {}
    for arrival in arrivals:
        if arrival.address.channel is Channel.KF and arrival.kind in (Kind.TEXT, Kind.MEDIA, Kind.RATED):
            id_ = arrival.address.conversation
            latest[id_] = max(latest.get(id_, 0), millis(arrival.sent_at))
    if not latest:
        return
    newer = and_(conversation.c.id == bindparam("of"), conversation.c.member_at <= bindparam("at"))
    opened = update(conversation).where(newer).values(member_at=bindparam("at"), spent=0)
    await connection.execute(opened, [{"of": id_, "at": at} for id_, at in sorted(latest.items())])
    await window_opened(connection, latest, now)


async def _open_streams(
    connection: AsyncConnection, arrivals: Sequence[Arrival], new: Sequence[Arrival], now: int
) -> set[str]:
    """Open the streams of new AI-bot messages, except where a colleague serves the person. Returns those conversations.

    There the row is closed from the start: nobody polls it, and its response_url may carry what the colleague writes.
    """
    asked = {a.address.conversation for a in arrivals if a.stream}
    if not asked:
        return set()
    served = select(conversation.c.person).where(conversation.c.state.in_(SILENT), conversation.c.person != "")
    query = select(conversation.c.id).where(conversation.c.id.in_(asked), conversation.c.person.in_(served))
    held = set(await connection.scalars(query))
    rows = [_stream_row(a, now) | {"finished": a.address.conversation in held} for a in new if a.stream]
    if rows:
        await connection.execute(insert_once(connection, stream, ["id"]), rows)
    return held


def _stream_row(arrival: Arrival, now: int) -> dict[str, Any]:
    url = str(arrival.data.get("response_url", ""))
    return {
        "id": arrival.stream,
        "bot": arrival.address.account,
        "conversation": arrival.address.conversation,
        "text": "",
        "finished": False,
        "opened_at": now,
        "response_url": url,
        "url_expires_at": now + 3_600_000 if url else 0,
        "url_used": False,
    }


def _item(row: Any) -> Item:
    return Item(
        id=row["id"],
        kind=Kind(row["kind"]),
        text=row["text"],
        sent_at=moment(row["sent_at"]),
        received_at=moment(row["received_at"]),
        msgtype=row["msgtype"],
        servicer=row["servicer"],
        code=row["code"],
        ref=row["ref"],
    )
