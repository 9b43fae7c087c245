"""Keys come, change and go while the bot runs, and no word is lost on the way."""

import asyncio
import fcntl
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from typer.testing import CliRunner

from bot.cli import app, sealing
from bot.doctor_keys import examine_keys
from bot.key_watch import KeyWatch
from bot.opening import open_store
from bot.part import Klass, Part
from bot.store import key_file
from bot.store.database import StoreUnusable
from bot.store.key_file import KeysUnusable
from bot.store.migrate import migrate
from bot.store.outbox import enqueue
from bot.store.sealed import MARK, CannotOpen, Keyring
from bot.store.tables import inbox, outbox
from handlers.turn import Channel
from tests.bot.conftest import OpenHouse
from tests.bot.house import LIN, MONDAY
from tests.bot.rough import journal
from tests.bot.sealing import (
    cells,
    filled,
    first_line_only,
    is_sealed,
    plain_from_now_on,
    record,
    seal,
    sealed,
    settings,
    stored,
    write,
)

SOFA = "我家客厅不大沙发和茶几之间留多少"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "messages"
    key_file.add(path)
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.log.set_up", lambda *_, **__: None)  # the log of this process belongs to all its tests
    return tmp_path


def copied(to: Path, *files: Path) -> None:
    write(to, b"".join(file.read_bytes() for file in files))


# --- turning it on, changing keys, turning it off --------------------------------------------------------------------


@pytest.mark.both_stores
def test_rows_from_before_the_key_stay_readable_and_are_sealed_by_the_command(
    store_url: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(store_url, None, "旧的一", "旧的二", f"{MARK}看起来像加密的"))
    asyncio.run(filled(store_url, keys, "新的一"))
    texts, before = asyncio.run(mixed(store_url, keys))
    assert texts == ["旧的一", "旧的二", "新的一"]
    assert sum(map(is_sealed, before)) == 3, "a text, an object, and one that only looks so"
    assert seal(store_url, keys) == 0
    texts, after = asyncio.run(stored(store_url, keys))
    assert texts == ["旧的一", "旧的二", f"{MARK}看起来像加密的", "新的一"]
    assert all(map(is_sealed, after))
    assert "旧的" not in "".join(after)
    assert "/ 4 行" in capsys.readouterr().err


async def mixed(url: str, keys: Path) -> tuple[list[str], list[str]]:
    database = open_store(settings(url, keys))
    async with database.read() as connection:
        texts = list(await connection.scalars(select(inbox.c.text).where(inbox.c.id != 3).order_by(inbox.c.id)))
        with pytest.raises(CannotOpen):
            await connection.scalar(select(inbox.c.text).where(inbox.c.id == 3))
    found = await cells(database)
    await database.close()
    return texts, found


@pytest.mark.both_stores
def test_after_a_change_of_keys_the_old_one_is_not_needed_any_more(store_url: str, keys: Path) -> None:
    asyncio.run(filled(store_url, keys, "一", "二"))
    old = key_file.read(keys).first
    new = key_file.add(keys)
    asyncio.run(filled(store_url, keys, "三"))
    assert asyncio.run(record(store_url)) == {old, new}
    assert seal(store_url, keys) == 0
    assert asyncio.run(record(store_url)) == {new}
    first_line_only(keys)
    texts, found = asyncio.run(stored(store_url, keys))
    assert texts == ["一", "二", "三"]
    assert all(f"{MARK}{new}~" in text for text in found)


def test_a_key_that_is_still_needed_cannot_be_left_out(store_url: str, keys: Path) -> None:
    asyncio.run(filled(store_url, keys, "一"))
    whole = keys.read_bytes()
    key_file.add(keys)
    first_line_only(keys)
    with pytest.raises(StoreUnusable, match="把它放回密钥文件"):
        asyncio.run(filled(store_url, keys, "二"))
    with pytest.raises(StoreUnusable, match=r"没有设置 .privacy. key_file"):
        asyncio.run(filled(store_url, None, "二"))
    write(keys, whole)
    assert asyncio.run(stored(store_url, keys))[0] == ["一"], "nothing was lost and nothing written"


@pytest.mark.both_stores
def test_with_plain_in_the_first_line_everything_becomes_readable_again(store_url: str, keys: Path) -> None:
    asyncio.run(filled(store_url, keys, "一", "二"))
    plain_from_now_on(keys)
    asyncio.run(filled(store_url, keys, "三", f"{MARK}四"))
    assert seal(store_url, keys) == 0
    assert asyncio.run(record(store_url)) == set()
    texts, found = asyncio.run(stored(store_url, None))
    assert texts == ["一", "二", "三", f"{MARK.replace('~', '～', 1)}四"]
    assert not any(map(is_sealed, found))


async def test_while_the_bot_runs_keys_change_without_a_pause(
    open_house: OpenHouse, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_house(**sealed(keys)) as house:
        await house.customer(SOFA)
        old = key_file.read(keys).first
        new = key_file.add(keys)
        waited: list[float] = []

        async def meanwhile(seconds: float) -> None:
            """The bot goes on with the old key, then its minute is over."""
            if seconds <= 1:
                return
            waited.append(seconds)
            said = asyncio.run_coroutine_threadsafe(house.customer("怎么申请退货", LIN), loop)
            assert "24 小时" in "".join(await asyncio.wrap_future(said))
            assert keyring.keys.first == old
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(watch.look(), loop))

        loop = asyncio.get_running_loop()
        database, keyring = house.program.base.database, house.program.base.database.keyring
        assert keyring is not None
        watch = KeyWatch(database, keyring)
        assert await asyncio.to_thread(sealing.seal, house.program.base.settings, meanwhile) == 0
        assert len(waited) == 1
        assert 60 < waited[0] <= 120
        assert all(f"{MARK}{new}~" in text for text in await cells(database))
        assert f"密钥 {new}" in capsys.readouterr().out
        first_line_only(keys)
        await house.reopen()
        assert "30 到 45 厘米" in "".join(await house.customer("过道和茶几呢，沙发和茶几之间留多少"))


async def test_a_cell_of_a_key_that_came_later_is_opened_by_looking_at_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    key_file.add(path)
    running = Keyring(path)
    key_file.add(path)
    cell = Keyring(path).seal("后来的")
    assert running.open(cell) == "后来的"
    assert running.keys.first != Keyring(path).keys.first, "and it seals with what is on record"
    with pytest.raises(CannotOpen):
        running.open(cell.replace(MARK, f"{MARK}x"))
    with pytest.raises(CannotOpen):
        running.open(cell[:-8] + "AAAAAAA=")


async def test_the_log_names_the_key_that_seals_from_now_on(store_url: str, keys: Path) -> None:
    await filled(store_url, keys, "一")
    running = open_store(settings(store_url, keys))
    assert running.keyring is not None
    new = key_file.add(keys)
    with journal() as log:
        await KeyWatch(running, running.keyring).look()
    await running.close()
    assert [line["sealed_with"] for line in log.of("key_changed")] == [new]


async def test_a_process_that_still_seals_with_a_dropped_key_puts_it_on_record_again(
    store_url: str, keys: Path, tmp_path: Path
) -> None:
    await filled(store_url, keys, "一")
    elsewhere = tmp_path / "stale"
    copied(elsewhere, keys)
    old, new = key_file.read(keys).first, key_file.add(keys)
    stale = open_store(settings(store_url, elsewhere))
    assert stale.keyring is not None
    assert await asyncio.to_thread(seal, store_url, keys) == 0
    assert await record(store_url) == {new}
    await KeyWatch(stale, stale.keyring).look()
    await stale.close()
    assert await record(store_url) == {new}, "it lacks the new key: it changes nothing and says so"
    copied(elsewhere, elsewhere, keys)
    stale = open_store(settings(store_url, elsewhere))
    assert stale.keyring is not None
    await KeyWatch(stale, stale.keyring).look()
    await stale.close()
    assert await record(store_url) == {old, new}


def test_the_command_refuses_beside_a_bot_that_runs_without_the_keys(
    store_url: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(store_url, None, "一"))
    with Path(f"{store_url.removeprefix('sqlite:///')}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert seal(store_url, keys) == 1
    assert "请先重启" in capsys.readouterr().err
    assert asyncio.run(stored(store_url, None))[0] == ["一"]


def test_what_no_key_opens_is_counted_and_left_alone(
    store_url: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(store_url, keys, "一", "二"))
    path = store_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE inbox SET text = substr(text, 1, length(text) - 12) || 'AAAAAAAAAAA=' WHERE id = 1")
        store.commit()
    key_file.add(keys)
    assert seal(store_url, keys) == 1
    assert "有 1 处文字" in capsys.readouterr().err
    assert len(asyncio.run(record(store_url))) == 2, "the old key is kept"


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_key_file_is_ours_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "keys"
    first = key_file.add(path)
    assert path.stat().st_mode & 0o777 == 0o600
    second = key_file.add(path)
    assert [*key_file.read(path).by_name] == [second, first]
    path.chmod(0o644)
    with pytest.raises(KeysUnusable, match="chmod 600"):
        key_file.read(path)


@pytest.mark.parametrize("content", [b"", b"\n# nothing\n", b"too short\n", b"plain\n", b"\xff\xfe\x00", b"x" * 70_000])
def test_a_key_file_without_keys_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeysUnusable, match="fencun seal --new-key") as refused:
        key_file.read(path)
    assert "too short" not in str(refused.value)


def test_comments_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path, key = tmp_path / "keys", Fernet.generate_key()
    path.write_bytes(b"# of November\r\n\r\n" + key + b"  # the first\r\n")
    path.chmod(0o600)
    assert key_file.read(path).first == key_file.name_of(key)


async def test_a_bot_without_its_key_file_says_what_to_do_and_does_not_start(open_house: OpenHouse, keys: Path) -> None:
    async with open_house(**sealed(keys)) as house:
        await house.customer(SOFA)
        await house.program.stop()
        aside = await asyncio.to_thread(keys.replace, keys.with_name("aside"))
        with pytest.raises(StoreUnusable, match=r"密钥文件 .* 读不了"):
            house._make()
        write(keys, Fernet.generate_key())
        house.program = house._make()
        with pytest.raises(StoreUnusable, match="密钥文件里少了密钥"):
            await house.program.start(0)
        await house.program.stop()
        await asyncio.to_thread(aside.replace, keys)
        await house.restart()
        assert await house.customer("怎么申请退货")


# --- what is said ----------------------------------------------------------------------------------------------------


async def test_the_doctor_tells_how_far_it_is(store_url: str, keys: Path) -> None:
    async def said(with_keys: Path | None = keys) -> list[tuple[bool | None, str]]:
        return [(found.ok, found.message) for found in await examine_keys(settings(store_url, with_keys))]

    assert await said(None) == []
    await filled(store_url, None, "一")
    assert await said(None) == []
    await filled(store_url, keys, "二")
    first = key_file.read(keys).first
    assert await said() == [(None, f"新的文字用密钥 {first} 加密，旧的还不全是")]
    await asyncio.to_thread(seal, store_url, keys)
    assert await said() == [(True, f"全部文字都用密钥 {first} 加密")]
    assert await said(None) == [(False, f"少了密钥 {first}，机器人不会启动")]
    await asyncio.to_thread(keys.chmod, 0o666)
    [(ok, message)] = await said()
    assert ok is False
    assert "别的账号" in message


def test_the_command_makes_keys_and_says_what_comes_next(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run: Callable[..., Any] = CliRunner().invoke
    assert run(app, ["seal"]).exit_code == 2
    assert run(app, ["seal", "--new-key"]).exit_code == 2
    monkeypatch.setenv("FENCUN_PRIVACY__KEY_FILE", "secret/keys")
    made = run(app, ["seal", "--new-key"])
    assert made.exit_code == 0
    assert "另外保存" in made.output
    assert "原来" not in made.output, "the file is new"
    assert Path("secret/keys").read_text().strip() not in made.output
    assert "原来的还在后面" in run(app, ["seal", "--new-key"]).output
    assert run(app, ["seal"]).exit_code == 1, "there is no store yet"
    asyncio.run(filled("sqlite:///var/fencun.db", Path("secret/keys"), "一"))
    assert run(app, ["seal"]).exit_code == 0


@pytest.mark.both_stores
def test_with_a_key_lost_for_ever_the_rest_of_the_store_can_go_on(
    store_url: str, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(store_url, None, "从前没有加密的"))
    asyncio.run(filled(store_url, keys, "再也读不出来的"))
    asyncio.run(with_a_part(store_url, keys))
    write(keys, Fernet.generate_key())
    given = settings(store_url, keys)
    assert sealing.seal(given) == 1
    assert sealing.give_up(given, lambda: False) == 1
    assert sealing.give_up(given, lambda: True) == 0
    assert "清空了 3 处" in capsys.readouterr().out
    rows = asyncio.run(what_is_left(store_url, keys))
    assert rows == ([("从前没有加密的", "new"), ("", "dead")], [])
    assert asyncio.run(record(store_url)) == {key_file.read(keys).first}
    assert sealing.give_up(given, lambda: False) == 0, "nothing is lost any more"


async def with_a_part(url: str, keys: Path) -> None:
    database = open_store(settings(url, keys))
    part = Part("p1", "kf:wk1::wm1", Channel.KF, Klass.REPLY, "text", {"text": "一句回答"})
    async with database.write() as connection:
        await enqueue(connection, [part], MONDAY)
    await database.close()


async def what_is_left(url: str, keys: Path) -> tuple[list[tuple[str, str]], list[str]]:
    database = open_store(settings(url, keys))
    await migrate(database)
    async with database.read() as connection:
        items = (await connection.execute(select(inbox.c.text, inbox.c.state).order_by(inbox.c.id))).all()
        parts = list(await connection.scalars(select(outbox.c.id)))
    await database.close()
    return [(text, state) for text, state in items], parts
