"""`fencun plan` and `fencun migrate`."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.audience import Directory
from bot.clock import Clock, SystemClock
from bot.foresight import Foreseen, Foresight
from bot.foundation import Foundation, lay
from bot.opening import open_store
from bot.process_role import ProcessRole
from bot.rhythm import Rhythms
from bot.settings import Settings
from bot.store.database import StoreUnusable
from bot.store.migrate import migrate as upgrade
from bot.unasked import audiences_of, planner_of, rules_of, shelf_of
from handlers.naming import addressed
from handlers.posting import APPROVED, NEED, UNLAWFUL, WAITING
from knowledge.guides import read_folder
from scheduler.gate import Decision, Verdict, describe

STATES = {APPROVED: "已批准", WAITING: "等批准", UNLAWFUL: "不合规"}
NAMED = 5  # recipients of one answer that are named


def plan(settings: Settings, weeks: int, as_json: bool, clock: Clock | None = None) -> int:
    """Print the posts of the coming weeks and what the gate would say to each. Nothing leaves and nothing is stored."""
    try:
        rows, warnings = asyncio.run(_plan(settings, weeks, clock or SystemClock()))
    except (StoreUnusable, OSError) as error:
        print(f"看不了计划：{error}", file=sys.stderr)
        return 1
    for warning in warnings:
        print(warning, file=sys.stderr)
    zone = ZoneInfo(settings.timezone)
    if as_json:
        print(json.dumps([_shown(row, zone) for row in rows], ensure_ascii=False, indent=2))
    else:
        print("\n".join(_lines(rows, zone)))
    return 0


async def _plan(settings: Settings, weeks: int, clock: Clock) -> tuple[list[Foreseen], list[str]]:
    """The plan, and what could not be read."""
    base = lay(settings, clock, ProcessRole.CLOCK)
    try:
        await upgrade(base.database)
        return await _foreseen(base, weeks)
    finally:
        await base.database.close()


async def _foreseen(base: Foundation, weeks: int) -> tuple[list[Foreseen], list[str]]:
    guides, _ = read_folder(base.settings.knowledge.guides)
    shelf = shelf_of(base, lambda: guides)
    await shelf.look()
    rules = rules_of(base.settings)
    audiences = audiences_of(base, Directory(base.settings), Rhythms(base, rules))
    rows = await Foresight(base, rules, planner_of(base, shelf, audiences), _progress).of(weeks * 7)
    warnings = [f"{each.name}：{each.reason}" for each in shelf.rejected] + ([shelf.warning] if shelf.warning else [])
    return rows, list(dict.fromkeys([*warnings, *(wrong for row in rows for wrong in row.wrong)]))


def _progress(asked: int) -> None:
    print(f"\r已看过 {asked} 处…", end="", file=sys.stderr, flush=True)


def _lines(rows: Sequence[Foreseen], zone: ZoneInfo) -> list[str]:
    if not rows:
        return ["没有要发的内容。定时内容在设置 [[schedules]] 里加。"]
    lines: list[str] = []
    for row in rows:
        planned, state = row.planned, STATES[row.state]
        at = f"{planned.at.astimezone(zone):%Y-%m-%d %H:%M}"
        name = f"按需：{planned.schedule.removeprefix(NEED)}" if planned.schedule.startswith(NEED) else planned.schedule
        lines.append(f"{at}  {name}  《{planned.title}》（{state}） → {_named(planned.to)}")
        lines += _answers(row.decisions, zone)
    return [*lines, "", *_sums(rows)]


def _answers(decisions: Sequence[tuple[str, Decision]], zone: ZoneInfo) -> list[str]:
    """What the gate would say, each sentence once with whom it is said of."""
    whom: dict[str, list[str]] = {}
    for address, decision in decisions:
        code = f"（{decision.reason}）" if decision.reason else ""
        whom.setdefault(f"{describe(decision, zone.key)}{code}", []).append(address)
    return [f"    {said} {_named(addresses)}" for said, addresses in whom.items()]


def _named(addresses: Sequence[str]) -> str:
    return "、".join(map(addressed, addresses[:NAMED])) + (f" 等 {len(addresses)} 处" if len(addresses) > NAMED else "")


def _sums(rows: Sequence[Foreseen]) -> list[str]:
    decisions = [decision for row in rows for _, decision in row.decisions]
    refused = Counter(str(each.reason) for each in decisions if each.verdict is not Verdict.ALLOW)
    sums = [f"会发：{len(decisions) - refused.total()} 处"]
    if refused:
        sums.append("会拒绝：" + "、".join(f"{reason} {count}" for reason, count in refused.most_common()))
    return sums


def _shown(row: Foreseen, zone: ZoneInfo) -> dict[str, object]:
    planned = row.planned
    return {
        "at": planned.at.astimezone(zone).isoformat(),
        "schedule": planned.schedule,
        "guide": planned.guide,
        "title": planned.title,
        "kind": planned.kind,
        "to": list(planned.to),
        "state": STATES[row.state],
        "decisions": [
            {"to": address, "verdict": str(each.verdict), "reason": str(each.reason or "")}
            for address, each in row.decisions
        ],
    }


def migrate(settings: Settings) -> int:
    """Bring the store to this version's shape and say which."""
    try:
        print(f"存储已是最新：{asyncio.run(_migrate(settings))}")
    except StoreUnusable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _migrate(settings: Settings) -> str:
    database = open_store(settings)
    try:
        return await upgrade(database)
    finally:
        await database.close()
