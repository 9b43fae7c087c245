"""What is held about members, for the handlers: reading only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from bot.part import Klass
from bot.store import needs, personal, preferences, profiles
from bot.store.database import Database
from bot.store.posts import split_push
from bot.store.tables import conversation, decision, delivery, inbox, millis, moment, occurrence, outbox
from handlers.posting import NEED
from handlers.preferences import Preferences, Profile
from handlers.records import Kept, LastPost
from scheduler.posts import subject_of


@dataclass(frozen=True, slots=True)
class MemberRecords:
    """Implements `handlers.records.Records` over the store."""

    database: Database
    retention_days: int

    async def preferences(self, person: str) -> Preferences:
        async with self.database.read() as connection:
            return await preferences.load(connection, person)

    async def profile(self, person: str) -> Profile | None:
        async with self.database.read() as connection:
            return await profiles.load(connection, person)

    async def kept(self, person: str) -> list[Kept]:
        async with self.database.read() as connection:
            return await personal.kept(connection, await personal.find(connection, person), self.retention_days)

    async def export(self, person: str) -> str:
        async with self.database.read() as connection:
            return personal.written(await personal.export(connection, await personal.find(connection, person)))

    async def last_post(self, person: str) -> LastPost | None:
        """The newest delivery with the decision that let it leave."""
        allowed = (decision.c.part == delivery.c.part, decision.c.verdict == "allow")
        query = (
            select(delivery.c.at, outbox.c.channel, occurrence.c.schedule, occurrence.c.title, decision.c.inputs)
            .join(outbox, outbox.c.id == delivery.c.part)
            .join(occurrence, occurrence.c.id == outbox.c.occurrence)
            .join(decision, (allowed[0]) & (allowed[1]))
            .where(delivery.c.subject == subject_of("person", person))
            .order_by(delivery.c.at.desc(), decision.c.id.desc())
            .limit(1)
        )
        async with self.database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return LastPost(row.title, moment(row.at), _name(row.schedule), row.channel, row.inputs)

    async def handled_since(self, conversation: str, handler: str, since: datetime) -> bool:
        query = select(inbox.c.id).where(
            inbox.c.conversation == conversation, inbox.c.handled_by == handler, inbox.c.handled_at >= millis(since)
        )
        return await self._any(query)

    async def spoken_to(self, person: str) -> bool:
        theirs = select(conversation.c.id).where(func.lower(conversation.c.person) == person.lower())
        said = select(outbox.c.id).where(
            or_(outbox.c.lane.in_(theirs), outbox.c.conversation.in_(theirs)), outbox.c.klass == Klass.REPLY
        )
        return await self._any(said)

    async def _any(self, query: Any) -> bool:
        async with self.database.read() as connection:
            return await connection.scalar(query.limit(1)) is not None


def _name(schedule: str) -> str:
    """The schedule or trigger behind an occurrence, whether it came at its time, was pushed, or was needed."""
    if schedule.startswith(NEED):
        return needs.trigger_of(schedule)
    return split_push(schedule)[0] if schedule.startswith("push:") else schedule
