"""What the store knows of all members at once, as far as choosing among them goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tombstones
from bot.store.restraint_tables import relation, rhythm, signal
from bot.store.tables import conversation, moment, opt_out, preference, profile
from handlers.preferences import Purpose
from handlers.turn import Channel
from scheduler.fatigue import SignalKind
from scheduler.posts import subject_of
from scheduler.stages import StageNote

_TALKS = (Channel.APP, Channel.AIBOT, Channel.KF)


@dataclass(slots=True)
class Row:
    """One member. `id` is theirs as it was written first; `bots` are the AI bots that they talk to alone.

    `senders` are the colleagues who have them as a customer, with the tags that each set. `parted`: they and one of us
    deleted each other, and nothing newer is known. `personal`: what they said may be used to choose for them.
    """

    id: str
    app: bool = False
    bots: set[str] = field(default_factory=set)
    senders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    stage: StageNote | None = None
    layer: str = ""
    opted_out: bool = False
    parted: bool = False
    personal: bool = True


async def everybody(connection: AsyncConnection) -> Mapping[str, Row]:
    """Every member by subject: who talked to us alone, and who is a customer of a colleague."""
    found: dict[str, Row] = {}
    await _talkers(connection, found)
    await _customers(connection, found)
    await _profiles(connection, found)
    await _wishes(connection, found)
    layers = select(rhythm.c.subject, rhythm.c.manual, rhythm.c.layer)
    for subject, manual, layer in await connection.execute(layers):
        if subject in found:
            found[subject].layer = manual or layer
    return found


async def _talkers(connection: AsyncConnection, found: dict[str, Row]) -> None:
    columns = (conversation.c.channel, conversation.c.account, conversation.c.person)
    alone = (conversation.c.channel.in_(_TALKS), conversation.c.chat == "", conversation.c.person != "")
    for channel, account, person in await connection.execute(select(*columns).where(*alone)):
        row = found.setdefault(subject_of("person", person), Row(person))
        row.app = row.app or channel == Channel.APP
        if channel == Channel.AIBOT:
            row.bots.add(account)


async def _customers(connection: AsyncConnection, found: dict[str, Row]) -> None:
    newest: dict[tuple[str, str], datetime] = {}
    for each in await connection.execute(select(relation)):
        row = found.setdefault(subject_of("person", each.person), Row(each.person))
        row.senders[each.sender] = tuple(each.tags)
        newest[subject_of("person", each.person), each.sender.casefold()] = moment(each.since)
    parted = select(signal.c.subject, signal.c.key, signal.c.at).where(
        signal.c.kind == SignalKind.LEAVE, signal.c.key.startswith("parted:")
    )
    for subject, key, at in await connection.execute(parted):
        again = newest.get((subject, key.removeprefix("parted:")))
        if subject in found and (again is None or again <= moment(at)):
            found[subject].parted = True


async def _profiles(connection: AsyncConnection, found: dict[str, Row]) -> None:
    known = select(profile.c.person, profile.c.topics, profile.c.stage, profile.c.stage_on)
    for person, topics, stage, stage_on in await connection.execute(known):
        row = found.get(subject_of("person", person))
        if row is not None:
            row.topics = frozenset(topics)
            row.stage = StageNote(stage, date.fromisoformat(stage_on)) if stage and stage_on else None


async def _wishes(connection: AsyncConnection, found: dict[str, Row]) -> None:
    wished = select(preference.c.person, preference.c.only, preference.c.never, preference.c.off)
    for person, only, never, off in await connection.execute(wished):
        row = found.get(subject_of("person", person))
        if row is not None:
            chosen = frozenset(only)
            row.topics = (chosen or row.topics) - frozenset(never)
            row.personal = Purpose.PERSONALISATION not in off
    gone = {*await connection.scalars(select(opt_out.c.person)), *await tombstones.buried(connection, found)}
    for subject in gone & found.keys():
        found[subject].opted_out = True
