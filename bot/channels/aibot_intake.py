"""Callbacks of a long connection on their way into the inbox: read on one side, stored on the other."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.arrival import Arrival
from bot.channels.aibot_line import within
from bot.clock import Clock
from bot.engine import Waker
from bot.settings import AiBot
from bot.store.away import named
from bot.store.inbox import Inbox
from bot.wecom.messages import aibot_arrival
from handlers.turn import Kind

log = structlog.get_logger()

ROOM = 1000  # callbacks; when it is full the reading waits, for the store and nothing else
WORKERS = 16  # arrivals that may share one disk sync
STORE_WAITS = (1, 2, 4, 8, 16, 30)  # seconds
STOP_SECONDS = 5.0
WELCOME_LIFE = timedelta(seconds=5)
CALLBACKS = ("aibot_msg_callback", "aibot_event_callback")


class Intake:
    """Stores what was received, in order, and wakes the conversation. `failed` is called when the store does not take
    a callback: the connection then has to end."""

    def __init__(self, bot: AiBot, inbox: Inbox, engine: Waker, clock: Clock, failed: Callable[[], None]) -> None:
        self._bot = bot
        self._inbox = inbox
        self._engine = engine
        self._clock = clock
        self._failed = failed
        self._queue: asyncio.Queue[Arrival] = asyncio.Queue(ROOM)
        self._workers: list[asyncio.Task[None]] = []
        self._entered: dict[str, datetime] = {}
        self._stopping = False

    def start(self) -> None:
        self._stopping = False
        self._workers = [asyncio.create_task(self._work()) for _ in range(WORKERS)]

    async def stop(self) -> None:
        """Store what was read, for five seconds at most."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            await within(self._clock, STOP_SECONDS, self._queue.join())
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def put(self, frame: Mapping[str, Any]) -> None:
        """Take a pushed frame; one that is no callback is passed over."""
        body, headers = frame.get("body"), frame.get("headers")
        if frame.get("cmd") not in CALLBACKS or not isinstance(body, dict):
            log.warning("aibot_frame_unknown", bot=self._bot.name)
            return
        req_id = str(headers.get("req_id", "")) if isinstance(headers, dict) else ""
        arrival = self._arrival(body, req_id)
        if arrival.kind is Kind.ENTERED:
            self._remember(req_id)
        await self._queue.put(arrival)

    def may_welcome(self, req_id: str) -> bool:
        """Whether an enter_chat of this req_id came within the five seconds WeCom gives for the answer (101027)."""
        at = self._entered.get(req_id)
        return at is not None and self._clock.now() - at < WELCOME_LIFE

    def _arrival(self, body: Mapping[str, Any], req_id: str) -> Arrival:
        arrival = aibot_arrival(body, self._bot.display_name, self._clock.now())
        return replace(
            arrival,
            address=replace(arrival.address, account=self._bot.name),
            code=req_id if arrival.kind is Kind.ENTERED else "",
            data={**arrival.data, "req_id": req_id},
        )

    def _remember(self, req_id: str) -> None:
        now = self._clock.now()
        self._entered = {old: at for old, at in self._entered.items() if now - at < WELCOME_LIFE}
        self._entered[req_id] = now

    async def _work(self) -> None:
        while True:
            arrival = await self._queue.get()
            try:
                await self._keep(arrival)
            finally:
                self._queue.task_done()

    async def _keep(self, arrival: Arrival) -> None:
        """Store it, with patience: over a long connection WeCom says nothing twice, so this copy is the only one.

        The connection ends at once, so that people see the bot absent instead of talking to one that forgets.
        """
        for wait in STORE_WAITS:
            if await self._stored(arrival):
                return
            self._failed()
            if self._stopping:
                break
            await self._clock.sleep(wait)
        log.error("aibot_callback_lost", bot=self._bot.name, kind=arrival.kind)

    async def _stored(self, arrival: Arrival) -> bool:
        try:
            accepted = await self._inbox.accept(arrival)
        except Exception as error:  # noqa: BLE001 - whatever the store said, the callback is not in it
            log.warning("aibot_callback_not_stored", bot=self._bot.name, error=named(error))
            return False
        if accepted.new:
            self._engine.wake(arrival.address.conversation)
        return True
