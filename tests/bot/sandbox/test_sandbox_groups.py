"""Webhooks, customer groups, mass tasks, welcomes."""

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import MovableClock
from bot.sandbox import StandIn


async def webhook(stand_in: StandIn, api: Any, body: dict[str, Any], key: str = "") -> int:
    key = key or stand_in.world.group_robots[0].key
    async with api.session.post(f"{api.base}/cgi-bin/webhook/send", params={"key": key}, json=body) as answer:
        return (await answer.json())["errcode"]


async def test_a_webhook_takes_20_a_minute(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    body = {"msgtype": "text", "text": {"content": "早"}}
    assert [await webhook(stand_in, api, body) for _ in range(21)] == [0] * 20 + [45009]
    clock.jump(timedelta(minutes=1))
    assert await webhook(stand_in, api, body) == 0
    assert len(stand_in.group_messages("weekly")) == 21


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 40058),
        ({"msgtype": "markdown_v2", "markdown_v2": {"content": "字" * 1365}}, 0),
        ({"msgtype": "markdown_v2", "markdown_v2": {"content": "字" * 1366}}, 40058),
        ({"msgtype": "poem", "poem": {}}, 40008),
        ({"msgtype": "file", "file": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "template_card", "template_card": {"card_type": "button_interaction"}}, 42031),
    ],
)
async def test_a_webhook_checks_its_message(stand_in: StandIn, api: Any, body: dict[str, Any], errcode: int) -> None:
    assert await webhook(stand_in, api, body) == errcode


async def test_a_wrong_key_is_told_and_a_right_one_is_not_in_the_ledger(stand_in: StandIn, api: Any) -> None:
    body = {"msgtype": "text", "text": {"content": "早"}}
    assert await webhook(stand_in, api, body, "wrong") == 93000
    await webhook(stand_in, api, body)
    assert stand_in.world.group_robots[0].key not in str(stand_in.wire)


async def call(api: Any, name: str, **body: Any) -> dict[str, Any]:
    return await api.post(f"externalcontact/{name}", body, "contact")


async def test_a_mass_task_reaches_a_group_only_when_its_owner_confirms(stand_in: StandIn, api: Any) -> None:
    task = {"chat_type": "group", "sender": "lihua", "text": {"content": "周三直播"}}
    made = await call(api, "add_msg_template", **task, chat_id_list=["wrDemoGroup01", "wrDemoGroup02"])
    assert (made["errcode"], made["fail_list"]) == (0, ["wrDemoGroup02"])
    msgid = made["msgid"]
    assert (await call(api, "get_groupmsg_task", msgid=msgid))["task_list"] == [{"userid": "lihua", "status": 0}]
    assert (await call(api, "get_groupmsg_send_result", msgid=msgid, userid="lihua"))["send_list"] == []
    assert stand_in.received("wrDemoGroup01") == []
    stand_in.confirm_mass_task("lihua", msgid)
    assert [line.text for line in stand_in.received("wrDemoGroup01")] == ["周三直播"]
    result = await call(api, "get_groupmsg_send_result", msgid=msgid, userid="lihua")
    assert (result["send_list"][0]["chat_id"], result["send_list"][0]["status"]) == ("wrDemoGroup01", 1)
    with pytest.raises(ValueError, match="sent before"):
        stand_in.confirm_mass_task("lihua", msgid)


async def test_a_task_is_reminded_three_times_a_day_and_cancelled_for_good(
    stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    msgid = (await call(api, "add_msg_template", external_userid=["wmDemoChen"], text={"content": "你好"}))["msgid"]
    assert [(await call(api, "remind_groupmsg_send", msgid=msgid))["errcode"] for _ in range(4)] == [0, 0, 0, 41094]
    clock.jump(timedelta(hours=24))
    assert (await call(api, "remind_groupmsg_send", msgid=msgid))["errcode"] == 0
    assert (await call(api, "cancel_groupmsg_send", msgid=msgid))["errcode"] == 0
    assert (await call(api, "get_groupmsg_task", msgid=msgid))["errcode"] == 41093
    with pytest.raises(ValueError, match="cancelled"):
        stand_in.confirm_mass_task("lihua", msgid)


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"chat_type": "group", "text": {"content": "x"}}, 40063),
        ({"external_userid": ["wmDemoChen"]}, 40063),
        ({"external_userid": ["wmNobody"], "text": {"content": "x"}}, 41048),
        ({"external_userid": ["wmDemoChen"], "text": {"content": "字" * 1334}}, 45002),
        ({"external_userid": ["wmDemoChen"], "attachments": [{"msgtype": "image", "image": {}}] * 10}, 41064),
    ],
)
async def test_a_wrong_task_is_refused(api: Any, body: dict[str, Any], errcode: int) -> None:
    assert (await call(api, "add_msg_template", **body))["errcode"] == errcode


async def test_over_the_cap_and_after_parting_nothing_is_delivered(stand_in: StandIn, tiny: Any, api: Any) -> None:
    stand_in.world.limits.mass_cap = "day"
    tasks = [
        (await call(api, "add_msg_template", sender="lihua", text={"content": f"第{n}条"}))["msgid"] for n in range(2)
    ]
    await stand_in.contact_left("lihua", "wmDemoLin")
    shares = [stand_in.confirm_mass_task("lihua", msgid) for msgid in tasks]
    assert [share.status for share in shares] == [{"wmDemoChen": 1, "wmDemoLin": 2}, {"wmDemoChen": 3, "wmDemoLin": 2}]


async def test_a_new_contact_is_welcomed_once_within_20_seconds(
    stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock
) -> None:
    await stand_in.contact_added("lihua", "wmNew", state="poster3")
    event = tiny.heard[0][1]
    assert (event["ChangeType"], event["State"]) == ("add_external_contact", "poster3")
    hello = {"welcome_code": event["WelcomeCode"], "text": {"content": "您好"}}
    assert [(await call(api, "send_welcome_msg", **hello))["errcode"] for _ in range(2)] == [0, 41051]
    await stand_in.contact_added("lihua", "wmNew2")
    clock.jump(timedelta(seconds=21))
    late = hello | {"welcome_code": tiny.heard[1][1]["WelcomeCode"]}
    assert (await call(api, "send_welcome_msg", **late))["errcode"] == 41050
    assert [line.text for line in stand_in.received("wmNew")] == ["您好"]


async def test_customer_groups_can_be_read_and_tell_their_version(stand_in: StandIn, tiny: Any, api: Any) -> None:
    listed = await call(api, "groupchat/list", limit=1)
    assert (listed["group_chat_list"][0]["chat_id"], listed["next_cursor"]) == ("wrDemoGroup01", "1")
    await stand_in.group_changed("wrDemoGroup01", "wmDemoZhou")
    event = tiny.heard[0][1]
    group = (await call(api, "groupchat/get", chat_id="wrDemoGroup01", need_name=1))["group_chat"]
    assert (group["member_version"], event["MemChangeList"]["Item"]) == (event["CurMemVer"], "wmDemoZhou")
    assert [row.get("name") for row in group["member_list"]] == [None, "小陈", "林妈妈", "周周"]
    assert (await call(api, "groupchat/get", chat_id="wrNone"))["errcode"] == 90501
