"""Pulling kf messages: every page, no page twice, and what is history stays history."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.clock import MovableClock
from bot.kf_pull import LONGEST_RETRY
from bot.sandbox.standin import StandIn
from bot.store.inbox import Place
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, LIN, ZHOU, House
from tests.bot.rough import journal, stored

QUESTION = "沙发和茶几之间留多少"


def pulls(house: House) -> int:
    return len(house.standin.calls("kf/sync_msg"))


async def test_every_page_is_read_and_every_message_answered(house: House) -> None:
    house.standin.kf.page_size = 2
    for number in range(7):
        await house.standin.customer_says((CHEN, LIN, ZHOU)[number % 3], f"{QUESTION}{number}", ring=False)
    await house.standin.ring(KF)
    await house.settled()
    assert [len(house.said(who)) for who in (CHEN, LIN, ZHOU)] == [3, 2, 2]


async def test_an_empty_page_that_promises_more_is_not_the_end(house: House) -> None:
    house.standin.kf.put_gap(KF, pages=3)
    await house.standin.customer_says(CHEN, QUESTION, ring=False)
    house.standin.kf.put_gap(KF)
    await house.standin.customer_says(LIN, QUESTION)
    await house.settled()
    assert [len(house.said(who)) for who in (CHEN, LIN)] == [1, 1]


async def test_a_cursor_that_does_not_move_ends_the_pull(house: House) -> None:
    await house.customer(QUESTION)
    before = pulls(house)
    house.standin.kf.stuck = True
    await house.standin.customer_says(CHEN, QUESTION)
    await house.settled()
    assert pulls(house) - before == 1
    house.standin.kf.stuck = False
    await house.jump(minutes=2)
    assert len(house.said(CHEN)) == 2


async def test_a_stuck_cursor_does_not_turn_history_into_questions(open_house: OpenHouse) -> None:
    """The import of a first start has not ended while WeCom says that there is more."""

    async def stuck(standin: StandIn, clock: MovableClock) -> None:
        await standin.customer_says(CHEN, QUESTION, ring=False)
        clock.jump(timedelta(hours=5))
        standin.kf.stuck = True

    async with open_house(before=stuck) as house:
        await house.settled()
        assert (await house.program.base.inbox.place(KF)).cold
        house.standin.kf.stuck = False
        await house.jump(minutes=2)
        assert [row["state"] for row in await stored(house)] == ["seen"]
        assert house.said(CHEN) == []
        assert len(await house.customer(QUESTION, LIN)) == 1


async def test_a_crash_between_the_pages_of_a_first_start_leaves_it_cold_and_goes_on_from_its_cursor(
    open_house: OpenHouse,
) -> None:
    crashed: list[asyncio.Task[Any]] = []

    async def history(standin: StandIn, clock: MovableClock) -> None:
        for number in range(6):
            await standin.customer_says(CHEN, f"{QUESTION}{number}", ring=False)
        clock.jump(timedelta(hours=2))
        await standin.customer_says(LIN, QUESTION, ring=False)
        standin.kf.page_size = 2
        crashed.append(asyncio.create_task(stop_answering(standin)))

    async def stop_answering(standin: StandIn) -> None:
        await standin.wait_for(lambda row: row.what == "kf/sync_msg")
        standin.faults.hang("kf/sync_msg", asyncio.Event())

    async with open_house(before=history) as house:
        await crashed[0]
        place = await first_page(house)
        assert place.cold
        assert place.cursor
        await house.program.stop()
        house.standin.faults.clear()
        before = house.standin.ledger.count
        await house.restart()
        await house.settled()
        assert house.said(CHEN) == []
        assert len(house.said(LIN)) == 1
        assert [row["state"] for row in await stored(house)] == ["seen"] * 6 + ["handled"]
        asked = [row.request for row in house.standin.calls("kf/sync_msg") if row.number > before]
        assert all(request["cursor"] for request in asked), "the first page was not asked for again"
        assert not (await house.program.base.inbox.place(KF)).cold


async def first_page(house: House) -> Place:
    """Where the pull stands once its first page is stored."""
    async with asyncio.timeout(5):
        while not (place := await house.program.base.inbox.place(KF)).cursor:
            pass
    return place


async def test_a_restart_answers_nothing_twice(house: House) -> None:
    for who in (CHEN, LIN):
        await house.customer(QUESTION, who)
    for _ in range(2):
        await house.reopen()
        await house.settled()
    assert [len(house.said(who)) for who in (CHEN, LIN)] == [1, 1]


async def test_a_lost_cursor_answers_nothing_twice(house: House) -> None:
    """The stand-in forgets where we are, and gives three days again: the inbox knows every one of them."""
    await house.customer(QUESTION)
    await house.program.base.inbox.accept_page(KF, Place("", False), [])
    await house.jump(minutes=2)
    assert len(house.said(CHEN)) == 1


async def test_what_came_while_the_bot_was_away_is_answered_at_the_start(house: House) -> None:
    await house.customer(QUESTION)
    await house.program.stop()
    await house.standin.customer_says(CHEN, "怎么申请退货", ring=False)
    await house.restart()
    await house.settled()
    assert len(house.said(CHEN)) == 2


async def test_a_ring_that_never_came_is_made_good_by_the_poll(house: House) -> None:
    await house.standin.customer_says(CHEN, QUESTION, ring=False)
    await house.jump(seconds=120)
    assert len(house.said(CHEN)) == 1


async def test_a_hundred_rings_at_once_pull_one_after_the_other(house: House) -> None:
    await house.settled()
    before = pulls(house)
    await house.standin.customer_says(CHEN, QUESTION, ring=False)
    await asyncio.gather(*[house.standin.ring(KF) for _ in range(100)])
    await house.settled()
    assert len(house.said(CHEN)) == 1
    assert pulls(house) - before < 20


async def test_a_moment_without_the_store_holds_a_pull_up_for_a_second(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.settled()
    failed, inbox = asyncio.Event(), house.program.base.inbox
    place = inbox.place

    async def away_once(account: str) -> Place:
        if not failed.is_set():
            failed.set()
            raise OperationalError("SELECT", None, Exception("the server is starting"))
        return await place(account)

    monkeypatch.setattr(inbox, "place", away_once)
    await house.standin.customer_says(CHEN, QUESTION)
    await failed.wait()
    await house.jump(seconds=1)
    assert len(house.said(CHEN)) == 1


async def test_a_pull_that_needs_an_operator_is_in_the_log_once_per_outage(house: House) -> None:
    """The message to operators may be refused for the same reason."""
    await house.settled()
    puller = house.program.connections.puller
    assert puller is not None
    with journal() as log:
        for _ in range(2):
            house.standin.faults.errcode("kf/sync_msg", 60020, times=None)
            house.standin.faults.errcode("message/send", 60020, times=None)
            for _ in range(3):
                assert await puller._attempt(KF) == LONGEST_RETRY
            house.standin.faults.clear()
            assert await puller._attempt(KF) is None
    assert [line["errcode"] for line in log.of("kf_pull_refused")] == [60020, 60020]


async def test_a_stop_during_a_pull_leaves_no_pull_behind(house: House) -> None:
    puller = house.program.connections.puller
    assert puller is not None
    house.standin.faults.hang("kf/sync_msg", asyncio.Event())
    puller.wake(KF)
    puller.wake(KF)
    await puller.stop()
    puller.wake(KF)
    async with asyncio.timeout(5):
        await puller.idle()


async def test_a_ring_before_the_accounts_are_known_is_no_fault_and_is_not_forgotten(
    open_house: OpenHouse,
) -> None:
    async def unlisted(standin: StandIn, _clock: MovableClock) -> None:
        standin.faults.refuse("kf/account/list", 1)

    async with open_house(before=unlisted, wecom={"kf": {"accounts": []}}) as house:
        with journal() as log:
            await house.standin.customer_says(CHEN, QUESTION)
            await house.settled()
        assert "kf_account_unknown" not in log.text
        assert house.said(CHEN) == []
        await house.program.connections.pull()
        await house.settled()
        assert len(house.said(CHEN)) == 1


async def test_a_ring_for_an_account_that_is_not_ours_is_acked_and_passed_over(house: House) -> None:
    await house.settled()
    before = pulls(house)
    with journal() as log:
        reaction = await house.standin.callbacks.post(
            house.standin.callbacks.door("kf"),
            "kf_msg_or_event",
            {"CreateTime": 1, "MsgType": "event", "Event": "kf_msg_or_event", "Token": "T", "OpenKfId": "wkElse"},
        )
        await house.settled()
    assert reaction.status == 200
    assert pulls(house) == before
    assert [line["event"] for line in log.lines] == ["kf_account_unknown"]
    assert "wkElse" not in log.text
