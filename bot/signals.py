"""What people show us without words. Where it is kept comes in as an argument."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.fatigue import SignalKind

# (connection, subject, kind, key, at): the same subject, kind and key is one signal, however often it is noted.
NoteSignal = Callable[[AsyncConnection, str, SignalKind, str, datetime], Awaitable[None]]


async def unheeded(_: AsyncConnection, _subject: str, _kind: SignalKind, _key: str, _at: datetime) -> None:
    """Signals go nowhere."""


def parted(colleague: str) -> str:
    """The key of having deleted a colleague: the event and the result of a later task tell of the same parting."""
    return f"parted:{colleague.casefold()}"[:100]
