"""A danger sign from the member's message to the colleagues' telephones."""

from sqlalchemy import select

from bot.store.tables import ticket
from knowledge.danger.advice import advice_for
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

FEVER = "宝宝两个月发烧38.5"


async def _tickets(house: House) -> list[tuple[str, str, str]]:
    async with house.program.base.database.read() as connection:
        rows = await connection.execute(select(ticket.c.reason, ticket.c.ask, ticket.c.state))
        return [tuple(row) for row in rows]


def _urgent(told: list[str]) -> list[str]:
    return [text for text in told if "【紧急】" in text]


def _cards(house: House, who: str) -> list[str]:
    """Everything the app showed a colleague, cards with their title."""
    return [str(spoken.body) + spoken.text for spoken in house.standin.app_chat(who) if spoken.who == "bot"]


async def test_the_advice_comes_first_and_then_the_session_goes_to_a_colleague(house: House) -> None:
    advice, handed = await house.customer(FEVER)
    assert advice == advice_for("newborn_fever")
    assert "不要等我们回复" in handed
    assert house.standin.kf.session(KF, CHEN).state == 3
    assert await _tickets(house) == [("urgent", FEVER, "taken")]
    for who in ("lihua", "zhaomin"):  # who was given the session, and the lead
        assert len(_urgent(_cards(house, who))) == 1


async def test_with_nobody_on_shift_the_advice_is_said_and_then_the_truth(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    advice, told = await house.customer(FEVER)
    assert advice == advice_for("newborn_fever")
    assert "没有顾问在线" in told
    assert "不要等我们回复" in told
    assert await _tickets(house) == [("urgent", FEVER, "open")]
    assert _urgent(_cards(house, "lihua"))
    [listed] = await house.colleague("/handoffs")
    assert "紧急情况" in listed


async def test_a_second_sign_alerts_again_and_opens_no_second_ticket(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer(FEVER)
    assert await house.customer("宝宝抽搐了") == [advice_for("convulsion")], "the help itself is never held back"
    assert await _tickets(house) == [("urgent", "宝宝抽搐了", "open")]
    assert len(_urgent(_cards(house, "lihua"))) == 2


async def test_under_a_hold_the_member_hears_nothing_and_the_colleagues_hear_it_again(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好，我来看")
    await house.settled()
    assert _urgent(_cards(house, "lihua")) == []
    assert await house.customer("宝宝开始抽搐了") == []
    assert await _tickets(house) == [("urgent", "宝宝开始抽搐了", "taken")]
    for who in ("lihua", "zhaomin"):
        [card] = _urgent(_cards(house, who))
        assert "宝宝开始抽搐了" in card
    assert house.standin.kf.session(KF, CHEN).servicer == "lihua", "the session stays where it is"
    assert await house.customer("沙发和茶几之间留多少") == []
    assert len(_urgent(_cards(house, "lihua"))) == 1


async def test_a_colleague_who_took_the_session_without_a_ticket_gets_one_in_their_hands(house: House) -> None:
    await house.customer("沙发和茶几之间留多少")
    await house.standin.servicer_takes("lihua", CHEN)
    await house.settled()
    assert await house.customer("宝宝叫不醒") == []
    assert await _tickets(house) == [("urgent", "宝宝叫不醒", "taken")]
    await house.standin.servicer_ends("lihua", CHEN)
    await house.settled()
    assert await _tickets(house) == [("urgent", "宝宝叫不醒", "closed")]


async def test_in_a_group_of_colleagues_the_ai_bot_gives_the_advice_and_pages(house: House) -> None:
    turn = await house.standin.aibot_says("assistant", "lihua", "孩子吞了纽扣电池", "wrInner")
    assert turn.text == advice_for("battery")
    await house.settled()
    assert _urgent(_cards(house, "zhaomin"))
    said = await house.standin.aibot_says("assistant", "lihua", "沙发和茶几之间留多少", "wrInner")
    assert said.texts == [], "a colleague is awaited"


async def test_in_a_burst_the_question_before_it_is_still_answered(house: House) -> None:
    for text in ("沙发和茶几之间留多少", FEVER, "怎么退货"):
        await house.standin.customer_says(CHEN, text, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    said = "\n".join(house.said())
    assert "30 到 45 厘米" in said
    assert advice_for("newborn_fever") in said
    assert "退货申请" not in said, "a colleague has it now"


async def test_where_nobody_can_be_paged_the_advice_is_given_all_the_same(open_house: OpenHouse) -> None:
    async with open_house(wecom={"app": None}, people={"operators": [], "leads": [], "consultants": []}) as house:
        assert (await house.customer(FEVER))[0] == advice_for("newborn_fever")
        assert [reason for reason, _, _ in await _tickets(house)] == ["urgent"]
