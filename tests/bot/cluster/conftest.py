"""A site: one bot as several processes on one PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import MovableClock
from bot.sandbox.standin import StandIn
from bot.sandbox.world import World
from tests.bot.cluster.site import Site
from tests.bot.house import MONDAY, Shelf
from tests.postgres import Postgres


@pytest.fixture
async def site(postgres: Postgres, tmp_path: Path, shelf: Shelf) -> AsyncIterator[Site]:
    clock = MovableClock(MONDAY, frozen=True)
    standin = StandIn(World.demo(), clock)
    standin.talks.poll_seconds = 0.01
    await standin.start()
    made = Site(standin, clock, postgres.url, tmp_path, shelf)
    try:
        yield made
    finally:
        await made.stop_all()
        await standin.stop()
