"""What the gate would say to everything that is planned, each post after those before it. Nothing is stored or sent."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import occurrences
from bot.audience import Expanded
from bot.facts import LOOK_BACK, FactFinder, Surroundings
from bot.foundation import Foundation
from bot.gatekeeper import Gatekeeper
from bot.part import Part
from bot.planner import Planner, audiences_of
from bot.shelf import state_of
from bot.store import contents, ledger, posts
from bot.store.contents import Judged
from bot.store.tables import delivery, millis
from handlers.posting import WAITING
from scheduler.gate import Decision, Rules, Verdict
from scheduler.posts import Recipient, parse_recipient
from scheduler.timetable import Planned
from scheduler.triggers import LATEST

STEP = 500  # answers between two reports of progress


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A planned post, its state (as in `handlers.posting`), and the gate's first word per address, in their order.

    `wrong` says in Chinese which of its audiences cannot be resolved now.
    """

    planned: Planned
    state: str
    decisions: Sequence[tuple[str, Decision]]
    wrong: Sequence[str]


@dataclass(frozen=True, slots=True, order=True)
class _Question:
    """One recipient of one part, to be asked about at `at`; in the order of time, then of the plan."""

    at: datetime
    row: int
    place: int
    again: bool = False


class Foresight:
    """Whether an address can be reached at that time is not known now: it is taken for granted.

    The same goes for what people will show us: their rest is what it is today. Rejected posts are not planned at all.
    """

    def __init__(
        self, base: Foundation, rules: Rules, planner: Planner, progress: Callable[[int], None] = lambda _: None
    ) -> None:
        """`progress` hears now and then how many answers there are: each takes some milliseconds."""
        self._base = base
        self._progress = progress
        self._rules = rules
        self._planner = planner
        restraint = base.settings.restraint
        around = Surroundings(
            rules=rules,
            reachable=lambda _: True,
            violations=planner.shelf.codes_of,
            coming=lru_cache(maxsize=1)(planner.coming),  # every recipient of a post asks for the same moment
            silent_days=frozenset(restraint.silent_days),
            speaking_days=frozenset(restraint.speaking_days),
        )
        self._gatekeeper = Gatekeeper(rules, FactFinder(around), base.metrics)

    async def of(self, days: int) -> list[Foreseen]:
        """The posts of the coming `days` with what would become of them, in their order."""
        planned = await self._planner.upcoming(days)
        async with self._base.database.scratch() as connection:
            decided = await contents.judged(connection)
            reached = [await self._expand(connection, each) for each in planned]
            await self._look_around(connection)
            await self._shadow(connection)
            told = await self._ask_all(connection, planned, [each.recipients for each in reached])
        return [
            Foreseen(each, self._state(each, decided), decisions, whom.wrong)
            for each, decisions, whom in zip(planned, told, reached, strict=True)
        ]

    async def _expand(self, connection: AsyncConnection, planned: Planned) -> Expanded:
        """Whom it would reach if it were due now: at its time an audience may be another."""
        return await self._planner.audiences.expand(connection, planned.to, self._base.clock.now())

    async def _look_around(self, connection: AsyncConnection) -> None:
        """So that the planner knows whom the timetable reaches next: what is heavier goes first."""
        now = self._base.clock.now()
        for name in {name for schedule in self._planner.schedules.values() for name in audiences_of(schedule)}:
            await self._planner.audiences.look_ahead(connection, name, now, timedelta(0))

    async def _shadow(self, connection: AsyncConnection) -> None:
        """A copy of the ledger's last months that only this connection sees, and that its end takes away.

        The name of a temporary table goes before the same name of the store. So what is planned can be written down
        as sent without a lock that would keep the bot waiting, and without anything that could be stored.
        """
        days = timedelta(days=max(LOOK_BACK.days, self._rules.repeat_guide_days))
        since = millis(self._base.clock.now() - days)
        copied = text("CREATE TEMPORARY TABLE delivery AS SELECT * FROM delivery WHERE at >= :since")
        await connection.execute(copied.bindparams(since=since))
        await connection.execute(text("CREATE INDEX foreseen_by_subject ON delivery (subject, at)"))
        for rule in (each for each in delivery.constraints if isinstance(each, UniqueConstraint)):
            columns = ", ".join(column.name for column in rule.columns)
            await connection.execute(text(f"CREATE UNIQUE INDEX foreseen_{rule.name} ON delivery ({columns})"))

    async def _ask_all(
        self, connection: AsyncConnection, planned: Sequence[Planned], reached: Sequence[Sequence[Recipient]]
    ) -> list[list[tuple[str, Decision]]]:
        """Ask in the order of time; what is put off is asked again at its time, and may take a slot then."""
        parts = [self._parts(number, *each) for number, each in enumerate(zip(planned, reached, strict=True))]
        found: list[list[tuple[str, Decision]]] = [[] for _ in planned]
        waiting = self._questions(planned, [len(each) for each in parts])
        for asked in count(1):
            if not waiting:
                break
            question = heapq.heappop(waiting)
            part, address = parts[question.row][question.place]
            decision = await self._gatekeeper.foresee(connection, part, address, question.at)
            if not question.again:
                found[question.row].append((address, decision))
            if decision.verdict is Verdict.ALLOW:
                await self._take(connection, part, address, question.at)
            elif decision.until is not None:
                heapq.heappush(waiting, replace(question, at=decision.until, again=True))
            if asked % STEP == 0:
                self._progress(asked)
        return found

    def _questions(self, planned: Sequence[Planned], recipients: Sequence[int]) -> list[_Question]:
        """One per recipient, as a heap; what is due already is asked about now."""
        now = self._base.clock.now()
        found = [
            _Question(max(each.at, now), row, place)
            for row, each in enumerate(planned)
            for place in range(recipients[row])
        ]
        heapq.heapify(found)
        return found

    def _parts(self, number: int, planned: Planned, reached: Sequence[Recipient]) -> list[tuple[Part, str]]:
        """Every recipient with the part that would reach it; the numbers are none that a stored occurrence has."""
        post, schedule = self._planner.post(planned.guide), self._planner.schedules.get(planned.schedule)
        if post is None:
            return []
        if schedule is None:  # somebody needs it now
            expires_at = planned.at + LATEST
        else:
            post = replace(post, kind="service" if schedule.kind == "service" else post.kind)
            expires_at = occurrences.expiry(planned.at, schedule.catch_up_hours)
        parts = occurrences.parts_of(
            post, reached, -1 - number, planned.at, expires_at, self._planner.agent, needed=schedule is None
        )
        return [(part, address) for part in parts for address in part.body["recipients"]]

    async def _take(self, connection: AsyncConnection, part: Part, address: str, at: datetime) -> None:
        """As if it had left and arrived."""
        subject = parse_recipient(address).subject
        slot = {"guide": part.body["guide"], "kind": part.body["kind"], "topic": part.body.get("topic") or ""}
        day = self._rules.local(at).date().isoformat()
        await posts.reserve(connection, {"subject": subject, "part": part.id, "day": day, **slot}, at)
        await ledger.mark_delivered(connection, part.id, [subject])

    def _state(self, planned: Planned, decided: dict[tuple[str, str], Judged]) -> str:
        post = self._planner.post(planned.guide)
        return state_of(post, decided.get((post.name, post.digest))) if post else WAITING
