"""A whole bot beside the stand-in: real crypto, HTTP, SQLite, Chroma and guides; only WeCom itself is played."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.app import build
from bot.clock import MovableClock
from bot.program import Program
from bot.sandbox.approvals import approve
from bot.sandbox.run import settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import World
from bot.settings import Settings
from knowledge.indexing.index import build as build_index
from tests.bot.house import FOOD, MONDAY, RETURNS, SOFA, House, Shelf
from tests.bot.mass_sends import Gate, following
from tests.log_watch import watched


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    root = tmp_path_factory.mktemp("shelf")
    (root / "guides").mkdir()
    for name, text in {"sofa.md": SOFA, "food.md": FOOD, "returns.md": RETURNS}.items():
        (root / "guides" / name).write_text(text, encoding="utf-8")
    build_index(root / "guides", root / "index", root / "chroma")
    return Shelf(root / "guides", root / "index", root / "chroma")


StandIn.stop = watched(StandIn.stop)  # type: ignore[method-assign]

OpenHouse = Callable[..., Any]
Before = Callable[[StandIn, MovableClock], Awaitable[None]]


@pytest.fixture
def open_house(tmp_path: Path, shelf: Shelf, store_url: str) -> OpenHouse:
    """`async with open_house(**changes) as house`: `changes` are settings laid over the ordinary ones.

    What is on the shelf is `approved`, as in a house that has been run for a while.
    """

    @asynccontextmanager
    async def opened(
        *, start: datetime = MONDAY, before: Before | None = None, approved: bool = True, **changes: Any
    ) -> AsyncIterator[House]:
        clock = MovableClock(start, frozen=True)
        standin = StandIn(World.demo(), clock)
        standin.talks.poll_seconds = 0.01
        await standin.start()
        if before is not None:
            await before(standin, clock)

        def make() -> Program:
            plain = settings_for(standin, tmp_path, shelf.guides, 0)
            plain["store"] = {"url": store_url}
            plain["knowledge"] = {"guides": shelf.guides, "index": shelf.index, "vectors": str(shelf.vectors)}
            plain["wecom"]["aibots"] = [b for b in plain["wecom"]["aibots"] if b.get("mode") != "websocket"]
            return build(Settings.model_validate(_over(plain, changes)), clock)

        house = House(standin, clock, make)
        try:
            await house.open()
            if approved:
                await approve(house.program, "wangwei")
            yield house
        finally:
            await house.program.stop()
            await standin.stop()

    return opened


def _over(plain: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Nested settings with `changes` laid over them."""
    merged = dict(plain)
    for name, value in changes.items():
        old = merged.get(name)
        merged[name] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


@pytest.fixture
def gate() -> Gate:
    """A gate that allows every reminder, until a test says otherwise."""
    return Gate()


@pytest.fixture
async def guarded(house: House, gate: Gate) -> House:
    """A house whose followed tasks ask `gate`."""
    following(house).use(gate.may_still_go, gate.note)
    return house


@pytest.fixture
async def house(open_house: OpenHouse) -> AsyncIterator[House]:
    async with open_house() as opened:
        yield opened
