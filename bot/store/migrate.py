"""Bring the store to the newest shape. Safe to call at every start; does nothing when nothing is to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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


def newest() -> str:
    """The revision that this version of the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""
