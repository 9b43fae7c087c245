"""Bring the store to the newest shape. Safe to call at every start; does nothing when nothing is to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.store.database import Database, StoreUnusable, explain

HERE = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    return config


def _upgrade(connection: Connection) -> str:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return MigrationContext.configure(connection).get_current_revision() or ""


async def migrate(database: Database) -> str:
    """Run what is missing in one transaction and return the revision reached. Raises StoreUnusable."""
    try:
        async with database.write() as connection:
            return await connection.run_sync(_upgrade)
    except (DBAPIError, OSError) as error:
        raise StoreUnusable(explain(database.url, error)) from error
    except CommandError as error:
        # Alembic does not know the revision it found: somebody went back to an older version of the program.
        raise StoreUnusable(
            f"数据库的结构不是这个版本认识的（{error}）。没有写入任何内容。"
            "请用写它的那个版本启动，或用升级前的备份运行 fencun restore。"
        ) from error


def newest() -> str:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
