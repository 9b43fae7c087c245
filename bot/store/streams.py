"""Texts of AI-bot streams: written by the outbox, read by WeCom's polls, on whichever process they arrive."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.database import Database
from bot.store.tables import millis, moment, stream


@dataclass(frozen=True, slots=True)
class Stream:
    """One reply bubble. `response_url` (doc 101138) may be used once, until `url_expires_at`."""

    id: str
    bot: str
    text: str
    finished: bool
    opened_at: datetime
    response_url: str
    url_expires_at: datetime
    url_used: bool


async def end_unsaid(connection: AsyncConnection, id_: str, text: str) -> None:
    """Close an open bubble that nothing will be said in: a person took over while it was open."""
    mine = (stream.c.id == id_, stream.c.finished.is_(False))
    await connection.execute(update(stream).where(*mine).values(text=text, finished=True))


class Streams:
    """Read by the door, written by the AI-bot channel and the sweep."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, id_: str) -> Stream | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(stream).where(stream.c.id == id_))).mappings().one_or_none()
        if row is None:
            return None
        return Stream(
            id=row["id"],
            bot=row["bot"],
            text=row["text"],
            finished=row["finished"],
            opened_at=moment(row["opened_at"]),
            response_url=row["response_url"],
            url_expires_at=moment(row["url_expires_at"]),
            url_used=row["url_used"],
        )

    async def grow(self, id_: str, text: str) -> None:
        """Write the whole text so far, unless the stream is closed."""
        async with self._database.write() as connection:
            open_ = (stream.c.id == id_, stream.c.finished.is_(False))
            await connection.execute(update(stream).where(*open_).values(text=text))

    async def end(self, id_: str, text: str) -> bool:
        """Write the whole text and close; False when it was closed before."""
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(stream).where(stream.c.id == id_, stream.c.finished.is_(False)).values(text=text, finished=True)
            )
        return changed.rowcount == 1

    async def use_url(self, id_: str, now: datetime) -> str:
        """The response_url, marked used before it is called; empty when there is none to use any more."""
        async with self._database.write() as connection:
            usable = (stream.c.id == id_, stream.c.url_used.is_(False), stream.c.url_expires_at > millis(now))
            changed = await connection.execute(update(stream).where(*usable).values(url_used=True))
            if not changed.rowcount:
                return ""
            return str(await connection.scalar(select(stream.c.response_url).where(stream.c.id == id_)) or "")

    async def use_latest_url(self, conversation_id: str, now: datetime) -> str:
        """The newest response_url of a conversation that may still be used, marked used; empty when there is none."""
        usable = (stream.c.url_used.is_(False), stream.c.url_expires_at > millis(now))
        newest = select(stream.c.id).where(stream.c.conversation == conversation_id, *usable)
        query = newest.order_by(stream.c.opened_at.desc(), stream.c.id).limit(1)
        async with self._database.write() as connection:
            while (found := await connection.scalar(query)) is not None:
                # Another process may have used it since we looked.
                mine = update(stream).where(stream.c.id == found, stream.c.url_used.is_(False)).values(url_used=True)
                if url := await connection.scalar(mine.returning(stream.c.response_url)):
                    return str(url)
        return ""

    async def end_overdue(self, bot: str, older_than: datetime, text: str) -> int:
        """Close every stream of `bot` opened before `older_than`: WeCom stops asking 6 minutes after the message."""
        async with self._database.write() as connection:
            changed = await connection.execute(
                update(stream)
                .where(stream.c.bot == bot, stream.c.finished.is_(False), stream.c.opened_at < millis(older_than))
                .values(text=text, finished=True)
            )
        return changed.rowcount

    async def forget(self, older_than: datetime) -> None:
        """Delete streams that nobody can ask for any more: texts are kept no longer than they are of use."""
        async with self._database.write() as connection:
            await connection.execute(stream.delete().where(stream.c.opened_at < millis(older_than)))
