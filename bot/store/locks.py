"""What several processes must not do at the same time. On SQLite a writer is alone anyway: there nothing is asked.

A lock ends with its transaction. Take the gate before anything else, and a person before rows of theirs.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import postgresql
from bot.store.database import serialise
from bot.store.tables import conversation


async def person(connection: AsyncConnection, id_: str) -> None:
    """Nobody else moves a conversation of this person, opens their tickets or puts them on hold."""
    if id_:
        await serialise(connection, f"person:{id_.lower()}")


async def owner(connection: AsyncConnection, conversation_id: str) -> None:
    """The same for whoever the conversation is with."""
    if connection.dialect.name == "postgresql":
        query = select(conversation.c.person).where(conversation.c.id == conversation_id)
        await person(connection, await connection.scalar(query) or "")


async def arriving(connection: AsyncConnection) -> None:
    """Items are stored, and the conversations they belong to must not be cleared away meanwhile. Many may at once."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock_shared(postgresql.key("serialise", "arrivals"))))


async def clearing(connection: AsyncConnection) -> None:
    """Conversations are deleted, and nothing must arrive in them meanwhile."""
    await serialise(connection, "arrivals")
