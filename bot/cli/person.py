"""`fencun person show|export|forget`: one person's data, from the machine the bot runs on. Needs no WeCom settings."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from bot import forgetting
from bot.clock import SystemClock
from bot.opening import open_store
from bot.records import MemberRecords
from bot.settings import Settings
from bot.store import marks
from bot.store.database import Database, StoreUnusable
from bot.store.migrate import migrate
from bot.transaction import Transactions
from handlers import rights_texts
from handlers.records import Kept

NOBODY = "没有保存这个账号的任何数据。请核对账号是否完整。"


def show(settings: Settings, person: str) -> int:
    """Print what is held, why and until when; exit code 1 for somebody we do not know."""

    async def run(database: Database) -> int:
        records = _records(settings, database)
        kept = await records.kept(person)
        if not kept:
            print(NOBODY, file=sys.stderr)
            return 1
        print(rights_texts.data(kept, await records.profile(person)))
        now = SystemClock().now()
        print(f"\n设置：{rights_texts.settings_rows(await records.preferences(person), settings.timezone, now)}")
        return 0

    return _with_store(settings, run)


def export(settings: Settings, person: str, to: Path) -> int:
    """Write everything that is held as JSON; a file that is there already is left alone."""

    async def run(database: Database) -> int:
        records = _records(settings, database)
        if not await records.kept(person):
            print(NOBODY, file=sys.stderr)
            return 1
        text = await records.export(person)
        try:
            await asyncio.to_thread(_write, to, f"{text}\n")
        except OSError as error:
            print(f"写不了 {to}：{error.strerror or error}。没有导出。", file=sys.stderr)
            return 1
        print(f"已导出到 {to}（{len(text.encode())} 字节）。里面是会员的个人数据，发完请删除。")
        return 0

    return _with_store(settings, run)


def forget(settings: Settings, person: str, confirmed: Callable[[str], bool]) -> int:
    """Delete everything but a tombstone, once `confirmed` says so to the preview."""

    async def run(database: Database) -> int:
        kept: list[Kept] = await _records(settings, database).kept(person)
        if not confirmed(rights_texts.preview(kept)):
            print("没有删除。", file=sys.stderr)
            return 1
        transactions = Transactions(database, SystemClock(), lambda _lane: None)
        async with transactions.begin() as transaction:
            gone = await forgetting.forget(transaction, person)
            await marks.note(transaction.connection, "fencun person", f"forget {gone.who[:8]}", transaction.now)
        await _sweep(settings, database, transactions)
        print(f"已删除 {gone.rows} 行，并记住不再主动给这位会员发内容。")
        return 0

    return _with_store(settings, run)


def _write(to: Path, text: str) -> None:
    """A new file that nobody else on this machine may read."""
    with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


async def _sweep(settings: Settings, database: Database, transactions: Transactions) -> None:
    async with database.read() as connection:
        waiting = await marks.named(connection, forgetting.SWEEP)
    for each in waiting:
        async with transactions.begin() as transaction:
            await forgetting.sweep(transaction, each.name, each.value, settings.knowledge.guides, late=False)
    await database.scrub()


def _records(settings: Settings, database: Database) -> MemberRecords:
    return MemberRecords(database, settings.privacy.message_retention_days)


def _with_store(settings: Settings, run: Callable[[Database], Awaitable[int]]) -> int:
    try:
        return asyncio.run(_opened(settings, run))
    except StoreUnusable as error:
        print(error, file=sys.stderr)
        return 1


async def _opened(settings: Settings, run: Callable[[Database], Awaitable[int]]) -> int:
    database = open_store(settings)
    try:
        await migrate(database)
        return await run(database)
    finally:
        await database.close()
