"""A colleague who was given the session and has not said a word: the member in danger hears help, and may call it off.

Once a word of a colleague has come, the bot is silent whatever happens (doc 94669: only the end of the session lets it
speak again).
"""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.sandbox.kf import BOT, ENDED, HUMAN, NEW, POOL
from bot.store.tables import conversation, inbox, outbox, ticket
from knowledge.danger.advice import advice_for
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

NIGHT = datetime(2026, 11, 23, 15, 20, tzinfo=UTC)  # Monday 23:20 in Shanghai
DAY = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
FRAUD = "你们这是诈骗！退钱！！"
FIT = "宝宝突然抽了翻白眼"
QUESTION = "沙发和茶几之间留多少"
POOLED: dict[str, Any] = {"handoff": {"route": "pool"}}


def session(house: House) -> int:
    return house.standin.kf.session(KF, CHEN).state


async def standing(house: House) -> tuple[str, str, str]:
    """State of the conversation, state and assignee of its ticket."""
    async with house.program.base.database.read() as connection:
        state = await connection.scalar(select(conversation.c.state).where(conversation.c.person == CHEN))
        [found] = (await connection.execute(select(ticket.c.state, ticket.c.assignee))).all()
    return str(state), found.state, found.assignee


def alerts(house: House, who: str) -> list[str]:
    """The urgent pages of a colleague."""
    shown = [str(spoken.body) + spoken.text for spoken in house.standin.app_chat(who) if spoken.who == "bot"]
    return [text for text in shown if "【紧急】" in text]


async def says(house: House, text: str, who: str = "lihua") -> None:
    await house.standin.servicer_says(who, CHEN, text)
    await house.settled()


# --- danger ---


@pytest.mark.both_stores
@pytest.mark.parametrize("start", [DAY, NIGHT])
async def test_a_sign_before_the_first_word_gets_the_fixed_advice_and_pages(
    open_house: OpenHouse, start: datetime
) -> None:
    async with open_house(start=start) as house:
        await house.customer(FRAUD)
        assert session(house) == HUMAN
        [advice] = await house.customer(FIT)
        assert advice.startswith(advice_for("convulsion"))
        assert "再为您接" in advice
        assert (session(house), await standing(house)) == (ENDED, ("waiting", "open", ""))
        assert all(alerts(house, who) for who in ("lihua", "zhaomin"))


async def test_each_sign_before_the_first_word_gets_its_own_advice_once(house: House) -> None:
    await house.customer(FRAUD)
    await house.customer(FIT)
    assert await house.customer("孩子吞了纽扣电池") == [advice_for("battery")]
    await house.jump(minutes=1)
    assert session(house) == HUMAN, "the member has written, so that somebody can have the session again"
    [advice] = await house.customer("宝宝又抽搐了")
    assert advice.startswith(advice_for("convulsion"))


async def test_two_signs_in_one_pull_leave_as_the_one_message_that_the_end_allows(house: House) -> None:
    await house.customer(FRAUD)
    for text in (FIT, "孩子吞了纽扣电池"):
        await house.standin.customer_says(CHEN, text, ring=False)
    before = len(house.said())
    await house.standin.ring(KF)
    await house.settled()
    [said] = house.said()[before:]
    assert advice_for("convulsion") in said
    assert advice_for("battery") in said


async def test_a_sign_that_comes_with_the_call_in_one_pull_gets_its_advice(house: House) -> None:
    for text in ("转人工", FIT):
        await house.standin.customer_says(CHEN, text, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    assert advice_for("convulsion") in "".join(house.said())


async def test_a_sign_while_the_session_goes_to_another_colleague_gets_its_advice(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_on_duty("zhaomin", True)
    await house.standin.customer_says(CHEN, FIT, ring=False)
    await house.jump(seconds=90)
    assert advice_for("convulsion") in "".join(house.said())


async def test_after_the_advice_the_colleague_s_word_has_the_session_again_and_the_bot_is_silent(house: House) -> None:
    await house.customer(FRAUD)
    await house.customer(FIT)
    await says(house, "我在，已经打 120 了吗")
    assert (session(house), (await standing(house))[:2]) == (HUMAN, ("human", "taken"))
    before = house.said()
    for text in ("宝宝又抽搐了", "继续问", "不等了", QUESTION):
        await house.customer(text)
    assert house.said() == before


async def test_after_the_first_word_a_sign_is_silence_to_the_member_and_an_alert_to_colleague_and_lead(
    house: House,
) -> None:
    await house.customer(FRAUD)
    await says(house, "您好，我来看")
    paged = {who: len(alerts(house, who)) for who in ("lihua", "zhaomin")}
    assert await house.customer(FIT) == []
    assert session(house) == HUMAN
    assert all(len(alerts(house, who)) == before + 1 for who, before in paged.items())


async def test_a_word_that_comes_with_the_sign_in_one_pull_keeps_the_bot_silent(house: House) -> None:
    await house.customer(FRAUD)
    before = house.said()
    await house.standin.customer_says(CHEN, FIT, ring=False)
    await house.standin.servicer_says("lihua", CHEN, "我在")
    await house.settled()
    assert (house.said(), session(house)) == (before, HUMAN)


async def test_a_word_between_decision_and_sending_keeps_the_bot_silent(house: House) -> None:
    await house.customer(FRAUD)
    house.standin.faults.errcode("kf/service_state/get", -1)
    await house.customer(FIT)  # the session could not be read: it is tried again
    before = house.said()
    await says(house, "我在")
    house.standin.faults.clear()
    await house.jump(minutes=1)
    assert (house.said(), session(house)) == (before, HUMAN)


async def test_a_word_before_the_ticket_counts(house: House) -> None:
    """Who stepped in and spoke is there, though the ticket that a sign opened in their hands has no word yet."""
    await house.customer(QUESTION)
    await house.standin.servicer_takes("lihua", CHEN)
    await says(house, "您好，我来补充")
    for text in (FIT, "宝宝又抽搐了", "继续问"):
        assert await house.customer(text) == []
    assert session(house) == HUMAN


async def test_a_session_that_another_colleague_has_taken_meanwhile_is_not_ended(house: House) -> None:
    await house.customer(FRAUD)
    house.standin.kf.session(KF, CHEN).servicer = "zhaomin"  # no event has told us yet
    assert await house.customer(FIT) == []
    assert session(house) == HUMAN
    told = [text for who in ("lihua", "zhaomin") for text in house.told(who) if advice_for("convulsion") in text]
    assert len(told) >= 2, "who can speak hears the words that we could not say"


@pytest.mark.parametrize("lost", ["kf/service_state/trans", "kf/send_msg_on_event"])
async def test_where_an_answer_was_lost_the_next_message_finds_the_bot_awake(house: House, lost: str) -> None:
    await house.customer(FRAUD)
    house.standin.faults.lose_reply(lost)
    await house.customer(FIT)
    await house.jump(minutes=1)
    house.standin.faults.clear()
    said = await house.customer("孩子吞了纽扣电池")
    assert advice_for("battery") in "".join(said)
    assert advice_for("convulsion") in "".join(house.said())
    assert (await standing(house))[0] == "waiting"


async def test_an_advice_that_the_end_s_code_did_not_take_is_said_by_colleagues_now_and_by_us_at_the_next_message(
    house: House,
) -> None:
    await house.customer(FRAUD)
    house.standin.faults.errcode("kf/send_msg_on_event", 40058)
    assert await house.customer(FIT) == []
    for who in ("lihua", "zhaomin"):
        assert len([text for text in house.told(who) if "没让助手送到" in text]) == 1
    assert await house.customer("在吗") == [advice_for("convulsion")]


async def test_a_sign_in_the_pool_brings_the_session_to_who_receives_and_the_advice_with_it(
    open_house: OpenHouse,
) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        assert session(house) == POOL
        assert await house.customer(FIT) == [advice_for("convulsion")]
        assert house.standin.kf.session(KF, CHEN).servicer == "lihua"
        assert (await standing(house))[0] == "human"


async def test_a_sign_in_the_pool_with_nobody_receiving_gives_colleagues_the_words_to_say(
    open_house: OpenHouse,
) -> None:
    async with open_house(**POOLED) as house:
        await house.standin.servicer_on_duty("lihua", False)
        await house.customer("转人工")
        assert await house.customer(FIT) == [], "WeCom takes no message there (doc 94669)"
        for who in ("lihua", "zhaomin"):
            assert any(advice_for("convulsion") in text for text in house.told(who))


STEPS = ("危险", "继续问", QUESTION, "转人工", "word", "another word", "late", "/take", "ends", "restart")


@pytest.mark.parametrize("seed", range(8))
async def test_no_sequence_lets_the_bot_speak_between_a_word_of_a_colleague_and_the_end(
    open_house: OpenHouse, seed: int
) -> None:
    steps = random.Random(seed).choices(STEPS, k=10)
    async with open_house(people={"operators": [], "leads": [], "consultants": ["lihua", "zhaomin"]}) as house:
        await house.standin.servicer_on_duty("zhaomin", True)
        await house.customer("转人工")
        spoken = False
        for step in steps:
            before = house.said()
            match step:
                case "word" | "another word":
                    await says(house, "您好", "lihua" if step == "word" else "zhaomin")
                    spoken = True
                case "late":
                    await house.jump(seconds=100)
                case "/take":
                    await house.colleague("/take 1", "zhaomin")
                case "ends" if session(house) == HUMAN:
                    await house.standin.servicer_ends(house.standin.kf.session(KF, CHEN).servicer, CHEN)
                    await house.settled()
                    spoken = False
                case "restart":
                    await house.reopen()
                    await house.settled()
                case "危险":
                    await house.customer(FIT)
                case text if text in STEPS[1:4]:
                    await house.customer(text)
            if spoken:
                assert house.said() == before, steps
                assert session(house) == HUMAN, steps


# --- the member calls it off ---


@pytest.mark.both_stores
@pytest.mark.parametrize("words", ["继续问", "不等了"])
@pytest.mark.parametrize("start", [DAY, NIGHT])
async def test_who_would_rather_not_wait_for_the_first_word_goes_on_with_the_bot(
    open_house: OpenHouse, start: datetime, words: str
) -> None:
    async with open_house(start=start) as house:
        await house.customer("转人工")
        [told] = await house.customer(words)
        assert "继续为您解答" in told
        assert (await standing(house)) == ("bot", "open", "")
        [answer] = await house.customer(QUESTION)
        assert "厘米" in answer
        assert session(house) in (NEW, BOT)


async def test_after_the_call_off_the_ladder_is_still_and_a_person_can_be_called_again(house: House) -> None:
    await house.customer("转人工")
    await house.customer("继续问")
    paged = len(house.told("zhaomin"))
    await house.jump(minutes=10)
    assert len(house.told("zhaomin")) == paged
    await house.customer("转人工")
    assert (session(house), (await standing(house))[0]) == (HUMAN, "human")


async def test_after_the_call_off_a_word_of_the_colleague_is_a_takeover(house: House) -> None:
    await house.customer("转人工")
    await house.customer("继续问")
    await says(house, "您好，我来了")
    assert await house.customer(QUESTION) == []


async def test_after_the_first_word_the_call_off_is_silence(house: House) -> None:
    await house.customer("转人工")
    await says(house, "您好")
    for words in ("继续问", "不等了"):
        assert await house.customer(words) == []
    assert (session(house), (await standing(house))[0]) == (HUMAN, "human")


async def test_a_harmless_word_does_not_end_the_wait(house: House) -> None:
    await house.customer("转人工")
    for text in (QUESTION, "在吗", "转人工", "好的"):
        assert await house.customer(text) == []
    assert session(house) == HUMAN


async def test_a_restart_after_the_call_off_answers(house: House) -> None:
    await house.customer("转人工")
    await house.customer("继续问")
    await house.reopen()
    assert len(await house.customer(QUESTION)) == 1


async def test_outside_working_hours_the_member_hears_that_they_may_call_it_off(open_house: OpenHouse) -> None:
    async with open_house(start=NIGHT) as house:
        [told] = await house.customer("转人工")
        assert "09:00" in told
        assert "继续问" in told


# --- what colleagues read ---


async def test_handoffs_tells_who_has_it_without_a_word_and_who_has_spoken(house: House) -> None:
    await house.customer("转人工")
    await house.jump(minutes=7)
    [listed] = await house.colleague("/handoffs")
    assert "已派给 lihua，还没说话，等了 7 分钟" in listed
    await says(house, "您好")
    [listed] = await house.colleague("/handoffs")
    assert "lihua 在处理" in listed
    assert "还没说话" not in listed


async def test_an_urgent_card_asks_for_now_and_names_no_later_time(open_house: OpenHouse) -> None:
    async with open_house(start=NIGHT) as house:
        await house.customer(FIT)
        shown = [text for text in house.told("lihua") if "的背景" in text]
        assert shown
        assert all("请现在就联系会员" in text and "前说第一句话" not in text for text in shown)


async def test_nothing_of_this_is_left_undone_in_the_outbox(house: House) -> None:
    await house.customer(FRAUD)
    await house.customer(FIT)
    await house.customer("不等了")
    async with house.program.base.database.read() as connection:
        ended = list(await connection.scalars(select(outbox.c.state).where(outbox.c.channel == "kf")))
    assert set(ended) == {"sent"}


async def test_an_old_word_of_an_earlier_matter_is_none_of_this_one(house: House) -> None:
    await house.customer("转人工")
    await says(house, "您好")
    await house.colleague("/return 1", "lihua")
    await house.customer(QUESTION)
    await house.customer("转人工")
    assert session(house) == HUMAN
    [advice] = await house.customer(FIT)
    assert advice.startswith(advice_for("convulsion"))
    async with house.program.base.database.write() as connection:  # and what retention has taken is no word either way
        await connection.execute(update(inbox).values(text=""))
