"""`python -m bench.day_program <moment> serve …`: `fencun` with a clock that stands still until `POST /day` moves it.

The body is JSON: `seconds` to go ahead once nothing is left to do at this moment, and whether to `look` then, which
calls every job of the tickers. The answer tells how many tasks the event loop has.
"""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from bot.app import build
from bot.cli import app, serving
from bot.clock import MovableClock
from bot.process_role import ProcessRole
from bot.program import Program
from bot.settings import Settings

PATIENCE = 120.0  # real seconds for what is left to do; what waits for a later moment of the clock would never end


@dataclass(frozen=True)
class Moved:
    """The program with the clock that it reads."""

    program: Program
    clock: MovableClock

    async def move(self, request: web.Request) -> web.Response:
        asked = await request.json()
        await self._settled()
        self.clock.jump(timedelta(seconds=asked["seconds"]))
        if asked["look"]:
            await self.program.look()
            await self._settled()
        return web.json_response({"tasks": len(asyncio.all_tasks())})

    async def _settled(self) -> None:
        puller = self.program.connections.puller
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(2):  # what was pulled wakes the engine
                    if puller is not None:
                        await puller.idle()
                    await self.program.engine.idle()


def main() -> None:
    clock = MovableClock(datetime.fromisoformat(sys.argv.pop(1)), frozen=True)

    def process(settings: Settings, role: ProcessRole) -> Program:
        program = build(settings, clock, role)
        program.web.more.append(web.post("/day", Moved(program, clock).move))
        return program

    serving.process = process  # type: ignore[assignment, attr-defined]
    app()


if __name__ == "__main__":
    main()
