"""What the tests of sealed texts share: key files, stores with and without keys, and what stands in the cells."""

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Text, cast, select

from bot.arrival import Address, Arrival
from bot.cli import sealing
from bot.clock import MovableClock
from bot.opening import open_store
from bot.settings import Privacy, Settings, Store
from bot.store import seal_record
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.sealed import MARK, Sealed
from bot.store.tables import inbox, metadata
from handlers.turn import Channel, Kind
from tests.bot.house import MONDAY


def write(keys: Path, content: bytes) -> None:
    """A key file as an operator leaves it."""
    keys.write_bytes(content)
    keys.chmod(0o600)


def first_line_only(keys: Path) -> None:
    """The old keys are dropped."""
    write(keys, keys.read_bytes().splitlines()[0] + b"\n")


def plain_from_now_on(keys: Path) -> None:
    write(keys, b"plain\n" + keys.read_bytes())


def settings(url: str, keys: Path | None) -> Settings:
    return Settings(store=Store(url=url), privacy=Privacy(key_file=str(keys or "")))


def sealed(keys: Path) -> dict[str, Any]:
    """For `open_house`."""
    return {"privacy": {"key_file": str(keys)}}


async def cells(database: Database) -> list[str]:
    """Everything that may be sealed, as it stands."""
    found: list[str] = []
    async with database.read() as connection:
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Sealed):
                    found += [text for text in await connection.scalars(select(cast(column, Text))) if text]
    return [text for text in found if text not in ("{}", "[]", "null")]


def is_sealed(cell: str) -> bool:
    return cell.startswith((MARK, f'"{MARK}', f'{{"~": "{MARK}'))


async def filled(url: str, keys: Path | None, *texts: str) -> None:
    """A store in which somebody wrote these texts."""
    database = open_store(settings(url, keys))
    try:
        await migrate(database)
        store = Inbox(database, MovableClock(MONDAY, frozen=True))
        address = Address(Channel.KF, "wk1", "", "wm1")
        said = [
            Arrival(sha256(text.encode()).hexdigest(), address, Kind.TEXT, text, MONDAY, data={"scene_param": text})
            for text in texts
        ]
        await asyncio.gather(*map(store.accept, said))
    finally:
        await database.close()


async def stored(url: str, keys: Path | None) -> tuple[list[str], list[str]]:
    """Texts as they are read, and cells as they stand."""
    database = open_store(settings(url, keys))
    try:
        await migrate(database)
        async with database.read() as connection:
            texts = list(await connection.scalars(select(inbox.c.text).order_by(inbox.c.id)))
            data = list(await connection.scalars(select(inbox.c.data).order_by(inbox.c.id)))
        assert data == [{"scene_param": text.replace("～", "~", 1)} for text in texts]
        return texts, await cells(database)
    finally:
        await database.close()


async def record(url: str) -> frozenset[str]:
    """The names of the keys that the store needs."""
    database = Database.connect(url)
    async with database.read() as connection:
        found = await seal_record.load(connection)
    await database.close()
    return found.keys


async def _no_wait(_seconds: float) -> None:
    return


def seal(url: str, keys: Path) -> int:
    """`fencun seal`, with nobody to wait for."""
    return sealing.seal(settings(url, keys), _no_wait)
