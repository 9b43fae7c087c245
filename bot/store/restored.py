"""What a store knows of having come out of a backup: up to when another bot may have spoken without its knowledge."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import marks

RESTORED = "restored"


async def note(connection: AsyncConnection, backup_at: datetime, as_of: datetime, now: datetime) -> None:
    """From `backup_at` to `as_of` a bot may have run of which this store knows nothing."""
    value = {"backup": backup_at.isoformat(), "as_of": as_of.isoformat()}
    await marks.set_mark(connection, RESTORED, value, now)


async def as_of(connection: AsyncConnection) -> datetime | None:
    """What was due or written until then may have been seen to; None where the store was never restored."""
    found = await marks.get_mark(connection, RESTORED)
    return datetime.fromisoformat(found["as_of"]) if found else None
