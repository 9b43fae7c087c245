"""From a customer's message to the reply being handed to WeCom: callback, ack, pull, search, quote, send.

The customers and WeCom live in this process and the bot in another; what the stand-in takes is part of the figure.
"""

import asyncio
import contextlib
import time

from bench.children import child
from bench.figures import Figure, percentile
from bench.place import PEOPLE, Place, people
from bench.questions import QUESTIONS
from bot.sandbox.standin import StandIn
from bot.sandbox.wire import Exchange

PER_SECOND = 20
SECONDS = 20.0
WARM_UP = 20  # messages that are not measured
P50_MS, P99_MS = 50.0, 250.0
PATIENCE = 15.0  # seconds for the last reply


class Stopwatch:
    """Asks one question after another, each by another customer, and notes when the first part of its answer comes."""

    def __init__(self, standin: StandIn) -> None:
        self._standin = standin
        self._asked: dict[str, float] = {}
        self._tasks: set[asyncio.Task[object]] = set()
        self.taken: list[float] = []  # milliseconds
        self.answered = asyncio.Event()  # nobody waits for an answer now

    def ask(self, number: int) -> None:
        who = f"wmBench{number % PEOPLE:04}"
        self.answered.clear()
        self._asked[who] = time.perf_counter()
        task = asyncio.create_task(self._standin.customer_says(who, QUESTIONS[number % len(QUESTIONS)]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _note(self, taken: float) -> None:
        self.taken.append(taken * 1000)
        if not self._asked:
            self.answered.set()

    def heard(self, exchange: Exchange) -> None:
        if exchange.what == "kf/send_msg":
            asked = self._asked.pop(exchange.request["touser"], None)
            if asked is not None:
                self._note(time.perf_counter() - asked)

    async def listen(self) -> None:
        with self._standin.ledger.subscribe() as queue:
            while True:
                self.heard(await queue.get())


async def latency(place: Place, seconds: float | None) -> list[Figure]:
    standin = StandIn(people())
    watch = Stopwatch(standin)
    listening = asyncio.create_task(watch.listen())
    try:
        _, environ = place.run(await standin.start())
        async with child("bot", "serve", environ=environ, log=place.log) as server:
            standin.world.bot_url = server.url
            before = server.cpu_seconds
            asked = await _ask(watch, max(seconds or SECONDS, SECONDS))
            busy = (server.cpu_seconds - before) / (asked / PER_SECOND)
            resident = server.resident_mb
    finally:
        listening.cancel()
        await standin.stop()
    return _figures(watch.taken[WARM_UP:], asked - len(watch.taken), busy, resident)


async def _ask(watch: Stopwatch, seconds: float) -> int:
    """A question every 1/PER_SECOND seconds, however long the answers take; how many that were."""
    count = WARM_UP + int(seconds * PER_SECOND)
    began = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(began + number / PER_SECOND - time.perf_counter())
        watch.ask(number)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(watch.answered.wait(), PATIENCE)
    return count


def _figures(taken: list[float], unanswered: int, busy: float, resident: float) -> list[Figure]:
    return [
        Figure("latency: p50", percentile(taken, 0.5), "ms", P50_MS),
        Figure("latency: p99", percentile(taken, 0.99), "ms", P99_MS),
        Figure("latency: without an answer", unanswered, "messages", 1),
        Figure(f"latency: cores, server at {PER_SECOND}/s", busy, ""),
        Figure("latency: resident afterwards", resident, "MB"),
    ]
