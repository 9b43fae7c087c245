"""`python -m bench end-to-end`: from a member's question to the answer at WeCom's, beside a naive bot.

The same questions of the same members of an app go to a site (two webs, two workers, two clocks, nginx, PostgreSQL) and
to the bot of `bench.naive`, which finds and sends inside the callback: as many as each bears, and then 30 a second.
WeCom asks up to three times, 5 s each (90238); a naive bot that was too slow has then answered more than once.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.children import child
from bench.figures import Figure, percentile
from bench.place import Place
from bench.site import words
from bench.site.command import say
from bench.site.load import Load, Talk, Traffic
from bench.site.postgres import Postgres
from bench.site.site import Shape, Site
from bench.site.trial import Plan, Trial, tried
from bench.site.world import Town
from bot.sandbox.standin import StandIn
from knowledge.indexing.index import build

SECONDS = 60.0
RATES = {"at the limit": 60.0, "at 30 a second": 30.0}  # messages prepared for each second
LIMIT_RATE, WAITING = 1000.0, 400
TOWN = Town(customers=10, members=5000, visitors=0, held=0)  # nobody writes twice
QUESTIONS = tuple(words.ASKED)[:3]  # those that the guides answer


@dataclass(frozen=True, slots=True)
class Leg:
    """`waits` in seconds; `vain`: messages that WeCom gave up; `again`: answers beyond one for each message.

    Both are of the naive bot only: ours has a reckoning, and no figures where that is not good.
    """

    per_second: float
    waits: list[float]
    vain: int | None = None
    again: int | None = None
    costs: Mapping[str, float] = field(default_factory=dict)  # ms of a core for a message


class Inside(Load):
    """The load of a bot that answers inside the callback: what WeCom still waits for is unanswered."""

    def __init__(self, standin: StandIn, traffic: Traffic) -> None:
        super().__init__(standin, 0, traffic)
        self.waits: list[float] = []

    @property
    def unanswered(self) -> int:
        return len(self._tasks)

    async def _push(self) -> None:
        """Nobody posts with such a bot."""

    async def _write_app(self, talk: Talk, text: str) -> None:
        began = time.monotonic()
        await super()._write_app(talk, text)
        if talk.asked and talk.asked[-1].acked:
            self.waits.append(time.monotonic() - began)


async def end_to_end(place: Place, seconds: float | None) -> list[Figure]:
    postgres = Postgres()
    await postgres.start()
    try:
        figures: list[Figure] = []
        for name, rate in RATES.items():
            traffic = _traffic(name, int(rate * (seconds or SECONDS)))
            figures += _figures(f"end to end, {name}: ours", await _ours(postgres, traffic))
            figures += _figures(f"end to end, {name}: naive bot", await _naive(place, traffic))
        return figures
    finally:
        await postgres.stop()


def _traffic(name: str, messages: int) -> Traffic:
    rate = RATES[name] if name != "at the limit" else LIMIT_RATE
    return Traffic(messages, rate, WAITING, again=0.0, shares={"app": 1.0}, questions=QUESTIONS)


async def _ours(postgres: Postgres, traffic: Traffic) -> Leg:
    async def unhurt(_: Trial) -> None:
        """Nothing is broken here."""

    plan = Plan(Shape(), TOWN, traffic, unhurt)
    result = await tried(plan, Site(TOWN, plan.shape, postgres), say)
    if not result.reckoning.good:
        raise RuntimeError(f"the site broke a promise: {result.reckoning}")
    taken = result.sent / result.per_second + result.caught_up  # until the last answer, as for the naive bot
    return Leg(result.sent / taken, result.waits, costs=result.cpu)


async def _naive(place: Place, traffic: Traffic) -> Leg:
    standin = StandIn(TOWN.world())
    standin.callbacks.pause = 1.0
    index, vectors = await asyncio.to_thread(_indexed, place.root / "naive")
    try:
        url = await standin.start()
        async with child("bench.naive", url, str(index), str(vectors), log=place.log) as server:
            standin.world.bot_url = server.url
            before = server.cpu_seconds
            load = Inside(standin, traffic)
            began = time.monotonic()
            await load.run()
            taken = time.monotonic() - began
            used = server.cpu_seconds - before
    finally:
        await standin.stop()
    answers = [(len(talk.asked), talk.answered(load.lines(talk))) for talk in load.talks]
    again = sum(max(0, answered - asked) for asked, answered in answers)
    answered = sum(min(asked, answered) for asked, answered in answers)
    return Leg(answered / taken, load.waits, load.given_up, again, {"naive bot": 1000 * used / load.sent})


def _indexed(root: Path) -> tuple[Path, Path]:
    """The index of the guides that the site has, made once."""
    index, vectors = root / "index", root / "chroma"
    if not root.exists():
        root.mkdir()
        words.write(root)
        build(root / "guides", index, vectors)
    return index, vectors


def _figures(name: str, leg: Leg) -> list[Figure]:
    return [
        Figure(f"{name}, messages", leg.per_second, "/s"),
        Figure(f"{name}, p50", percentile(leg.waits, 0.5), "s"),
        Figure(f"{name}, p99", percentile(leg.waits, 0.99), "s"),
        *([] if leg.vain is None else [Figure(f"{name}, given up by WeCom", leg.vain, "")]),
        *([] if leg.again is None else [Figure(f"{name}, answered again", leg.again, "")]),
        *(Figure(f"{name}, a message, {part}", ms, "ms of a core") for part, ms in leg.costs.items()),
    ]
