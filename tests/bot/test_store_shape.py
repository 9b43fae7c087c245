"""The store: the tables are what the migrations make, and arrivals are durable, once each, many in one commit."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import SQLAlchemyError

from bot.arrival import Address, Arrival
from bot.clock import MovableClock
from bot.store.database import Database
from bot.store.inbox import Inbox, Place
from bot.store.migrate import migrate, newest
from bot.store.tables import metadata
from bot.wecom.messages import kf_arrival
from handlers.turn import Channel, Kind

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database.connect(f"sqlite:///{tmp_path / 'fencun.db'}")
    await migrate(made)
    yield made
    await made.close()


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database, MovableClock(NOW, frozen=True))


def arrival(key: str, person: str = "wangwei", words: str = "你好") -> Arrival:
    return Arrival(key, Address(Channel.APP, "1000002", "", person), Kind.TEXT, words, NOW)


def on_disk(database: Database) -> list[str]:
    """The keys as another process sees them: what a kill would leave."""
    with sqlite3.connect(str(database.url.database)) as other:
        keys = [key for (key,) in other.execute("SELECT key FROM inbox ORDER BY id")]
    other.close()
    return keys


def schema(database: Database) -> list[tuple[str, str]]:
    with sqlite3.connect(str(database.url.database)) as other:
        rows = list(other.execute("SELECT name, sql FROM sqlite_master ORDER BY name"))
    other.close()
    return rows


def commits(database: Database) -> list[int]:
    """Grows by one with each commit of the writer."""
    seen: list[int] = []
    event.listen(database._write.sync_engine, "commit", lambda _: seen.append(1))
    return seen


# --- shape -----------------------------------------------------------------------------------------------------------


async def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrations_make_every_index_and_unique_constraint(database: Database) -> None:
    wanted = {index.name for table in metadata.tables.values() for index in table.indexes}
    async with database.read() as connection:
        rows = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'"))
        made = {name for (name,) in rows if not name.startswith("sqlite_")}
    assert made == wanted


async def test_migrating_again_changes_nothing(database: Database, inbox: Inbox) -> None:
    await inbox.accept(arrival("kept"))
    before = schema(database)
    assert await migrate(database) == newest()
    assert schema(database) == before
    assert on_disk(database) == ["kept"]


async def test_what_is_acked_survives_power_loss(database: Database) -> None:
    async with database.write() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar_one() == 2, "FULL"


# --- arrivals --------------------------------------------------------------------------------------------------------


async def test_a_hundred_arrivals_at_once_are_on_disk_when_each_hears_so(database: Database, inbox: Inbox) -> None:
    counted = commits(database)

    async def one(number: int) -> None:
        accepted = await inbox.accept(arrival(f"key{number}", f"person{number % 7}"))
        assert accepted.new
        assert f"key{number}" in on_disk(database)

    await asyncio.gather(*[one(number) for number in range(100)])
    assert len(on_disk(database)) == 100
    assert len(counted) < 20, "they share commits"


async def test_arrivals_of_one_person_keep_their_order(database: Database, inbox: Inbox) -> None:
    keys = [f"key{number:03}" for number in range(300)]
    await asyncio.gather(*[inbox.accept(arrival(key)) for key in keys])
    assert on_disk(database) == keys


async def test_the_same_key_twice_is_new_once_within_a_batch_and_across(database: Database, inbox: Inbox) -> None:
    results = await asyncio.gather(*[inbox.accept(arrival("same")) for _ in range(10)])
    results.append(await inbox.accept(arrival("same")))
    assert sum(result.new for result in results) == 1
    assert on_disk(database) == ["same"]


async def test_the_same_key_on_another_channel_is_another_arrival(database: Database, inbox: Inbox) -> None:
    other = replace(arrival("same"), address=Address(Channel.KF, "wk1", "", "wm1"))
    results = await asyncio.gather(inbox.accept(arrival("same")), inbox.accept(other))
    assert [result.new for result in results] == [True, True]


async def test_a_batch_that_fails_tells_every_waiter_and_the_next_one_is_stored(
    database: Database, inbox: Inbox
) -> None:
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME COLUMN text TO words"))
    results = await asyncio.gather(*[inbox.accept(arrival(f"key{n}")) for n in range(10)], return_exceptions=True)
    assert all(isinstance(result, SQLAlchemyError) for result in results)
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME COLUMN words TO text"))
    assert (await inbox.accept(arrival("later"))).new
    assert on_disk(database) == ["later"]


async def test_an_error_of_the_database_carries_nobody_s_words_into_the_log(database: Database, inbox: Inbox) -> None:
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME COLUMN text TO words"))
    with pytest.raises(SQLAlchemyError) as failed:
        await inbox.accept(arrival("key", words="我家宝宝发烧了"))
    assert "INSERT" in str(failed.value)
    assert "发烧" not in str(failed.value)
    assert "wangwei" not in str(failed.value)


async def test_a_waiter_that_gives_up_takes_nobody_with_it(database: Database, inbox: Inbox) -> None:
    waiting = [asyncio.create_task(inbox.accept(arrival(f"key{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [False, True, False]
    assert {"key0", "key2"} <= set(on_disk(database))


async def test_half_a_character_of_one_does_not_stop_the_others(database: Database, inbox: Inbox) -> None:
    """JSON may carry half an emoji (a client cut the text there); no database takes it."""
    texts = ("你好", json.loads('"半个\\ud83d"'), "空\x00字")
    await asyncio.gather(*[inbox.accept(arrival(f"key{n}", words=words)) for n, words in enumerate(texts)])
    waiting = await inbox.next("app:1000002::wangwei")
    assert waiting is not None
    assert len(on_disk(database)) == 3


async def test_half_a_character_from_a_customer_does_not_stop_the_account(database: Database, inbox: Inbox) -> None:
    item = {"msgid": "m1", "open_kfid": "wk1", "external_userid": "wm1", "origin": 3, "msgtype": "text"}
    made = kf_arrival({**item, "text": {"content": json.loads('"半个\\ud83d"')}}, NOW)
    assert made is not None
    [accepted] = await inbox.accept_page("wk1", Place("cu1", False), [made])
    assert accepted.new
    stored = await inbox.next("kf:wk1::wm1")
    assert stored is not None
    assert stored.item.text == "半个\ufffd"
    assert await inbox.place("wk1") == Place("cu1", False)


async def test_a_page_and_its_cursor_are_stored_together_or_not_at_all(database: Database, inbox: Inbox) -> None:
    await inbox.accept_page("wk1", Place("cu1", True), [arrival("first")])
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE kf_cursor RENAME TO elsewhere"))
    with pytest.raises(SQLAlchemyError):
        await inbox.accept_page("wk1", Place("cu2", False), [arrival("second")])
    assert on_disk(database) == ["first"]
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO kf_cursor"))
    assert await inbox.place("wk1") == Place("cu1", True)


async def test_an_account_never_pulled_is_cold_and_has_no_cursor(inbox: Inbox) -> None:
    assert await inbox.place("wk1") == Place("", True)
