"""The one door out. Parts of a lane leave in order; what an error's class says is done here, once for all channels."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import occurrences
from bot.admission import SPOKEN, Admission, Stopped
from bot.alarm import Alarm
from bot.channels import ChannelPort
from bot.clock import Clock
from bot.errors import AlreadyDone, MaybeDone, NeedsOperator, Refused, SendError, StateMoved, TryLater, WaitForMember
from bot.exclusion import Exclusion
from bot.mass import recalling
from bot.pace import Pace
from bot.part import Final, Klass, Part, Receipt, part_id
from bot.relay import came_back
from bot.store import conversations, ledger, outbox, pages, posts, tickets
from bot.store.away import away
from bot.takeover import CODE_LIFE, ask, over, still_open
from bot.transaction import Transaction, Transactions
from handlers.handoff import Event, Move
from handlers.naming import channel_name
from handlers.turn import Channel
from scheduler.posts import parse_recipient, subject_of

log = structlog.get_logger()

LONGEST_BACK_OFF = timedelta(minutes=5)
OPERATOR_RETRY = timedelta(minutes=5)  # how often a part that waits for a person is tried

ENDED = {
    Final.DEAD: "有一条消息没能送达（{channel}，原因 {reason}），已停止重试。",
    Final.LOST: "有一条消息不确定是否送达（{channel}，原因 {reason}）：没有收到回执，为免重复没有再发，请人工核对。",
}

NOT_ASKED = (
    "{number} 号的回访没有送到：会话已经结束、对方又有新情况，或者对方不想再收到消息。不会再试，需要的话请您直接联系。"
)


class Dispatcher:
    """Sends what is ready in a lane, until it is empty or has to wait."""

    def __init__(
        self,
        store: outbox.Outbox,
        transactions: Transactions,
        channels: Mapping[Channel, ChannelPort],
        admission: Admission,
        alarm: Alarm,
        clock: Clock,
        pace: Pace,
        exclusion: Exclusion,
    ) -> None:
        self._store = store
        self._transactions = transactions
        self._channels = channels
        self._admission = admission
        self._alarm = alarm
        self._clock = clock
        self._pace = pace
        self._exclusion = exclusion
        self._watcher: Callable[[Part, Final, datetime], None] | None = None

    def watch(self, watcher: Callable[[Part, Final, datetime], None]) -> None:
        """Let `watcher` hear of every part that ends, how and when."""
        self._watcher = watcher

    async def flush(self, lane: str) -> datetime | None:
        """Send the lane's parts in order. Returns when to come back, or None when nothing is left.

        What is added to the lane meanwhile wakes it; so after the last part nobody has to look once more.
        """
        while (found := await self._store.next(lane)) is not None:
            part, more = found
            if part.sending:
                await self._resume(part)
                continue
            if part.not_before is not None and part.not_before > self._clock.now():
                return part.not_before
            if part.tries:  # thousands may be due again at once: callbacks go first
                await self._pace.turn()
            async with self._exclusion.sending(_unasked_of(part)):
                ended = await self._dispatch(part, more)
            if ended and not more:
                break
        return None

    async def _resume(self, part: Part) -> None:
        """A kill, or a store that failed us, left this part between leaving and its end: only one drain at a time has
        the lane, so nobody is sending it. It is repeated where that is safe, else counted as lost and told."""
        async with self._transactions.begin() as transaction:
            if part.repeatable:
                await outbox.put_back(transaction.connection, part, transaction.now, outbox.INTERRUPTED)
            else:
                await self._end(transaction, part, Final.LOST, outbox.INTERRUPTED)

    async def _dispatch(self, part: Part, more: bool) -> bool:
        """Whether the part was sent, and has ended with that."""
        admitted = await self._admit(part, more)
        if admitted is None:
            return False
        try:
            receipt = await self._channels[admitted.channel].send(admitted)
        except SendError as error:
            await self._failed(admitted, error)
        except Exception as error:
            if away(error):
                raise  # found as `sending` when the store is back
            # A defect of ours: never repeat what we do not understand, and never lose sight of it.
            log.exception("send_broke", part=part.id, channel=part.channel)
            # A post may have arrived, so its slot stays taken.
            final = Final.LOST if part.klass is Klass.POST else Final.DEAD
            await self._close(admitted, final, f"defect {type(error).__name__}")
        else:
            await self._sent(admitted, receipt)
            return True
        return False

    async def _admit(self, part: Part, more: bool) -> Part | None:
        now = self._clock.now()
        if self._admission.is_plain(part, now):
            async with self._transactions.single() as connection:
                taken = await self._admission.take(connection, part, now)
            if taken is not None:
                return taken
        async with self._transactions.begin() as transaction:
            try:
                return await self._admission.admit(transaction, part, more)
            except Stopped as stopped:
                await self._end(transaction, part, stopped.final, stopped.reason)
                return None

    async def _sent(self, part: Part, receipt: Receipt) -> None:
        if part.klass is Klass.REPLY and receipt == Receipt(receipt.platform_id):
            async with self._transactions.single() as connection:
                now = self._clock.now()
                await outbox.finish(connection, part, Final.SENT, now, platform_id=receipt.platform_id)
        else:
            await self._note_sent(part, receipt)
        self._note(part, Final.SENT)

    async def _note_sent(self, part: Part, receipt: Receipt) -> None:
        """Everything that follows from a part's having left."""
        async with self._transactions.begin() as transaction:
            connection, now = transaction.connection, transaction.now
            await outbox.finish(connection, part, Final.SENT, now, platform_id=receipt.platform_id)
            if receipt.confirmation is not None:
                expires_at = part.expires_at or now
                task = posts.MassTask(
                    receipt.confirmation.msgid, part.id, receipt.confirmation.sender, "waiting", expires_at
                )
                await posts.add_mass_task(connection, task, now)
            elif part.klass is Klass.POST:
                await ledger.mark_delivered(connection, part.id)
            await transaction.enqueue(await self._moved(transaction, part, receipt))
            if part.kind == recalling.RECALL and not receipt.too_late:
                await transaction.enqueue(recalling.told(part, self._alarm, now, done=True))
            await occurrences.settle(transaction, part, self._alarm)

    def _note(self, part: Part, final: Final) -> None:
        if self._watcher is not None:
            self._watcher(part, final, self._clock.now())

    async def _moved(self, transaction: Transaction, part: Part, receipt: Receipt) -> tuple[Part, ...]:
        """Apply the receipt's move; its follow-ups are good under the version that this gives."""
        if receipt.page is not None:
            await pages.add(transaction.connection, receipt.page)
        if receipt.move is None:
            return receipt.follow_ups
        if receipt.move.event is Event.LEAVE and not await still_open(transaction, part):
            asks, until = part.body.get("asks"), transaction.now + CODE_LIFE
            await ask(transaction, part.conversation, asks, receipt.code, until)
            return ()
        version = await self._move(transaction, part, receipt.move, receipt.code)
        if receipt.page is not None and receipt.move.event in (Event.CALL, Event.NOBODY):
            await tickets.assign(transaction.connection, receipt.page.ticket, receipt.page.people[0], transaction.now)
        return tuple(replace(f, fence=version) if f.conversation else f for f in receipt.follow_ups)

    async def _move(self, transaction: Transaction, part: Part, move: Move, code: str = "") -> int | None:
        """The conversation and its ticket stand where the platform says. Returns the version that this gives."""
        connection, id_ = transaction.connection, part.conversation
        if move.event is Event.CANCEL:  # first nobody has it any more: from a colleague the table has no such move
            await conversations.move(connection, id_, Move(Event.NOBODY))
        version = await conversations.move(connection, id_, move)
        if move.event is Event.LEAVE:
            await over(transaction, id_, code, transaction.now + CODE_LIFE)
        elif move.event is Event.TAKE:
            await tickets.take(connection, id_, move.assignee, transaction.now)
        elif move.event in (Event.CALL, Event.NOBODY, Event.CANCEL):
            await tickets.reopen(connection, id_)
        return version

    async def _failed(self, part: Part, error: SendError) -> None:
        """What happens next is the error's class; see `bot.errors`."""
        what = type(error).__name__
        log.warning("send_failed", part=part.id, channel=part.channel, error=what, errcode=error.errcode)
        match error:
            case AlreadyDone():
                await self._sent(part, Receipt())
            case MaybeDone() if not part.repeatable:
                await self._close(part, Final.LOST, "no_answer")
            case TryLater(after=after):
                await self._retry(part, _back_off(after, part.tries), error)
            case NeedsOperator():
                await self._retry(part, OPERATOR_RETRY, error)
            case WaitForMember(move=move):
                async with self._transactions.begin() as transaction:
                    await outbox.wait_for_member(transaction.connection, part)
                    if move is not None:
                        await self._move(transaction, part, move)
                    if part.body.get("frees") == Event.NOBODY:  # a danger sign: others may be able to say it now
                        await transaction.enqueue(self._alarm.unsaid(part, transaction.now))
            case StateMoved(move=move):
                await self._state_moved(part, move, error.errcode)
            case Refused(what_to_do=what_to_do):
                await self._close(part, Final.DEAD, f"refused {error.errcode}", what_to_do)
            case _:
                await self._close(part, Final.DEAD, f"refused {error.errcode}")

    async def _retry(self, part: Part, after: timedelta, error: SendError) -> None:
        async with self._transactions.begin() as transaction:
            if part.klass is Klass.POST:
                await posts.release(transaction.connection, part.id)
            reason = f"{type(error).__name__} {error.errcode}"
            await outbox.put_back(transaction.connection, part, transaction.now + after, reason)
            if part.kind == recalling.RECALL:
                await transaction.enqueue(recalling.told(part, self._alarm, transaction.now, done=False))
            if isinstance(error, NeedsOperator) and part.klass is not Klass.NOTICE:
                told = self._alarm.raised(f"needs:{error.errcode}", error.what_to_do, transaction.now)
                await transaction.enqueue(told)

    async def _state_moved(self, part: Part, move: Move | None, errcode: int) -> None:
        """Take over where the platform says the conversation stands; the part is not said any more."""
        async with self._transactions.begin() as transaction:
            if move is not None and part.conversation:
                await conversations.move(transaction.connection, part.conversation, move)
            await self._end(transaction, part, Final.DROPPED, f"state_moved {errcode}")

    async def _close(self, part: Part, final: Final, reason: str, what_to_do: str = "") -> None:
        async with self._transactions.begin() as transaction:
            await self._end(transaction, part, final, reason, what_to_do)

    def _not_asked(self, part: Part, now: datetime) -> list[Part]:
        """Who approved the question hears that it was not put."""
        if not self._alarm.able:
            return []
        text = NOT_ASKED.format(number=part.body["ticket"])
        return [self._alarm.notice(part.body["approved_by"], text, part_id("not_asked", part.id), now)]

    async def _end(self, transaction: Transaction, part: Part, final: Final, reason: str, what_to_do: str = "") -> None:
        """Close a part that was not sent, and tell whoever has to know.

        Where the answer to an earlier try was lost it may have arrived: nobody knows, and that is told.
        """
        final = Final.LOST if final is Final.DEAD and part.doubtful else final
        await outbox.finish(transaction.connection, part, final, transaction.now, reason=reason)
        log.info("part_ended", part=part.id, channel=part.channel, klass=part.klass, final=final, reason=reason)
        self._note(part, final)
        if part.klass is Klass.POST and final is not Final.LOST:  # a lost one may have arrived: its slot stays taken
            await posts.release(transaction.connection, part.id)
        if part.body.get("frees") == Event.NOBODY and reason != SPOKEN:
            await transaction.enqueue(self._alarm.unsaid(part, transaction.now))
        if part.klass is Klass.RELAY:
            await transaction.enqueue(await came_back(transaction, part, final, reason, self._alarm))
        elif part.klass is Klass.SERVICE:
            await transaction.enqueue(self._not_asked(part, transaction.now))
        elif final in ENDED and part.klass is not Klass.NOTICE:
            text = ENDED[final].format(channel=channel_name(part.channel), reason=reason) + what_to_do
            await transaction.enqueue(self._alarm.raised(f"{final}:{part.channel}:{reason}", text, transaction.now))
        await occurrences.settle(transaction, part, self._alarm)


def _unasked_of(part: Part) -> set[str]:
    """Whom a part would reach unasked; a hold of theirs and this part exclude each other (`bot.exclusion`)."""
    if part.klass is Klass.POST:
        return {each.subject for each in map(parse_recipient, part.body["recipients"]) if each.scope == "person"}
    return {subject_of("person", part.body["to"])} if part.klass is Klass.SERVICE else set()


def _back_off(after: timedelta, tries: int) -> timedelta:
    """Twice as long each time, at least what the platform asked for, at most five minutes more."""
    doubled: timedelta = after * 2 ** max(0, min(tries - 1, 10))
    return max(after, min(doubled, LONGEST_BACK_OFF))
