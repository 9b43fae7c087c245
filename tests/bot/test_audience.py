"""Audiences in a running house: expanded when the post is due, one address each, and told when there is nobody."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.clock import MovableClock
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Employee
from bot.store import preferences, profiles
from bot.store.tables import occurrence
from handlers.preferences import Preferences, Profile, Purpose
from scheduler.posts import subject_of
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, ZHOU, House

PARENTS = {"name": "育儿", "include": ["topic:parenting"]}
SOON = {"name": "weekly-parenting", "every": "mon 12:00", "topic": "parenting", "to": ["audience:育儿"]}


async def asks_about(house: House, *people: str, topic: str = "parenting") -> None:
    async with house.program.base.database.write() as connection:
        for person in people:
            await profiles.save(connection, person, Profile({topic: 2}), house.clock.now())


def reached(house: House) -> list[str]:
    """Everybody whom a colleague was asked to write to."""
    return sorted(who for task in house.standin.mass_tasks() for share in task.shares.values() for who in share.status)


async def occurrences(house: House) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.execute(select(occurrence))).mappings())


async def test_a_post_to_an_audience_reaches_its_members_through_their_colleague_and_nobody_else(
    open_house: OpenHouse,
) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await asks_about(house, CHEN, ZHOU)
        await asks_about(house, LIN, topic="styling")
        await house.jump(hours=2)
        assert reached(house) == [CHEN, ZHOU]


async def test_who_opted_out_or_switched_personalisation_off_is_not_chosen(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await asks_about(house, CHEN, LIN, ZHOU)
        await house.customer("退订", CHEN)
        off = Preferences(off=frozenset({Purpose.PERSONALISATION}))
        async with house.program.base.database.write() as connection:
            await preferences.save(connection, ZHOU, off, house.clock.now())
        await house.jump(hours=2)
        assert reached(house) == [LIN]


async def test_who_deleted_the_colleague_is_no_longer_chosen_at_once(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await asks_about(house, CHEN, ZHOU)
        await house.standin.contact_left("zhaomin", ZHOU)
        await house.settled()
        await house.jump(minutes=1)
        await house.jump(hours=2)
        assert reached(house) == [CHEN]


async def test_an_audience_of_nobody_is_told_once_and_the_occurrence_is_done(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await house.jump(hours=2)
        await house.jump(minutes=5)
        told = [text for text in house.told() if "没有发给任何人" in text]
        assert len(told) == 1
        assert "受众“育儿”现在没有人" in told[0]
        assert [(row["schedule"], row["state"]) for row in await occurrences(house)] == [("weekly-parenting", "done")]


async def test_a_tag_selects_the_customers_to_whom_this_colleague_gave_it(open_house: OpenHouse) -> None:
    async def tagged(standin: StandIn, _: MovableClock) -> None:
        for customer in standin.world.customers:
            customer.tags = {"zhaomin": ["etA1"], "lihua": ["etA1"]} if customer.external_userid != CHEN else {}
            customer.tags |= {"lihua": ["etB2"]} if customer.external_userid == LIN else {}

    audience = {"name": "标签", "include": ["tag:zhaomin:etA1"], "exclude": ["tag:lihua:etB2"]}
    async with open_house(audiences=[audience], schedules=[SOON | {"to": ["audience:标签"]}], before=tagged) as house:
        await house.jump(hours=2)
        assert reached(house) == [ZHOU]


async def test_without_tags_that_are_known_nothing_leaves_and_operators_hear_why(open_house: OpenHouse) -> None:
    audience = {"name": "标签", "include": ["everyone"], "exclude": ["tag:lihua:etA1"], "confirm_everyone": True}

    async def refusing(standin: StandIn, _: MovableClock) -> None:
        standin.faults.errcode("externalcontact/get_follow_user_list", 60011, 50)

    async with open_house(audiences=[audience], schedules=[SOON | {"to": ["audience:标签"]}], before=refusing) as house:
        await house.customer("你好")
        await house.jump(hours=2)
        assert reached(house) == []
        assert any("还没有从企业微信读到最新的标签" in text for text in house.told())


async def test_a_layer_selects_also_who_was_never_sent_anything_and_an_operator_s_choice_counts(
    open_house: OpenHouse,
) -> None:
    audience = {"name": "安静", "include": ["layer:安静"]}
    async with open_house(audiences=[audience], schedules=[SOON | {"to": ["audience:安静"]}]) as house:
        await house.customer("你好", LIN)
        await house.colleague(f"/layer {LIN} 安静")
        await house.jump(hours=2)
        assert reached(house) == [LIN]


async def test_a_list_on_disk_is_read_when_the_post_is_due(open_house: OpenHouse, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"external_userid\n{CHEN}\n", encoding="utf-8")
    audience = {"name": "名单", "include": [f"file:{listed}"]}
    async with open_house(audiences=[audience], schedules=[SOON | {"to": ["audience:名单"]}]) as house:
        listed.write_text(f"external_userid\n{ZHOU}\n", encoding="utf-8")
        await house.jump(hours=2)
        assert reached(house) == [ZHOU]


async def test_plan_and_preview_count_the_people_and_name_five_at_most(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await asks_about(house, CHEN, LIN, ZHOU)
        [plan] = await house.colleague("/plan")
        assert "人群“育儿”，现在共 3 人" in plan
        assert CHEN not in plan
        preview = "\n".join(await house.colleague("/preview 1"))
        assert "lihua 的客户 wmDe…Chen：" in preview
        assert CHEN not in preview


async def test_the_same_person_in_an_audience_and_by_address_gets_one_post(open_house: OpenHouse) -> None:
    both = SOON | {"to": [f"customer:lihua:{CHEN}", "audience:育儿"]}
    async with open_house(audiences=[PARENTS], schedules=[both]) as house:
        await asks_about(house, CHEN)
        await house.jump(hours=2)
        assert reached(house) == [CHEN]


async def test_an_audience_counts_when_a_lighter_post_asks_what_comes_next(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await asks_about(house, CHEN)
        await house.jump(hours=1, minutes=1)
        coming = house.program.planner.coming(house.clock.now())
        assert len(coming[subject_of("person", CHEN)]) == 1
        assert subject_of("person", LIN) not in coming


async def test_who_was_deleted_is_not_read_back_from_the_colleagues_list(open_house: OpenHouse) -> None:
    async with open_house(audiences=[PARENTS], schedules=[SOON]) as house:
        await house.customer("删除我的数据")
        await house.customer("确认删除")
        house.clock.jump(timedelta(days=1))
        await house.jump(minutes=1)
        async with house.program.base.database.read() as connection:
            rows = await connection.exec_driver_sql("SELECT person FROM relation")
            assert CHEN not in {row[0] for row in rows}


async def test_a_member_of_the_app_is_written_to_there_and_colleagues_are_no_members(open_house: OpenHouse) -> None:
    async def hired(standin: StandIn, _: MovableClock) -> None:
        standin.world.employees.append(Employee("nina", "妮娜"))

    audience = {"name": "全部", "include": ["everyone"], "exclude": [f"customer:lihua:{LIN}"], "confirm_everyone": True}
    to_all = SOON | {"to": ["audience:全部"]}
    async with open_house(audiences=[audience], schedules=[to_all], before=hired) as house:
        for each in ("nina", "zhaomin"):
            await house.colleague("你好", each)
        before = len(house.told("zhaomin"))
        await house.jump(hours=2)
        assert any("添加辅食" in text for text in house.told("nina"))
        assert not [text for text in house.told("zhaomin")[before:] if "添加辅食" in text]
        assert reached(house) == [CHEN, ZHOU]
