"""A year of the ordinary program beside the stand-in, on a clock that jumps: what left, and what the gate refused.

`python -m bench year` writes a picture and a summary for docs/restraint.md. Nothing in it is the simulation of
`fencun plan --simulate`: here every post goes through planner, gate, outbox and the stand-in's ledger.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from bench.figures import Figure
from bench.place import Place
from bot.app import build
from bot.clock import MovableClock
from bot.pictures import Series, Words, lines
from bot.program import Program
from bot.sandbox.approvals import approve
from bot.sandbox.run import SAMPLE_GUIDES, ZONE, settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Employee, World
from bot.settings import Settings

START = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # a Monday, 08:00 in Shanghai; the holidays of 2026 are known
WEEKS = 52
MEMBERS = 40
PICTURE, SUMMARY = "sandbox-year.png", "sandbox-year.md"
# What a member does in a week, by who they are; chosen, not measured.
MANNERS: Mapping[str, Mapping[str, float]] = {
    "常来问": {"怎么申请退货": 0.5, "谢谢": 0.3},
    "偶尔来": {"宝宝辅食第一口吃什么": 0.1},
    "从不说话": {},
    "嫌多": {"少发点": 0.05},
}


@dataclass
class Year:
    """The program, and what a year of it came to."""

    standin: StandIn
    clock: MovableClock
    program: Program
    rng: random.Random = field(default_factory=lambda: random.Random(7))

    async def week(self, members: Mapping[str, str]) -> None:
        """Seven days, looked at when posts are due and an hour later; members write in the afternoon."""
        for _ in range(7):
            await self.jump(hours=2, minutes=1)  # 10:01
            await self.jump(hours=1)
            for who, manner in members.items():
                for text, share in MANNERS[manner].items():
                    if self.rng.random() < share / 7:
                        await self.standin.employee_says(who, text)
            await self.program.engine.idle()
            await self.jump(hours=20, minutes=59)

    async def jump(self, **by: float) -> None:
        self.clock.jump(timedelta(**by))
        await self.program.look()
        await self.program.engine.idle()


async def year(place: Place, _seconds: float | None) -> list[Figure]:
    """52 weeks with two weekly guides and one member day a month, to a group and forty members."""
    world = World.demo()
    world.employees += [Employee(f"member{number:02}", f"会员{number}") for number in range(MEMBERS)]
    members = {f"member{number:02}": list(MANNERS)[number % len(MANNERS)] for number in range(MEMBERS)}
    clock = MovableClock(START, frozen=True)
    standin = StandIn(world, clock)
    await standin.start()
    with TemporaryDirectory(prefix="fencun-year-") as folder:
        program = build(Settings.model_validate(_settings(standin, Path(folder), place, members)), clock)
        try:
            port = await program.start(0)
            world.bot_url = f"http://127.0.0.1:{port}"
            await approve(program, "wangwei", promotion=True)
            run = Year(standin, clock, program)
            for _ in range(WEEKS):
                await run.week(members)
            sends, refused = await _ledger(program)
        finally:
            await program.stop()
            await standin.stop()
    _write(sends, refused, len(members))
    return _checked(sends)


def _settings(standin: StandIn, folder: Path, place: Place, members: Mapping[str, str]) -> dict[str, Any]:
    plain = settings_for(standin, folder, SAMPLE_GUIDES, 0)
    plain["knowledge"] = {"guides": SAMPLE_GUIDES, "index": place.root / "index", "vectors": str(place.root / "chroma")}
    plain["wecom"]["aibots"] = [bot for bot in plain["wecom"]["aibots"] if bot.get("mode") != "websocket"]
    to = [*plain["schedules"][0]["to"], *(f"app:{who}" for who in members)]
    every = {"topic": "", "kind": "promo", "every": "每月15日 10:00"}
    plain["schedules"] = [{**each, "to": to} for each in plain["schedules"]]
    plain["schedules"].append({"name": "member-day", **every, "to": to})
    plain["restraint"] = {"repeat_guide_days": 25}  # there is one sample of a promotion
    plain["privacy"] = {"message_retention_days": 400}  # so that the ledger still holds the whole year
    return plain


@dataclass(frozen=True)
class Send:
    subject: str
    kind: str
    at: datetime


async def _ledger(program: Program) -> tuple[list[Send], Counter[tuple[str, str]]]:
    async with program.base.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT subject, kind, at FROM delivery ORDER BY at")
        sends = [Send(subject, kind, datetime.fromtimestamp(at / 1000, UTC)) for subject, kind, at in rows]
        said = await connection.exec_driver_sql("SELECT verdict, reason FROM decision WHERE verdict <> 'allow'")
        return sends, Counter((verdict, reason) for verdict, reason in said)


def _checked(sends: Sequence[Send]) -> list[Figure]:
    """The promises, held against what left."""
    place = ZoneInfo(ZONE)
    by: dict[str, list[Send]] = {}
    for send in sends:
        by.setdefault(send.subject, []).append(send)
    gaps = [(b.at - a.at) / timedelta(hours=1) for each in by.values() for a, b in pairwise(each)]
    days = Counter((send.subject, send.at.astimezone(place).date()) for send in sends)
    months = {
        (send.at.astimezone(place).month, send.at.astimezone(place).day) for send in sends if send.kind == "promo"
    }
    most = max(Counter(month for month, _ in months).values(), default=0)
    quiet = sum(not 9 <= send.at.astimezone(place).hour < 21 for send in sends)
    return [
        Figure("year: posts that left", len(sends), ""),
        Figure("year: smallest gap", min(gaps, default=0.0), "hours", target=18.0, at_least=True),
        Figure("year: most to one in a day", max(days.values(), default=0), "", target=2),
        Figure("year: most days of promotion in a month", most, "", target=2),
        Figure("year: sent in quiet hours", quiet, "", target=1),
    ]


def _write(sends: Sequence[Send], refused: Counter[tuple[str, str]], members: int) -> None:
    people = [send for send in sends if send.subject.startswith("person:")]
    group = [send for send in sends if send.subject.startswith("group:")]
    weeks = range(WEEKS)
    series = [
        Series(Words("每位会员（实用）", "member, value"), _by_week(people, "value", members, weeks)),
        Series(Words("每位会员（推广）", "member, promo"), _by_week(people, "promo", members, weeks)),
        Series(Words("群", "group"), _by_week(group, "", 1, weeks)),
    ]
    title = Words("一年里每周发出几条", "Posts per week over a year")
    Path(PICTURE).write_bytes(lines(title, Words("周", "week"), Words("条", "posts"), series))
    rows = "".join(f"| `{verdict}` | `{reason}` | {count:,} |\n" for (verdict, reason), count in refused.most_common())
    kinds = Counter((send.subject.partition(":")[0], send.kind) for send in sends)
    left = "".join(f"| {scope} | {kind} | {count:,} |\n" for (scope, kind), count in sorted(kinds.items()))
    text = f"| to | kind | left |\n|---|---|---|\n{left}\n| decision | reason | times |\n|---|---|---|\n{rows}"
    Path(SUMMARY).write_text(text, encoding="utf-8")


def _by_week(sends: Sequence[Send], kind: str, heads: int, weeks: range) -> list[tuple[float, float]]:
    counts = Counter((send.at - START).days // 7 for send in sends if kind in ("", send.kind))
    return [(week + 1.0, counts[week] / heads) for week in weeks]
