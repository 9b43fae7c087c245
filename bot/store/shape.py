"""Whether the store has the shape that this version needs, and what our account may do about it. Changes nothing."""

import sqlite3
from dataclasses import dataclass

from alembic.runtime.migration import MigrationContext
from sqlalchemy import ARRAY, Connection, String, bindparam, text

from bot.store.database import FAILURES, Database, StoreUnusable, explain
from bot.store.tables import metadata


@dataclass(frozen=True, slots=True)
class Shape:
    """`revision` is empty where there are no tables of ours; `may_change`: our account may bring it to another one;
    `closed`: tables in which our account may not read and write."""

    revision: str
    may_change: bool = True
    closed: tuple[str, ...] = ()


# Of a store that is there the owner's rights are needed too: who may make tables may not change those of another role.
_MAY_CHANGE = text("""
SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
   AND NOT EXISTS (SELECT FROM pg_class
                    WHERE oid = to_regclass('alembic_version') AND NOT pg_has_role(relowner, 'USAGE'))
""")
_CLOSED = text("""
SELECT name FROM unnest(:names) AS name
 WHERE NOT (has_table_privilege(to_regclass(name), 'SELECT') AND has_table_privilege(to_regclass(name), 'INSERT')
       AND has_table_privilege(to_regclass(name), 'UPDATE') AND has_table_privilege(to_regclass(name), 'DELETE'))
 ORDER BY name
""").bindparams(bindparam("names", type_=ARRAY(String)))


async def on_server(database: Database) -> Shape:
    """The shape of a store in PostgreSQL. Raises StoreUnusable."""
    try:
        async with database.read() as connection:
            return await connection.run_sync(_on_server)
    except FAILURES as error:
        raise StoreUnusable(explain(database.url, error)) from error


def _on_server(connection: Connection) -> Shape:
    revision = "、".join(MigrationContext.configure(connection).get_current_heads())
    closed = connection.scalars(_CLOSED, {"names": sorted(metadata.tables)})
    return Shape(revision, bool(connection.scalar(_MAY_CHANGE)), tuple(closed))


def in_file(connection: sqlite3.Connection) -> Shape:
    """The shape of a store in SQLite. Raises sqlite3.DatabaseError."""
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'")
    if there.fetchone() is None:
        return Shape("")
    found = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1")
    return Shape("、".join(str(revision) for (revision,) in found))
