"""Members' rights through the whole program: what they decide holds for what is sent and what is remembered."""

import pytest
from sqlalchemy import select, update

from bot.records import MemberRecords
from bot.store import preferences, profiles
from bot.store.standing import standing
from bot.store.tables import audit, opt_out, preference
from handlers.mood_types import Mood, Reading
from handlers.preferences import Preferences
from scheduler.posts import Recipient, subject_of
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, ZHOU, House

WEEKLY = {"name": "weekly-styling", "every": "mon 12:00", "topic": "styling", "to": ["app:lihua"]}
IN_GROUP = {"name": "weekly-group", "every": "mon 12:00", "topic": "styling", "to": ["group:lihua:wrDemoGroup01"]}


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here is upset: what anger leads to has tests of its own."""
    monkeypatch.setattr("handlers.mood.read", lambda *_: Reading(Mood.CALM, escalate=False, reason=""))


async def chosen(house: House, who: str = CHEN) -> Preferences:
    async with house.program.base.database.read() as connection:
        return await preferences.load(connection, who)


async def test_what_is_chosen_is_kept_shown_and_taken_back_together(house: House) -> None:
    for words in ("两周一次", "静音7天", "不要家居"):
        await house.customer(words)
    [shown] = await house.customer("我的设置")
    assert "至少隔 14 天" in shown
    assert "静音：到" in shown
    assert "不发空间搭配" in shown
    await house.customer("恢复推送")
    assert await chosen(house) == Preferences()


async def test_choices_of_one_are_nobody_else_s(house: House) -> None:
    await house.customer("两周一次", CHEN)
    assert (await chosen(house, LIN)).every_days == 0


async def test_choices_that_cannot_be_read_are_no_choices_and_take_no_other_fact_with_them(house: House) -> None:
    await house.customer("退订")
    recipient = Recipient(f"customer:lihua:{CHEN}", "customer", "lihua", CHEN, "person", subject_of("person", CHEN))
    now = house.clock.now()
    async with house.program.base.database.write() as connection:
        await preferences.save(connection, CHEN, Preferences(never=frozenset({"styling"})), now)
        await connection.execute(update(preference).values(off=["nonsense"]))
        stands = await standing(connection, recipient, "", "", now)
        assert (stands.wishes, stands.opted_out) == (None, True)
        with pytest.raises(ValueError, match="nonsense"):
            await preferences.load(connection, CHEN)
        await connection.execute(update(preference).values(off=[]))
        assert (await standing(connection, recipient, "", "", now)).wishes == Preferences(never=frozenset({"styling"}))


async def test_what_is_remembered_is_shown_and_goes_when_it_is_switched_off(house: House) -> None:
    await house.customer("我家客厅的沙发选多长")
    [shown] = await house.customer("我的数据")
    assert "常问空间搭配" in shown
    assert "家里的客厅" in shown
    await house.customer("关闭个性化")
    await house.customer("我家书房的沙发选多长")
    async with house.program.base.database.read() as connection:
        assert await profiles.load(connection, CHEN) is None


async def test_my_data_counts_exactly_what_is_stored(house: House) -> None:
    await house.customer("沙发选多长")
    [shown] = await house.customer("我的数据")
    assert "聊天消息（3 条）" in shown, "two of theirs and our answer"
    assert "保存 180 天" in shown


async def test_why_names_the_post_that_was_sent_and_the_rules_it_passed(open_house: OpenHouse) -> None:
    async with open_house(schedules=[WEEKLY]) as house:
        [before] = await house.colleague("为什么给我发这个", "lihua")
        assert "没有主动给您发过" in before
        await house.jump(hours=2)
        [said] = await house.colleague("为什么给我发这个", "lihua")
        assert "《小客厅沙发怎么选尺寸》" in said
        assert "定期发的“空间搭配”内容" in said
        assert "weekly-styling" not in said, "that name is between operators and their settings"
        assert "一天最多 1 条" in said


async def test_why_says_of_a_pushed_post_that_a_colleague_sent_it(open_house: OpenHouse) -> None:
    async with open_house(schedules=[WEEKLY]) as house:
        await house.colleague("/push 1")
        [said] = await house.colleague("为什么给我发这个", "lihua")
        assert "同事手动安排推送" in said
        assert "push:" not in said


async def test_why_finds_what_came_through_a_group_from_when_the_member_was_in_it(open_house: OpenHouse) -> None:
    async with open_house(schedules=[IN_GROUP]) as house:
        await house.program.connections.membership.look()
        await house.jump(hours=2)
        [task] = house.standin.mass_tasks()
        house.standin.confirm_mass_task("lihua", task.msgid)
        await house.jump(minutes=2)
        [said] = await house.customer("为什么给我发这个", LIN)
        assert "发在您所在的群里的《小客厅沙发怎么选尺寸》" in said
        [said] = await house.customer("为什么给我发这个", ZHOU)
        assert "没有主动给您发过" in said


async def test_while_a_colleague_serves_a_choice_counts_and_the_bot_stays_silent(house: House) -> None:
    await house.customer("转人工")
    assert await house.customer("两周一次") == []
    assert await house.customer("退订") == []
    assert (await chosen(house)).every_days == 14
    async with house.program.base.database.read() as connection:
        assert await connection.scalar(select(opt_out.c.person)) == f"person:{CHEN.lower()}"


async def test_who_was_never_greeted_hears_once_who_answers_and_what_is_kept(house: House) -> None:
    [first] = await house.customer("沙发选多长")
    assert "我是智能助手（AI）分寸" in first
    [second] = await house.customer("沙发和茶几之间留多宽")
    assert "智能助手" not in second


async def test_an_operator_sees_what_is_held_without_reading_messages_and_that_is_logged(house: House) -> None:
    await house.customer("沙发选多长")
    [said] = await house.colleague(f"/person {CHEN}")
    assert "聊天消息：2 条" in said
    assert "沙发选多长" not in said
    async with house.program.base.database.read() as connection:
        [row] = (await connection.execute(select(audit))).mappings().all()
    assert CHEN not in row["what"]


async def test_members_cannot_use_the_operators_commands(house: House) -> None:
    await house.customer("沙发选多长", LIN)
    await house.customer(f"/forget {LIN} 确认")
    [shown] = await house.customer("我的数据", LIN)
    assert "聊天消息" in shown


async def test_who_takes_an_opt_out_back_keeps_the_mute_that_was_set_before(house: House) -> None:
    await house.customer("静音7天")
    await house.customer("退订")
    [told] = await house.customer("手滑了 还是发吧")
    assert "您选过的照旧：静音到" in told
    assert (await chosen(house)).muted_until is not None
    [shown] = await house.customer("我的设置")
    assert "静音：到" in shown
    await house.customer("恢复推送")
    assert await chosen(house) == Preferences()


async def test_in_a_group_its_own_post_is_found_and_only_once_it_has_arrived(open_house: OpenHouse) -> None:
    async with open_house(schedules=[IN_GROUP]) as house:
        await house.jump(hours=2)
        records = MemberRecords(house.program.base.database, 180)
        assert await records.last_group_post("wrDemoGroup01") is None
        [task] = house.standin.mass_tasks()
        house.standin.confirm_mass_task("lihua", task.msgid)
        await house.jump(minutes=2)
        found = await records.last_group_post("wrDemoGroup01")
        assert found is not None
        assert (found.title, found.group) == ("小客厅沙发怎么选尺寸", True)
        assert await records.open_post(LIN) is None
