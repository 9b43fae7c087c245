"""A site of real processes that are killed, with a crash of PostgreSQL, in short. The long form is `make chaos`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.site.load import Traffic
from bench.site.postgres import Postgres
from bench.site.site import Shape, Site
from bench.site.trial import Plan, Trial, tried
from bench.site.world import Town
from tests.bot.house import Shelf
from tests.postgres import MISSING, programs

TOWN = Town(customers=60, members=40, visitors=15, held=3)
SHAPE = Shape(roles={"web": 1, "worker": 2, "clock": 1}, minutes=1)
PATIENCE = 900.0  # seconds; it takes half a minute where nothing else runs
TRAFFIC = Traffic(250, rate=40.0, waiting=80, again=0.2, swapped=0.2)


@pytest.fixture
async def database_server() -> AsyncIterator[Postgres]:
    if programs() is None:
        pytest.skip(MISSING)
    server = Postgres()
    await server.start()
    yield server
    await server.stop()


async def crashes(trial: Trial) -> None:
    """The database, then three of the four processes."""
    names = list(trial.site.bots)
    trial.rng.shuffle(names)
    await trial.site.restart_postgres()
    for name in names[:3]:
        await trial.pause(1.5)
        trial.hurts += trial.site.kill(name)


async def test_whatever_is_killed_everybody_gets_their_one_answer_in_order_and_no_cap_breaks(
    database_server: Postgres, shelf: Shelf, tmp_path: Path
) -> None:
    said: list[str] = []
    site = Site(TOWN, SHAPE, database_server, shelf.index.parent, tmp_path)
    result = await asyncio.wait_for(tried(Plan(SHAPE, TOWN, TRAFFIC, crashes), site, said.append), PATIENCE)
    assert result.reckoning.good, f"{result.reckoning}\n{said}"
    assert result.hurts == 3
    assert result.reckoning.counts["answered"] >= 100
