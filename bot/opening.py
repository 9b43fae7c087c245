"""The store that the settings name, with its limits and its keys."""

from bot.settings import Settings
from bot.store.database import Database
from bot.store.postgresql import Limits


def open_store(settings: Settings) -> Database:
    """Nothing is opened yet. Raises StoreUnusable, also for a key file that cannot be used."""
    limits = Limits(settings.store.pool, settings.store.statement_seconds)
    return Database.connect(settings.store.url, limits, settings.privacy.key_file)
