"""Whatever happens, and whenever: while a colleague holds a person's conversation, the bot says nothing to them."""

import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.arrival import Address, Arrival
from bot.channels import Limits
from bot.part import Klass, Part, Receipt
from bot.store.tables import conversation, inbox, ticket
from handlers.turn import Channel, Kind
from tests.bot.conftest import OpenHouse
from tests.bot.house import House

COLLEAGUES = ("lihua", "zhaomin")
TEXTS: Mapping[str, str] = {
    "asks": "沙发和茶几之间留多少",
    "puzzles": "火星上怎么种土豆",
    "calls": "转人工",
    "goes_on": "继续问",
    "thanks": "满意",
    "endangered": "宝宝误吞了纽扣电池",
}
ASKS = st.tuples(st.just("then"), st.tuples(st.sampled_from(["app", "aibot"]), st.just("asks")))
MEMBER = st.tuples(st.just("then"), st.tuples(st.sampled_from(["app", "aibot"]), st.sampled_from(sorted(TEXTS))))
COLLEAGUE = st.tuples(
    st.sampled_from(["then", "while it thinks", "while it sends"]),
    st.tuples(st.sampled_from(COLLEAGUES), st.sampled_from(["/take", "/take", "/return", "您好，我来看看"])),
)
STEPS = st.lists(st.one_of(ASKS, MEMBER, COLLEAGUE, COLLEAGUE), min_size=3, max_size=9)


@dataclass
class Driver:
    """Puts steps into the store as the doors do, and looks at the store whenever the bot is about to speak."""

    house: House
    agent: str
    limits: Limits = field(default_factory=Limits)
    numbers: Callable[[], int] = field(default_factory=lambda: itertools.count().__next__)
    person: str = ""
    waiting: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    spoken_over: list[str] = field(default_factory=list)
    said: int = 0

    def pieces(self, markdown: str) -> list[str]:
        return [markdown]

    async def send(self, part: Part) -> Receipt:
        """The channel's side: what is said to the member now, and what happens before it has arrived."""
        if part.klass in (Klass.REPLY, Klass.NOTICE) and part.body.get("to") == self.person:
            self.said += 1
            if await self._held():
                self.spoken_over.append(part.kind)
            await self.meanwhile("while it sends")
        return Receipt()

    async def grow(self, part: Part) -> None: ...

    async def play(self, steps: list[tuple[str, tuple[str, str]]]) -> None:
        """Somebody has called a colleague and goes on with the bot until one comes; then `steps`."""
        self.person = f"member{self.numbers()}"
        self.waiting, self.spoken_over = {}, []
        for when, step in [("then", ("app", "calls")), ("then", ("app", "goes_on")), *steps]:
            if when == "then":
                await self._step(step)
                await self.house.settled()
            else:
                self.waiting.setdefault(when, []).append(step)
        for left in list(self.waiting.values()):
            for step in left:
                await self._step(step)
        await self.house.settled()

    async def meanwhile(self, when: str) -> None:
        """Do what should come in between, and let it be decided before this goes on."""
        for step in self.waiting.pop(when, []):
            key = await self._step(step)
            while key and step[0] in COLLEAGUES and await self._undecided(key):
                pass

    async def _step(self, step: tuple[str, str]) -> str:
        who, what = step
        if who not in COLLEAGUES:
            channel, account = (Channel.APP, self.agent) if who == "app" else (Channel.AIBOT, "assistant")
            return await self._arrives(Address(channel, account, "", self.person), TEXTS[what])
        number = await self._ticket()
        text = f"{what} {number}" if what.startswith("/") else what
        return await self._arrives(Address(Channel.APP, self.agent, "", who), text) if number else ""

    async def _arrives(self, address: Address, text: str) -> str:
        key = f"key{self.numbers()}"
        arrival = Arrival(key, address, Kind.TEXT, text, self.house.clock.now())
        await self.house.program.base.inbox.accept(arrival)
        self.house.program.engine.wake(address.conversation)
        return key

    async def _one(self, query: Any) -> Any:
        async with self.house.program.base.database.read() as connection:
            return await connection.scalar(query)

    async def _undecided(self, key: str) -> bool:
        return bool(await self._one(select(inbox.c.id).where(inbox.c.key == key, inbox.c.state == "new")))

    async def _ticket(self) -> int:
        mine = ticket.join(conversation, conversation.c.id == ticket.c.conversation)
        theirs = select(ticket.c.number).select_from(mine).where(conversation.c.person == self.person)
        return int(await self._one(theirs.order_by(ticket.c.number.desc()).limit(1)) or 0)

    async def _held(self) -> bool:
        theirs = (conversation.c.person == self.person, conversation.c.state == "human")
        return bool(await self._one(select(conversation.c.id).where(*theirs).limit(1)))


@pytest.fixture
async def driver(open_house: OpenHouse) -> AsyncIterator[Driver]:
    async with open_house(people={"operators": [], "leads": [], "consultants": list(COLLEAGUES)}) as house:
        await house.settled()
        made = Driver(house, house.program.base.agent)
        channels = house.program.connections.channels
        channels[Channel.APP] = channels[Channel.AIBOT] = made
        librarian = house.program.librarian
        answer = librarian.answer

        async def thinks(*args: Any) -> Any:
            await made.meanwhile("while it thinks")
            return await answer(*args)

        librarian.answer = thinks
        yield made
        assert made.said > 0, "it must have spoken now and then"


@given(steps=STEPS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_sequence_lets_the_bot_speak_while_a_colleague_holds(
    driver: Driver, steps: list[tuple[str, tuple[str, str]]]
) -> None:
    await driver.play(steps)
    assert driver.spoken_over == []
