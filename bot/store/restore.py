"""A backup into an empty store, of either engine, in one transaction: all of it, or nothing."""

import fcntl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, Integer, MetaData, Table, func, insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.backup import BackupFile, Header, Progress, stored, tables_in
from bot.store.database import FAILURES, Database, explain
from bot.store.migrate import known, newest, revision_of, upgrade
from bot.store.tables import metadata

Afterwards = Callable[[AsyncConnection], Awaitable[None]]


class RestoreRefused(Exception):
    """Nothing was restored; the message says why, that everything is as it was, and what to do."""


@contextmanager
def alone(url: URL) -> Iterator[None]:
    """Keep a bot from starting on an SQLite store, and refuse where one runs. Raises RestoreRefused.

    It is the lock that a running bot holds. On PostgreSQL see `restore`.
    """
    if url.get_backend_name() != "sqlite" or not url.database:
        yield
        return
    try:
        held = Path(f"{url.database}.lock").open("w")  # noqa: SIM115 - closed below, with what happens inside
    except OSError as error:
        raise RestoreRefused(
            f"{url.database} 写不了（{error.strerror}）。没有恢复任何内容。请检查目录权限。"
        ) from error
    with held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RestoreRefused(f"机器人正在使用 {url.database}。没有恢复任何内容。请先停掉它，再恢复。") from error
        yield


async def restore(
    database: Database, file: BackupFile, header: Header, *, force: bool, progress: Progress, afterwards: Afterwards
) -> None:
    """Put a checked backup into the store and bring it to the newest revision; `afterwards` runs in the same
    transaction. With `force` what the store holds is deleted first. Raises RestoreRefused.
    """
    if not known(header.revision):
        raise RestoreRefused(
            f"备份的结构（{header.revision}）比这个版本认识的（{newest()}）新。没有恢复任何内容。请升级分寸，再恢复。"
        )
    try:
        async with database.long_write() as connection:
            await _refuse_if_in_use(connection)
            await connection.run_sync(_clear, force)
            await connection.run_sync(upgrade, header.revision)
            await _fill(connection, file, header, progress)
            await connection.run_sync(upgrade)
            await _count_on(connection)
            await afterwards(connection)
            await _count_on(connection)
    except (*FAILURES, SQLAlchemyError, CommandError) as error:
        raise RestoreRefused(_why(database, error)) from error
    if force:
        await database.scrub()


async def _refuse_if_in_use(connection: AsyncConnection) -> None:
    if count := await others_at(connection):
        raise RestoreRefused(f"有机器人正在使用这个数据库（{count} 个连接）。没有恢复任何内容。请先全部停掉，再恢复。")


async def others_at(connection: AsyncConnection) -> int:
    """Connections beside this one by which somebody uses the store: a bot is connected to PostgreSQL under its name."""
    if connection.dialect.name != "postgresql":
        return 0
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'fencun' "
        "AND pid <> pg_backend_pid()"
    )
    return int(await connection.scalar(others) or 0)


def _clear(connection: Connection, force: bool) -> None:
    """An empty place for the backup. Raises RestoreRefused where there is something and no `force`."""
    revision = revision_of(connection)
    if revision and not known(revision):
        raise RestoreRefused("这个存储由更新版本的分寸写成。没有恢复任何内容。请升级，或换一个空的存储。")
    held = {table.name: connection.scalar(_rows_in(table)) for table in tables_in(connection)}
    if any(held.values()) and not force:
        raise RestoreRefused(
            f"存储里已有 {sum(filter(None, held.values()))} 行数据。没有恢复任何内容，它们没有动。"
            "请先用 fencun backup 备份它们，再加 --force：它们会全部删除，换成备份里的。"
        )
    ours = MetaData()
    ours.reflect(connection, only=lambda name, _: name in metadata.tables or name == "alembic_version")
    ours.drop_all(connection)


def _rows_in(table: Table) -> Any:
    return select(func.count()).select_from(table)


async def _fill(connection: AsyncConnection, file: BackupFile, header: Header, progress: Progress) -> None:
    tables = {table.name: table for table in await connection.run_sync(tables_in)}
    done = 0
    for name, columns, rows in file.batches():
        table = tables.get(name)
        if table is None or not set(columns) <= set(table.columns.keys()):
            raise RestoreRefused(f"备份里的 {name} 不是这个版本认识的。没有恢复任何内容。请用写它的那个版本来恢复。")
        kinds = [table.columns[column].type for column in columns]
        values = [dict(zip(columns, map(stored, kinds, row), strict=True)) for row in rows]
        await connection.execute(insert(table), values)
        done += len(rows)
        progress(done, header.total)


async def _count_on(connection: AsyncConnection) -> None:
    """New rows get numbers above those that are there. SQLite sees to it by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.tables.values():
        column = table.autoincrement_column
        if column is None or not isinstance(column.type, Integer):
            continue
        highest = await connection.scalar(select(func.max(column)))
        if highest is not None:
            values = {"table": table.name, "column": column.name, "highest": int(highest)}
            await connection.execute(_NUMBERED, values)


_NUMBERED = text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)")


def _why(database: Database, error: Exception) -> str:
    if isinstance(error, DBAPIError) and "value too long" in str(error.orig):
        return "备份里有一个值比 PostgreSQL 的列长。没有恢复任何内容。请把这个备份交给开发者看一看。"
    return f"恢复没有完成，存储和原来一样。{explain(database.url, error)}"
