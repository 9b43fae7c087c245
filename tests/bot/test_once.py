"""The same callback three times, at once and minutes apart: one answer, on each channel."""

import asyncio

import pytest

from bot.sandbox.wire import Exchange
from tests.bot.house import CHEN, KF, House

QUESTION = "沙发和茶几之间留多少"


async def thrice(house: House, exchange: Exchange) -> None:
    """Deliver the very same callback again: twice at once, then once more minutes later."""
    await asyncio.gather(*(house.standin.redeliver(exchange) for _ in range(2)))
    await house.settled()
    await house.jump(minutes=4)
    await house.standin.redeliver(exchange)
    await house.settled()


async def test_kf_answers_a_message_once_however_often_it_is_announced(house: House) -> None:
    reaction = await house.standin.customer_says(CHEN, QUESTION)
    await house.settled()
    await thrice(house, reaction.exchange)
    assert len(house.said()) == 1


@pytest.mark.both_stores
async def test_kf_answers_a_message_once_though_the_cursor_starts_over(house: House) -> None:
    await house.customer(QUESTION)
    async with house.program.base.database.write() as connection:
        await connection.exec_driver_sql("UPDATE kf_cursor SET cursor = '', cold = false")
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()) == 1


@pytest.mark.both_stores
async def test_the_app_answers_a_message_once(house: House) -> None:
    reaction = await house.standin.employee_says("wangwei", QUESTION)
    await house.settled()
    await thrice(house, reaction.exchange)
    assert len(house.told()) == 1


@pytest.mark.both_stores
async def test_a_click_on_a_card_counts_once(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    await house.standin.servicer_on_duty("lihua", True)
    card = next(spoken for spoken in house.standin.app_chat("lihua") if spoken.msgtype == "template_card")
    before = len(house.told("lihua"))
    reaction = await house.standin.employee_clicks("lihua", card.body["task_id"], "/take 1")
    await house.settled()
    await thrice(house, reaction.exchange)
    assert len(house.told("lihua")) == before + 2  # that it is under way, and that it is done


@pytest.mark.both_stores
async def test_the_ai_bot_answers_a_message_once_and_every_repetition_with_the_same_stream(house: House) -> None:
    turn = await house.standin.aibot_says("assistant", "wangwei", QUESTION, "wrInner")
    await house.settled()
    [first] = [row for row in house.standin.wire if row.direction == "to_bot" and "stream" not in row.what][-1:]
    await thrice(house, first)
    assert turn.finished
    assert "30 到 45 厘米" in turn.text
    bubbles = [spoken for spoken in house.standin.bot_chat("assistant", "wrInner") if spoken.who == "bot"]
    assert len(bubbles) == 1


async def test_a_new_contact_is_greeted_once(house: House) -> None:
    reaction = await house.standin.contact_added("lihua", "wmDemoZhou")
    await house.settled()
    await thrice(house, reaction.exchange)
    assert len([row for row in house.standin.calls("externalcontact/send_welcome_msg") if row.errcode == 0]) == 1


async def test_people_in_one_group_have_conversations_of_their_own(house: House) -> None:
    for who in ("wangwei", "lihua"):
        turn = await house.standin.aibot_says("assistant", who, QUESTION, "wrInner")
        assert "厘米" in turn.text
    async with house.program.base.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT id FROM conversation WHERE channel = 'aibot' ORDER BY id")
        assert [row[0] for row in rows] == ["aibot:assistant:wrInner:lihua", "aibot:assistant:wrInner:wangwei"]


async def test_a_welcome_whose_answer_was_lost_is_said_once_and_raises_no_alarm(house: House) -> None:
    house.standin.faults.lose_reply("kf/send_msg_on_event", 1)
    await house.standin.customer_enters(CHEN)
    await house.settled()
    await house.jump(seconds=5)
    assert len(house.said()) == 1
    assert house.told() == []
