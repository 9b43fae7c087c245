"""Ordinary people through the whole program, moods read as they are: the calm stay with the bot, the angry are seen."""

import pytest
from sqlalchemy import select

from bot.store import preferences
from bot.store.tables import hold, ticket
from handlers import rights_texts, texts
from handlers.preferences import Preferences
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, House

QUESTION = "沙发和茶几之间留多少"
FOR_CHEN = {"name": "for-chen", "every": "mon 12:00", "topic": "styling", "to": [f"customer:lihua:{CHEN}"]}


async def called(house: House) -> int:
    """How many tickets and holds there are."""
    async with house.program.base.database.read() as connection:
        return sum([len((await connection.execute(select(table))).all()) for table in (ticket, hold)])


async def test_a_deletion_is_called_off_and_asked_for_again(house: House) -> None:
    for no in ("不删了", "不用了", "取消"):
        await house.customer("删除我的数据")
        [said] = await house.customer(no)
        assert said == rights_texts.NOT_DELETED
    [said] = await house.customer("确认删除")
    assert said == rights_texts.NOT_ASKED
    await house.customer("删除我的数据")
    [said] = await house.customer("确认删除")
    assert said == rights_texts.FORGOTTEN
    assert await called(house) == 0


@pytest.mark.parametrize(
    "after",
    [[QUESTION], ["你好", "火星上怎么种土豆", "怎么申请退货"], ["删除我的数据"], ["退订"], ["我的数据", "少发点"]],
)
async def test_nobody_calm_is_taken_for_upset_after_an_ordinary_talk(house: House, after: list[str]) -> None:
    for said in after:
        await house.customer(said)
    for said in ("我订单到哪了", "可唔可以退貨呀", "666", "满意", "帮助", "一二三", "嗯"):
        await house.customer(said)
        assert await called(house) <= 1  # two questions that no guide answers call a person in the end
        async with house.program.base.database.read() as connection:
            assert (await connection.execute(select(hold))).all() == [], said
            assert "upset" not in (await connection.execute(select(ticket.c.reason))).scalars().all(), said


@pytest.mark.parametrize("said", ["😡😡😡", "你是不是傻", "🤬", "你们有病吧", "[发怒][发怒]"])
async def test_anger_in_faces_or_to_our_face_is_seen_after_an_answer_too(house: House, said: str) -> None:
    await house.customer(QUESTION)
    await house.customer(said)
    assert await called(house) == 2


@pytest.mark.parametrize("said", ["我想找人聊聊 你们有活人没有", "有没有活人", "能不能来个活人"])
async def test_who_asks_for_a_person_in_their_own_words_gets_one(house: House, said: str) -> None:
    [told] = await house.customer(said)
    assert "人工顾问" in told


async def test_who_is_opted_out_is_told_so_when_they_choose_and_keeps_the_choice_when_they_come_back(
    house: House,
) -> None:
    await house.customer("别发了")
    for said in ("少发点", "只看育儿"):
        [told] = await house.customer(said)
        assert told.startswith("记下了：")
        assert "您已退订，仍然不会收到" in told
    [told] = await house.customer("静音7天")
    assert told == rights_texts.MUTE_IN_VAIN
    [told] = await house.customer("恢复")
    assert told.startswith(texts.OPTED_IN)
    assert "至少隔 7 天一条，只发育儿" in told
    async with house.program.base.database.read() as connection:
        kept = await preferences.load(connection, CHEN)
    assert kept == Preferences(every_days=7, only=frozenset({"parenting"}))
    await house.customer("恢复推送")
    async with house.program.base.database.read() as connection:
        assert await preferences.load(connection, CHEN) == Preferences()


async def test_of_a_task_that_no_colleague_confirmed_nothing_is_claimed_and_nothing_denied(
    open_house: OpenHouse,
) -> None:
    async with open_house(schedules=[FOR_CHEN]) as house:
        await house.jump(hours=2)
        [task] = house.standin.mass_tasks()
        [told] = await house.customer("为什么给我发这个")
        assert rights_texts.NEVER_SENT not in told, "its colleague may have confirmed it this minute"
        assert "您刚看到的如果是《小客厅沙发怎么选尺寸》" in told
        assert "有没有发出还没传回我这里；是定期发的“空间搭配”内容" in told
        house.standin.confirm_mass_task("lihua", task.msgid)
        await house.jump(minutes=2)
        [told] = await house.customer("为什么给我发这个")
        assert "发给您的《小客厅沙发怎么选尺寸》" in told
        assert "不想再收回复“退订”" in told
        await house.customer("退订")
        [told] = await house.customer("为什么给我发这个")
        assert "不想再收回复" not in told
        assert "您已退订" in told


async def test_who_is_tired_of_messages_reads_that_we_are_sorry_first(house: House) -> None:
    [told] = await house.customer("你们怎么老给我发广告 烦不烦")
    assert told.startswith(rights_texts.SORRY_TO_BOTHER)


async def test_who_asks_how_we_know_something_about_them_sees_all_that_is_held(house: House) -> None:
    await house.customer("我家宝宝6个月了，辅食怎么开始")
    [told] = await house.customer("你咋知道我有孩子")
    assert told.startswith(rights_texts.KNOWN_FROM)
    assert "宝宝6个月" in told
    assert "删除我的数据" in told
