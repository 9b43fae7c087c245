"""`python -m bench.naive <wecom url> <index> <vectors>`: the bot that most people write first. Says its address.

Verifies, decrypts, asks the same library, sends over message/send (90236) and only then answers the callback: no store,
nothing behind it, the defaults of its HTTP client. When a step fails, the callback is answered with 500.
"""

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bot.librarian import opened_beside
from bot.sandbox.world import World
from bot.wecom.crypto import Crypto, encrypted_of_xml
from bot.wecom.safe_xml import read_xml
from knowledge.library import Library

STALE_TOKEN = (40014, 42001)
EARLY = 300  # seconds before its end that a token is renewed


class Sender:
    """message/send with a token of its own, kept as long as it is good."""

    def __init__(self, url: str, world: World, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/cgi-bin"
        self._world = world
        self._session = session
        self._token, self._good_until = "", 0.0

    async def send(self, userid: str, text: str) -> None:
        """Raises aiohttp.ClientError, and RuntimeError where WeCom says no."""
        body = {"touser": userid, "msgtype": "text", "agentid": self._world.app.agent_id, "text": {"content": text}}
        token = {"access_token": await self._fresh()}
        async with self._session.post(f"{self._url}/message/send", params=token, json=body) as answer:
            code = _checked(await answer.json(), STALE_TOKEN)
        if code in STALE_TOKEN:
            self._good_until = 0.0
            raise RuntimeError("the token had ended; the next message has a new one")

    async def _fresh(self) -> str:
        if time.monotonic() >= self._good_until:
            keys = {"corpid": self._world.corp_id, "corpsecret": self._world.app.secret}
            async with self._session.get(f"{self._url}/gettoken", params=keys) as answer:
                said = await answer.json()
            _checked(said)
            self._token, self._good_until = said["access_token"], time.monotonic() + said["expires_in"] - EARLY
        return self._token


def _checked(said: dict[str, Any], known: tuple[int, ...] = ()) -> int:
    code = int(said.get("errcode", 0))
    if code and code not in known:
        raise RuntimeError(f"WeCom refused: {code}")
    return code


class Naive:
    """The callback, with everything in it."""

    def __init__(self, world: World, library: Library, sender: Sender) -> None:
        self._crypto = Crypto(world.app.token, world.app.aes_key, world.corp_id)
        self._library = library
        self._sender = sender

    async def post(self, request: web.Request) -> web.Response:
        query = request.query
        encrypted = encrypted_of_xml(await request.read())
        plain = self._crypto.open(query["msg_signature"], query["timestamp"], query["nonce"], encrypted)
        message = read_xml(plain)
        answer = await self._library.answer(message["Content"], (), datetime.now(UTC).date())
        await self._sender.send(message["FromUserName"], answer.text)
        return web.Response()


async def main(wecom: str, index: str, vectors: str) -> None:
    world = World.demo()
    library = await opened_beside(None, Path(index), Path(vectors))
    async with aiohttp.ClientSession() as session:
        app = web.Application()
        app.router.add_post("/wecom/app", Naive(world, library, Sender(wecom, world, session)).post)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
        await stopping.wait()
        await runner.cleanup()
    library.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
