"""What one member needs now: sent once, to nobody else, through the same gate, and only when it was approved."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from bot.sandbox.approvals import approve
from bot.store import gaps, preferences, profiles
from bot.store.answer_tables import gap, gap_ask
from handlers.preferences import Preferences, Profile, Purpose
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, ZHOU, House
from tests.bot.test_audience import reached

HALF_YEAR = {"name": "满6个月", "on": "stage", "value": "6个月", "guide": "food.md"}
AFTER = {"name": "到货7天", "on": "days_after", "event": "delivery", "value": 7, "topic": "styling"}
ANSWERED = {"name": "有答案了", "on": "new_guide"}
SAID = date(2026, 10, 24)  # five months old then, surely six on 24 November, the day after the house opens


async def states(house: House, person: str, stage: str = "5个月", day: date = SAID) -> None:
    async with house.program.base.database.write() as connection:
        known = Profile({}, stage, stage_on=day)
        await profiles.save(connection, person, known, house.clock.now())


async def planned(house: House) -> list[Any]:
    async with house.program.base.database.read() as connection:
        rows = await connection.exec_driver_sql(
            "SELECT occurrence.schedule, occurrence.planned_at, outbox.body, outbox.state, outbox.expires_at"
            " FROM occurrence JOIN outbox ON outbox.occurrence = occurrence.id"
            " WHERE occurrence.schedule LIKE 'need:%' ORDER BY outbox.seq"
        )
        return list(rows.mappings())


async def test_a_baby_that_turns_six_months_brings_its_parent_one_message_on_that_day(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN)
        await states(house, LIN, "8个月")
        await house.jump(hours=20)
        assert reached(house) == []
        await house.jump(hours=4)
        assert reached(house) == [CHEN]
        for _ in range(3):
            await house.jump(days=1)
        await house.reopen()
        assert reached(house) == [CHEN]


async def test_a_stage_that_a_member_states_in_a_question_is_kept_with_its_day(house: House) -> None:
    await house.customer("我家宝宝快6个月了，第一口辅食吃什么")
    async with house.program.base.database.read() as connection:
        known = await profiles.load(connection, CHEN)
    assert known is not None
    assert (known.stage, known.stage_on) == ("快6个月", date(2026, 11, 23))
    await house.customer("宝宝辅食怎么加")
    async with house.program.base.database.read() as connection:
        known = await profiles.load(connection, CHEN)
    assert known is not None
    assert (known.stage, known.stage_on) == ("快6个月", date(2026, 11, 23))


async def test_a_need_weighs_more_than_a_post_for_all_and_ends_after_a_week(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        [row] = await planned(house)
        assert row["schedule"].startswith("need:满6个月#")
        assert CHEN not in row["schedule"]
        body = json.loads(row["body"])
        assert (body["weight"], body["recipients"]) == (3, [f"customer:lihua:{CHEN}"])
        assert row["expires_at"] - row["planned_at"] == 7 * 86_400_000


async def test_what_nobody_approved_waits_is_listed_and_leaves_after_the_approval(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[], approved=False) as house:
        await states(house, CHEN)
        await states(house, ZHOU)
        await house.jump(days=1)
        assert reached(house) == []
        [plan] = await house.colleague("/plan")
        assert "（按需：满6个月）" in plan
        assert "等批准" in plan
        assert len(plan.split("《")) == 2, "one row, however many need it"
        [pushed] = await house.colleague("/push 1")
        assert "不用推送" in pushed
        await house.colleague("/approve 1")
        await house.jump(minutes=15)
        assert reached(house) == [CHEN, ZHOU]


async def test_operators_hear_once_that_something_needed_is_not_approved(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[], approved=False) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        await house.jump(hours=1)
        await house.jump(hours=2)
        assert len([text for text in house.told() if "还没有人批准" in text]) == 1


@pytest.mark.parametrize("purpose", [Purpose.PERSONALISATION, None])
async def test_who_opted_out_or_wants_nothing_chosen_for_them_has_no_need(
    open_house: OpenHouse, purpose: Purpose | None
) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN)
        if purpose:
            async with house.program.base.database.write() as connection:
                await preferences.save(connection, CHEN, Preferences(off=frozenset({purpose})), house.clock.now())
        else:
            await house.customer("退订")
        await house.jump(days=1)
        assert await planned(house) == []


async def test_a_need_without_content_is_told_and_found_again_the_next_day(open_house: OpenHouse) -> None:
    missing = HALF_YEAR | {"guide": "none.md"}
    async with open_house(triggers=[missing], schedules=[]) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        assert any("“满6个月”要发的内容（none.md）没有" in text for text in house.told())
        before = len([text for text in house.told() if "要发的内容" in text])
        await house.jump(days=1)
        assert len([text for text in house.told() if "要发的内容" in text]) == before + 1
        assert await planned(house) == []


async def test_a_delivery_in_the_order_file_leads_to_one_message_and_a_corrected_date_to_no_second(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(f"external_userid,date,order,price\n{CHEN},2026-11-17,A1,99\n", encoding="utf-8")
    async with open_house(triggers=[AFTER], schedules=[], posts={"orders": str(orders)}) as house:
        await house.jump(days=1)
        [row] = await planned(house)
        assert json.loads(row["body"])["guide"] == "sofa.md"
        assert reached(house) == [CHEN]
        orders.write_text(f"external_userid,date,order\n{CHEN},2026-11-18,A1\n{ZHOU},2026-11-17,A2\n", encoding="utf-8")
        await house.jump(days=1)
        assert len(await planned(house)) == 2
        assert reached(house) == [CHEN, ZHOU]


async def test_an_order_file_that_cannot_be_read_is_told_once_and_what_was_known_stays(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(f"external_userid,date\n{CHEN},2026-11-17\n{LIN},morgen\n", encoding="utf-8")
    async with open_house(triggers=[AFTER], schedules=[], posts={"orders": str(orders)}) as house:
        assert any("第 3 行日期看不懂" in text for text in house.told())
        orders.write_text("谁,什么时候\n", encoding="utf-8")
        await house.jump(minutes=1)
        await house.jump(minutes=1)
        assert len([text for text in house.told() if "第一行要有" in text]) == 1
        await house.jump(days=1)
        assert reached(house) == [CHEN]


async def test_a_question_that_a_new_guide_answers_comes_back_to_who_asked_it(open_house: OpenHouse) -> None:
    async with open_house(triggers=[ANSWERED], schedules=[]) as house:
        await house.customer("你好")
        async with house.program.base.database.write() as connection:
            who = await gaps.member(connection, CHEN, house.clock.now())
            row = {"kind": "refused", "stage": "closed", "guide": "returns.md", "closed_on": "2026-11-23"}
            number = (await connection.execute(insert(gap).values(**row).returning(gap.c.number))).scalar_one()
            ask = {"gap": number, "kind": "refused", "source": "x", "question": "退货", "who": who}
            await connection.execute(insert(gap_ask).values(**ask, day="2026-11-20", open=False))
        await house.jump(days=1)
        [row] = await planned(house)
        assert json.loads(row["body"])["guide"] == "returns.md", "not weekly: it is sent only to who needs it"
        assert row["state"] == "ready"
        assert reached(house) == [], "nobody has approved these words"


async def test_a_kill_between_planning_and_the_mark_plans_nothing_twice(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        async with house.program.base.database.write() as connection:
            await connection.exec_driver_sql("DELETE FROM mark WHERE name = 'needs_looked'")
        await house.jump(hours=1)
        assert len(await planned(house)) == 1


async def test_a_need_is_over_after_seven_days(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[], approved=False) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        await house.jump(days=7, minutes=20)
        await approve(house.program, "wangwei")
        await house.jump(hours=1)
        assert reached(house) == []
        assert (await planned(house))[0]["state"] == "dropped"


async def test_a_program_that_was_down_catches_up_within_seven_days_and_not_later(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN, day=SAID + timedelta(days=3))  # due 27 November
        await states(house, ZHOU, day=SAID)  # due 24 November
        await house.program.stop()
        house.clock.jump(timedelta(days=9))
        await house.restart()
        await house.settled()
        assert [json.loads(row["body"])["recipients"] for row in await planned(house)] == [[f"customer:lihua:{CHEN}"]]


async def test_a_member_who_asks_why_hears_which_need_it_was(open_house: OpenHouse) -> None:
    async with open_house(triggers=[HALF_YEAR], schedules=[]) as house:
        await states(house, CHEN)
        await house.jump(days=1)
        for task in house.standin.mass_tasks():
            for sender in list(task.shares):
                house.standin.confirm_mass_task(sender, task.msgid)
        await house.jump(hours=1)
        [said] = await house.customer("为什么给我发这个")
        assert "“满6个月”" in said
        assert "need:" not in said


async def test_an_old_order_makes_a_stranger_no_newcomer_and_nobody_faster(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text(f"external_userid,date\n{ZHOU},2024-05-01\n", encoding="utf-8")
    audience = {"name": "全部", "include": ["everyone"], "confirm_everyone": True}
    soon = {"name": "weekly", "every": "mon 12:00", "topic": "styling", "to": ["audience:全部"]}
    async with open_house(audiences=[audience], schedules=[soon], posts={"orders": str(orders)}) as house:
        await house.jump(hours=2)
        for task in house.standin.mass_tasks():
            for sender in list(task.shares):
                house.standin.confirm_mass_task(sender, task.msgid)
        await house.jump(minutes=2)
        [old] = await house.colleague(f"/why {ZHOU}")
        [new] = await house.colleague(f"/why {LIN}")
        assert "分层：新认识" in new
        assert "分层：少打扰" in old
