"""`python -m bench.bare <database>`: the baseline. An aiohttp handler that verifies, decrypts and inserts, no more.

The insert is the cheapest durable one: sqlite3 itself on the loop's thread, one WAL transaction with full sync each.
"""

import asyncio
import signal
import sqlite3
import sys

from aiohttp import web

from bot.sandbox.world import World
from bot.wecom.crypto import Crypto, encrypted_of_xml


class Bare:
    def __init__(self, database: str, crypto: Crypto) -> None:
        self._crypto = crypto
        self._store = sqlite3.connect(database, isolation_level=None)
        self._store.execute("PRAGMA journal_mode=WAL")
        self._store.execute("PRAGMA synchronous=FULL")
        self._store.execute("CREATE TABLE inbox (id INTEGER PRIMARY KEY, key TEXT UNIQUE, text TEXT)")

    async def post(self, request: web.Request) -> web.Response:
        query = request.query
        signature = query["msg_signature"]
        encrypted = encrypted_of_xml(await request.read())
        plain = self._crypto.open(signature, query["timestamp"], query["nonce"], encrypted)
        self._store.execute("INSERT OR IGNORE INTO inbox (key, text) VALUES (?, ?)", (signature, plain))
        return web.Response()


async def main(database: str) -> None:
    world = World.demo()
    app = web.Application()
    app.router.add_post("/wecom/app", Bare(database, Crypto(world.app.token, world.app.aes_key, world.corp_id)).post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await stopping.wait()
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
