"""What each call puts on the wire, and what it makes of the answer."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from bot.errors import AlreadyDone, NeedsOperator, Refused, StateMoved, TryLater
from bot.wecom.api import Account, App, BehaviorDay, Contact, GroupDay, Kf, KfDay, Robot, Servicer, Session
from bot.wecom.client import WeComClient

TEXT = {"msgtype": "text", "text": {"content": "你好"}}


def replies(wecom: Any, *answers: dict[str, Any]) -> None:
    """Answer the coming calls with these, in order."""
    waiting = iter(answers)

    async def behaviour(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"errcode": 0, "errmsg": "ok"} | next(waiting))

    wecom.behaviour = behaviour


def asked(wecom: Any) -> list[tuple[str, str, Any]]:
    """Method, path and body (of a GET: its query) of each call so far."""
    seen = []
    for method, path, query, body in wecom.calls:
        rest = {name: value for name, value in query.items() if name != "access_token"}
        seen.append((method, path.removeprefix("/cgi-bin/"), json.loads(body) if body else rest))
    return seen


@pytest.fixture
def kf(client: WeComClient) -> Kf:
    return Kf(client, "kf-secret")


@pytest.fixture
def app(client: WeComClient) -> App:
    return App(client, "app-secret", 1000002)


@pytest.fixture
def contact(client: WeComClient) -> Contact:
    return Contact(client, "contact-secret")


# --- kf --------------------------------------------------------------------------------------------------------------


async def test_sync_msg_names_the_account_and_leaves_out_what_is_empty(kf: Kf, wecom: Any) -> None:
    replies(wecom, {"next_cursor": "c2", "has_more": 1, "msg_list": [{"msgid": "m1"}, "junk"]}, {"msg_list": None})
    page = await kf.sync_msg("wk1", cursor="c1", token="T")
    assert (page.items, page.cursor, page.more) == (({"msgid": "m1"},), "c2", True)
    page = await kf.sync_msg("wk1")
    assert (page.items, page.cursor, page.more) == ((), "", False)
    assert asked(wecom) == [
        ("POST", "kf/sync_msg", {"open_kfid": "wk1", "cursor": "c1", "token": "T", "limit": 1000, "voice_format": 0}),
        ("POST", "kf/sync_msg", {"open_kfid": "wk1", "limit": 1000, "voice_format": 0}),
    ]


async def test_a_callback_token_that_is_too_old_is_left_out(kf: Kf, wecom: Any) -> None:
    replies(wecom, {"errcode": 95007, "errmsg": "invalid msg token"}, {"next_cursor": "c2"})
    assert (await kf.sync_msg("wk1", cursor="c1", token="T")).cursor == "c2"
    assert ["token" in body for _, _, body in asked(wecom)] == [True, False]


async def test_a_kf_message_carries_its_own_id(kf: Kf, wecom: Any) -> None:
    replies(wecom, {"msgid": "r_1"})
    assert await kf.send_msg("wmCust", "wk1", TEXT, "r_1") == "r_1"
    assert asked(wecom) == [("POST", "kf/send_msg", {"touser": "wmCust", "open_kfid": "wk1", "msgid": "r_1", **TEXT})]


async def test_a_repeated_kf_send_that_meets_an_undocumented_code_had_gone_out(kf: Kf, wecom: Any) -> None:
    wecom.answer(95099, "duplicate msgid")
    with pytest.raises(AlreadyDone):
        await kf.send_msg("wmCust", "wk1", TEXT, "r_1", again=True)
    with pytest.raises(Refused) as caught:
        await kf.send_msg("wmCust", "wk1", TEXT, "r_1")
    assert type(caught.value) is Refused


@pytest.mark.parametrize(("errcode", "expected"), [(95018, StateMoved), (95001, Refused), (48007, NeedsOperator)])
async def test_a_repeated_kf_send_that_meets_a_documented_code_had_not(
    kf: Kf, wecom: Any, errcode: int, expected: type[Exception]
) -> None:
    wecom.answer(errcode)
    with pytest.raises(expected) as caught:
        await kf.send_msg("wmCust", "wk1", TEXT, "r_1", again=True)
    assert type(caught.value) is expected


async def test_an_events_code_is_answered_once(kf: Kf, wecom: Any) -> None:
    await kf.send_msg_on_event("W", TEXT, "w_1")
    await kf.send_msg_on_event("W2", TEXT)
    assert asked(wecom) == [
        ("POST", "kf/send_msg_on_event", {"code": "W", "msgid": "w_1", **TEXT}),
        ("POST", "kf/send_msg_on_event", {"code": "W2", **TEXT}),
    ]


async def test_the_session_is_read_and_moved(kf: Kf, wecom: Any) -> None:
    replies(wecom, {"service_state": 3, "servicer_userid": "lihua"}, {"msg_code": "C"}, {})
    assert await kf.service_state_get("wk1", "wmCust") == Session(3, "lihua")
    assert await kf.service_state_trans("wk1", "wmCust", 3, "lihua") == "C"
    assert await kf.service_state_trans("wk1", "wmCust", 2) == ""
    who = {"open_kfid": "wk1", "external_userid": "wmCust"}
    assert asked(wecom) == [
        ("POST", "kf/service_state/get", who),
        ("POST", "kf/service_state/trans", {**who, "service_state": 3, "servicer_userid": "lihua"}),
        ("POST", "kf/service_state/trans", {**who, "service_state": 2}),
    ]


async def test_the_servicers_of_an_account_are_people(kf: Kf, wecom: Any) -> None:
    rows = [{"userid": "LiHua", "status": 0}, {"userid": "b", "status": 1, "stop_type": 1}, {"department_id": 2}]
    replies(wecom, {"servicer_list": rows})
    assert await kf.servicer_list("wk1") == (Servicer("lihua", True), Servicer("b", False))
    assert asked(wecom) == [("GET", "kf/servicer/list", {"open_kfid": "wk1"})]


async def test_all_accounts_are_listed_page_by_page(kf: Kf, wecom: Any) -> None:
    first = [{"open_kfid": f"wk{n}", "name": "a", "manage_privilege": True} for n in range(100)]
    replies(wecom, {"account_list": first}, {"account_list": [{"open_kfid": "wkz", "manage_privilege": False}]})
    accounts = await kf.account_list()
    assert (len(accounts), accounts[-1]) == (101, Account("wkz", "", False))
    assert [body["offset"] for _, _, body in asked(wecom)] == [0, 100]


# --- app and robot ---------------------------------------------------------------------------------------------------


async def test_an_app_message_names_who_does_not_get_it(app: App, wecom: Any) -> None:
    replies(wecom, {"msgid": "M1", "invaliduser": "lisi|WangWu", "unlicenseduser": "", "response_code": "RC"})
    sent = await app.message_send(["zhangsan", "lisi"], TEXT)
    assert (sent.msgid, sent.invalid, sent.response_code) == ("M1", ("lisi", "wangwu"), "RC")
    [(method, path, body)] = asked(wecom)
    assert (method, path, body["touser"], body["agentid"]) == ("POST", "message/send", "zhangsan|lisi", 1000002)
    assert "enable_duplicate_check" not in body


async def test_the_repetition_of_a_part_is_the_same_request_and_another_part_is_not(app: App, wecom: Any) -> None:
    for out_id in ("part-1", "part-1", "part-2"):
        await app.message_send(["zhangsan"], TEXT, out_id=out_id)
    first, again, other = (body for _, _, body in asked(wecom))
    assert first == again != other
    assert first["enable_duplicate_check"] == 1
    assert 1800 <= first["duplicate_check_interval"] <= 14400


async def test_an_appchat_and_a_robot_get_the_message_as_it_is(app: App, client: WeComClient, wecom: Any) -> None:
    await app.appchat_send("ithelp01", TEXT)
    await Robot(client, "key-1").send(TEXT)
    assert [body for _, _, body in asked(wecom)] == [{"chatid": "ithelp01", "safe": 0, **TEXT}, TEXT]
    assert wecom.calls[1][2] == {"key": "key-1"}


async def test_a_file_goes_up_and_its_id_comes_back(app: App) -> None:
    assert await app.media_upload("file", "说明.pdf", b"123456") == "MID"


# --- 客户联系 --------------------------------------------------------------------------------------------------------


async def test_a_welcome_is_text_with_its_code(contact: Contact, wecom: Any) -> None:
    await contact.send_welcome_msg("CODE20S", "您好")
    assert asked(wecom) == [
        ("POST", "externalcontact/send_welcome_msg", {"welcome_code": "CODE20S", "text": {"content": "您好"}})
    ]


async def test_a_mass_task_tells_who_cannot_get_it(contact: Contact, wecom: Any) -> None:
    replies(wecom, {"msgid": "T1", "fail_list": ["wmGone"]})
    template = {"chat_type": "group", "sender": "lihua", "chat_id_list": ["wrX01"], "text": {"content": "直播"}}
    assert await contact.add_msg_template(template) == ("T1", ("wmGone",))
    assert asked(wecom) == [("POST", "externalcontact/add_msg_template", template)]


async def test_the_results_of_a_task_are_read_to_the_last_page(contact: Contact, wecom: Any) -> None:
    replies(wecom, {"task_list": [{"userid": "a"}], "next_cursor": "c"}, {"task_list": [{"userid": "b"}]})
    assert [row["userid"] for row in await contact.get_groupmsg_task("T1")] == ["a", "b"]
    assert [body.get("cursor") for _, _, body in asked(wecom)] == [None, "c"]


async def test_a_cursor_that_does_not_move_ends_the_reading(contact: Contact, wecom: Any) -> None:
    replies(wecom, *[{"send_list": [{"userid": "a", "status": 1}], "next_cursor": "c"}] * 2)
    assert len(await contact.get_groupmsg_send_result("T1", "a")) == 2
    assert asked(wecom)[0][2] == {"msgid": "T1", "userid": "a", "limit": 1000}


@pytest.mark.parametrize("name", ["cancel_groupmsg_send", "remind_groupmsg_send"])
async def test_a_task_is_stopped_and_reminded_of_by_its_id(contact: Contact, wecom: Any, name: str) -> None:
    call: Callable[[str], Awaitable[None]] = getattr(contact, name)
    await call("T1")
    assert asked(wecom) == [("POST", f"externalcontact/{name}", {"msgid": "T1"})]


async def test_stopping_a_task_twice_is_already_done(contact: Contact, wecom: Any) -> None:
    wecom.answer(41093)
    with pytest.raises(AlreadyDone):
        await contact.cancel_groupmsg_send("T1")


FIRST, LAST = datetime(2026, 11, 1, 16, tzinfo=UTC), datetime(2026, 11, 21, 16, tzinfo=UTC)  # midnights in Beijing
SPAN = (int(FIRST.timestamp()), int(LAST.timestamp()))


async def test_the_days_of_customer_groups_are_read_by_owner(contact: Contact, wecom: Any) -> None:
    row = {"stat_time": SPAN[1], "data": {"member_total": 40, "new_member_cnt": 3, "msg_total": 9}}
    replies(wecom, {"items": [row, {"stat_time": SPAN[0]}]})
    days = await contact.statistic_group_by_day(["lihua"], FIRST, LAST)
    assert days == (GroupDay(LAST, 40, 3), GroupDay(FIRST, 0, 0))
    body = {"day_begin_time": SPAN[0], "day_end_time": SPAN[1], "owner_filter": {"userid_list": ["lihua"]}}
    assert asked(wecom)[-1] == ("POST", "externalcontact/groupchat/statistic_group_by_day", body)


async def test_who_deleted_or_blocked_colleagues_is_read_by_day(contact: Contact, wecom: Any) -> None:
    replies(wecom, {"behavior_data": [{"stat_time": SPAN[0], "new_contact_cnt": 2, "negative_feedback_cnt": 1}]})
    assert await contact.get_user_behavior_data(["lihua"], FIRST, LAST) == (BehaviorDay(2, 1),)
    body = {"userid": ["lihua"], "start_time": SPAN[0], "end_time": SPAN[1]}
    assert asked(wecom)[-1] == ("POST", "externalcontact/get_user_behavior_data", body)


async def test_what_a_statistic_of_kf_leaves_out_counts_as_none(kf: Kf, wecom: Any) -> None:
    replies(
        wecom, {"statistic_list": [{"stat_time": SPAN[0], "statistic": {"session_cnt": 7}}, {"stat_time": SPAN[1]}]}
    )
    assert await kf.get_corp_statistic(FIRST, LAST) == (KfDay(7, 0), KfDay(0, 0))
    assert asked(wecom)[-1] == ("POST", "kf/get_corp_statistic", {"start_time": SPAN[0], "end_time": SPAN[1]})


@pytest.mark.parametrize("state", [None, "1", "x", True, [1], {}, 1.5])
async def test_a_session_without_a_state_is_no_leave_to_speak(kf: Kf, wecom: Any, state: Any) -> None:
    replies(wecom, {"service_state": state, "servicer_userid": "lihua"})
    with pytest.raises(TryLater):
        await kf.service_state_get("wk1", "wmCust")


async def test_each_kind_of_call_uses_its_own_secret(kf: Kf, app: App, contact: Contact, wecom: Any) -> None:
    await kf.servicer_list("wk1")
    await app.message_send(["a"], TEXT)
    await contact.send_welcome_msg("C", "您好")
    tokens = [query["access_token"].rpartition("-of-")[2] for _, _, query, _ in wecom.calls]
    assert tokens == ["kf-secret", "app-secret", "contact-secret"]


async def test_the_blocking_ways_of_the_borrowed_client_are_shut(kf: Kf) -> None:
    with pytest.raises(AttributeError, match="WeComClient"):
        _ = kf._shapes.access_token
    assert not hasattr(kf._shapes, "_http")
