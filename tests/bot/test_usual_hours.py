"""Something unasked waits for the hours at which a member usually writes, unless they want nothing remembered."""

from dataclasses import replace
from datetime import timedelta

from bot.part import Part
from tests.bot.conftest import OpenHouse
from tests.bot.house import House
from tests.bot.unasked import parts_to, push, rows

WHO = "lihua"


def post(house: House) -> list[Part]:
    """Good until the night."""
    later = house.clock.now() + timedelta(hours=12)
    return [replace(part, expires_at=later) for part in parts_to(house, f"app:{WHO}")]


async def writes_in_the_evening(house: House) -> None:
    house.clock.jump(timedelta(hours=10))  # Monday 20:05
    for _ in range(7):
        await house.colleague("沙发和茶几之间留多少", WHO)
    house.clock.jump(timedelta(hours=14))  # Tuesday 10:05
    await house.settled()


async def decided(house: House) -> list[str]:
    return [
        f"{verdict} {reason}"
        for verdict, reason in await rows(house, "SELECT verdict, reason FROM decision ORDER BY id")
    ]


async def test_a_post_waits_for_the_evening_of_who_comes_in_the_evening(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": ["wangwei"], "leads": [], "consultants": []}, schedules=[]) as house:
        await writes_in_the_evening(house)
        await push(house, *post(house))
        await house.settled()
        assert await decided(house) == ["defer quiet_hours"]
        await house.jump(hours=10)
        assert (await decided(house))[-1] == "allow "


async def test_who_switched_remembering_off_is_not_waited_for(open_house: OpenHouse) -> None:
    async with open_house(people={"operators": ["wangwei"], "leads": [], "consultants": []}, schedules=[]) as house:
        await writes_in_the_evening(house)
        await house.colleague("关闭个性化", WHO)
        await push(house, *post(house))
        await house.settled()
        assert await decided(house) == ["allow "]
