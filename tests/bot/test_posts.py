"""Speaking unasked: the weekly post, the gate's word on it, and what operators can do about it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.store import posts as posts_store
from bot.store.tables import decision, mass_task
from scheduler.gate import replay
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, House

WEEKLY = {"name": "weekly-styling", "every": "thu 10:00", "topic": "styling", "to": ["robot:weekly"]}


async def decisions(house: House) -> list[Any]:
    async with house.program.base.database.read() as connection:
        query = select(decision.c.verdict, decision.c.reason, decision.c.rule, decision.c.inputs).order_by(
            decision.c.id
        )
        return list((await connection.execute(query)).mappings())


async def test_the_weekly_post_reaches_the_group_once_at_its_time(house: House) -> None:
    await house.jump(hours=20)
    assert house.posts() == []
    await house.jump(hours=4)  # Tuesday 10:05: the parenting post
    await house.jump(minutes=1)
    [post] = house.posts()
    assert "6 个月宝宝开始添加辅食" in post


@pytest.mark.both_stores
async def test_a_restart_around_the_time_sends_no_second_post(house: House) -> None:
    await house.jump(days=1)
    await house.reopen()
    await house.jump(minutes=5)
    assert len(house.posts()) == 1


async def test_a_post_missed_within_the_bound_is_caught_up_once(house: House) -> None:
    await house.program.stop()
    house.clock.jump(timedelta(days=1, hours=3))
    await house.restart()
    await house.settled()
    assert len(house.posts()) == 1


async def test_a_post_missed_for_too_long_is_skipped_and_operators_are_told(house: House) -> None:
    await house.program.stop()
    house.clock.jump(timedelta(days=1, hours=10))
    await house.restart()
    await house.settled()
    assert house.posts() == []
    assert any("已跳过" in text for text in house.told())


async def test_a_push_goes_through_the_gate_and_the_second_one_hears_its_reason(house: House) -> None:
    [listed] = await house.colleague("/plan")
    assert "6 个月宝宝开始添加辅食" in listed
    said = await house.colleague("/push 1")
    assert any("发出 1 处" in text for text in said)
    assert len(house.posts()) == 1
    await house.colleague("/plan")
    said = await house.colleague("/push 1")
    assert any("group_day" in text for text in said)
    assert len(house.posts()) == 1


async def test_a_number_means_what_stood_there_when_the_plan_was_shown(house: House) -> None:
    [listed] = await house.colleague("/plan 14")
    second = next(row for row in listed.splitlines() if row.startswith("2. "))
    await house.colleague("/push 1")
    [said] = await house.colleague("/preview 2")
    assert re.findall("《.*?》", said)[0] in second, "the list has moved up, what the operator read has not"
    [said] = await house.colleague("/push 1")
    assert "已经不在计划里了" in said
    assert "请重新发 /plan" in said
    assert len(house.posts()) == 1


async def test_the_plan_says_of_which_year_no_holidays_are_known(open_house: OpenHouse) -> None:
    december = datetime(2039, 12, 26, 2, 0, tzinfo=UTC)
    async with open_house(start=december, schedules=[WEEKLY]) as house:
        [listed] = await house.colleague("/plan 14")
        assert "2039 年的放假安排分寸还不知道" in listed


async def test_the_numbers_of_one_operator_are_not_those_of_another(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": ["wangwei", "lihua"]}) as house:
        await house.colleague("/plan 14")
        await house.colleague("/push 1", "lihua")
        [theirs] = await house.colleague("/plan 14", "lihua")
        [mine] = await house.colleague("/preview 2")
        first = next(row for row in theirs.splitlines() if row.startswith("1. "))
        assert re.findall("《.*?》", mine)[0] in first


async def test_a_pushed_post_does_not_come_again_at_its_own_time(house: House) -> None:
    await house.colleague("/push 1")
    await house.jump(days=1)
    assert len(house.posts()) == 1


async def test_a_refused_push_leaves_the_post_for_its_own_time(open_house: OpenHouse) -> None:
    night = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # Monday 22:00 in Shanghai: quiet hours
    async with open_house(start=night) as house:
        said = await house.colleague("/push 1")
        assert any("quiet_hours" in text for text in said)
        assert house.posts() == []
        await house.jump(hours=12, minutes=5)
        assert len(house.posts()) == 1


async def test_the_gap_holds_where_two_calendar_days_alone_would_not(open_house: OpenHouse) -> None:
    late = {**WEEKLY, "name": "late", "every": "mon 20:58"}
    early = {**WEEKLY, "name": "early", "every": "tue 09:02", "topic": "parenting"}
    async with open_house(schedules=[late, early]) as house:
        await house.jump(hours=10, minutes=54)  # Monday 20:59
        await house.jump(hours=12, minutes=4)  # Tuesday 09:03: another day, only twelve hours later
        assert len(house.posts()) == 1
        assert [row["reason"] for row in await decisions(house)] == ["", "min_gap"]


async def test_during_a_pause_nothing_leaves_and_afterwards_only_what_is_not_stale(house: House) -> None:
    await house.colleague("/pause")
    await house.jump(days=1)
    assert house.posts() == []
    await house.colleague("/resume")
    await house.jump(minutes=11)
    assert len(house.posts()) == 1


async def test_a_push_during_a_pause_leaves_with_the_end_of_the_pause(house: House) -> None:
    await house.colleague("/pause")
    await house.colleague("/push 1")
    assert house.posts() == []
    house.clock.jump(timedelta(minutes=2))
    await house.colleague("/resume")
    assert len(house.posts()) == 1


async def test_a_push_says_what_waits_for_a_colleague_s_confirmation(open_house: OpenHouse) -> None:
    both = {**WEEKLY, "to": ["robot:weekly", "customer:lihua:wmDemoLin"]}
    async with open_house(schedules=[both]) as house:
        await house.colleague("/push 1")
        assert any("发出 1 处，交给同事确认 1 处，没有发 0 处" in text for text in house.told())


async def test_a_post_held_past_its_expiry_is_dropped_not_sent_stale(house: House) -> None:
    await house.colleague("/pause")
    await house.jump(days=1)
    await house.jump(hours=7)
    await house.colleague("/resume")
    await house.jump(hours=1)
    assert house.posts() == []
    assert (await decisions(house))[-1]["reason"] == "expired"


async def test_who_opted_out_gets_no_post_and_everybody_else_does(open_house: OpenHouse) -> None:
    to_people = {**WEEKLY, "every": "mon 12:00", "to": ["app:lihua", "app:wangwei"]}
    async with open_house(schedules=[to_people]) as house:
        await house.colleague("退订", "lihua")
        before = len(house.told("lihua")), len(house.told("wangwei"))
        await house.jump(hours=2)
        assert (len(house.told("lihua")), len(house.told("wangwei"))) == (before[0], before[1] + 1)
        assert sorted(row["reason"] for row in await decisions(house)) == ["", "opted_out"]


async def test_a_person_whom_a_colleague_serves_gets_no_post(open_house: OpenHouse) -> None:
    to_customer = {**WEEKLY, "every": "mon 12:00", "to": [f"customer:lihua:{CHEN}"]}
    async with open_house(schedules=[to_customer]) as house:
        await house.customer("转人工")
        await house.jump(hours=2)
        assert house.standin.mass_tasks() == []
        assert (await decisions(house))[0]["reason"] == "human_has_it"


async def test_every_recorded_decision_can_be_replayed(house: House) -> None:
    await house.colleague("/push 1")
    await house.colleague("/push 1")
    rows = await decisions(house)
    assert len(rows) == 2
    for row in rows:
        again = replay(row["inputs"], row["rule"])
        assert (again.verdict, again.reason or "") == (row["verdict"], row["reason"])


@pytest.mark.both_stores
async def test_a_customer_group_post_is_one_task_for_its_colleague_and_its_result_is_kept(
    open_house: OpenHouse,
) -> None:
    groups = {**WEEKLY, "every": "mon 12:00", "to": ["group:lihua:wrDemoGroup01"]}
    async with open_house(schedules=[groups]) as house:
        await house.jump(hours=2)
        [task] = house.standin.mass_tasks()
        house.standin.confirm_mass_task("lihua", task.msgid)
        await house.jump(minutes=2)
        assert house.standin.received("wrDemoGroup01")
        async with house.program.base.database.read() as connection:
            rows = (await connection.execute(select(mass_task.c.state, mass_task.c.result))).all()
        assert [tuple(row) for row in rows] == [("sent", {"sent": 1})]


async def test_a_task_nobody_confirms_in_time_is_cancelled_and_told(open_house: OpenHouse) -> None:
    groups = {**WEEKLY, "every": "mon 12:00", "to": ["group:lihua:wrDemoGroup01"]}
    async with open_house(schedules=[groups]) as house:
        await house.jump(hours=2)
        await house.jump(hours=7)
        assert any("已取消" in text for text in house.told())
        async with house.program.base.database.read() as connection:
            rows = list(await connection.exec_driver_sql("SELECT state FROM mass_task"))
        assert [row[0] for row in rows] == ["cancelled"]


async def test_a_post_whose_answer_was_lost_is_not_sent_again_and_is_told(house: House) -> None:
    house.standin.faults.lose_reply("webhook/send", 1)
    await house.jump(days=1)
    await house.jump(minutes=30)
    assert len(house.posts()) == 1
    assert any("没有收到回执" in text for text in house.told())


async def test_a_robot_that_is_over_its_rate_only_delays_the_post(house: House) -> None:
    house.standin.faults.errcode("webhook/send", 45009, 2)
    await house.jump(days=1)
    await house.jump(minutes=10)
    await house.jump(minutes=10)
    assert len(house.posts()) == 1


async def test_a_reservation_of_the_same_slot_meets_a_unique_constraint(house: House) -> None:
    now = house.clock.now()
    async with house.program.base.database.write() as connection:
        for part in ("part1", "part2"):
            slot = {"subject": "person:a", "part": part, "guide": "g.md", "day": "2026-11-23"}
            await posts_store.reserve(connection, slot, now)
        rows = await connection.exec_driver_sql("SELECT ordinal FROM delivery ORDER BY ordinal")
        assert [row[0] for row in rows] == [1, 2]


async def test_a_reply_that_a_failing_store_left_half_sent_is_taken_up_by_the_next_drain(house: House) -> None:
    await house.customer("怎么退货")
    async with house.program.base.database.write() as connection:
        await connection.exec_driver_sql("UPDATE outbox SET state = 'sending', sent_at = NULL WHERE klass = 'reply'")
    assert len(await house.customer("沙发和茶几之间留多少")) == 1  # the first one is known to WeCom: not said twice
    async with house.program.base.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT state FROM outbox WHERE klass = 'reply'")
        assert [row[0] for row in rows] == ["sent", "sent"]


async def test_a_post_that_was_on_its_way_at_a_kill_counts_as_lost_and_is_told(house: House) -> None:
    await house.jump(days=1)
    async with house.program.base.database.write() as connection:
        await connection.exec_driver_sql("UPDATE outbox SET state = 'sending' WHERE klass = 'post'")
    await house.reopen()
    await house.settled()
    assert len(house.posts()) == 1
    assert any("没有收到回执" in text for text in house.told())
