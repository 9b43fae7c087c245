"""What /metrics shows of queues, deadlines and calls, and that it shows nobody."""

import asyncio
from datetime import timedelta
from math import inf, isnan

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy.exc import OperationalError

from bot import measuring
from bot.arrival import Address, Arrival
from bot.store import marks
from bot.store.queues import BACKUP
from bot.web import routes
from handlers.turn import Channel, Kind
from tests.bot.house import CHEN, KF, House
from tests.bot.rough import ask

QUESTION = "沙发和茶几之间留多少"


def figure(house: House, name: str, **labels: str) -> float:
    """A sample as /metrics shows it; nought for a counter that has not begun."""
    registry: CollectorRegistry = house.program.base.metrics.registry
    return registry.get_sample_value(f"fencun_{name}", labels) or 0.0


async def looked(house: House) -> House:
    await house.program.web.measure()
    return house


async def test_an_answer_is_counted_and_timed_and_so_are_its_calls(house: House) -> None:
    await house.customer(QUESTION)
    assert figure(house, "reply_seconds_count", channel="kf") == 1
    assert figure(house, "parts_ended_total", state="sent", klass="reply", channel="kf") == 1
    assert figure(house, "wecom_calls_total", api="kf/send_msg", errcode="0") == 1
    assert figure(house, "wecom_seconds_count", api="kf/send_msg") == 1
    assert figure(house, "wecom_calls_total", api="gettoken", errcode="0") >= 1
    assert figure(house, "kf_lag_seconds_count") == 1
    assert figure(house, "transaction_seconds_count") > 0


async def test_what_nobody_has_handled_shows_with_its_age(house: House) -> None:
    base = house.program.base
    arrival = Arrival("unheard", Address(Channel.KF, KF, "", CHEN), Kind.TEXT, QUESTION, base.clock.now())
    await base.inbox.accept(arrival)  # and nobody is woken
    house.clock.jump(timedelta(seconds=90))
    await looked(house)
    assert (figure(house, "items_waiting"), figure(house, "oldest_item_seconds")) == (1, 90)


async def test_an_answer_that_cannot_leave_shows_with_its_age_and_errcode(house: House) -> None:
    house.standin.faults.errcode("kf/send_msg", 45009)
    await house.customer(QUESTION)
    house.clock.jump(timedelta(seconds=50))  # before it is tried again
    await looked(house)
    assert figure(house, "parts", state="ready", klass="reply") == 1
    assert figure(house, "oldest_part_seconds", klass="reply") == 50
    assert figure(house, "wecom_calls_total", api="kf/send_msg", errcode="45009") >= 1


async def test_a_member_who_waits_too_long_for_a_colleague_is_overdue_until_one_speaks(house: House) -> None:
    await house.customer("转人工")
    await looked(house)
    assert figure(house, "first_replies_overdue") == 0
    assert figure(house, "pages_unacked") >= 1
    house.clock.jump(timedelta(minutes=5))
    await looked(house)
    assert figure(house, "first_replies_overdue") == 1
    assert figure(house, "tickets", state="open") + figure(house, "tickets", state="taken") == 1


async def test_the_age_of_the_backup_is_known_and_infinite_before_the_first(house: House) -> None:
    await looked(house)
    assert figure(house, "backup_age_seconds") == inf
    base = house.program.base
    async with base.database.write() as connection:
        await marks.set_mark(connection, BACKUP, True, base.clock.now())
    house.clock.jump(timedelta(hours=3))
    await looked(house)
    assert figure(house, "backup_age_seconds") == 3 * 3600


async def test_a_store_that_does_not_answer_is_said_and_nothing_old_is_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise OperationalError("SELECT 1", None, Exception("gone"))

    await looked(house)
    assert figure(house, "store_up") == 1
    monkeypatch.setattr(measuring, "queues", gone)
    answered = await ask(house, "GET", "/metrics")
    assert answered.status == 200
    assert "fencun_store_up 0.0" in answered.text
    assert "fencun_parts{" not in answered.text
    assert isnan(figure(house, "items_waiting"))


async def test_ready_is_what_readyz_says(house: House) -> None:
    await looked(house)
    assert figure(house, "ready") == 1
    house.program.librarian.close()
    await looked(house)
    assert figure(house, "ready") == 0
    assert isnan(figure(house, "vectors_up"))


async def test_a_look_does_not_wait_for_a_readiness_that_hangs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hangs() -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(routes, "READY_PATIENCE", 0.05)
    monkeypatch.setattr(house.program.web, "_behind", hangs)
    async with asyncio.timeout(5):
        await looked(house)
    assert figure(house, "ready") == 0


async def test_one_that_is_alone_is_the_clock_and_has_no_session(house: House) -> None:
    await looked(house)
    assert figure(house, "leads") == figure(house, "ready") == 1
    assert isnan(figure(house, "session_up"))
    assert figure(house, "build_info", version="0.1.0", role="all") == 1
    assert figure(house, "index_age_seconds") >= 0


async def test_nobody_and_no_text_is_on_the_page(house: House) -> None:
    await house.customer(QUESTION)
    await house.customer("转人工")
    await house.colleague("/status")
    page = (await ask(house, "GET", "/metrics")).text
    world = house.standin.world
    shown = [word for word in (CHEN, KF, "lihua", "wangwei", QUESTION, "沙发", world.app.secret) if word in page]
    assert shown == []


@pytest.mark.both_stores
async def test_the_figures_are_read_on_either_store(house: House) -> None:
    await house.customer(QUESTION)
    await looked(house)
    assert (figure(house, "store_up"), figure(house, "items_waiting")) == (1, 0)
