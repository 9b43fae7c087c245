"""What members read when sending takes longer than WeCom waits for the callback: nothing, one answer, or several.

A callback without an answer within 5 s comes again, three times in all (90238). The naive bot sends inside the
callback, so each time it answers anew; ours has acked long before.
"""

import asyncio
from collections import Counter
from contextlib import suppress

from bench.children import child
from bench.figures import Figure
from bench.place import Place, people
from bench.questions import QUESTIONS
from bot.sandbox.standin import StandIn

MESSAGES = 20
SLOW = 6.0  # seconds that message/send takes
PATIENCE = 180.0  # seconds until everyone has an answer
REST = 3 * SLOW  # seconds for what is still under way then


async def repeats(place: Place, _seconds: float | None) -> list[Figure]:
    standin = StandIn(people())
    standin.faults.delay("message/send", SLOW)
    try:
        url = await standin.start()
        root = place.root
        async with child("bench.naive", url, str(root / "index"), str(root / "chroma"), log=place.log) as server:
            naive = await _read(standin, server.url, 0)
        async with child("bot", "serve", environ=place.run(url)[1], log=place.log) as server:
            ours = await _read(standin, server.url, MESSAGES)
    finally:
        await standin.stop()
    return [*_figures("ours", ours, promised=True), *_figures("naive bot", naive, promised=False)]


async def _read(standin: StandIn, server_url: str, first: int) -> list[int]:
    """How often each of MESSAGES members, from number `first` on, read the answer to their one message."""
    standin.world.bot_url = server_url
    members = [each.userid for each in standin.world.employees[first : first + MESSAGES]]
    asked = zip(members, QUESTIONS[:MESSAGES], strict=True)
    await asyncio.gather(*(standin.employee_says(member, question) for member, question in asked))
    with suppress(TimeoutError):
        await standin.wait_until(lambda: all(_times(standin, member) for member in members), PATIENCE)
    await asyncio.sleep(REST)
    return [_times(standin, member) for member in members]


def _times(standin: StandIn, member: str) -> int:
    """An answer may have several parts, so the part that came most often counts."""
    parts = Counter(line.text for line in standin.app_chat(member) if line.who == "bot")
    return max(parts.values(), default=0)


def _figures(name: str, times: list[int], *, promised: bool) -> list[Figure]:
    once, more = sum(each == 1 for each in times), sum(each > 1 for each in times)
    return [
        Figure(f"repeats, {name}: members with one answer", once, "", MESSAGES if promised else None, True),
        Figure(f"repeats, {name}: with none", times.count(0), "", 1 if promised else None),
        Figure(f"repeats, {name}: with the same answer again", more, "", 1 if promised else None),
        Figure(f"repeats, {name}: answers a member, at most", max(times), ""),
    ]
