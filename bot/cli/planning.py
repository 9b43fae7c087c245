"""`fencun plan` and `fencun migrate`."""

import asyncio
import json
import sys
from zoneinfo import ZoneInfo

from bot.clock import SystemClock
from bot.settings import Settings
from bot.store.database import Database, StoreUnusable
from bot.store.migrate import migrate as upgrade
from bot.store.posts import Posts
from knowledge.guides import read_folder
from scheduler.posts import parse_recipient
from scheduler.posts import plan as planned_posts
from scheduler.timetable import Planned, Schedule


def plan(settings: Settings, weeks: int, as_json: bool) -> int:
    """Print the posts of the coming weeks. Nothing leaves and nothing is stored."""
    try:
        rows = asyncio.run(_plan(settings, weeks))
    except (StoreUnusable, OSError) as error:
        print(f"看不了计划：{error}", file=sys.stderr)
        return 1
    zone = ZoneInfo(settings.timezone)
    if as_json:
        print(json.dumps([_shown(row, zone) for row in rows], ensure_ascii=False, indent=2))
        return 0
    if not rows:
        print("没有要发的内容。定时内容在设置 [[schedules]] 里加。")
    for row in rows:
        print(f"{row.at.astimezone(zone):%Y-%m-%d %H:%M}  {row.schedule}  《{row.title}》 → {'、'.join(row.to)}")
    return 0


async def _plan(settings: Settings, weeks: int) -> tuple[Planned, ...]:
    schedules = [Schedule(**each.model_dump()) for each in settings.schedules]
    guides, _ = read_folder(settings.knowledge.guides)
    database = Database.connect(settings.store.url)
    try:
        await upgrade(database)
        used = await Posts(database).used(ZoneInfo(settings.timezone))
    finally:
        await database.close()
    history = {address: used.get(parse_recipient(address).subject, {}) for each in schedules for address in each.to}
    repeat_days = settings.restraint.repeat_guide_days
    return planned_posts(schedules, guides, history, SystemClock().now(), weeks * 7, settings.timezone, repeat_days)


def _shown(row: Planned, zone: ZoneInfo) -> dict[str, object]:
    return {
        "at": row.at.astimezone(zone).isoformat(),
        "schedule": row.schedule,
        "guide": row.guide,
        "title": row.title,
        "kind": row.kind,
        "to": list(row.to),
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
    database = Database.connect(settings.store.url)
    try:
        return await upgrade(database)
    finally:
        await database.close()
