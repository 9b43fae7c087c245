"""The store as one compressed file, the same whichever engine it comes from or goes to.

gzip around JSON lines: the header; for each table a line that names it and its columns, then one line per row; last
the digest of everything before. What one process holds for a moment (`VOLATILE`) is no part of it.
"""

import base64
import gzip
import hashlib
import json
import os
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import answer_tables, cluster_tables, restraint_tables  # noqa: F401 - so that their tables are known
from bot.store.database import Database
from bot.store.migrate import revision_of
from bot.store.tables import metadata, millis, moment

KIND = "fencun-backup"
FORMAT = 1
# Leases and access tokens: after a restore they would be somebody else's, or stale.
VOLATILE = frozenset({"lease", "access_token"})
BATCH = 500  # rows read or written at once
LONGEST = 64 * 1024 * 1024  # bytes of one line

Progress = Callable[[int, int], None]  # rows so far, of how many


class BackupFailed(Exception):
    """No backup; the message says what happened, that nothing was left behind, and what to do."""


class BackupUnusable(Exception):
    """The file cannot be restored; the message says why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself: the revision of its tables, the moment it shows, and the rows of each table."""

    revision: str
    at: datetime
    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


def tables_in(connection: Connection) -> list[Table]:
    """Our tables as they stand in the store, whatever its revision, those that others refer to first."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name in metadata.tables and name not in VOLATILE)
    return list(found.sorted_tables)


async def back_up(database: Database, path: Path, now: datetime, progress: Progress) -> Header:
    """Write the store as of one moment into a new file that only its owner may read. A bot may be running.

    The file appears when it is complete. Raises BackupFailed.
    """
    async with database.read() as connection:
        revision = await connection.run_sync(revision_of)  # the first look fixes the moment
        if not revision:
            raise BackupFailed("这里还没有数据，没有可备份的。请检查 [store] url。")
        tables = await connection.run_sync(tables_in)
        counts = {each.name: int(await connection.scalar(_count(each)) or 0) for each in tables}
        header = Header(revision, now, counts)
        done = 0
        with _appearing(path) as file:
            lines = _Lines(file)
            lines.write({"kind": KIND, "format": FORMAT, "revision": revision, "at": millis(now), "rows": counts})
            for table in tables:
                lines.write({"table": table.name, "columns": [column.name for column in table.columns]})
                async for rows in _rows(connection, table):
                    for row in rows:
                        lines.write(
                            [_plain(column.type, value) for column, value in zip(table.columns, row, strict=True)]
                        )
                    done += len(rows)
                    progress(done, header.total)
            lines.end()
    return header


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table)


async def _rows(connection: AsyncConnection, table: Table) -> AsyncIterator[Sequence[Any]]:
    """All rows in the order of their key, some hundred at a time."""
    key = tuple_(*table.primary_key.columns)
    places = [list(table.columns).index(column) for column in table.primary_key.columns]
    query = select(table).order_by(*table.primary_key.columns).limit(BATCH)
    rows = (await connection.execute(query)).all()
    while rows:
        yield rows
        last = tuple(rows[-1][place] for place in places)
        rows = (await connection.execute(query.where(key > last))).all() if len(rows) == BATCH else []


def _plain(type_: Any, value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(type_, LargeBinary) and value is not None else value


def stored(type_: Any, value: Any) -> Any:
    """A value of a backup as the store takes it."""
    return base64.b64decode(value) if isinstance(type_, LargeBinary) and value is not None else value


class _Lines:
    """Writes lines and remembers what they were."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def write(self, value: Any) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)

    def end(self) -> None:
        self._file.write(json.dumps({"sha256": self._digest.hexdigest()}).encode() + b"\n")


@contextmanager
def _appearing(path: Path) -> Iterator[IO[bytes]]:
    """A file under another name until all of it is on the disk; nothing stays of one that was not finished."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    _refuse_to_replace(path)
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritten(path, error) from error
    try:
        with os.fdopen(handle, "wb") as raw:
            with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=6) as packed:
                yield packed  # type: ignore[misc]  # it writes bytes like any other
            raw.flush()
            os.fsync(raw.fileno())
        _refuse_to_replace(path)
        part.rename(path)
    except OSError as error:
        raise _unwritten(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _refuse_to_replace(path: Path) -> None:
    if path.exists():
        raise BackupFailed(f"{path} 已经有了，没有动它，也没有备份。请换一个文件名。")


def _unwritten(path: Path, error: OSError) -> BackupFailed:
    return BackupFailed(
        f"写不了 {path}（{error.strerror or type(error).__name__}）。没有备份，也没有留下半个文件，存储没有动。"
        "请检查目录、权限和磁盘空间。"
    )


class BackupFile:
    """A backup that is open for reading: `check` it before anything is taken from it. Close it in the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._raw = path.open("rb")
        except OSError as error:
            raise BackupUnusable(f"读不了 {path}（{error.strerror}）。没有恢复任何内容。请检查路径和权限。") from error

    def close(self) -> None:
        self._raw.close()

    def check(self) -> Header:
        """Read the whole file. Raises BackupUnusable for one that is broken, cut short, or not a backup."""
        digest, lines = hashlib.sha256(), self._lines()
        header = self._header(next(lines, b""), digest)
        seen = dict.fromkeys(header.rows, 0)
        table, width = "", 0
        for line in lines:
            value = self._parsed(line)
            if isinstance(value, list):
                if len(value) != width:
                    raise self._broken()
                seen[table] += 1
            elif isinstance(value, dict) and value.get("table") in seen:
                table, width = value["table"], len(value.get("columns", ()))
            elif value == {"sha256": digest.hexdigest()} and next(lines, None) is None and seen == dict(header.rows):
                return header
            else:
                raise self._broken()
            digest.update(line)
        raise self._broken()

    def batches(self) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
        """(table, columns, some rows), in the order of the file. For one that was checked."""
        table, columns, rows = "", list[str](), list[list[Any]]()
        for line in islice(self._lines(), 1, None):
            value = self._parsed(line)
            if isinstance(value, list):
                rows.append(value)
            if rows and (len(rows) == BATCH or isinstance(value, dict)):
                yield table, columns, rows
                rows = []
            if isinstance(value, dict) and "table" in value:
                table, columns = value["table"], value["columns"]

    def _header(self, line: bytes, digest: Any) -> Header:
        digest.update(line)
        found = self._parsed(line)
        if not isinstance(found, dict) or found.get("kind") != KIND:
            raise BackupUnusable(f"{self._path} 不是分寸的备份文件。没有恢复任何内容。请核对文件名。")
        if found.get("format") != FORMAT:
            raise BackupUnusable(
                f"{self._path} 是另一个版本的分寸写的，这个版本读不了。没有恢复任何内容。请用那个版本来恢复。"
            )
        try:
            rows = {str(name): int(count) for name, count in found["rows"].items()}
            return Header(str(found["revision"]), moment(int(found["at"])), rows)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise self._broken() from error

    def _lines(self) -> Iterator[bytes]:
        self._raw.seek(0)
        try:
            with gzip.GzipFile(fileobj=self._raw, mode="rb") as file:
                while line := file.readline(LONGEST):
                    if not line.endswith(b"\n"):
                        raise self._broken()
                    yield line
        except gzip.BadGzipFile as error:
            if self._raw.tell() <= 2 * len(gzip.compress(b"")):
                raise BackupUnusable(f"{self._path} 不是分寸的备份文件。没有恢复任何内容。请核对文件名。") from error
            raise self._broken() from error
        except (EOFError, OSError, zlib.error) as error:
            raise self._broken() from error

    def _parsed(self, line: bytes) -> Any:
        try:
            return json.loads(line)
        except ValueError as error:
            raise self._broken() from error

    def _broken(self) -> BackupUnusable:
        return BackupUnusable(
            f"{self._path} 不完整或已损坏（校验不符）。没有恢复任何内容，现有的数据没有动。请换一份备份。"
        )
