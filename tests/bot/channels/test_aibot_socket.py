"""An AI bot's long connection: one per bot, back after every break, down for good when a person has to act."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.channels.aibot_socket import back_off
from bot.errors import NeedsOperator
from bot.store.marks import Leases
from bot.store.tables import lease
from tests.bot.channels.aibot_place import Place, open_place, store, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path) as place:
        yield place


async def test_two_missed_pongs_are_a_dead_connection(place: Place) -> None:
    await place.connect()
    place.wecom.faults.no_pong = True
    for missed in (1, 2):
        await until(lambda: place.clock.asleep[30.0] == 1)
        place.clock.pass_seconds(30)
        await until(lambda seen=missed: place.frames("ping") == seen and place.clock.asleep[5.0] == 1)
        assert place.socket.connected
        place.clock.pass_seconds(5)
    await until(lambda: not place.socket.connected)
    place.wecom.faults.clear()
    await until(lambda: _backing_off(place))
    place.clock.pass_seconds(1)
    await until(lambda: place.socket.connected)


async def test_one_missed_pong_is_forgiven(place: Place) -> None:
    await place.connect()
    for lost in (True, False, True, False):
        place.wecom.faults.no_pong = lost
        pings = place.frames("ping")
        await until(lambda: place.clock.asleep[30.0] == 1)
        place.clock.pass_seconds(30)
        await until(lambda before=pings: place.frames("ping") == before + 1)
        if lost:
            await until(lambda: place.clock.asleep[5.0] == 1)
            place.clock.pass_seconds(5)
    await until(lambda: place.clock.asleep[30.0] == 1)
    assert place.socket.connected
    assert place.frames("aibot_subscribe") == 1


async def test_a_subscription_starts_the_back_off_anew(place: Place) -> None:
    place.wecom.faults.no_acks = True  # TCP works, subscribing does not
    place.socket.start()
    for tries in range(1, 6):
        await until(lambda seen=tries: place.frames("aibot_subscribe") == seen and place.clock.asleep[5.0] == 1)
        if tries == 5:
            place.wecom.faults.clear()
        place.clock.pass_seconds(5)
        await until(lambda: _backing_off(place))
        place.clock.pass_seconds(30)
    await until(lambda: place.socket.connected)
    place.wecom.drop_socket("live")
    await until(lambda: _backing_off(place))
    place.clock.pass_seconds(1)
    await until(lambda: place.socket.connected)
    assert place.told == []


def _backing_off(place: Place) -> bool:
    """Whether the bot waits to connect again: neither for an ack, a ping, a lease, nor connected."""
    known = {5.0, 10.0, 30.0}
    return not place.socket.connected and any(n for seconds, n in place.clock.asleep.items() if seconds not in known)


def test_the_back_off_doubles_from_a_second_to_half_a_minute() -> None:
    assert [back_off(failures, 0) for failures in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert back_off(10_000, 0) == 30
    assert back_off(1, 1) == 1


async def test_a_wrong_secret_stops_the_bot_and_tells(place: Place) -> None:
    socket = place.another_process(secret="wrong")
    socket.start()
    await until(lambda: bool(place.told))
    (error,) = place.told
    assert isinstance(error, NeedsOperator)
    assert error.errcode == 853000
    place.clock.pass_seconds(3600)
    await place.connect()  # the lease was released: another process with the right secret gets it at once
    assert place.frames("aibot_subscribe") == 2


async def test_who_is_kicked_stays_down_and_says_what_to_do(place: Place, tmp_path: Path) -> None:
    await place.connect()
    async with store(tmp_path / "other.db") as other:
        stranger = place.another_process(database=other)
        stranger.start()
        await until(lambda: bool(place.told))
        (error,) = place.told
        assert isinstance(error, NeedsOperator)
        assert "另一个程序用同一个机器人" in error.what_to_do
        assert not place.socket.connected
        place.clock.pass_seconds(3600)
        await until(lambda: stranger.connected)
        assert place.frames("aibot_subscribe") == 2
        assert await Leases(place.database).take("aibot:live", "somebody", place.clock.now(), 30)
        await stranger.stop()


async def test_one_process_holds_the_lease_and_the_next_takes_over_when_it_stops(place: Place) -> None:
    await place.connect()
    second = place.another_process()
    second.start()
    await until(lambda: place.clock.asleep[10.0] == 2)  # one renews, one waits
    assert not second.connected
    assert place.frames("aibot_subscribe") == 1
    await place.socket.stop()
    place.clock.pass_seconds(10)
    await until(lambda: second.connected)
    assert place.told == [], "nobody was kicked"


async def test_the_lease_is_renewed_while_connected(place: Place) -> None:
    await place.connect()
    for _ in range(5):
        await until(lambda: place.clock.asleep[10.0] == 1)
        place.clock.pass_seconds(10)
    await until(lambda: place.clock.asleep[10.0] == 1)
    assert not await Leases(place.database).take("aibot:live", "somebody", place.clock.now(), 30)


async def test_a_lost_lease_ends_the_connection(place: Place) -> None:
    await place.connect()
    async with place.database.write() as connection:
        await connection.execute(update(lease).values(owner="somebody"))
    await until(lambda: place.clock.asleep[10.0] == 1)
    place.clock.pass_seconds(10)
    await until(lambda: not place.socket.connected)
    assert place.told == []


async def test_a_callback_that_cannot_be_stored_ends_the_connection_and_is_stored_later(place: Place) -> None:
    """Over a long connection WeCom says nothing twice, so the copy in memory is the only one."""
    await place.connect()
    async with place.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE inbox RENAME TO away")
    await place.wecom.aibot_says("live", "wangwei", "在吗")
    await until(lambda: not place.socket.connected)
    async with place.database.write() as connection:
        await connection.exec_driver_sql("ALTER TABLE away RENAME TO inbox")
    await until(lambda: place.clock.asleep[1] >= 1)
    place.clock.pass_seconds(1)
    await until(lambda: place.socket.connected)
    await until(lambda: place.said() == ["答：在吗"])
