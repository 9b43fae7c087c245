"""Tasks that a colleague confirms, as the tests make them and look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import occurrences
from bot.mass.following import MassTasks
from bot.part import Part, part_id
from bot.store import contents
from scheduler.fatigue import SignalKind
from scheduler.posts import Post, parse_recipient
from tests.bot.house import CHEN, LIN, House

TO_CHEN, TO_LIN = f"customer:lihua:{CHEN}", f"customer:lihua:{LIN}"
GROUP1, GROUP2 = "group:lihua:wrDemoGroup01", "group:zhaomin:wrDemoGroup02"
PERSON_CHEN, PERSON_LIN = f"person:{CHEN.lower()}", f"person:{LIN.lower()}"
TASK, LIST, REMIND, ADD = (
    f"externalcontact/{name}"
    for name in ("get_groupmsg_task", "get_groupmsg_list_v2", "remind_groupmsg_send", "add_msg_template")
)


class Gate:
    """Asked before each reminder. `refused` is why, by address; `asked` what it was asked about."""

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.asked: list[tuple[str, ...]] = []
        self.signals: list[tuple[str, SignalKind, str]] = []

    async def may_still_go(
        self, _: AsyncConnection, part: Part, addresses: Sequence[str], _now: datetime
    ) -> Mapping[str, str]:
        self.asked.append(tuple(addresses))
        return {address: why for address, why in self.refused.items() if address in addresses}

    async def note(self, _: AsyncConnection, subject: str, kind: SignalKind, key: str, _at: datetime) -> None:
        self.signals.append((subject, kind, key))


def following(house: House) -> MassTasks:
    tasks = house.program.connections.mass_tasks
    assert tasks is not None
    return tasks


async def give(house: House, *addresses: str, days: float = 3) -> None:
    """A post becomes one task per sender, as the planner's would; good for some days."""
    now = house.clock.now()
    post = Post("sofa.md", "小客厅沙发", "沙发怎么选。", "value", "styling")
    recipients = [parse_recipient(address) for address in addresses]
    parts = occurrences.parts_of(post, recipients, 0, now, now + timedelta(days=days), "1000002")
    parts = [replace(part, id=part_id("given", now, part.id), occurrence=None) for part in parts]
    approved = {"key": post.name, "digest": post.digest, "kind": post.kind, "title": post.title}
    approved |= {"state": contents.APPROVED, "lexicon": "test", "by": "wangwei", "why": ""}
    async with house.program.base.transactions.begin() as transaction:
        await contents.judge(transaction.connection, approved, now)
        await transaction.enqueue(parts)
    await house.settled()


async def rows(house: House, query: str) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return [tuple(row) for row in await connection.exec_driver_sql(query)]


async def state(house: House) -> list[str]:
    return [row[0] for row in await rows(house, "SELECT state FROM mass_task ORDER BY created_at, msgid")]


async def results(house: House) -> dict[str, int]:
    return dict(await rows(house, "SELECT recipient, status FROM mass_result"))


async def slots(house: House) -> set[tuple[str, bool]]:
    return {(subject, bool(used)) for subject, used in await rows(house, "SELECT subject, delivered FROM delivery")}


def calls(house: House, path: str) -> int:
    return sum(row.what == path for row in house.standin.ledger.rows)


def told(house: House, *words: str, who: str = "wangwei") -> int:
    """How many notices to that colleague have all these words in them."""
    return sum(all(word in text for word in words) for text in house.told(who))


def confirm(house: House, **how: Any) -> None:
    [task] = house.standin.mass_tasks()
    house.standin.confirm_mass_task("lihua", task.msgid, **how)
