"""`python -m bench day [--messages N]`: a large brand's day in compressed time. Does memory grow, is work left over?

`fencun serve` runs in a process of its own (`bench.day_program`), so that its memory and its processor time are its
own; people and the stand-in for WeCom live in this one. Both clocks stand still while a slice of the day is worked on
and move when nothing is left to do: compressed time never runs ahead of the work.
"""

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from bench.children import Child, child
from bench.figures import Figure
from bench.place import Place
from bench.site import words
from bench.site.books import OPEN
from bench.site.load import Load, Traffic
from bench.site.world import Town, settings, toml
from bot.clock import MovableClock
from bot.part import Klass
from bot.sandbox.run import ZONE
from bot.sandbox.standin import StandIn

MESSAGES = 200_000
START = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # midnight in Shanghai, a Monday begins
TOWN = Town(customers=3300, members=1700, visitors=0, held=25)
SHARES = {"kf": 0.66, "app": 0.34}
# "Who are you" after another question may be taken for displeasure: in forty messages most would be given a colleague.
QUESTIONS = tuple(each for each in words.ASKED if each != "你是谁")
# Messages of each hour of a shop's day, in proportion; chosen, not measured.
HOURS = (8, 5, 3, 2, 2, 3, 8, 18, 35, 55, 65, 70, 85, 70, 55, 50, 50, 55, 60, 80, 95, 85, 45, 20)
SLICES = 4  # of a minute
WARM = 3  # the hour after which memory should not grow any more
GROWTH_PERCENT, UNANSWERED_PERCENT = 10.0, 1.0
POSTED = 200  # members who are subscribed to the daily posts
MOVE_SECONDS = 900.0  # real ones, for one slice of the day
WIDTHS = (5, 9, 8, 10, 7, 7, 6, 6, 9)
HEAD = ("hour", "messages", "RSS MB", "unhandled", "unsent", "WAL MB", "tasks", "files", "CPU s")


@dataclass(frozen=True, slots=True)
class Sample:
    """The bot after `hour` hours of the day; `cpu` in seconds since it was started."""

    hour: int
    messages: int
    resident_mb: float
    unhandled: int
    unsent: int
    wal_mb: float
    tasks: int
    files: int
    cpu: float

    def row(self) -> str:
        shown = (f"{self.resident_mb:.1f}", self.unhandled, self.unsent, f"{self.wal_mb:.1f}", self.tasks, self.files)
        return _row((f"{self.hour:02}:00", f"{self.messages:,}", *shown, f"{self.cpu:.1f}"))


@dataclass(frozen=True)
class Day:
    """The bot, and those who write to it. `store` is its database file."""

    bot: Child
    session: aiohttp.ClientSession
    standin: StandIn
    clock: MovableClock
    load: Load
    store: Path

    async def run(self) -> list[Sample]:
        """24 hours; a sample at midnight and after each hour."""
        say(_row(HEAD))
        tasks, samples = await self._move(0, look=True), []
        for hour in range(len(HOURS) + 1):
            samples.append(self._sample(hour, tasks))
            say(samples[-1].row())
            if hour < len(HOURS):
                tasks = await self._hour(hour)
        return samples

    async def _hour(self, hour: int) -> int:
        tasks = 0
        for slice_ in range(1, 60 * SLICES + 1):
            await self.load.run(due(self.load.traffic.messages, hour + slice_ / (60 * SLICES)))
            tasks = await self._move(60 / SLICES, look=slice_ % SLICES == 0)
        return tasks

    async def _move(self, seconds: float, *, look: bool) -> int:
        """Wait until the bot has nothing to do, then go ahead; how many tasks its event loop has."""
        body = {"seconds": seconds, "look": look}
        limit = aiohttp.ClientTimeout(total=MOVE_SECONDS)
        async with self.session.post(f"{self.bot.url}/day", json=body, timeout=limit) as answer:
            tasks = int((await answer.json())["tasks"])
        self.clock.jump(timedelta(seconds=seconds))
        return tasks

    def _sample(self, hour: int, tasks: int) -> Sample:
        wal = self.store.with_name(f"{self.store.name}-wal")
        return Sample(
            hour=hour,
            messages=self.load.sent,
            resident_mb=self.bot.resident_mb,
            unhandled=_count(self.store, "inbox WHERE state = 'new'"),
            unsent=_count(self.store, f"outbox WHERE state IN {OPEN} AND klass <> '{Klass.POST}'"),
            wal_mb=wal.stat().st_size / 1e6 if wal.exists() else 0.0,
            tasks=tasks,
            files=len(list(Path(f"/proc/{self.bot.process.pid}/fd").iterdir())),
            cpu=self.bot.cpu_seconds,
        )


def due(messages: int, hours: float) -> int:
    """How many of a day's messages have been written `hours` after midnight."""
    whole = int(hours)
    begun = HOURS[whole] * (hours - whole) if whole < len(HOURS) else 0
    return round(messages * (sum(HOURS[:whole]) + begun) / sum(HOURS))


async def day(place: Place, _seconds: float | None, messages: int = MESSAGES) -> list[Figure]:
    """24 hours of 5,000 conversations over 微信客服 and the app, as many messages an hour as a shop has."""
    clock = MovableClock(START, frozen=True)
    standin = StandIn(TOWN.world(), clock)
    await standin.start()
    try:
        store, config = await _prepared(standin, place.root / "day")
        serve = ("bench.day_program", START.isoformat(), "serve", "--config", str(config))
        async with child(*serve, log=place.log) as bot, aiohttp.ClientSession() as session:
            standin.world.bot_url = bot.url
            # Nobody is waited for but by slices: who gets no answer after two messages writes no more.
            traffic = Traffic(messages, waiting=messages, shares=SHARES, questions=QUESTIONS)
            load = Load(standin, TOWN.held, traffic)
            await load.prepare()
            began = time.monotonic()
            samples = await Day(bot, session, standin, clock, load, store).run()
            return _figures(samples, load, time.monotonic() - began)
    finally:
        await standin.stop()


async def _prepared(standin: StandIn, folder: Path) -> tuple[Path, Path]:
    """The database file to be and the settings file of a bot whose index is built."""
    own = folder / "bot"
    own.mkdir(parents=True)
    words.write(folder)
    store, config = own / "fencun.db", own / "fencun.toml"
    plain = settings(standin, own, 0, f"sqlite:///{store}", ZONE) | {"schedules": _schedules(), "restraint": {}}
    config.write_text(toml(plain), encoding="utf-8")
    index = (sys.executable, "-m", "bot", "index", "--config", str(config))
    await asyncio.to_thread(subprocess.run, index, check=True, capture_output=True)
    return store, config


def _schedules() -> list[dict[str, Any]]:
    """Two posts a day to the same people; the gate decides as ever."""
    to = ["robot:weekly", *(f"app:member{number:05}" for number in range(min(POSTED, TOWN.members)))]
    times = {"styling": "每天 10:00", "parenting": "每天 19:30"}
    return [{"name": topic, "every": every, "topic": topic, "to": to} for topic, every in times.items()]


def _figures(samples: Sequence[Sample], load: Load, seconds: float) -> list[Figure]:
    first, warm, last = samples[0], samples[WARM], samples[-1]
    growth = (last.resident_mb / warm.resident_mb - 1) * 100
    asked = sum(each.acked for talk in load.talks if not talk.held for each in talk.asked)
    return [
        Figure(f"day: growth of memory from hour {WARM} on", growth, "%", GROWTH_PERCENT),
        Figure("day: left at the end, items and parts", last.unhandled + last.unsent, "", 1),
        Figure("day: messages", last.messages, ""),
        Figure("day: answered", asked - load.unanswered, f"of {asked:,}"),
        Figure("day: without an answer", 100 * load.unanswered / max(1, asked), "%", UNANSWERED_PERCENT),
        Figure("day: refused at the door", load.given_up, "messages", 1),
        Figure("day: resident at the end", last.resident_mb, "MB"),
        Figure("day: real time", seconds / 60, "minutes"),
        Figure("day: messages a real second", last.messages / seconds, ""),
        Figure("day: processor time of the bot", (last.cpu - first.cpu) * 1000 / max(1, last.messages), "ms/message"),
    ]


def _count(store: Path, of: str) -> int:
    """Rows of a condition of our own, read beside the bot."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        (many,) = connection.execute(f"SELECT count(*) FROM {of}").fetchone()
    return int(many)


def _row(cells: Sequence[object]) -> str:
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
