"""Nothing unasked to somebody who is upset: the hold, what it takes back, and its release by a named colleague."""

from zoneinfo import ZoneInfo

import structlog

from bot import occurrences
from bot.actions import action
from bot.alarm import Alarm
from bot.gatekeeper import Gatekeeper
from bot.log import short
from bot.mass.recalling import recall_part
from bot.part import Final, Part
from bot.store import conversations, outbox, posts, resolutions
from bot.store import holds as store
from bot.takeover import ask, served
from bot.transaction import Transaction
from handlers.effect_types import HoldUnasked, Release
from handlers.handoff import SILENT, Event, Move
from handlers.turn import Channel, Turn
from knowledge.language.masking import masked
from scheduler.gate import Reason
from scheduler.posts import subject_of

log = structlog.get_logger()


class Holding:
    """Carries out `HoldUnasked`, all of it in the turn's transaction."""

    def __init__(self, gatekeeper: Gatekeeper, alarm: Alarm) -> None:
        self._gatekeeper = gatekeeper
        self._alarm = alarm

    async def apply(self, transaction: Transaction, turn: Turn, effect: HoldUnasked, _key: str) -> None:
        """One hold per person, whatever the channel: a second trigger sharpens it. What is on its way is taken back."""
        person = turn.conversation.person
        subject = subject_of("person", person)
        held = (effect.reason, effect.quote)
        new = await store.begin(transaction.connection, subject, person, held, turn.item.id, transaction.now)
        dropped = await self._drop_queued(transaction, subject, person)
        recalled = await recall_tasks(transaction, subject, "刚表达了不满")
        log.info("mood_hold", new=new, reason=effect.reason, dropped=dropped, recalled=recalled)

    async def _drop_queued(self, transaction: Transaction, subject: str, person: str) -> int:
        """Posts to that person alone end here; where there are others, the gate leaves this one out."""
        parts = await store.queued(transaction.connection, subject, person)
        for part in parts:
            for address in part.body["recipients"]:
                await self._gatekeeper.ask(transaction.connection, part, address, transaction.now)
            await _drop(transaction, part, Reason.MOOD_HOLD, self._alarm)
        return len(parts)


async def recall_tasks(transaction: Transaction, subject: str, why: str) -> int:
    """Take back every task that would reach `subject` and is unconfirmed as far as we know. Returns how many.

    Cancelling is for the outbox to repeat until it works, senders and operators hear of it then; `bot.mass` sees what
    became of it. `why` is one Chinese phrase about the member.
    """
    recalled = await store.recall_tasks(transaction.connection, subject)
    for recall in recalled:
        reason = f"收件人里有一位会员{why}"
        await transaction.enqueue([recall_part(recall.msgid, recall.sender, recall.title, reason)])
    return len(recalled)


class Releasing:
    """Carries out `Release`."""

    def __init__(self, alarm: Alarm, zone: str) -> None:
        """`zone`: IANA name of the tenant's time zone."""
        self._alarm = alarm
        self._zone = ZoneInfo(zone)

    async def apply(self, transaction: Transaction, turn: Turn, effect: Release, key: str) -> None:
        """End the hold, close the tickets as resolved, give the conversations back, discard what went stale."""
        connection, now, by = transaction.connection, transaction.now, turn.conversation.person
        subject = subject_of("person", effect.person)
        released = await store.release(connection, subject, by, effect.why, now)
        theirs = await store.conversations_of(connection, effect.person)
        asks = {id_: await served(transaction, id_) for id_ in theirs}
        await resolutions.resolve(connection, theirs, by, effect.why, released.since, now)
        for id_ in theirs:
            await self._give_back(transaction, id_, by, key, asks[id_])
        await self._discard_stale(transaction, subject, effect.person)
        misread = await store.note_misread(connection, released.items, masked, by, now) if effect.misjudged else 0
        log.info("mood_hold_released", person=short(effect.person), misread=misread)

    async def _give_back(self, transaction: Transaction, id_: str, by: str, key: str, asks: int | None) -> None:
        """`asks`: the ticket that the member is asked about, on kf once the platform has ended the session."""
        conversation = await conversations.load(transaction.connection, id_)
        if conversation is None or conversation.state not in SILENT:
            return
        await conversations.move(transaction.connection, id_, Move(Event.LEAVE))
        await conversations.settle(transaction.connection, id_)
        if conversation.channel is Channel.KF:
            number = asks or await resolutions.latest(transaction.connection, id_)
            body = {"ticket": number, "asked_by": by, "asks": asks}
            await transaction.enqueue([action(conversation, "end", body, key, transaction.now)])
        else:
            await ask(transaction, id_, asks)

    async def _discard_stale(self, transaction: Transaction, subject: str, person: str) -> None:
        """What was meant for an earlier day is not sent to somebody who has just been reconciled."""
        for part in await store.queued(transaction.connection, subject, person):
            if occurrences.planned_on(part, self._zone) < transaction.now.astimezone(self._zone).date():
                await _drop(transaction, part, Reason.EXPIRED, self._alarm)


async def _drop(transaction: Transaction, part: Part, reason: Reason, alarm: Alarm) -> None:
    await outbox.finish(transaction.connection, part, Final.DROPPED, transaction.now, reason=reason)
    await posts.release(transaction.connection, part.id)
    await occurrences.settle(transaction, part, alarm)
