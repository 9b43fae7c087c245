"""The gate's promises with everything real around it: store, restarts, pushes, pauses, several channels and groups."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from bot.clock import MovableClock
from bot.gatekeeper import Gatekeeper
from bot.sandbox.standin import StandIn
from bot.store import memberships
from scheduler.gate import Verdict
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House
from tests.bot.unasked import (
    LOOSE,
    approve,
    arrived,
    confirm_all,
    gatekeeper,
    join,
    parts_to,
    push,
    rows,
    set_back,
    states,
    words,
)

GROUP, OTHER = "wrDemoGroup01", "wrDemoGroup02"
TO_GROUP, TO_OTHER = f"group:lihua:{GROUP}", f"group:lihua:{OTHER}"
TO_CHEN = f"customer:lihua:{CHEN}"
ZONE = ZoneInfo("Asia/Shanghai")


async def both_groups_are_lihuas(standin: StandIn, _: MovableClock) -> None:
    other = standin.world.group(OTHER)
    assert other is not None
    other.owner, other.members = "lihua", [CHEN]


# --- weeks at random -------------------------------------------------------------------------------------------------


def schedules(chance: random.Random) -> list[dict[str, object]]:
    addresses = ["app:lihua", "app:wangwei", TO_CHEN, f"customer:lihua:{LIN}", TO_GROUP, "robot:weekly"]
    hours = chance.sample(range(8, 21), 4)
    return [
        {"name": f"s{hour}", "every": f"每天 {hour:02}:30", "to": sorted(chance.sample(addresses, 3))} for hour in hours
    ]


async def live(house: House, chance: random.Random, days: int) -> None:
    """Days in which anything may happen between two looks of the clock."""
    for _ in range(days * 3):
        await house.jump(hours=chance.choice([1, 3, 8, 13]))
        match chance.randrange(8):
            case 0:
                await house.reopen()
            case 1:
                await house.colleague(f"/push {chance.randint(1, 3)}")
                await house.colleague("/push 1")
            case 2:
                await house.colleague(chance.choice(["/pause 5", "/resume"]))
            case 3:
                set_back(house, hours=chance.choice([0.5, 5, 30]))
        confirm_all(house)
        await house.jump(minutes=2)


def assert_kept(received: Sequence[datetime], per_day: int, per_week: int) -> None:
    days = Counter(at.astimezone(ZONE).date() for at in received)
    weeks = Counter(at.astimezone(ZONE).isocalendar()[:2] for at in received)
    assert all(count <= per_day for count in days.values()), sorted(received)
    assert all(count <= per_week for count in weeks.values()), sorted(received)


@pytest.mark.parametrize("seed", [1, 2])
async def test_in_weeks_of_anything_nobody_gets_more_than_was_promised(open_house: OpenHouse, seed: int) -> None:
    """Restarts, pushes twice, pauses and a clock set back; counted in what the stand-in delivered."""
    chance = random.Random(seed)
    restraint = {"repeat_guide_days": 1, "topic_per_week": 9}
    async with open_house(schedules=schedules(chance), restraint=restraint) as house:
        await join(house, GROUP, CHEN, LIN)
        await live(house, chance, days=10)
        group = arrived(house, GROUP)
        assert len(group) + len(arrived(house, "lihua")) > 2
        for person in ("lihua", "wangwei"):
            assert_kept(arrived(house, person), per_day=1, per_week=3)
        for customer in (CHEN, LIN):
            assert_kept([*arrived(house, customer), *group], per_day=1, per_week=3)
        slots = await rows(house, "SELECT subject, at FROM delivery ORDER BY subject, at")
        for one, other in pairwise(slots):
            assert one.subject != other.subject or other.at - one.at >= 18 * 3600 * 1000


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.both_stores
async def test_lesson_30_of_fifty_askers_at_once_one_is_allowed(house: House) -> None:
    async def ask(number: int) -> Verdict:
        [part] = parts_to(house, "app:lihua", name=str(number))
        async with house.program.base.transactions.begin() as transaction:
            await Gatekeeper.alone(transaction.connection)
            made = await gatekeeper(house).ask(transaction.connection, part, "app:lihua", transaction.now)
        return made.verdict

    await approve(house, *(parts_to(house, "app:lihua", name=str(number))[0] for number in range(50)))
    verdicts = await asyncio.gather(*map(ask, range(50)))
    assert Counter(verdicts)[Verdict.ALLOW] == 1


async def test_lesson_30_fifty_lanes_to_one_person_send_one_message(house: House) -> None:
    await push(house, *(parts_to(house, "app:lihua", name=str(number))[0] for number in range(50)))
    assert len(arrived(house, "lihua")) == 1


@pytest.mark.both_stores
async def test_fifty_lanes_to_two_groups_of_one_member_and_to_the_member_make_one_task(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], before=both_groups_are_lihuas) as house:
        await join(house, GROUP, CHEN, LIN)
        await join(house, OTHER, CHEN)
        to = [TO_GROUP, TO_OTHER, TO_CHEN]
        await push(house, *(parts_to(house, to[number % 3], name=str(number))[0] for number in range(50)))
        confirm_all(house)
        assert len(arrived(house, CHEN) + arrived(house, GROUP) + arrived(house, OTHER)) == 1


# --- groups and their members ----------------------------------------------------------------------------------------


async def test_two_groups_of_one_task_that_share_a_member_do_not_get_it_on_one_day(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], before=both_groups_are_lihuas) as house:
        await join(house, GROUP, CHEN, LIN)
        await join(house, OTHER, CHEN)
        await push(house, *parts_to(house, TO_GROUP, TO_OTHER))
        confirm_all(house)
        assert (len(arrived(house, GROUP)), len(arrived(house, OTHER))) == (1, 0)
        assert await words(house) == ["allow", "person_day"]


async def test_what_a_group_gets_counts_against_the_week_of_each_member(open_house: OpenHouse) -> None:
    """A group has no cap of a week, but its members have; of the robot's group nobody is known."""
    loose = {**LOOSE, "person_per_week": 1}
    async with open_house(schedules=[], restraint=loose) as house:
        await join(house, GROUP, CHEN)
        for name in "ab":
            await push(house, *parts_to(house, TO_GROUP, "robot:weekly", name=name))
            confirm_all(house)
            await house.jump(hours=24)
        assert (len(arrived(house, GROUP)), len(house.posts())) == (1, 2)


async def test_a_cap_of_zero_for_persons_keeps_posts_from_groups_whose_members_are_known(open_house: OpenHouse) -> None:
    async with open_house(schedules=[], restraint={**LOOSE, "person_per_day": 0}) as house:
        await join(house, GROUP, CHEN)
        await push(house, *parts_to(house, TO_GROUP))
        assert house.standin.mass_tasks() == []


async def test_who_left_a_group_at_noon_had_their_post_of_the_day_there(house: House) -> None:
    await join(house, GROUP, CHEN, LIN)
    await push(house, *parts_to(house, TO_GROUP, name="a"))
    confirm_all(house)
    await house.jump(minutes=2)
    async with house.program.base.transactions.begin() as transaction:
        await memberships.leave(transaction.connection, f"group:{GROUP.lower()}", [f"person:{CHEN.lower()}"])
    await push(house, *parts_to(house, TO_CHEN, name="b"))
    assert (await words(house))[-1] == "platform_cap"


async def test_posts_from_before_somebody_joined_earn_no_promotion(open_house: OpenHouse) -> None:
    loose = {**LOOSE, "value_per_promo": 1}
    async with open_house(schedules=[], restraint=loose) as house:
        await push(house, *parts_to(house, TO_GROUP, name="a"))
        confirm_all(house)
        await house.jump(minutes=2)
        await house.jump(minutes=2)
        async with house.program.base.transactions.begin() as transaction:
            people = {f"person:{CHEN.lower()}": transaction.now}
            await memberships.join(transaction.connection, f"group:{GROUP.lower()}", people, transaction.now)
        await push(house, *parts_to(house, TO_CHEN, name="b", kind="promo"))
        assert (await words(house))[-1] == "ratio"


async def test_a_group_s_promotion_has_to_be_earned_from_each_member(open_house: OpenHouse) -> None:
    """Whoever had a promotion alone does not get the next one through a group without posts of use in between."""
    async with open_house(schedules=[], restraint={**LOOSE, "value_per_promo": 1}) as house:
        await join(house, GROUP, CHEN, LIN)
        await push(house, *parts_to(house, TO_GROUP, name="a"))
        confirm_all(house)
        await house.jump(minutes=2)
        await push(house, *parts_to(house, TO_CHEN, name="b", kind="promo"))
        await push(house, *parts_to(house, TO_GROUP, name="c", kind="promo"))
        assert await words(house) == ["allow", "allow", "ratio"]


# --- retries, doubts, late confirmations -----------------------------------------------------------------------------


async def test_who_was_put_off_is_not_asked_for_again_when_the_others_part_is_retried(open_house: OpenHouse) -> None:
    """Else the retry could reach them, and their own part once more."""
    async with open_house(schedules=[], restraint=LOOSE) as house:
        await house.customer("转人工", LIN)
        house.standin.faults.errcode("externalcontact/add_msg_template", 45009, 1)
        await push(house, *parts_to(house, TO_CHEN, f"customer:lihua:{LIN}"))
        async with house.program.base.transactions.begin() as transaction:
            await transaction.connection.exec_driver_sql("UPDATE conversation SET state = 'bot'")
        await house.jump(minutes=6)
        await house.jump(minutes=6)
        confirm_all(house)
        assert (len(arrived(house, CHEN)), len(arrived(house, LIN))) == (1, 1)


async def test_after_a_defect_of_ours_the_slot_stays_taken_because_it_may_have_arrived(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [parts_to(house, "app:lihua", name=name)[0] for name in "ab"]
    send = house.program.connections.channels[parts[0].channel].send

    async def breaks(part: object) -> None:
        await send(part)  # type: ignore[arg-type]
        raise KeyError("no such field in the answer")

    monkeypatch.setattr(house.program.connections.channels[parts[0].channel], "send", breaks)
    for part in parts:
        await push(house, part)
    assert len(arrived(house, "lihua")) == 1
    assert (await words(house))[-1] == "person_day"
    assert "lost" in await states(house)


async def test_a_task_counts_from_when_its_colleague_confirmed_it(house: House) -> None:
    """What was planned for the morning and confirmed in the evening was read in the evening."""
    await push(house, *parts_to(house, TO_CHEN, name="a"))
    await house.jump(hours=5, minutes=30)
    confirm_all(house)
    await house.jump(minutes=2)
    confirmed = arrived(house, CHEN)[0]
    [slot] = await rows(house, "SELECT at FROM delivery ORDER BY at LIMIT 1")
    assert slot.at >= int(confirmed.timestamp() * 1000)


async def test_somebody_written_in_two_ways_is_one_recipient(house: House) -> None:
    [part] = parts_to(house, TO_CHEN, TO_CHEN.upper().replace("CUSTOMER:LIHUA", "customer:lihua"))
    assert len(part.body["recipients"]) == 1


async def test_lesson_27_renaming_the_topic_or_kind_of_a_guide_changes_no_past_count(open_house: OpenHouse) -> None:
    loose = {**LOOSE, "topic_per_week": 1}
    async with open_house(schedules=[], restraint=loose) as house:
        await push(house, *parts_to(house, "app:lihua", name="a", topic="styling"))
        await push(house, *parts_to(house, "app:lihua", name="b", topic="styling"))
        before = await rows(house, "SELECT subject, kind, topic, guide FROM delivery")
        # The same guide, called something else from now on: what was sent stays what it was.
        await push(house, *parts_to(house, "app:lihua", name="a2", topic="parenting", kind="service"))
        assert [word for word in await words(house) if word != "topic_week"] == ["allow", "allow"]
        assert (await rows(house, "SELECT subject, kind, topic, guide FROM delivery"))[: len(before)] == before


async def test_lesson_28_what_waited_out_a_pause_is_not_sent_stale(house: House) -> None:
    await house.colleague("/pause")
    await push(house, *parts_to(house, "app:lihua"))
    await house.jump(hours=6, minutes=1)
    await house.colleague("/resume")
    await house.jump(hours=12)
    assert arrived(house, "lihua") == []
    assert (await words(house))[-1] == "expired"
