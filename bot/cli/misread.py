"""`fencun misread OUT`: what colleagues called read wrongly, as rows to train on."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.opening import open_store
from bot.settings import Settings
from bot.store import holds
from bot.store.database import StoreUnusable
from bot.store.migrate import migrate
from handlers.mood_types import Mood


def misread(settings: Settings, out: Path) -> int:
    """Write the rows to `out` and say how many; nobody is named in them."""
    try:
        found = asyncio.run(_read(settings))
        out.write_text("".join(found), encoding="utf-8")
    except (StoreUnusable, OSError) as error:
        print(f"导不出来：{error}", file=sys.stderr)
        return 1
    print(f"已导出 {len(found)} 条到 {out}。请先看一遍，再并入训练数据。")
    return 0


async def _read(settings: Settings) -> list[str]:
    database = open_store(settings)
    try:
        await migrate(database)
        async with database.read() as connection:
            return await training_rows(connection)
    finally:
        await database.close()


async def training_rows(connection: AsyncConnection) -> list[str]:
    """One row per message in the form of the training set: mood, escalate, register, text.

    Anger that was none is calm. A milder mood may have been right, only not a reason to call a person.
    """
    return [f"{_mood(read)}\t-\thard_negative\t{text}\n" for read, text in await holds.misread(connection)]


def _mood(read: str) -> str:
    return Mood.CALM if read in (Mood.ANGRY, Mood.FURIOUS, "") else read
