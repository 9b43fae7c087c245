"""The order data as its source has it: who, what happened, when. Nothing of it is stored."""

import hashlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog

from bot.foundation import Foundation
from bot.order_sources import Unreadable, order_source
from bot.part import part_id
from scheduler.orders import Orders, WrongOrders, read_orders
from scheduler.triggers import Event

log = structlog.get_logger()

_SHOWN = 3  # rows that were passed over


class OrderBook:
    """`look` reads what `posts.orders` names again when it has changed. What cannot be read leaves what was known."""

    def __init__(self, base: Foundation) -> None:
        self._base = base
        where = base.settings.posts.orders
        self._source = order_source(where, base.clock)
        # An address may carry a key.
        self._name = "posts.orders" if where.startswith("http") else where
        self._zone = ZoneInfo(base.settings.timezone)
        self._orders = Orders({})
        self.digest = ""  # of what was read last

    async def look(self) -> None:
        if self._source is None:
            return
        try:
            text = await self._source.changed()
        except Unreadable as error:
            await self._tell(f"unreadable:{self._base.clock.now():%Y%m%d}", str(error))
            return
        if text is None or (digest := hashlib.sha256(text.encode()).hexdigest()[:16]) == self.digest:
            return
        try:
            orders = read_orders(text, self._name)
        except WrongOrders as error:
            await self._tell(digest, str(error))
            return
        self._orders, self.digest = orders, digest
        log.info("orders_read", people=len(orders.events), wrong=len(orders.wrong))
        if orders.wrong:
            more = f"（共 {len(orders.wrong)} 行）" if len(orders.wrong) > _SHOWN else ""
            await self._tell(digest, "\n".join(orders.wrong[:_SHOWN]) + more)

    def events(self, person: str) -> tuple[Event, ...]:
        """What happened to a member (a bare id)."""
        return self._orders.events.get(person.lower(), ())

    def bought_at(self, person: str) -> datetime | None:
        """The last day, up to today, of which the orders tell; None where they tell of none."""
        today = self._base.clock.now().astimezone(self._zone).date()
        days = [event.on for event in self.events(person) if event.on <= today]
        return datetime.combine(max(days), datetime.min.time(), self._zone).astimezone(UTC) if days else None

    async def _tell(self, version: str, text: str) -> None:
        """Operators hear once of each version of the file."""
        alarm = self._base.alarm
        if not alarm.able:
            log.warning("nobody_to_tell", what="orders")
            return
        async with self._base.transactions.begin() as transaction:
            await transaction.enqueue(
                alarm.notice(each, text, part_id("orders", version, each), transaction.now) for each in alarm.operators
            )
