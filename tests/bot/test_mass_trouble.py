"""Tasks that a colleague confirms, when the platform refuses, storms or falls silent, and when we are killed."""

import pytest

from bot.store import posts
from tests.bot.house import LIN, House
from tests.bot.mass_sends import (
    ADD,
    GROUP2,
    LIST,
    PERSON_CHEN,
    TASK,
    TO_CHEN,
    TO_LIN,
    Gate,
    calls,
    confirm,
    following,
    give,
    rows,
    slots,
    state,
    told,
)

# ---- errors of the platform


async def test_a_task_still_being_given_out_is_waited_for_without_a_word(house: House) -> None:
    await give(house, TO_CHEN)
    before = house.told()
    house.standin.faults.errcode(TASK, 41063, 2)
    confirm(house)
    for _ in range(3):
        await house.jump(minutes=1)
    assert (await state(house), house.told()) == (["sent"], before)


async def test_a_task_for_nobody_ends_and_is_told(house: House) -> None:
    await give(house, TO_CHEN)
    house.standin.faults.errcode(TASK, 41048)
    await house.jump(minutes=1)
    assert (await state(house), await slots(house)) == (["cancelled"], set())
    assert told(house, "没有一位收件人能收到") == 1


async def test_a_task_we_may_not_look_at_is_told_once_asked_seldom_and_in_the_end_counted_as_lost(
    house: House,
) -> None:
    await give(house, TO_CHEN, days=0.5)
    house.standin.faults.errcode(TASK, 60011, None)
    for _ in range(30):
        await house.jump(minutes=1)
    assert calls(house, TASK) == 1
    assert told(house, "60011", "可见范围") == 1
    await house.jump(hours=2)
    assert (calls(house, TASK), told(house, "60011")) == (2, 1)
    await house.jump(days=2)
    assert (await state(house), await slots(house)) == (["lost"], {(PERSON_CHEN, False)})
    assert told(house, "请人工核对") == 1


async def test_without_the_right_to_the_interface_operators_hear_it_and_the_platform_is_left_alone(
    house: House,
) -> None:
    await give(house, TO_CHEN, TO_LIN)
    house.standin.faults.errcode(TASK, 48002, None)
    for _ in range(9):
        await house.jump(minutes=1)
    assert calls(house, TASK) == 1
    assert told(house, "可调用接口的应用") == 1
    house.standin.faults.clear()
    confirm(house)
    await house.jump(minutes=5)
    assert await state(house) == ["sent"]


async def test_a_storm_of_45009_is_answered_with_longer_and_longer_silence(house: House) -> None:
    await give(house, TO_CHEN, GROUP2)
    house.standin.faults.errcode(TASK, 45009, None)
    for _ in range(60):
        await house.jump(minutes=1)
    assert calls(house, TASK) == 6  # after 1, 2, 4, 8, 16 minutes
    house.standin.faults.clear()
    await house.jump(hours=1)
    assert calls(house, TASK) == 8


async def test_one_task_that_fails_does_not_keep_the_others_from_being_looked_at(house: House) -> None:
    await give(house, TO_CHEN, GROUP2)
    house.standin.faults.errcode(TASK, -1, 1)
    for task in house.standin.mass_tasks():
        house.standin.confirm_mass_task(next(iter(task.shares)), task.msgid)
    await house.jump(minutes=1)
    assert sorted(await state(house)) == ["sent", "waiting"]
    await house.jump(minutes=1)
    assert await state(house) == ["sent", "sent"]


@pytest.mark.parametrize(
    ("errcode", "to_do"),
    [(60011, "可见范围"), (84061, "没有好友关系"), (48002, "可调用接口的应用"), (41048, "没有一位收件人能收到")],
)
async def test_a_sender_who_may_not_send_is_told_with_what_to_do_and_not_tried_again(
    house: House, errcode: int, to_do: str
) -> None:
    house.standin.faults.errcode(ADD, errcode, None)
    await give(house, TO_CHEN)
    for _ in range(4):
        await house.jump(minutes=10)
    assert calls(house, ADD) == 1
    assert told(house, to_do, "/push") == 1
    assert await slots(house) == set()


# ---- a kill


async def test_a_kill_in_the_middle_of_a_batch_keeps_the_first_task_and_finds_the_other_again(house: House) -> None:
    await give(house, TO_CHEN, GROUP2)
    [(first,), (second,)] = await rows(house, "SELECT msgid FROM mass_task ORDER BY sender")
    async with house.program.base.database.write() as connection:
        part = (await connection.exec_driver_sql("SELECT part FROM mass_task WHERE msgid = ?", (second,))).scalar_one()
        await connection.exec_driver_sql("DELETE FROM mass_task WHERE msgid = ?", (second,))
        await connection.exec_driver_sql("UPDATE outbox SET state = 'sending' WHERE id = ?", (part,))
    await house.reopen()
    await house.jump(minutes=10)
    known = await rows(house, "SELECT msgid, sender FROM mass_task ORDER BY sender")
    assert known == [(first, "lihua"), (second, "zhaomin")]
    assert len(house.standin.mass_tasks()) == 2
    assert told(house, "为免重复没有再发") == told(house, "现在找到了") == 1


async def test_a_task_whose_answer_was_lost_is_not_made_again_and_is_followed_once_it_is_found(house: House) -> None:
    house.standin.faults.lose_reply(ADD, 1)
    await give(house, TO_CHEN)
    assert (await state(house), await slots(house)) == ([], {(PERSON_CHEN, False)})
    confirm(house)
    await house.jump(minutes=1)
    assert len(house.standin.mass_tasks()) == 1
    assert (await state(house), await slots(house)) == (["sent"], {(PERSON_CHEN, True)})
    assert told(house, "为免重复没有再发") == told(house, "现在找到了") == 1


async def test_a_found_task_that_must_not_reach_somebody_by_now_is_recalled(guarded: House, gate: Gate) -> None:
    guarded.standin.faults.lose_reply(ADD, 1)
    await give(guarded, TO_CHEN)
    gate.refused[TO_CHEN] = "对方最近不太满意，先不打扰"
    await guarded.jump(minutes=1)
    await guarded.jump(minutes=1)
    assert ([task.cancelled for task in guarded.standin.mass_tasks()], await state(guarded)) == ([True], ["cancelled"])


async def test_a_send_that_never_became_a_task_is_looked_for_a_few_times(house: House) -> None:
    house.standin.faults.refuse(ADD, 1)
    await give(house, TO_CHEN)
    await give(house, GROUP2)  # the same words, and another colleague's
    for _ in range(9):
        await house.jump(minutes=1)
    assert calls(house, LIST) == 5
    assert await rows(house, "SELECT sender FROM mass_task") == [("zhaomin",)]


async def test_each_sender_has_a_task_of_his_own_and_its_id_is_never_overwritten(house: House) -> None:
    await give(house, TO_CHEN, GROUP2)
    before = await rows(house, "SELECT msgid, part, sender, state FROM mass_task ORDER BY sender")
    assert [row[2] for row in before] == ["lihua", "zhaomin"]
    again = posts.MassTask(before[0][0], "another", "wangwei", "sent", house.clock.now())
    async with house.program.base.database.write() as connection:
        await posts.add_mass_task(connection, again, house.clock.now())
    assert await rows(house, "SELECT msgid, part, sender, state FROM mass_task ORDER BY sender") == before


async def test_a_kill_between_two_looks_settles_once_and_tells_once(guarded: House, gate: Gate) -> None:
    await give(guarded, TO_CHEN, TO_LIN)
    guarded.standin.world.customer(LIN).followers.remove("lihua")
    confirm(guarded)
    await guarded.jump(minutes=1)
    await guarded.reopen()
    following(guarded).use(gate.may_still_go, gate.note)
    await guarded.jump(minutes=5)
    assert len(gate.signals) == told(guarded, "已经不是好友") == 1
