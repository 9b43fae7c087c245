"""What is held about members, for the handlers: reading only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, and_, bindparam, exists, func, literal, or_, select, union_all

from bot.part import Klass
from bot.store import needs, personal, preferences, profiles
from bot.store.database import Database
from bot.store.posts import PUSHED, UNSETTLED
from bot.store.tables import (
    conversation,
    decision,
    delivery,
    inbox,
    mass_task,
    membership,
    millis,
    moment,
    occurrence,
    outbox,
)
from handlers.posting import NEED
from handlers.preferences import Preferences, Profile
from handlers.records import Kept, LastPost
from handlers.turn import Channel
from scheduler.posts import subject_of


@dataclass(frozen=True, slots=True)
class MemberRecords:
    """Implements `handlers.records.Records` over the store."""

    database: Database
    retention_days: int

    async def preferences(self, person: str) -> Preferences:
        async with self.database.read_single() as connection:
            return await preferences.load(connection, person)

    async def profile(self, person: str) -> Profile | None:
        async with self.database.read_single() as connection:
            return await profiles.load(connection, person)

    async def kept(self, person: str) -> list[Kept]:
        async with self.database.read() as connection:
            return await personal.kept(connection, await personal.find(connection, person), self.retention_days)

    async def export(self, person: str) -> str:
        async with self.database.read() as connection:
            return personal.written(await personal.export(connection, await personal.find(connection, person)))

    async def last_post(self, person: str) -> LastPost | None:
        """The newest delivery to the person or to a group they were in then, with the decision that let it leave."""
        return await self._post(_arrived(subject_of("person", person)))

    async def open_post(self, person: str) -> LastPost | None:
        return await self._post(_open(subject_of("person", person)))

    async def last_group_post(self, chat: str) -> LastPost | None:
        return await self._post(_arrived(subject_of("group", chat)))

    async def _post(self, newest: Select[Any]) -> LastPost | None:
        async with self.database.read() as connection:
            row = (await connection.execute(newest)).one_or_none()
            inputs = await connection.scalar(_let_leave(row.part, row.subject)) if row else None
        if row is None or inputs is None:
            return None
        need = needs.trigger_of(row.schedule) if row.schedule.startswith(NEED) else ""
        pushed, group = row.schedule.startswith(PUSHED), inputs["scope"] == "group"
        return LastPost(row.title, moment(row.at), row.topic, inputs, need, pushed, group)

    async def last_handled(self, conversation: str, handler: str, since: datetime) -> int:
        query = select(func.max(inbox.c.id)).where(
            inbox.c.conversation == conversation, inbox.c.handled_by == handler, inbox.c.handled_at >= millis(since)
        )
        async with self.database.read_single() as connection:
            return await connection.scalar(query) or 0

    async def spoken_to(self, person: str) -> bool:
        async with self.database.read_single() as connection:
            return await connection.scalar(_SAID, {"lower": person.lower()}) is not None


# Built once: to build a statement costs as much as to run it, and this runs for everybody's first message.
_THEIRS = select(conversation.c.id).where(func.lower(conversation.c.person) == bindparam("lower"))
_SAID = (
    select(outbox.c.id)
    .where(or_(outbox.c.lane.in_(_THEIRS), outbox.c.conversation.in_(_THEIRS)), outbox.c.klass == Klass.REPLY)
    .limit(1)
)


def _arrived(subject: str) -> Select[Any]:
    """The delivery that somebody most likely asks about: of those that arrived, the newest."""
    return (
        _newest(subject)
        # A task that a colleague has not confirmed took its slot and reached nobody.
        .where(or_(delivery.c.delivered, outbox.c.channel != Channel.CUSTOMERS))
        .order_by(delivery.c.delivered.desc(), delivery.c.at.desc())
    )


def _open(subject: str) -> Select[Any]:
    """The newest delivery in a task whose outcome we have not seen: its colleague may have confirmed it just now."""
    task = exists().where(mass_task.c.part == delivery.c.part, mass_task.c.state.in_(UNSETTLED))
    return _newest(subject).where(delivery.c.delivered.is_(False), task).order_by(delivery.c.at.desc())


def _newest(subject: str) -> Select[Any]:
    """One delivery to the subject, or to a group they were in then."""
    in_group = and_(membership.c.group_subject == delivery.c.subject, membership.c.person_subject == subject)
    return (
        select(delivery.c.subject, delivery.c.part, delivery.c.at, delivery.c.topic)
        .add_columns(occurrence.c.schedule, occurrence.c.title)
        .join(outbox, outbox.c.id == delivery.c.part)
        .join(occurrence, occurrence.c.id == outbox.c.occurrence)
        .outerjoin(membership, in_group)
        .where(delivery.c.subject.in_(_with_groups(subject)))
        .where(or_(delivery.c.subject == subject, delivery.c.at >= membership.c.since))
        .limit(1)
    )


def _with_groups(subject: str) -> CompoundSelect[Any]:
    """The person and their groups, so that the index of deliveries is used for both."""
    groups = select(membership.c.group_subject).where(membership.c.person_subject == subject)
    return union_all(select(literal(subject)), groups)


def _let_leave(part: str, subject: str) -> Select[Any]:
    """What the gate saw when it allowed `part`; of a task with many recipients, rather about `subject`."""
    about = func.lower(decision.c.recipient).endswith(subject.rpartition(":")[2], autoescape=True)
    allowed = (decision.c.part == part, decision.c.verdict == "allow")
    return select(decision.c.inputs).where(*allowed).order_by(about.desc(), decision.c.id.desc()).limit(1)
