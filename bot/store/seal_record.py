"""Which keys the store was sealed with: so that nobody starts without one of them, and none is dropped too early."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks
from bot.store.database import StoreUnusable, serialise
from bot.store.key_file import Keys
from bot.store.tables import inbox, outbox

SEALED = "sealed"  # the mark


@dataclass(frozen=True, slots=True)
class SealRecord:
    """`keys`: the names of all with which cells may be sealed. `whole`: since it came, everything was brought to it."""

    keys: frozenset[str]
    whole: bool


async def load(connection: AsyncConnection) -> SealRecord:
    found = await marks.get_mark(connection, SEALED) or {}
    return SealRecord(frozenset(found.get("keys", ())), bool(found.get("whole")))


async def save(connection: AsyncConnection, record: SealRecord) -> None:
    """Write it down; one without keys is removed."""
    if not record.keys:
        return await marks.remove_mark(connection, SEALED)
    value = {"keys": sorted(record.keys), "whole": record.whole}
    return await marks.set_mark(connection, SEALED, value, datetime.now(UTC))


async def agree(connection: AsyncConnection, keys: Keys | None) -> None:
    """Before anything is read or sealed with `keys`: all that the store needs are there, and the first is on record.

    Raises StoreUnusable.
    """
    await serialise(connection, SEALED)
    record = await load(connection)
    if missing := sorted(record.keys - (keys.by_name.keys() if keys else set())):
        raise StoreUnusable(_missing(missing, keys))
    if keys is not None and keys.first and keys.first not in record.keys:
        whole = not record.keys and await _empty(connection)
        await save(connection, SealRecord(record.keys | {keys.first}, whole))


async def _empty(connection: AsyncConnection) -> bool:
    rows = [await connection.scalar(select(column).limit(1)) for column in (inbox.c.id, outbox.c.seq)]
    return rows == [None, None]


def _missing(names: Iterable[str], keys: Keys | None) -> str:
    needed = "、".join(names)
    if keys is None:
        return (
            f"存储里的文字是加密的（密钥 {needed}），但没有设置 [privacy] key_file。没有写入任何内容，数据没有动。"
            "请设置原来的密钥文件再启动；不想再加密，先照 docs/operations.md 解密。"
        )
    return (
        f"密钥文件里少了密钥 {needed}，存储里有用它加密的文字。没有写入任何内容，数据没有动。"
        "请把它放回密钥文件（新密钥在前），再启动；全部换成新密钥用 fencun seal。"
    )
