"""Reads once a night which colleague has which customer: only so can an audience or a need reach a customer."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import NeedsOperator, Refused, SendError
from bot.foundation import Foundation
from bot.store import marks
from bot.store import relations as store
from bot.wecom.api import Contact, Following

log = structlog.get_logger()

READ = "relations_read"  # mark: the local day and the tags of the last complete reading
NIGHT_HOUR = 3  # on the tenant's clock
AT_ONCE = 100  # colleagues of one request (92994)
REST = timedelta(minutes=10)  # after the platform said no
FRESH = timedelta(days=2)  # so long what was read may be relied on
_NO_CUSTOMERS = 84061


class Relations:
    """`look` is for the ticker. `tags` are the ids that audiences ask for; `wanted` is whether anything asks at all."""

    def __init__(self, base: Foundation, contact: Contact | None, tags: Collection[str], *, wanted: bool) -> None:
        self._base = base
        self._contact = contact if wanted else None
        self._tags = sorted(tags)
        self._zone = ZoneInfo(base.settings.timezone)
        self._rest_until = datetime.min.replace(tzinfo=UTC)

    async def look(self) -> None:
        """Read everything anew where that was not done today, or where other tags are asked for."""
        now = self._base.clock.now()
        if self._contact is None or now < self._rest_until:
            return
        local = now.astimezone(self._zone)
        state = [local.date().isoformat(), self._tags]
        async with self._base.database.read() as connection:
            last = await marks.get_mark(connection, READ)
        if last == state or (last is not None and last[1] == self._tags and local.hour < NIGHT_HOUR):
            return
        try:
            await self._read(self._contact, state)
        except SendError as error:
            self._rest_until = now + REST
            log.warning("relations_not_read", error=type(error).__name__, errcode=error.errcode)
            if isinstance(error, NeedsOperator):
                await self._base.tell("relations", error)

    async def _read(self, contact: Contact, state: Sequence[object]) -> None:
        began = self._base.clock.now()
        userids = await contact.get_follow_user_list()
        for start in range(0, len(userids), AT_ONCE):
            pairs = await _pairs(contact, userids[start : start + AT_ONCE])
            async with self._base.transactions.begin() as transaction:
                await store.save(transaction.connection, pairs, self._tags, transaction.now)
            await self._base.pace.turn()
        async with self._base.transactions.begin() as transaction:
            await store.drop_unseen(transaction.connection, began)
            await marks.set_mark(transaction.connection, READ, state, transaction.now)


async def fresh(connection: AsyncConnection, now: datetime) -> bool:
    """Whether what is known of relations and tags may be relied on."""
    return any(each.name == READ and now - each.at <= FRESH for each in await marks.named(connection, READ))


async def _pairs(contact: Contact, userids: tuple[str, ...]) -> tuple[Following, ...]:
    try:
        return await contact.batch_get_by_user(userids)
    except Refused as error:
        if error.errcode == _NO_CUSTOMERS:
            return ()
        raise
