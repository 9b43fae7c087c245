"""`fencun check`: the doctor's findings as a table."""

import asyncio
import unicodedata
from collections.abc import Iterable

from bot.clock import Clock, SystemClock
from bot.doctor import Finding, examine
from bot.doctor_keys import examine_keys
from bot.doctor_live import examine_live
from bot.doctor_models import examine_models
from bot.doctor_plans import examine_plans
from bot.settings import Settings

MARKS = {True: "✓", False: "✗", None: "–"}


def check(settings: Settings, live: bool) -> int:
    """Print what the doctor found, with `live` also WeCom's side. 1 if something is wrong, else 0."""
    findings = asyncio.run(look(settings, live, SystemClock()))
    print(table(findings))
    wrong = sum(finding.ok is False for finding in findings)
    print(f"\n{wrong} 项需要处理。" if wrong else "\n没有发现问题。")
    return 1 if wrong else 0


async def look(settings: Settings, live: bool, clock: Clock) -> tuple[Finding, ...]:
    """All findings, this machine's first."""
    now = clock.now()
    here = (*await examine(settings, now), *await examine_keys(settings), *examine_plans(settings, now))
    here += await examine_models(settings, live)
    return (*here, *(await examine_live(settings, clock) if live else ()))


def table(findings: Iterable[Finding]) -> str:
    """One line per finding, its advice below it; the columns stand straight in a terminal."""
    rows = tuple(findings)
    wide = max((width(row.name) for row in rows), default=0)
    lines = []
    for row in rows:
        lines.append(f"{MARKS[row.ok]} {row.name}{' ' * (wide - width(row.name))}  {row.message}")
        if row.what_to_do:
            lines.append(f"  {' ' * wide}  → {row.what_to_do}")
    return "\n".join(lines)


def width(text: str) -> int:
    """Columns that a terminal needs: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
