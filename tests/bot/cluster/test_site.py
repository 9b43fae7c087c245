"""What holds when web, workers and clocks are processes of their own."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.arrival import Address, Arrival
from bot.process_role import ProcessRole
from bot.sandbox.run import settings_for
from handlers.turn import Channel, Kind
from tests.bot.cluster.site import Site, eventually
from tests.bot.house import CHEN, KF, LIN, ZHOU
from tests.bot.rough import ask
from tests.postgres import Postgres

QUESTION = "沙发和茶几之间留多少"
WEB, WORKER, CLOCK = ProcessRole.WEB, ProcessRole.WORKER, ProcessRole.CLOCK


def unconnected(site: Site, name: str) -> dict[str, object]:
    """Settings in which an AI bot's long connection never comes about."""
    wecom: dict[str, Any] = settings_for(site.standin, site.folder, site.shelf.guides, 0)["wecom"]
    (bot,) = (each for each in wecom["aibots"] if each["name"] == name)
    return wecom | {"aibots": [bot | {"ws_url": "ws://127.0.0.1:9/ws"}]}  # nobody listens there


async def test_the_web_takes_in_and_a_worker_answers(site: Site) -> None:
    await site.start("web", WEB)
    await site.start("worker", WORKER)
    await site.standin.customer_says(CHEN, QUESTION)
    await eventually(lambda: len(site.said(CHEN)) == 1)
    assert (site.handled("web"), site.handled("worker")) == (0, 1)


async def test_two_workers_answer_everybody_once_and_in_order(site: Site) -> None:
    await site.start("web", WEB)
    await site.start("one", WORKER)
    await site.start("two", WORKER)
    for number in range(4):
        for who in (CHEN, LIN, ZHOU):
            await site.standin.customer_says(who, f"/nothing {number}" if number % 2 else f"{QUESTION}{number}")
        site.clock.jump(timedelta(seconds=61))  # WeCom's 30 a minute
    await eventually(lambda: site.handled("one") + site.handled("two") == 12)
    async with site.programs["one"].base.database.read() as connection:
        handled = (await connection.execute(text("SELECT conversation, id FROM inbox ORDER BY handled_at, id"))).all()
    for who in (CHEN, LIN, ZHOU):
        mine = [row.id for row in handled if row.conversation.endswith(who)]
        assert mine == sorted(mine)
        assert len(mine) == 4
    sent = [call.request["msgid"] for call in site.standin.calls("kf/send_msg")]
    assert len(sent) == len(set(sent))


async def test_what_nobody_was_called_for_is_found(site: Site) -> None:
    """The web had no connection to call with: the item lies in the store, and a worker finds it."""
    web = await site.start("web", WEB)
    await site.start("worker", WORKER)
    assert web.base.cluster is not None
    await web.base.cluster.session.stop()
    await site.standin.employee_says("lihua", QUESTION)
    await eventually(lambda: bool(site.handled("worker")))


async def test_what_waits_for_an_ai_bot_without_connection_hides_nothing_that_nobody_was_called_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cluster.engine.AT_ONCE", 2)
    web = await site.start("web", WEB)
    for person in ("p0", "p1", "p2"):
        address = Address(Channel.AIBOT, "live", "", person)
        await web.base.inbox.accept(Arrival(person, address, Kind.TEXT, QUESTION, site.clock.now()))
    worker = await site.start("worker", WORKER, wecom=unconnected(site, "live"))
    assert web.base.cluster is not None
    await web.base.cluster.session.stop()
    await site.standin.employee_says("lihua", QUESTION)
    await eventually(lambda: bool(site.handled("worker")))
    assert await worker.base.inbox.waiting() == 3


async def test_a_worker_that_died_leaves_its_conversation_to_another(site: Site, postgres: Postgres) -> None:
    await site.start("web", WEB)
    first = await site.start("one", WORKER)
    gone_on = asyncio.Event()
    site.standin.faults.hang("kf/send_msg", gone_on)
    await site.standin.customer_says(CHEN, QUESTION)
    await eventually(lambda: bool(site.handled("one")))
    # Its connections are cut, as the kernel does for a process that is killed.
    assert first.base.cluster is not None
    await first.base.cluster.session.stop()
    await site.start("two", WORKER)
    gone_on.set()
    await eventually(lambda: len(site.said(CHEN)) == 1)
    assert len({call.request["msgid"] for call in site.standin.calls("kf/send_msg")}) == 1


async def test_one_token_is_fetched_for_all(site: Site) -> None:
    await site.start("web", WEB)
    one, two = await site.start("one", WORKER), await site.start("two", WORKER)
    before = len(site.standin.calls("gettoken"))
    secret = site.standin.world.app.secret
    tokens = await asyncio.gather(*(each.connections.client.token(secret) for each in (one, two) for _ in range(5)))
    assert len(set(tokens)) == 1
    assert len(site.standin.calls("gettoken")) - before <= 1
    async with one.base.database.read() as connection:
        stored = (await connection.execute(text("SELECT value FROM access_token"))).scalars().all()
    assert stored
    assert all(tokens[0] not in value for value in stored)


async def test_of_two_clocks_one_ticks_and_the_other_takes_over_within_five_seconds(
    site: Site, postgres: Postgres
) -> None:
    one, two = await site.start("one", CLOCK), await site.start("two", CLOCK)
    led, follows = one.running.leadership, two.running.leadership
    assert led is not None
    assert follows is not None
    await eventually(lambda: led.leads or follows.leads)
    if follows.leads:
        (one, led), (two, follows) = (two, follows), (one, led)
    assert not follows.leads
    assert one.base.cluster is not None
    await one.base.cluster.session.stop()
    await eventually(lambda: follows.leads, seconds=5)
    await eventually(lambda: not led.leads, seconds=5)


async def test_a_restart_of_the_server_is_survived_by_all(site: Site, postgres: Postgres) -> None:
    await site.start("web", WEB)
    await site.start("worker", WORKER)
    await site.start("clock", CLOCK)
    await site.standin.customer_says(CHEN, QUESTION)
    await eventually(lambda: len(site.said(CHEN)) == 1)
    postgres.server.restart()  # in this thread: the server ends with the one that started it
    site.clock.jump(timedelta(minutes=1))
    await site.standin.customer_says(CHEN, QUESTION)
    await eventually(lambda: len(site.said(CHEN)) == 2, moving=site.clock)
    led = site.programs["clock"].running.leadership
    assert led is not None
    await eventually(lambda: led.leads)


async def test_a_process_without_doors_has_none(site: Site) -> None:
    worker = await site.start("worker", WORKER)
    site.standin.world.bot_url = f"http://127.0.0.1:{worker.running.port}"

    class _House:
        standin = site.standin

    for path in ("/wecom/app", "/wecom/kf"):
        assert (await ask(_House(), "POST", path, b"<xml/>")).status == 404  # type: ignore[arg-type]
    assert (await ask(_House(), "GET", "/healthz")).status == 200  # type: ignore[arg-type]


async def test_a_kf_ring_at_the_web_is_pulled_by_one_worker(site: Site) -> None:
    await site.start("web", WEB)
    await site.start("one", WORKER)
    await site.start("two", WORKER)
    await eventually(lambda: len(site.standin.calls("kf/sync_msg")) >= len(site.standin.world.kf.accounts))
    await site.standin.customer_says(CHEN, QUESTION)
    await eventually(lambda: len(site.said(CHEN)) == 1)
    assert site.standin.kf_chat(KF, CHEN)
