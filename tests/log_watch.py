"""Reads every log of the whole test run for what must never be in one: secrets, ids of people, what anybody wrote.

A pytest plugin. The program's events and those of libraries go into one collector, formatted as in production but
without the redactor knowing any secret: it is the second fence, this watches the first. What processes write beside it
(standard error, `*.log` in a test's folder, what a test hands in by `seen`) is read too. A test after which something
is found fails.
"""

import io
import logging
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import wraps
from typing import Any

import pytest
import structlog

from bot.log import set_up

SHORTEST = 6  # characters: what is shorter stands in ordinary words too
_SLICE = 500_000
_WORDS = frozenset({"content", "Content", "text", "title", "description", "media_id", "welcome_code", "code"})
_PEOPLE = frozenset({"external_userid", "touser", "userid", "FromUserName", "ExternalUserID", "UserID", "nickname"})


class Watch:
    """What was logged since the last look, and what must not be in it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.canaries: set[str] = set()
        self.read = 0  # characters of logs, over the whole run

    def expect_not(self, texts: Iterable[str]) -> None:
        self.canaries.update(line.strip() for text in texts for line in text.splitlines())

    def seen(self, text: str) -> None:
        """More of the log, from a process or a file."""
        self.stream.write(text + "\n")

    def leaks(self) -> list[str]:
        """The lines with something in them that must not be there; then the log begins anew."""
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        self.read += len(text)
        canaries, self.canaries = {each for each in self.canaries if len(each) >= SHORTEST}, set()
        return found(text, canaries) if canaries else []


def found(text: str, canaries: Iterable[str]) -> list[str]:
    """The lines of `text` that hold a canary, each once with the first of them. Many take no longer than few."""
    by_start: dict[str, list[str]] = {}
    for canary in canaries:
        by_start.setdefault(canary[:SHORTEST], []).append(canary)
    there: set[str] = set()
    for begin in range(0, len(text), _SLICE):
        part = text[begin : begin + _SLICE + SHORTEST]
        there |= by_start.keys() & {part[at : at + SHORTEST] for at in range(len(part) - SHORTEST + 1)}
    suspects = [canary for start in there for canary in by_start[start] if canary in text]
    lines = dict.fromkeys(text.splitlines()) if suspects else {}
    return [f"{hit!r} in {line}" for line in lines if (hit := next((each for each in suspects if each in line), ""))]


WATCH = Watch()


def listen() -> None:
    """Send the log to the watch again, after a test sent it elsewhere."""
    structlog.reset_defaults()
    set_up([], stream=WATCH.stream, console=False)
    logging.captureWarnings(False)  # warnings are pytest's


def watched(stop: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`StandIn.stop`, which first tells the watch everything that was said to and by this WeCom."""

    @wraps(stop)
    async def stopped(standin: Any) -> None:
        WATCH.expect_not(secrets_of(standin.world))
        WATCH.expect_not(standin.accounts._tokens)
        for exchange in standin.ledger.rows:
            WATCH.expect_not(_private((exchange.request, exchange.response)))
        await stop(standin)

    return stopped


def secrets_of(world: Any) -> Iterator[str]:
    """The keys of the stand-in's world, and its customers."""
    for seat in (world.app, world.kf, world.contact, *world.aibots):
        yield from (seat.secret, seat.token, seat.aes_key)
    yield from (robot.key for robot in world.group_robots)
    yield from (customer.external_userid for customer in world.customers)


def _private(thing: Any, name: str = "") -> Iterator[str]:
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from _private(value, name if key in ("content", "list", "item") and name else str(key))
    elif isinstance(thing, list | tuple):
        for each in thing:
            yield from _private(each, name)
    elif isinstance(thing, str) and (name in _WORDS or name in _PEOPLE):
        yield thing


# --- the plugin ------------------------------------------------------------------------------------------------------


def pytest_configure() -> None:
    listen()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "teardown":
        for path in _logs_of(item):
            WATCH.seen(path.read_text(encoding="utf-8", errors="replace"))
        WATCH.seen("".join(text for title, text in report.sections if "stderr" in title))
        if leaks := WATCH.leaks():
            report.outcome = "failed"
            report.longrepr = "\n".join(["the log must not hold", *leaks[:20]])
        listen()  # a command that was called in this process sent the log to a stream that is closed by now
    return report


def _logs_of(item: pytest.Item) -> list[Any]:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    return sorted(folder.glob("*.log")) if folder is not None and folder.exists() else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    if leaks := WATCH.leaks():
        print("\n".join(["the log must not hold", *leaks[:20]]), file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
