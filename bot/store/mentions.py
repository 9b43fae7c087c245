"""Where a forgotten person stands in rows that are not theirs: recipients of a post, what colleagues were told, wrote
or did about them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, String, Table, Text, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Final, Klass
from bot.store.personal import Person
from bot.store.sealed import may_name, unsealed
from bot.store.tables import inbox, metadata, outbox, ticket
from handlers.texts import shorten
from scheduler.posts import WrongRecipient, parse_recipient

GONE = "〔已删除〕"
_SHORTEST = 4  # characters of a text of theirs that is looked for in what colleagues were told
_LEFT_ALONE = ("tombstone", "mark")
# Who of our colleagues did what is kept for accountability.
_COLLEAGUES = frozenset(
    {"who", "by", "assignee", "servicer", "resolved_by", "released_by", "drafted_by", "asked_by", "sender", "people"}
)


@dataclass(frozen=True, slots=True)
class Traces:
    """By what the person can be recognised in somebody else's rows."""

    ids: re.Pattern[str]
    said: tuple[str, ...]
    since: int | None  # stored time of their first hand-over; before it nobody was told anything

    def names(self, text: str) -> bool:
        return self.ids.search(text) is not None or any(words in text for words in self.said)


async def traces(connection: AsyncConnection, person: Person) -> Traces:
    """To be read before the person's rows are deleted."""
    theirs = ticket.c.conversation.in_(person.conversations)
    tickets = (await connection.execute(select(ticket.c.opened_at, ticket.c.ask, ticket.c.quote).where(theirs))).all()
    said = [words for row in tickets for words in (row.ask, row.quote)]
    if tickets:
        said += await connection.scalars(select(inbox.c.text).where(inbox.c.conversation.in_(person.conversations)))
    whole = {words.strip() for words in said if len(words.strip()) >= _SHORTEST}
    since = min((row.opened_at for row in tickets), default=None)
    return Traces(_ids(person.id), tuple(sorted(whole, key=len)), since)


def _ids(person: str) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in dict.fromkeys((person, shorten(person))))
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])", re.IGNORECASE)


async def take_out(connection: AsyncConnection, person: Person, found: Traces) -> None:
    """Take the person out of every row that is left."""
    await _out_of_posts(connection, person)
    if found.since is not None:
        await _out_of_notices(connection, found)
    for table in metadata.sorted_tables:
        if table.name not in _LEFT_ALONE:
            await _out_of_table(connection, table, person.id, found)


async def _out_of_posts(connection: AsyncConnection, person: Person) -> None:
    """A post to others too goes on without this recipient; one to them alone is nobody's any more."""
    near = may_name(connection, outbox.c.body, person.id)
    query = select(outbox.c.id, outbox.c.body).where(outbox.c.klass == Klass.POST, near)
    for row in (await connection.execute(query)).all():
        addresses = row.body.get("recipients", [])
        left = [address for address in addresses if _subject(address) != person.subject]
        if not left:
            await connection.execute(delete(outbox).where(outbox.c.id == row.id))
        elif left != addresses:
            body = {**row.body, "recipients": left}
            await connection.execute(update(outbox).where(outbox.c.id == row.id).values(body=body))


def _subject(address: str) -> str:
    try:
        return parse_recipient(address).subject
    except WrongRecipient:
        return ""


async def _out_of_notices(connection: AsyncConnection, found: Traces) -> None:
    """What colleagues were told of them is emptied; what was not told yet is told nobody."""
    told = select(outbox.c.id, outbox.c.body, outbox.c.state).where(
        outbox.c.klass.in_([Klass.NOTICE, Klass.REPLY]), outbox.c.created_at >= found.since
    )
    for row in (await connection.execute(told)).all():
        if not found.names(str(row.body.get("text", ""))):
            continue
        values: dict[str, Any] = {"body": {**row.body, "text": GONE}}
        if row.state in ("ready", "sending"):
            values |= {"state": Final.DROPPED, "reason": "forgotten"}
        await connection.execute(update(outbox).where(outbox.c.id == row.id).values(**values))


async def _out_of_table(connection: AsyncConnection, table: Table, id_: str, found: Traces) -> None:
    """The id itself, wherever it stands as a word of its own."""
    worded = [column for column in table.columns if isinstance(unsealed(column.type), String | Text | JSON)]
    columns = [column for column in worded if column.name not in _COLLEAGUES and not column.primary_key]
    key = list(table.primary_key.columns)
    near = [may_name(connection, column, name) for column in columns for name in _names(id_)]
    if not near:
        return
    for row in (await connection.execute(select(*key, *columns).where(or_(*near)))).mappings().all():
        changed = {
            column.name: new for column in columns if (new := _without(row[column.name], found.ids)) != row[column.name]
        }
        if changed:
            mine = [column == row[column.name] for column in key]
            await connection.execute(update(table).where(*mine).values(**changed))


def _names(id_: str) -> Iterable[str]:
    short = shorten(id_).lower()
    return dict.fromkeys((id_.lower(), short, short.replace("…", "\\u2026")))


def _without(value: Any, ids: re.Pattern[str]) -> Any:
    match value:
        case str():
            return ids.sub(GONE, value)
        case Mapping():
            return {key: _without(each, ids) for key, each in value.items()}
        case list():
            return [_without(each, ids) for each in value]
        case _:
            return value
