"""The contract of the embedded engine: one drain of a lane at a time, every woken lane drained, no wake lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import MovableClock
from bot.engine import FAILED_DRAIN_SECONDS, EmbeddedEngine
from tests.bot.rough import journal, until

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


class Work:
    """Drains that a test can hold up, make fail, and watch."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.at_once = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.failures: list[Exception] = []
        self.come_back: list[datetime] = []

    async def drain(self, lane: str) -> datetime | None:
        self.calls.append(lane)
        self.now[lane] += 1
        self.most[lane] = max(self.most[lane], self.now[lane])
        self.at_once = max(self.at_once, self.now.total())
        try:
            await self.gate.wait()
            if self.failures:
                raise self.failures.pop()
            return self.come_back.pop() if self.come_back else None
        finally:
            self.now[lane] -= 1


class Bench:
    """An engine on a clock that stands still."""

    def __init__(self, concurrency: int = 4) -> None:
        self.clock = MovableClock(NOON, frozen=True)
        self.work = Work()
        self.engine = EmbeddedEngine(self.work.drain, self.clock, concurrency)

    async def jump(self, seconds: float) -> None:
        self.clock.jump(timedelta(seconds=seconds))
        for _ in range(5):
            await asyncio.sleep(0)
        await self.engine.idle()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.work.gate.set()
    await made.engine.stop(1)


async def test_a_woken_lane_is_drained_once(bench: Bench) -> None:
    bench.engine.start([])
    bench.engine.wake("a")
    await bench.engine.idle()
    assert bench.work.calls == ["a"]


async def test_an_engine_with_nothing_to_do_is_idle(bench: Bench) -> None:
    await bench.engine.idle()
    bench.engine.start([])
    await bench.engine.idle()


async def test_what_an_earlier_process_left_is_drained_at_the_start(bench: Bench) -> None:
    bench.engine.start(["a", "b", "a"])
    await bench.engine.idle()
    assert sorted(bench.work.calls) == ["a", "b"]


async def test_a_wake_before_the_start_is_kept(bench: Bench) -> None:
    bench.engine.wake("early")
    await asyncio.sleep(0)
    assert bench.work.calls == []
    bench.engine.start(["left", "early"])
    await bench.engine.idle()
    assert sorted(bench.work.calls) == ["early", "left"]


async def test_a_lane_is_never_drained_twice_at_once(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.gate.clear()
    for _ in range(10):
        bench.engine.wake("a")
        await asyncio.sleep(0)
    bench.work.gate.set()
    await bench.engine.idle()
    assert bench.work.most["a"] == 1


async def test_a_wake_during_a_drain_is_not_lost_and_many_are_one(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.gate.clear()
    bench.engine.wake("a")
    await until(lambda: bench.work.now["a"] == 1)
    for _ in range(5):
        bench.engine.wake("a")
    bench.work.gate.set()
    await bench.engine.idle()
    assert bench.work.calls == ["a", "a"]


async def test_lanes_are_worked_on_side_by_side_up_to_the_limit(bench: Bench) -> None:
    lanes = [f"lane{number}" for number in range(20)]
    bench.work.gate.clear()
    bench.engine.start(lanes)
    await until(lambda: len(bench.work.calls) == 4)
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(bench.work.calls) == 4
    bench.work.gate.set()
    await bench.engine.idle()
    assert sorted(bench.work.calls) == sorted(lanes)
    assert bench.work.at_once == 4


async def test_a_lane_that_has_to_wait_comes_back_when_the_clock_says_so(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.come_back = [NOON + timedelta(minutes=5)]
    bench.engine.wake("a")
    await bench.engine.idle()
    await bench.jump(299)
    assert bench.work.calls == ["a"]
    await bench.jump(1)
    assert bench.work.calls == ["a", "a"]
    await bench.jump(3600)
    assert bench.work.calls == ["a", "a"]


async def test_a_lane_that_waits_is_drained_at_once_when_woken(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.come_back = [NOON + timedelta(minutes=5)]
    bench.engine.wake("a")
    await bench.engine.idle()
    bench.engine.wake("a")
    await bench.engine.idle()
    assert bench.work.calls == ["a", "a"]


async def test_of_two_moments_to_come_back_the_later_word_counts(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.come_back = [NOON + timedelta(minutes=1), NOON + timedelta(minutes=5)]
    for _ in range(2):
        bench.engine.wake("a")
        await bench.engine.idle()
    await bench.jump(60)
    assert bench.work.calls == ["a"] * 3
    await bench.jump(600)
    assert bench.work.calls == ["a"] * 3


async def test_a_moment_that_has_passed_means_now(bench: Bench) -> None:
    bench.engine.start([])
    bench.work.come_back = [NOON - timedelta(hours=1)]
    bench.engine.wake("a")
    await until(lambda: bench.work.calls == ["a", "a"])


async def test_a_drain_that_fails_is_tried_again_and_holds_up_nobody(bench: Bench) -> None:
    bench.work.failures = [RuntimeError("broken")]
    with journal() as log:
        bench.engine.start(["a"])
        await bench.engine.idle()
    assert [line["event"] for line in log.lines] == ["drain_failed"]
    bench.engine.wake("b")
    await bench.engine.idle()
    assert bench.work.calls == ["a", "b"]
    await bench.jump(FAILED_DRAIN_SECONDS)
    assert bench.work.calls == ["a", "b", "a"]


async def test_a_drain_that_fails_gives_its_room_back() -> None:
    bench = Bench(concurrency=1)
    bench.work.failures = [RuntimeError("broken")] * 3
    with journal():
        bench.engine.start(["a", "b", "c", "d"])
        await bench.engine.idle()
        assert len(bench.work.calls) == 4
        await bench.engine.stop(1)


async def test_a_stop_lets_a_drain_end_within_the_grace(bench: Bench) -> None:
    bench.work.gate.clear()
    bench.engine.start(["a"])
    await until(lambda: bench.work.now["a"] == 1)
    stopping = asyncio.create_task(bench.engine.stop(60))
    await asyncio.sleep(0)
    bench.work.gate.set()
    await asyncio.wait_for(stopping, 5)
    assert bench.work.now["a"] == 0


async def test_a_stop_cancels_what_outlasts_the_grace(bench: Bench) -> None:
    bench.work.gate.clear()
    bench.engine.start(["a", "b"])
    await until(lambda: bench.work.now.total() == 2)
    await asyncio.wait_for(bench.engine.stop(0.01), 5)
    assert bench.work.now.total() == 0


async def test_after_a_stop_nothing_is_drained_any_more(bench: Bench) -> None:
    bench.work.come_back = [NOON + timedelta(minutes=5)]
    bench.engine.start(["a"])
    await bench.engine.idle()
    await bench.engine.stop(1)
    bench.engine.wake("a")
    await bench.jump(600)
    assert bench.work.calls == ["a"]
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
