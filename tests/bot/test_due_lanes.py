"""Which lanes the look at the store finds: those this process can serve, oldest first, however many others are due."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.arrival import Address, Arrival
from bot.clock import MovableClock
from bot.connections import Connections
from bot.part import Klass, Part
from bot.store import outbox
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.outbox import Outbox
from handlers.turn import Channel, Kind

pytestmark = pytest.mark.both_stores

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=1)
OURS = "app:1000002::lihua"
CLOSED = ("aibot:live:", "service:aibot:live:", "post:aibot:live:")


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    made = Database.connect(store_url)
    await migrate(made)
    yield made
    await made.close()


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database, MovableClock(NOW, frozen=True))


@dataclass
class Line:
    """An AI bot's long connection, as far as it matters here."""

    connected: bool


def connections(**bots: bool) -> Connections:
    """With AI bots by name, and whether their long connection is here."""
    lines: dict[str, Any] = {name: Line(here) for name, here in bots.items()}
    nothing: Any = None
    return Connections(foundation=nothing, session=nothing, client=nothing, streams=nothing, sockets=lines)


async def wrote(inbox: Inbox, *lanes: str) -> None:
    for number, lane in enumerate(lanes):
        channel, account, chat, person = lane.split(":")
        address = Address(Channel(channel), account, chat, person)
        await inbox.accept(Arrival(f"{lane} {number}", address, Kind.TEXT, "你好", NOW))


async def to_leave(database: Database, *lanes: str) -> None:
    parts = [
        Part(f"part {number}", lane, Channel.AIBOT, Klass.REPLY, "text", {"text": "好"})
        for number, lane in enumerate(lanes)
    ]
    async with database.write() as connection:
        await outbox.enqueue(connection, parts, NOW)


async def test_items_of_lanes_that_only_another_process_serves_hide_no_others(inbox: Inbox) -> None:
    await wrote(inbox, *(f"aibot:live::p{number}" for number in range(3)), OURS, "kf:wkOne::wmChen")
    assert await inbox.due(SOON, 2, ()) == ["aibot:live::p0", "aibot:live::p1"]
    assert await inbox.due(SOON, 2, CLOSED) == [OURS, "kf:wkOne::wmChen"]


async def test_parts_of_lanes_that_only_another_process_serves_hide_no_others(database: Database) -> None:
    theirs = [f"{start}:lihua" for start in CLOSED]
    await to_leave(database, *theirs, OURS, "kf:wkOne::wmChen")
    assert await Outbox(database).due(SOON, 2, ()) == theirs[:2]
    assert await Outbox(database).due(SOON, 2, CLOSED) == [OURS, "kf:wkOne::wmChen"]


@pytest.mark.parametrize("name", ["Live", "liv%", "l_ve", "直播"])
async def test_a_lane_is_left_out_by_its_very_bot_and_by_no_name_like_it(
    inbox: Inbox, database: Database, name: str
) -> None:
    """What LIKE would take for one name: capitals on SQLite, and its wildcards."""
    bot, like = f"aibot:{name}::lihua", "aibot:live::lihua"
    await wrote(inbox, bot, like)
    await to_leave(database, bot, like)
    assert await inbox.due(SOON, 2, (f"aibot:{name}:",)) == [like]
    assert await Outbox(database).due(SOON, 2, (f"aibot:{name}:",)) == [like]


async def test_the_lane_whose_item_has_waited_longest_comes_first(inbox: Inbox) -> None:
    second, first = "app:1000002::anna", "app:1000002::zoe"
    await wrote(inbox, first, "aibot:live::lihua", second, first)
    assert await inbox.due(SOON, 9, CLOSED) == [first, second]


@pytest.mark.parametrize("kind", ["", "service:", "post:"])
def test_only_a_process_with_an_ai_bot_s_connection_serves_its_lanes(kind: str) -> None:
    made = connections(live=False, here=True)
    served = {bot: made.serves(f"{kind}aibot:{bot}::lihua") for bot in ("live", "here", "live2", "callback")}
    assert served == {"live": False, "here": True, "live2": True, "callback": True}
    bound = {bot: made.bound(f"{kind}aibot:{bot}::lihua") for bot in ("live", "here", "live2", "callback")}
    assert bound == {"live": True, "here": True, "live2": False, "callback": False}


def test_lanes_of_other_channels_are_served_everywhere_whoever_they_are_named_after() -> None:
    made = connections(live=False)
    for lane in ("kf:live::wmChen", "app:live::lihua", "post:robot:live", "recall:aibot:live:"):
        assert made.serves(lane)
        assert not made.bound(lane)


def test_what_is_left_out_of_the_look_is_what_is_not_served() -> None:
    assert set(connections(live=False, here=True).unserved()) == set(CLOSED)
    assert connections().unserved() == ()
