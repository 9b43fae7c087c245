"""Audiences at the moment they are needed: the members as the store knows them, and lists as they are on disk."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import relations
from bot.rhythm import Rhythms
from bot.settings import Settings
from bot.store import members
from bot.store.members import Row
from scheduler.audiences import Audience, MemberFacts, WrongAudience, read_list, resolve
from scheduler.conflicts import AUDIENCE
from scheduler.posts import Recipient, WrongRecipient, parse_recipient

_NOT_READ = (
    "受众“{name}”要用客户标签，但还没有从企业微信读到最新的标签，先不发。请运行 fencun check --live 检查客户联系。"
)


@dataclass(frozen=True, slots=True)
class Member:
    """`facts` for choosing; `id` is bare; `personal`: what they said may be used to choose for them."""

    id: str
    facts: MemberFacts
    personal: bool


@dataclass(frozen=True, slots=True)
class Expanded:
    """Everybody that a schedule reaches now, each person and group once; `wrong` says in Chinese what was left out."""

    recipients: tuple[Recipient, ...]
    wrong: tuple[str, ...] = ()


class Directory:
    """Who the members are and how each can be reached with these settings. Colleagues in `[people]` are none."""

    def __init__(self, settings: Settings) -> None:
        wecom, people = settings.wecom, settings.people
        self._app, self._contact = wecom.app is not None, wecom.contact is not None
        self._bots = {bot.name for bot in wecom.aibots if bot.mode == "websocket"}
        staff = (*people.operators, *people.leads, *people.consultants)
        self._staff = {f"person:{each.casefold()}" for each in staff}
        self._written = _customers_in(settings)

    async def members(self, connection: AsyncConnection) -> list[Member]:
        """Everybody, in no order."""
        found = await members.everybody(connection)
        return [self._member(subject, row) for subject, row in found.items() if subject not in self._staff]

    def _member(self, subject: str, row: Row) -> Member:
        addresses = [f"app:{row.id}"] if row.app and self._app else []
        if self._contact:
            addresses += [f"customer:{sender}:{row.id}" for sender in row.senders]
            addresses += [each for each in self._written.get(subject, ()) if each not in addresses]
        addresses += [f"aibot:{bot}:single:{row.id}" for bot in row.bots if bot in self._bots]
        facts = MemberFacts(
            subject,
            tuple(addresses),
            topics=row.topics if row.personal else frozenset(),
            layer=row.layer,
            tags=frozenset((sender, tag) for sender, tags in row.senders.items() for tag in tags),
            stage=row.stage if row.personal else None,
            opted_out=row.opted_out,
            deleted=row.parted,
        )
        return Member(row.id, facts, row.personal)


class Audiences:
    """`expand` is asked at the due moment; `subjects` is what it last came to, for looking ahead."""

    def __init__(self, audiences: Iterable[Audience], directory: Directory, rhythms: Rhythms, zone: str) -> None:
        self._audiences = {each.name: each for each in audiences}
        self._directory = directory
        self._rhythms = rhythms
        self._zone = ZoneInfo(zone)
        self._seen: dict[str, tuple[datetime, frozenset[str]]] = {}

    async def expand(self, connection: AsyncConnection, addresses: Sequence[str], now: datetime) -> Expanded:
        """Whom `addresses` reach now, some of which may be `audience:<name>`."""
        found: dict[str, Recipient] = {}
        wrong = []
        for address in addresses:
            try:
                several = await self._addresses(connection, address, now)
            except WrongAudience as error:
                wrong.append(str(error))
                several = ()
            for recipient in map(parse_recipient, several):
                found.setdefault(recipient.subject, recipient)
        return Expanded(tuple(found.values()), tuple(wrong))

    async def look_ahead(self, connection: AsyncConnection, name: str, now: datetime, fresh: timedelta) -> None:
        """Find out for `subjects` whom an audience reaches, unless that was done less than `fresh` ago."""
        if name in self._seen and timedelta(0) <= now - self._seen[name][0] < fresh:
            return
        expanded = await self.expand(connection, [AUDIENCE + name], now)
        self._seen[name] = now, frozenset(each.subject for each in expanded.recipients)

    def subjects(self, name: str) -> frozenset[str]:
        """Whom the audience reached when it was last looked at."""
        return self._seen[name][1] if name in self._seen else frozenset()

    async def _addresses(self, connection: AsyncConnection, address: str, now: datetime) -> tuple[str, ...]:
        if not address.startswith(AUDIENCE):
            return (address,)
        audience = self._audiences[address.removeprefix(AUDIENCE).strip()]
        kinds = {each.partition(":")[0] for each in (*audience.include, *audience.exclude)}
        if "tag" in kinds and not await relations.fresh(connection, now):
            raise WrongAudience(_NOT_READ.format(name=audience.name))
        facts = [member.facts for member in await self._directory.members(connection)]
        if "layer" in kinds:
            facts = [await self._placed(connection, each, now) for each in facts]
        lists = await asyncio.to_thread(_lists, audience.files)
        return resolve(audience, facts, now.astimezone(self._zone).date(), lists)

    async def _placed(self, connection: AsyncConnection, facts: MemberFacts, now: datetime) -> MemberFacts:
        """With the layer also of who was never sent anything."""
        if facts.layer:
            return facts
        return replace(facts, layer=await self._rhythms.layer(connection, facts.subject, now))


def _lists(paths: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What each file holds; one that cannot be read is left out, and then nothing is sent. Raises WrongAudience."""
    found = {}
    for path in paths:
        try:
            found[path] = read_list(Path(path).read_text(encoding="utf-8"), path)
        except (OSError, UnicodeDecodeError):
            continue
    return found


def _customers_in(settings: Settings) -> Mapping[str, list[str]]:
    """Subject → the `customer:` addresses that the settings write out."""
    written = [address for each in settings.schedules for address in each.to]
    written += [address for each in settings.audiences for address in each.include]
    found: dict[str, list[str]] = {}
    for address in written:
        try:
            recipient = parse_recipient(address)
        except WrongRecipient:  # an audience or another selector
            continue
        if recipient.channel == "customer":
            found.setdefault(recipient.subject, []).append(recipient.address)
    return found
