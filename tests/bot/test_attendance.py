"""Nobody waits unseen: pages end to end, through lunch, nights, restarts and colleagues who are gone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from bot.sandbox.wire import Spoken
from bot.store.tables import page, ticket
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House

STAFF = ("lihua", "zhaomin", "wangwei")
NIGHT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # Monday 22:00 in Shanghai


async def rungs(house: House) -> list[tuple[str, Sequence[str]]]:
    async with house.program.base.database.read() as connection:
        rows = await connection.execute(select(page.c.kind, page.c.people).order_by(page.c.step))
        return [(row.kind, row.people) for row in rows]


def cards(house: House, who: str) -> list[Spoken]:
    return [spoken for spoken in house.standin.app_chat(who) if spoken.msgtype == "template_card"]


def counted(house: House) -> list[int]:
    return [len(cards(house, who)) for who in STAFF]


LADDER = [("assignee", ["lihua"]), ("another", ["zhaomin"]), ("leads", ["zhaomin"])]


async def test_two_hours_of_absence_are_silence_to_the_member_and_exactly_the_ladder(open_house: OpenHouse) -> None:
    async with open_house(handoff={"working_hours": "00:00-24:00"}) as house:
        await house.customer("转人工")
        before = house.said()
        for seconds in (*[90] * 4, *[600] * 12):
            await house.jump(seconds=seconds)
        assert house.said() == before
        assert await rungs(house) == LADDER
        assert counted(house) == [1, 2, 0]


async def test_the_card_is_read_before_the_page(house: House) -> None:
    await house.customer("沙发和茶几之间留多少")
    [told] = await house.customer("转人工")
    context, paged = [spoken for spoken in house.standin.app_chat("lihua") if spoken.who == "bot"]
    assert paged.msgtype == "template_card"
    assert (context.at - house.clock.now()).total_seconds() <= 3
    for piece in ("1 号的背景", "《小客厅沙发怎么选尺寸》", "会员：沙发和茶几之间留多少", told[:20], "/take 1"):
        assert piece in context.text


async def test_a_restart_in_the_middle_loses_no_timer_and_doubles_no_page(house: House) -> None:
    await house.customer("转人工")
    await house.reopen()
    await house.jump(seconds=89)
    assert await rungs(house) == LADDER[:1]
    await house.reopen()
    await house.jump(seconds=1)
    assert await rungs(house) == LADDER[:2]
    await house.reopen()
    await house.jump(seconds=0)
    assert await rungs(house) == LADDER[:2]
    assert counted(house) == [1, 1, 0]


async def test_at_night_nobody_is_paged_and_the_member_hears_when_colleagues_are_back(open_house: OpenHouse) -> None:
    async with open_house(start=NIGHT, people={"names": ["lihua=李华"]}) as house:
        [told] = await house.customer("转人工")
        assert "李华" in told
        assert "11-24 周二 09:00" in told
        await house.jump(hours=10)
        assert await rungs(house) == []
        await house.jump(hours=1)
        assert await rungs(house) == LADDER[:1]


async def test_the_first_word_ends_the_ladder_and_is_the_receipt(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_says("lihua", CHEN, "您好，我来看")
    await house.settled()
    await house.jump(minutes=10)
    assert await rungs(house) == LADDER[:1]
    async with house.program.base.database.read() as connection:
        assert await connection.scalar(select(ticket.c.replied_at)) is not None
        assert await connection.scalar(select(page.c.acked_at)) is not None


async def test_a_late_first_word_passes_the_session_to_a_colleague_who_receives(house: House) -> None:
    await house.customer("转人工")
    await house.standin.servicer_on_duty("zhaomin", True)
    await house.jump(seconds=90)
    assert house.standin.kf.session(KF, CHEN).servicer == "zhaomin"


async def test_a_consultant_who_left_the_company_is_passed_over(house: House) -> None:
    lihua, zhaomin = house.standin.world.servicers
    lihua.activated, zhaomin.receiving = False, True
    [told] = await house.customer("转人工")
    assert "人工顾问" in told
    assert house.standin.kf.session(KF, CHEN).servicer == "zhaomin"
    assert (await rungs(house))[0] == ("assignee", ["zhaomin"])


async def test_who_met_nobody_is_handed_over_once_somebody_receives_and_hears_it_once(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    [told] = await house.customer("转人工")
    assert "继续问" in told
    await house.jump(minutes=2)
    assert len(house.said()) == 1
    await house.standin.servicer_on_duty("lihua", True)
    await house.jump(minutes=2)
    assert house.standin.kf.session(KF, CHEN).servicer == "lihua"
    assert len(house.said()) == 2


async def test_what_is_not_ended_is_told_to_leads_and_operators_once(open_house: OpenHouse) -> None:
    async with open_house(handoff={"ceiling_hours": 1}) as house:
        await house.customer("转人工")
        await house.standin.servicer_says("lihua", CHEN, "您好")
        await house.settled()
        for _ in range(3):
            await house.jump(minutes=31)
        assert (await rungs(house))[1:] == [("ceiling", ["zhaomin", "wangwei"])]
