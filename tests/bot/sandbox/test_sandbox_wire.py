"""Tokens, faults, the ledger, callbacks as such, and a busy day."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.clock import MovableClock
from bot.sandbox import StandIn

ACCOUNT, CUSTOMER = "wkFencunDemo01", "wmDemoChen"
LOST = (aiohttp.ClientConnectionError, aiohttp.ServerDisconnectedError)


async def raw(api: Any, token: str, path: str = "kf/account/list") -> dict[str, Any]:
    async with api.session.post(f"{api.base}/cgi-bin/{path}", params={"access_token": token}, json={}) as answer:
        return await answer.json()


async def test_a_token_lives_two_hours_and_not_longer(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    token = await api.token()
    assert token == await api.token()
    clock.jump(timedelta(seconds=7199))
    assert (await raw(api, token))["errcode"] == 0
    clock.jump(timedelta(seconds=1))
    assert (await raw(api, token))["errcode"] == 42001
    fresh = await api.token()
    stand_in.expire_tokens()
    assert (await raw(api, fresh))["errcode"] == 42001
    assert (await raw(api, "made up"))["errcode"] == 40014
    assert (await raw(api, ""))["errcode"] == 41001


@pytest.mark.parametrize(("corp", "secret", "errcode"), [("wwOther", "", 40013), ("", "wrong", 40001)])
async def test_wrong_credentials_are_told(stand_in: StandIn, api: Any, corp: str, secret: str, errcode: int) -> None:
    query = {"corpid": corp or stand_in.world.corp_id, "corpsecret": secret or stand_in.world.kf.secret}
    async with api.session.get(f"{api.base}/cgi-bin/gettoken", params=query) as answer:
        assert (await answer.json())["errcode"] == errcode


async def test_no_secret_and_no_token_is_in_the_ledger(stand_in: StandIn, tiny: Any, api: Any) -> None:
    token = await api.token()
    await stand_in.customer_says(CUSTOMER, "你好")
    await api.post("kf/sync_msg", {"open_kfid": ACCOUNT, "token": tiny.heard[0][1]["Token"]})
    shown = str([(row.request, row.response) for row in stand_in.wire])
    for hidden in (token, stand_in.world.kf.secret, tiny.heard[0][1]["Token"]):
        assert hidden not in shown


async def test_the_method_and_the_body_are_checked(stand_in: StandIn, api: Any) -> None:
    assert (await api.get("kf/sync_msg"))["errcode"] == 43002
    assert (await api.post("kf/sync_msg", [1]))["errcode"] == 40035
    assert (await api.post("kf/poem", {}))["errcode"] == 40066


async def test_one_call_is_limited_per_minute(stand_in: StandIn, api: Any) -> None:
    stand_in.world.limits.api_per_minute = 2
    token = await api.token()
    assert [(await raw(api, token))["errcode"] for _ in range(3)] == [0, 0, 45009]


async def test_a_lost_reply_was_carried_out(stand_in: StandIn, tiny: Any, api: Any) -> None:
    await stand_in.customer_says(CUSTOMER, "在吗")
    body = {"touser": CUSTOMER, "open_kfid": ACCOUNT, "msgid": "r1", "msgtype": "text", "text": {"content": "在"}}
    stand_in.faults.lose_reply("kf/send_msg")
    with pytest.raises(LOST):
        await api.post("kf/send_msg", body)
    assert len(stand_in.kf_chat(ACCOUNT, CUSTOMER)) == 2
    assert (await api.post("kf/send_msg", body))["errcode"] == 95028
    assert [row.status for row in stand_in.calls("kf/send_msg")] == [0, 200]


async def test_every_reply_can_be_lost_once(stand_in: StandIn, api: Any) -> None:
    stand_in.faults.lose_each_reply_once()
    token = await api.token()
    statuses = [row.status for row in stand_in.calls("gettoken")]
    assert statuses == [0, 200], "aiohttp repeats a GET by itself, so the caller does not see the loss"
    for path in ("kf/account/list", "kf/sync_msg"):
        with pytest.raises(LOST):
            await raw(api, token, path)
        assert (await raw(api, token, path))["errmsg"]


async def test_faults_are_had_to_order(stand_in: StandIn, api: Any) -> None:
    token = await api.token()
    stand_in.faults.errcode("kf/account/list", 45009, times=2)
    assert [(await raw(api, token))["errcode"] for _ in range(3)] == [45009, 45009, 0]
    stand_in.faults.html("kf/account/list", times=1)
    with pytest.raises(aiohttp.ContentTypeError):
        await raw(api, token)
    stand_in.faults.refuse("*", times=1)
    with pytest.raises(LOST):
        await raw(api, token)
    assert (await raw(api, token))["errcode"] == 0


async def test_a_hanging_call_goes_on_when_it_is_let(stand_in: StandIn, api: Any) -> None:
    token, until = await api.token(), asyncio.Event()
    stand_in.faults.hang("kf/account/list", until)
    waiting = asyncio.create_task(raw(api, token))
    done, _ = await asyncio.wait([waiting], timeout=0.05)
    assert not done
    until.set()
    assert (await waiting)["errcode"] == 0


async def test_stopping_lets_go_of_what_hangs(clock: MovableClock) -> None:
    one = StandIn(clock=clock)
    base = await one.start()
    one.faults.hang("gettoken", asyncio.Event())
    async with aiohttp.ClientSession() as session:
        call = asyncio.create_task(session.get(f"{base}/cgi-bin/gettoken"))
        await asyncio.wait([call], timeout=0.05)
        async with asyncio.timeout(3):
            await one.stop()
        await asyncio.wait([call])
        call.exception()


async def test_a_failing_bot_is_asked_three_times_with_the_same_message(stand_in: StandIn, tiny: Any) -> None:
    tiny.answer = lambda door, message: 500
    reaction = await stand_in.employee_says("lihua", "你好")
    assert (reaction.tries, reaction.status, reaction.ok) == (3, 500, False)
    assert len({message["MsgId"] for _, message in tiny.heard}) == 1


async def test_a_slow_bot_is_asked_three_times(stand_in: StandIn, tiny: Any) -> None:
    stand_in.callbacks.deadline = 0.05
    tiny.silent.clear()
    reaction = await stand_in.employee_says("lihua", "你好")
    assert (reaction.tries, reaction.status, reaction.problem) == (3, 0, "no answer in time")


async def test_a_callback_can_come_again_as_the_very_same_bytes(stand_in: StandIn, tiny: Any) -> None:
    reaction = await stand_in.employee_says("lihua", "你好")
    assert reaction.exchange is not None
    await stand_in.redeliver(reaction.exchange)
    assert tiny.heard[0] == tiny.heard[1]
    parcels = [row.parcel for row in stand_in.calls("text")]
    assert parcels[0] == parcels[1]


@pytest.mark.parametrize("door", ["app", "kf", "contact", "assistant"])
async def test_the_address_is_verified_with_a_bare_echo(stand_in: StandIn, tiny: Any, door: str) -> None:
    assert (await stand_in.verify_url(door)).ok


@pytest.mark.parametrize("wrong", ["signature", "receiver", "body", "missing"])
async def test_a_forged_callback_reaches_nobody_who_checks(stand_in: StandIn, tiny: Any, wrong: Any) -> None:
    reaction = await stand_in.forge("app", {"MsgType": "text", "Content": "假的"}, wrong)
    assert reaction.status == 500
    assert tiny.heard == []


async def test_a_reply_with_a_wrong_seal_is_a_problem(stand_in: StandIn, tiny: Any) -> None:
    tiny.answer = lambda door, message: "<xml><Encrypt>AAAA</Encrypt></xml>"
    assert (await stand_in.employee_says("lihua", "你好")).problem.startswith("bad reply")
    tiny.answer = lambda door, message: '{"encrypt": "AAAA"}'
    assert (await stand_in.aibot_says("assistant", "lihua", "你好")).problem.startswith("bad reply")


async def test_waiting_sees_what_was_and_what_comes(stand_in: StandIn, tiny: Any) -> None:
    coming = asyncio.create_task(stand_in.wait_for(lambda row: row.what == "enter_agent"))
    await stand_in.employee_event("lihua", "enter_agent", {"EventKey": ""})
    row = await coming
    assert row == await stand_in.wait_for(lambda row: row.what == "enter_agent")
    with pytest.raises(TimeoutError):
        await stand_in.wait_for(lambda row: row.what == "enter_agent", 0.01, after=row.number)
    await stand_in.wait_until(lambda: len(tiny.heard) == 1)


async def test_the_ledger_is_bounded_and_quick(stand_in: StandIn, clock: MovableClock) -> None:
    with stand_in.ledger.subscribe() as queue:
        for n in range(25_000):
            stand_in.ledger.record(clock.now(), "to_wecom", "kf/send_msg", {"n": n}, {"errcode": 0})
        assert queue.qsize() == 25_000
    assert (len(stand_in.wire), stand_in.wire[-1].number) == (20_000, 25_000)


async def test_500_messages_of_50_customers_are_all_pulled_and_answered(stand_in: StandIn, tiny: Any, api: Any) -> None:
    async with asyncio.timeout(20):
        for n in range(10):
            await asyncio.gather(*(stand_in.customer_says(f"wm{who}", f"第{n}问") for who in range(50)))
        token, cursor, more, items = tiny.heard[-1][1]["Token"], "", 1, []
        stand_in.kf.page_size = 100
        while more:
            page = await api.post("kf/sync_msg", {"open_kfid": ACCOUNT, "cursor": cursor, "token": token})
            cursor, more = page["next_cursor"], page["has_more"]
            items += page["msg_list"]
        assert len({item["msgid"] for item in items}) == 500
        for who in range(50):
            body = {"touser": f"wm{who}", "open_kfid": ACCOUNT, "msgtype": "text", "text": {"content": "答"}}
            assert (await api.post("kf/send_msg", body))["errcode"] == 0


async def test_it_can_be_served_inside_another_application(clock: MovableClock) -> None:
    one = StandIn(clock=clock)
    runner = web.AppRunner(one.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    assert one.ws_url.startswith("ws://")
    async with aiohttp.ClientSession() as session:
        assert (await session.get(f"{one.base_url}/cgi-bin/gettoken")).status == 200
    await runner.cleanup()
