"""The order data as it lies on disk: who, what happened, when. Nothing of it is stored."""

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from bot.foundation import Foundation
from bot.part import part_id
from scheduler.orders import Orders, WrongOrders, read_orders
from scheduler.triggers import Event

log = structlog.get_logger()

_SHOWN = 3  # rows that were passed over


class OrderBook:
    """`look` reads the file of `posts.orders` again when it has changed. What cannot be read leaves what was known."""

    def __init__(self, base: Foundation) -> None:
        self._base = base
        self._path = Path(base.settings.posts.orders) if base.settings.posts.orders else None
        self._zone = ZoneInfo(base.settings.timezone)
        self._stamp: tuple[int, int] | None = None
        self._orders = Orders({})
        self.digest = ""  # of what was read last

    async def look(self) -> None:
        if self._path is None:
            return
        try:
            found = await asyncio.to_thread(_changed, self._path, self._stamp)
        except (OSError, UnicodeDecodeError):
            await self._tell("unreadable", f"订单文件“{self._path}”读不到，请检查路径、权限，并存成 UTF-8。")
            return
        if found is None:
            return
        self._stamp, text = found
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        try:
            orders = read_orders(text, str(self._path))
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


def _changed(path: Path, before: tuple[int, int] | None) -> tuple[tuple[int, int], str] | None:
    """The file's stamp and text, None where it is as before."""
    stat = path.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    return None if stamp == before else (stamp, path.read_text(encoding="utf-8"))
