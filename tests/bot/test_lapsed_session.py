"""A kf session ends after 48 hours and WeCom tells nobody (doc 94669): whoever writes then is heard again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.sandbox.kf import HUMAN, NEW, POOL
from bot.store.tables import conversation, ticket
from knowledge.danger.advice import advice_for
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

NIGHT = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)  # Monday 23:20 in Shanghai
QUESTION = "沙发和茶几之间留多少"
POOLED: dict[str, Any] = {"handoff": {"route": "pool"}}


def session(house: House) -> int:
    return house.standin.kf.session(KF, CHEN).state


async def standing(house: House) -> tuple[str, list[str]]:
    """State of the conversation, states of its tickets."""
    async with house.program.base.database.read() as connection:
        state = await connection.scalar(select(conversation.c.state).where(conversation.c.person == CHEN))
        tickets = list(await connection.scalars(select(ticket.c.state).order_by(ticket.c.number)))
    return str(state), tickets


async def says(house: House, text: str) -> None:
    await house.standin.servicer_says("lihua", CHEN, text)
    await house.settled()


@pytest.mark.both_stores
@pytest.mark.parametrize("words", ["人呢", "转人工", QUESTION])
async def test_who_was_promised_a_colleague_two_days_ago_is_handed_over_anew_and_told(house: House, words: str) -> None:
    await house.customer("转人工")
    paged = len(house.told("lihua"))
    await house.jump(hours=49)
    [told] = await house.customer(words)
    assert "已为您转接人工顾问" in told
    assert session(house) == HUMAN
    assert await standing(house) == ("human", ["taken"])
    assert len(house.told("lihua")) > paged, "and the colleague is paged"


async def test_with_nobody_receiving_they_hear_that_and_how_to_go_on(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_on_duty("lihua", False)
    await house.jump(hours=49)
    [told] = await house.customer("人呢")
    assert "现在没有顾问在线" in told
    assert "继续问" in told
    assert await standing(house) == ("waiting", ["open"])


async def test_where_nobody_had_come_two_days_later_it_is_said_again(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    await house.jump(hours=49)
    [told] = await house.customer("转人工")
    assert "现在没有顾问在线" in told
    assert await house.customer("人呢") == [], "once"


async def test_the_wait_can_still_be_called_off(house: House) -> None:
    await house.customer("转人工")
    await house.jump(hours=49)
    [told] = await house.customer("不等了")
    assert "继续为您解答" in told
    assert await standing(house) == ("bot", ["open"])
    [answer] = await house.customer(QUESTION)
    assert "厘米" in answer


async def test_a_sign_of_danger_gets_its_advice_and_a_new_colleague(house: House) -> None:
    await house.customer("转人工")
    await house.jump(hours=49)
    said = await house.customer("孩子吞了纽扣电池")
    assert said[0] == advice_for("battery")
    assert session(house) == HUMAN


async def test_a_session_in_the_pool_runs_out_too(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        await house.jump(hours=49)
        [told] = await house.customer("人呢")
        assert "排队" in told
        assert session(house) == POOL


async def test_after_a_talk_that_ran_out_the_bot_answers_again(house: House) -> None:
    await house.customer("转人工")
    await says(house, "您好，我来看看")
    await house.jump(hours=49)
    [answer] = await house.customer(QUESTION)
    assert "厘米" in answer
    assert await standing(house) == ("bot", ["closed"])
    assert session(house) in (NEW, 1)


async def test_what_was_asked_first_after_the_end_is_part_of_the_talk_with_the_bot(house: House) -> None:
    await house.customer("转人工")
    await says(house, "您好")
    await house.jump(hours=49)
    await house.customer(QUESTION)
    async with house.program.base.database.read() as connection:
        settled = await connection.scalar(select(conversation.c.settled).where(conversation.c.person == CHEN))
    waiting = await house.program.base.inbox.waiting()
    assert (waiting, settled) == (0, 2), "the call and the colleague's word, not the new question"


@pytest.mark.parametrize("hours", [1, 20, 47])
async def test_while_the_session_lasts_the_bot_is_silent(house: House, hours: int) -> None:
    await house.customer("转人工")
    await says(house, "您好，我去问一下仓库")
    await house.jump(hours=hours)
    assert await house.customer("人呢") == []
    await house.jump(hours=hours)
    assert await house.customer(QUESTION) == []
    assert (session(house), (await standing(house))[0]) == (HUMAN, "human")


async def test_before_the_first_word_the_session_is_left_as_it_is(house: House) -> None:
    await house.customer("转人工")
    await house.jump(hours=3)
    assert await house.customer("人呢") == []
    assert session(house) == HUMAN


async def test_where_wecom_cannot_be_asked_the_bot_stays_silent_and_asks_again_at_the_next_word(house: House) -> None:
    await house.customer("转人工")
    await says(house, "您好")
    await house.jump(hours=49)
    house.standin.faults.errcode("kf/service_state/get", -1)
    assert await house.customer(QUESTION) == []
    house.standin.faults.clear()
    [answer] = await house.customer(QUESTION)
    assert "厘米" in answer


async def test_two_messages_in_one_pull_bring_one_word_and_one_transfer(house: House) -> None:
    await house.customer("转人工")
    await house.jump(hours=49)
    before = len(house.said())
    for text in ("人呢", "转人工"):
        await house.standin.customer_says(CHEN, text, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()[before:]) == 1


async def test_at_night_two_days_later_the_next_opening_is_named(open_house: OpenHouse) -> None:
    async with open_house(start=NIGHT) as house:
        await house.customer("转人工")
        await house.jump(hours=49)
        [told] = await house.customer("有人吗")
        assert "09:00" in told


async def test_take_asks_wecom_even_where_the_ticket_is_theirs(house: House) -> None:
    await house.customer("转人工")
    await house.jump(hours=49)
    told = "".join(await house.colleague("/take 1", "lihua"))
    assert "没能转给您" in told


async def test_take_of_a_session_that_they_have_says_so(house: House) -> None:
    await house.customer("转人工")
    told = "".join(await house.colleague("/take 1", "lihua"))
    assert "请在企业微信的客服会话里回复" in told
    assert (session(house), (await standing(house))[0]) == (HUMAN, "human")
