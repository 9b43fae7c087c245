"""Finding the task of a send that is lost: made before the answer was, and a colleague may confirm it any time."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import structlog

from bot.channels.customers import words_of
from bot.clock import Clock
from bot.errors import AlreadyDone, SendError
from bot.store.mass_results import MassTasksStore, Missing
from bot.wecom.api import Contact
from scheduler.posts import parse_recipient

log = structlog.get_logger()

TRIES = 5  # looks for one send; there may be none
SKEW = timedelta(minutes=5)  # between the platform's clock and ours
SPAN = timedelta(days=30)  # the longest that may be asked for at once (93338)


class Finder:
    """What is found is followed like any other task: it can be recalled."""

    def __init__(self, contact: Contact, tasks: MassTasksStore, clock: Clock) -> None:
        self._contact = contact
        self._tasks = tasks
        self._clock = clock
        self._tried: Counter[str] = Counter()

    async def found(self) -> list[tuple[Missing, str, str]]:
        """The missing that were found now, with the id of the task and its sender."""
        missing = [each for each in await self._tasks.missing(self._clock.now()) if self._tried[each.part.id] < TRIES]
        found: list[tuple[Missing, str, str]] = []
        for each in missing:
            sender = parse_recipient(each.part.body["recipients"][0]).account
            self._tried[each.part.id] += 1
            try:
                msgid = await self._find(each, sender, {msgid for _, msgid, _ in found})
            except SendError as error:
                log.warning("mass_task_not_looked_for", errcode=error.errcode)
                break
            if msgid:
                found.append((each, msgid, sender))
        return found

    async def _find(self, each: Missing, sender: str, taken: set[str]) -> str:
        """The id of the one task with these words for this sender; empty where there is none or more than one."""
        now = self._clock.now()
        kind = "group" if parse_recipient(each.part.body["recipients"][0]).channel == "group" else "single"
        rows = await self._contact.get_groupmsg_list(kind, max(each.since - SKEW, now - SPAN), now + SKEW)
        same = [str(row.get("msgid")) for row in rows if _words(row) == words_of(each.part)]
        new = [msgid for msgid in same if msgid not in taken | await self._tasks.known(same)]
        theirs = [msgid for msgid in new if await self._is_of(msgid, sender)]
        return theirs[0] if len(theirs) == 1 else ""

    async def _is_of(self, msgid: str, sender: str) -> bool:
        try:
            shares = await self._contact.get_groupmsg_task(msgid)
        except AlreadyDone:  # cancelled: nobody can confirm it
            return False
        return any(str(share.get("userid", "")).casefold() == sender.casefold() for share in shares)


def _words(row: Mapping[str, Any]) -> str:
    text = row.get("text")
    return str(text.get("content", "")) if isinstance(text, dict) else ""
