"""The long connection of AI bots (101463): one per bot, frames in JSON, answers without a `cmd`."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web

from bot.clock import Clock
from bot.sandbox.aibot import AiBots, BotTurn
from bot.sandbox.faults import Faults
from bot.sandbox.fields import Body, Meter, Rejected, fresh, number, part, text
from bot.sandbox.wire import Wire
from bot.sandbox.world import AiBot, World

REPLY_LIFE = timedelta(hours=24)
EVENT_LIFE = timedelta(seconds=5)


@dataclass(slots=True)
class Connection:
    """One socket; `bot` is empty until it subscribed."""

    socket: web.WebSocketResponse
    request: web.Request
    bot: str = ""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, frame: Body) -> None:
        """Send unless the other side is gone."""
        async with self.lock:
            if not self.socket.closed:
                await self.socket.send_str(json.dumps(frame, ensure_ascii=False))


@dataclass(slots=True)
class Pending:
    """A push that may be answered under its req_id. `kind` is "message" or the event's type."""

    kind: str
    turn: BotTurn
    at: datetime
    task_id: str = ""
    answered: bool = False
    streaming_since: datetime | None = None


class Sockets:
    """All long connections. `count_frames`: does every stream frame count to the 30 a minute? No document says so."""

    def __init__(self, world: World, clock: Clock, wire: Wire, aibots: AiBots, faults: Faults) -> None:
        self._world = world
        self._clock = clock
        self._wire = wire
        self._aibots = aibots
        self._faults = faults
        self._meter = Meter()
        self._connected: dict[str, Connection] = {}
        self._pending: dict[str, Pending] = {}
        self.count_frames = False

    def connected(self, bot: str) -> bool:
        """Whether this bot is subscribed."""
        return bot in self._connected

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it closes."""
        socket = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024, timeout=0.5)
        await socket.prepare(request)
        connection = Connection(socket, request)
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                await self._receive(connection, message.data)
        finally:
            if self._connected.get(connection.bot) is connection:
                del self._connected[connection.bot]
        return socket

    async def push(self, bot: AiBot, kind: str, turn: BotTurn, body: dict[str, Any]) -> bool:
        """Push a message or event to the bot; False when it is not connected."""
        connection = self._connected.get(bot.name)
        if connection is None:
            return False
        cmd = "aibot_msg_callback" if kind == "message" else "aibot_event_callback"
        turn.req_id = fresh("req")
        task_id = str(body.get("event", {}).get(kind, {}).get("task_id", ""))
        self._pending[turn.req_id] = Pending(kind, turn, self._clock.now(), task_id)
        frame = {"cmd": cmd, "headers": {"req_id": turn.req_id}, "body": body}
        self._wire.record(self._clock.now(), "to_bot", f"ws/{cmd}", frame, None)
        await connection.send(frame)
        return True

    def drop(self, bot: str) -> None:
        """Cut the connection without a word. KeyError when there is none."""
        connection = self._connected.pop(bot)
        if connection.request.transport is not None:
            connection.request.transport.abort()

    async def close(self) -> None:
        """Close every connection, as at the end."""
        for connection in list(self._connected.values()):
            await connection.socket.close()

    # ---- frames

    async def _receive(self, connection: Connection, data: str) -> None:
        frame = _parse(data)
        cmd, req_id = str(frame.get("cmd", "")), str((frame.get("headers") or {}).get("req_id", ""))
        errcode, errmsg = 0, "ok"
        try:
            await self._carry_out(connection, cmd, req_id, frame)
        except Rejected as no:
            errcode, errmsg = no.errcode, no.errmsg
        ack = {"headers": {"req_id": req_id}, "errcode": errcode, "errmsg": errmsg}
        silent = self._faults.no_acks or (self._faults.no_pong and cmd == "ping")
        note = "no answer" if silent else ""
        self._wire.record(self._clock.now(), "to_wecom", f"ws/{cmd}", frame, ack, note=note)
        if not silent:
            await connection.send(ack)

    async def _carry_out(self, connection: Connection, cmd: str, req_id: str, frame: Body) -> None:
        if not req_id or len(req_id.encode()) > 256:
            raise Rejected(40058, "req_id is missing or too long")
        if cmd == "aibot_subscribe":
            await self._subscribe(connection, part(frame, "body"))
        elif not connection.bot:
            raise Rejected(846609, "not subscribed")
        elif cmd != "ping":
            self._answer(connection.bot, cmd, req_id, part(frame, "body"))

    async def _subscribe(self, connection: Connection, body: Body) -> None:
        bot_id, secret = text(body, "bot_id", empty=853000), text(body, "secret", empty=853000)
        bot = next((one for one in self._world.aibots if one.bot_id == bot_id), None)
        if bot is not None and bot.mode != "websocket":
            raise Rejected(846601, "long connection is not enabled for this bot")
        if bot is None or bot.secret != secret:
            raise Rejected(853000, "bad bot_id or secret")
        old = self._connected.get(bot.name)
        connection.bot = bot.name
        self._connected[bot.name] = connection
        if old is not None and old is not connection:
            await self._kick(old, bot)

    async def _kick(self, old: Connection, bot: AiBot) -> None:
        """The older connection hears of it and is closed."""
        event = {"msgid": fresh("CAIQ"), "aibotid": bot.bot_id, "create_time": int(self._clock.now().timestamp())}
        event |= {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
        frame = {"cmd": "aibot_event_callback", "headers": {"req_id": fresh("req")}, "body": event}
        self._wire.record(self._clock.now(), "to_bot", "ws/aibot_event_callback", frame, None, note="kicked")
        await old.send(frame)
        await old.socket.close()

    def _answer(self, bot: str, cmd: str, req_id: str, body: Body) -> None:
        if cmd == "aibot_send_msg":
            self._send(bot, body)
        elif cmd == "aibot_respond_msg":
            self._respond(self._pending_of(bot, req_id, "message", REPLY_LIFE), body)
        elif cmd == "aibot_respond_welcome_msg":
            pending = self._once(self._pending_of(bot, req_id, "enter_chat", EVENT_LIFE))
            self._aibots.take_welcome(pending.turn, body)
            pending.answered = True
        elif cmd == "aibot_respond_update_msg":
            pending = self._once(self._pending_of(bot, req_id, "template_card_event", EVENT_LIFE))
            self._aibots.take_card_update(pending.turn, body, pending.task_id)
            pending.answered = True
        else:
            raise Rejected(40058, f"unknown cmd {cmd}")

    def _pending_of(self, bot: str, req_id: str, kind: str, life: timedelta) -> Pending:
        """846605 for a req_id that is not of this kind and bot, 846604 when it is too old."""
        pending = self._pending.get(req_id)
        if pending is None or pending.kind != kind or pending.turn.bot != bot:
            raise Rejected(846605, "invalid req_id")
        if self._clock.now() - pending.at > life:
            raise Rejected(846604, "req_id expired")
        return pending

    def _once(self, pending: Pending) -> Pending:
        if pending.answered:
            raise Rejected(846606, "duplicate reply")
        return pending

    def _respond(self, pending: Pending, body: Body) -> None:
        msgtype = text(body, "msgtype", empty=40008)
        content = part(body, msgtype) if msgtype in ("stream", "markdown", "template_card") else None
        if content is None:
            raise Rejected(40008, f"msgtype {msgtype} is not possible here")
        if msgtype == "stream":
            self._stream(pending, content)
            return
        self._count(pending.turn)
        self._aibots.say(pending.turn.bot, pending.turn.chat, msgtype, content)
        pending.answered = True

    def _stream(self, pending: Pending, stream: Body) -> None:
        """A stream lives so many seconds from its first frame (846608)."""
        if "msg_item" in stream:
            raise Rejected(40058, "msg_item is not supported here")
        now = self._clock.now()
        since = pending.streaming_since or now
        if now - since > timedelta(seconds=self._world.limits.stream_seconds):
            raise Rejected(846608, "the stream is too old")
        if self.count_frames or pending.streaming_since is None:
            self._count(pending.turn)
        self._aibots.take_stream(pending.turn, stream)
        pending.streaming_since = since

    def _send(self, bot: str, body: Body) -> None:
        """Only to a person or group that wrote to the bot before (846607)."""
        chat = text(body, "chatid")
        number(body, "chat_type", 0, 0, 2)
        if not self._aibots.known(bot, chat):
            raise Rejected(846607, "this chat never wrote to the bot")
        msgtype = text(body, "msgtype", empty=40008)
        if msgtype not in ("markdown", "template_card"):
            raise Rejected(40008, f"msgtype {msgtype} is not possible here")
        content = part(body, msgtype)
        self._limit(bot, chat)
        self._aibots.say(bot, chat, msgtype, content)

    def _count(self, turn: BotTurn) -> None:
        self._limit(turn.bot, turn.chat)

    def _limit(self, bot: str, chat: str) -> None:
        limits = self._world.limits
        windows = ((limits.chat_per_minute, 60.0), (limits.chat_per_hour, 3600.0))
        if not self._meter.allows(f"{bot}/{chat}", self._clock.now(), *windows):
            raise Rejected(846607, "over the limit of this chat")


def _parse(data: str) -> dict[str, Any]:
    try:
        frame = json.loads(data)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
