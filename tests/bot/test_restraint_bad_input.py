"""What people, platforms and machines do wrong around speaking unasked: the answer is silence, and somebody is told."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bot.settings import Settings
from bot.store import memberships
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, House
from tests.bot.unasked import LOOSE, arrived, join, parts_to, push, rows, set_back, states, words

WEEKLY = {"name": "weekly", "every": "mon 12:00", "topic": "styling", "to": ["robot:weekly"]}
GROUP = "wrDemoGroup01"


async def test_a_post_that_nobody_approved_waits_and_expires_unsent_and_operators_were_told(
    open_house: OpenHouse,
) -> None:
    async with open_house(schedules=[WEEKLY], approved=False) as house:
        await house.program.planner.ask_for_approval()
        await house.settled()
        assert any("还没有人批准" in text for text in house.told())
        await house.jump(hours=2)
        await house.jump(hours=7)
        assert house.posts() == []
        assert {"not_approved", "expired"} == set(await words(house))


async def test_an_audience_of_nobody_stops_the_start(open_house: OpenHouse) -> None:
    with pytest.raises(ValidationError, match="to"):
        async with open_house(schedules=[{**WEEKLY, "to": []}]):
            pass


@pytest.mark.parametrize("everybody", ["app:@all", "app:lihua|wangwei", "app:", "customer:lihua:*|a"])
async def test_an_audience_of_everybody_written_as_one_address_stops_the_start(
    open_house: OpenHouse, everybody: str
) -> None:
    with pytest.raises(ValidationError, match="to"):
        async with open_house(schedules=[{**WEEKLY, "to": [everybody]}]):
            pass


async def test_two_schedules_at_one_moment_for_one_group_send_one_post(open_house: OpenHouse) -> None:
    other = {**WEEKLY, "name": "other", "topic": "parenting"}
    async with open_house(schedules=[WEEKLY, other]) as house:
        await house.jump(hours=2)
        assert len(house.posts()) == 1
        assert sorted(await words(house)) == ["allow", "group_day"]


@pytest.mark.parametrize("name", ["person_per_day", "group_per_day", "person_per_week", "topic_per_week"])
@pytest.mark.parametrize("wrong", ["", " ", -1, 0.5, "one", None, True])
def test_a_cap_that_is_no_number_stops_the_start_and_is_never_zero(name: str, wrong: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings.model_validate({"restraint": {name: wrong}})


async def test_a_cap_of_zero_sends_nothing_and_puts_nothing_off(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], restraint={"group_per_day": 0, "person_per_day": 0}) as house:
        await push(house, *parts_to(house, "robot:weekly", "app:lihua"))
        assert await states(house) == ["dropped", "dropped"]
        assert house.posts() == []


async def test_a_clock_set_back_sends_nothing_twice_and_nothing_sooner(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], restraint={"repeat_guide_days": 0}) as house:
        await push(house, *parts_to(house, "app:lihua", name="a"))
        set_back(house, hours=25)  # Sunday again, a day without a post
        await push(house, *parts_to(house, "app:lihua", name="b"))
        await house.jump(hours=2)
        assert len(arrived(house, "lihua")) == 1
        assert (await words(house))[1:] == ["min_gap"]


async def test_a_clock_set_back_over_an_occurrence_plans_it_once(open_house: OpenHouse) -> None:
    async with open_house(schedules=[WEEKLY]) as house:
        await house.jump(hours=2)
        set_back(house, hours=3)
        await house.reopen()
        await house.jump(hours=4)
        assert len(house.posts()) == 1


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "UTC+8", "北京"])
def test_a_time_zone_that_is_unknown_stops_the_start(zone: str) -> None:
    with pytest.raises(ValidationError, match="timezone"):
        Settings.model_validate({"timezone": zone})


async def test_a_group_that_was_dissolved_is_told_and_holds_up_nobody_else(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], restraint=LOOSE) as house:
        await join(house, GROUP, CHEN)
        house.standin.faults.errcode("appchat/send", 86003, None)
        await push(house, *parts_to(house, "appchat:gone", "app:lihua"))
        async with house.program.base.transactions.begin() as transaction:
            await memberships.dissolve(transaction.connection, f"group:{GROUP.lower()}", transaction.now)
        assert sorted(await states(house)) == ["dead", "sent"]
        assert any("没能送达" in text for text in house.told())


async def test_a_sender_without_permission_is_told_with_what_to_do_and_keeps_no_slot(house: House) -> None:
    house.standin.faults.errcode("externalcontact/add_msg_template", 84074, None)
    await push(house, *parts_to(house, f"customer:lihua:{CHEN}"))
    await house.jump(hours=7)
    assert any("客户联系权限" in text or "权限配置" in text for text in house.told())
    assert house.standin.mass_tasks() == []
    assert await rows(house, "SELECT id FROM delivery") == []


async def test_a_revoked_webhook_key_is_told_once_an_hour_with_what_to_do_and_ends_with_the_post(house: House) -> None:
    """93000: the key is not good any more (doc 99110)."""
    house.standin.faults.errcode("webhook/send", 93000, None)
    await push(house, *parts_to(house, "robot:weekly"))
    for _ in range(5):
        await house.jump(minutes=6)
    assert sum("群机器人已失效" in text for text in house.told()) == 1
    await house.jump(hours=6)
    assert await states(house) == ["dropped"]
    assert await rows(house, "SELECT id FROM delivery") == []


async def test_a_storm_of_45009_sends_each_post_once_when_it_is_over(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], restraint=LOOSE) as house:
        house.standin.faults.errcode("webhook/send", 45009, 20)
        house.standin.faults.errcode("message/send", 45009, 20)
        await push(house, *parts_to(house, "robot:weekly", "app:lihua", "app:wangwei"))
        for _ in range(40):
            await house.jump(minutes=6)
        assert len(house.posts()) == 1
        assert (len(arrived(house, "lihua")), len(arrived(house, "wangwei"))) == (1, 1)
        assert await states(house) == ["sent"] * 3


async def test_a_year_without_holiday_table_is_silent_until_somebody_names_days(
    open_house: OpenHouse,
) -> None:
    far = datetime(2031, 3, 3, 2, 5, tzinfo=UTC)
    async with open_house(schedules=[], start=far) as house:
        await push(house, *parts_to(house, "robot:weekly"))
        [row] = await rows(house, "SELECT reason, inputs FROM decision")
        assert row.reason == "unknown"
        assert json.loads(row.inputs)["seen"]["unknown"] == ["days_off"]
        assert house.posts() == []
    async with open_house(schedules=[], start=far, restraint={"silent_days": ["2031-10-01"]}) as house:
        await push(house, *parts_to(house, "robot:weekly", name="b"))
        assert len(house.posts()) == 1


async def test_pushing_twice_or_by_another_channel_gets_no_second_post_through(
    open_house: OpenHouse,
) -> None:
    to_one = {**WEEKLY, "to": ["app:lihua"]}
    by_the_bot = {**WEEKLY, "name": "bot", "topic": "parenting", "to": ["app:LiHua"]}
    async with open_house(schedules=[to_one, by_the_bot]) as house:
        for number in (1, 1, 2):
            await house.colleague(f"/push {number}")
        await push(house, *parts_to(house, "aibot:assistant:single:lihua"))
        await house.jump(hours=3)
        assert len(arrived(house, "lihua")) == 1


async def test_half_a_batch_that_was_sent_when_it_was_killed_is_finished_and_the_sent_half_left_alone(
    open_house: OpenHouse,
) -> None:
    async with open_house(schedules=[], restraint=LOOSE) as house:
        house.standin.faults.errcode("message/send", -1, None)
        await push(house, *parts_to(house, "app:lihua", "app:wangwei"))
        async with house.program.base.transactions.begin() as transaction:
            half = "UPDATE outbox SET state = 'sending' WHERE seq = (SELECT min(seq) FROM outbox WHERE klass = 'post')"
            await transaction.connection.exec_driver_sql(half)
        house.standin.faults.clear()
        await house.reopen()
        await house.jump(minutes=6)
        assert (await states(house))[:2] == ["lost", "sent"]
        assert (len(arrived(house, "lihua")), len(arrived(house, "wangwei"))) == (0, 1)
