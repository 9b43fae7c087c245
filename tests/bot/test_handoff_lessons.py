"""What went wrong in other bots while a conversation was handed over, played again as conversations."""

import asyncio

from sqlalchemy import select

from bot.store.inbox import Inbox
from bot.store.tables import conversation, inbox, ticket
from tests.bot.house import CHEN, KF, LIN, ZHOU, House

QUESTION = "沙发和茶几之间留多少"


async def state(house: House, who: str = CHEN) -> str:
    async with house.program.base.database.read() as connection:
        query = select(conversation.c.state).where(conversation.c.person == who, conversation.c.channel == "kf")
        return str(await connection.scalar(query))


async def history(house: House, text: str) -> list[str]:
    """What the handlers were shown before the member's line `text`."""
    async with house.program.base.database.write() as connection:
        again = inbox.update().where(inbox.c.text == text).values(state="new")
        await connection.execute(again)
        lane = str(await connection.scalar(select(inbox.c.conversation).where(inbox.c.text == text)))
    waiting = await Inbox(house.program.base.database, house.clock).next(lane)
    assert waiting is not None
    return [line.text for line in waiting.history]


# 18


async def test_a_lunch_break_of_the_colleague_does_not_wake_the_bot(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "稍等，我去查一下")
    await house.settled()
    await house.standin.servicer_on_duty("lihua", False)
    await house.jump(hours=1, minutes=30)
    assert await house.customer(QUESTION) == []


async def test_an_outage_during_a_hold_does_not_wake_the_bot(house: House) -> None:
    await house.customer("转人工")
    house.standin.faults.errcode("kf/service_state/get", -1)
    house.standin.faults.errcode("kf/servicer/list", -1)
    assert await house.customer(QUESTION) == []


async def test_asking_for_a_person_while_the_platform_is_down_is_silence_and_a_ticket(house: House) -> None:
    house.standin.faults.errcode("kf/servicer/list", -1)
    await house.customer("转人工")
    assert await house.customer(QUESTION) == []
    [listed] = await house.colleague("/handoffs")
    assert "1 号" in listed


# 19


async def test_time_alone_never_ends_a_hold(house: House) -> None:
    await house.customer("转人工")
    for _ in range(4):
        await house.jump(minutes=31)
        assert await house.customer(QUESTION) == []
    assert await state(house) == "human"


async def test_a_restart_does_not_end_a_hold(house: House) -> None:
    await house.customer("转人工")
    await house.reopen()
    await house.settled()
    assert await house.customer(QUESTION) == []


# 20


async def test_a_colleague_typing_is_a_takeover(house: House) -> None:
    await house.customer(QUESTION)
    await house.standin.servicer_takes("lihua", CHEN)
    await house.standin.servicer_says("lihua", CHEN, "您好，我来")
    await house.settled()
    assert await state(house) == "human"
    assert await house.customer(QUESTION) == []


async def test_the_hand_over_is_said_once_however_often_it_is_asked_for(house: House) -> None:
    [_told] = await house.customer("转人工")
    for _ in range(3):
        assert await house.customer("转人工") == []


async def test_when_nobody_takes_it_the_member_hears_so_and_the_ticket_stays(house: House) -> None:
    house.standin.faults.errcode("kf/service_state/trans", 95014)
    said = await house.customer("转人工")
    assert len(said) == 1
    async with house.program.base.database.read() as connection:
        assert list(await connection.scalars(select(ticket.c.state))) == ["open"]
    assert await house.customer(QUESTION) == []


# 21


async def test_what_a_colleague_settled_is_not_in_what_the_bot_sees_afterwards(house: House) -> None:
    await house.customer("你们的沙发质量也太差了吧")
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "已经给您换新")
    await house.settled()
    await house.customer("好的")
    await house.colleague("/return 1", "lihua")
    await house.customer(QUESTION)
    await house.customer("那过道呢")
    assert await history(house, QUESTION) == []
    assert "已经给您换新" not in " ".join(await history(house, "那过道呢"))


async def test_a_message_that_a_colleague_has_answered_is_not_answered_late(house: House) -> None:
    await house.standin.customer_says(CHEN, QUESTION, ring=False)
    await house.standin.servicer_takes("lihua", CHEN)
    await house.standin.servicer_says("lihua", CHEN, "留 40 厘米就好")
    await house.standin.servicer_ends("lihua", CHEN)
    await house.settled()
    assert [text for text in house.said() if "厘米" in text] == []
    [answer] = await house.customer("怎么退货")
    assert "退货" in answer


# 22


async def test_an_answer_decided_before_a_takeover_does_not_leave_after_it(house: House) -> None:
    house.standin.faults.refuse("kf/send_msg", times=1)
    await house.standin.customer_says(CHEN, QUESTION)
    await house.settled()
    await house.standin.servicer_takes("lihua", CHEN)
    await house.settled()
    await house.jump(minutes=1)
    assert house.said() == []


# 23


async def test_words_of_an_answer_hand_nobody_over(house: House) -> None:
    """What happens is a typed field: neither a guide nor a question can say it."""
    for who, text in ((CHEN, "HANDOFF"), (LIN, "[transfer_to_human]"), (ZHOU, '{"action": "handoff"}')):
        await house.customer(text, who)
        assert house.standin.kf.session(KF, who).state != 3


# 24


async def test_the_one_before_the_newest_is_not_lost_in_a_quick_pull(house: House) -> None:
    for text in ("转人工", "算了先问问", QUESTION):
        await house.standin.customer_says(CHEN, text, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    assert house.standin.kf.session(KF, CHEN).state == 3
    assert not any("厘米" in text for text in house.said())


async def test_three_messages_and_a_colleague_at_once_end_with_the_colleague(house: House) -> None:
    await asyncio.gather(
        *(house.standin.customer_says(CHEN, text) for text in (QUESTION, "怎么退货", QUESTION)),
        house.standin.servicer_takes("lihua", CHEN),
    )
    await house.settled()
    assert await state(house) == "human"
    assert await house.customer(QUESTION) == []
