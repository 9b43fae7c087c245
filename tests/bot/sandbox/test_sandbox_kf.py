"""WeChat customer service as strict as 94670, 94669, 94677 and 95122."""

from datetime import timedelta
from typing import Any

import pytest

from bot.clock import MovableClock
from bot.sandbox import StandIn

ACCOUNT, CUSTOMER = "wkFencunDemo01", "wmDemoChen"
ENTRY = {"type": "click", "click": {"id": "a", "content": "甲"}}


def text_to(customer: str, content: str = "您好", **more: Any) -> dict[str, Any]:
    return {"touser": customer, "open_kfid": ACCOUNT, "msgtype": "text", "text": {"content": content}, **more}


async def pull(api: Any, **body: Any) -> dict[str, Any]:
    return await api.post("kf/sync_msg", {"open_kfid": ACCOUNT, **body})


async def send(api: Any, content: str = "您好", **more: Any) -> int:
    return (await api.post("kf/send_msg", text_to(CUSTOMER, content, **more)))["errcode"]


async def trans(api: Any, state: int, servicer: str = "") -> dict[str, Any]:
    body = {"open_kfid": ACCOUNT, "external_userid": CUSTOMER, "service_state": state}
    return await api.post("kf/service_state/trans", body | ({"servicer_userid": servicer} if servicer else {}))


async def state(api: Any) -> int:
    body = {"open_kfid": ACCOUNT, "external_userid": CUSTOMER}
    return (await api.post("kf/service_state/get", body))["service_state"]


async def test_a_message_rings_the_bot_and_waits_behind_the_cursor(stand_in: StandIn, tiny: Any, api: Any) -> None:
    reaction = await stand_in.customer_says(CUSTOMER, "怎么退换货？")
    assert reaction.ok
    door, ring = tiny.heard[0]
    assert (door, ring["Event"], ring["OpenKfId"]) == ("kf", "kf_msg_or_event", ACCOUNT)
    page = await pull(api, token=ring["Token"])
    item = page["msg_list"][0]
    assert (item["origin"], item["text"]["content"], page["has_more"]) == (3, "怎么退换货？", 0)
    again = await pull(api, cursor=page["next_cursor"], token=ring["Token"])
    assert again["msg_list"] == []


async def test_a_page_may_be_empty_and_more_follows(stand_in: StandIn, tiny: Any, api: Any) -> None:
    stand_in.kf.page_size = 2
    await stand_in.customer_says(CUSTOMER, "一", ring=False)
    stand_in.kf.put_gap(ACCOUNT)
    for word in "二三四":
        await stand_in.customer_says(CUSTOMER, word, ring=False)
    found, cursor, more, sizes = [], "", 1, []
    while more:
        page = await pull(api, cursor=cursor)
        cursor, more = page["next_cursor"], page["has_more"]
        sizes.append(len(page["msg_list"]))
        found += [item["text"]["content"] for item in page["msg_list"]]
    assert (found, sizes) == (list("一二三四"), [1, 0, 2, 1])


async def test_items_are_gone_after_three_days_and_tokens_after_ten_minutes(
    stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock
) -> None:
    await stand_in.customer_says(CUSTOMER, "老消息")
    token = tiny.heard[0][1]["Token"]
    clock.jump(timedelta(minutes=11))
    assert (await pull(api, token=token))["errcode"] == 95007
    assert len((await pull(api))["msg_list"]) == 1
    clock.jump(timedelta(days=3))
    assert (await pull(api))["msg_list"] == []


async def test_pulls_without_a_token_are_limited(stand_in: StandIn, api: Any) -> None:
    stand_in.world.limits.sync_without_token_per_minute = 2
    codes = [(await pull(api))["errcode"] for _ in range(3)]
    assert codes == [0, 0, 45009]


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"open_kfid": ""}, 95000),
        ({"open_kfid": "wkOther"}, 95004),
        ({"cursor": "x" * 65}, 40058),
        ({"cursor": "nonsense"}, 40058),
        ({"limit": 1001}, 40058),
        ({"token": "stranger"}, 95007),
    ],
)
async def test_a_wrong_pull_is_refused(api: Any, body: dict[str, Any], errcode: int) -> None:
    assert (await pull(api, **body))["errcode"] == errcode


async def test_an_account_that_the_admin_did_not_hand_over_is_refused(stand_in: StandIn, api: Any) -> None:
    stand_in.world.kf.accounts[0].managed = False
    assert (await pull(api))["errcode"] == 48007


async def test_nobody_is_written_to_before_he_wrote(stand_in: StandIn, api: Any) -> None:
    assert await send(api) == 95018


async def test_five_messages_then_silence_until_the_customer_writes_again(
    stand_in: StandIn, tiny: Any, api: Any
) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    assert [await send(api, f"第{n}条") for n in range(6)] == [0, 0, 0, 0, 0, 95001]
    await stand_in.customer_says(CUSTOMER, "在的")
    assert await send(api) == 0
    assert [line.who for line in stand_in.kf_chat(ACCOUNT, CUSTOMER)] == [CUSTOMER, *["bot"] * 5, CUSTOMER, "bot"]


async def test_after_48_hours_the_window_is_shut(stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    clock.jump(timedelta(hours=48))
    assert await send(api) == 0
    clock.jump(timedelta(seconds=1))
    assert (await send(api), await state(api)) == (95002, 4)


async def test_a_text_of_2048_bytes_passes_and_one_more_does_not(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    assert await send(api, "字" * 682 + "ab") == 0
    assert await send(api, "字" * 683) == 45002


async def test_an_own_msgid_is_accepted_once(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    assert [await send(api, msgid="r_1-a") for _ in range(2)] == [0, 95028]
    stand_in.kf_sender.duplicate_errcode = 40058
    assert await send(api, msgid="r_1-a") == 40058
    assert await send(api, msgid="x" * 33) == 40058
    assert await send(api, msgid="空 格") == 40058
    assert len(stand_in.kf_chat(ACCOUNT, CUSTOMER)) == 2


@pytest.mark.parametrize(
    ("content", "errcode"),
    [
        ({"msgtype": "markdown", "markdown": {"content": "x"}}, 40008),
        ({"msgtype": "text"}, 40058),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "image", "image": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [ENTRY] * 11}}, 95008),
        ({"msgtype": "msgmenu", "msgmenu": {"list": [{"type": "dance"}]}}, 95009),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "选", "list": [ENTRY]}}, 0),
        ({"msgtype": "link", "link": {"title": "甲", "url": "example.com", "thumb_media_id": "m"}}, 40058),
    ],
)
async def test_the_content_is_checked(
    stand_in: StandIn, tiny: Any, api: Any, content: dict[str, Any], errcode: int
) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    body = {"touser": CUSTOMER, "open_kfid": ACCOUNT, **content}
    assert (await api.post("kf/send_msg", body))["errcode"] == errcode


async def test_only_the_documented_moves_are_possible(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "转人工")
    assert (await trans(api, 1))["errcode"] == 95016
    assert (await trans(api, 4))["errcode"] == 95016
    pool = await trans(api, 2)
    assert pool["errcode"] == 0
    assert pool["msg_code"]
    assert await send(api) == 95018
    assert (await trans(api, 3, "nobody"))["errcode"] == 95014
    assert (await trans(api, 3, "zhaomin"))["errcode"] == 95019
    assert (await trans(api, 3, "lihua"))["errcode"] == 0
    assert (await state(api), await send(api)) == (3, 95018)
    assert (await trans(api, 4))["errcode"] == 0
    assert (await trans(api, 0))["errcode"] == 95016
    await stand_in.customer_says(CUSTOMER, "再问一下")
    assert (await state(api), await send(api)) == (0, 0)


async def test_the_bot_state_can_be_allowed_as_some_field_reports_say(stand_in: StandIn, tiny: Any, api: Any) -> None:
    stand_in.kf.moves[0].add(1)
    await stand_in.customer_says(CUSTOMER, "你好")
    assert (await trans(api, 1))["msg_code"] == ""
    assert await send(api) == 0


async def welcome(api: Any, code: str, **more: Any) -> int:
    body = {"code": code, "msgtype": "text", "text": {"content": "您好"}, **more}
    return (await api.post("kf/send_msg_on_event", body))["errcode"]


async def test_a_welcome_goes_once_within_20_seconds(
    stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock
) -> None:
    await stand_in.customer_enters(CUSTOMER, scene="oa_menu")
    event = (await pull(api))["msg_list"][0]["event"]
    clock.jump(timedelta(seconds=20))
    assert [await welcome(api, event["welcome_code"]) for _ in range(2)] == [0, 40058]
    await stand_in.customer_enters(CUSTOMER)
    assert "welcome_code" not in (await pull(api))["msg_list"][-1]["event"]


async def test_a_late_welcome_is_refused(stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock) -> None:
    await stand_in.customer_enters(CUSTOMER)
    code = (await pull(api))["msg_list"][0]["event"]["welcome_code"]
    clock.jump(timedelta(seconds=21))
    assert await welcome(api, code) == 40058


async def test_a_code_works_only_in_its_state_and_not_for_menus(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "转人工")
    pool = (await trans(api, 2))["msg_code"]
    assert await welcome(api, pool, msgtype="msgmenu", msgmenu={"head_content": "选"}) == 40008
    human = (await trans(api, 3, "lihua"))["msg_code"]
    assert (await welcome(api, pool), await welcome(api, human)) == (95018, 0)


async def test_a_servicer_in_the_client_takes_speaks_and_ends(
    stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock
) -> None:
    await stand_in.customer_says(CUSTOMER, "转人工")
    await trans(api, 2)
    await stand_in.servicer_takes("lihua", CUSTOMER)
    await stand_in.servicer_says("lihua", CUSTOMER, "我来看看")
    await stand_in.servicer_ends("lihua", CUSTOMER)
    items = (await pull(api))["msg_list"]
    changes = [item["event"]["change_type"] for item in items if item["msgtype"] == "event"]
    assert (changes, [item["origin"] for item in items]) == ([1, 3], [3, 4, 5, 4])
    assert items[2]["servicer_userid"] == "lihua"
    assert await welcome(api, items[3]["event"]["msg_code"]) == 0
    with pytest.raises(ValueError, match="not with a colleague"):
        await stand_in.servicer_ends("lihua", CUSTOMER)


async def test_a_servicer_who_types_has_the_session_whatever_it_was(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "你好")
    await stand_in.servicer_says("lihua", CUSTOMER, "我在")
    assert (await state(api), await send(api)) == (3, 95018)


async def test_messages_of_the_api_are_not_pulled_but_failures_are(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    await send(api, msgid="out1")
    await stand_in.message_fails(CUSTOMER, "out1")
    items = (await pull(api))["msg_list"]
    assert [item["msgtype"] for item in items] == ["text", "event"]
    assert items[1]["event"]["fail_msgid"] == "out1"
    assert len(stand_in.kf_chat(ACCOUNT, CUSTOMER)) == 1


async def test_accounts_servicers_and_nicknames_can_be_read(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.servicer_on_duty("zhaomin", True)
    listed = await api.get("kf/servicer/list", open_kfid=ACCOUNT)
    assert [row["status"] for row in listed["servicer_list"]] == [0, 0]
    accounts = await api.post("kf/account/list", {})
    assert accounts["account_list"][0]["manage_privilege"] is True
    ask = {"external_userid_list": [CUSTOMER, "wmNobody"]}
    assert (await api.post("kf/customer/batchget", ask))["errcode"] == 95031
    await stand_in.customer_says(CUSTOMER, "你好")
    found = await api.post("kf/customer/batchget", ask)
    assert found["customer_list"][0]["nickname"] == "小陈"
    assert found["invalid_external_userid"] == ["wmNobody"]


async def test_what_a_customer_sends_can_be_downloaded(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_sends_media(CUSTOMER, b"\x89PNG picture")
    item = (await pull(api))["msg_list"][0]
    query = {"access_token": await api.token(), "media_id": item["image"]["media_id"]}
    async with api.session.get(f"{api.base}/cgi-bin/media/get", params=query) as answer:
        assert await answer.read() == b"\x89PNG picture"
    assert (await api.get("media/get", media_id="nothing"))["errcode"] == 40007
