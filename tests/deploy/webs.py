"""A web behind nginx that stops and comes back on its port as `fencun serve --role web` does, or dies, or hangs."""

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from tests.deploy.proxying import free_port

LAST_REQUESTS = 3.0  # seconds for what is being answered, when it stops
WORK = 0.005  # seconds from a callback to its answer


@dataclass
class Web:
    """Says ok to every callback, a moment after it came. While `hangs` is set it takes requests and never answers."""

    port: int = field(default_factory=free_port)
    asked: int = 0
    hangs: bool = False
    _runner: web.AppRunner | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_route("*", "/wecom/app", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=LAST_REQUESTS)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=1024).start()

    async def stop(self) -> None:
        self._woken.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        await request.read()
        await (self._woken.wait() if self.hangs else asyncio.sleep(WORK))
        return web.Response(text="ok")
