"""What the processes of a site show of themselves."""

from math import isnan

from sqlalchemy import text

from bot.process_role import ProcessRole
from bot.reception import Reception
from tests.bot.cluster.site import Site, eventually

QUESTION = "沙发和茶几之间留多少"


def figure(program: Reception, name: str) -> float:
    return program.base.metrics.registry.get_sample_value(f"fencun_{name}") or 0.0


async def test_of_all_clocks_one_leads_and_every_session_is_up(site: Site) -> None:
    one, two = await site.start("one", ProcessRole.CLOCK), await site.start("two", ProcessRole.CLOCK)
    await eventually(lambda: figure(one, "leads") + figure(two, "leads") == 1)
    assert figure(one, "session_up") == figure(two, "session_up") == 1
    assert one.base.cluster is not None
    await one.base.cluster.session.stop()
    await eventually(lambda: figure(two, "leads") == 1 and figure(one, "leads") == 0)
    assert figure(one, "session_up") == 0


async def test_what_nobody_was_called_for_is_counted(site: Site) -> None:
    web = await site.start("web", ProcessRole.WEB)
    worker = await site.start("worker", ProcessRole.WORKER)
    assert web.base.cluster is not None
    await web.base.cluster.session.stop()
    await site.standin.employee_says("lihua", QUESTION)
    await eventually(lambda: bool(site.handled("worker")))
    assert figure(worker, "lanes_found_total") >= 1


async def test_a_lane_that_another_process_has_is_left_and_counted(site: Site) -> None:
    worker = await site.start("worker", ProcessRole.WORKER)
    other = await site.start("other", ProcessRole.CLOCK)
    assert other.base.cluster is not None
    lane = "app:1000002::lihua"
    assert await other.base.cluster.session.try_lock(lane)
    worker.engine.wake(lane)
    await eventually(lambda: figure(worker, "lanes_refused_total") >= 1)
    await other.base.cluster.session.unlock(lane)


async def test_a_clock_without_an_index_is_not_ready_and_a_web_asks_none(site: Site) -> None:
    none = {"guides": site.folder / "none", "index": site.folder / "i", "vectors": str(site.folder / "c")}
    for role, ready in ((ProcessRole.CLOCK, 0), (ProcessRole.WEB, 1)):
        program = await site.start(role, role, knowledge=none)
        await program.web.measure()
        assert figure(program, "ready") == ready, role
        assert isnan(figure(program, "vectors_up")), role


async def test_every_process_shows_the_same_store(site: Site) -> None:
    web = await site.start("web", ProcessRole.WEB)
    clock = await site.start("clock", ProcessRole.CLOCK)
    await site.standin.employee_says("lihua", QUESTION)
    async with clock.base.database.read() as connection:
        waiting = await connection.scalar(text("SELECT count(*) FROM inbox WHERE state = 'new'"))
    for program in (web, clock):
        await program.web.measure()
        assert figure(program, "items_waiting") == waiting == 1
    await site.start("worker", ProcessRole.WORKER)
    await eventually(lambda: bool(site.handled("worker")))
