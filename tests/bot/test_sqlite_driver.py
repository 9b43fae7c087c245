"""SQLite's driver: a statement costs one change of threads, and a transaction ends whole or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store import sqlite_driver
from bot.store.database import Database

ADD = text("INSERT INTO note (id) VALUES (:id)")
ALL = text("SELECT id FROM note ORDER BY id")
SLOW = text(
    "INSERT INTO note (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT i FROM n LIMIT 300000"
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database.connect(f"sqlite:///{tmp_path / 'fencun.db'}")
    async with made.write() as connection:
        await connection.execute(text("CREATE TABLE note (id INTEGER PRIMARY KEY)"))
    yield made
    await made.close()


async def add(database: Database, *ids: int) -> None:
    async with database.write() as connection:
        for id_ in ids:
            await connection.execute(ADD, {"id": id_})


async def notes(database: Database) -> list[int]:
    async with database.read() as connection:
        return list(await connection.scalars(ALL))


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done in a connection's thread."""
    done: list[str] = []
    once = sqlite_driver.Connection._execute

    async def counted(self: sqlite_driver.Connection, *work: object, **how: object) -> object:
        done.append(str(work[0]))
        return await once(self, *work, **how)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(sqlite_driver.Connection, "_execute", counted)
    return done


async def test_a_transaction_changes_threads_once_per_statement_and_once_to_commit(
    database: Database, changes: list[str]
) -> None:
    async with database.write() as connection:
        await connection.execute(ADD, {"id": 1})
        assert list(await connection.scalars(ALL)) == [1]
    assert len(changes) == 3


async def test_a_single_statement_changes_threads_once_and_is_durable_by_itself(
    database: Database, changes: list[str]
) -> None:
    async with database.read_single() as connection:  # opens it, which takes statements of its own
        await connection.scalars(ALL)
    changes.clear()
    async with database.write_single() as connection:
        await connection.execute(ADD, {"id": 1})
        with sqlite3.connect(str(database.url.database)) as other:
            assert other.execute("SELECT id FROM note").fetchall() == [(1,)]
        other.close()
    async with database.read_single() as connection:
        assert list(await connection.scalars(ALL)) == [1]
    assert len(changes) == 2


async def test_a_single_statement_that_fails_leaves_the_writing_connection_free(database: Database) -> None:
    async with database.write_single() as connection:
        await connection.execute(ADD, {"id": 1})
        with pytest.raises(IntegrityError):
            await connection.execute(ADD, {"id": 1})
    await add(database, 2)
    assert await notes(database) == [1, 2]


async def test_a_transaction_without_a_statement_does_not_wait_for_another_writer(database: Database) -> None:
    with sqlite3.connect(str(database.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(2), database.write():
            pass
    other.close()


async def test_what_an_exception_interrupts_is_undone_whole(database: Database) -> None:
    with pytest.raises(IntegrityError):
        await add(database, 1, 1)
    assert await notes(database) == []


async def test_who_is_cancelled_in_the_middle_of_the_first_statement_leaves_nothing_and_locks_nobody_out(
    database: Database,
) -> None:
    async def write() -> None:
        async with database.write() as connection:
            await connection.execute(SLOW)

    task = asyncio.create_task(write())
    await asyncio.sleep(0)
    while not database._write.sync_engine.pool.checkedout():  # type: ignore[attr-defined]  # noqa: ASYNC110
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await add(database, 7)
    assert await notes(database) == [7]


async def test_a_locked_store_is_the_drivers_own_error_and_the_next_transaction_is_whole(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("PRAGMA busy_timeout=1"))
    with sqlite3.connect(str(database.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await add(database, 1)
    other.close()
    await add(database, 2)
    assert await notes(database) == [2]
