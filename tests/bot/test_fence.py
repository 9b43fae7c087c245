"""The conversation's version as a fence: what a move takes back, and what it does not."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, update

from bot.part import Final, Klass, Part
from bot.store import conversations, outbox
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import conversation, millis
from handlers.handoff import Event, Move
from handlers.turn import Channel

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
HERE = "kf:wkOne::wmChen"


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    made = Database.connect(store_url)
    await migrate(made)
    async with made.write() as connection:
        row = {"id": HERE, "channel": "kf", "account": "wkOne", "chat": "", "person": "wmChen", "state": "bot"}
        await connection.execute(insert(conversation).values(**row))
        answer = Part("answer", HERE, Channel.KF, Klass.REPLY, "text", {"text": "30 到 45 厘米"}, HERE, fence=0)
        await outbox.enqueue(connection, [answer], NOW)
    yield made
    await made.close()


async def claimed_again(database: Database, move: Move, *, keep_replies: bool) -> bool:
    """An answer is being sent while the conversation moves, the send is interrupted: may it be sent again?"""
    found = await outbox.Outbox(database).next(HERE)
    assert found is not None
    part, _ = found
    async with database.write() as connection:
        assert await outbox.claim(connection, part)
    async with database.write() as connection:
        await conversations.move(connection, HERE, move, keep_replies=keep_replies)
        await outbox.put_back(connection, part, NOW, "interrupted")
        return await outbox.claim(connection, part)


async def test_an_answer_whose_sending_was_interrupted_survives_the_member_s_next_question(database: Database) -> None:
    assert await claimed_again(database, Move(Event.OFFER), keep_replies=True)


async def test_an_answer_whose_sending_was_interrupted_is_not_said_once_a_colleague_serves(database: Database) -> None:
    assert not await claimed_again(database, Move(Event.TAKE, "lihua"), keep_replies=False)


@pytest.mark.both_stores
async def test_what_left_since_the_member_wrote_counts_although_we_heard_of_it_later(
    database: Database,
) -> None:
    """WeCom counts five from the moment the member wrote (doc 94677), not from when we fetched it."""
    found = await outbox.Outbox(database).next(HERE)
    assert found is not None
    async with database.write() as connection:
        await outbox.finish(connection, found[0], Final.SENT, NOW)
        written = millis(NOW - timedelta(seconds=1))
        await connection.execute(update(conversation).values(member_at=written, spent=0))
        longest = NOW - timedelta(hours=48)
        assert [await outbox.spend(connection, HERE, 3, longest) for _ in range(4)] == [1, 1, 2, None]
        assert await outbox.spend(connection, HERE, 9, NOW) is None, "the message is older than that"
