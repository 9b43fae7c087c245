"""The stand-in, served on a free port, with a tiny bot behind it that only records and answers what the test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from wechatpy.work.crypto import WeChatCrypto

from bot.clock import MovableClock
from bot.sandbox import StandIn, World
from bot.sandbox.callbacks import from_xml, to_xml
from bot.sandbox.crypto import Seal

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Shanghai
Answer = dict[str, Any] | str | int | None


class TinyBot:
    """What a bot's web edge is to WeCom. `answer` gets door and message; a dict is sealed, an int is a bare status."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.heard: list[tuple[str, Any]] = []
        self.answer: Callable[[str, Any], Answer] = lambda door, message: None
        self.silent = asyncio.Event()
        self.silent.set()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/wecom/{door:.+}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.Response:
        await self.silent.wait()
        door = request.match_info["door"]
        return await self._json(door, request) if door.startswith("aibot/") else await self._xml(door, request)

    async def _xml(self, door: str, request: web.Request) -> web.Response:
        seat = getattr(self._world, door)
        crypto = WeChatCrypto(seat.token, seat.aes_key, self._world.corp_id)
        query = request.query
        signed = (query["msg_signature"], query["timestamp"], query["nonce"])
        if request.method == "GET":
            return web.Response(text=crypto.check_signature(*signed, query["echostr"]))
        message = from_xml(crypto.decrypt_message(await request.text(), *signed))
        self.heard.append((door, message))
        answer = self.answer(door, message)
        if isinstance(answer, dict):
            return web.Response(text=crypto.encrypt_message(to_xml(answer), query["nonce"], query["timestamp"]))
        return _plain(answer)

    async def _json(self, door: str, request: web.Request) -> web.Response:
        bot = self._world.aibot(door.removeprefix("aibot/"))
        seal = Seal(bot.token, bot.aes_key, "")
        if request.method == "GET":
            return web.Response(text=seal.open(request.query["echostr"]))
        message = json.loads(seal.open((await request.json())["encrypt"]))
        self.heard.append((door, message))
        answer = self.answer(door, message)
        if not isinstance(answer, dict):
            return _plain(answer)
        nonce, sealed = request.query["nonce"], seal.seal(json.dumps(answer))
        signature = seal.sign("1700000000", nonce, sealed)
        reply = {"encrypt": sealed, "msgsignature": signature, "timestamp": 1700000000, "nonce": nonce}
        return web.json_response(reply)


def _plain(answer: str | int | None) -> web.Response:
    return web.Response(status=answer) if isinstance(answer, int) else web.Response(text=answer or "")


class Caller:
    """Plain aiohttp against the API, with the token of one seat."""

    def __init__(self, base: str, world: World, session: aiohttp.ClientSession) -> None:
        self.base, self.world, self.session = base, world, session

    async def token(self, seat: str = "kf") -> str:
        secret = getattr(self.world, seat).secret
        query = {"corpid": self.world.corp_id, "corpsecret": secret}
        async with self.session.get(f"{self.base}/cgi-bin/gettoken", params=query) as answer:
            return str((await answer.json())["access_token"])

    async def post(self, path: str, body: Any, seat: str = "kf", **query: str) -> dict[str, Any]:
        query = {"access_token": await self.token(seat), **query}
        async with self.session.post(f"{self.base}/cgi-bin/{path}", params=query, json=body) as answer:
            return await answer.json()

    async def get(self, path: str, seat: str = "kf", **query: str) -> dict[str, Any]:
        query = {"access_token": await self.token(seat), **query}
        async with self.session.get(f"{self.base}/cgi-bin/{path}", params=query) as answer:
            return await answer.json()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START, frozen=True)


@pytest.fixture
async def stand_in(clock: MovableClock) -> AsyncIterator[StandIn]:
    one = StandIn(World.demo(), clock)
    one.talks.poll_seconds = 0.01
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def tiny(stand_in: StandIn) -> AsyncIterator[TinyBot]:
    bot = TinyBot(stand_in.world)
    runner = web.AppRunner(bot.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    stand_in.world.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield bot
    bot.silent.set()
    await runner.cleanup()


@pytest.fixture
async def api(stand_in: StandIn) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        yield Caller(stand_in.base_url, stand_in.world, session)
