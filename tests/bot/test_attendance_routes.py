"""Other ways to a colleague, or to nobody: the pool, refusals, outages, tickets taken away; and asking how it was."""

from typing import Any

import pytest
from sqlalchemy import select

from bot.sandbox.kf import ENDED, HUMAN, POOL
from bot.sandbox.wire import Spoken
from bot.store.tables import conversation, page, ticket
from handlers.texts import HOW_WAS_IT, QUEUED, SCORES
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

BOT = "assistant"
QUESTION = "沙发和茶几之间留多少"
POOLED: dict[str, Any] = {"handoff": {"route": "pool"}}
APART: dict[str, Any] = {"people": {"operators": [], "leads": ["zhaomin"], "consultants": ["lihua"]}}


async def rows(house: House, table: Any) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.execute(select(table))).mappings())


async def rungs(house: House) -> list[tuple[str, list[str]]]:
    return [(row["kind"], row["people"]) for row in sorted(await rows(house, page), key=lambda row: row["step"])]


async def only_ticket(house: House) -> Any:
    [found] = await rows(house, ticket)
    return found


async def state(house: House, who: str = CHEN) -> str:
    [found] = [row["state"] for row in await rows(house, conversation) if row["person"] == who]
    return str(found)


def session(house: House) -> int:
    return house.standin.kf.session(KF, CHEN).state


# --- the pool ---


async def test_in_the_pool_the_member_hears_that_they_queue_and_whose_turn_it_is_is_paged(
    open_house: OpenHouse,
) -> None:
    async with open_house(**POOLED) as house:
        assert await house.customer("转人工") == [QUEUED]
        assert (session(house), await state(house)) == (POOL, "waiting")
        assert await rungs(house) == [("assignee", ["lihua"])]
        assert await house.customer(QUESTION) == []


async def test_the_ladder_is_climbed_while_nobody_takes_the_session_out_of_the_pool(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        for _ in range(4):
            await house.jump(seconds=90)
        assert await rungs(house) == [("assignee", ["lihua"]), ("another", ["zhaomin"]), ("leads", ["zhaomin"])]
        assert (await only_ticket(house))["assignee"] == "zhaomin"
        assert house.said() == [QUEUED]


async def test_who_takes_the_session_out_of_the_pool_has_the_ticket(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        await house.standin.servicer_takes("zhaomin", CHEN)
        await house.standin.servicer_says("zhaomin", CHEN, "您好")
        await house.settled()
        await house.jump(minutes=10)
        found = await only_ticket(house)
        assert (found["state"], found["assignee"]) == ("taken", "zhaomin")
        assert len(await rungs(house)) == 1


async def test_take_brings_a_session_out_of_the_pool(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        await house.colleague("/take 1", "lihua")
        assert house.standin.kf.session(KF, CHEN).servicer == "lihua"
        assert await state(house) == "human"


async def test_a_member_who_goes_on_with_the_bot_is_still_in_the_pool_and_the_ticket_stays(
    open_house: OpenHouse,
) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        await house.customer("继续问")
        assert (await only_ticket(house))["state"] == "open"


async def test_a_pool_that_refuses_is_told_and_the_ticket_stays_open(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        house.standin.faults.errcode("kf/service_state/trans", 95018)
        [told] = await house.customer("转人工")
        assert "现在没有顾问在线" in told
        assert (await only_ticket(house))["state"] == "open"
        assert await rungs(house) == [("assignee", ["lihua"])]


# --- the platform refuses, or is away ---


async def test_a_move_that_wecom_refuses_is_told_and_the_ticket_stays_open(house: House) -> None:
    house.standin.faults.errcode("kf/service_state/trans", 95018)
    [told] = await house.customer("转人工")
    assert "现在没有顾问在线" in told
    assert (await only_ticket(house))["state"] == "open"
    assert await rungs(house) == [("assignee", ["lihua"])]
    assert await house.customer(QUESTION) == []


async def test_a_move_refused_because_a_colleague_has_the_session_is_theirs(house: House) -> None:
    house.standin.faults.errcode("kf/service_state/trans", 95018)
    await house.standin.customer_says(CHEN, "转人工", ring=False)
    house.standin.kf.session(KF, CHEN).state = HUMAN
    house.standin.kf.session(KF, CHEN).servicer = "zhaomin"
    await house.standin.ring(KF)
    await house.settled()
    found = await only_ticket(house)
    assert (found["state"], found["assignee"], house.said()) == ("taken", "zhaomin", [])
    assert await rungs(house) == [("assignee", ["zhaomin"])]


async def test_while_wecom_is_down_colleagues_are_paged_in_time_and_once_it_is_back_the_member_is_handed_over_once(
    house: House,
) -> None:
    house.standin.faults.refuse("kf/servicer/list")
    assert await house.customer("转人工") == []
    assert await rungs(house) == []
    await house.jump(seconds=90)
    [(_, first)] = await rungs(house)
    assert "lihua" in first
    house.standin.faults.clear()
    await house.jump(minutes=6)
    assert session(house) == HUMAN
    assert len(house.said()) == 1
    kinds = [kind for kind, _ in await rungs(house)]
    assert len(kinds) == len(set(kinds))


async def test_a_transfer_whose_answer_was_lost_is_not_made_twice_and_pages_once(house: House) -> None:
    house.standin.faults.lose_reply("kf/service_state/trans")
    await house.customer("转人工")
    await house.jump(seconds=5)
    assert house.standin.kf.session(KF, CHEN).servicer == "lihua"
    assert await rungs(house) == [("assignee", ["lihua"])]
    assert await house.customer(QUESTION) == []


async def test_a_session_that_wecom_ends_in_the_pool_leaves_the_ticket_open(open_house: OpenHouse) -> None:
    async with open_house(**POOLED) as house:
        await house.customer("转人工")
        house.standin.kf.session(KF, CHEN).state = ENDED
        gone = {"change_type": 3, "external_userid": CHEN, "old_servicer_userid": "", "msg_code": ""}
        house.standin.kf.put_event(KF, "session_status_change", **gone)
        await house.standin.ring(KF)
        await house.settled()
        assert (await only_ticket(house))["state"] == "open"
        [answer] = await house.customer(QUESTION)
        assert "厘米" in answer


# --- taken away, because the first word did not come ---


async def asked_for(house: House, where: str) -> None:
    """wangwei asks for a person in the app or on the AI bot, and lihua takes the ticket."""
    if where == "app":
        await house.colleague("转人工", "wangwei")
    else:
        await house.standin.aibot_says(BOT, "wangwei", "转人工")
        await house.settled()
    await house.colleague("/take 1", "lihua")


def read_by(house: House, where: str) -> list[Spoken]:
    chat = house.standin.app_chat("wangwei") if where == "app" else house.standin.bot_chat(BOT, "wangwei")
    return [one for one in chat if one.who == "bot"]


TWO: dict[str, Any] = {"people": {"operators": [], "leads": [], "consultants": ["lihua", "zhaomin"]}}


@pytest.mark.parametrize("where", ["app", "aibot"])
async def test_a_ticket_without_a_first_word_goes_to_another_and_both_hear_so(
    open_house: OpenHouse, where: str
) -> None:
    async with open_house(**TWO) as house:
        await asked_for(house, where)
        before = len(house.told("lihua"))
        await house.jump(seconds=90)
        [told] = house.told("lihua")[before:]
        assert "改请 zhaomin 接手" in told
        found = await only_ticket(house)
        assert (found["state"], found["assignee"]) == ("open", "zhaomin")
        assert (await rungs(house))[-1] == ("another", ["zhaomin"])
        assert any("接手发 /take 1" in text for text in house.told("zhaomin"))


@pytest.mark.parametrize("where", ["app", "aibot"])
async def test_after_that_the_bot_stays_silent_and_the_words_of_who_had_it_do_not_arrive(
    open_house: OpenHouse, where: str
) -> None:
    async with open_house(**TWO) as house:
        await asked_for(house, where)
        await house.jump(seconds=90)
        before = len(read_by(house, where))
        await house.colleague("您好，我来看看", "lihua")
        await house.jump(seconds=30)
        assert len(read_by(house, where)) == before
        await house.colleague("/take 1", "zhaomin")
        await house.colleague("您好，我是赵敏", "zhaomin")
        assert read_by(house, where)[-1].text == "【顾问】您好，我是赵敏"


async def test_who_had_it_may_take_it_again_and_has_their_own_time_for_a_first_word(open_house: OpenHouse) -> None:
    async with open_house(**TWO) as house:
        await asked_for(house, "app")
        await house.jump(seconds=90)
        await house.colleague("/take 1", "lihua")
        await house.jump(seconds=80)
        found = await only_ticket(house)
        assert (found["state"], found["assignee"]) == ("taken", "lihua")


async def test_a_first_word_in_time_keeps_the_ticket(open_house: OpenHouse) -> None:
    async with open_house(**TWO) as house:
        await asked_for(house, "aibot")
        await house.jump(seconds=60)
        await house.colleague("您好", "lihua")
        await house.jump(minutes=10)
        assert (await only_ticket(house))["assignee"] == "lihua"
        assert len(await rungs(house)) == 1


# --- how it was, wherever a colleague had written ---


def questions(house: House) -> list[Spoken]:
    """The menus on kf that ask how it was."""
    return [one for one in house.standin.kf_chat(KF, CHEN) if one.who == "bot" and HOW_WAS_IT in one.text]


async def steps_in(house: House, *words: str) -> None:
    """lihua writes to the member, though nobody had called a colleague."""
    await house.customer(QUESTION)
    await house.standin.servicer_takes("lihua", CHEN)
    for text in words:
        await house.standin.servicer_says("lihua", CHEN, text)
    await house.settled()


async def test_who_was_served_without_a_ticket_is_asked_once_and_their_tap_is_kept(house: House) -> None:
    await steps_in(house, "您好，我来补充一下", "还有一点")
    await house.standin.servicer_ends("lihua", CHEN)
    await house.settled()
    [asked] = questions(house)
    taps = {one["click"]["content"]: one["click"]["id"] for one in asked.body["list"]}
    assert list(taps) == list(SCORES.values())
    await house.standin.customer_says(CHEN, "满意", menu_id=taps["满意"])
    await house.settled()
    assert "谢谢" in house.said()[-1]
    found = await only_ticket(house)
    assert (found["state"], found["assignee"], found["reason"], found["score"]) == ("closed", "lihua", "stepped_in", 3)


async def test_a_session_taken_and_ended_without_a_word_asks_nothing(house: House) -> None:
    await steps_in(house)
    await house.standin.servicer_ends("lihua", CHEN)
    await house.settled()
    assert (questions(house), await rows(house, ticket)) == ([], [])


async def test_stepping_in_pages_nobody_and_is_no_open_ticket(house: House) -> None:
    await steps_in(house, "您好")
    await house.jump(minutes=10)
    assert await rungs(house) == []
    [listed] = await house.colleague("/handoffs")
    assert "没有未结束的转接单" in listed


async def test_a_second_time_is_another_ticket_and_another_question(house: House) -> None:
    for _ in range(2):
        await steps_in(house, "您好")
        await house.standin.servicer_ends("lihua", CHEN)
        await house.settled()
    assert len(questions(house)) == len(await rows(house, ticket)) == 2


async def test_after_resolve_on_kf_the_member_is_asked_once(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好")
    await house.settled()
    await house.colleague("/resolve 1 已经补发", "zhaomin")
    assert session(house) == ENDED
    assert len(questions(house)) == 1
    await house.jump(minutes=5)
    assert len(questions(house)) == 1


async def test_after_resolve_in_the_app_a_card_asks(open_house: OpenHouse) -> None:
    async with open_house(**APART) as house:
        await asked_for(house, "app")
        await house.colleague("您好", "lihua")
        await house.colleague("/resolve 1 已经补发", "zhaomin")
        card = read_by(house, "app")[-1]
        assert [one["text"] for one in card.body["button_list"]] == list(SCORES.values())


async def test_after_resolve_without_a_word_of_a_colleague_nobody_is_asked(house: House) -> None:
    await house.customer("转人工")
    await house.colleague("/resolve 1 误点", "zhaomin")
    assert questions(house) == []


async def test_after_resolve_while_wecom_is_down_the_member_is_asked_when_the_session_has_ended(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好")
    await house.settled()
    house.standin.faults.refuse("kf/service_state/trans")
    await house.colleague("/resolve 1 已经补发", "zhaomin")
    assert (session(house), questions(house)) == (HUMAN, [])
    house.standin.faults.clear()
    await house.jump(minutes=6)
    assert session(house) == ENDED
    assert len(questions(house)) == 1
