"""What is written down of a task that came to its end, and what operators and its sender are told."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import structlog

from bot.alarm import Alarm
from bot.mass.advice import NOBODY, advice
from bot.mass.outcome import Outcome, Status, mismatch
from bot.mass.recalling import recall_id, recall_part
from bot.part import part_id
from bot.signals import NoteSignal, parted, unheeded
from bot.store import ledger, posts, tombstones
from bot.store import mass_results as store
from bot.store.mass_results import MassTask
from bot.store.posts import RECALLING
from bot.transaction import Transaction, Transactions
from handlers.texts import shorten
from scheduler.fatigue import SignalKind
from scheduler.posts import parse_recipient

log = structlog.get_logger()

SHOWN = 3  # of those who must not get it any more


class Ended(StrEnum):
    """How a task ended that nobody confirmed, as far as we know."""

    EXPIRED = "expired"  # or recalled: we cancelled it
    ELSEWHERE = "elsewhere"  # cancelled in WeCom itself, or by our own recall
    NOBODY = "nobody"
    LOST = "lost"  # the platform tells nothing about it


_TOLD: Mapping[tuple[str, Ended], str] = {
    ("waiting", Ended.EXPIRED): "{sender} 的群发《{title}》到期没有确认，已取消，不会再发出。",
    ("waiting", Ended.ELSEWHERE): "{sender} 的群发《{title}》在企业微信里被取消了，没有发出。",
}
_ALWAYS_TOLD: Mapping[Ended, str] = {
    Ended.NOBODY: "{sender} 的群发《{title}》没有发出。{advice}",
    Ended.LOST: "{sender} 的群发《{title}》一直查不到结果，不再跟踪。它可能已经发出，名额没有退回，请人工核对。",
}
_TOO_LATE = "{sender} 的群发《{title}》没来得及撤回，已经发出，不该再收到的会员也收到了，请留意。"
_REFUSED = "{sender} 的群发《{title}》现在查不到结果（{errcode}）。{advice}"
_FOUND = "{sender} 的群发《{title}》先前没有收到回执，现在找到了，会照常跟踪，也能撤回。"
_FORGOTTEN = "收件人已经不在我们的记录里"


class Books:
    """Each end of a task is one transaction: its state, the results, the slots and what is told go together."""

    def __init__(self, transactions: Transactions, alarm: Alarm) -> None:
        self._transactions = transactions
        self._alarm = alarm
        self.note_signal: NoteSignal = unheeded

    async def sent(self, task: MassTask, outcome: Outcome, title: str, confirmed_at: datetime | None) -> None:
        """A colleague confirmed: results by recipient, slots of who did not get it given back, mismatches told.

        Who wanted nothing any more only after `confirmed_at` (None: not known) got it rightly.
        """
        async with self._transactions.begin() as transaction:
            connection, sender = transaction.connection, self._alarm.called(task.sender)
            left = outcome.without(await tombstones.buried(connection, outcome.statuses))
            if not await store.settle(connection, task.msgid, "sent", left.counts):
                return
            await store.store_results(connection, task.msgid, left.statuses, transaction.now)
            await ledger.mark_delivered(connection, task.part, left.of(Status.SENT), transaction.now)
            for status in (Status.NOT_SENT, Status.NO_FRIEND, Status.OVER_CAP):
                for subject in left.of(status):
                    await posts.release_one(connection, task.part, subject)
            for subject in left.of(Status.NO_FRIEND):
                await self.note_signal(connection, subject, SignalKind.LEAVE, parted(task.sender), transaction.now)
            if task.state == RECALLING and not await self._rightly(transaction, task, confirmed_at):
                await self._tell(transaction, f"late:{task.msgid}", _TOO_LATE.format(sender=sender, title=title))
            await self._tell(transaction, f"sent:{task.msgid}", mismatch(left, task.sender, title, self._alarm.called))
        log.info("mass_task_settled", state="sent", **left.counts)

    async def _rightly(self, transaction: Transaction, task: MassTask, confirmed_at: datetime | None) -> bool:
        recalled_at = await store.recalled_at(transaction.connection, recall_id(task.msgid))
        return confirmed_at is not None and confirmed_at <= recalled_at

    async def end(self, task: MassTask, how: Ended) -> None:
        """Nobody got it, as far as we know; the slots of a lost one stay taken."""
        async with self._transactions.begin() as transaction:
            connection = transaction.connection
            asked = await store.asked(connection, task)
            statuses = dict.fromkeys(asked.subjects, Status.NOT_SENT) if how is not Ended.LOST else {}
            state = "lost" if how is Ended.LOST else "cancelled"
            if not await store.settle(connection, task.msgid, state, {"not_sent": len(statuses)} if statuses else {}):
                return
            await store.store_results(connection, task.msgid, statuses, transaction.now)
            if how is not Ended.LOST:
                await posts.release(connection, task.part)
            text = _ALWAYS_TOLD.get(how) or _TOLD.get((task.state, how), "")
            sender = self._alarm.called(task.sender)
            about = {"sender": sender, "title": asked.title, "advice": advice(NOBODY, sender)}
            await self._tell(transaction, f"{how}:{task.msgid}", text.format(**about))
        log.info("mass_task_settled", state=state, how=how)

    async def adopt(self, transaction: Transaction, task: MassTask, title: str) -> None:
        """A lost send had become a task after all: it is followed from here on."""
        known = posts.MassTask(task.msgid, task.part, task.sender, task.state, task.expires_at)
        await posts.add_mass_task(transaction.connection, known, transaction.now)
        text = _FOUND.format(sender=self._alarm.called(task.sender), title=title)
        await self._tell(transaction, f"found:{task.msgid}", text)
        log.info("mass_task_found")

    async def recall(self, transaction: Transaction, task: MassTask, title: str, refused: Mapping[str, str]) -> None:
        """Cancel a task that somebody on it must not get any more; `refused` is why, by address."""
        if not await store.begin_recall(transaction.connection, task.msgid):
            return
        await transaction.enqueue([recall_part(task.msgid, task.sender, title, _why(refused) or _FORGOTTEN)])
        log.info("mass_task_recalled", refused=len(refused))

    async def tell_unfollowable(self, task: MassTask, errcode: int) -> None:
        """Once per task and code, however long it lasts."""
        async with self._transactions.begin() as transaction:
            asked = await store.asked(transaction.connection, task)
            sender = self._alarm.called(task.sender)
            about = {"sender": sender, "title": asked.title, "advice": advice(errcode, sender)}
            text = _REFUSED.format(**about, errcode=errcode)
            await transaction.enqueue(
                self._alarm.notice(each, text, part_id("unfollowable", task.msgid, errcode, each), transaction.now)
                for each in self._alarm.operators
                if self._alarm.able
            )

    async def tell(self, what: str, text: str) -> None:
        """Tell operators about something that concerns more than one task, once an hour."""
        async with self._transactions.begin() as transaction:
            await self._tell(transaction, what, text)

    async def _tell(self, transaction: Transaction, what: str, text: str) -> None:
        if text:
            await transaction.enqueue(self._alarm.raised(what, text, transaction.now))


def _why(refused: Mapping[str, str]) -> str:
    """The first of them with the reason of each."""
    shown = [f"{shorten(parse_recipient(address).target)} {why}" for address, why in list(refused.items())[:SHOWN]]
    return "；".join(shown) + (f" 等 {len(refused)} 位" if len(refused) > SHOWN else "")
