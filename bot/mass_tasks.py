"""Following the tasks that colleagues confirm: sent, or cancelled once they would be stale (docs 93338, 97611)."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import structlog

from bot.alarm import Alarm
from bot.clock import Clock
from bot.errors import AlreadyDone, SendError
from bot.store.posts import MassTask, Posts, settle_mass_task
from bot.transaction import Transactions
from bot.wecom.api import Contact

log = structlog.get_logger()

SENT = 2  # status of a colleague's share in get_groupmsg_task
RECIPIENT_STATUS: Mapping[int, str] = {0: "not_sent", 1: "sent", 2: "no_friend", 3: "over_cap"}


class MassTasks:
    """`follow` is called by the clock."""

    def __init__(self, contact: Contact, posts: Posts, transactions: Transactions, alarm: Alarm, clock: Clock) -> None:
        self._contact = contact
        self._posts = posts
        self._transactions = transactions
        self._alarm = alarm
        self._clock = clock

    async def follow(self) -> None:
        """Look at every unconfirmed task once. One that cannot be looked at now is looked at next time."""
        for task in await self._posts.waiting_tasks():
            try:
                await self._look(task)
            except SendError as error:
                log.warning("mass_task_not_followed", errcode=error.errcode)

    async def _look(self, task: MassTask) -> None:
        shares = await self._contact.get_groupmsg_task(task.msgid)
        if any(share.get("status") == SENT for share in shares):
            rows = await self._contact.get_groupmsg_send_result(task.msgid, task.sender)
            counted = Counter(RECIPIENT_STATUS.get(int(row.get("status", 0)), "unknown") for row in rows)
            await self._settle(task, "sent", dict(counted))
        elif self._clock.now() >= task.expires_at:
            await self._cancel(task)

    async def _cancel(self, task: MassTask) -> None:
        """Nobody confirmed in time: a stale post is worse than none."""
        with suppress(AlreadyDone):
            await self._contact.cancel_groupmsg_send(task.msgid)
        await self._settle(task, "cancelled", {})

    async def _settle(self, task: MassTask, state: str, result: dict[str, int]) -> None:
        async with self._transactions.begin() as transaction:
            if not await settle_mass_task(transaction.connection, task.msgid, state, result):
                return
            if state == "cancelled":
                text = f"{task.sender} 的一条群发任务到期没有确认，已取消，不会再发出。"
                await transaction.enqueue(self._alarm.raised(f"cancelled:{task.msgid}", text, transaction.now))
        log.info("mass_task_settled", state=state, **result)
