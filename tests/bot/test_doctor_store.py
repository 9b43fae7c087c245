"""`fencun check` finds the store good only where `fencun serve` would start on it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import doctor
from bot.doctor import Finding
from bot.store.database import Database, StoreUnusable
from bot.store.migrate import migrate, newest
from tests.postgres import Postgres, Server

UNKNOWN = "UPDATE alembic_version SET version_num = '0999'"
OLDER = "UPDATE alembic_version SET version_num = '0001'"
LIMITED = "fencun_limited"


@pytest.fixture
def empty(postgres_server: Server) -> Iterator[Postgres]:
    made = Postgres(postgres_server, postgres_server.make("template0"))
    yield made
    postgres_server.drop(made.name)


@pytest.fixture
def limited(postgres_server: Server) -> Iterator[str]:
    """A role that owns nothing and may make nothing."""
    postgres_server.execute(f"CREATE ROLE {LIMITED} LOGIN PASSWORD 'limited'")
    yield LIMITED
    postgres_server.execute(f"DROP ROLE {LIMITED}")


def as_bot(store: Postgres) -> str:
    return store.server.url(store.name, LIMITED, "limited")


def give(store: Postgres, *rights: str) -> None:
    for each in rights:
        store.execute(f"GRANT {each} TO {LIMITED}")


def take_back(store: Postgres) -> None:
    store.execute(f"DROP OWNED BY {LIMITED}")


async def starts(url: str) -> bool:
    database = Database.connect(url)
    try:
        await migrate(database)
    except StoreUnusable:
        return False
    else:
        return True
    finally:
        await database.close()


async def on_disk(path: Path, statement: str) -> Finding:
    assert await starts(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    return await doctor.store(f"sqlite:///{path}")


async def test_a_migrated_store_is_good(postgres: Postgres, tmp_path: Path) -> None:
    found = await doctor.store(postgres.url)
    assert (found.ok, found.what_to_do) == (True, "")
    assert found.message.endswith("可以写")
    assert (await on_disk(tmp_path / "fencun.db", "SELECT 1")).ok is True


async def test_a_store_that_a_newer_version_wrote_is_told_with_the_way_on(postgres: Postgres, tmp_path: Path) -> None:
    postgres.execute(UNKNOWN)
    on_server, in_file = await doctor.store(postgres.url), await on_disk(tmp_path / "fencun.db", UNKNOWN)
    assert not await starts(postgres.url)
    assert not await starts(f"sqlite:///{tmp_path / 'fencun.db'}")
    for found in (on_server, in_file):
        assert found.ok is False
        assert "0999" in found.message
        assert "写它的那个版本" in found.what_to_do
        assert "fencun restore" in found.what_to_do


async def test_a_store_that_the_start_would_bring_up_is_worth_a_glance(postgres: Postgres, tmp_path: Path) -> None:
    postgres.execute(OLDER)
    for found in (await doctor.store(postgres.url), await on_disk(tmp_path / "fencun.db", OLDER)):
        assert found.ok is None
        assert "0001" in found.message
        assert newest() in found.message
        assert "fencun backup" in found.what_to_do


async def test_an_empty_store_is_good_where_the_start_may_make_tables(empty: Postgres) -> None:
    found = await doctor.store(empty.url)
    assert found.ok is True
    assert "第一次启动时生成" in found.message
    assert await starts(empty.url)


async def test_an_empty_store_is_bad_where_the_account_may_make_no_tables(empty: Postgres, limited: str) -> None:
    found = await doctor.store(as_bot(empty))
    assert found.ok is False
    assert "fencun migrate" in found.what_to_do
    assert "所有者" in found.what_to_do
    assert not await starts(as_bot(empty))


async def test_an_older_store_is_bad_where_its_tables_are_somebody_else_s(postgres: Postgres, limited: str) -> None:
    postgres.execute(OLDER)
    give(postgres, "CREATE ON SCHEMA public", "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public")
    found = await doctor.store(as_bot(postgres))
    assert found.ok is False
    assert "fencun migrate" in found.what_to_do
    take_back(postgres)


async def test_a_store_whose_tables_the_account_may_not_use_is_bad(postgres: Postgres, limited: str) -> None:
    give(postgres, "SELECT ON ALL TABLES IN SCHEMA public")
    found = await doctor.store(as_bot(postgres))
    assert found.ok is False
    assert "GRANT" in found.what_to_do
    give(postgres, "INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public")
    assert (await doctor.store(as_bot(postgres))).ok is True
    take_back(postgres)


async def test_of_connections_the_limit_that_was_reached_is_named(postgres: Postgres, limited: str) -> None:
    server = postgres.server
    server.execute(f"ALTER ROLE {limited} CONNECTION LIMIT 0")
    of_role = (await doctor.store(as_bot(postgres))).message
    server.execute(f"ALTER ROLE {limited} CONNECTION LIMIT -1")
    server.execute(f"ALTER DATABASE {postgres.name} CONNECTION LIMIT 0")
    of_database = (await doctor.store(as_bot(postgres))).message
    assert f"ALTER ROLE {limited} CONNECTION LIMIT" in of_role
    assert f"ALTER DATABASE {postgres.name} CONNECTION LIMIT" in of_database
    assert all("max_connections" not in each for each in (of_role, of_database))


async def test_no_part_of_a_password_is_shown_as_the_host() -> None:
    found = await doctor.store("postgresql://fencun:new@hidden@127.0.0.1:9/fencun")
    assert found.ok is False
    assert "hidden" not in f"{found}"
