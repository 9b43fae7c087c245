"""Somebody who asks to be forgotten is: nothing of them is left in the store or its files but a salted tombstone."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.store import marks
from bot.store.tables import audit, metadata, ticket, tombstone
from handlers.mood_types import Mood, Reading
from scheduler.posts import subject_of
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House

WORDS = ("沙发选多长比较好", "月球上的窗帘怎么洗", "我家宝宝8个月了怎么吃米粉")
WEEKLY = {"name": "weekly-styling", "every": "tue 10:00", "topic": "styling", "to": ["app:lihua", "app:wangwei"]}


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here is upset: what anger leads to has tests of its own."""
    monkeypatch.setattr("handlers.mood.read", lambda *_: Reading(Mood.CALM, escalate=False, reason=""))


async def scan(house: House, *words: str) -> list[str]:
    """Where any of `words` stands in any column of any table, as "table.column"."""
    found = []
    async with house.program.base.database.read() as connection:
        for table in metadata.sorted_tables:
            for row in (await connection.execute(select(table))).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if _holds(value, words)]
    return sorted(set(found))


def _holds(value: Any, words: tuple[str, ...]) -> bool:
    return any(word.lower() in str(value).lower() for word in words)


def in_files(house: House, *words: str) -> list[str]:
    """Which of `words` stand anywhere in the store's files, as text or as JSON writes it."""
    database = Path(str(house.program.base.database.url.database))
    content = b"".join(path.read_bytes() for path in database.parent.glob(f"{database.name}*"))
    return [word for word in words if any(form in content for form in _forms(word))]


def _forms(word: str) -> set[bytes]:
    return {word.encode(), word.encode("ascii", "backslashreplace")}


async def told_about_deletion(house: House, who: str = CHEN) -> list[str]:
    await house.customer("删除我的数据", who)
    said = await house.customer("确认删除", who)
    await house.jump(minutes=11)
    return said


async def test_a_member_sees_what_goes_and_what_stays_before_anything_is_deleted(house: House) -> None:
    await house.customer(WORDS[0])
    [said] = await house.customer("删除我的数据")
    assert "会删除：聊天消息" in said
    assert "会留下：一个加盐的标记" in said
    assert "确认删除" in said
    assert await scan(house, WORDS[0])


@pytest.mark.both_stores
async def test_after_a_deletion_nothing_of_them_is_found_in_any_table(house: House) -> None:
    for words in WORDS:
        await house.customer(words)
    await house.customer("没用")
    await house.customer("两周一条")
    assert "profile.person" in await scan(house, CHEN)
    [said] = await told_about_deletion(house)
    assert "已经删除" in said
    assert await scan(house, CHEN, *WORDS) == []


async def test_what_others_said_stays(house: House) -> None:
    await house.customer(WORDS[0], LIN)
    await house.customer(WORDS[0], CHEN)
    before = await scan(house, LIN)
    await told_about_deletion(house)
    assert before
    assert await scan(house, LIN) == before


async def test_the_bytes_of_the_files_hold_nothing_of_them_either(house: House) -> None:
    for words in WORDS:
        await house.customer(words)
    assert in_files(house, CHEN, *WORDS) == [CHEN, *WORDS]
    await told_about_deletion(house)
    await house.program.base.database.scrub()
    assert in_files(house, CHEN, *WORDS) == []


async def test_the_tombstone_is_a_salted_hash_that_keeps_them_opted_out(house: House) -> None:
    await house.customer(WORDS[0])
    await told_about_deletion(house)
    async with house.program.base.database.read() as connection:
        [stone] = (await connection.execute(select(tombstone))).mappings().all()
        assert stone["opted_out"]
        assert CHEN not in str(dict(stone))
        assert await marks.opted_out(connection, subject_of("person", CHEN))
        assert not await marks.opted_out(connection, subject_of("person", LIN))


async def test_the_next_campaign_skips_them_and_reaches_the_others(open_house: OpenHouse) -> None:
    async with open_house(schedules=[WEEKLY]) as house:
        await house.colleague("沙发选多长", "lihua")
        await house.colleague("删除我的数据", "lihua")
        await house.colleague("确认删除", "lihua")
        before = len(house.told("lihua")), len(house.told("wangwei"))
        await house.jump(days=1)
        await house.jump(minutes=1)
        assert (len(house.told("lihua")), len(house.told("wangwei"))) == (before[0], before[1] + 1)


async def test_who_writes_again_is_a_new_person_whose_opt_out_still_holds(house: House) -> None:
    await house.customer(WORDS[0])
    await told_about_deletion(house)
    [said] = await house.customer("沙发和茶几之间留多宽")
    assert "30 到 45 厘米" in said
    assert "我是智能助手" in said, "as to somebody new"
    [settings] = await house.customer("我的设置")
    assert "主动推送：已退订" in settings


async def test_who_wants_to_hear_from_us_again_says_so_and_the_tombstone_goes(house: House) -> None:
    await house.customer(WORDS[0])
    await told_about_deletion(house)
    await house.customer("恢复推送")
    async with house.program.base.database.read() as connection:
        assert (await connection.execute(select(tombstone))).all() == []
        assert not await marks.opted_out(connection, subject_of("person", CHEN))


async def test_a_confirmation_counts_for_ten_minutes_and_only_after_the_preview(house: House) -> None:
    [said] = await house.customer("确认删除")
    assert "先回复“删除我的数据”" in said
    await house.customer("删除我的数据")
    await house.jump(minutes=11)
    [said] = await house.customer("确认删除")
    assert "先回复“删除我的数据”" in said
    assert await scan(house, CHEN)


async def test_during_a_hand_over_the_ticket_closes_colleagues_hear_of_it_and_nothing_queued_leaves(
    house: House,
) -> None:
    await house.customer(WORDS[0])
    await house.customer("转人工")
    before = len(house.told("lihua"))
    await house.customer("删除我的数据")
    assert any("要求删除自己的数据" in text for text in (*house.told("lihua"), *house.told("wangwei")))
    await house.customer("确认删除")
    await house.jump(minutes=11)
    assert any("已经删除" in text for text in (*house.told("lihua")[before:], *house.told("wangwei")))
    async with house.program.base.database.read() as connection:
        assert list(await connection.scalars(select(ticket.c.state))) == ["closed"]
    assert await scan(house, CHEN, *WORDS) == []


async def test_an_operator_forgets_somebody_by_saying_so_twice_and_the_log_names_nobody(house: House) -> None:
    await house.customer(WORDS[0])
    [said] = await house.colleague(f"/forget {CHEN}")
    assert f"/forget {CHEN} 确认" in said
    assert await scan(house, WORDS[0])
    before = len(house.said())
    await house.colleague(f"/forget {CHEN} 确认")
    await house.jump(minutes=11)
    assert await scan(house, CHEN, *WORDS) == []
    assert len(house.said()) == before, "nobody hears of it unasked"
    async with house.program.base.database.read() as connection:
        rows = (await connection.execute(select(audit))).mappings().all()
    assert any(row["what"].startswith("forget") and row["who"] == "wangwei" for row in rows)


async def test_forgetting_somebody_unknown_leaves_a_tombstone_and_breaks_nothing(house: House) -> None:
    said = await house.colleague("/forget wmNobody0000 确认")
    assert said
    async with house.program.base.database.read() as connection:
        assert len((await connection.execute(select(tombstone))).all()) == 1


@pytest.mark.parametrize("words", ["退货怎么退", "怎么删除购物车", "我要退款", "订单删除了怎么办"])
async def test_shop_questions_delete_nothing(house: House, words: str) -> None:
    await house.customer(words)
    await house.customer("确认删除")
    assert await scan(house, CHEN)


async def test_deleted_pages_are_overwritten(house: House) -> None:
    """Without it SQLite leaves what was deleted in its free pages."""
    database = str(house.program.base.database.url.database)
    async with house.program.base.database.write() as connection:
        assert (await connection.exec_driver_sql("PRAGMA secure_delete")).scalar_one() == 1
    assert sqlite3.connect(database)
