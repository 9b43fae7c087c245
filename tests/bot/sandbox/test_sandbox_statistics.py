"""WeCom's statistics: whole days of Beijing, up to yesterday, and what each call asks for."""

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import MovableClock
from bot.sandbox import StandIn

DAY = timedelta(days=1)


def stamp(clock: MovableClock, days: int) -> int:
    """So many days ago."""
    return int((clock.now() - days * DAY).timestamp())


async def behaviour(api: Any, clock: MovableClock, first: int, last: int, **more: Any) -> dict[str, Any]:
    body = {"userid": ["lihua"], "start_time": stamp(clock, first), "end_time": stamp(clock, last), **more}
    return await api.post("externalcontact/get_user_behavior_data", body, "contact")


async def groups(api: Any, clock: MovableClock, first: int, last: int, **more: Any) -> dict[str, Any]:
    span = {"day_begin_time": stamp(clock, first), "day_end_time": stamp(clock, last)}
    body = {**span, "owner_filter": {"userid_list": ["lihua"]}, **more}
    return await api.post("externalcontact/groupchat/statistic_group_by_day", body, "contact")


@pytest.mark.usefixtures("tiny")
async def test_who_deleted_a_colleague_is_counted_on_that_day(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    await stand_in.contact_left("lihua", "wmDemoChen")
    await stand_in.contact_added("lihua", "wmDemoZhou")
    clock.jump(DAY)
    rows = (await behaviour(api, clock, 3, 1))["behavior_data"]
    assert [row["negative_feedback_cnt"] for row in rows] == [0, 0, 1]
    assert [row["new_contact_cnt"] for row in rows] == [0, 0, 1]
    assert "reply_percentage" not in rows[0]  # absent where nobody wrote


@pytest.mark.usefixtures("tiny")
async def test_groups_are_counted_by_their_owner(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    await stand_in.group_changed("wrDemoGroup01", "wmDemoZhou")
    clock.jump(DAY)
    [row] = (await groups(api, clock, 1, 1))["items"]
    assert (row["data"]["chat_total"], row["data"]["member_total"], row["data"]["new_member_cnt"]) == (1, 4, 1)


@pytest.mark.usefixtures("tiny")
async def test_sessions_of_kf_are_counted_by_who_wrote(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    await stand_in.customer_says("wmDemoChen", "在吗")
    clock.jump(DAY)
    body = {"start_time": stamp(clock, 1), "end_time": stamp(clock, 1)}
    [row] = (await api.post("kf/get_corp_statistic", body))["statistic_list"]
    assert (row["statistic"]["session_cnt"], row["statistic"]["customer_msg_cnt"]) == (1, 1)
    assert "ai_transfer_rate" not in row["statistic"]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 0), (31, 1), (181, 180), (1, 2)])
async def test_only_whole_past_days_and_a_short_span_are_answered(
    api: Any, clock: MovableClock, first: int, last: int
) -> None:
    assert (await behaviour(api, clock, first, last))["errcode"] == 40058
    assert (await groups(api, clock, first, last))["errcode"] == 40058


async def test_colleagues_and_owners_must_be_named_and_known(api: Any, clock: MovableClock) -> None:
    assert (await behaviour(api, clock, 1, 1, userid=[]))["errcode"] == 40063
    assert (await behaviour(api, clock, 1, 1, userid=["nobody"]))["errcode"] == 40003
    assert (await groups(api, clock, 1, 1, owner_filter={}))["errcode"] == 40058
    assert (await groups(api, clock, 1, 1, owner_filter={"userid_list": ["x"] * 101}))["errcode"] == 40058
