"""Clocks: whoever waits, waits on one, and a jump reaches everybody."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock, MovableClock, SystemClock
from tests.bot.rough import until

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


async def sleeping(clock: Clock, *seconds: float) -> list[asyncio.Task[None]]:
    """Tasks that have begun to sleep."""
    tasks = [asyncio.create_task(clock.sleep(each)) for each in seconds]
    await asyncio.sleep(0)
    return tasks


async def done(tasks: list[asyncio.Task[None]]) -> list[bool]:
    """Which of them have woken, once everybody has had a turn."""
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


def test_the_time_of_the_machine_is_aware_and_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


async def test_no_clock_sleeps_for_a_time_that_has_passed() -> None:
    async with asyncio.timeout(1):
        await SystemClock().sleep(-5)
        await MovableClock(NOON, frozen=True).sleep(0)
        await MovableClock(NOON, frozen=True).sleep(-5)


async def test_a_frozen_clock_moves_only_by_jumps() -> None:
    clock = MovableClock(NOON, frozen=True)
    await SystemClock().sleep(0.001)
    assert clock.now() == NOON
    assert clock.jump(timedelta(hours=3)) == clock.now() == NOON + timedelta(hours=3)


async def test_a_jump_wakes_exactly_those_whose_moment_is_reached() -> None:
    clock = MovableClock(NOON, frozen=True)
    tasks = await sleeping(clock, 10, 60, 61)
    clock.jump(timedelta(seconds=9))
    assert await done(tasks) == [False, False, False]
    clock.jump(timedelta(seconds=51))
    assert await done(tasks) == [True, True, False]
    clock.jump(timedelta(days=400))
    assert await done(tasks) == [True, True, True]


async def test_a_sleep_that_begins_after_a_jump_counts_from_there() -> None:
    clock = MovableClock(NOON, frozen=True)
    clock.jump(timedelta(hours=1))
    tasks = await sleeping(clock, 10)
    assert await done(tasks) == [False]
    clock.jump(timedelta(seconds=10))
    assert await done(tasks) == [True]


async def test_several_jumps_in_one_breath_are_one() -> None:
    clock = MovableClock(NOON, frozen=True)
    tasks = await sleeping(clock, 30)
    for _ in range(3):
        clock.jump(timedelta(seconds=10))
    assert await done(tasks) == [True]


def test_a_clock_never_moves_back() -> None:
    clock = MovableClock(NOON, frozen=True)
    with pytest.raises(ValueError, match="ahead"):
        clock.jump(timedelta(seconds=-1))
    assert clock.now() == NOON


async def test_a_running_clock_goes_on_from_its_start_and_can_be_moved() -> None:
    clock = MovableClock(NOON)
    before = clock.now()
    await clock.sleep(0.01)
    assert clock.now() - before >= timedelta(milliseconds=10)
    clock.jump(timedelta(days=1))
    assert timedelta(days=1) <= clock.now() - NOON < timedelta(days=1, minutes=1)


async def test_a_jump_of_a_running_clock_wakes_its_sleepers() -> None:
    clock = MovableClock(NOON)
    [task] = await sleeping(clock, 3600)
    clock.jump(timedelta(hours=1))
    await until(task.done)


async def test_a_sleeper_that_is_cancelled_leaves_the_others_asleep() -> None:
    clock = MovableClock(NOON, frozen=True)
    first, second = await sleeping(clock, 10, 10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await done([second]) == [False]
    clock.jump(timedelta(seconds=10))
    assert await done([second]) == [True]
