"""What restraint costs: one decision beside a ledger of millions of rows, and a week's post to a million people.

`python -m bench restraint --rows 10000000`. The naive way, printed beside it, asks the ledger once for every recipient.
"""

import asyncio
import random
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import Figure, percentile
from bench.place import Place
from bot.admission import Admission
from bot.channels import Limits
from bot.clock import MovableClock
from bot.facts import FactFinder, Surroundings
from bot.gatekeeper import Gatekeeper
from bot.metrics import Metrics
from bot.occurrences import parts_of
from bot.part import Part
from bot.store import contents
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import millis
from bot.transaction import Transactions
from scheduler.posts import Post, parse_recipient
from scheduler.rules import Rules

ROWS = 1_000_000  # of the ledger; the claim is made with ten million
GROUPS, EACH = 10_000, 100  # a million people
DECISIONS = 2_000
NAIVE = 2_000  # people that the naive way is tried on
DECISION_MS, POST_SECONDS, POST_MB = 3.0, 60.0, 1000.0
NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)  # Thursday, 10:00 in Shanghai
POST = Post("guide.md", "沙发怎么选", "沙发的长度控制在沙发墙的三分之二左右。", topic="styling")

# One a week for each, every seventh a promotion; one in ten got the last one just a week ago, the others before.
_DELIVERIES = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO delivery (subject, part, guide, kind, topic, at, day, ordinal, delivered)
SELECT :prefix || (i % :subjects), :prefix || i, 'old' || (i / :subjects) || '.md', iif(i % 7, 'value', 'promo'),
       iif(i % 2, 'styling', 'parenting'), :now - :week * (1 + i / :subjects) - :day * (i % 10),
       date((:now - :week * (1 + i / :subjects) - :day * (i % 10)) / 1000, 'unixepoch', '+8 hours'),
       1 + i / :subjects, 1 FROM n
"""
_MEMBERS = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :rows)
INSERT INTO membership (group_subject, person_subject, since, seen_at)
SELECT 'group:wr' || (i / :each), 'person:wm' || i, 0, :now FROM n
"""
_RHYTHMS = """
INSERT INTO rhythm (subject, layer, manual, fatigue, rest_days, at)
SELECT DISTINCT person_subject, '', '', 10, 7, :now FROM membership
"""


@dataclass(frozen=True)
class Desk:
    """A store with its gatekeeper, as `bot.app` puts them together."""

    database: Database
    gatekeeper: Gatekeeper
    admission: Admission
    transactions: Transactions


async def restraint(place: Place, _seconds: float | None, rows: int = ROWS) -> list[Figure]:
    """The ledger has `rows` rows. Each part in a folder of its own."""
    ledger, _ = place.run("http://127.0.0.1:1")
    decisions = await _with(ledger, rows, max(EACH, rows // 10), _decisions)
    weekly, _ = place.run("http://127.0.0.1:1")
    return [*decisions, *await _with(weekly, GROUPS * EACH, GROUPS * EACH, _weekly_post)]


Measured = Callable[["Desk", int], Awaitable[list[Figure]]]


async def _with(path: Path, rows: int, people: int, measured: Measured) -> list[Figure]:
    database = Database.connect(f"sqlite:///{path}")
    await migrate(database)
    await asyncio.to_thread(_fill, path, rows, people)
    rules, clock = Rules(), MovableClock(NOW, frozen=True)
    facts = FactFinder(Surroundings(rules, lambda _: True, lambda *_: (), lambda _: {}))
    gatekeeper = Gatekeeper(rules, facts, Metrics())
    transactions = Transactions(database, clock, lambda _: None)
    desk = Desk(database, gatekeeper, Admission(gatekeeper, lambda _: Limits()), transactions)
    try:
        async with transactions.begin() as transaction:
            row = {"key": POST.name, "digest": POST.digest, "kind": "value", "title": POST.title, "lexicon": "bench"}
            await contents.judge(transaction.connection, {**row, "state": "approved", "by": "bench", "why": ""}, NOW)
        return await measured(desk, people)
    finally:
        await database.close()


def _fill(path: Path, rows: int, people: int) -> None:
    store = sqlite3.connect(path)
    store.execute("PRAGMA synchronous=OFF")
    store.execute("PRAGMA cache_size=-200000")
    now, day = millis(NOW), 86_400_000
    groups, moments = people // EACH, {"now": now, "week": 7 * day, "day": day}
    store.execute(_MEMBERS, {"rows": people, "each": EACH, "now": now})
    store.execute(_DELIVERIES, {"rows": rows, "subjects": people, "prefix": "person:wm", **moments})
    store.execute(_DELIVERIES, {"rows": min(rows, groups * 50), "subjects": groups, "prefix": "group:wr", **moments})
    store.execute(_RHYTHMS, {"now": now})
    store.commit()
    store.close()


async def _decisions(desk: Desk, people: int) -> list[Figure]:
    chance = random.Random(5)
    taken: list[float] = []
    for number in range(DECISIONS):
        who = chance.randrange(people)
        address = f"app:wm{who}" if number % 10 else f"appchat:wr{who // EACH}"
        [part] = _parts([address], number)
        began = time.perf_counter()
        async with desk.transactions.begin() as transaction:
            await desk.gatekeeper.ask(transaction.connection, part, address, NOW)
            asked = time.perf_counter()
        taken.append(1000 * (asked - began))
    async with desk.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT count(*) FROM delivery")
        held = rows.scalar_one()
    return [
        Figure("restraint: rows of the ledger", held, ""),
        Figure("restraint: one decision, p50", percentile(taken, 0.5), "ms"),
        Figure("restraint: one decision, p99", percentile(taken, 0.99), "ms", DECISION_MS),
    ]


def _parts(addresses: Sequence[str], occurrence: int) -> list[Part]:
    recipients = [parse_recipient(address) for address in addresses]
    return parts_of(POST, recipients, occurrence, NOW, NOW + timedelta(hours=6), "")


async def _weekly_post(desk: Desk, people: int) -> list[Figure]:
    began = time.perf_counter()
    parts = _parts([f"appchat:wr{number}" for number in range(people // EACH)], 1)
    async with desk.transactions.begin() as transaction:
        await transaction.enqueue(parts)
    planned = time.perf_counter()
    for part in parts:
        async with desk.transactions.begin() as transaction:
            await desk.admission.admit(transaction, part)
    gated = time.perf_counter()
    naive = await _naively(desk, people)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("restraint: planning 10,000 groups", planned - began, "s"),
        Figure("restraint: planning and gating them", gated - began, "s", POST_SECONDS),
        Figure("restraint: most memory", most, "MB", POST_MB),
        Figure("restraint: naive, each of a million people asked for", naive, "s"),
        Figure("restraint: times faster than that", naive / (gated - began), "", 1.0, at_least=True),
    ]


async def _naively(desk: Desk, people: int) -> float:
    """Seconds that a loop over recipients would take, one query of the ledger each, from NAIVE of them."""
    query = (
        "SELECT at FROM delivery WHERE at >= ? AND subject IN (SELECT ? UNION ALL "
        "SELECT group_subject FROM membership WHERE person_subject = ?)"
    )
    since = millis(NOW - timedelta(days=100))
    began = time.perf_counter()
    async with desk.database.read() as connection:
        for number in _spread(people):
            who = f"person:wm{number}"
            (await connection.exec_driver_sql(query, (since, who, who))).all()
    return (time.perf_counter() - began) * people / NAIVE


def _spread(people: int) -> Iterator[int]:
    chance = random.Random(7)
    return (chance.randrange(people) for _ in range(NAIVE))
