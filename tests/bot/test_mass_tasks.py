"""Tasks that a colleague confirms: results by recipient, what does not fit, and reminders within limits."""

from datetime import UTC, datetime

import pytest

from bot import rhythm
from bot.mass.checking import asking
from bot.mass.outcome import mismatch, outcome_of
from bot.sandbox.wire import Spoken
from scheduler.fatigue import SignalKind
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, MONDAY, House
from tests.bot.mass_sends import (
    GROUP1,
    PERSON_CHEN,
    PERSON_LIN,
    REMIND,
    TO_CHEN,
    TO_LIN,
    Gate,
    calls,
    confirm,
    following,
    give,
    results,
    rows,
    slots,
    state,
    told,
)

# ---- results


async def test_each_recipient_has_a_result_and_nobody_is_told_when_all_went_well(house: House) -> None:
    await give(house, TO_CHEN, TO_LIN)
    assert await slots(house) == {(PERSON_CHEN, False), (PERSON_LIN, False)}
    confirm(house)
    before = house.told()
    await house.jump(minutes=1)
    assert await results(house) == {PERSON_CHEN: 1, PERSON_LIN: 1}
    assert await slots(house) == {(PERSON_CHEN, True), (PERSON_LIN, True)}
    assert await rows(house, "SELECT state, result FROM mass_task") == [("sent", '{"sent": 2}')]
    assert house.told() == before


async def test_who_deleted_the_colleague_gives_the_slot_back_is_a_signal_and_is_told(
    guarded: House, gate: Gate
) -> None:
    await give(guarded, TO_CHEN, TO_LIN)
    guarded.standin.world.customer(LIN).followers.remove("lihua")
    confirm(guarded)
    await guarded.jump(minutes=1)
    await guarded.jump(minutes=5)
    assert await results(guarded) == {PERSON_CHEN: 1, PERSON_LIN: 2}
    assert await slots(guarded) == {(PERSON_CHEN, True)}
    assert gate.signals == [(PERSON_LIN, SignalKind.LEAVE, "parted:lihua")]
    assert told(guarded, "1 位已经不是好友", "送达 1 个") == 1


async def test_over_the_platform_s_cap_nothing_arrived_and_the_slot_is_given_back(house: House) -> None:
    house.standin.world.limits.mass_cap = "day"
    by_hand = Spoken(house.clock.now(), "lihua", "早上好", "m1", "text", {"mass": True})
    house.standin.mass.received[CHEN] = [by_hand]  # his colleague has sent him one of his own today
    await give(house, TO_CHEN, TO_LIN)
    confirm(house)
    await house.jump(minutes=1)
    assert await results(house) == {PERSON_CHEN: 3, PERSON_LIN: 1}
    assert await slots(house) == {(PERSON_LIN, True)}
    assert await rows(house, "SELECT result FROM mass_task") == [('{"over_cap": 1, "sent": 1}',)]
    assert told(house, "1 个到了企业微信的群发上限") == 1


async def test_a_task_that_expires_is_cancelled_with_a_result_for_everybody_and_the_slots_given_back(
    house: House,
) -> None:
    await give(house, TO_CHEN, TO_LIN, days=0.2)
    await house.jump(hours=5)
    assert [task.cancelled for task in house.standin.mass_tasks()] == [True]
    assert (await state(house), await slots(house)) == (["cancelled"], set())
    assert await results(house) == {PERSON_CHEN: 0, PERSON_LIN: 0}
    assert told(house, "到期没有确认，已取消") == 1


async def test_a_task_cancelled_in_wecom_itself_is_told_and_gives_the_slots_back(house: House) -> None:
    await give(house, TO_CHEN)
    house.standin.mass_tasks()[0].cancelled = True
    await house.jump(minutes=1)
    assert (await state(house), await slots(house)) == (["cancelled"], set())
    assert told(house, "在企业微信里被取消了") == 1


# ---- what does not fit


async def test_who_was_deselected_is_waited_for_half_an_hour_then_told_and_the_slot_given_back(house: House) -> None:
    await give(house, TO_CHEN, TO_LIN)
    confirm(house, left_out=[LIN])
    await house.jump(minutes=20)
    assert await state(house) == ["waiting"]
    await house.jump(minutes=11)
    assert await results(house) == {PERSON_CHEN: 1, PERSON_LIN: 0}
    assert await slots(house) == {(PERSON_CHEN, True)}
    assert told(house, "1 个没有发出", "取消了勾选") == 1


async def test_a_group_that_an_old_client_picked_by_itself_is_told(house: House) -> None:
    await give(house, GROUP1)
    confirm(house, also=["wrDemoGroup02"])
    await house.jump(minutes=1)
    await house.jump(minutes=1)
    assert await results(house) == {"group:wrdemogroup01": 1, "group:wrdemogroup02": 1}
    assert told(house, "1 个不是我们安排的", "4.1.10") == 1


def test_another_colleague_s_confirmation_is_told_and_a_number_in_no_document_gives_nothing_back() -> None:
    outcome = outcome_of({"person:a"}, [{"external_userid": "A", "status": 7}], ["zhaomin"])
    assert outcome.counts == {"unknown": 1}
    assert "确认的是 zhaomin，不是 lihua" in mismatch(outcome, "lihua", "沙发")


async def test_the_result_of_somebody_who_was_forgotten_is_not_stored_again(house: House) -> None:
    await give(house, TO_CHEN, TO_LIN)
    confirm(house)
    await house.customer("删除我的数据", LIN)
    await house.customer("确认删除", LIN)
    await house.jump(minutes=1)
    assert await state(house) == ["sent"]
    assert PERSON_LIN not in await results(house)
    assert not told(house, "不是我们安排的")


# ---- reminders


async def test_after_four_working_hours_the_colleague_is_reminded_once_a_day_and_twice_at_most(
    guarded: House, gate: Gate
) -> None:
    await give(guarded, TO_CHEN, days=9)
    [task] = guarded.standin.mass_tasks()
    await guarded.jump(hours=4)  # 14:05, with an hour for lunch: three of work
    assert task.reminders == []
    await guarded.jump(hours=1, minutes=1)
    assert len(task.reminders) == 1
    for _ in range(23):
        await guarded.jump(hours=1)
    assert len(task.reminders) == 1
    await guarded.jump(hours=1)
    assert len(task.reminders) == 2
    await guarded.jump(days=3)
    assert len(task.reminders) == 2
    assert gate.asked == [(TO_CHEN,), (TO_CHEN,)]


@pytest.mark.parametrize(
    "evening",
    [
        datetime(2026, 11, 23, 13, 30, tzinfo=UTC),  # 21:30: quiet hours, and nobody works
        datetime(2026, 11, 24, 4, 30, tzinfo=UTC),  # 12:30: lunch
    ],
)
async def test_nobody_is_reminded_outside_working_time(guarded: House, evening: datetime) -> None:
    await give(guarded, TO_CHEN)
    guarded.clock.jump(evening - MONDAY)
    await following(guarded).follow()
    assert guarded.standin.mass_tasks()[0].reminders == []


async def test_quiet_hours_bar_a_reminder_even_where_people_work(open_house: OpenHouse, gate: Gate) -> None:
    async with open_house(restraint={"quiet": "14:00-16:00"}) as house:
        following(house).use(gate.may_still_go, gate.note)
        await give(house, TO_CHEN)
        await house.jump(hours=5, minutes=10)  # 15:15
        assert house.standin.mass_tasks()[0].reminders == []
        await house.jump(minutes=46)
        assert len(house.standin.mass_tasks()[0].reminders) == 1


async def test_lesson_32_a_task_is_checked_again_before_each_reminder_and_recalled_for_who_may_not_get_it(
    guarded: House, gate: Gate
) -> None:
    await give(guarded, TO_CHEN, TO_LIN)
    [task] = guarded.standin.mass_tasks()
    gate.refused[TO_LIN] = "对方已退订"
    await guarded.jump(hours=5, minutes=1)
    await guarded.jump(minutes=1)
    assert (task.reminders, task.cancelled) == ([], True)
    assert (await state(guarded), await slots(guarded)) == (["cancelled"], set())
    for who in ("wangwei", "lihua"):
        assert told(guarded, "不用再确认", "wmDe…oLin 对方已退订", "/push", who=who) == 1


async def test_the_real_gate_lets_a_reminder_go_and_stops_it_after_an_opt_out(house: House) -> None:
    gatekeeper = house.program.dispatcher._admission._gatekeeper
    following(house).use(asking(gatekeeper, "Asia/Shanghai"), rhythm.note)
    await give(house, TO_CHEN, days=9)
    [task] = house.standin.mass_tasks()
    await house.jump(hours=5, minutes=1)
    assert (len(task.reminders), task.cancelled) == (1, False)
    await house.customer("退订", CHEN)
    await house.jump(days=1)
    await house.jump(minutes=1)
    assert (len(task.reminders), task.cancelled) == (1, True)
    assert told(house, "不用再确认", "退订", who="lihua") == 1


async def test_without_a_gate_to_ask_nothing_is_reminded_of(house: House) -> None:
    following(house)._may_still_go = None
    await give(house, TO_CHEN)
    await house.jump(hours=6)
    assert house.standin.mass_tasks()[0].reminders == []


async def test_who_was_forgotten_since_takes_the_task_with_them(guarded: House) -> None:
    await give(guarded, TO_CHEN)
    async with guarded.program.base.database.write() as connection:
        await connection.exec_driver_sql("DELETE FROM outbox WHERE klass = 'post'")
        await connection.exec_driver_sql("DELETE FROM delivery")
    await guarded.jump(hours=5, minutes=1)
    await guarded.jump(minutes=1)
    assert [(task.reminders, task.cancelled) for task in guarded.standin.mass_tasks()] == [([], True)]


async def test_reminded_too_often_already_means_a_day_s_rest_and_costs_no_reminder_of_ours(
    guarded: House, gate: Gate
) -> None:
    await give(guarded, TO_CHEN, days=9)
    guarded.standin.faults.errcode(REMIND, 41094)
    await guarded.jump(hours=5, minutes=1)
    assert calls(guarded, REMIND) == 1
    await guarded.jump(hours=5)
    assert calls(guarded, REMIND) == 1
    await guarded.jump(days=1)
    await guarded.jump(days=1)
    assert len(guarded.standin.mass_tasks()[0].reminders) == 2


async def test_a_reminder_whose_answer_was_lost_counts_as_given(guarded: House) -> None:
    await give(guarded, TO_CHEN)
    guarded.standin.faults.lose_reply(REMIND, 1)
    await guarded.jump(hours=5, minutes=1)
    await guarded.jump(minutes=30)
    assert len(guarded.standin.mass_tasks()[0].reminders) == 1


async def test_a_reminder_that_the_platform_did_not_take_is_given_later(guarded: House) -> None:
    await give(guarded, TO_CHEN)
    guarded.standin.faults.errcode(REMIND, -1)
    await guarded.jump(hours=5, minutes=1)
    await guarded.jump(minutes=5)
    assert len(guarded.standin.mass_tasks()[0].reminders) == 1


async def test_its_colleague_is_named_as_people_know_them(open_house: OpenHouse) -> None:
    people = {"operators": ["wangwei"], "leads": [], "consultants": ["lihua"], "names": ["lihua=李华"]}
    async with open_house(people=people) as house:
        await give(house, TO_CHEN, days=0.2)
        await house.jump(hours=5)
        assert told(house, "李华 的群发", "到期没有确认，已取消") == 1
