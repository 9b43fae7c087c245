"""Brings every cell to what the first line of the key file says: sealed with that key, or plain. A bot may be running.

Cells that are right already are passed over, so whoever was interrupted just begins again.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Delete,
    Table,
    Text,
    Update,
    and_,
    case,
    cast,
    delete,
    func,
    select,
    update,
)

from bot.store import answer_tables  # noqa: F401 - so that its tables are known
from bot.store.database import Database
from bot.store.seal_record import SealRecord
from bot.store.sealed import INSIDE, MARK, CannotOpen, Keyring, Sealed, unsealed
from bot.store.tables import inbox, metadata, outbox

BATCH = 200  # rows of one transaction: the writer is free again after some milliseconds

Progress = Callable[[int, int], None]  # rows so far, of how many
Rest = Callable[[], Awaitable[None]]  # between two batches, so that the bot gets its turn


@dataclass(frozen=True, slots=True)
class _Cells:
    """A table with its key and the columns that may be sealed."""

    table: Table
    key: Column[Any]
    columns: tuple[Column[Any], ...]


@dataclass(frozen=True, slots=True)
class Passed:
    """What one walk through the store did: cells that were changed, and those that no key opens."""

    changed: int
    lost: int


def _all_cells() -> Iterator[_Cells]:
    for table in metadata.sorted_tables:
        columns = tuple(column for column in table.columns if isinstance(column.type, Sealed))
        if columns:
            [key] = table.primary_key.columns
            yield _Cells(table, key, columns)


async def reseal(
    database: Database, keyring: Keyring, record: SealRecord, progress: Progress, rest: Rest, *, give_up: bool = False
) -> Passed:
    """Walk once through every table. `record` says which keys the store was sealed with: what only looks sealed, with
    another one, is plain. What cannot be opened is left as it is and counted; with `give_up` it is emptied."""
    walk = _Walk(database, keyring, record.keys | keyring.keys.by_name.keys(), give_up)
    total, done, changed = await _rows(database), 0, 0
    for cells in _all_cells():
        last: Any = None
        while rows := await walk.batch(cells, last):
            changed += await walk.brought(cells, rows)
            done, last = done + len(rows), rows[-1]["key"]
            progress(done, max(done, total))
            await rest()
    return Passed(changed, walk.lost)


async def _rows(database: Database) -> int:
    async with database.read() as connection:
        counts = [await connection.scalar(select(func.count()).select_from(each.table)) for each in _all_cells()]
    return sum(int(count or 0) for count in counts)


class _Walk:
    def __init__(self, database: Database, keyring: Keyring, names: frozenset[str], give_up: bool) -> None:
        self._database = database
        self._give_up = give_up
        self._keyring = keyring
        self._ours = tuple(f"{MARK}{name}~" for name in names)
        self.lost = 0

    async def batch(self, cells: _Cells, last: Any) -> Sequence[Mapping[Any, Any]]:
        """The next rows, cells as they stand."""
        stored = [cast(column, Text).label(column.name) for column in cells.columns]
        query = select(cells.key.label("key"), *stored).order_by(cells.key).limit(BATCH)
        if last is not None:
            query = query.where(cells.key > last)
        async with self._database.read() as connection:
            return (await connection.execute(query)).mappings().all()

    async def brought(self, cells: _Cells, rows: Sequence[Mapping[Any, Any]]) -> int:
        """Write what is not as it should be, unless somebody else has changed it meanwhile; how many cells."""
        wrong = [(row, column) for row in rows for column in cells.columns if self._is_wrong(column, row[column.name])]
        if not wrong:
            return 0
        changed = 0
        async with self._database.write() as connection:
            for row, column in wrong:
                same = and_(cells.key == row["key"], cast(column, Text) == row[column.name])
                try:
                    value = self._opened(column, row[column.name])
                except CannotOpen:
                    self.lost += 1
                    if self._give_up:
                        await connection.execute(_emptied(cells.table, column, same))
                    continue
                changed += (await connection.execute(update(cells.table).where(same).values({column: value}))).rowcount
        return changed

    def _is_wrong(self, column: Column[Any], stored: str | None) -> bool:
        first = self._keyring.keys.first
        cell = self._sealed_part(column, stored)
        if cell is not None and cell.startswith(self._ours):
            return not (first and cell.startswith(f"{MARK}{first}~"))
        return bool(first) and self._has_words(column, stored)

    def _has_words(self, column: Column[Any], stored: str | None) -> bool:
        """Whether there is anything to seal in a plain cell."""
        if not stored or not _is_json(column):
            return bool(stored)
        value = json.loads(stored)
        plain = getattr(column.type, "plain", ())
        return bool({*value} - {*plain}) if isinstance(value, dict) else bool(value)

    def _sealed_part(self, column: Column[Any], stored: str | None) -> str | None:
        if not stored or not _is_json(column):
            return stored
        value = json.loads(stored)
        found = value.get(INSIDE) if isinstance(value, dict) else value
        return found if isinstance(found, str) else None

    def _opened(self, column: Column[Any], stored: str) -> Any:
        value = json.loads(stored) if _is_json(column) else stored
        part = self._sealed_part(column, stored)
        if part is None or not part.startswith(self._ours):
            return value  # also what somebody wrote to look like a sealed text
        return column.type.opened(value, self._keyring)  # type: ignore[attr-defined]


def _emptied(table: Table, column: Column[Any], which: ColumnElement[bool]) -> Update | Delete:
    """Without the words nobody can be answered, and nothing be sent: what remains of a part is in other tables."""
    if table is outbox:
        return delete(outbox).where(which)
    values: dict[Any, Any] = {column: {} if _is_json(column) else ""}
    if table is inbox:
        values[inbox.c.state] = case((inbox.c.state == "new", "dead"), else_=inbox.c.state)
    return update(table).where(which).values(values)


def _is_json(column: Column[Any]) -> bool:
    return isinstance(unsealed(column.type), JSON)
