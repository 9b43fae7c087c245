"""A stand-in for WeCom on a free port, and our client in front of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.clock import MovableClock
from bot.wecom.client import WeComClient

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeWeCom:
    """Hands out numbered tokens, keeps what it was asked, and answers as the test tells it to."""

    def __init__(self) -> None:
        self.tokens = 0
        self.token_answer: dict[str, Any] | None = None
        self.token_asked = asyncio.Event()
        self.token_gate = asyncio.Event()
        self.token_gate.set()
        self.refused: set[str] = set()
        self.calls: list[tuple[str, str, dict[str, str], bytes]] = []
        self.behaviour: Behaviour = self.ok
        self.closing = asyncio.Event()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.handle)
        self.server = TestServer(app)

    async def ok(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": "M1", "media_id": "MID"})

    def answer(self, errcode: int, errmsg: str = "") -> None:
        async def behaviour(_request: web.Request) -> web.StreamResponse:
            return web.json_response({"errcode": errcode, "errmsg": errmsg})

        self.behaviour = behaviour

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/cgi-bin/gettoken":
            return await self.gettoken(request)
        self.calls.append((request.method, request.path, dict(request.query), await request.read()))
        if request.query.get("access_token") in self.refused:
            return web.json_response({"errcode": 42001, "errmsg": "access_token expired"})
        return await self.behaviour(request)

    async def gettoken(self, request: web.Request) -> web.StreamResponse:
        self.tokens += 1
        self.token_asked.set()
        await self.token_gate.wait()
        if self.token_answer is not None:
            return web.json_response(self.token_answer)
        assert request.query["corpid"] == "ww1"
        value = f"token-{self.tokens}-of-{request.query['corpsecret']}"
        return web.json_response({"errcode": 0, "access_token": value, "expires_in": 7200})

    @property
    def base(self) -> str:
        return str(self.server.make_url("/")).rstrip("/")


@pytest.fixture
async def wecom() -> AsyncIterator[FakeWeCom]:
    fake = FakeWeCom()
    await fake.server.start_server()
    yield fake
    fake.closing.set()
    await fake.server.close()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 3, 2, tzinfo=UTC), frozen=True)


@pytest.fixture
def client(wecom: FakeWeCom, session: aiohttp.ClientSession, clock: MovableClock) -> WeComClient:
    return WeComClient(session, wecom.base, "ww1", clock)
