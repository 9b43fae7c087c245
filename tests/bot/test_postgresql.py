"""PostgreSQL as the store: how it is opened, how it fails, what it survives, and what several processes do at once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.app import rules_of
from bot.arrival import Address, Arrival
from bot.clock import MovableClock
from bot.foresight import Foresight
from bot.occurrences import settle
from bot.part import Klass, Part
from bot.store import conversations, gaps, holds, outbox, posts, tickets
from bot.store.answer_tables import gap, gap_ask
from bot.store.database import Database, StoreUnusable, serialise
from bot.store.inbox import Inbox
from bot.store.migrate import migrate, newest
from bot.store.postgresql import Limits
from bot.store.streams import Streams
from bot.store.tables import conversation, delivery, hold, inbox, metadata, occurrence, stream, ticket
from bot.transaction import Transaction
from handlers.handoff import Event, Move
from handlers.turn import Channel, Kind
from knowledge.gaps import GapKind
from tests.bot.conftest import OpenHouse
from tests.postgres import PASSWORD, Postgres, Server

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TALK = "app:1000002::lihua"


@pytest.fixture
async def two(postgres: Postgres) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes on one store."""
    both = Database.connect(postgres.url), Database.connect(postgres.url)
    yield both
    for each in both:
        await each.close()


def arrival(key: str, person: str = "lihua", words: str = "你好") -> Arrival:
    return Arrival(key, Address(Channel.APP, "1000002", "", person), Kind.TEXT, words, NOW)


async def arrived(database: Database, *keys: str) -> None:
    store = Inbox(database, MovableClock(NOW, frozen=True))
    for key in keys or ("m1",):
        await store.accept(arrival(key))


async def count(database: Database, table: object) -> int:
    async with database.read() as connection:
        return int(await connection.scalar(select(func.count()).select_from(table)) or 0)  # type: ignore[arg-type]


def shared(number: int, two: Sequence[Database]) -> Database:
    return two[number % 2]


# --- shape -----------------------------------------------------------------------------------------------------------


async def test_the_migrations_make_exactly_the_tables(two: Sequence[Database]) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, metadata))

    async with two[0].read() as connection:
        assert await connection.run_sync(differences) == []


async def test_six_processes_that_start_at_once_migrate_once(postgres_server: Server) -> None:
    name = postgres_server.make("template0")
    databases = [Database.connect(postgres_server.url(name)) for _ in range(6)]
    assert await asyncio.gather(*map(migrate, databases)) == [newest()] * 6
    for each in databases:
        await each.close()
    postgres_server.drop(name)


async def test_a_start_that_finds_nothing_to_migrate_needs_no_right_to_change_tables(postgres: Postgres) -> None:
    for statement in (
        "CREATE ROLE serving LOGIN PASSWORD 'serving'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO serving",
    ):
        postgres.execute(statement)
    database = Database.connect(postgres.server.url(postgres.name, "serving", "serving"))
    assert await migrate(database) == newest()
    await database.check()
    await arrived(database)
    await database.close()
    postgres.execute("DROP OWNED BY serving")
    postgres.execute("DROP ROLE serving")


# --- opening ---------------------------------------------------------------------------------------------------------


async def refused(url: str) -> str:
    database = Database.connect(url)
    with pytest.raises(StoreUnusable) as said:
        await database.check()
    with pytest.raises(StoreUnusable):
        await migrate(database)
    await database.close()
    return str(said.value)


async def test_what_stops_the_start_is_a_sentence_without_the_password(postgres: Postgres) -> None:
    server = postgres.server
    wrong = await refused(server.url(postgres.name, password="not-the-password"))
    nobody = await refused(server.url(postgres.name, user="nobody-here"))
    missing = await refused(server.url("nowhere"))
    closed = await refused("postgresql://fencun:not-the-password@127.0.0.1:9/fencun")
    unknown = await refused("postgresql://fencun:not-the-password@no.such.host.invalid/fencun")
    assert all("账号和密码" in said for said in (wrong, nobody))
    assert "不存在" in missing
    assert all("连不上" in said for said in (closed, unknown))
    assert all("not-the-password" not in each and PASSWORD not in each for each in (wrong, nobody, missing, closed))


async def test_a_store_that_only_reads_stops_the_start(postgres: Postgres) -> None:
    postgres.execute(f"ALTER DATABASE {postgres.name} SET default_transaction_read_only = on")
    database = Database.connect(postgres.url)
    with pytest.raises(StoreUnusable, match="只读"):
        await database.check()
    await database.close()


async def test_the_same_address_with_its_driver_is_taken_too(postgres: Postgres) -> None:
    database = Database.connect(postgres.url.replace("postgresql://", "postgresql+asyncpg://"))
    await database.check()
    await database.close()


async def test_another_kind_of_database_is_refused_by_name() -> None:
    with pytest.raises(StoreUnusable, match="mysql"):
        Database.connect("mysql://u:p@h/db")


# --- bounds ----------------------------------------------------------------------------------------------------------


async def test_a_statement_that_takes_too_long_is_ended_and_the_next_one_runs(postgres: Postgres) -> None:
    database = Database.connect(postgres.url, Limits(pool=2, statement_seconds=1))
    with pytest.raises(DBAPIError):
        async with database.write() as connection:
            await connection.execute(text("SELECT pg_sleep(20)"))
    await database.check()
    await database.close()


async def test_a_pool_of_two_serves_fifty_at_once(postgres: Postgres) -> None:
    database = Database.connect(postgres.url, Limits(pool=2))
    await asyncio.gather(*[database.check() for _ in range(50)])
    async with database.read() as connection:
        mine = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        assert int(await connection.scalar(mine) or 0) <= 2
    await database.close()


async def test_after_a_restart_of_the_server_the_next_statement_works(postgres: Postgres) -> None:
    database = Database.connect(postgres.url)
    await arrived(database, "before")
    postgres.server.restart()
    await arrived(database, "after")
    assert await count(database, inbox) == 2
    await database.close()


async def test_a_read_sees_one_moment_and_writes_nothing(two: Sequence[Database]) -> None:
    async with two[0].read() as connection:
        before = await connection.scalar(select(func.count()).select_from(inbox))
        await arrived(two[1])
        assert await connection.scalar(select(func.count()).select_from(inbox)) == before == 0
        with pytest.raises(DBAPIError, match="read-only"):
            await connection.execute(update(inbox).values(text=""))
    assert await count(two[0], inbox) == 1


async def test_an_error_carries_nobody_s_words(two: Sequence[Database]) -> None:
    async with two[0].write() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME COLUMN text TO words"))
    with pytest.raises(DBAPIError) as failed:
        await Inbox(two[0], MovableClock(NOW, frozen=True)).accept(arrival("key", words="我家宝宝发烧了"))
    assert "发烧" not in str(failed.value)
    assert "lihua" not in str(failed.value)


async def test_looking_ahead_keeps_nothing_of_what_it_writes(open_house: OpenHouse, postgres: Postgres) -> None:
    async with open_house(store={"url": postgres.url}) as house:
        base = house.program.base
        foreseen = await Foresight(base, rules_of(base.settings), house.program.planner).of(7)
        assert any(made.verdict == "allow" for each in foreseen for _, made in each.decisions)
        assert await count(base.database, delivery) == 0


# --- what people send ------------------------------------------------------------------------------------------------


async def test_what_no_database_takes_is_stored_readable(two: Sequence[Database]) -> None:
    store = Inbox(two[0], MovableClock(NOW, frozen=True))
    odd = Address(Channel.APP, "1", "", "li\x00\ud83d")
    raw = {"deep": ["\x00", {"half\x00": "\ud83d"}]}
    await store.accept(Arrival("k\x00", odd, Kind.TEXT, "a\x00b", NOW, data=raw))
    waiting = await store.next("app:1::li\ufffd")
    assert waiting is not None
    assert waiting.item.text == "ab"
    assert waiting.data == {"deep": ["", {"half": "\ufffd"}]}
    async with two[0].read() as connection:
        assert await connection.scalar(select(inbox.c.data["deep"].as_string())) is not None


async def test_an_id_that_is_too_long_to_be_one_is_cut_and_stays_another_than_its_like(two: Sequence[Database]) -> None:
    store = Inbox(two[0], MovableClock(NOW, frozen=True))
    for tail in ("1", "2"):
        await store.accept(arrival("k" * 5000 + tail, "p" * 5000 + tail))
    async with two[0].read() as connection:
        people = list(await connection.scalars(select(conversation.c.person)))
    assert len(people) == len(set(people)) == 2
    assert all(len(person) == 128 for person in people)


# --- at once ---------------------------------------------------------------------------------------------------------


async def test_lesson_30_fifty_workers_and_a_cap_of_one_take_one_slot(two: Sequence[Database]) -> None:
    async def take(number: int) -> bool:
        async with shared(number, two).write() as connection:
            await serialise(connection, "gate")
            mine = (delivery.c.subject == "person:lihua", delivery.c.day == "2026-11-23")
            if await connection.scalar(select(func.count()).where(*mine)):
                return False
            slot = {"subject": "person:lihua", "part": str(number), "day": "2026-11-23", "guide": "", "kind": "value"}
            await posts.reserve(connection, {**slot, "topic": ""}, NOW)
            return True

    assert sum(await asyncio.gather(*map(take, range(50)))) == 1


async def test_the_same_message_at_twenty_doors_is_new_once(two: Sequence[Database]) -> None:
    doors = [Inbox(shared(number, two), MovableClock(NOW, frozen=True)) for number in range(20)]
    accepted = await asyncio.gather(*[door.accept(arrival("same")) for door in doors])
    assert sum(each.new for each in accepted) == 1


async def test_the_same_messages_in_another_order_at_another_door_are_stored_once(two: Sequence[Database]) -> None:
    keys = [f"k{number:02}" for number in range(40)]

    async def deliver(database: Database, order: Sequence[str]) -> None:
        door = Inbox(database, MovableClock(NOW, frozen=True))
        await asyncio.gather(*[door.accept(arrival(key, f"p{key}")) for key in order])

    await asyncio.gather(deliver(two[0], keys), deliver(two[1], keys[::-1]))
    assert await count(two[0], inbox) == await count(two[0], conversation) == 40


async def test_arrivals_of_one_person_keep_their_order(two: Sequence[Database]) -> None:
    door = Inbox(two[0], MovableClock(NOW, frozen=True))
    keys = [f"k{number:03}" for number in range(300)]
    await asyncio.gather(*[door.accept(arrival(key)) for key in keys])
    async with two[1].read() as connection:
        assert list(await connection.scalars(select(inbox.c.key).order_by(inbox.c.id))) == keys


async def test_a_conversation_is_opened_one_ticket(two: Sequence[Database]) -> None:
    await arrived(two[0])

    async def open_(number: int) -> int:
        async with shared(number, two).write() as connection:
            return await tickets.open_ticket(connection, TALK, "asked", "转人工", NOW)

    assert len(set(await asyncio.gather(*map(open_, range(20))))) == 1
    assert await count(two[0], ticket) == 1


async def test_a_person_is_put_on_hold_once_and_every_message_that_led_to_it_is_kept(two: Sequence[Database]) -> None:
    async def begin(number: int) -> bool:
        async with shared(number, two).write() as connection:
            return await holds.begin(connection, "person:lihua", "lihua", ("angry", "气死了"), number, NOW)

    assert sum(await asyncio.gather(*map(begin, range(20)))) == 1
    async with two[0].read() as connection:
        assert sorted((await connection.scalars(select(hold.c["items"]))).one()) == list(range(20))


async def test_of_moves_at_once_none_is_lost(two: Sequence[Database]) -> None:
    await arrived(two[0])

    async def move(number: int) -> int | None:
        event = Move(Event.TAKE, f"colleague{number}")
        async with shared(number, two).write() as connection:
            return await conversations.move(connection, TALK, event)

    versions = await asyncio.gather(*map(move, range(10)))
    assert None not in versions
    async with two[0].read() as connection:
        assert await connection.scalar(select(conversation.c.version)) == max(filter(None, versions))


async def test_two_conversations_of_one_person_that_fall_silent_at_once_do_not_wait_crosswise(
    two: Sequence[Database],
) -> None:
    doors = Inbox(two[0], MovableClock(NOW, frozen=True))
    places = [Address(Channel.AIBOT, name, "", "lihua") for name in ("a", "b")]
    for place in places:
        await doors.accept(Arrival(place.account, place, Kind.TEXT, "你好", NOW))

    async def hand_over(number: int) -> int | None:
        async with two[number].write() as connection:
            return await conversations.move(connection, places[number].conversation, Move(Event.CALL))

    assert None not in await asyncio.gather(*map(hand_over, range(2)))


async def test_parts_that_end_at_the_same_moment_end_their_occurrence(two: Sequence[Database]) -> None:
    async with two[0].write() as connection:
        values = {"schedule": "weekly", "planned_at": NOW, "state": "planned", "kind": "value"}
        planned = await posts.plan_once(connection, values, NOW)
        parts = [
            Part(str(n), str(n), Channel.ROBOT, Klass.POST, "post", {}, repeatable=False, occurrence=planned)
            for n in range(8)
        ]
        await outbox.enqueue(connection, parts, NOW)

    async def end(part: Part) -> None:
        async with shared(int(part.id), two).write() as connection:
            await outbox.finish(connection, part, outbox.Final.SENT, NOW)
            await settle(Transaction(connection, NOW), part, None)  # type: ignore[arg-type]

    await asyncio.gather(*map(end, parts))
    async with two[0].read() as connection:
        assert await connection.scalar(select(occurrence.c.state)) == "done"


async def test_a_response_url_is_used_once(two: Sequence[Database]) -> None:
    values = {
        "bot": "a",
        "conversation": TALK,
        "text": "",
        "finished": True,
        "opened_at": 1,
        "response_url": "https://x",
    }
    async with two[0].write() as connection:
        await connection.execute(insert(stream).values(id="s1", **values, url_expires_at=2**45))
    used = await asyncio.gather(*[Streams(shared(n, two)).use_latest_url(TALK, NOW) for n in range(10)])
    assert sorted(used)[-2:] == ["", "https://x"]


async def test_questions_are_gathered_into_one_gap(two: Sequence[Database]) -> None:
    row = {"kind": GapKind.REFUSED, "question": "马桶盖", "who": "x", "day": "2026-11-23", "open": True, "source": "1"}
    async with two[0].write() as connection:
        asked = int((await connection.execute(insert(gap_ask).values(**row).returning(gap_ask.c.id))).scalar_one())

    async def gather(number: int) -> None:
        async with shared(number, two).write() as connection:
            if await gaps.gathering(connection, [asked]):
                await gaps.join(connection, asked, await gaps.open_gap(connection, GapKind.REFUSED))

    await asyncio.gather(*map(gather, range(8)))
    assert await count(two[0], gap) == 1
