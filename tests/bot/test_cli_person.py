"""`fencun person`: one member's data from the command line, without any WeCom settings."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from bot.arrival import Address, Arrival
from bot.cli import app
from bot.clock import MovableClock
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.tables import inbox, tombstone
from handlers.turn import Channel, Kind

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MEMBER = "wmMemberOfLongAgo01"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'fencun.db'}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FENCUN_STORE__URL", url)
    monkeypatch.setattr("bot.log.set_up", lambda *_, **__: None)  # the log of this process belongs to all its tests
    asyncio.run(filled(url))
    return url


async def filled(url: str) -> None:
    database = Database.connect(url)
    await migrate(database)
    address = Address(Channel.KF, "wk1", "", MEMBER)
    clock = MovableClock(NOW, frozen=True)
    await Inbox(database, clock).accept(Arrival("m1", address, Kind.TEXT, "沙发多长合适", NOW))
    await database.close()


async def count(url: str) -> tuple[int, int]:
    database = Database.connect(url)
    async with database.read() as connection:
        texts = await connection.scalar(select(func.count()).select_from(inbox).where(inbox.c.text != ""))
        stones = await connection.scalar(select(func.count()).select_from(tombstone))
    await database.close()
    return int(texts or 0), int(stones or 0)


def test_show_says_what_is_held_and_for_how_long(store: str) -> None:
    result = CliRunner().invoke(app, ["person", "show", MEMBER])
    assert result.exit_code == 0
    assert "聊天消息（1 条）" in result.output
    assert "保存 180 天" in result.output
    assert "沙发多长合适" not in result.output


def test_export_writes_everything_to_a_new_file_that_others_cannot_read(store: str, tmp_path: Path) -> None:
    to = tmp_path / "member.json"
    assert CliRunner().invoke(app, ["person", "export", MEMBER, "--to", str(to)]).exit_code == 0
    written = json.loads(to.read_text(encoding="utf-8"))
    assert written["person"] == MEMBER
    assert written["inbox"][0]["text"] == "沙发多长合适"
    assert to.stat().st_mode & 0o077 == 0
    assert CliRunner().invoke(app, ["person", "export", MEMBER, "--to", str(to)]).exit_code == 1, "left alone"


def test_forget_asks_first_and_leaves_a_tombstone(store: str) -> None:
    assert CliRunner().invoke(app, ["person", "forget", MEMBER], input="n\n").exit_code == 1
    assert asyncio.run(count(store)) == (1, 0)
    assert CliRunner().invoke(app, ["person", "forget", MEMBER, "--yes"]).exit_code == 0
    assert asyncio.run(count(store)) == (0, 1)
    assert MEMBER.encode() not in Path(store.removeprefix("sqlite:///")).read_bytes()


def test_somebody_unknown_is_said_to_be_unknown(store: str) -> None:
    assert CliRunner().invoke(app, ["person", "show", "wmNobody"]).exit_code == 1
