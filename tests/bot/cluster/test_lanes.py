"""The contract of the engine over several processes: one drain of a lane at a time, and no wake is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

import pytest
from sqlalchemy.engine import make_url

from bot.clock import SystemClock
from bot.cluster.engine import Caller, ClusterEngine
from bot.cluster.seats import Seats
from bot.cluster.session import LONGEST_CALL, Session, payloads
from bot.cluster.subject_locks import SubjectLocks
from bot.exclusion import Exclusion
from tests.bot.cluster.site import eventually
from tests.postgres import Postgres

ROOM = 4  # lanes that a process drains at once


@dataclass
class Shared:
    """The work of all processes, and what is due in the store they share."""

    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    drained: list[tuple[str, str]] = field(default_factory=list)
    due: set[str] = field(default_factory=set)
    looks: Counter[str] = field(default_factory=Counter)
    defects: list[Exception] = field(default_factory=list)  # that looks meet
    again_at: dict[str, datetime] = field(default_factory=dict)  # when a lane is to be drained next
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def drain(self, who: str, lane: str) -> datetime | None:
        self.now[lane] += 1
        self.most[lane] = max(self.most[lane], self.now[lane])
        try:
            self.drained.append((who, lane))
            await self.gate.wait()
            self.due.discard(lane)
        finally:
            self.now[lane] -= 1
        return self.again_at.get(lane)

    async def unfinished(self, who: str, most: int) -> tuple[list[str], list[str]]:
        self.looks[who] += 1
        if self.defects:
            raise self.defects.pop()
        return sorted(self.due)[:most], []


@dataclass
class Process:
    name: str
    session: Session
    engine: ClusterEngine
    seats: Seats


class Processes:
    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.shared = Shared()
        self.shared.gate.set()
        self.all: list[Process] = []
        self.sessions: list[Session] = []

    async def start(self, name: str, *not_mine: str, bound: bool = False) -> Process:
        session = await self.session(name)
        seats = Seats(session, lambda _: bound)

        async def drain(lane: str) -> datetime | None:
            return await self.shared.drain(name, lane)

        engine = ClusterEngine(
            drain,
            session,
            partial(self.shared.unfinished, name),
            lambda lane: lane not in not_mine,
            seats,
            SystemClock(),
            ROOM,
        )
        engine.start([])
        made = Process(name, session, engine, seats)
        self.all.append(made)
        return made

    async def session(self, name: str) -> Session:
        session = Session(self.url, f"test {name}")
        await session.start()
        self.sessions.append(session)
        return session


@pytest.fixture
async def processes(postgres: Postgres) -> AsyncIterator[Processes]:
    made = Processes(postgres.url)
    yield made
    made.shared.gate.set()
    for process in made.all:
        await process.engine.stop(1)
    for session in made.sessions:
        await session.stop()


async def _two_seated(processes: Processes) -> tuple[Process, Process]:
    one, two = await processes.start("one"), await processes.start("two")
    looks = processes.shared.looks
    await eventually(lambda: min(looks["one"], looks["two"]) >= 2, seconds=5)
    return one, two


async def test_a_lane_is_never_drained_by_two_at_once(processes: Processes) -> None:
    one, two = await processes.start("one"), await processes.start("two")
    processes.shared.gate.clear()
    for lane in ("a", "b", "c"):
        one.engine.wake(lane)
        two.engine.wake(lane)
    await eventually(lambda: processes.shared.now.total() == 3)
    await asyncio.sleep(0.1)  # time enough for a second one to begin, were it possible
    processes.shared.gate.set()
    await one.engine.idle()
    await two.engine.idle()
    assert set(processes.shared.most.values()) == {1}


async def test_a_wake_for_a_lane_that_another_drains_is_heard_there(processes: Processes) -> None:
    one, two = await processes.start("one"), await processes.start("two")
    processes.shared.gate.clear()
    one.engine.wake("lane")
    await eventually(lambda: processes.shared.drained == [("one", "lane")])
    two.engine.wake("lane")
    await asyncio.sleep(0.2)
    processes.shared.gate.set()
    await eventually(lambda: len(processes.shared.drained) >= 2)


async def test_a_call_that_nobody_heard_costs_a_second_and_nothing_else(processes: Processes) -> None:
    await processes.start("one")
    processes.shared.due.add("lane")
    await eventually(lambda: not processes.shared.due, seconds=3)


async def test_a_look_that_meets_a_defect_is_not_the_last_one(processes: Processes) -> None:
    processes.shared.defects = [LookupError("a defect")]
    await processes.start("one")
    processes.shared.due.add("lane")
    await eventually(lambda: not processes.shared.due, seconds=5)


async def test_a_call_wakes_somebody_at_once_and_a_doubled_one_does_no_harm(processes: Processes) -> None:
    await processes.start("one")
    await processes.start("two")
    web = Caller(await processes.session("web"))
    for _ in range(3):
        web.wake("lane")
    await eventually(lambda: bool(processes.shared.drained), seconds=0.8)
    assert processes.shared.most["lane"] == 1


async def test_the_lane_of_a_process_that_is_gone_is_taken_over(processes: Processes) -> None:
    one = await processes.start("one")
    processes.shared.gate.clear()
    processes.shared.due.add("lane")
    one.engine.wake("lane")
    await eventually(lambda: bool(processes.shared.drained))
    await processes.start("two")
    await eventually(lambda: processes.shared.looks["two"] >= 2)  # the first one found the lane locked
    assert len(processes.shared.drained) == 1
    await one.session.stop()
    await eventually(lambda: ("two", "lane") in processes.shared.drained, seconds=5)


async def test_a_call_is_answered_by_the_worker_the_lane_falls_to_and_tried_by_no_other(processes: Processes) -> None:
    refused: list[str] = []
    for process in await _two_seated(processes):
        process.engine.watch(partial(refused.append, process.name), lambda: None)
    web = Caller(await processes.session("web"))
    lanes = {f"lane {number}" for number in range(40)}
    for lane in lanes:
        web.wake(lane)
    await eventually(lambda: {lane for _, lane in processes.shared.drained} == lanes, seconds=0.8)
    by = Counter(who for who, _ in processes.shared.drained)
    assert by.total() == len(lanes)
    assert min(by["one"], by["two"]) > len(lanes) // 5
    assert not refused


async def test_workers_that_find_a_lane_taken_tell_its_holder_and_do_not_wake_each_other(processes: Processes) -> None:
    refused: list[str] = []
    for name in ("one", "two", "three"):
        made = await processes.start(name, bound=True)
        made.engine.watch(partial(refused.append, name), lambda: None)
    one, two, three = processes.all
    await eventually(lambda: min(processes.shared.looks[each.name] for each in processes.all) >= 2, seconds=5)
    processes.shared.gate.clear()
    lane = "aibot:assistant::lihua"
    one.engine.wake(lane)
    await eventually(lambda: processes.shared.now[lane] == 1)
    two.engine.wake(lane)
    three.engine.wake(lane)
    await asyncio.sleep(0.5)  # time enough for hundreds of calls, were they answered by calls
    assert len(refused) <= 4
    processes.shared.gate.set()
    await eventually(lambda: len(processes.shared.drained) == 2)
    assert {who for who, _ in processes.shared.drained} == {"one"}


async def test_what_one_worker_pulls_is_drained_by_whom_it_falls_to(processes: Processes) -> None:
    one, two = await _two_seated(processes)
    lanes = {f"lane {number}" for number in range(40)}
    for lane in lanes:
        one.engine.wake(lane)
    await eventually(lambda: {lane for _, lane in processes.shared.drained} == lanes, seconds=0.8)
    assert all((one if who == "one" else two).seats.ours(lane) for who, lane in processes.shared.drained)


def _lanes_of(process: Process, count: int) -> list[str]:
    """Some that fall to it."""
    return list(islice((lane for lane in map("lane {}".format, range(1000)) if process.seats.ours(lane)), count))


async def test_a_worker_with_room_helps_one_with_its_hands_full(processes: Processes) -> None:
    _, two = await _two_seated(processes)
    processes.shared.gate.clear()
    theirs = _lanes_of(two, ROOM + 2)
    for lane in theirs[:ROOM]:
        two.engine.wake(lane)
    await eventually(lambda: processes.shared.now.total() == ROOM)
    processes.shared.due.update(theirs[ROOM:])
    await eventually(lambda: {("one", lane) for lane in theirs[ROOM:]} <= set(processes.shared.drained), seconds=5)


async def test_a_worker_with_its_hands_full_leaves_the_others_theirs(processes: Processes) -> None:
    one, two = await _two_seated(processes)
    processes.shared.gate.clear()
    for process in (one, two):
        for lane in _lanes_of(process, ROOM):
            process.engine.wake(lane)
    await eventually(lambda: processes.shared.now.total() == 2 * ROOM)
    processes.shared.due.update(_lanes_of(two, ROOM + 2)[ROOM:])
    looks = processes.shared.looks["one"]
    await eventually(lambda: processes.shared.looks["one"] >= looks + 3, seconds=6)
    assert not [lane for lane in processes.shared.due if one.engine.drains(lane)]
    processes.shared.gate.set()
    await eventually(lambda: not processes.shared.due, seconds=6)


async def test_what_falls_to_a_worker_that_hangs_is_taken_up_in_the_end_even_without_room(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cluster.engine.PATIENCE", 3)
    one, two = await _two_seated(processes)
    processes.shared.gate.clear()
    for process in (one, two):
        for lane in _lanes_of(process, ROOM):
            process.engine.wake(lane)
    await eventually(lambda: processes.shared.now.total() == 2 * ROOM)
    theirs = _lanes_of(two, ROOM + 1)[ROOM]
    processes.shared.due.add(theirs)
    await eventually(lambda: one.engine.drains(theirs), seconds=8)


async def test_what_falls_to_a_worker_that_stops_is_drained_by_the_others_at_once(processes: Processes) -> None:
    one, two = await _two_seated(processes)
    processes.shared.gate.clear()
    lane, *later = _lanes_of(two, 3)
    two.engine.wake(lane)
    await eventually(lambda: processes.shared.now[lane] == 1)
    stopping = asyncio.create_task(two.engine.stop(20))  # what is under way may end
    looks = processes.shared.looks["one"]
    await eventually(lambda: processes.shared.looks["one"] >= looks + 2, seconds=4)
    for each in later:
        one.engine.wake(each)
        assert one.engine.drains(each)
    processes.shared.gate.set()
    await stopping


async def test_what_comes_in_does_not_wait_for_what_is_to_leave_later(processes: Processes) -> None:
    one = await processes.start("one")
    processes.shared.again_at["lane"] = datetime.now(UTC) + timedelta(hours=2)  # a part that waits for the member
    one.engine.wake("lane")
    await eventually(lambda: len(processes.shared.drained) == 1)
    await one.engine.idle()
    processes.shared.due.add("lane")  # nobody was called for it
    await eventually(lambda: not processes.shared.due, seconds=4)


async def test_a_worker_that_hangs_loses_its_locks(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cluster.session.SILENT_SECONDS", 1)
    monkeypatch.setattr("bot.cluster.session.BEAT_SECONDS", 60)
    hung = await processes.session("hung")
    assert await hung.try_lock("lane")
    monkeypatch.setattr("bot.cluster.session.BEAT_SECONDS", 0.2)
    other = await processes.session("other")
    assert not await other.try_lock("lane")
    await eventually(lambda: hung.epoch == 2, seconds=5)  # here it only looked as if it hung, so it comes back
    assert await other.try_lock("lane")


async def test_what_only_another_can_serve_is_left_to_it(processes: Processes) -> None:
    one = await processes.start("one", "socket")
    await processes.start("two")
    processes.shared.due.add("socket")
    one.engine.wake("socket")
    await eventually(lambda: bool(processes.shared.drained))
    assert {who for who, _ in processes.shared.drained} == {"two"}


async def test_without_the_server_nothing_is_drained_and_afterwards_everything(
    processes: Processes, postgres: Postgres
) -> None:
    one = await processes.start("one")
    postgres.server.stop()
    await eventually(lambda: not one.session.connected)
    processes.shared.due.add("lane")
    one.engine.wake("lane")
    await asyncio.sleep(0.3)
    assert not processes.shared.drained
    postgres.server.start()
    await eventually(lambda: not processes.shared.due)


async def test_a_hold_waits_for_what_another_process_is_sending_and_nothing_new_begins(postgres: Postgres) -> None:
    url = make_url(postgres.url)
    here, there = SubjectLocks(url, 4), SubjectLocks(url, 4)
    sender, holder = Exclusion(here), Exclusion(there)
    order: list[str] = []
    sending, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with sender.sending({"person:chen"}):
            sending.set()
            await go_on.wait()
            order.append("sent")

    async def hold() -> None:
        async with holder.holding({"person:chen"}):
            order.append("held")

    async def second() -> None:
        async with sender.sending({"person:chen"}):
            order.append("sent later")

    try:
        async with asyncio.timeout(10), asyncio.TaskGroup() as together:
            together.create_task(first())
            await sending.wait()
            together.create_task(hold())
            await asyncio.sleep(0.2)  # it waits in the server now
            together.create_task(second())
            await asyncio.sleep(0.2)
            assert order == []
            go_on.set()
    finally:
        await here.close()
        await there.close()
    assert order == ["sent", "held", "sent later"]


def test_calls_are_gathered_into_payloads_that_the_server_takes() -> None:
    calls = [f"lane:{number:05}" for number in range(2000)]
    made = list(payloads([*calls, "x" * 9000]))
    assert len(made) > 1
    assert all(len(payload.encode()) <= LONGEST_CALL + 2 for payload in made)
    assert "x" * 9000 not in "".join(made)
