"""Carrying out what members decide about what we send and keep, and seeing a deletion through to the end."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select

from bot import forgetting
from bot.alarm import Alarm
from bot.clock import Clock
from bot.holds import Holding
from bot.part import Klass, Part, part_id
from bot.store import locks, marks, preferences, profiles
from bot.store.database import Database
from bot.store.outbox import from_row
from bot.store.tables import conversation, outbox, ticket
from bot.store.tickets import LIVE
from bot.transaction import Transaction, Transactions
from handlers.effect_types import AskColleague, Effect, Forget, HoldUnasked, Learn, Prefer
from handlers.preferences import Profile, Purpose
from handlers.rights import EXPORT
from handlers.rights_texts import FORGOTTEN
from handlers.texts import shorten
from handlers.turn import Channel, Turn

log = structlog.get_logger()

FAREWELL_LIFE = timedelta(minutes=10)  # WeCom reads a bubble for six minutes (doc 101031)
_SPEAKS_FIRST = (Channel.KF, Channel.APP)  # where a line can be said without a bubble that was opened for it
_CLOSED = "转接单 {number} 号的会员要求删除自己的数据，已经删除，单子已关闭。会话如果还开着，请不要再问对方的旧事。"
_WANTS = {
    True: "会员 {person} 要一份自己的数据，聊天里放不下。请运营运行 fencun person export，把文件单独发给对方。",
    False: "会员 {person} 要求删除自己的数据。请告诉对方：10 分钟内回复“确认删除”就会删除，无法恢复；不回复就不删。",
}


def members_rights(alarm: Alarm, holding: Holding, zone: str) -> dict[type[Effect], "Rights"]:
    """The carrier of what members decide, for `bot.effects`."""
    rights = Rights(alarm, holding, zone)
    return {Prefer: rights, Learn: rights, Forget: rights, AskColleague: rights}


class Rights:
    """One method per effect, inside the turn's transaction."""

    def __init__(self, alarm: Alarm, holding: Holding, zone: str) -> None:
        """`zone`: IANA name of the tenant's time zone."""
        self._alarm = alarm
        self._holding = holding
        self._zone = ZoneInfo(zone)

    async def apply(
        self, transaction: Transaction, turn: Turn, effect: Prefer | Learn | Forget | AskColleague, key: str
    ) -> None:
        match effect:
            case Prefer():
                await self._prefer(transaction, turn, effect)
            case Learn():
                await self._learn(transaction, turn, effect)
            case Forget(person):
                await self._forget(transaction, turn, person, key)
            case AskColleague(what):
                await self._ask(transaction, turn, what, key)

    async def _prefer(self, transaction: Transaction, turn: Turn, effect: Prefer) -> None:
        person = turn.conversation.person
        await preferences.save(transaction.connection, person, effect.preferences, transaction.now)
        if Purpose.PERSONALISATION in effect.preferences.off:
            await profiles.remove(transaction.connection, person)

    async def _learn(self, transaction: Transaction, turn: Turn, effect: Learn) -> None:
        connection, person, now = transaction.connection, turn.conversation.person, transaction.now
        if Purpose.PERSONALISATION in (await preferences.load(connection, person)).off:
            return
        await locks.person(connection, person)
        known = await profiles.load(connection, person) or Profile({})
        local = now.astimezone(self._zone)
        hour = local.hour
        hours = known.hours or {}
        topics = known.topics | ({effect.topic: known.topics.get(effect.topic, 0) + 1} if effect.topic else {})
        grown = Profile(
            topics,
            effect.stage or known.stage,
            effect.room or known.room,
            hours | {hour: hours.get(hour, 0) + 1},
            now,
            local.date() if effect.stage else known.stage_on,
        )
        await profiles.save(connection, person, grown, now)

    async def _forget(self, transaction: Transaction, turn: Turn, person: str, key: str) -> None:
        """Nothing queued leaves, colleagues who serve hear of it, and the member gets one last line."""
        own = turn.conversation.person.lower() == person.lower()
        about = replace(turn, conversation=replace(turn.conversation, person=person))
        await self._holding.apply(transaction, about, HoldUnasked(forgetting.SWEEP), key)
        served = await _served(transaction, person)
        last = await _farewell(transaction, turn) if own else []
        streams = tuple(str(part.body["stream"]) for part in last if part.body.get("stream"))
        gone = await forgetting.forget(transaction, person, streams)
        await transaction.enqueue(last)
        await forgetting.expect_sweep(transaction, gone.who, parts=[part.id for part in last])
        for number, assignee in served:
            text = _CLOSED.format(number=number)
            await self._tell(transaction, text, f"{gone.who}.{number}", assignee)
        by = "member" if own else turn.conversation.person
        await marks.note(transaction.connection, by, f"forget {gone.who[:8]}", transaction.now)
        log.info("person_forgotten", rows=gone.rows, own=own)

    async def _ask(self, transaction: Transaction, turn: Turn, what: str, key: str) -> None:
        conversation = turn.conversation
        text = _WANTS[what == EXPORT].format(person=shorten(conversation.person))
        await self._tell(transaction, text, f"{what}.{key}", conversation.assignee if what != EXPORT else "")

    async def _tell(self, transaction: Transaction, text: str, key: str, assignee: str) -> None:
        """The colleague who serves, else the operators."""
        if not self._alarm.able:
            log.warning("nobody_to_tell", what="rights")
            return
        people = [assignee] if assignee else self._alarm.operators
        told = [self._alarm.notice(each, text, part_id("rights", key, each), transaction.now) for each in people]
        await transaction.enqueue(told)


async def _served(transaction: Transaction, person: str) -> list[tuple[int, str]]:
    """The person's live tickets with who has them."""
    query = (
        select(ticket.c.number, ticket.c.assignee)
        .join(conversation, conversation.c.id == ticket.c.conversation)
        .where(conversation.c.person == person, ticket.c.state.in_(LIVE))
    )
    return [(int(number), str(assignee)) for number, assignee in await transaction.connection.execute(query)]


async def _farewell(transaction: Transaction, turn: Turn) -> list[Part]:
    """What this turn says, as parts that stand without their conversation."""
    here = turn.conversation
    query = select(outbox).where(outbox.c.conversation == here.id, outbox.c.state == "ready").order_by(outbox.c.seq)
    rows = (await transaction.connection.execute(query)).mappings().all()
    said = [part for part in map(from_row, rows) if part.body.get("item") == turn.item.id]
    if not said and turn.silent and here.channel in _SPEAKS_FIRST:
        body = {"to": here.person, "account": here.account, "chat": here.chat, "text": FORGOTTEN}
        id_ = part_id("farewell", here.id, turn.item.id)
        said = [Part(id=id_, lane=here.id, channel=here.channel, klass=Klass.NOTICE, kind="text", body=body)]
    until = transaction.now + FAREWELL_LIFE
    return [
        replace(part, conversation="", fence=None, klass=Klass.NOTICE, not_before=None, expires_at=until)
        for part in said
    ]


class Sweeper:
    """`look` is for the ticker: what a deletion has to wait for."""

    def __init__(self, database: Database, transactions: Transactions, clock: Clock, guides: Path) -> None:
        self._database = database
        self._transactions = transactions
        self._clock = clock
        self._guides = guides

    async def look(self) -> None:
        """Sweep up what has left meanwhile, and empty the log of writes once something was deleted."""
        async with self._database.read() as connection:
            waiting: Sequence[marks.Mark] = await marks.named(connection, forgetting.SWEEP)
        swept = [await self._sweep(each) for each in waiting]
        if any(swept):
            await self._database.scrub()

    async def _sweep(self, each: marks.Mark) -> bool:
        late = self._clock.now() - each.at > FAREWELL_LIFE
        async with self._transactions.begin() as transaction:
            return await forgetting.sweep(transaction, each.name, each.value, self._guides, late=late)
