"""The page's HTTP: its files, what it shows, what it does, and who may ask."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.clock import MovableClock
from bot.sandbox import StandIn
from bot.sandbox.acts import LONGEST
from bot.sandbox.seats import GROUP_ID
from bot.sandbox.web import LARGEST, SandboxWeb

ACCOUNT = "wkFencunDemo01"


class Page:
    """The page's own requests, and what its two callables were asked."""

    def __init__(self) -> None:
        self.base = ""
        self.session: aiohttp.ClientSession
        self.next_post: datetime | None = None
        self.jumps = 0
        self.breaks = False

    async def coming(self) -> datetime | None:
        return self.next_post

    async def jumped(self) -> None:
        self.jumps += 1
        if self.breaks:
            raise RuntimeError("a secret detail")

    async def get(self, path: str) -> aiohttp.ClientResponse:
        async with self.session.get(f"{self.base}/sandbox/{path}", allow_redirects=False) as answer:
            await answer.read()
            return answer

    async def state(self, wire_after: int = 0) -> dict[str, Any]:
        async with self.session.get(f"{self.base}/sandbox/state", params={"wire_after": wire_after}) as answer:
            return dict(await answer.json())

    async def post(self, fields: Any, **headers: str) -> tuple[int, str]:
        """Status and message; bytes go out as they are."""
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        headers = {"Content-Type": "application/json", **headers}
        async with self.session.post(f"{self.base}/sandbox/do", data=body, headers=headers) as answer:
            return answer.status, (await answer.json())["message"]

    async def do(self, action: str, **fields: Any) -> tuple[int, str]:
        return await self.post({"action": action, **fields})

    async def customer(self, who: str = "wmDemoChen") -> dict[str, Any]:
        return next(one for one in (await self.state())["customers"] if one["id"] == who)


@pytest.fixture
async def page(stand_in: StandIn, tiny: Any, clock: MovableClock) -> AsyncIterator[Page]:
    one = Page()
    served = SandboxWeb(stand_in, clock, one.coming, one.jumped, "Asia/Shanghai")
    app = web.Application()
    app.add_routes(served.routes())
    app.on_shutdown.append(served.close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as one.session:
        yield one
    await runner.cleanup()


def texts(chat: list[dict[str, Any]], side: str) -> list[str]:
    return [line["text"] for line in chat if line["side"] == side]


# ---- files


async def test_the_page_and_all_that_it_loads_are_served_with_their_types(page: Page) -> None:
    index = await page.get("")
    assert index.content_type == "text/html"
    names = re.findall(r'(?:src|href)="([^"]+)"', await index.text())
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert {"style.css", "app.js", "icon.svg"} <= set(names)
    for name in names:
        answer = await page.get(name)
        assert (answer.status, answer.content_type) == (200, kinds[name.rpartition(".")[2]]), name


async def test_every_module_that_a_script_imports_exists(page: Page) -> None:
    waiting, seen = ["app.js"], set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        answer = await page.get(name)
        assert answer.status == 200, name
        waiting += [one for one in re.findall(r'from "\./([^"]+)"', await answer.text()) if one not in seen]
    assert {"seats.js", "wire.js", "markdown.js"} <= seen


async def test_the_browser_is_told_to_load_and_run_nothing_but_our_own_files(page: Page) -> None:
    index = await page.get("")
    assert "default-src 'self'" in index.headers["Content-Security-Policy"]
    assert "unsafe" not in index.headers["Content-Security-Policy"]
    assert index.headers["X-Content-Type-Options"] == "nosniff"
    html = await index.text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script[^>]*>[^<]", html)
    assert not re.search(r"https?://", html)


async def test_text_from_outside_never_becomes_markup(page: Page) -> None:
    for name in ("app.js", "chat.js", "dom.js", "markdown.js", "seats.js", "wire.js"):
        script = await (await page.get(name)).text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", script), name


@pytest.mark.parametrize("path", ["web.py", "missing.js", "..%2fweb.py", "%2e%2e/standin.py"])
async def test_nothing_outside_the_page_is_served(page: Page, path: str) -> None:
    assert (await page.get(path)).status == 404


async def test_every_place_that_scripts_and_tests_hold_on_to_is_there(page: Page) -> None:
    html = await (await page.get("")).text()
    for seat in ("member", "group", "operator", "consultant"):
        assert f'data-seat="{seat}"' in html
        assert f'data-input="{seat}"' in html
    for action in ("jump-hour", "jump-day", "jump-next", "duty"):
        assert f'data-action="{action}"' in html


# ---- what the page shows


async def test_a_picture_from_the_app_is_shown_and_other_files_are_not(
    page: Page, stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(20)
    media = stand_in.media.keep("image", "health.png", png)
    message = {"touser": "wangwei", "agentid": stand_in.world.app.agent_id, "msgtype": "image"}
    await api.post("message/send", message | {"image": {"media_id": media}}, "app")
    employee = next(one for one in (await page.state())["employees"] if one["id"] == "wangwei")
    [line] = employee["app"]
    assert (line["format"], line["media"]) == ("picture", media)
    shown = await page.get(f"media/{media}")
    assert (shown.status, shown.content_type, shown.content_length) == (200, "image/png", len(png))
    assert (await page.get("media/" + stand_in.media.keep("file", "a.pdf", b"123456"))).status == 404
    clock.jump(timedelta(days=4))
    assert (await page.get(f"media/{media}")).status == 404


async def test_the_first_look_shows_every_seat_and_the_tenants_time(page: Page, clock: MovableClock) -> None:
    page.next_post = clock.now() + timedelta(days=3)
    state = await page.state()
    assert state["zone"] == "Asia/Shanghai"
    assert datetime.fromisoformat(state["now"]) == clock.now()
    assert datetime.fromisoformat(state["next_post"]) == page.next_post
    assert [one["name"] for one in state["customers"]] == ["小陈", "林妈妈", "周周"]
    assert [one["open"] for one in state["groups"]] == [True, False, False]
    assert (state["operator"], [one["id"] for one in state["servicers"]]) == ("wangwei", ["lihua", "zhaomin"])


async def test_what_a_customer_says_stands_in_the_chat_and_on_the_wire(page: Page) -> None:
    assert await page.do("customer_says", customer="wmDemoChen", text="小客厅沙发买多大？") == (200, "")
    state = await page.state()
    chat = state["customers"][0]["chat"]
    assert texts(chat, "customer") == ["小客厅沙发买多大？"]
    assert [row["what"] for row in state["wire"]["rows"]] == ["kf_msg_or_event"]


async def test_only_rows_of_the_wire_that_the_page_lacks_are_sent(page: Page) -> None:
    for _ in range(3):
        await page.do("customer_says", customer="wmDemoChen", text="在吗？")
    rows = (await page.state(wire_after=2))["wire"]["rows"]
    assert [row["number"] for row in rows] == [3]


async def test_no_secret_reaches_the_page(page: Page, api: Any, stand_in: StandIn) -> None:
    await page.do("customer_says", customer="wmDemoChen", text="在吗？")
    await page.do("aibot_says", employee="wangwei", text="在吗？")
    token = await api.token()
    await api.post("kf/sync_msg", {"open_kfid": ACCOUNT})
    world, shown = stand_in.world, json.dumps(await page.state())
    for secret in (token, world.kf.secret, world.kf.token, world.app.aes_key, world.group_robots[0].key):
        assert secret not in shown


async def test_group_posts_and_the_bots_answers_share_one_timeline(
    page: Page, tiny: Any, api: Any, stand_in: StandIn
) -> None:
    tiny.answer = lambda door, message: {
        "msgtype": "stream",
        "stream": {"id": "s", "finish": True, "content": "**好**"},
    }
    await page.do("aibot_says", employee="lihua", group=GROUP_ID, text="你好")
    post = {"msgtype": "markdown", "markdown": {"content": "本周小贴士"}}
    await api.post("webhook/send", post, key=stand_in.world.group_robots[0].key)
    chat = (await page.state())["groups"][0]["chat"]
    assert [(line["side"], line["text"]) for line in chat] == [
        ("colleague", "@分寸助手 你好"),
        ("bot", "**好**"),
        ("bot", "本周小贴士"),
    ]
    assert [line.get("tag") for line in chat] == [None, None, "每周内容"]


async def test_the_session_moves_are_told_once_in_grey(page: Page, api: Any) -> None:
    await page.do("customer_says", customer="wmDemoChen", text="转人工")
    await page.do("servicer_takes", servicer="lihua", customer="wmDemoChen")
    await page.do("servicer_ends", servicer="lihua", customer="wmDemoChen")
    for _ in range(2):
        await api.post("kf/sync_msg", {"open_kfid": ACCOUNT})
    await page.state()
    assert texts((await page.customer())["chat"], "system") == ["李华接入了会话", "李华结束了会话"]


async def test_a_session_is_shown_as_over_48_hours_after_the_last_word(page: Page) -> None:
    await page.do("customer_says", customer="wmDemoChen", text="在吗？")
    await page.do("servicer_takes", servicer="lihua", customer="wmDemoChen")
    assert (await page.customer())["state"] == "human"
    await page.do("jump", days=3)
    assert ((await page.customer())["state"], (await page.customer())["servicer"]) == ("ended", "")


# ---- what the page does


async def test_a_consultant_takes_answers_and_ends(page: Page) -> None:
    await page.do("customer_says", customer="wmDemoChen", text="转人工")
    assert (await page.do("servicer_takes", servicer="lihua", customer="wmDemoChen"))[0] == 200
    assert (await page.customer())["servicer_name"] == "李华"
    await page.do("servicer_says", servicer="lihua", customer="wmDemoChen", text="我来帮您。")
    assert texts((await page.customer())["chat"], "colleague") == ["我来帮您。"]
    assert (await page.do("servicer_ends", servicer="lihua", customer="wmDemoChen"))[0] == 200
    assert (await page.customer())["state"] == "ended"


async def test_ending_what_nobody_holds_is_explained(page: Page) -> None:
    status, message = await page.do("servicer_ends", servicer="lihua", customer="wmDemoChen")
    assert (status, message) == (409, "会话不在同事手里，不用结束。")


async def test_going_off_duty_reaches_the_stand_in_and_the_bot(page: Page, tiny: Any) -> None:
    assert (await page.do("servicer_on_duty", servicer="lihua", receiving=False))[0] == 200
    assert (await page.state())["servicers"][0]["receiving"] is False
    assert [door for door, _ in tiny.heard] == ["kf"]


async def test_a_card_shows_its_buttons_and_a_click_reaches_the_bot(
    page: Page, tiny: Any, api: Any, stand_in: StandIn
) -> None:
    card = {
        "card_type": "button_interaction",
        "task_id": "t1",
        "main_title": {"title": "有客户等您接手"},
        "button_list": [{"text": "我来接手", "key": "/take 1"}],
    }
    body = {
        "touser": "lihua",
        "agentid": stand_in.world.app.agent_id,
        "msgtype": "template_card",
        "template_card": card,
    }
    await api.post("message/send", body, seat="app")
    line = next(one for one in (await page.state())["employees"] if one["id"] == "lihua")["app"][0]
    assert line["card"]["buttons"] == [{"text": "我来接手", "key": "/take 1"}]
    assert (await page.do("employee_clicks", employee="lihua", task="t1", key="/take 1"))[0] == 200
    assert tiny.heard[-1][1]["EventKey"] == "/take 1"
    assert await page.do("employee_clicks", employee="lihua", task="t2", key="x") == (409, "这张卡片已经不在了。")


async def test_a_mass_task_waits_until_its_sender_confirms_it_and_only_once(page: Page, api: Any) -> None:
    body = {
        "chat_type": "group",
        "sender": "lihua",
        "chat_id_list": ["wrDemoGroup01"],
        "text": {"content": "本周小贴士"},
    }
    await api.post("externalcontact/add_msg_template", body, seat="contact")
    state = await page.state()
    task = state["tasks"][0]
    assert (task["state"], task["to"], state["groups"][1]["chat"]) == ("waiting", ["宝妈交流1群"], [])
    send = {"sender": "lihua", "task": task["id"]}
    assert (await page.do("confirm_mass_task", **send))[0] == 200
    state = await page.state()
    assert (state["tasks"][0]["state"], texts(state["groups"][1]["chat"], "colleague")) == ("sent", ["本周小贴士"])
    assert await page.do("confirm_mass_task", **send) == (409, "这个群发任务已经发送或取消。")


async def test_an_ai_bots_answer_is_followed_after_the_page_was_answered(
    page: Page, tiny: Any, stand_in: StandIn
) -> None:
    def answer(door: str, message: dict[str, Any]) -> dict[str, Any]:
        first = message["msgtype"] == "text"
        words = "请稍候" if first else "请稍候，写完了。"
        return {"msgtype": "stream", "stream": {"id": "s", "finish": not first, "content": words}}

    tiny.answer = answer
    assert (await page.do("aibot_says", employee="wangwei", text="你好"))[0] == 200
    await stand_in.wait_for(lambda row: row.what == "stream")
    wangwei = next(one for one in (await page.state())["employees"] if one["id"] == "wangwei")
    assert (wangwei["aibot"][-1]["text"], wangwei["aibot"][-1]["growing"]) == ("请稍候，写完了。", False)


async def test_a_stream_that_breaks_later_is_told_to_the_page(page: Page, tiny: Any, stand_in: StandIn) -> None:
    def answer(door: str, message: dict[str, Any]) -> dict[str, Any]:
        same = "s" if message["msgtype"] == "text" else "another"
        return {"msgtype": "stream", "stream": {"id": same, "finish": False, "content": "请稍候"}}

    tiny.answer = answer
    assert (await page.do("aibot_says", employee="wangwei", text="你好"))[0] == 200
    await stand_in.wait_for(lambda row: row.what == "stream")
    assert "没有说完（40058）" in (await page.state())["troubles"][0]["text"]


async def test_ai_bots_are_not_in_customer_groups(page: Page) -> None:
    status, message = await page.do("aibot_says", employee="lihua", group="wrDemoGroup01", text="你好")
    assert (status, message) == (409, "这个群里没有 AI 机器人。")


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "customer_says", "customer": "wmDemoChen", "text": "在吗？"},
        {"action": "employee_says", "employee": "wangwei", "text": "/status"},
        {"action": "aibot_says", "employee": "wangwei", "text": "你好"},
    ],
)
async def test_a_bot_that_is_down_is_said_in_words(page: Page, stand_in: StandIn, fields: dict[str, Any]) -> None:
    stand_in.world.bot_url = "http://127.0.0.1:9"
    assert await page.post(fields) == (502, "机器人没有应答，请看看它是否在运行。")


async def test_a_bot_that_refuses_is_said_with_its_status(page: Page, tiny: Any) -> None:
    tiny.answer = lambda door, message: 503
    status, message = await page.do("customer_says", customer="wmDemoChen", text="在吗？")
    assert (status, message) == (502, "机器人没有收下这次回调（HTTP 503）。")


# ---- the clock


async def test_jumps_move_the_clock_and_let_the_bot_do_what_is_due(page: Page, clock: MovableClock) -> None:
    start = clock.now()
    assert (await page.do("jump", hours=1))[0] == 200
    assert (await page.do("jump", days=1))[0] == 200
    assert (clock.now() - start, page.jumps) == (timedelta(hours=25), 2)


async def test_the_jump_to_the_next_post_lands_just_after_it(page: Page, clock: MovableClock) -> None:
    page.next_post = clock.now() + timedelta(days=2, hours=3)
    assert (await page.do("next_post"))[0] == 200
    assert timedelta(0) < clock.now() - page.next_post <= timedelta(seconds=1)
    assert page.jumps == 1


async def test_without_a_planned_post_the_clock_stays(page: Page, clock: MovableClock) -> None:
    before = clock.now()
    assert await page.do("next_post") == (409, "后面还没有安排推送。")
    assert clock.now() == before


@pytest.mark.parametrize(
    "fields", [{}, {"hours": 0}, {"hours": -1}, {"days": 400}, {"hours": "很久"}, {"hours": 1e300}]
)
async def test_the_clock_never_goes_back_nor_out_of_reach(
    page: Page, clock: MovableClock, fields: dict[str, Any]
) -> None:
    before = clock.now()
    assert (await page.do("jump", **fields))[0] == 400
    assert (clock.now(), page.jumps) == (before, 0)


# ---- who may ask, and how


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Content-Type": "text/plain"},
    ],
)
async def test_another_sites_page_cannot_act(page: Page, stand_in: StandIn, headers: dict[str, str]) -> None:
    says = {"action": "customer_says", "customer": "wmDemoChen", "text": "在吗？"}
    assert (await page.post(says, **headers))[0] == 403
    assert stand_in.wire == []


async def test_our_own_page_may_act(page: Page) -> None:
    says = {"action": "customer_says", "customer": "wmDemoChen", "text": "在吗？"}
    assert (await page.post(says, **{"Origin": page.base, "Sec-Fetch-Site": "same-origin"}))[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        b"",
        b"{",
        b"[" * 20_000,
        b"[]",
        b"\xff\xfe",
        {},
        {"action": "format_disk"},
        {"action": ["jump"]},
        {"action": "customer_says"},
        {"action": "customer_says", "customer": "wmNobody", "text": "在吗？"},
        {"action": "customer_says", "customer": "wmDemoChen", "text": "  "},
        {"action": "customer_says", "customer": "wmDemoChen", "text": "长" * (LONGEST + 1)},
        {"action": "servicer_takes", "servicer": "wangwei", "customer": "wmDemoChen"},
        {"action": "servicer_on_duty", "servicer": "lihua", "receiving": "yes"},
        {"action": "employee_says", "employee": "nobody", "text": "/help"},
    ],
)
async def test_what_makes_no_sense_is_answered_in_chinese(page: Page, fields: Any) -> None:
    status, message = await page.post(fields)
    assert status == 400
    assert re.search(r"[\u4e00-\u9fff].*。$", message)


async def test_a_body_above_the_limit_is_refused(page: Page) -> None:
    assert (await page.post(b" " * (LARGEST + 1)))[0] == 413


async def test_what_breaks_inside_shows_no_detail(page: Page) -> None:
    page.breaks = True
    assert await page.do("jump", hours=1) == (500, "沙盒出了点问题，请看日志。")


# ---- events


async def next_tick(stream: aiohttp.ClientResponse) -> int:
    async with asyncio.timeout(5):
        async for line in stream.content:
            if line.startswith(b"data: "):
                return int(line.removeprefix(b"data: "))
    raise AssertionError("the stream ended")


async def test_every_change_of_the_wire_or_the_clock_is_a_tick(page: Page) -> None:
    async with page.session.get(f"{page.base}/sandbox/events") as stream:
        assert stream.content_type == "text/event-stream"
        await stream.content.readline()
        await page.do("customer_says", customer="wmDemoChen", text="在吗？")
        assert await next_tick(stream) == 1
        await page.do("jump", hours=1)
        assert await next_tick(stream) == 1


async def test_an_open_page_does_not_hold_up_the_end(stand_in: StandIn, clock: MovableClock) -> None:
    one = Page()
    served = SandboxWeb(stand_in, clock, one.coming, one.jumped, "Asia/Shanghai")
    app = web.Application()
    app.add_routes(served.routes())
    app.on_shutdown.append(served.close)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=60)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session, session.get(f"{base}/sandbox/events") as stream:
        await stream.content.readline()
        async with asyncio.timeout(5):
            await runner.cleanup()
            while await stream.content.read(1024):
                pass
