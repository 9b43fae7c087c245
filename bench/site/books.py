"""What the site's store says when all is over."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.part import Klass
from bot.store.database import Database
from bot.store.tables import hold, inbox, moment, outbox

ARRIVED = ("sent", "joined")
OPEN = ("ready", "sending")


@dataclass(frozen=True)
class Item:
    """A row of the inbox."""

    id: int
    conversation: str
    kind: str
    text: str
    state: str
    handler: str
    received_at: int  # ms


@dataclass(frozen=True)
class Sent:
    """A row of the outbox. `item` is what it answers, 0 for what answers nothing."""

    id: str
    seq: int
    channel: str
    klass: str
    state: str
    reason: str
    item: int
    platform_id: str
    sent_at: int  # ms; 0 for what has not left


@dataclass(frozen=True)
class Books:
    """`items` by channel and key, `parts` in order, `holds` as (subject, since)."""

    items: Mapping[tuple[str, str], Item]
    parts: Sequence[Sent]
    holds: Sequence[tuple[str, datetime]]

    def answers(self) -> Mapping[int, list[Sent]]:
        """The replies by the item they answer."""
        found: dict[int, list[Sent]] = defaultdict(list)
        for part in self.parts:
            if part.item and part.klass == Klass.REPLY:
                found[part.item].append(part)
        return found

    def waits(self) -> list[float]:
        """Seconds from the ack of each item to its first answer at WeCom's, of those that have one."""
        received = {item.id: item.received_at for item in self.items.values()}
        sent = {
            item: min((part.sent_at for part in parts if part.sent_at), default=0)
            for item, parts in self.answers().items()
        }
        return [(at - received[item]) / 1000 for item, at in sent.items() if at and item in received]

    @property
    def unhandled(self) -> int:
        return sum(item.state == "new" for item in self.items.values())

    @property
    def unsent(self) -> int:
        """Parts that should leave by themselves; a post may wait for the gate, and a reply for the member."""
        return sum(part.state in OPEN and part.klass != Klass.POST for part in self.parts)


async def read(url: str) -> Books:
    """All of it. Raises what the store raises."""
    database = Database.connect(url)
    try:
        async with database.read() as connection:
            items = (await connection.execute(select(inbox).order_by(inbox.c.id))).mappings().all()
            parts = (await connection.execute(select(outbox).order_by(outbox.c.seq))).mappings().all()
            holds = (await connection.execute(select(hold.c.subject, hold.c.since))).all()
    finally:
        await database.close()
    return Books(
        {(row["channel"], row["key"]): _item(row) for row in items},
        [_part(row) for row in parts],
        [(row.subject, moment(row.since)) for row in holds],
    )


def _item(row: Any) -> Item:
    return Item(
        row["id"], row["conversation"], row["kind"], row["text"], row["state"], row["handled_by"], row["received_at"]
    )


def _part(row: Any) -> Sent:
    item = int(row["body"].get("item", 0) or 0)
    names = ("id", "seq", "channel", "klass", "state", "reason")
    values = {name: row[name] for name in names}
    return Sent(**values, item=item, platform_id=row["platform_id"], sent_at=row["sent_at"] or 0)
