"""Bring the store to the newest shape. Safe to call at every start; does nothing when nothing is to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from bot.store import postgresql, seal_record
from bot.store.database import FAILURES, Database, StoreUnusable, explain

HERE = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def upgrade(connection: Connection, revision: str = "head") -> str:
    """Bring the store that `connection` writes to `revision`, and return what was reached."""
    if connection.dialect.name == "postgresql":  # several processes may start at once: one works, the others then read
        connection.execute(select(func.pg_advisory_xact_lock(postgresql.key("migrate"))))
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    return revision_of(connection)


async def migrate(database: Database) -> str:
    """Run what is missing in one transaction and return the revision reached. Raises StoreUnusable, also where the
    keys of the store are not at hand."""
    try:
        async with database.long_write() as connection:
            reached = await connection.run_sync(upgrade)
            await seal_record.agree(connection, database.keyring.keys if database.keyring else None)
            return reached
    except FAILURES as error:
        raise StoreUnusable(explain(database.url, error)) from error
    except CommandError as error:
        # Alembic does not know the revision it found: somebody went back to an older version of the program.
        raise StoreUnusable(
            f"数据库的结构不是这个版本认识的（{error}）。没有写入任何内容。"
            "请用写它的那个版本启动；要留在这个版本，换一个空的数据库，再用升级前的备份运行 fencun restore。"
        ) from error


def revision_of(connection: Connection) -> str:
    """The revision of the store that `connection` reads; empty where there is no store yet."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def known(revision: str) -> bool:
    """Whether this version of the program knows how to make a store of `revision`."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def newest() -> str:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
