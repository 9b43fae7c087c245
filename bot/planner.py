"""Turns the timetable into rows: each due occurrence once, whoever asks, with one part per recipient."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot import occurrences
from bot.alarm import Alarm
from bot.clock import Clock
from bot.store import marks
from bot.store import posts as store
from bot.store.database import Database
from bot.transaction import Transaction, Transactions
from knowledge.types import Guide
from scheduler.posts import compose, parse_recipient, plan
from scheduler.timetable import Planned, Schedule, due

log = structlog.get_logger()

PUSH_LIFE = timedelta(minutes=10)  # a push is for now: what the gate puts off stays with the regular occurrence


@dataclass(frozen=True, kw_only=True)
class Planner:
    """`tick` is called by the clock; `push` by an operator; `upcoming` by whoever wants to look ahead."""

    schedules: Mapping[str, Schedule]
    guides: Callable[[], Sequence[Guide]]
    database: Database
    transactions: Transactions
    alarm: Alarm
    clock: Clock
    zone: str
    posts: store.Posts
    repeat_days: int
    agent: str

    async def upcoming(self, days: int) -> tuple[Planned, ...]:
        """The posts of the coming days that have not been brought forward, in order."""
        now = self.clock.now()
        taken = await self.posts.taken(now)
        planned = await self._plan(now, days)
        return tuple(each for each in planned if (each.schedule, each.at) not in taken)

    async def tick(self) -> None:
        """Store what has become due since the last look. The first look ever starts from now."""
        now = self.clock.now()
        for schedule in self.schedules.values():
            await self._look(schedule, now)

    async def _look(self, schedule: Schedule, now: datetime) -> None:
        mark = f"planned:{schedule.name}"
        async with self.database.read() as connection:
            seen = await marks.get_mark(connection, mark)
        since = datetime.fromisoformat(seen) if seen else now
        became_due = due(schedule, since, now, self.zone)
        choices = {each.at: each for each in await self._choices(schedule, since, now)} if became_due.now else {}
        async with self.transactions.begin() as transaction:
            for at in became_due.missed:
                await self._skip(transaction, schedule, at)
            for at in became_due.now:
                await self._store(transaction, schedule, at, choices.get(at))
            await marks.set_mark(transaction.connection, mark, now.isoformat(), now)

    async def _choices(self, schedule: Schedule, since: datetime, now: datetime) -> Sequence[Planned]:
        """What each moment in (since, now] would carry, as it was shown by `upcoming`."""
        days = (now - since).days + 1
        return [each for each in await self._plan(since, days) if each.schedule == schedule.name and each.at <= now]

    async def _plan(self, start: datetime, days: int) -> tuple[Planned, ...]:
        used = await self.posts.used(ZoneInfo(self.zone))
        addresses = {address for schedule in self.schedules.values() for address in schedule.to}
        history = {address: used.get(parse_recipient(address).subject, {}) for address in addresses}
        schedules = list(self.schedules.values())
        return plan(schedules, self.guides(), history, start, days, self.zone, self.repeat_days)

    async def _skip(self, transaction: Transaction, schedule: Schedule, at: datetime) -> None:
        values = {"schedule": schedule.name, "planned_at": at, "state": "skipped", "kind": schedule.kind}
        if await store.plan_once(transaction.connection, values, transaction.now) is None:
            return
        local = at.astimezone(ZoneInfo(self.zone))
        text = f"定时内容“{schedule.name}”{local:%m-%d %H:%M} 那一期错过太久，已跳过，不会补发。"
        await transaction.enqueue(self.alarm.raised(f"skipped:{schedule.name}", text, transaction.now))
        log.warning("occurrence_skipped", schedule=schedule.name, at=at.isoformat())

    async def _store(self, transaction: Transaction, schedule: Schedule, at: datetime, chosen: Planned | None) -> None:
        guide = self._guide(chosen.guide) if chosen else None
        if guide is None:
            text = f"定时内容“{schedule.name}”这一期没有可用的指南（weekly、没过期、近期没发过）。没有发出任何内容。"
            await transaction.enqueue(self.alarm.raised(f"no_guide:{schedule.name}", text, transaction.now))
            return
        expires_at = occurrences.expiry(at, schedule.catch_up_hours)
        await self._issue(transaction, schedule, schedule.name, at, guide, expires_at, "")

    async def push(self, transaction: Transaction, planned: Planned, asked_by: str) -> None:
        """Bring a planned post forward to now. The gate decides; what it refuses stays planned for its own time."""
        schedule, guide = self.schedules.get(planned.schedule), self._guide(planned.guide)
        if schedule is None or guide is None:
            return
        # The moment makes a second push of the same post an occurrence of its own, for the gate to judge.
        name = store.push_name(schedule.name, planned.at)
        expires_at = transaction.now + PUSH_LIFE
        await self._issue(transaction, schedule, name, transaction.now, guide, expires_at, asked_by)

    async def _issue(
        self,
        transaction: Transaction,
        schedule: Schedule,
        name: str,
        at: datetime,
        guide: Guide,
        expires_at: datetime,
        asked_by: str,
    ) -> None:
        values = {"schedule": name, "planned_at": at, "state": "planned", "kind": schedule.kind, "asked_by": asked_by}
        values |= {"guide": guide.name, "title": guide.title}
        occurrence = await store.plan_once(transaction.connection, values, transaction.now)
        if occurrence is None:
            return
        recipients = [parse_recipient(address) for address in schedule.to]
        post = compose(guide, schedule.kind)
        parts = occurrences.parts_of(post, recipients, occurrence, at, expires_at, self.agent)
        await transaction.enqueue(parts)
        log.info("occurrence_planned", schedule=name, recipients=len(recipients), guide=guide.name)

    def _guide(self, name: str) -> Guide | None:
        return next((guide for guide in self.guides() if guide.name == name), None)
