"""Following the tasks that colleagues confirm: sent, or cancelled once they would be stale (docs 93338, 97611)."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import structlog

from bot.alarm import Alarm
from bot.channels.customers import confirmed
from bot.clock import Clock
from bot.errors import AlreadyDone, SendError
from bot.store.posts import RECALLING, MassTask, Posts, settle_mass_task
from bot.transaction import Transactions
from bot.wecom.api import Contact

log = structlog.get_logger()

# What operators hear when a task that stood so ended so.
TOLD = {
    ("waiting", "cancelled"): "{sender} 的一条群发任务到期没有确认，已取消，不会再发出。",
    (RECALLING, "sent"): "{sender} 的一条群发任务没来得及撤回，已经发出，刚表达过不满的会员也收到了，请留意。",
}
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
        for task in await self._posts.unsettled_tasks():
            try:
                await self._look(task)
            except SendError as error:
                log.warning("mass_task_not_followed", errcode=error.errcode)

    async def _look(self, task: MassTask) -> None:
        try:
            shares = await self._contact.get_groupmsg_task(task.msgid)
        except AlreadyDone:  # cancelled before, by our recall or in WeCom itself
            await self._settle(task, "cancelled", {})
            return
        if confirmed(shares):
            rows = await self._contact.get_groupmsg_send_result(task.msgid, task.sender)
            counted = Counter(RECIPIENT_STATUS.get(int(row.get("status", 0)), "unknown") for row in rows)
            await self._settle(task, "sent", dict(counted))
        elif task.state == RECALLING or self._clock.now() >= task.expires_at:
            await self._cancel(task)

    async def _cancel(self, task: MassTask) -> None:
        """Nobody confirmed in time, or somebody among the recipients is on hold."""
        with suppress(AlreadyDone):
            await self._contact.cancel_groupmsg_send(task.msgid)
        await self._settle(task, "cancelled", {})

    async def _settle(self, task: MassTask, state: str, result: dict[str, int]) -> None:
        async with self._transactions.begin() as transaction:
            if not await settle_mass_task(transaction.connection, task.msgid, state, result):
                return
            if text := TOLD.get((task.state, state)):
                told = self._alarm.raised(f"{state}:{task.msgid}", text.format(sender=task.sender), transaction.now)
                await transaction.enqueue(told)
        log.info("mass_task_settled", state=state, **result)
