"""Nothing unasked to somebody who is upset: the hold, what it takes back, and its release by a named colleague."""

from zoneinfo import ZoneInfo

import structlog

from bot import occurrences
from bot.actions import action
from bot.alarm import Alarm
from bot.gatekeeper import Gatekeeper
from bot.part import Final, Klass, Part, part_id
from bot.store import conversations, outbox, posts, resolutions
from bot.store import holds as store
from bot.transaction import Transaction
from handlers.handoff import SILENT, Event, Move
from handlers.texts import recalling, shorten
from handlers.turn import Channel, Conversation, HoldUnasked, Release, Turn
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
        recalled = await store.recall_tasks(transaction.connection, subject)
        for recall in recalled:
            await self._recall(transaction, recall)
        log.info("mood_hold", new=new, reason=effect.reason, dropped=dropped, recalled=len(recalled))

    async def _drop_queued(self, transaction: Transaction, subject: str, person: str) -> int:
        """Posts to that person alone end here; where there are others, the gate leaves this one out."""
        parts = await store.queued(transaction.connection, subject, person)
        for part in parts:
            for address in part.body["recipients"]:
                await self._gatekeeper.ask(transaction.connection, part, address, transaction.now)
            await _drop(transaction, part, Reason.MOOD_HOLD, self._alarm)
        return len(parts)

    async def _recall(self, transaction: Transaction, recall: store.Recall) -> None:
        """Cancelling is for the outbox to repeat until it works; `bot.mass_tasks` sees what became of it."""
        cancel = Part(
            id=part_id("recall", recall.msgid),
            lane=f"recall:{recall.msgid}",
            channel=Channel.CUSTOMERS,
            klass=Klass.ACTION,
            kind="recall",
            body={"msgid": recall.msgid},
        )
        text = recalling(recall.title, recall.sender)
        told = self._alarm.raised(f"recalling:{recall.msgid}", text, transaction.now)
        if self._alarm.able and recall.sender not in self._alarm.operators:
            id_ = part_id("recalling", recall.msgid)
            told = [*told, self._alarm.notice(recall.sender, text, id_, transaction.now)]
        await transaction.enqueue([cancel, *told])


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
        await resolutions.resolve(connection, theirs, by, effect.why, released.since, now)
        for id_ in theirs:
            await self._give_back(transaction, id_, by, key)
        await self._discard_stale(transaction, subject, effect.person)
        misread = await store.note_misread(connection, released.items, masked, by, now) if effect.misjudged else 0
        log.info("mood_hold_released", person=shorten(effect.person), misread=misread)

    async def _give_back(self, transaction: Transaction, id_: str, by: str, key: str) -> None:
        conversation = await conversations.load(transaction.connection, id_)
        if conversation is None or conversation.state not in SILENT:
            return
        await conversations.move(transaction.connection, id_, Move(Event.LEAVE))
        await conversations.settle(transaction.connection, id_)
        if conversation.channel is Channel.KF:
            await transaction.enqueue([await self._end(transaction, conversation, by, key)])

    async def _end(self, transaction: Transaction, conversation: Conversation, by: str, key: str) -> Part:
        number = await resolutions.latest(transaction.connection, conversation.id)
        return action(conversation, "end", {"ticket": number, "asked_by": by}, key, transaction.now)

    async def _discard_stale(self, transaction: Transaction, subject: str, person: str) -> None:
        """What was meant for an earlier day is not sent to somebody who has just been reconciled."""
        for part in await store.queued(transaction.connection, subject, person):
            if occurrences.planned_on(part, self._zone) < transaction.now.astimezone(self._zone).date():
                await _drop(transaction, part, Reason.EXPIRED, self._alarm)


async def _drop(transaction: Transaction, part: Part, reason: Reason, alarm: Alarm) -> None:
    await outbox.finish(transaction.connection, part, Final.DROPPED, transaction.now, reason=reason)
    await posts.release(transaction.connection, part.id)
    await occurrences.settle(transaction, part, alarm)
