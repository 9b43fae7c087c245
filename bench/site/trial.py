"""One trial of a site: it is started, written to, hurt meanwhile, left alone until it has caught up, and reckoned."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench.site import books
from bench.site.books import Books
from bench.site.burnt import burnt
from bench.site.load import Load, Traffic
from bench.site.reckoning import Auditor, Reckoning
from bench.site.site import Shape, Site
from bench.site.world import Town
from bot.store.database import FAILURES

PROGRESS_SECONDS = 5.0
QUIET_LOOKS = 2  # so many looks in a row without work mean that all is done


@dataclass
class Trial:
    """What a fault may act on, until `until` (monotonic). `over` is set when the last message has been sent."""

    site: Site
    load: Load
    rng: random.Random
    say: Callable[[str], None]
    until: float
    over: asyncio.Event = field(default_factory=asyncio.Event)
    hurts: int = 0

    async def pause(self, seconds: float) -> bool:
        """Whether there is more to hurt after that time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.over.wait(), max(0.0, min(seconds, self.until - time.monotonic())))
        return not self.over.is_set() and time.monotonic() < self.until

    def kill_one(self) -> None:
        """kill -9 of a process of the bot, whichever."""
        name = self.rng.choice(list(self.site.bots))
        self.hurts += self.site.kill(name)


Fault = Callable[[Trial], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Plan:
    """`fault` hurts the site while messages are sent, for `seconds` at most. `patience`: seconds to catch up."""

    shape: Shape
    town: Town
    traffic: Traffic
    fault: Fault
    seconds: float = 25.0
    patience: float = 200.0


@dataclass(frozen=True)
class Result:
    reckoning: Reckoning
    sent: int
    per_second: float
    hurts: int
    caught_up: float  # seconds after the last message
    waits: list[float]  # seconds from each ack to the answer at WeCom's
    cpu: dict[str, float]  # ms of processor time for each message, by component; only without kills


async def tried(plan: Plan, site: Site, say: Callable[[str], None]) -> Result:
    """The whole trial; `site` has not been started. Raises what a site that does not come up raises."""
    began = time.monotonic()
    try:
        await site.start()
        say(f"site up after {time.monotonic() - began:.0f} s: {', '.join(site.bots)}")
        load = Load(site.standin, plan.town.held, plan.traffic)
        await load.prepare()
        trial = Trial(site, load, random.Random(plan.traffic.seed), say, time.monotonic() + plan.seconds)
        return await _run(plan, trial)
    except Exception:
        for name in site.bots:
            say(f"{name}: {site.log(name)[-1500:]}")
        raise
    finally:
        await site.stop()


async def _run(plan: Plan, trial: Trial) -> Result:
    before = burnt(trial.site)
    showing = asyncio.create_task(_show(trial))
    hurting = asyncio.create_task(plan.fault(trial))
    try:
        await trial.load.run()
        trial.over.set()
        await hurting
    finally:
        trial.over.set()
        hurting.cancel()
        showing.cancel()
        trial.site.standin.faults.clear()
    waited = time.monotonic()
    found = await _drained(trial, plan.patience)
    reckoning = Auditor(trial.load, trial.site.standin, found, trial.site.zone).reckon()
    caught_up = time.monotonic() - waited
    sent, after = trial.load.sent, burnt(trial.site)
    cpu = {} if trial.hurts else {name: 1000 * (after[name] - before.get(name, 0.0)) / sent for name in after}
    return Result(reckoning, sent, sent / trial.load.seconds, trial.hurts, caught_up, found.waits(), cpu)


async def _drained(trial: Trial, patience: float) -> Books:
    """The books once nothing is left to do, or when patience is at an end."""
    until, quiet, said = time.monotonic() + patience, 0, ""
    while True:
        await asyncio.sleep(1)
        try:
            found = await books.read(trial.site.database)
        except FAILURES:
            continue
        fetched = all((t.channel, a.key) in found.items for t in trial.load.talks for a in t.asked if a.acked)
        done = fetched and not found.unhandled and not found.unsent
        quiet = quiet + 1 if done else 0
        left = f"left: {found.unhandled} items, {found.unsent} parts"
        if left != said:
            trial.say(left)
        said = left
        if quiet >= QUIET_LOOKS or time.monotonic() > until:
            return found


async def _show(trial: Trial) -> None:
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        load = trial.load
        trial.say(f"{load.sent:,} sent, {load.unanswered} unanswered, {trial.hurts} hurts")
