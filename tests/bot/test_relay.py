"""A colleague and a member talk through the app or an AI bot, and the member says how it was."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.sandbox.wire import Spoken
from bot.store.tables import audit, conversation, inbox, ticket
from handlers.texts import SCORES
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

BOT = "assistant"
QUESTION = "沙发和茶几之间留多少"


async def rows(house: House, table: Any) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.execute(select(table))).mappings())


async def asks(house: House, text: str, who: str = "wangwei", chat: str | None = None) -> list[str]:
    """Somebody writes to the AI bot; what the bot says to that."""
    before = len(house.standin.bot_chat(BOT, chat or who))
    await house.standin.aibot_says(BOT, who, text, chat)
    await house.settled()
    return [one.text for one in house.standin.bot_chat(BOT, chat or who)[before:] if one.who == "bot"]


def read_by(house: House, who: str = "wangwei", chat: str = "") -> list[str]:
    return [one.text for one in house.standin.bot_chat(BOT, chat or who) if one.who == "bot"]


async def served(house: House, by: str = "lihua") -> None:
    """wangwei asked the AI bot for a person, and a colleague has the ticket."""
    await asks(house, "转人工")
    await house.colleague("/take 1", by)


async def test_a_colleague_s_plain_text_reaches_the_member_of_the_ai_bot_and_is_marked_as_a_person_s(
    house: House,
) -> None:
    await served(house)
    await asks(house, "在吗")
    assert await house.colleague("您好，沙发 120*60*75 可以", "lihua") == []
    assert read_by(house)[-1] == "【顾问】您好，沙发 120×60×75 可以"


async def test_the_member_s_texts_reach_the_colleague_with_the_ticket_s_number(house: House) -> None:
    await served(house)
    before = len(house.told("lihua"))
    assert await asks(house, "尺寸是 120*60*75") == []
    assert house.told("lihua")[before:] == ["1 号会员：尺寸是 120*60*75"]


async def test_who_takes_a_ticket_reads_what_was_written_while_nobody_had_it(house: House) -> None:
    await asks(house, "转人工")
    for text in ("有人吗", "还在吗"):
        assert await asks(house, text) == []
    told = await house.colleague("/take 1", "lihua")
    [before] = [text for text in told if "等待时说的" in text]
    assert "有人吗\n还在吗" in before


async def test_without_a_response_url_left_the_colleague_hears_at_once_and_keeps_the_text(house: House) -> None:
    await served(house)
    await asks(house, "在吗")
    await house.colleague("第一句", "lihua")
    told = []
    for text in ("第二句", "第三句", "第四句"):
        told += await house.colleague(text, "lihua")
    assert any("没能发给 1 号会员" in text and "第四句" in text and "wangwei" in text for text in told)
    assert "【顾问】第四句" not in read_by(house)


async def test_a_response_url_is_not_used_after_its_hour(house: House) -> None:
    await served(house)
    await asks(house, "在吗")
    house.clock.jump(timedelta(minutes=61))
    [told] = await house.colleague("来了", "lihua")
    assert "没能发给" in told


async def test_over_the_long_connection_nothing_limits_how_often_a_colleague_writes(open_house: OpenHouse) -> None:
    live: dict[str, str] = {"mode": "websocket"}

    async def before(standin: Any, _clock: Any) -> None:
        bot = next(one for one in standin.world.aibots if one.mode == "websocket")
        live.update(name=bot.name, display_name=bot.display_name, bot_id=bot.bot_id, secret=bot.secret)
        live.update(ws_url=standin.ws_url)

    async with open_house(before=before, wecom={"aibots": [live]}) as house:
        await house.standin.wait_until(lambda: any(row.what == "ws/aibot_subscribe" for row in house.standin.wire))
        turn = await house.standin.aibot_says(live["name"], "wangwei", "转人工")
        await house.standin.wait_until(lambda: turn.finished)
        await house.colleague("/take 1", "lihua")
        for text in ("第一句", "第二句", "第三句"):
            assert await house.colleague(text, "lihua") == []
        said = [one.text for one in house.standin.bot_chat(live["name"], "wangwei") if one.who == "bot"]
        assert said[-3:] == ["【顾问】第一句", "【顾问】第二句", "【顾问】第三句"]


async def test_in_a_group_of_the_ai_bot_the_colleague_s_word_stands_in_the_group(house: House) -> None:
    await asks(house, "转人工", chat="wrInner")
    await house.colleague("/take 1", "lihua")
    await house.colleague("我来处理", "lihua")
    assert read_by(house, chat="wrInner")[-1] == "【顾问】我来处理"


async def test_two_tickets_in_hand_do_not_mix(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": [], "leads": ["zhaomin"], "consultants": ["lihua"]}) as house:
        await house.colleague("转人工", "wangwei")
        await asks(house, "转人工", who="zhaomin")
        await house.colleague("/take 1", "lihua")
        await house.jump(seconds=1)
        await house.colleague("/take 2", "lihua")
        await house.jump(seconds=1)
        [told] = await house.colleague("给第二位", "lihua")
        assert "2 号" in told
        assert read_by(house, "zhaomin")[-1] == "【顾问】给第二位"
        await house.colleague("/take 1", "lihua")
        await house.colleague("给第一位", "lihua")
        assert house.told("wangwei")[-1] == "【顾问】给第一位"
        assert read_by(house, "zhaomin")[-1] == "【顾问】给第二位"


async def test_a_relayed_word_is_a_human_word_in_the_records(house: House) -> None:
    await served(house)
    await house.colleague("您好", "lihua")
    [word] = [row for row in await rows(house, inbox) if row["kind"] == "human_spoke"]
    assert (word["text"], word["servicer"], word["state"]) == ("您好", "lihua", "handled")
    [only] = await rows(house, ticket)
    first = only["replied_at"]
    assert first is not None
    await house.jump(seconds=5)
    await house.colleague("还有吗", "lihua")
    assert (await rows(house, ticket))[0]["replied_at"] == first


async def test_after_the_end_plain_text_is_a_question_again_and_the_bot_serves_the_member(house: House) -> None:
    await served(house)
    await house.colleague("/return 1", "lihua")
    [answer] = await house.colleague(QUESTION, "lihua")
    assert "厘米" in answer
    assert any("厘米" in text for text in await asks(house, QUESTION))


async def test_in_the_app_both_hear_each_other(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": [], "leads": [], "consultants": ["lihua"]}) as house:
        await house.colleague("转人工", "wangwei")
        await house.colleague("/take 1", "lihua")
        await house.colleague("您好", "lihua")
        assert house.told("wangwei")[-1] == "【顾问】您好"
        assert await house.colleague("想换个沙发", "wangwei") == []
        assert house.told("lihua")[-1] == "1 号会员：想换个沙发"


async def test_a_colleague_who_left_the_company_gives_the_ticket_back_to_the_others(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": ["zhaomin"], "leads": [], "consultants": ["lihua"]}) as house:
        await house.colleague("转人工", "wangwei")
        await house.colleague("/take 1", "lihua")
        house.standin.world.employees = [one for one in house.standin.world.employees if one.userid != "lihua"]
        assert await house.colleague("您还在吗", "wangwei") == []
        assert any("lihua 收不到应用消息" in text for text in house.told("zhaomin"))
        [only] = await rows(house, ticket)
        assert only["state"] == "open"
        assert await house.colleague(QUESTION, "wangwei") == []


# --- taking and giving back -------------------------------------------------------------------------------------------


@pytest.mark.both_stores
async def test_of_two_who_take_at_once_one_wins_and_the_other_hears_who(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": [], "leads": [], "consultants": ["lihua", "zhaomin"]}) as house:
        await asks(house, "转人工")
        before = {who: len(house.told(who)) for who in ("lihua", "zhaomin")}
        await asyncio.gather(*(house.standin.employee_says(who, "/take 1") for who in before))
        await house.settled()
        told = {who: " ".join(house.told(who)[before[who] :]) for who in before}
        [winner] = [who for who, text in told.items() if "现在归您了" in text]
        [other] = [who for who in told if who != winner]
        assert f"已由 {winner} 接手" in told[other]
        assert "归您" not in told[other]
        assert (await rows(house, ticket))[0]["assignee"] == winner
        assert [row["who"] for row in await rows(house, audit)] == [winner]


async def test_on_kf_too_the_second_does_not_take_it_out_of_the_first_one_s_hands(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": [], "leads": [], "consultants": ["lihua", "zhaomin"]}) as house:
        await house.standin.servicer_on_duty("lihua", False)
        await house.customer("转人工")
        for who in ("lihua", "zhaomin"):
            await house.standin.servicer_on_duty(who, True)
        await asyncio.gather(*(house.standin.employee_says(who, "/take 1") for who in ("lihua", "zhaomin")))
        await house.settled()
        winner = house.standin.kf.session(KF, CHEN).servicer
        [other] = {"lihua", "zhaomin"} - {winner}
        assert any("已转给您" in text for text in house.told(winner))
        assert any(f"{winner} 正在接待" in text or f"已由 {winner} 接手" in text for text in house.told(other))
        assert not any("已转给您" in text for text in house.told(other))


async def test_who_loses_a_ticket_to_a_lead_hears_so(house: House) -> None:
    await served(house)
    before = len(house.told("lihua"))
    await house.colleague("/take 1", "zhaomin")
    assert any("已由 zhaomin 接手" in text for text in house.told("lihua")[before:])


async def test_a_session_that_the_platform_cannot_end_stays_with_its_colleague(house: House) -> None:
    await house.customer("转人工")
    house.standin.faults.errcode("kf/service_state/trans", 95016)
    told = await house.colleague("/return 1", "lihua")
    assert any("没能结束" in text for text in told)
    assert await house.customer(QUESTION) == []
    [listed] = await house.colleague("/handoffs", "lihua")
    assert "1 号" in listed


async def test_a_colleague_who_writes_again_after_the_end_has_the_same_ticket_again(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好")
    await house.settled()
    await house.colleague("/return 1", "lihua")
    await house.standin.servicer_says("lihua", CHEN, "对了，还有一点")
    await house.settled()
    [row] = [one for one in await rows(house, conversation) if one["channel"] == "kf"]
    assert row["state"] == "human"
    [only] = await rows(house, ticket)
    assert (only["state"], only["assignee"]) == ("taken", "lihua")


# --- how it was -------------------------------------------------------------------------------------------------------


def menu_of(house: House) -> Spoken:
    return [one for one in house.standin.kf_chat(KF, CHEN) if one.who == "bot"][-1]


def entries(spoken: Spoken) -> dict[str, str]:
    return {one["click"]["content"]: one["click"]["id"] for one in spoken.body["list"]}


async def ended_on_kf(house: House, *, by_command: bool = True) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好，我来帮您看")
    await house.settled()
    if by_command:
        await house.colleague("/return 1", "lihua")
    else:
        await house.standin.servicer_ends("lihua", CHEN)
        await house.settled()


@pytest.mark.parametrize("by_command", [True, False])
async def test_at_the_end_on_kf_one_menu_asks_how_it_was(house: House, by_command: bool) -> None:
    await ended_on_kf(house, by_command=by_command)
    menu = menu_of(house)
    assert menu.msgtype == "msgmenu"
    assert list(entries(menu)) == list(SCORES.values())


@pytest.mark.parametrize(("words", "score", "label"), [("满意", 3, "satisfied"), ("不满意", 1, "unsatisfied")])
async def test_a_tap_is_kept_with_the_ticket_thanked_and_counted(
    house: House, words: str, score: int, label: str
) -> None:
    await ended_on_kf(house)
    await house.standin.customer_says(CHEN, words, menu_id=entries(menu_of(house))[words])
    await house.settled()
    assert ("转人工" in house.said()[-1]) is (score == 1)
    assert (await rows(house, ticket))[0]["score"] == score
    assert house.program.base.metrics.satisfaction.labels(label)._value.get() == 1


async def test_the_last_tap_counts_and_somebody_else_s_does_not(house: House) -> None:
    await ended_on_kf(house)
    taps = entries(menu_of(house))
    for words in ("满意", "一般"):
        await house.standin.customer_says(CHEN, words, menu_id=taps[words])
        await house.settled()
    await house.standin.customer_says("wmDemoLin", "不满意", menu_id=taps["不满意"])
    await house.settled()
    assert (await rows(house, ticket))[0]["score"] == 2


async def test_where_no_colleague_wrote_nobody_is_asked(house: House) -> None:
    await house.customer("转人工")
    before = len(house.said())
    await house.colleague("/return 1", "lihua")
    assert house.said()[before:] == []


async def test_in_the_app_a_card_asks_and_its_button_counts(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": [], "leads": [], "consultants": ["lihua"]}) as house:
        await house.colleague("转人工", "wangwei")
        for text in ("/take 1", "您好", "/return 1"):
            await house.colleague(text, "lihua")
        card = house.standin.app_chat("wangwei")[-1]
        assert [one["text"] for one in card.body["button_list"]] == list(SCORES.values())
        await house.standin.employee_clicks("wangwei", card.body["task_id"], card.body["button_list"][0]["key"])
        await house.settled()
        assert "谢谢" in house.told("wangwei")[-1]
        assert (await rows(house, ticket))[0]["score"] == 3


async def test_on_an_ai_bot_a_line_asks_where_one_can_be_sent_and_a_digit_answers(house: House) -> None:
    await served(house)
    await asks(house, "在吗")
    await asks(house, "还在吗")
    await house.colleague("您好", "lihua")
    await house.colleague("/return 1", "lihua")
    assert "回复 1" in read_by(house)[-1]
    [thanks] = await asks(house, "1")
    assert "谢谢" in thanks
    assert (await rows(house, ticket))[0]["score"] == 3
