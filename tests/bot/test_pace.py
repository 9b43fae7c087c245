"""The door goes first; the work behind it waits, and never altogether."""

import asyncio
from contextlib import ExitStack
from itertools import pairwise

import pytest

from bot.pace import CALM, CROWD, SHARE, Pace


class Time:
    """Seconds that pass only while somebody sleeps, or by `+=`."""

    def __init__(self) -> None:
        self.now = 100.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace(time: Time) -> Pace:
    return Pace(lambda: time.now, time.sleep)


def callbacks(pace: Pace, count: int) -> ExitStack:
    """So many callbacks inside the door, until the stack is closed."""
    inside = ExitStack()
    for _ in range(count):
        inside.enter_context(pace.callback())
    return inside


async def test_work_begins_at_once_while_the_door_is_quiet(pace: Pace, time: Time) -> None:
    with callbacks(pace, CROWD - 1):
        for _ in range(50):
            await pace.turn()
    assert time.now == 100.0


async def test_work_waits_until_a_crowd_at_the_door_has_been_gone_for_a_while(pace: Pace, time: Time) -> None:
    await pace.turn()
    callbacks(pace, CROWD).close()
    assert pace.busy
    await pace.turn()
    assert time.now == pytest.approx(100.0 + CALM)
    assert not pace.busy


async def test_work_keeps_its_share_while_the_crowd_stays(pace: Pace, time: Time) -> None:
    begun: list[float] = []

    async def work() -> None:
        await pace.turn()
        begun.append(time.now)

    async def crowd() -> None:
        while len(begun) < 5:
            callbacks(pace, CROWD).close()
            await asyncio.sleep(0)

    callbacks(pace, CROWD).close()
    await asyncio.gather(crowd(), *(work() for _ in range(5)))
    assert [after - before for before, after in pairwise(begun)] == pytest.approx([SHARE] * 4)


async def test_all_that_waited_begins_when_the_crowd_is_gone(pace: Pace, time: Time) -> None:
    callbacks(pace, CROWD).close()
    await asyncio.gather(*(pace.turn() for _ in range(50)))
    assert time.now <= 100.0 + CALM + SHARE


async def test_a_callback_that_fails_leaves_the_door_too(pace: Pace, time: Time) -> None:
    for _ in range(CROWD * 2):
        with pytest.raises(OSError, match="full"), pace.callback():
            raise OSError("disk full")
    assert not pace.busy
