"""How soon a bot is ready when its index is there, and what it holds in memory while nobody writes."""

import asyncio
import time
from statistics import median

import aiohttp

from bench.children import READY_SECONDS, Child, child
from bench.figures import Figure
from bench.place import Place

STARTS = 3
START_SECONDS = 5.0
RESIDENT_MB = 300.0
REST = 6.0  # seconds: longer than the first round of every ticker


async def start(place: Place, _seconds: float | None) -> list[Figure]:
    """From the start of the process to the first 200 of /readyz."""
    async with child("bench.wecom", "up", log=place.log) as standin:
        taken = [await _start(place, standin.line) for _ in range(STARTS)]
    return [
        Figure("start: longest", max(taken), "s", START_SECONDS),
        Figure("start: median", median(taken), "s"),
    ]


async def _start(place: Place, standin_url: str) -> float:
    _, environ = place.run(standin_url)
    began = time.perf_counter()
    server = await Child.start("bot", "serve", environ=environ, log=place.log)
    try:
        await _until_ready(server)
        return time.perf_counter() - began
    finally:
        await server.end()


async def _until_ready(server: Child) -> None:
    await server.ready()
    async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{server.url}/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.02)


async def memory(place: Place, _seconds: float | None) -> list[Figure]:
    """VmRSS of `fencun serve` with the sample guides."""
    async with child("bench.wecom", "up", log=place.log) as standin:
        _, environ = place.run(standin.line)
        server = await Child.start("bot", "serve", environ=environ, log=place.log)
        try:
            await _until_ready(server)
            await asyncio.sleep(REST)
            return [Figure("memory: resident, idle", server.resident_mb, "MB", RESIDENT_MB)]
        finally:
            await server.end()
