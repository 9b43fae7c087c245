"""kill -9 in the middle of a send to a thousand people: nobody twice, and operators hear of what may be lost."""

import asyncio
import json
import random
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.occurrences import parts_of
from bot.sandbox.run import settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Employee, Limits, World
from bot.store import contents, outbox
from bot.store.database import Database
from bot.store.migrate import migrate
from scheduler.posts import Post, parse_recipient
from tests.bot.house import Shelf
from tests.bot.test_kill import Process

PEOPLE, KILLS = 1000, 4
PATIENCE = 120.0  # seconds for everything to be sent
POST = Post("sofa.md", "小客厅沙发", "沙发的长度控制在沙发墙的三分之二左右。", topic="styling")
OPERATOR = "wangwei"


@pytest.fixture
async def standin() -> AsyncIterator[StandIn]:
    world = World.demo()
    world.employees += [Employee(f"user{number:04}", f"同事{number}") for number in range(PEOPLE)]
    world.limits = Limits(api_per_minute=10**9, member_per_minute=10**9, member_per_hour=10**9)
    made = StandIn(world, SystemClock())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def process(
    tmp_path: Path, standin: StandIn, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Process]:
    app = settings_for(standin, tmp_path, shelf.guides, 0)["wecom"]["app"]
    at_any_hour = {"quiet": "00:00-00:00", "holidays": "as_usual"}
    for name, value in {f"WECOM__APP__{name}": value for name, value in app.items()}.items():
        monkeypatch.setenv(f"FENCUN_{name.upper()}", str(value))
    for name, value in at_any_hour.items():
        monkeypatch.setenv(f"FENCUN_RESTRAINT__{name.upper()}", value)
    monkeypatch.setenv("FENCUN_PEOPLE__OPERATORS", json.dumps([OPERATOR]))
    started = Process(tmp_path, standin, shelf)
    yield started
    await started.end()


async def plan(path: Path) -> None:
    """One approved post to everybody, as the planner leaves it before the first part goes."""
    database = Database.connect(f"sqlite:///{path}")
    await migrate(database)
    now = datetime.now(UTC)
    recipients = [parse_recipient(f"app:user{number:04}") for number in range(PEOPLE)]
    judged = {"key": POST.name, "digest": POST.digest, "kind": "value", "title": POST.title, "lexicon": "test"}
    async with database.write() as connection:
        await contents.judge(connection, {**judged, "state": contents.APPROVED, "by": OPERATOR, "why": ""}, now)
        await outbox.enqueue(connection, parts_of(POST, recipients, 1, now, now + timedelta(hours=6), "1000002"), now)
    await database.close()


def parts(path: Path) -> list[Mapping[str, Any]]:
    with sqlite3.connect(path) as store:
        store.row_factory = sqlite3.Row
        rows = store.execute("SELECT state, body FROM outbox WHERE klass = 'post'").fetchall()
    store.close()
    return [{"state": row["state"], "to": json.loads(row["body"])["recipients"][0]} for row in rows]


def received(standin: StandIn) -> Counter[str]:
    """How many posts came to each, by the stand-in's own record."""
    everybody = (employee.userid for employee in standin.world.employees)
    return Counter({who: sum(line.msgtype == "markdown" for line in standin.app_chat(who)) for who in everybody})


async def test_a_thousand_people_and_four_kills_nobody_twice_and_losses_are_told(
    tmp_path: Path, standin: StandIn, process: Process
) -> None:
    path = tmp_path / "fencun.db"
    await plan(path)
    chance = random.Random(11)
    moments = sorted(chance.sample(range(20, PEOPLE - 100), KILLS))
    await process.start()
    for moment in moments:
        await standin.wait_until(lambda least=moment: len(standin.calls("message/send")) >= least, timeout=PATIENCE)
        await asyncio.sleep(chance.random() / 50)  # anywhere between two steps of a send
        await process.kill()
        await process.start()
    async with asyncio.timeout(PATIENCE):
        while any(part["state"] in outbox.OPEN for part in parts(path)):  # noqa: ASYNC110 - another process works on it
            await asyncio.sleep(0.2)
    await standin.wait_until(lambda: told(standin), timeout=PATIENCE)
    assert await process.stop() == 0
    ended, came = parts(path), received(standin)
    assert max(came.values()) == 1
    assert {part["state"] for part in ended} <= {"sent", "lost", "dropped"}
    assert all(came[part["to"].partition(":")[2]] == 1 for part in ended if part["state"] == "sent")
    states = Counter(part["state"] for part in ended)
    assert states["sent"] + states["lost"] == PEOPLE
    assert states["lost"] <= KILLS * 16  # what was on its way: at most as many as are worked on at once


def told(standin: StandIn) -> bool:
    return any("没有收到回执" in line.text for line in standin.app_chat(OPERATOR))
