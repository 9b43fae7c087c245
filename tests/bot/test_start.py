"""Start, stop and what must not stop: an item that breaks us every time."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from bot.cli import serving
from bot.librarian import Librarian
from bot.log import set_up
from bot.process_role import ProcessRole
from knowledge.types import Answer, Line
from tests import log_watch
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House
from tests.bot.rough import ask, journal, stored

QUESTION = "沙发和茶几之间留多少"
PATIENCE = 20.0  # seconds
POISON = "这一句会让资料库出错"


class Poisoned:
    """The library in use, but for one text that breaks it every time."""

    def __init__(self, library: Any) -> None:
        self._library = library

    async def answer(self, question: str, history: Sequence[Line], today: date, **given: Any) -> Answer:
        if POISON in question:
            raise RuntimeError("a defect")
        answer: Answer = await self._library.answer(question, history, today, **given)
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


def poison(house: House) -> None:
    house.program.librarian._library = Poisoned(house.program.librarian.library)  # type: ignore[assignment]


async def patience(house: House) -> None:
    """Long enough for every try of an item."""
    for _ in range(6):
        await house.jump(seconds=31)


async def test_an_item_that_breaks_us_gets_an_apology_once_and_the_rest_goes_on(house: House) -> None:
    poison(house)
    with journal() as log:
        for text in (POISON, QUESTION):
            await house.standin.customer_says(CHEN, text, ring=False)
        await house.standin.ring()
        await house.settled()
        [other] = await house.customer(QUESTION, LIN)
        assert "厘米" in other, "other conversations do not wait"
        await patience(house)
    first, second = house.said(CHEN)
    assert "没能处理好" in first
    assert "厘米" in second, "the rest of the conversation goes on"
    assert len(log.of("handling_failed")) == house.program.base.settings.work.max_tries
    assert POISON not in log.text


async def test_a_dead_item_is_kept_and_the_operator_told_once(house: House) -> None:
    poison(house)
    before = len(house.told())
    with journal():
        for who in (CHEN, LIN):
            await house.standin.customer_says(who, POISON)
            await house.settled()
        await patience(house)
    dead = [row for row in await stored(house) if row["state"] == "dead"]
    assert [row["text"] for row in dead] == [POISON, POISON]
    assert len(house.told()) - before == 1, "one notice an hour, not one per item"
    assert POISON not in house.told()[-1]


async def test_a_dead_item_stays_dead_after_a_restart(house: House) -> None:
    poison(house)
    with journal():
        await house.standin.customer_says(CHEN, POISON)
        await house.settled()
        await patience(house)
    await house.reopen()
    await house.settled()
    assert len(house.said(CHEN)) == 1


async def test_tries_are_counted_across_restarts(house: House) -> None:
    poison(house)
    with journal():
        await house.standin.customer_says(CHEN, POISON)
        await house.settled()
    await house.reopen()
    await house.settled()
    [row] = await stored(house)
    assert (row["state"], row["tries"]) == ("handled", 1), "the new process has a library that works"
    assert len(house.said(CHEN)) == 1


async def test_an_acked_message_that_was_not_handled_is_answered_by_the_next_process(house: House) -> None:
    """Stopped between the ack and the work, as by a kill."""
    await house.program.engine.stop(0)
    reaction = await house.standin.employee_says("lihua", QUESTION)
    assert reaction.status == 200
    assert house.told("lihua") == []
    await house.reopen()
    await house.settled()
    assert len(house.told("lihua")) == 1


async def test_what_waits_for_its_moment_is_sent_by_the_next_process(house: House) -> None:
    house.standin.faults.refuse("message/send")
    await house.colleague(QUESTION, "lihua")
    await house.program.stop()
    house.standin.faults.clear()
    await house.restart()
    await house.jump(minutes=1)
    assert len(house.told("lihua")) == 1


async def test_a_program_can_be_stopped_before_it_ever_started_and_twice(open_house: OpenHouse) -> None:
    async with open_house() as house:
        await house.program.stop()
        await house.program.stop()
        await house.restart()


async def test_a_stop_leaves_no_task_of_ours_behind(open_house: OpenHouse) -> None:
    async with open_house() as house:
        await house.customer(QUESTION)
        await house.program.stop()
        await asyncio.sleep(0)
        files = [task.get_coro().cr_code.co_filename for task in asyncio.all_tasks()]
        assert [file for file in files if "/bot/" in file and "sandbox" not in file and "tests" not in file] == []
        await house.restart()


async def test_readiness_tells_what_is_wrong_in_words(house: House) -> None:
    good = await ask(house, "GET", "/readyz")
    assert good.status == 200
    assert '"ready": true' in good.text
    house.program.web.ready = False
    starting = await ask(house, "GET", "/readyz")
    assert starting.status == 503
    assert "启动" in starting.text
    assert (await ask(house, "GET", "/healthz")).text == "ok"


async def test_a_process_that_cannot_start_says_why_in_its_last_line(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_house() as house:
        second = house._make()
        monkeypatch.setattr(serving, "_signals", asyncio.Event)
        monkeypatch.setattr(serving, "process", lambda *_, **__: second)
        set_up([], stream=sys.stderr, console=False)
        try:
            assert await serving._serve(second.base.settings, ProcessRole.ALL) == 1
        finally:
            log_watch.listen()
        assert capsys.readouterr().err.splitlines()[-1].startswith("没有启动：另一个分寸正在使用")


async def test_a_signal_during_the_start_ends_it_at_once(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start builds the index, which may take minutes."""
    begun, signalled = asyncio.Event(), asyncio.Event()

    async def build_for_ever(_: Librarian) -> None:
        begun.set()
        await asyncio.Event().wait()

    async with open_house() as house:
        await house.program.stop()
        program = house._make()
        monkeypatch.setattr(Librarian, "open", build_for_ever)
        monkeypatch.setattr(serving, "_signals", lambda: signalled)
        monkeypatch.setattr(serving, "process", lambda *_, **__: program)
        serving_ = asyncio.create_task(serving._serve(program.base.settings, ProcessRole.ALL))
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
            signalled.set()
            assert await serving_ == 0
        monkeypatch.undo()
        await house.restart()
        assert "30 到 45 厘米" in (await house.customer(QUESTION))[0]
