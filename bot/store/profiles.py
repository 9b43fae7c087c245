"""What is remembered of members beside messages. Nothing about a child but the stage that a parent stated."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import upsert
from bot.store.tables import millis, moment, profile
from handlers.preferences import Profile

LONGEST = 40  # characters of a topic, a stage, a room
TOPICS = 20  # most asked ones that are kept
_OF = select(profile).where(profile.c.person == bindparam("lower"))


async def load(connection: AsyncConnection, person: str) -> Profile | None:
    """What is remembered of `person` (a bare id); None where nothing is."""
    row = (await connection.execute(_OF, {"lower": person.lower()})).mappings().one_or_none()
    if row is None:
        return None
    hours = {int(hour): int(count) for hour, count in row["hours"].items()}
    stated = date.fromisoformat(row["stage_on"]) if row["stage_on"] else None
    return Profile(dict(row["topics"]), row["stage"], row["room"], hours, moment(row["last_seen"]), stated)


async def save(connection: AsyncConnection, person: str, found: Profile, now: datetime) -> None:
    """Store it whole."""
    row = {
        "person": person.lower(),  # WeCom's userids are case-insensitive (90236)
        "topics": _most(found.topics),
        "stage": found.stage[:LONGEST],
        "room": found.room[:LONGEST],
        "hours": {str(hour): count for hour, count in (found.hours or {}).items()},
        "last_seen": millis(found.last_seen or now),
        "stage_on": found.stage_on.isoformat() if found.stage_on else "",
    }
    await upsert(connection, profile, ["person"], row)


def _most(topics: Mapping[str, int]) -> dict[str, int]:
    ranked = sorted(topics.items(), key=lambda each: -each[1])[:TOPICS]
    return {topic[:LONGEST]: count for topic, count in ranked if topic}


async def remove(connection: AsyncConnection, person: str) -> None:
    await connection.execute(delete(profile).where(profile.c.person == person.lower()))
