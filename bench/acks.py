"""Acknowledging app callbacks, against a bare handler, with WeCom up, refusing and hanging.

Two cores: the server has one, the load and the stand-in share the other, so each one's processor time is shown. The bot
answers behind its acks all the while; the bare handler has nothing behind it.
"""

import json
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.children import Child, child
from bench.figures import Figure, percentile
from bench.load import PATIENCE, WARM_UP
from bench.place import Place

MODES = ("up", "refused", "hanging")
PAIRS = 3
SECONDS = 5.0
LEAST_RATIO = 0.6
P99_MS = 60.0


@dataclass(frozen=True, slots=True)
class Leg:
    """One server under load. `answered`: messages that the bot had worked on when the load ended."""

    per_second: float
    latencies: tuple[float, ...]
    server_cpu: float
    standin_cpu: float
    load_cpu: float
    answered: int = 0


async def acks(place: Place, seconds: float | None) -> list[Figure]:
    figures: list[Figure] = []
    for mode in MODES:
        pairs = [await _pair(place, mode, seconds or SECONDS, number % 2 == 1) for number in range(PAIRS)]
        figures += _figures(mode, pairs)
    return figures


async def _pair(place: Place, mode: str, seconds: float, turned: bool) -> tuple[Leg, Leg]:
    """Baseline and subject, in an order that alternates so that a drift of the machine cancels out."""
    if turned:
        subject = await _subject(place, mode, seconds)
        return await _baseline(place, seconds), subject
    return await _baseline(place, seconds), await _subject(place, mode, seconds)


async def _baseline(place: Place, seconds: float) -> Leg:
    database, _ = place.run("http://127.0.0.1:1")
    async with child("bench.bare", str(database), log=place.log) as server:
        leg, acked = await _leg(place, server, None, seconds)
        await server.end(signal.SIGKILL)
    _expect_stored(database, acked)
    return leg


async def _subject(place: Place, mode: str, seconds: float) -> Leg:
    async with wecom(place, mode) as (url, standin):
        database, environ = place.run(url)
        async with child("bot", "serve", environ=environ, log=place.log) as server:
            leg, acked = await _leg(place, server, standin, seconds)
            await server.end(signal.SIGKILL)  # what was acked must be there all the same
    answered = _expect_stored(database, acked, "SELECT count(*) FROM inbox WHERE state = 'handled'")
    return Leg(leg.per_second, leg.latencies, leg.server_cpu, leg.standin_cpu, leg.load_cpu, answered)


@asynccontextmanager
async def wecom(place: Place, mode: str) -> AsyncIterator[tuple[str, Child | None]]:
    """WeCom up, refused or hanging: its address, and the stand-in where there is one."""
    if mode == "refused":
        with socket.socket() as closed:  # bound and not listening: connections are refused
            closed.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{closed.getsockname()[1]}", None
        return
    async with child("bench.wecom", mode, log=place.log) as standin:
        yield standin.url, standin


async def _leg(place: Place, server: Child, standin: Child | None, seconds: float) -> tuple[Leg, int]:
    before = server.cpu_seconds, standin.cpu_seconds if standin else 0.0
    result = await load(place, server.url, seconds)
    if result["refused"] or result["unanswered"]:
        raise RuntimeError(f"{result['refused']} callbacks refused, {result['unanswered']} unanswered")
    whole = seconds + WARM_UP
    server_cpu = (server.cpu_seconds - before[0]) / whole
    standin_cpu = (standin.cpu_seconds - before[1]) / whole if standin else 0.0
    latencies = tuple(result["latencies"])
    return Leg(len(latencies) / seconds, latencies, server_cpu, standin_cpu, result["cpu"] / whole), result["acked"]


async def load(place: Place, url: str, seconds: float, rate: float = 0) -> dict[str, Any]:
    """What bench.load says of the server at `url` after so many seconds; `rate` is in callbacks a second."""
    loader = await Child.start("bench.load", url.rpartition(":")[2], str(seconds), str(rate), log=place.log)
    try:
        said: dict[str, Any] = json.loads(await loader.everything(seconds + WARM_UP + PATIENCE + 60))
        return said
    finally:
        await loader.end()


def _expect_stored(database: Path, acked: int, also: str = "SELECT 0") -> int:
    """Every ack must be in the database of the server that was just killed; returns what `also` counts."""
    with sqlite3.connect(database) as store:
        (stored,) = store.execute("SELECT count(*) FROM inbox").fetchone()
        (counted,) = store.execute(also).fetchone()
    if stored < acked:
        raise RuntimeError(f"{acked} acked, only {stored} stored")
    return int(counted)


def _figures(mode: str, pairs: Sequence[tuple[Leg, Leg]]) -> list[Figure]:
    bare, bot = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    seconds = len(pairs) * (len(bot[0].latencies) / bot[0].per_second + WARM_UP)
    return [
        Figure(f"acks/{mode}: ratio", median(b.per_second / a.per_second for a, b in pairs), "×", LEAST_RATIO, True),
        Figure(f"acks/{mode}: p99", _pooled(bot), "ms", P99_MS),
        Figure(f"acks/{mode}: bot", median(leg.per_second for leg in bot), "/s"),
        Figure(f"acks/{mode}: bare", median(leg.per_second for leg in bare), "/s"),
        Figure(f"acks/{mode}: bare p99", _pooled(bare), "ms"),
        Figure(f"acks/{mode}: handled behind the acks", sum(leg.answered for leg in bot) / seconds, "/s"),
        Figure(f"acks/{mode}: cores, server", median(leg.server_cpu for leg in bot), ""),
        Figure(f"acks/{mode}: cores, stand-in", median(leg.standin_cpu for leg in bot), ""),
        Figure(f"acks/{mode}: cores, load", median(leg.load_cpu for leg in bot), ""),
    ]


def _pooled(legs: Sequence[Leg]) -> float:
    return percentile([each for leg in legs for each in leg.latencies], 0.99)
