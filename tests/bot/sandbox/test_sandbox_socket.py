"""The long connection: one per bot, acks without a cmd, replies only to what was asked."""

import json
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp

from bot.clock import MovableClock
from bot.sandbox import StandIn

BOT = "live"


class Line:
    """One connection of a bot; frames that are not acks are kept in `pushed`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.pushed: list[dict[str, Any]] = []
        self._count = 0

    async def call(self, cmd: str, body: dict[str, Any] | None = None, req_id: str = "") -> dict[str, Any]:
        """The ack."""
        self._count += 1
        req_id = req_id or f"own-{self._count}"
        frame = {"cmd": cmd, "headers": {"req_id": req_id}} | ({"body": body} if body is not None else {})
        await self.socket.send_json(frame)
        while "cmd" in (got := await self.read()):
            self.pushed.append(got)
        assert got["headers"]["req_id"] == req_id
        return got

    async def read(self) -> dict[str, Any]:
        return json.loads((await self.socket.receive(timeout=5)).data)

    async def subscribe(self, stand_in: StandIn, secret: str = "") -> int:
        bot = stand_in.world.aibot(BOT)
        return (await self.call("aibot_subscribe", {"bot_id": bot.bot_id, "secret": secret or bot.secret}))["errcode"]

    async def respond(self, req_id: str, **body: Any) -> int:
        return (await self.call("aibot_respond_msg", body, req_id))["errcode"]


@asynccontextmanager
async def line(stand_in: StandIn, api: Any, *, subscribed: bool = True) -> Any:
    async with api.session.ws_connect(stand_in.ws_url) as socket:
        one = Line(socket)
        if subscribed:
            assert await one.subscribe(stand_in) == 0
        yield one


def stream(content: str, *, finish: bool = False) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": "st-1", "finish": finish, "content": content}}


async def test_nothing_works_before_subscribing_and_a_bad_secret_is_told(stand_in: StandIn, api: Any) -> None:
    async with line(stand_in, api, subscribed=False) as bot:
        assert (await bot.call("ping"))["errcode"] == 846609
        assert await bot.subscribe(stand_in, "wrong") == 853000
        other = stand_in.world.aibot("assistant")
        ack = await bot.call("aibot_subscribe", {"bot_id": other.bot_id, "secret": "x"})
        assert ack["errcode"] == 846601
        assert await bot.subscribe(stand_in) == 0
        assert (await bot.call("ping"))["errcode"] == 0
    shown = str([row.request for row in stand_in.wire])
    assert stand_in.world.aibot(BOT).secret not in shown


async def test_a_message_is_pushed_and_answered_as_a_stream(stand_in: StandIn, api: Any) -> None:
    async with line(stand_in, api) as bot:
        turn = await stand_in.aibot_says(BOT, "lihua", "你好")
        frame = await bot.read()
        assert (frame["cmd"], frame["body"]["text"]["content"]) == ("aibot_msg_callback", "你好")
        assert "response_url" not in frame["body"]
        req_id = frame["headers"]["req_id"]
        assert await bot.respond(req_id, **stream("请稍候")) == 0
        assert await bot.respond(req_id, **stream("字" * 6827)) == 45002
        assert await bot.respond(req_id, **stream("好了", finish=True)) == 0
        assert await bot.respond(req_id, **stream("更多")) == 846608
        assert await bot.respond("stranger", **stream("x")) == 846605
        assert await bot.respond(req_id, msgtype="text", text={"content": "x"}) == 40008
    assert (turn.text, turn.finished) == ("好了", True)
    assert [line.text for line in stand_in.bot_chat(BOT, "lihua")] == ["你好", "好了"]


async def test_a_stream_and_a_reply_have_their_time(stand_in: StandIn, api: Any, clock: MovableClock) -> None:
    async with line(stand_in, api) as bot:
        turn = await stand_in.aibot_says(BOT, "lihua", "你好")
        await bot.read()
        await bot.respond(turn.req_id, **stream("请稍候"))
        clock.jump(timedelta(minutes=6, seconds=1))
        assert await bot.respond(turn.req_id, **stream("晚了", finish=True)) == 846608
        clock.jump(timedelta(hours=24))
        assert await bot.respond(turn.req_id, msgtype="markdown", markdown={"content": "太晚"}) == 846604


async def test_a_newer_connection_kicks_the_older(stand_in: StandIn, api: Any) -> None:
    async with line(stand_in, api) as old, line(stand_in, api) as new:
        event = await old.read()
        assert event["body"]["event"]["eventtype"] == "disconnected_event"
        assert (await old.socket.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        await stand_in.aibot_says(BOT, "lihua", "还在吗")
        assert (await new.read())["cmd"] == "aibot_msg_callback"


async def test_only_who_wrote_before_can_be_written_to_and_30_a_minute(
    stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    body = {"chatid": "lihua", "chat_type": 1, "msgtype": "markdown", "markdown": {"content": "提醒"}}
    async with line(stand_in, api) as bot:
        assert (await bot.call("aibot_send_msg", body))["errcode"] == 846607
        await stand_in.aibot_says(BOT, "lihua", "你好")
        codes = [(await bot.call("aibot_send_msg", body))["errcode"] for _ in range(31)]
        assert codes == [0] * 30 + [846607]
        clock.jump(timedelta(minutes=1))
        assert (await bot.call("aibot_send_msg", body))["errcode"] == 0


async def test_a_welcome_is_for_the_event_within_five_seconds_and_once(
    stand_in: StandIn, api: Any, clock: MovableClock
) -> None:
    hello = {"msgtype": "text", "text": {"content": "你好"}}
    async with line(stand_in, api) as bot:
        turn = await stand_in.aibot_event(BOT, "lihua", "enter_chat")
        assert turn is not None
        assert await bot.respond(turn.req_id, **stream("x")) == 846605, "an event's id is not a message's"
        codes = [(await bot.call("aibot_respond_welcome_msg", hello, turn.req_id))["errcode"] for _ in range(2)]
        assert codes == [0, 846606]
        late = await stand_in.aibot_event(BOT, "wangwei", "enter_chat")
        assert late is not None
        clock.jump(timedelta(seconds=6))
        assert (await bot.call("aibot_respond_welcome_msg", hello, late.req_id))["errcode"] == 846604


async def test_without_a_connection_a_message_does_not_arrive(stand_in: StandIn) -> None:
    assert (await stand_in.aibot_says(BOT, "lihua", "你好")).problem == "not connected"


async def test_pongs_can_stay_away_and_the_line_can_break(stand_in: StandIn, api: Any) -> None:
    async with line(stand_in, api) as bot:
        stand_in.faults.no_pong = True
        await bot.socket.send_json({"cmd": "ping", "headers": {"req_id": "p1"}})
        row = await stand_in.wait_for(lambda row: row.what == "ws/ping")
        assert row.note == "no answer"
        stand_in.drop_socket(BOT)
        got = await bot.socket.receive(timeout=5)
        assert got.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert not stand_in.sockets.connected(BOT)
