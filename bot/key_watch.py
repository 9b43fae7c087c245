"""The key file may change while the bot runs: a new key in its first line seals from the next look on."""

import asyncio
from contextlib import suppress

import structlog

from bot.store import key_file, seal_record
from bot.store.database import Database, StoreUnusable
from bot.store.key_file import Keys, KeysUnusable
from bot.store.sealed import Keyring

log = structlog.get_logger()

LOOK_SECONDS = 60.0  # real time, whatever the bot's clock says: it is about the file
SWITCH_SECONDS = 2 * LOOK_SECONDS  # after a change of the file every process that sees it seals with its first line


class KeyWatch:
    """Looks at the file every minute, in every process. A file that cannot be used changes nothing."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._looking = asyncio.create_task(self._look_for_ever())

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking

    async def _look_for_ever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:
                log.exception("key_watch_failed")

    async def look(self) -> None:
        """Take up what is in the file; its first key is on record before anything is sealed with it."""
        try:
            found = await asyncio.to_thread(key_file.read, self._keyring.path)
            await self._on_record(found)
        except (KeysUnusable, StoreUnusable) as error:
            log.warning("keys_unusable", reason=str(error))
            return
        if found.first != self._keyring.keys.first:
            log.info("key_changed", sealed_with=found.first)
        self._keyring.use(found)

    async def _on_record(self, found: Keys) -> None:
        async with self._database.read() as connection:
            record = await seal_record.load(connection)
        if record.keys <= found.by_name.keys() and (not found.first or found.first in record.keys):
            return
        async with self._database.write() as connection:
            await seal_record.agree(connection, found)
