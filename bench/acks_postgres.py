"""Acknowledging app callbacks on PostgreSQL, beside a naive bot: WeCom up, hanging, refused, and no worker alive.

A whole site (two webs behind nginx, two workers, a clock, a PostgreSQL that syncs) and the load share this machine.
Each leg has a site and a store of its own; when its load ends, everything is killed, PostgreSQL too, and then what was
acked is looked for. The naive bot has no workers, so it has no leg without them, nor one at a rate it cannot bear.
"""

import asyncio
import math
import shutil
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import func, select

from bench.acks import P99_MS, PAIRS, SECONDS, load, wecom
from bench.children import child
from bench.figures import Figure, percentile
from bench.load import WARM_UP
from bench.place import Place
from bench.site.burnt import burnt
from bench.site.command import say
from bench.site.postgres import Postgres
from bench.site.site import READY_SECONDS, Shape, Site
from bench.site.world import Town
from bot.sandbox.run import SAMPLE_GUIDES
from bot.store.database import Database
from bot.store.tables import inbox

WORKERLESS = "no workers"
PACED = "paced"  # all up, and no more callbacks than are asked for: at the limit how many wait is the load's choice
MODES = ("up", PACED, "hanging", "refused", WORKERLESS)  # "up" first: the others are held against it
LEAST_PER_SECOND = 1000.0
PACE = 1050.0  # callbacks a second
LEAST_OF_UP = 0.9
STARTED = "分寸已启动"  # what `serve` says then
PARTS = ("web", "worker", "nginx", "postgresql")
SHAPE = Shape(roles={"web": 2, "worker": 2, "clock": 1})


@dataclass(frozen=True, slots=True)
class Leg:
    """`vain`: callbacks without a 200 within WeCom's 5 s, of `asked`. `missing`: acked, and not found in the store."""

    per_second: float
    latencies: Sequence[float]
    vain: int
    asked: int
    cores: Mapping[str, float]
    missing: int = 0
    handled: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One leg of each kind, by mode."""

    ours: dict[str, Leg] = field(default_factory=dict)
    naive: dict[str, Leg] = field(default_factory=dict)


class Quiet(Site):
    """A site with the sample guides, to which `url` is WeCom. It says nothing unasked."""

    def __init__(self, url: str, postgres: Postgres, library: Path) -> None:
        super().__init__(Town(), SHAPE, postgres, library)
        self._wecom_url = url

    async def ready(self, names: Iterable[str] = ()) -> None:
        """Until they have started: a worker that cannot reach WeCom does not say that it is ready."""
        async with asyncio.timeout(READY_SECONDS):
            for name in names or self.bots:
                while STARTED not in self.log(name):  # noqa: ASYNC110 - a file tells nobody when it grows
                    await asyncio.sleep(0.1)

    def _settings(self, own: Path, port: int) -> dict[str, Any]:
        plain = super()._settings(own, port)
        plain["wecom"]["api_base"] = self._wecom_url
        plain["knowledge"]["guides"] = SAMPLE_GUIDES
        return {**plain, "schedules": []}


class Ground:
    """What all legs share."""

    def __init__(self, place: Place, postgres: Postgres, seconds: float) -> None:
        self.place = place
        self.postgres = postgres
        self.seconds = seconds
        self.library = place.root / "library"
        for each in ("index", "chroma"):
            shutil.copytree(place.root / each, self.library / each)

    async def round(self, number: int) -> Round:
        """Every mode; who begins changes with each round, and so does the order of the modes."""
        found = Round()
        say(f"round {number + 1} of {PAIRS}")
        for mode in MODES[:: -1 if number % 2 else 1]:
            for leg in (self._site_leg, self._naive_leg)[:: -1 if number % 2 else 1]:
                await leg(found, mode)
        return found

    async def _site_leg(self, found: Round, mode: str) -> None:
        async with wecom(self.place, "up" if mode in (PACED, WORKERLESS) else mode) as (url, _):
            site = Quiet(url, self.postgres, self.library)
            try:
                await site.start()
                if mode == WORKERLESS:
                    await _take_down(site, "worker")
                found.ours[mode] = await self._ours(site, PACE if mode == PACED else 0)
                say(f"{mode}: {found.ours[mode].per_second:.0f} acks/s")
            finally:
                await site.stop()

    async def _ours(self, site: Site, rate: float) -> Leg:
        before = burnt(site)
        result = await load(self.place, site.standin.world.bot_url, self.seconds, rate)
        whole = self.seconds + WARM_UP
        cores = {name: (used - before[name]) / whole for name, used in burnt(site).items() if name in PARTS}
        await _take_down(site)
        await site.restart_postgres()  # what was acked must be there all the same
        stored, handled = await _counted(site.database)
        return self._leg(result, cores, max(0, result["acked"] - stored), handled)

    async def _naive_leg(self, found: Round, mode: str) -> None:
        if mode in (PACED, WORKERLESS):
            return
        root, log = self.place.root, self.place.log
        async with (
            wecom(self.place, mode) as (url, _),
            child("bench.naive", url, str(root / "index"), str(root / "chroma"), log=log) as server,
        ):
            before = server.cpu_seconds
            result = await load(self.place, server.url, self.seconds)
            cores = {"naive bot": (server.cpu_seconds - before) / (self.seconds + WARM_UP)}
            await server.end(signal.SIGKILL)
        found.naive[mode] = self._leg(result, cores)
        say(f"{mode}, naive bot: {found.naive[mode].per_second:.0f} acks/s")

    def _leg(self, result: Mapping[str, Any], cores: Mapping[str, float], missing: int = 0, handled: int = 0) -> Leg:
        vain = result["refused"] + result["unanswered"]
        cores = {**cores, "load": result["cpu"] / (self.seconds + WARM_UP)}
        per_second = len(result["latencies"]) / self.seconds
        return Leg(per_second, result["latencies"], vain, result["acked"] + vain, cores, missing, handled)


async def acks_postgresql(place: Place, seconds: float | None) -> list[Figure]:
    postgres = Postgres()
    await postgres.start()
    try:
        ground = Ground(place, postgres, seconds or SECONDS)
        rounds = [await ground.round(number) for number in range(PAIRS)]
    finally:
        await postgres.stop()
    return [figure for mode in MODES for figure in (*_ours(mode, rounds), *_beside(mode, rounds))]


async def _take_down(site: Site, role: str = "") -> None:
    """kill -9 of all processes of the bot, or of one role, and nobody starts them again."""
    daemons = [site.bots[name] for name, own in site.shape.names if role in ("", own)]
    for daemon in daemons:
        daemon.down()
    while any(daemon.pid for daemon in daemons):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.02)


async def _counted(url: str) -> tuple[int, int]:
    """Messages of members in the store, and those of them that were worked on."""
    database = Database.connect(url)
    try:
        async with database.read() as connection:
            counting = select(func.count()).select_from(inbox).where(inbox.c.channel == "app")
            stored = (await connection.execute(counting)).scalar_one()
            handled = (await connection.execute(counting.where(inbox.c.state == "handled"))).scalar_one()
    finally:
        await database.close()
    return int(stored), int(handled)


def _ours(mode: str, rounds: Sequence[Round]) -> list[Figure]:
    legs, name = [each.ours[mode] for each in rounds], f"acks-postgresql/{mode}"
    of_up = median(each.ours[mode].per_second / each.ours["up"].per_second for each in rounds)
    handled = median(leg.handled for leg in legs)
    return [
        Figure(f"{name}: acks", _rate(legs), "/s", LEAST_PER_SECOND, True),
        Figure(f"{name}: p99", _p99(legs), "ms", P99_MS),
        *(
            []
            if mode in ("up", PACED)
            else [Figure(f"{name}: of the acks when all is up", of_up, "×", LEAST_OF_UP, True)]
        ),
        Figure(f"{name}: callbacks without 200 in 5 s", sum(leg.vain for leg in legs), "", 1),
        Figure(f"{name}: acked, not found after the crash", sum(leg.missing for leg in legs), "", 1),
        Figure(f"{name}: worked on when the load ended", handled, ""),
        *_cores(name, legs),
    ]


def _beside(mode: str, rounds: Sequence[Round]) -> list[Figure]:
    """The naive bot in the same mode."""
    legs, name = [each.naive[mode] for each in rounds if mode in each.naive], f"acks-postgresql/{mode}: naive bot"
    if not legs:
        return []
    times = median(_ratio(each.ours[mode].per_second, each.naive[mode].per_second) for each in rounds)
    vain = 100 * sum(leg.vain for leg in legs) / max(1, sum(leg.asked for leg in legs))
    return [
        Figure(f"{name}, acks", _rate(legs), "/s"),
        Figure(f"{name}, p99", _p99(legs), "ms"),
        Figure(f"{name}, callbacks without 200 in 5 s", vain, "%"),
        Figure(f"{name}, acks of the site against it", times, "×"),
        *_cores(name, legs),
    ]


def _cores(name: str, legs: Sequence[Leg]) -> list[Figure]:
    parts = legs[0].cores
    return [Figure(f"{name}, cores, {part}", median(leg.cores[part] for leg in legs), "") for part in parts]


def _rate(legs: Sequence[Leg]) -> float:
    return median(leg.per_second for leg in legs)


def _p99(legs: Sequence[Leg]) -> float:
    return percentile([each for leg in legs for each in leg.latencies], 0.99)


def _ratio(one: float, other: float) -> float:
    return one / other if other else math.inf
