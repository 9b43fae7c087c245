"""`python -m bench.knowledge_serving <guides> <index> <vectors> <baseline> <questions>`: a process that answers.

Opens the index as a bot does, searches and answers, then has a guide added while it goes on answering, and says as JSON
what everything took. A task that wants to run every millisecond tells how long the loop stood still.
"""

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any, TypeVar

from bench.knowledge_bm25 import Plain
from bench.knowledge_build import memory_mb
from bot.librarian import BUILDER_NICENESS, GLANCE_SECONDS, opened_beside
from knowledge.indexing import generation
from knowledge.library import Library

TODAY = date(2026, 6, 1)
TICK = 0.001  # seconds
PER_SECOND = 5  # questions while the index is built and opened
QUIET_SECONDS = 5.0
WARM_UP = 20  # questions that are not measured
TITLE = "云朵沙发的海藻绿坐垫怎么翻面"
ADDED = f"---\ntitle: {TITLE}\ntopic: bench\n---\n\n海藻绿坐垫每 11 天翻一次面，翻面前拍松。\n"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Places:
    guides: Path
    index: Path
    vectors: Path
    baseline: Path


class Serving:
    """The library in use, exchanged as a bot exchanges it."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.library: Library | None = None

    async def open(self) -> float:
        """Open the generation in use beside the one before; the seconds that took."""
        began = time.perf_counter()
        opened = await opened_beside(self.library, self._places.index, self._places.vectors)
        before, self.library = self.library, opened
        if before is not None:
            await asyncio.to_thread(before.close)
        if not opened.vectors_ok:
            raise RuntimeError(opened.vectors_reason)
        return time.perf_counter() - began

    @property
    def now(self) -> Library:
        assert self.library is not None
        return self.library


async def measure(places: Places, asked: Sequence[str]) -> dict[str, Any]:
    """All figures, by name; `asked` are the questions."""
    serving = Serving(places)
    found: dict[str, Any] = {}
    found["quiet_stall"], _ = await _stalled(asyncio.sleep(QUIET_SECONDS))
    found["first_open_stall"], found["open"] = await _stalled(serving.open())
    gc.collect()
    gc.freeze()  # as a bot does when it has started
    found["resident_mb"] = memory_mb("VmRSS")
    found["answers"] = await _answers(serving.now, asked[::2])
    found["resident_mb_after"] = memory_mb("VmRSS")
    found |= _searches(serving.now, Plain.open(places.baseline), asked[1::2])
    found |= await _added(serving, places, asked)
    found["peak_mb"] = memory_mb("VmHWM")
    serving.now.close()
    return found


async def _answers(library: Library, questions: Sequence[str]) -> list[float]:
    """Milliseconds of each answer."""
    taken: list[float] = []
    for question in questions:
        with _timed(taken):
            await library.answer(question, (), TODAY)
    return taken[WARM_UP:]


def _searches(library: Library, plain: Plain, questions: Sequence[str]) -> dict[str, list[float]]:
    """Milliseconds of each search and of the baseline's, in turns so that both see the same machine."""
    ours: list[float] = []
    theirs: list[float] = []
    for question in questions:
        with _timed(theirs):
            plain.search(question)
        with _timed(ours):
            library.search(question, TODAY)
    return {"searches": ours[WARM_UP:], "plain": theirs[WARM_UP:]}


async def _added(serving: Serving, places: Places, questions: Sequence[str]) -> dict[str, float]:
    """Add a guide, have the index built by another process, open it; people ask all the while."""
    (places.guides / "added.md").write_text(ADDED, encoding="utf-8")
    async with _people(serving, questions):
        asking_stall, _ = await _stalled(asyncio.sleep(QUIET_SECONDS))
        began = time.perf_counter()
        building = asyncio.create_task(_build(places))
        building_stall, _ = await _stalled(_put_in_use(serving, places, building))
        built = time.perf_counter()
        opening_stall, _ = await _stalled(serving.open())
        first = serving.now.search(TITLE, TODAY)[0].passage.guide
        seen = time.perf_counter()
        await building
        reported = time.perf_counter()
    if first != "added.md":
        raise RuntimeError(f"the added guide is not found, {first} is")
    return {
        "asking_stall": asking_stall,
        "building_stall": building_stall,
        "opening_stall": opening_stall,
        "update": built - began,
        "visible": seen - began,
        "reported": reported - began,
    }


async def _put_in_use(serving: Serving, places: Places, building: asyncio.Task[None]) -> None:
    """Wait for a new generation, as a bot does; its report takes longer."""
    while generation.current(places.index) == serving.now.generation:
        if building.done():
            await building
            raise RuntimeError("the builder put nothing in use")
        await asyncio.wait({building}, timeout=GLANCE_SECONDS)


async def _build(places: Places) -> None:
    told = {"GUIDES": places.guides, "INDEX": places.index, "VECTORS": places.vectors}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "index"),
        env={
            **os.environ,
            "FENCUN_CONFIG": os.devnull,
            **{f"FENCUN_KNOWLEDGE__{name}": str(path) for name, path in told.items()},
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    os.setpriority(os.PRIO_PROCESS, process.pid, BUILDER_NICENESS)  # as a bot does
    if await process.wait():
        raise RuntimeError(f"the builder ended with {process.returncode}")


@asynccontextmanager
async def _people(serving: Serving, questions: Sequence[str]) -> AsyncIterator[None]:
    """Questions at a steady rate for as long as the context lasts."""

    async def ask() -> None:
        for question in cycle(questions):
            await asyncio.sleep(1 / PER_SECOND)
            await serving.now.answer(question, (), TODAY)

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        if asking.done():
            asking.result()
        asking.cancel()


async def _stalled(work: Awaitable[_T]) -> tuple[float, _T]:
    """The longest time in milliseconds that the loop stood still during `work`, and its result."""
    longest = 0.0

    async def tick() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            longest = max(longest, time.perf_counter() - began - TICK)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(TICK)  # the ticker is under way
    result = await work
    await asyncio.sleep(TICK)  # a stall at the very end is seen as well
    ticking.cancel()
    return longest * 1000, result


@contextmanager
def _timed(taken: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    taken.append((time.perf_counter() - began) * 1000)


def main(guides: str, index: str, vectors: str, baseline: str, questions: str) -> None:
    places = Places(Path(guides), Path(index), Path(vectors), Path(baseline))
    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    print(json.dumps(asyncio.run(measure(places, asked))))


if __name__ == "__main__":
    main(*sys.argv[1:])
