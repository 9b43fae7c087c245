"""Following the tasks that colleagues confirm: reminded of, counted, cancelled once they would be stale."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alarm import Alarm
from bot.channels.customers import SENT, confirmed
from bot.clock import Clock
from bot.errors import AlreadyDone, MaybeDone, NeedsOperator, Refused, SendError, TryLater
from bot.mass.advice import NOBODY, advice
from bot.mass.books import Books, Ended
from bot.mass.finding import Finder
from bot.mass.outcome import Status, outcome_of
from bot.mass.reminding import Reminding
from bot.part import Part
from bot.signals import NoteSignal
from bot.store import mass_results as store
from bot.store.mass_results import MassTask, MassTasksStore, Missing
from bot.store.posts import RECALLING
from bot.transaction import Transaction, Transactions
from bot.wecom.api import Contact

log = structlog.get_logger()

# (connection, part, addresses, now) → why, in Chinese, by address that must not get it any more.
MayStillGo = Callable[[AsyncConnection, Part, Sequence[str], datetime], Awaitable[Mapping[str, str]]]

DISPATCHING = 41063  # the platform is still giving the task out
TOO_OFTEN = 45009
REMINDED_TOO_OFTEN = 41094

STRAGGLERS = timedelta(minutes=30)  # after the confirmation; a large send takes its time
GIVEN_UP = timedelta(days=1)  # after its expiry a task that nobody lets us look at is lost
OPERATOR_REST = timedelta(minutes=10)
TASK_REST = timedelta(hours=1)
SHORTEST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
FAILURES = 3  # one after another: the platform is not well, and the rest of the round would fare no better


class MassTasks:
    """`follow` is called by the clock, every minute."""

    def __init__(
        self,
        contact: Contact,
        tasks: MassTasksStore,
        transactions: Transactions,
        alarm: Alarm,
        clock: Clock,
        reminding: Reminding,
    ) -> None:
        self._contact = contact
        self._tasks = tasks
        self._transactions = transactions
        self._books = Books(transactions, alarm)
        self._clock = clock
        self._reminding = reminding
        self._finder = Finder(contact, tasks, clock)
        self._may_still_go: MayStillGo | None = None
        self._rest_until = datetime.min.replace(tzinfo=UTC)
        self._rest = timedelta(0)
        self._not_before: dict[str, datetime] = {}  # tasks that the platform refuses to tell about

    def use(self, may_still_go: MayStillGo, note_signal: NoteSignal) -> None:
        """The gate without a reservation, and where signals go. Until it is there nothing is reminded of."""
        self._may_still_go = may_still_go
        self._books.note_signal = note_signal

    async def follow(self) -> None:
        """Look at every unsettled task once. One that cannot be looked at now is looked at next time."""
        if self._clock.now() < self._rest_until:
            return
        for missing, msgid, sender in await self._finder.found():
            await self._adopt(missing, msgid, sender)
        tasks = await self._tasks.unsettled()
        self._not_before = {t.msgid: self._not_before[t.msgid] for t in tasks if t.msgid in self._not_before}
        failures = 0
        for task in tasks:
            if self._clock.now() < self._not_before.get(task.msgid, self._rest_until):
                continue
            error = await self._try(task)
            failures = failures + 1 if error is not None else 0
            if error is not None and _enough(error, failures):
                self._leave_alone(OPERATOR_REST if isinstance(error, NeedsOperator) else self._rest * 2)
                return
        self._rest = timedelta(0)

    def _leave_alone(self, rest: timedelta) -> None:
        """No more calls for a while; twice as long each time in a row."""
        self._rest = min(max(rest, SHORTEST_REST), LONGEST_REST)
        self._rest_until = self._clock.now() + self._rest

    async def _try(self, task: MassTask) -> SendError | None:
        """The error that says something about the platform; what only this task has is dealt with here."""
        try:
            await self._look(task)
        except TryLater as error:
            log.warning("mass_task_not_followed", errcode=error.errcode)
            return None if error.errcode == DISPATCHING else error
        except NeedsOperator as error:
            await self._books.tell(f"mass:{error.errcode}", advice(error.errcode, task.sender) or error.what_to_do)
            return error
        except SendError as error:
            await self._unfollowable(task, error)
        return None

    async def _unfollowable(self, task: MassTask, error: SendError) -> None:
        """The platform refuses this one: told, asked again seldom, and given up in the end."""
        log.warning("mass_task_refused", errcode=error.errcode)
        now = self._clock.now()
        self._not_before[task.msgid] = now + TASK_REST
        if error.errcode == NOBODY:
            await self._books.end(task, Ended.NOBODY)
        elif now >= task.expires_at + GIVEN_UP:
            await self._books.end(task, Ended.LOST)
        else:
            await self._books.tell_unfollowable(task, error.errcode)

    async def _look(self, task: MassTask) -> None:
        try:
            shares = await self._contact.get_groupmsg_task(task.msgid)
        except AlreadyDone:  # cancelled before, by our recall or in WeCom itself
            await self._books.end(task, Ended.ELSEWHERE)
            return
        now = self._clock.now()
        if confirmed(shares):
            await self._count(task, shares)
        elif task.state == RECALLING or now >= task.expires_at:
            with suppress(AlreadyDone):
                await self._contact.cancel_groupmsg_send(task.msgid)
            await self._books.end(task, Ended.EXPIRED)
        elif self._may_still_go is not None and self._reminding.due(task, now):
            await self._remind(task, self._may_still_go)

    async def _count(self, task: MassTask, shares: Sequence[Mapping[str, Any]]) -> None:
        """Settle what was confirmed, once everybody has their result or no more can be expected."""
        done = [share for share in shares if share.get("status") == SENT]
        senders = [str(share.get("userid") or task.sender) for share in done]
        rows = [row for each in senders for row in await self._contact.get_groupmsg_send_result(task.msgid, each)]
        asked = await self._tasks.asked(task)
        outcome = outcome_of(asked.subjects, rows, senders)
        since = _confirmed_at(done) or task.created_at
        if outcome.of(Status.NOT_SENT) and self._clock.now() < since + STRAGGLERS:
            return
        await self._books.sent(task, outcome, asked.title, _confirmed_at(done))

    async def _remind(self, task: MassTask, may_still_go: MayStillGo) -> None:
        """Remind its colleague, after the gate was asked about everybody on it once more."""
        if not await self._claim(task, may_still_go):
            return
        try:
            await self._contact.remind_groupmsg_send(task.msgid)
        except AlreadyDone:
            await self._books.end(task, Ended.ELSEWHERE)
        except (TryLater, Refused) as error:
            await self._not_reminded(task, error)
        else:
            log.info("mass_task_reminded", times=task.reminded + 1)

    async def _not_reminded(self, task: MassTask, error: SendError) -> None:
        """Somebody else reminded often enough: a day's rest. What may have come through counts as given."""
        too_often = error.errcode == REMINDED_TOO_OFTEN
        if too_often or not isinstance(error, MaybeDone):
            async with self._transactions.begin() as transaction:
                at = transaction.now if too_often else task.reminded_at
                await store.return_reminder(transaction.connection, task, at)
        if not too_often:
            raise error

    async def _claim(self, task: MassTask, may_still_go: MayStillGo) -> bool:
        """Whether to remind now."""
        async with self._transactions.begin() as transaction:
            good = await self._checked(transaction, task, may_still_go)
            return good and await store.claim_reminder(transaction.connection, task, transaction.now)

    async def _checked(self, transaction: Transaction, task: MassTask, may_still_go: MayStillGo) -> bool:
        """Whether everybody may still get it. Somebody who must not any more ends the task for all."""
        asked, refused = await store.asked(transaction.connection, task), {}
        if asked.part is not None and asked.recipients:
            addresses = [each.address for each in asked.recipients]
            refused = dict(await may_still_go(transaction.connection, asked.part, addresses, transaction.now))
            if not refused:
                return True
        await self._books.recall(transaction, task, asked.title, refused)
        return False

    async def _adopt(self, missing: Missing, msgid: str, sender: str) -> None:
        """Follow a task that was found; whoever it must not reach by now takes it back at once."""
        async with self._transactions.begin() as transaction:
            now, part = transaction.now, missing.part
            task = MassTask(msgid, part.id, sender, "waiting", now, part.expires_at or now)
            await self._books.adopt(transaction, task, str(part.body.get("title", "")))
            if self._may_still_go is not None:
                await self._checked(transaction, task, self._may_still_go)


def _enough(error: SendError, failures: int) -> bool:
    """Whether to end this round: it is not the one task that fails."""
    return isinstance(error, NeedsOperator) or error.errcode == TOO_OFTEN or failures == FAILURES


def _confirmed_at(shares: Sequence[Mapping[str, Any]]) -> datetime | None:
    """When the last colleague confirmed; None where the platform does not say (93338: the time is optional)."""
    times = [int(share["send_time"]) for share in shares if share.get("send_time")]
    return datetime.fromtimestamp(max(times), UTC) if times else None
