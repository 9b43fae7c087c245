"""What operators decided about texts: approved or rejected, bound to the very words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import upsert
from bot.store.restraint_tables import content
from bot.store.tables import millis

APPROVED, REJECTED = "approved", "rejected"


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision about a text: `state` is APPROVED or REJECTED, `by` a colleague's userid."""

    state: str
    by: str
    why: str


async def approved(connection: AsyncConnection, key: str | None, digest: str | None) -> bool | None:
    """Whether an operator approved this very text; None where the part does not say which text it is."""
    if not key or not digest:
        return None
    query = select(content.c.state).where(content.c.key == key, content.c.digest == digest)
    return await connection.scalar(query) == APPROVED


async def judge(connection: AsyncConnection, values: Mapping[str, Any], now: datetime) -> None:
    """Write a decision; `values` are the columns of `content` without the time."""
    await upsert(connection, content, ["key", "digest"], {**values, "at": millis(now)})


async def judged(connection: AsyncConnection) -> dict[tuple[str, str], Judged]:
    """Every decision, by (key, digest)."""
    rows = await connection.execute(
        select(content.c.key, content.c.digest, content.c.state, content.c.by, content.c.why)
    )
    return {(row.key, row.digest): Judged(row.state, row.by, row.why) for row in rows}
