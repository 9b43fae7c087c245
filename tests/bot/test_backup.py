"""`fencun backup` and `fencun restore`: all of the store in one file, and nothing from a file that is not whole."""

import asyncio
import errno
import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

from bot.arrival import Address, Arrival
from bot.cli import app
from bot.clock import MovableClock
from bot.store import backup as format_
from bot.store import marks
from bot.store.answer_tables import gap
from bot.store.backup import VOLATILE, tables_in
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate, newest, upgrade
from bot.store.queues import BACKUP
from bot.store.restore import alone
from bot.store.tables import inbox, lease, metadata
from handlers.turn import Channel, Kind
from tests.postgres import Postgres

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANY = 1203  # more than two batches
TEXT = "沙发多长合适？\n“引号”\t🛋️"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.log.set_up", lambda *_, **__: None)  # the log of this process belongs to all its tests
    return tmp_path


@pytest.fixture
def store(place: Path, monkeypatch: pytest.MonkeyPatch, store_url: str) -> str:
    """A store with something in it, of either kind."""
    monkeypatch.setenv("FENCUN_STORE__URL", store_url)
    asyncio.run(filled(store_url))
    return store_url


async def filled(url: str) -> None:
    database = Database.connect(url)
    await migrate(database)
    clock = MovableClock(NOW, frozen=True)
    address = Address(Channel.KF, "wk1", "", "wmMemberOfLongAgo01")
    data = {"emoji": "🛋️", "list": [1, None, True]}
    arrivals = [Arrival(f"m{n}", address, Kind.TEXT, f"{TEXT}{n}", NOW, data=data) for n in range(MANY)]
    await asyncio.gather(*map(Inbox(database, clock).accept, arrivals))
    async with database.write() as connection:
        await marks.add_opt_out(connection, "person:wm1", NOW)
        await marks.set_mark(connection, "a", {"deep": ["值"]}, NOW)
        await connection.execute(insert(lease).values(name="aibot:one", owner="me", expires_at=9_999_999_999_999))
        await connection.execute(insert(gap).values(number=7, kind="refused", stage="open"))
    await database.close()


async def content(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for the note that a backup was made."""
    database = Database.connect(url)
    async with database.read() as connection:
        tables = await connection.run_sync(tables_in)
        found = {
            table.name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for table in tables
        }
    await database.close()
    return {name: [row for row in rows if name != "mark" or row[0] != BACKUP] for name, rows in found.items()}


def run(*words: str, url: str = "") -> tuple[int, str]:
    env = {"FENCUN_STORE__URL": url} if url else {}
    result = CliRunner().invoke(app, list(words), env=env)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def fresh(place: Path) -> str:
    return f"sqlite:///{place / 'elsewhere' / 'fencun.db'}"


MOVED = ("--stopped", "2026-11-22T00:00")  # the bot did not run since


@pytest.mark.both_stores
def test_everything_comes_back_but_leases_and_tokens(store: str, place: Path) -> None:
    assert run("backup", "all.gz")[0] == 0
    assert run("restore", "all.gz", *MOVED, url=fresh(place))[0] == 0
    before, after = asyncio.run(content(store)), asyncio.run(content(fresh(place)))
    assert before.keys() == after.keys()
    assert VOLATILE.isdisjoint(after)
    assert after == before
    assert len(after["inbox"]) == MANY


def test_a_backup_of_sqlite_becomes_a_postgresql_store_that_counts_on(
    store: str, place: Path, postgres: Postgres
) -> None:
    assert run("backup", "all.gz")[0] == 0
    code, said = run("restore", "all.gz", *MOVED, url=postgres.url)
    assert code == 0, said
    assert asyncio.run(content(postgres.url)) == asyncio.run(content(store))
    assert asyncio.run(next_numbers(postgres.url)) == (MANY + 1, 8)


def test_a_restored_sqlite_store_counts_on_too(store: str, place: Path) -> None:
    run("backup", "all.gz")
    run("restore", "all.gz", *MOVED, url=fresh(place))
    assert asyncio.run(next_numbers(fresh(place))) == (MANY + 1, 8)


async def next_numbers(url: str) -> tuple[int, int]:
    database = Database.connect(url)
    arrival = Arrival("next", Address(Channel.KF, "wk1", "", "wm2"), Kind.TEXT, "你好", NOW)
    await Inbox(database, MovableClock(NOW, frozen=True)).accept(arrival)
    async with database.write() as connection:
        await connection.execute(insert(gap).values(kind="refused", stage="open"))
        numbers = (
            await connection.scalar(select(func.max(inbox.c.id))),
            await connection.scalar(select(func.max(gap.c.number))),
        )
    await database.close()
    return numbers


def test_only_the_owner_may_read_the_file_and_an_existing_one_is_left_alone(store: str, place: Path) -> None:
    assert run("backup", "all.gz")[0] == 0
    assert (place / "all.gz").stat().st_mode & 0o777 == 0o600
    before = (place / "all.gz").read_bytes()
    code, said = run("backup", "all.gz")
    assert (code, (place / "all.gz").read_bytes()) == (1, before)
    assert "已经有了" in said
    assert [path.name for path in place.iterdir() if "part" in path.name] == []


def test_a_full_disk_leaves_no_half_file(store: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(format_.gzip.GzipFile, "write", full)
    code, said = run("backup", "all.gz")
    assert code == 1
    assert "没有备份" in said
    assert [path.name for path in place.iterdir() if path.name.endswith((".gz", ".part"))] == []


@pytest.mark.parametrize("target", ["nowhere/all.gz", "file/all.gz"])
def test_a_place_that_cannot_be_written_is_named(store: str, place: Path, target: str) -> None:
    (place / "file").write_text("")
    code, said = run("backup", target)
    assert code == 1
    assert target in said


def test_without_a_store_there_is_nothing_to_back_up_and_none_is_made(place: Path) -> None:
    code, said = run("backup", "all.gz", url=fresh(place))
    assert code == 1
    assert "没有可备份的" in said
    assert not (place / "elsewhere").exists()


# ---- what cannot be restored


def rewritten(path: Path, change: Any) -> None:
    lines = gzip.decompress(path.read_bytes()).split(b"\n")
    path.write_bytes(gzip.compress(b"\n".join(change(lines))))


def header_with(**values: Any) -> Any:
    def change(lines: list[bytes]) -> list[bytes]:
        return [json.dumps({**json.loads(lines[0]), **values}).encode(), *lines[1:]]

    return change


BROKEN = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-300]),
    "empty": lambda path: path.write_bytes(b""),
    "something else": lambda path: path.write_bytes(b"PK\x03\x04" * 100),
    "a row lost": lambda path: rewritten(path, lambda lines: [*lines[:9], *lines[10:]]),
    "a row changed": lambda path: rewritten(
        path, lambda lines: [line.replace("沙发".encode(), b"XX") for line in lines]
    ),
    "rows in another order": lambda path: rewritten(path, lambda lines: [*lines[:-9], *lines[-4:], *lines[-9:-4]]),
    "another end": lambda path: rewritten(path, lambda lines: [*lines[:-2], b'{"sha256": ""}', b""]),
    "no end": lambda path: rewritten(path, lambda lines: [*lines[:-2], b""]),
    "no JSON": lambda path: rewritten(path, lambda lines: [*lines[:5], b"{", *lines[5:]]),
    "JSON of another kind": lambda path: rewritten(path, lambda _: [b'{"a": 1}', b""]),
    "one flipped byte": lambda path: path.write_bytes(flipped(path.read_bytes())),
}


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


@pytest.mark.parametrize("harm", BROKEN)
def test_a_file_that_is_not_whole_changes_nothing(store: str, place: Path, harm: str) -> None:
    run("backup", "all.gz")
    BROKEN[harm](place / "all.gz")
    code, said = run("restore", "all.gz", url=fresh(place))
    assert code == 1
    assert "没有恢复任何内容" in said
    assert not (place / "elsewhere").exists()


@pytest.mark.parametrize("newer", [{"format": 2}, {"revision": "9999"}])
def test_a_file_of_a_newer_version_is_refused_with_what_to_do(store: str, place: Path, newer: dict[str, Any]) -> None:
    run("backup", "all.gz")
    resealed(place / "all.gz", header_with(**newer))
    code, said = run("restore", "all.gz", url=fresh(place))
    assert code == 1
    assert "版本" in said
    assert "没有恢复任何内容" in said


def resealed(path: Path, change: Any) -> None:
    """Changed, and with the digest that belongs to the change."""
    digest = format_.hashlib.sha256()
    lines = change(gzip.decompress(path.read_bytes()).split(b"\n")[:-2])
    for line in lines:
        digest.update(line + b"\n")
    end = json.dumps({"sha256": digest.hexdigest()}).encode()
    path.write_bytes(gzip.compress(b"\n".join([*lines, end, b""])))


def test_a_table_that_the_revision_does_not_have_is_refused_and_the_store_stays_empty(store: str, place: Path) -> None:
    run("backup", "all.gz")
    resealed(place / "all.gz", lambda lines: [line.replace(b'"inbox"', b'"outbax"') for line in lines])
    code, said = run("restore", "all.gz", url=fresh(place))
    assert (code, "outbax" in said) == (1, True)
    assert asyncio.run(content(fresh(place))) == {}


# ---- where it may be restored


@pytest.mark.both_stores
def test_what_is_there_is_kept_unless_forced(store: str, place: Path) -> None:
    run("backup", "all.gz")
    asyncio.run(opted_out(store, "person:later"))
    before = asyncio.run(content(store))
    code, said = run("restore", "all.gz")
    assert code == 1
    assert "--force" in said
    assert asyncio.run(content(store)) == before
    assert run("restore", "all.gz", "--force", *MOVED)[0] == 0
    assert asyncio.run(content(store))["opt_out"] != before["opt_out"]


async def opted_out(url: str, who: str) -> None:
    database = Database.connect(url)
    async with database.write() as connection:
        await marks.add_opt_out(connection, who, NOW)
    await database.close()


@pytest.mark.both_stores
def test_a_store_that_was_only_migrated_is_empty(store: str, store_url: str, place: Path) -> None:
    run("backup", "all.gz")
    run("migrate", url=fresh(place))
    assert run("restore", "all.gz", *MOVED, url=fresh(place))[0] == 0


def test_a_running_bot_is_not_disturbed(store: str, place: Path) -> None:
    run("backup", "all.gz")
    (place / "elsewhere").mkdir()
    database = Database.connect(fresh(place))
    with alone(database.url):
        code, said = run("restore", "all.gz", url=fresh(place))
    assert (code, "请先停掉它" in said) == (1, True)


def test_bots_on_postgresql_are_not_disturbed(store: str, place: Path, postgres: Postgres) -> None:
    run("backup", "all.gz")

    async def beside() -> tuple[int, str]:
        database = Database.connect(postgres.url)
        async with database.read() as connection:
            await connection.scalar(select(func.count()).select_from(inbox))
            said = await asyncio.to_thread(run, "restore", "all.gz", url=postgres.url)
        await database.close()
        return said

    code, said = asyncio.run(beside())
    assert (code, "请先全部停掉" in said) == (1, True)


@pytest.mark.parametrize("revision", ["0002", "0004"])
def test_a_backup_of_an_older_version_is_restored_and_brought_up_to_date(place: Path, revision: str) -> None:
    old = f"sqlite:///{place / 'old.db'}"
    asyncio.run(made_at(old, revision))
    code, said = run("backup", "old.gz", url=old)
    assert code == 0, said
    code, said = run("restore", "old.gz", *MOVED, url=fresh(place))
    assert code == 0, said
    after = asyncio.run(content(fresh(place)))
    assert set(after) == set(metadata.tables) - VOLATILE
    assert [row[0] for row in after["opt_out"]] == ["wm-old"]


async def made_at(url: str, revision: str) -> None:
    database = Database.connect(url)
    async with database.write() as connection:
        await connection.run_sync(upgrade, revision)
        await connection.exec_driver_sql("INSERT INTO opt_out VALUES ('wm-old', 1)")
    await database.close()


def test_a_wrong_time_of_the_stop_changes_nothing(store: str, place: Path) -> None:
    run("backup", "all.gz")
    for wrong in ("gestern", "2999-01-01T00:00"):
        assert run("restore", "all.gz", "--stopped", wrong, url=fresh(place))[0] == 2
    assert not (place / "elsewhere").exists()


def test_the_file_names_its_revision_and_holds_no_table_twice(store: str, place: Path) -> None:
    run("backup", "all.gz")
    lines = [json.loads(line) for line in gzip.decompress((place / "all.gz").read_bytes()).splitlines()]
    tables = [line["table"] for line in lines if isinstance(line, dict) and "table" in line]
    assert lines[0]["revision"] == newest()
    assert sorted(tables) == sorted(set(metadata.tables) - VOLATILE)
    assert lines[0]["rows"]["inbox"] == MANY
