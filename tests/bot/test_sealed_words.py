"""With a key file, nothing of what people wrote can be read in the store's files, in a backup, or without the key."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
from sqlalchemy import Text, select

from bot.arrival import Address, Arrival
from bot.cli.backup import Wanted, backup, bring_back
from bot.clock import MovableClock
from bot.opening import open_store
from bot.store import key_file
from bot.store.answer_tables import gap_ask
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.sealed import MARK, Sealed
from bot.store.tables import hold, inbox, metadata, misreading, outbox, profile, ticket
from handlers.mood import Mood, Reading
from handlers.turn import Channel, Kind
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, MONDAY, ZHOU, House
from tests.bot.sealing import cells, filled, seal, sealed, settings, stored
from tests.postgres import Postgres

SOFA = "我家客厅不大沙发和茶几之间留多少"
UNKNOWN = "去月球旅行能带自己家的窗帘吗"
ANGRY = "你们太过分了，客服一直不理人，我要投诉！！！"
WORDS = ("客厅不大", "月球", "窗帘", "太过分", "不理人", "30 到 45 厘米", "已经道歉", "误会")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "messages"
    key_file.add(path)
    return path


def raw(house: House, postgres: Postgres | None = None) -> bytes:
    """Every byte of the store's files, its log of writes among them."""
    database = house.program.base.database.url.database or ""
    if postgres is not None:
        postgres.execute("CHECKPOINT")
        folder = postgres.server.folder / "data"
        paths = [path for path in folder.rglob("*") if path.is_file()]
    else:
        paths = list(Path(database).parent.glob(f"{Path(database).name}*"))
        assert any(path.name.endswith("-wal") for path in paths)
    return b"".join(path.read_bytes() for path in paths)


def readable(content: bytes, words: tuple[str, ...] = WORDS) -> list[str]:
    forms = {
        word: (word.encode(), word.encode("ascii", "backslashreplace"), word.encode("utf-16-le")) for word in words
    }
    return [word for word, ways in forms.items() if any(way in content for way in ways)]


async def a_busy_day(house: House) -> None:
    await house.customer(SOFA)
    await house.customer("我家宝宝8个月了，辅食怎么吃", LIN)
    await house.customer(UNKNOWN, LIN)
    await house.jump(seconds=30)
    await house.customer(ANGRY, ZHOU)
    await house.colleague(f"/resolve {ZHOU} 已经道歉，是一场误会")
    await house.customer("谢谢", ZHOU)


# --- nothing can be read ---------------------------------------------------------------------------------------------


@pytest.mark.both_stores
async def test_after_a_day_no_word_of_anybody_can_be_found_in_the_files(
    open_house: OpenHouse, keys: Path, store_url: str, request: pytest.FixtureRequest
) -> None:
    postgres = request.getfixturevalue("postgres") if store_url.startswith("postgresql") else None
    async with open_house(**sealed(keys)) as house:
        # The server's log of writes is shared with the databases of other tests.
        of_others = set(readable(raw(house, postgres))) if postgres else set()
        await a_busy_day(house)
        assert "30 到 45 厘米" in "".join(house.said())
        async with house.program.base.database.read() as connection:
            texts = list(await connection.scalars(select(inbox.c.text)))
            assert {SOFA, UNKNOWN, ANGRY} <= set(texts), "the bot itself can read it"
            assert list(await connection.scalars(select(hold.c.why))) == ["已经道歉，是一场误会"]
            assert UNKNOWN[:2] in "".join(await connection.scalars(select(gap_ask.c.question)))
            assert list(await connection.scalars(select(ticket.c.ask)))
            assert "8个月" in list(await connection.scalars(select(profile.c.stage)))
        assert all(MARK in text for text in await cells(house.program.base.database))
        assert set(readable(raw(house, postgres))) <= of_others


async def test_without_keys_the_same_day_is_stored_as_it_is(open_house: OpenHouse) -> None:
    async with open_house() as house:
        await a_busy_day(house)
        assert len(readable(raw(house))) == len(WORDS)
        assert not any(MARK in text for text in await cells(house.program.base.database))


def test_without_keys_the_types_do_nothing_per_cell(tmp_path: Path) -> None:
    dialect = Database.connect(f"sqlite:///{tmp_path / 'x.db'}")._write.dialect
    plain = Text().dialect_impl(dialect).bind_processor(dialect)
    for column in (inbox.c.text, ticket.c.quote, misreading.c.text):
        assert column.type.dialect_impl(dialect).bind_processor(dialect) is plain is None
        assert column.type.dialect_impl(dialect).result_processor(dialect, None) is None


# --- what SQL looks for ----------------------------------------------------------------------------------------------


@pytest.mark.both_stores
async def test_a_forgotten_person_is_taken_out_of_sealed_words_of_others_too(
    open_house: OpenHouse, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.mood.read", lambda *_: Reading(Mood.CALM, escalate=False, reason=""))
    async with open_house(**sealed(keys)) as house:
        await house.customer(SOFA)
        await house.colleague(f"请 lihua 看一下 {CHEN}, 谢谢")
        await house.customer("我是别人，问问退货怎么申请", LIN)
        await house.customer("删除我的数据")
        await house.customer("确认删除")
        await house.jump(minutes=11)
        async with house.program.base.database.read() as connection:
            texts = list(await connection.scalars(select(inbox.c.text)))
            bodies = list(await connection.scalars(select(outbox.c.body)))
        assert not any(CHEN.lower() in f"{each}".lower() for each in (*texts, *bodies))
        assert any("请 lihua 看一下 〔已删除〕" in text for text in texts)
        assert any("问问退货" in text for text in texts), "what others said stays"


async def test_who_is_upset_gets_no_post_that_was_queued_sealed(open_house: OpenHouse, keys: Path) -> None:
    weekly = {"name": "weekly-styling", "every": "tue 10:00", "topic": "styling", "to": ["app:lihua", "app:wangwei"]}
    async with open_house(**sealed(keys), schedules=[weekly]) as house:
        await house.colleague("你们太过分了，我要投诉！！！", "lihua")
        await house.jump(days=1)
        assert not any("沙发" in text for text in house.told("lihua"))
        assert any("沙发" in text for text in house.told("wangwei"))


@pytest.mark.both_stores
async def test_who_left_a_group_is_counted_although_the_event_is_sealed(keys: Path, store_url: str) -> None:
    database = open_store(settings(store_url, keys))
    await migrate(database)
    address = Address(Channel.CONTACT, "wangwei", "wrGroup", "")
    data = {"update_detail": "del_member", "quit_scene": "0", "members": ["wmGone"]}
    left = Arrival("e1", address, Kind.OTHER, "", MONDAY, msgtype="change_external_chat", data=data)
    await Inbox(database, MovableClock(MONDAY, frozen=True)).accept(left)
    detail = inbox.c.data["update_detail"].as_string()
    async with database.read() as connection:
        assert list(await connection.scalars(select(inbox.c.data).where(detail == "del_member"))) == [data]
    [stored] = await cells(database)
    assert "wmGone" not in stored
    await database.close()


# --- backup ----------------------------------------------------------------------------------------------------------


@pytest.mark.both_stores
def test_a_backup_is_as_sealed_as_the_store_and_is_restored_with_the_key(
    store_url: str, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asyncio.run(filled(store_url, keys, "一句要保密的话"))
    file, elsewhere = tmp_path / "all.gz", f"sqlite:///{tmp_path / 'elsewhere' / 'fencun.db'}"
    clock = MovableClock(MONDAY, frozen=True)
    assert backup(settings(store_url, None), file, clock) == 0, "it needs no key"
    assert readable(gzip.decompress(file.read_bytes()), ("要保密",)) == []
    wanted = Wanted(file, force=False, stopped="2026-11-22T00:00")
    assert bring_back(settings(elsewhere, None), wanted, clock) == 1
    assert "没有设置 [privacy] key_file" in capsys.readouterr().err
    assert bring_back(settings(elsewhere, keys), wanted, clock) == 0, "nothing was left behind by the refused one"
    assert asyncio.run(stored(elsewhere, keys))[0] == ["一句要保密的话"]


def test_a_backup_from_before_the_keys_is_restored_into_a_store_with_keys(
    store_url: str, keys: Path, tmp_path: Path
) -> None:
    asyncio.run(filled(store_url, None, "从前的话"))
    file, elsewhere = tmp_path / "all.gz", f"sqlite:///{tmp_path / 'elsewhere' / 'fencun.db'}"
    clock = MovableClock(MONDAY, frozen=True)
    assert backup(settings(store_url, None), file, clock) == 0
    assert bring_back(settings(elsewhere, keys), Wanted(file, False, "2026-11-22T00:00"), clock) == 0
    assert seal(elsewhere, keys) == 0
    texts, found = asyncio.run(stored(elsewhere, keys))
    assert texts == ["从前的话"]
    assert readable("".join(found).encode(), ("从前",)) == []


def test_the_documents_name_every_sealed_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    told = page.partition("### Sealed texts")[2].partition("## Purposes")[0]
    named = set(re.findall(r"`(\w+\.\w+)`", told)) - {"privacy.key_file"}
    columns = [column for table in metadata.sorted_tables for column in table.columns]
    assert named == {f"{each.table.name}.{each.name}" for each in columns if isinstance(each.type, Sealed)}


def test_no_query_compares_or_sorts_by_a_sealed_column() -> None:
    """It would find what is plain and pass over what is sealed; `bot.store.sealed.may_name` looks for ids in both."""
    columns = [
        rf"{table.name}\.c\.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]
    compared = re.compile(
        rf"\b({'|'.join(columns)})(\s*[=!<>]=|\s*[<>]|\.(?!is_\b)\w+\(|\[\"(?!update_detail|quit_scene))"
    )
    sources = (Path(__file__).parents[2] / "bot").rglob("*.py")
    assert [(path.name, found[0]) for path in sources for found in compared.finditer(path.read_text("utf-8"))] == []
