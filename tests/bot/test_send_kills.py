"""kill -9 at every point of a send: before and after each commit, and with a request on its way.

Nobody hears it twice, and what nobody knows the end of is told.
"""

import asyncio

import pytest

from tests.bot.conftest import OpenHouse
from tests.bot.house import House
from tests.bot.test_escalation_kills import Kill, Killed, rest_or_death
from tests.bot.unasked import LOOSE, approve, parts_to, rows

PEOPLE = ("lihua", "zhaomin")
TO = (*(f"app:{who}" for who in PEOPLE), "robot:weekly")
LOST = "没有收到回执"


def heard(house: House, name: str) -> list[int]:
    """How often each of them, and the group, got the post of this name."""
    mine = [sum(f"沙发怎么选{name}。" in text for text in house.told(who)) for who in PEOPLE]
    return [*mine, sum(f"沙发怎么选{name}。" in text for text in house.posts())]


async def send(house: House, kill: Kill, name: str) -> list[str]:
    """One post to all of them; the ids of its parts."""
    parts = [part for address in TO for part in parts_to(house, address, name=name)]
    await approve(house, *parts)
    with kill.aimed_at(house):
        try:
            async with house.program.base.transactions.begin() as transaction:
                await transaction.enqueue(parts)
        except Killed:
            pass
        else:
            await rest_or_death(house, kill)
    return [part.id for part in parts]


async def ends(house: House, ids: list[str]) -> list[str]:
    """What became of these parts after another process went on with the same data."""
    await house.reopen()
    await house.settled()
    await house.jump(minutes=61)  # operators hear of one kind of thing once an hour
    wanted = ", ".join(f"'{id_}'" for id_ in ids)
    return [row.state for row in await rows(house, f"SELECT state FROM outbox WHERE id IN ({wanted})")]


@pytest.mark.parametrize("before", [True, False], ids=["before a commit", "after a commit"])
async def test_a_kill_at_any_commit_of_a_send_reaches_nobody_twice_and_loses_nothing_in_silence(
    open_house: OpenHouse, *, before: bool
) -> None:
    async with open_house(schedules=[], restraint={**LOOSE, "quiet": "00:00-00:00", "holidays": "as_usual"}) as house:
        for number in range(1, 30):
            kill, name, told = Kill(number, before=before), f"第{number}次", len(house.told())
            ids = await send(house, kill, name)
            if not kill.struck.is_set():
                break
            states, got = await ends(house, ids), heard(house, name)
            assert max(got) <= 1
            assert len(states) in (0, len(TO)), "all of it was planned, or none"
            assert set(states) <= {"sent", "lost"}
            assert states.count("sent") <= sum(got) <= len(states)
            assert any(LOST in text for text in house.told()[told:]) == ("lost" in states)
            await house.jump(days=45)  # nobody is tired of us any more
    # One commit plans it, and two more send each part.
    assert number == 2 + 2 * len(TO)


async def test_a_kill_with_a_request_on_its_way_counts_as_lost_and_is_told(open_house: OpenHouse) -> None:
    """Whether it arrived, nobody knows: it is not sent again."""
    async with open_house(schedules=[], restraint=LOOSE) as house:
        house.standin.faults.hang("webhook/send", asyncio.Event())
        sending = asyncio.create_task(send(house, Kill(1_000_000, before=True), "路上"))
        async with asyncio.timeout(10):
            while (await rows(house, "SELECT count(*) AS n FROM outbox WHERE state = 'sent'"))[0].n < len(PEOPLE):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        house.program.base.database.write = dead  # type: ignore[method-assign]
        house.standin.faults.clear()
        parts = [part.id for address in TO for part in parts_to(house, address, name="路上")]
        states = await ends(house, parts)
        assert sorted(states) == ["lost", "sent", "sent"]
        assert max(heard(house, "路上")) <= 1
        assert any(LOST in text for text in house.told())


def dead() -> None:
    raise Killed
