"""What people wrote is deleted when it has been kept for as long as the settings say, in portions."""

import pytest
from sqlalchemy import func, insert, select

from bot import retention
from bot.store.tables import conversation, decision, inbox, millis, outbox, profile, ticket
from handlers.mood_types import Mood, Reading
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.mood.read", lambda *_: Reading(Mood.CALM, escalate=False, reason=""))


async def texts(house: House) -> list[str]:
    async with house.program.base.database.read() as connection:
        return list(await connection.scalars(select(inbox.c.text).order_by(inbox.c.id)))


@pytest.mark.both_stores
async def test_messages_answers_and_profiles_go_after_the_days_of_the_settings(open_house: OpenHouse) -> None:
    async with open_house(privacy={"message_retention_days": 30}) as house:
        await house.customer("沙发选多长", CHEN)
        await house.jump(days=20)
        await house.customer("米粉怎么加", LIN)
        await house.jump(days=9)
        assert "沙发选多长" in await texts(house)
        await house.jump(days=2)
        assert "沙发选多长" not in await texts(house)
        assert "米粉怎么加" in await texts(house)
        async with house.program.base.database.read() as connection:
            said = [str(body) for body in await connection.scalars(select(outbox.c.body))]
            people = list(await connection.scalars(select(profile.c.person)))
            talks = list(await connection.scalars(select(conversation.c.person)))
        assert not [body for body in said if CHEN in body]
        assert CHEN.lower() not in people
        assert CHEN not in talks, "of whom nothing is kept, nothing is kept"


async def test_what_is_not_handled_yet_and_live_tickets_are_never_deleted(open_house: OpenHouse) -> None:
    async with open_house(privacy={"message_retention_days": 30}) as house:
        await house.customer("沙发坏了", CHEN)
        await house.customer("转人工", CHEN)
        await house.jump(days=40)
        async with house.program.base.database.read() as connection:
            [row] = (await connection.execute(select(ticket))).mappings().all()
        assert row["state"] in ("open", "taken")
        assert row["ask"]


@pytest.mark.both_stores
async def test_many_rows_go_in_portions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 10)
    taken: list[int] = []
    take = retention._take

    async def counted(connection, rule, ids) -> None:
        taken.append(len(ids))
        await take(connection, rule, ids)

    monkeypatch.setattr(retention, "_take", counted)
    old = millis(house.clock.now()) - 200 * 86_400_000
    row = {
        "part": "p",
        "recipient": "app:x",
        "verdict": "drop",
        "reason": "",
        "rule": "1",
        "inputs": {},
        "decided_at": old,
    }
    async with house.program.base.database.write() as connection:
        await connection.execute(insert(decision), [row] * 35)
    await house.jump(hours=1)
    assert taken == [10, 10, 10, 5]
    async with house.program.base.database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(decision)) == 0
