"""Whether what people wrote is sealed, and whether the keys for it are at hand."""

import asyncio
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.doctor import Finding
from bot.settings import Settings
from bot.store import key_file, seal_record
from bot.store.database import FAILURES, Database, StoreUnusable
from bot.store.key_file import Keys, KeysUnusable
from bot.store.seal_record import SealRecord

NAME = "文字加密"


async def examine_keys(settings: Settings) -> tuple[Finding, ...]:
    """One finding; none where nothing is sealed and nothing is to be. Changes nothing."""
    named = settings.privacy.key_file
    try:
        keys = await asyncio.to_thread(key_file.read, Path(named)) if named else None
    except KeysUnusable as error:
        return (Finding(NAME, False, str(error)),)
    record = await _record(settings.store.url)
    if keys is None and not record.keys:
        return ()
    return (_judged(keys, record),)


def _judged(keys: Keys | None, record: SealRecord) -> Finding:
    known = keys.by_name.keys() if keys else set()
    if missing := sorted(record.keys - known):
        return Finding(
            NAME, False, f"少了密钥 {'、'.join(missing)}，机器人不会启动", "把它放回 [privacy] key_file 指的文件"
        )
    first = keys.first if keys else ""
    if record.keys == {first} and record.whole:
        return Finding(NAME, True, f"全部文字都用密钥 {first} 加密")
    if not first and not record.keys:
        return Finding(NAME, None, "不加密（密钥文件第一行是 plain），也没有加密的文字", "可以去掉 [privacy] key_file")
    how = f"新的文字用密钥 {first} 加密，旧的还不全是" if first else "新的文字不加密，旧的还有加密的"
    return Finding(NAME, None, how, "启动以后运行 fencun seal，把旧的也改过来")


async def _record(url: str) -> SealRecord:
    """What the store says; nothing where there is none, or none that answers (another finding says so)."""
    parsed = make_url(url)
    nothing = SealRecord(frozenset(), whole=False)
    if parsed.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(parsed.database or "").is_file):
        return nothing
    try:
        database = Database.connect(url)
    except (StoreUnusable, ImportError):
        return nothing
    try:
        async with database.read() as connection:
            return await seal_record.load(connection)
    except FAILURES:
        return nothing
    finally:
        await database.close()
