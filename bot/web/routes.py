"""All routes of the bot: callbacks, health, readiness, metrics."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import SecretStr

from bot.foundation import Foundation
from bot.kf_pull import Ringing
from bot.measuring import Measuring
from bot.settings import WeCom
from bot.store.database import StoreUnusable
from bot.store.streams import Streams
from bot.web.callbacks import AiBotCallbacks, XmlCallbacks
from bot.web.door import Door
from bot.web.edge import Edge
from bot.wecom.crypto import Crypto

log = structlog.get_logger()

READY_PATIENCE = 3.0  # seconds of a look at /metrics; with those for the store less than Prometheus waits


class Web:
    """Builds the aiohttp application. `ready` is set once everything behind it runs.

    `ringing` hears of kf callbacks. `behind` names, in words for an operator, what keeps those behind the door from
    answering; None where nobody asks the guides or WeCom.
    """

    def __init__(
        self,
        foundation: Foundation,
        streams: Streams,
        ringing: Ringing | None,
        measuring: Measuring,
        behind: Callable[[], Awaitable[list[str]]] | None = None,
    ) -> None:
        self._foundation = foundation
        self._streams = streams
        self._ringing = ringing
        self._measuring = measuring
        self._behind = behind
        self.edge = Edge(foundation.settings.server, foundation.metrics)
        self.ready = False
        self._asking: asyncio.Task[list[str]] | None = None
        self.more: list[web.RouteDef] = []  # routes that the sandbox adds

    def app(self) -> web.Application:
        """A new application with every route that the settings ask for."""
        server = self._foundation.settings.server
        application = web.Application(client_max_size=server.body_limit_kb * 1024)
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._readiness)
        application.router.add_get("/metrics", self._metrics)
        if self._foundation.role.takes_in:
            self._add_callbacks(application, self._foundation.settings.wecom)
        application.router.add_routes(self.more)
        application.on_response_prepare.append(_nameless)
        self.edge.guard(application)
        if self._foundation.tracing is not None:
            self._foundation.tracing.watch(application)
        return application

    def _add_callbacks(self, application: web.Application, wecom: WeCom) -> None:
        base = self._foundation
        server = base.settings.server
        replay = timedelta(minutes=server.replay_minutes)
        door = Door(base.clock, base.metrics, base.pace, replay, server.body_seconds)
        xml = XmlCallbacks(door, base.inbox, base.bell)
        receivers = {}
        if wecom.app is not None:
            crypto = _crypto(wecom.app.token, wecom.app.encoding_aes_key, wecom.corp_id)
            receivers["/wecom/app"] = xml.app(crypto, base.agent)
        if wecom.kf is not None and self._ringing is not None:
            crypto = _crypto(wecom.kf.token, wecom.kf.encoding_aes_key, wecom.corp_id)
            receivers["/wecom/kf"] = xml.kf(crypto, base.agent, self._ringing)
        if wecom.contact is not None:
            crypto = _crypto(wecom.contact.token, wecom.contact.encoding_aes_key, wecom.corp_id)
            receivers["/wecom/contact"] = xml.contact(crypto)
        for path, receiver in receivers.items():
            application.router.add_get(path, receiver.get)
            application.router.add_post(path, receiver.post)
        self._add_aibots(application, wecom, door)

    def _add_aibots(self, application: web.Application, wecom: WeCom, door: Door) -> None:
        base = self._foundation
        aibots = AiBotCallbacks(door, base.inbox, self._streams, base.bell, base.clock)
        for bot in wecom.aibots:
            if bot.token is not None and bot.encoding_aes_key is not None:
                # A bot made inside a company has an empty receiveid (doc 101033).
                aibots.add(bot, _crypto(bot.token, bot.encoding_aes_key, ""))
        application.router.add_get("/wecom/aibot/{name}", aibots.get)
        application.router.add_post("/wecom/aibot/{name}", aibots.post)

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _readiness(self, request: web.Request) -> web.Response:
        """200 when store, index and token are usable; else 503. What is wrong, in words, only for our own eyes."""
        problems = await self._known_problems()
        body: dict[str, Any] = {"ready": not problems}
        if self.edge.shows(request):
            body["problems"] = problems
        status = 503 if problems else 200
        return web.json_response(body, status=status, dumps=lambda data: json.dumps(data, ensure_ascii=False))

    async def _problems(self) -> list[str]:
        problems = [] if self.ready else ["程序还在启动"]
        try:
            await self._foundation.database.check()
        except StoreUnusable as error:
            problems.append(str(error))
        return problems + (await self._behind() if self._behind is not None else [])

    async def _known_problems(self) -> list[str]:
        """The problems, asked for once however many want to know: the question costs a transaction and a token."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._problems())
        return await asyncio.shield(self._asking)

    async def _metrics(self, request: web.Request) -> web.Response:
        """For who may see it; anybody else learns not even that it is there."""
        if not self.edge.shows(request):
            return web.Response(status=404)
        await self.measure()
        body = generate_latest(self._foundation.metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def measure(self) -> None:
        """Bring the gauges up to this moment."""
        await self._measuring.look(ready=await self._is_ready())

    async def _is_ready(self) -> bool:
        """What /readyz says. It may wait for a WeCom that hangs, Prometheus would not: no word in time is a no."""
        try:
            async with asyncio.timeout(READY_PATIENCE):
                return not await self._known_problems()
        except TimeoutError:
            return False


async def _nameless(_request: web.Request, response: web.StreamResponse) -> None:
    """Nobody needs to know what we run on."""
    response.headers.popall("Server", None)


def _crypto(token: SecretStr, key: SecretStr, receive_id: str) -> Crypto:
    return Crypto(token.get_secret_value(), key.get_secret_value(), receive_id)
