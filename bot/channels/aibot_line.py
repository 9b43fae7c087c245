"""One long connection from its opening to its end: frames out, acks by req_id, heartbeats (doc 101463)."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import aiohttp
import structlog

from bot.clock import Clock
from bot.errors import MaybeDone, TryLater
from bot.wecom.errors import raise_for
from bot.wecom.safe_json import read_json
from bot.wecom.safe_xml import Malformed

log = structlog.get_logger()

ACK_SECONDS = 5.0
PING_SECONDS = 30.0
MISSED_PONGS = 2
NOT_SUBSCRIBED = 846609

Frame = Mapping[str, Any]
T = TypeVar("T")


class Line:
    """`received` is handed every callback and may make the reading wait, so it must never wait for an ack itself."""

    def __init__(
        self, socket: aiohttp.ClientWebSocketResponse, clock: Clock, received: Callable[[Frame], Awaitable[None]]
    ) -> None:
        self._socket = socket
        self._clock = clock
        self._received = received
        self._waiting: dict[str, asyncio.Future[Frame | None]] = {}
        self._dropped = asyncio.Event()
        self._over = False
        self.subscribed = False
        self.kicked = False

    async def request(self, cmd: str, body: Frame | None, req_id: str) -> Frame:
        """Send a frame and return its ack; frames of one req_id go one after another.

        Raises what the ack's errcode means, TryLater when the frame never left, MaybeDone when no ack came.
        """
        ack = await self._exchange(cmd, body, req_id)
        errcode = _errcode(ack)
        if errcode == NOT_SUBSCRIBED:
            self.drop()
        raise_for(errcode, str(ack.get("errmsg", "")), "aibot")
        return ack

    def waits(self, req_id: str) -> bool:
        """Whether a frame of this req_id still waits for its ack."""
        return req_id in self._waiting

    def drop(self) -> None:
        """Let the connection end soon."""
        self._dropped.set()

    async def dropped(self) -> None:
        """Return once `drop` was called."""
        await self._dropped.wait()

    async def read(self) -> None:
        """Read until the other side closes or kicks us; then whoever waits for an ack hears that none will come."""
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT and await self._is_last(message.data):
                    return
        finally:
            self._over = True
            for answered in self._waiting.values():
                if not answered.done():
                    answered.set_result(None)

    async def beat(self) -> None:
        """Ping every 30 s; return when the other side is dead or does not know us any more."""
        missed = 0
        while missed < MISSED_PONGS:
            await self._clock.sleep(PING_SECONDS)
            try:
                pong = await self._exchange("ping", None, fresh_id())
            except MaybeDone:
                missed += 1
            else:
                missed = 0
                if _errcode(pong) == NOT_SUBSCRIBED:
                    return
        log.warning("aibot_pongs_missed", missed=missed)

    async def close(self) -> None:
        await self._socket.close()

    async def _is_last(self, data: str) -> bool:
        """Take one frame; True for the event that says a newer connection has our place."""
        frame = _object(data)
        if "cmd" not in frame:
            answered = self._waiting.get(_req_id(frame))
            if answered is not None and not answered.done():
                answered.set_result(frame)
            return False
        event = _mapping(_mapping(frame.get("body")).get("event"))
        self.kicked = event.get("eventtype") == "disconnected_event"
        if not self.kicked:
            await self._received(frame)
        return self.kicked

    async def _exchange(self, cmd: str, body: Frame | None, req_id: str) -> Frame:
        while (earlier := self._waiting.get(req_id)) is not None:
            await asyncio.wait([earlier])
        if self._over:
            raise TryLater("the AI bot is not connected")
        frame = {"cmd": cmd, "headers": {"req_id": req_id}, **({"body": body} if body is not None else {})}
        answered = self._waiting[req_id] = asyncio.get_running_loop().create_future()
        try:
            ack = await within(self._clock, ACK_SECONDS, self._round(frame, answered))
        except TimeoutError:
            raise MaybeDone("no ack came in time") from None
        finally:
            del self._waiting[req_id]
            answered.cancel()  # wakes who waits for their turn
        if ack is None:
            raise MaybeDone("the connection ended before the ack")
        return ack

    async def _round(self, frame: Frame, answered: "asyncio.Future[Frame | None]") -> Frame | None:
        try:
            await self._socket.send_str(json.dumps(frame, ensure_ascii=False))
        except (aiohttp.ClientError, OSError) as error:
            raise TryLater(f"the frame did not leave ({type(error).__name__})") from None
        return await answered


def fresh_id() -> str:
    """A req_id of our own."""
    return uuid.uuid4().hex


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`; TimeoutError, and the work stopped, once `seconds` of the clock have passed."""
    task = asyncio.create_task(work)
    timer = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait((task, timer), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        await _stop(task, timer)


async def first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until the first one ends, then stop the others. Raises what that one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _stop(*tasks)


async def _stop(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _object(data: str) -> Frame:
    """The frame; what is none is an ack that nobody waits for."""
    try:
        frame = read_json(data)
    except Malformed:
        frame = None
    if not isinstance(frame, dict):
        log.warning("aibot_frame_unreadable", size=len(data))
        return {}
    return frame


def _req_id(frame: Frame) -> str:
    return str(_mapping(frame.get("headers")).get("req_id", ""))


def _mapping(value: Any) -> Frame:
    return value if isinstance(value, dict) else {}


def _errcode(ack: Frame) -> int:
    """0 or absent is success (90664); what is no number is a code we do not know."""
    try:
        return int(ack.get("errcode") or 0)
    except (TypeError, ValueError, OverflowError):
        return -1
