"""An answer that grows in an AI bot's bubble while a model writes it, and the model that does not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from bot.clock import MovableClock
from bot.sandbox.aibot import BotTurn
from bot.streaming import PACE_SECONDS, Growing
from knowledge.model.compose import LABEL
from tests.bot.house import CHEN, House
from tests.knowledge.model_server import ModelServer, failing, given, model_server

QUESTION = "沙发和茶几之间留多少"
FIRST = "沙发和茶几之间留 30 到 45 厘米。"
SECOND = "主过道留 80 到 90 厘米。"


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        server.replies = {"compose": composed, "rewrite": "沙发和茶几的距离", "rerank": "1"}
        yield server


def composed(body: dict[str, Any]) -> str:
    """What a good model says, and a sentence that it made up."""
    numbers = [one["n"] for one in given(body)["passages"] if "30 到 45" in one["text"]]
    return (
        "".join(f"{text[:-1]}[{numbers[0]}]。" for text in (FIRST, "茶几要选大理石的。", SECOND))
        if numbers
        else "无法回答"
    )


def settings(model: ModelServer, **more: Any) -> dict[str, Any]:
    return {"name": "m", "base_url": model.url, "api_key": "key", **more}


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the other side tells nobody
            await asyncio.sleep(0.005)


def bubble(house: House, bot: str = "assistant") -> str:
    lines = [line.text for line in house.standin.bot_chat(bot, "wangwei") if line.who == "bot"]
    return lines[-1] if lines else ""


async def replies(house: House) -> int:
    async with house.program.base.database.read() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM outbox WHERE klass = 'reply'")
        return int(found.scalar_one())


async def test_a_bubble_grows_by_checked_sentences_and_is_finished_once(open_house: Any, model: ModelServer) -> None:
    model.hold, model.hold_after = asyncio.Event(), 42
    async with open_house(model=settings(model)) as house:
        asking = asyncio.create_task(house.standin.aibot_says("assistant", "wangwei", QUESTION))
        await until(lambda: FIRST in bubble(house))
        assert bubble(house) == f"{FIRST}\n\n{LABEL}"  # what is only half written carries the label, too
        model.hold.set()
        turn: BotTurn = await asking
        await house.settled()
        assert turn.finished
        assert turn.texts[-1].startswith(f"{FIRST}{SECOND}\n\n——《小客厅沙发怎么选尺寸》")
        assert turn.texts[-1].endswith(LABEL)
        assert not any("大理石" in text for text in turn.texts)
        assert await replies(house) == 1


async def test_a_bubble_over_the_long_connection_grows_too(open_house: Any, model: ModelServer) -> None:
    model.hold, model.hold_after = asyncio.Event(), 42
    wecom: dict[str, Any] = {}

    async def connected(standin: Any, clock: Any) -> None:
        seat = standin.world.aibot("live")
        named = {"name": seat.name, "mode": "websocket", "bot_id": seat.bot_id, "secret": seat.secret}
        wecom["aibots"] = [{**named, "ws_url": standin.ws_url}]

    async with open_house(before=connected, wecom=wecom, model=settings(model)) as house:
        await until(lambda: house.program.connections.sockets["live"].connected)
        turn = await house.standin.aibot_says("live", "wangwei", QUESTION)
        await until(lambda: FIRST in bubble(house, "live"))
        assert not turn.finished
        model.hold.set()
        await until(lambda: turn.finished)
        assert not turn.problem
        assert turn.texts[0] == f"{FIRST}\n\n{LABEL}"
        assert turn.texts[-1].endswith(LABEL)
        assert await replies(house) == 1


@pytest.mark.parametrize("before", [0, 42], ids=["from the start", "in the middle"])
async def test_a_model_that_hangs_gives_way_to_the_guides_within_three_seconds_of_its_limit(
    open_house: Any, model: ModelServer, before: int
) -> None:
    model.hold, model.hold_after = asyncio.Event(), before
    async with open_house(model=settings(model, timeout_seconds=1)) as house:
        began = monotonic()
        turn = await house.standin.aibot_says("assistant", "wangwei", QUESTION)
        assert monotonic() - began < 4
        assert turn.finished
        assert "30 到 45 厘米" in turn.texts[-1]
        assert LABEL not in turn.texts[-1]  # nothing in it was generated


async def test_a_model_that_fails_leaves_the_quoted_answer_on_every_channel(
    open_house: Any, model: ModelServer
) -> None:
    model.instead = failing(500)
    async with open_house(model=settings(model)) as house:
        assert "30 到 45 厘米" in (await house.customer(QUESTION))[0]
        assert "30 到 45 厘米" in (await house.colleague(QUESTION))[0]


async def test_others_are_answered_while_one_question_waits_for_the_model(open_house: Any, model: ModelServer) -> None:
    model.hold, model.hold_after = asyncio.Event(), 42
    async with open_house(model=settings(model), work={"concurrency": 2}) as house:
        asking = asyncio.create_task(house.standin.aibot_says("assistant", "wangwei", QUESTION))
        await until(lambda: FIRST in bubble(house))
        await house.standin.customer_says(CHEN, QUESTION)
        await until(lambda: bool(house.said(CHEN)))
        assert "30 到 45 厘米" in house.said(CHEN)[0]
        assert not asking.done()
        model.hold.set()
        assert (await asking).finished


async def test_a_conversation_that_moves_meanwhile_stops_growing_and_is_answered_once(
    open_house: Any, model: ModelServer
) -> None:
    model.hold, model.hold_after = asyncio.Event(), 42
    async with open_house(model=settings(model)) as house:
        asking = asyncio.create_task(house.standin.aibot_says("assistant", "wangwei", QUESTION))
        await until(lambda: FIRST in bubble(house))
        async with house.program.base.database.write() as connection:
            await connection.exec_driver_sql("UPDATE conversation SET version = version + 1")
        model.hold.set()
        turn = await asking
        assert turn.finished
        assert turn.texts[-1].endswith(LABEL)
        assert model.tasks().count("compose") == 2  # decided anew under the new state
        assert await replies(house) == 1


async def test_a_model_that_cannot_be_built_is_told_and_the_bot_quotes(open_house: Any) -> None:
    async with open_house(model={"name": "anthropic:claude-x", "api_key": "key"}) as house:
        assert "30 到 45 厘米" in (await house.customer(QUESTION))[0]
        assert any("langchain-anthropic" in text for text in house.told("wangwei"))


class Shown:
    """Where a text is shown; `going` is the next answer, `door` keeps the showing waiting."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.going = True
        self.door = asyncio.Event()
        self.door.set()

    async def __call__(self, text: str) -> bool:
        await self.door.wait()
        self.texts.append(text)
        return self.going


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_newest_text_is_shown_no_more_than_twice_a_second() -> None:
    clock, shown = MovableClock(datetime(2026, 11, 23, tzinfo=UTC), frozen=True), Shown()
    growing = Growing(shown, clock)
    for text in ("a", "ab", "abc"):
        growing.so_far(text)
        await turns()
    assert shown.texts == ["a"]
    clock.jump(timedelta(seconds=PACE_SECONDS))
    await turns()
    assert shown.texts == ["a", "abc"]
    await growing.end()


async def test_after_the_end_nothing_is_shown_but_what_was_begun() -> None:
    clock, shown = MovableClock(frozen=True), Shown()
    growing = Growing(shown, clock)
    shown.door.clear()
    growing.so_far("a")
    await turns()
    ending = asyncio.create_task(growing.end())
    await turns()
    assert not ending.done()
    growing.so_far("ab")
    shown.door.set()
    await ending
    growing.so_far("abc")
    await turns()
    assert shown.texts == ["a"]


async def test_where_it_should_not_go_on_it_does_not() -> None:
    clock, shown = MovableClock(frozen=True), Shown()
    growing = Growing(shown, clock)
    shown.going = False
    growing.so_far("a")
    await turns()
    growing.so_far("ab")
    clock.jump(timedelta(seconds=5))
    await turns()
    await growing.end()
    assert shown.texts == ["a"]


async def test_a_text_that_cannot_be_shown_is_no_trouble_for_the_answer() -> None:
    async def broken(text: str) -> bool:
        raise OSError("no disk")

    growing = Growing(broken, MovableClock(frozen=True))
    growing.so_far("a")
    await turns()
    await growing.end()
