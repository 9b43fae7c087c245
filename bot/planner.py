"""Turns the timetable into rows: each due occurrence once, whoever asks, with one part per recipient."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot import occurrences
from bot.alarm import Alarm
from bot.audience import Audiences
from bot.clock import Clock
from bot.part import part_id
from bot.shelf import Shelf
from bot.store import contents, marks, needs
from bot.store import posts as store
from bot.store.database import Database
from bot.transaction import Transaction, Transactions
from bot.trials import Trials, fit
from handlers import texts
from scheduler import timetable
from scheduler.conflicts import AUDIENCE
from scheduler.posts import Post, Recipient, parse_recipient, plan, weight_of
from scheduler.timetable import Planned, Schedule, due

log = structlog.get_logger()

MORNING, EVENING = 9, 21  # hours between which operators are asked to look at a post
AHEAD = timedelta(hours=25)
NOT_APPROVED = (
    "{at} 的《{title}》还没有人批准，到时候不会发。发 /plan 看序号，再发“/preview 序号”看内容、“/approve 序号”批准。"
)

NOBODY = "定时内容“{schedule}”{at} 那一期没有发给任何人：{why}"
LEFT_OUT = "定时内容“{schedule}”{at} 那一期少了一部分人：{why}"
AHEAD_FRESH = timedelta(hours=1)  # so long an audience counts as it was, for looking ahead
PUSH_LIFE = timedelta(minutes=10)  # a push is for now: what the gate puts off stays with the regular occurrence


@dataclass(frozen=True, kw_only=True)
class Planner:
    """`tick` is called by the clock; `push` by an operator; `upcoming` by whoever wants to look ahead."""

    schedules: Mapping[str, Schedule]
    audiences: Audiences
    trials: Trials
    shelf: Shelf
    database: Database
    transactions: Transactions
    alarm: Alarm
    clock: Clock
    zone: str
    posts: store.Posts
    repeat_days: int
    gap: timedelta
    agent: str

    async def upcoming(self, days: int) -> tuple[Planned, ...]:
        """What members need and nobody decided about yet, then the posts of the coming days that have not been brought
        forward, in order."""
        now = self.clock.now()
        taken = await self.posts.taken(now)
        planned = await self._plan(now, days)
        async with self.database.read() as connection:
            waiting = await needs.waiting(connection, (await contents.judged(connection)).keys())
        open_ = (each for each in planned if (each.schedule, each.at) not in taken)
        return (*waiting, *(wording for each in open_ for wording in self._wordings(each)))

    def _wordings(self, planned: Planned) -> Iterator[Planned]:
        """What is planned, and the other wording of it where there is a trial: each needs its own approval."""
        yield planned
        trial = self.trials.of(planned.guide)
        second = self.post(trial.b) if trial else None
        if second is not None:
            yield replace(planned, guide=second.name, title=second.title)

    async def tick(self) -> None:
        """Store what has become due since the last look. The first look ever starts from now."""
        now = self.clock.now()
        for schedule in self.schedules.values():
            await self._look(schedule, now)
        async with self.database.read() as connection:
            for schedule in self._soon(now):
                for name in audiences_of(schedule):
                    await self.audiences.look_ahead(connection, name, now, AHEAD_FRESH)

    def _soon(self, now: datetime) -> list[Schedule]:
        """The schedules that go to an audience within the gap."""
        named = (each for each in self.schedules.values() if any(audiences_of(each)))
        return [each for each in named if timetable.occurrences(each, now, now + self.gap, self.zone)]

    async def ask_for_approval(self) -> None:
        """Operators hear once, a day ahead and in the daytime, of a post that nobody has approved yet."""
        now = self.clock.now()
        if not self.alarm.able or not MORNING <= now.astimezone(ZoneInfo(self.zone)).hour < EVENING:
            return
        coming = [each for each in await self.upcoming(2) if each.at <= now + AHEAD]
        async with self.database.read() as connection:
            judged = await contents.judged(connection)
        open_ = [each for each in coming if (post := self.post(each.guide)) and (post.name, post.digest) not in judged]
        if not open_:
            return
        async with self.transactions.begin() as transaction:
            for each in open_:
                text = NOT_APPROVED.format(at=texts.moment(each.at, self.zone), title=each.title)
                key = part_id("unapproved", each.schedule, each.at, each.guide)
                await transaction.enqueue(
                    self.alarm.notice(person, text, part_id(key, person), now) for person in self.alarm.operators
                )

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
        addresses = {address for schedule in self.schedules.values() for address in schedule.to}
        subjects = {each: parse_recipient(each).subject for each in addresses if not each.startswith(AUDIENCE)}
        since = start - timedelta(days=self.repeat_days)
        used = await self.posts.used([*subjects.values()], since, ZoneInfo(self.zone))
        history: dict[str, Mapping[str, date]] = {address: used.get(each, {}) for address, each in subjects.items()}
        for name in {name for schedule in self.schedules.values() for name in audiences_of(schedule)}:
            going = [each.name for each in self.schedules.values() if name in audiences_of(each)]
            history[AUDIENCE + name] = await self.posts.used_by(going, since, ZoneInfo(self.zone))
        schedules = list(self.schedules.values())
        return plan(schedules, await self._willing(), history, start, days, self.zone, self.repeat_days)

    async def _willing(self) -> list[Post]:
        """What is on the shelf and was not rejected as it stands."""
        async with self.database.read() as connection:
            judged = await contents.judged(connection)
        no = {of for of, decided in judged.items() if decided.state == contents.REJECTED}
        second = self.trials.second
        return [post for post in self.shelf.posts if (post.name, post.digest) not in no and post.name not in second]

    async def _skip(self, transaction: Transaction, schedule: Schedule, at: datetime) -> None:
        values = {"schedule": schedule.name, "planned_at": at, "state": "skipped", "kind": schedule.kind}
        if await store.plan_once(transaction.connection, values, transaction.now) is None:
            return
        local = at.astimezone(ZoneInfo(self.zone))
        text = f"定时内容“{schedule.name}”{local:%m-%d %H:%M} 那一期错过太久，已跳过，不会补发。"
        await transaction.enqueue(self.alarm.raised(f"skipped:{schedule.name}", text, transaction.now))
        log.warning("occurrence_skipped", schedule=schedule.name, at=at.isoformat())

    async def _store(self, transaction: Transaction, schedule: Schedule, at: datetime, chosen: Planned | None) -> None:
        post = self.post(chosen.guide) if chosen else None
        if post is None:
            text = f"定时内容“{schedule.name}”这一期没有可用的内容（合规、没过期、近期没发过）。没有发出任何内容。"
            await transaction.enqueue(self.alarm.raised(f"no_guide:{schedule.name}", text, transaction.now))
            return
        expires_at = occurrences.expiry(at, schedule.catch_up_hours)
        await self._issue(transaction, schedule, schedule.name, at, post, expires_at, "")

    async def push(self, transaction: Transaction, planned: Planned, asked_by: str) -> None:
        """Bring a planned post forward to now. The gate decides; what it refuses stays planned for its own time."""
        trial = self.trials.of(planned.guide)
        schedule, post = self.schedules.get(planned.schedule), self.post(trial.a if trial else planned.guide)
        if schedule is None or post is None:
            return
        # The moment makes a second push of the same post an occurrence of its own, for the gate to judge.
        name = store.push_name(schedule.name, planned.at)
        expires_at = transaction.now + PUSH_LIFE
        await self._issue(transaction, schedule, name, transaction.now, post, expires_at, asked_by)

    async def _issue(
        self,
        transaction: Transaction,
        schedule: Schedule,
        name: str,
        at: datetime,
        post: Post,
        expires_at: datetime,
        asked_by: str,
    ) -> None:
        # A text that sells is promotion under whatever name it was planned.
        kind = "service" if schedule.kind == "service" and post.kind == "value" else post.kind
        reached = await self.audiences.expand(transaction.connection, schedule.to, transaction.now)
        state = "planned" if reached.recipients else "done"
        values = {"schedule": name, "planned_at": at, "state": state, "kind": kind, "asked_by": asked_by}
        values |= {"guide": post.name, "title": post.title}
        occurrence = await store.plan_once(transaction.connection, values, transaction.now)
        if occurrence is None:
            return
        if reached.wrong:
            text = (LEFT_OUT if reached.recipients else NOBODY).format(
                schedule=schedule.name, at=texts.moment(at, self.zone), why="；".join(reached.wrong)
            )
            await transaction.enqueue(self.alarm.raised(f"audience:{name}", text, transaction.now))
        for wording, recipients in await self._split(transaction, post, reached.recipients):
            snapshot = replace(wording, kind=kind)
            parts = occurrences.parts_of(snapshot, recipients, occurrence, at, expires_at, self.agent)
            if wording is not post:
                parts = [replace(part, id=part_id(part.id, wording.name)) for part in parts]
            await transaction.enqueue(parts)
        await occurrences.close_empty(transaction, occurrence)
        log.info("occurrence_planned", schedule=name, recipients=len(reached.recipients), post=post.name)

    async def _split(
        self, transaction: Transaction, post: Post, recipients: Sequence[Recipient]
    ) -> list[tuple[Post, Sequence[Recipient]]]:
        """Who gets which wording: all of them this post, where there is no trial or its other wording is not fit."""
        trial = self.trials.of(post.name)
        second = self.post(trial.b) if trial else None
        if trial is None or post.name != trial.a:
            return [(post, recipients)]
        if second is None or not fit(post, second):
            text = f"对比“{trial.name}”的 {trial.b} 没有、不合规或类别不同，这一期都发了 {trial.a}。"
            await transaction.enqueue(self.alarm.raised(f"trial:{trial.name}", text, transaction.now))
            return [(post, recipients)]
        split = await self.trials.split(transaction.connection, trial, recipients, transaction.now)
        return [(post, split.a), (second, split.b)]

    def coming(self, now: datetime) -> Mapping[str, Sequence[tuple[datetime, int]]]:
        """Subject → (when, weight) of what the timetable has for it within the gap: see `bot.facts.Coming`."""
        found: dict[str, list[tuple[datetime, int]]] = {}
        crowds: list[tuple[frozenset[str], tuple[datetime, int]]] = []
        for schedule in self.schedules.values():
            for at in timetable.occurrences(schedule, now, now + self.gap, self.zone):
                for recipient in (parse_recipient(each) for each in schedule.to if not each.startswith(AUDIENCE)):
                    weight = weight_of(schedule.kind, recipient.scope)
                    found.setdefault(recipient.subject, []).append((at, weight))
                for name in audiences_of(schedule):
                    crowds.append((self.audiences.subjects(name), (at, weight_of(schedule.kind, "person"))))
        return _Coming(found, crowds) if crowds else found

    def post(self, name: str) -> Post | None:
        """The post of this name, also of a guide that is sent only to who needs it."""
        return self.shelf.find(name)


def audiences_of(schedule: Schedule) -> tuple[str, ...]:
    """The names of the audiences that a schedule goes to."""
    return tuple(each.removeprefix(AUDIENCE).strip() for each in schedule.to if each.startswith(AUDIENCE))


class _Coming(Mapping[str, Sequence[tuple[datetime, int]]]):
    """What single subjects get and what whole crowds get, without a row for each member of a crowd."""

    def __init__(
        self,
        single: Mapping[str, Sequence[tuple[datetime, int]]],
        crowds: Sequence[tuple[frozenset[str], tuple[datetime, int]]],
    ) -> None:
        self._single = single
        self._crowds = crowds

    def __getitem__(self, subject: str) -> Sequence[tuple[datetime, int]]:
        rows = [*self._single.get(subject, ()), *(row for crowd, row in self._crowds if subject in crowd)]
        if not rows:
            raise KeyError(subject)
        return rows

    def __iter__(self) -> Iterator[str]:
        return iter({*self._single, *(subject for crowd, _ in self._crowds for subject in crowd)})

    def __len__(self) -> int:
        return sum(1 for _ in self)
