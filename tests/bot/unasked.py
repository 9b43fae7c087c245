"""Posts as the planner makes them, at any moment and to anybody, and what the stand-in says has arrived."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot import occurrences
from bot.gatekeeper import Gatekeeper
from bot.part import Part, part_id
from bot.store import contents, memberships
from scheduler.gate import Verdict
from scheduler.posts import Post, parse_recipient
from tests.bot.house import House

LOOSE: Mapping[str, Any] = {
    "person_per_day": 99, "person_per_week": 99, "group_per_day": 99, "gap_hours": 0, "topic_per_week": 99,
    "repeat_guide_days": 0, "platform_per_day": 99,
}  # fmt: skip


def gatekeeper(house: House) -> Gatekeeper:
    return house.program.dispatcher._admission._gatekeeper


def parts_to(house: House, *addresses: str, name: str = "", kind: Any = "value", topic: str = "styling") -> list[Part]:
    """Parts in lanes of their own, so that they run side by side."""
    now = house.clock.now()
    post = Post(f"{name}.md", f"沙发{name}", f"沙发怎么选{name}。", kind, topic)
    recipients = [parse_recipient(address) for address in addresses]
    made = occurrences.parts_of(post, recipients, 0, now, now + timedelta(hours=6), "1000002")
    return [replace(part, id=part_id(name, part.id), lane=f"test:{name}:{part.id}", occurrence=None) for part in made]


async def push(house: House, *parts: Part) -> None:
    """Approved, and on their way; returns once everything that can happen now has happened."""
    await approve(house, *parts)
    async with house.program.base.transactions.begin() as transaction:
        await transaction.enqueue(parts)
    await house.settled()


async def approve(house: House, *parts: Part) -> None:
    async with house.program.base.transactions.begin() as transaction:
        for part in parts:
            await contents.judge(transaction.connection, _approval(part), transaction.now)


def _approval(part: Part) -> dict[str, str]:
    about = {"key": part.body["guide"], "digest": part.body["digest"], "kind": part.body["kind"], "title": "沙发"}
    return {**about, "state": contents.APPROVED, "lexicon": "test", "by": "wangwei", "why": ""}


async def join(house: House, group: str, *people: str) -> None:
    """These customers are known to be in the customer group."""
    now = house.clock.now()
    async with house.program.base.transactions.begin() as transaction:
        subjects = {f"person:{person.lower()}": now - timedelta(days=400) for person in people}
        await memberships.join(transaction.connection, f"group:{group.lower()}", subjects, now)


async def rows(house: House, query: str) -> Sequence[Any]:
    async with house.program.base.database.read() as connection:
        return (await connection.exec_driver_sql(query)).all()


async def words(house: House) -> list[str]:
    """What the gate said so far: the reason, or "allow"."""
    return [row.reason or Verdict.ALLOW for row in await rows(house, "SELECT reason FROM decision ORDER BY id")]


async def states(house: House) -> list[str]:
    return [row.state for row in await rows(house, "SELECT state FROM outbox WHERE klass = 'post' ORDER BY seq")]


def set_back(house: House, **by: float) -> None:
    """Somebody sets the machine's clock back; no sleeper wakes from that."""
    house.clock._base -= timedelta(**by)


def confirm_all(house: House) -> None:
    """Every colleague presses send on what they have."""
    for task in house.standin.mass_tasks():
        for sender, share in task.shares.items():
            if not task.cancelled and not share.sent_at:
                house.standin.confirm_mass_task(sender, task.msgid)


def arrived(house: House, who: str, marks: Iterable[str] = ("沙发", "宝宝")) -> list[datetime]:
    """When posts came to a colleague, a customer or a customer group, by the stand-in's own record."""
    lines = [spoken for spoken in house.standin.app_chat(who) if spoken.msgtype == "markdown"]  # notices are text
    return [each.at for each in [*lines, *house.standin.received(who)] if any(mark in each.text for mark in marks)]
