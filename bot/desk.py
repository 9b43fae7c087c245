"""Where a conversation is worked on: items in order, each decided by the handlers and applied in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.channels import ChannelPort
from bot.clock import Clock
from bot.drafts import Drafts
from bot.effects import Applier
from bot.exclusion import Exclusion
from bot.kf_sessions import KfSessions
from bot.metrics import Metrics
from bot.outbox import Dispatcher
from bot.pace import Pace
from bot.part import Part
from bot.replies import reply_parts
from bot.rhythm import note, showed
from bot.store import conversations
from bot.store.away import away
from bot.store.inbox import Inbox, Waiting, forget_text, mark_handled
from bot.store.outbox import mark_undelivered, recall_unsent
from bot.store.streams import end_unsaid
from bot.streaming import Streaming
from bot.takeover import ended, taken
from bot.transaction import Overtaken, Transaction, Transactions
from handlers.effect_types import Forget, HoldUnasked, Rate, Satisfied
from handlers.handoff import SILENT
from handlers.mood_types import Reading
from handlers.policy import decide
from handlers.texts import ANSWERED_BY_COLLEAGUE, APOLOGY
from handlers.turn import Channel, Conversation, Kind, Office, Outcome, Reply, Role, Turn
from scheduler.posts import subject_of

log = structlog.get_logger()

LONGEST_RETRY_SECONDS = 30
BURST = 20  # items decided before what they gave is sent


@dataclass(frozen=True, slots=True)
class Roles:
    """Who of our colleagues is what. Userids are compared in lower case: WeCom's are case-insensitive."""

    operators: frozenset[str]
    leads: frozenset[str]
    consultants: frozenset[str]

    def of(self, conversation: Conversation) -> frozenset[Role]:
        """Roles count only where colleagues talk to us alone: the app, and an AI bot one to one."""
        if conversation.channel not in (Channel.APP, Channel.AIBOT) or conversation.chat:
            return frozenset({Role.MEMBER})
        person = conversation.person.casefold()
        named = {Role.OPERATOR: self.operators, Role.LEAD: self.leads, Role.CONSULTANT: self.consultants}
        return frozenset(role for role, people in named.items() if person in people) or frozenset({Role.MEMBER})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """`drain` is what the engine calls; everything else serves it."""

    inbox: Inbox
    transactions: Transactions
    dispatcher: Dispatcher
    office: Office
    applier: Applier
    channels: Mapping[Channel, ChannelPort]
    roles: Roles
    clock: Clock
    max_tries: int
    metrics: Metrics
    pace: Pace
    exclusion: Exclusion
    drafts: Drafts
    streaming: Streaming
    kf_sessions: KfSessions

    async def drain(self, lane: str) -> datetime | None:
        """Handle the lane's items in order, and send. Returns when to come back, None when all is done.

        Where the platform may allow fewer messages than questions, a burst is decided as a whole before it is answered.
        """
        while True:
            retry_at, more = await self._handle_some(lane)
            sent_until = await self.dispatcher.flush(lane)
            if retry_at is not None or not more:
                return min((at for at in (retry_at, sent_until) if at is not None), default=None)

    async def _handle_some(self, lane: str) -> tuple[datetime | None, bool]:
        """Up to BURST items. When to come back for one that failed, and whether there may be more now."""
        for _ in range(BURST):
            waiting = await self.inbox.next(lane)
            if waiting is None:
                return None, False
            await self.pace.turn()
            try:
                retry_at, more = await self._try(lane, waiting)
            except Overtaken:
                continue  # the same item again, under the new state
            if retry_at is not None or not more:
                return retry_at, False
            if not self._counted(waiting):
                break
        return None, True

    def _counted(self, waiting: Waiting) -> bool:
        """Whether answers have to share few messages. Elsewhere each leaves before the next one is decided."""
        channel = self.channels.get(waiting.conversation.channel)
        return channel is not None and channel.limits.per_message is not None

    async def _try(self, lane: str, waiting: Waiting) -> tuple[datetime | None, bool]:
        """When to try again what failed, and whether more may be waiting. Raises Overtaken."""
        try:
            return None, await self._handle(lane, waiting)
        except Overtaken:
            raise
        except Exception as error:
            if away(error):
                raise  # tried again when the store is back; the item is not to blame
            log.exception("handling_failed", item=waiting.item.id)
            tries = await self.inbox.failed(waiting.item.id)
            if tries < self.max_tries:
                retry_at = self.clock.now() + timedelta(seconds=min(2**tries, LONGEST_RETRY_SECONDS))
                await self.inbox.put_off(waiting.item.id, retry_at)
                return retry_at, False
            await self._bury(lane, waiting)
        return None, True

    async def _handle(self, lane: str, waiting: Waiting) -> bool:
        """Whether more items wait: what comes in later wakes the lane."""
        waiting = await self.kf_sessions.as_it_is(waiting)
        roles = self.roles.of(waiting.conversation)
        async with self.streaming.of(waiting) as so_far:
            reading = await self._read(waiting)
            turn = Turn(
                waiting.item,
                waiting.conversation,
                roles,
                self.clock.now(),
                waiting.history,
                so_far,
                reading,
                waiting.held,
                waiting.answered,
                waiting.wordless,
                waiting.lapsed,
            )
            outcome = await self.drafts.carried_out(await decide(turn, self.office))
        async with self.exclusion.holding(_held(turn, outcome)), self.transactions.begin() as transaction:
            more = await self._apply(transaction, turn, waiting, outcome)
            transaction.lanes.discard(lane)  # this very drain sends what it left there
        waited = (transaction.now - turn.item.received_at).total_seconds()
        channel = turn.conversation.channel
        self.metrics.handled.labels(channel, outcome.handler).inc()
        self.metrics.wait_seconds.observe(waited)
        for given in (effect for effect in outcome.effects if isinstance(effect, Satisfied)):
            self.metrics.satisfaction.labels({3: "satisfied", 2: "so_so", 1: "unsatisfied"}[given.score]).inc()
        for rate in (effect for effect in outcome.effects if isinstance(effect, Rate)):
            self.metrics.ratings.labels({True: "good", False: "bad", None: "withdrawn"}[rate.good]).inc()
        log.info("item_handled", item=turn.item.id, channel=channel, handler=outcome.handler, seconds=waited)
        return more

    async def _read(self, waiting: Waiting) -> Reading | None:
        if waiting.item.kind is not Kind.TEXT:
            return None
        return await self.office.mood(waiting.item.text, waiting.history)

    async def _apply(self, transaction: Transaction, turn: Turn, waiting: Waiting, outcome: Outcome) -> bool:
        """Whether more items wait in the conversation."""
        connection, item = transaction.connection, turn.item.id
        mood = turn.reading.mood if turn.reading else ""
        at, lane = transaction.now, turn.conversation.id
        stands = await mark_handled(connection, lane, item, outcome.handler, at, "handled", mood)
        if stands is None:
            return True
        version = await self._move(transaction, turn, outcome, stands.version)
        parts = self._reply_parts(turn.conversation, waiting, outcome.replies, version)
        await transaction.enqueue(parts)
        await self.applier.note_answers(transaction, waiting, outcome.replies)
        for number, effect in enumerate(outcome.effects):
            await self.applier.apply(transaction, turn, effect, f"{turn.item.id}.{number}")
        if outcome.audit:
            await self.applier.audit(transaction, turn.conversation.person, outcome.audit)
        if turn.silent and not outcome.replies and waiting.stream:
            await end_unsaid(connection, waiting.stream, ANSWERED_BY_COLLEAGUE)
        for kind, about in showed(outcome.effects, mood, turn.item.id, transaction.now):
            subject = subject_of("person", turn.conversation.person)
            await note(connection, subject, kind, about, transaction.now)
        await self._keep_books(transaction, turn, waiting)
        return stands.more

    async def _move(self, transaction: Transaction, turn: Turn, outcome: Outcome, now: int) -> int:
        """The version the replies are good under; `now` is the conversation's. Raises Overtaken when the turn was
        decided under an older one."""
        conversation = turn.conversation
        if outcome.move is not None:
            # What was decided before the member's own words is still said, unless they are upset.
            upset = any(isinstance(effect, HoldUnasked) for effect in outcome.effects)
            own = turn.item.kind in (Kind.TEXT, Kind.MEDIA) and not upset
            version = await conversations.move(
                transaction.connection, conversation.id, outcome.move, version=conversation.version, keep_replies=own
            )
        else:
            version = now if now == conversation.version else None
        if version is None:
            raise Overtaken
        return version

    def _reply_parts(
        self, conversation: Conversation, waiting: Waiting, replies: tuple[Reply, ...], version: int
    ) -> list[Part]:
        channel = self.channels.get(conversation.channel)
        if channel is None:
            return []
        return reply_parts(conversation, waiting, replies, version, channel)

    async def _keep_books(self, transaction: Transaction, turn: Turn, waiting: Waiting) -> None:
        """What an event means for our own records, whatever was decided."""
        connection, item, conversation = transaction.connection, turn.item, turn.conversation
        match item.kind:
            case Kind.HUMAN_LEFT:
                await ended(transaction, turn)
            case Kind.HUMAN_TOOK | Kind.HUMAN_SPOKE:
                await taken(transaction, turn)
            case Kind.RECALLED:
                recalled = await forget_text(connection, conversation.channel, item.ref)
                if recalled is not None:
                    await recall_unsent(connection, conversation.id, recalled)
            case Kind.SEND_FAILED:
                fail_type = str(waiting.data.get("fail_type", ""))
                await mark_undelivered(connection, item.ref, f"undelivered {fail_type}")
                await self.applier.tell_undelivered(transaction, fail_type)

    async def _bury(self, lane: str, waiting: Waiting) -> None:
        """An item that breaks us every time: apologise, tell operators, and let the rest go on."""
        async with self.transactions.begin() as transaction:
            connection = transaction.connection
            conversation = await conversations.load(connection, lane)
            if await mark_handled(connection, lane, waiting.item.id, "dead", transaction.now, "dead") is None:
                return
            if (
                conversation is not None
                and conversation.state not in SILENT
                and not waiting.held
                and waiting.item.kind is Kind.TEXT
            ):
                await transaction.enqueue(
                    self._reply_parts(conversation, waiting, (Reply(APOLOGY),), conversation.version)
                )
            await self.applier.tell_buried(transaction)


def _held(turn: Turn, outcome: Outcome) -> list[str]:
    """Whom the outcome puts on hold: nothing unasked may be on its way to them while that is written."""
    held = any(isinstance(effect, HoldUnasked) for effect in outcome.effects)
    theirs = [subject_of("person", turn.conversation.person)] if held else []
    return [*theirs, *(subject_of("person", each.person) for each in outcome.effects if isinstance(each, Forget))]
