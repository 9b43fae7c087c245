"""A PostgreSQL that is up but takes no writes or lets us in no longer: it is waited for, and no message is lost."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs

from bot.cluster.engine import LOOK_SECONDS
from bot.process_role import ProcessRole
from bot.store.away import away, named
from bot.store.database import Database, StoreUnusable
from bot.store.postgresql import Limits
from bot.store.tables import inbox
from tests.bot.cluster.conftest import site
from tests.bot.cluster.site import Site, eventually
from tests.bot.conftest import OpenHouse
from tests.bot.house import House
from tests.bot.rough import stored
from tests.postgres import Postgres

QUESTION = "沙发和茶几之间留多少"
MANY = 3  # connections of a pool

__all__ = ["site"]


class Operator:
    """What an operator does to a store that is in use."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres

    def cut(self) -> None:
        self._postgres.server.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self._postgres.name}'"
        )

    def allow_writes(self, allowed: bool, *, cut: bool = True) -> None:
        self._postgres.server.execute(
            f"ALTER DATABASE {self._postgres.name} SET default_transaction_read_only = {'off' if allowed else 'on'}"
        )
        if cut:
            self.cut()


@pytest.fixture
def operator(postgres: Postgres) -> Operator:
    return Operator(postgres)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    made = Database.connect(postgres.url, Limits(pool=MANY))
    yield made
    await made.close()


@pytest.fixture
async def own_role(postgres: Postgres) -> AsyncIterator[str]:
    """The address of an account of the test's own that may read and write every row."""
    for statement in (
        "CREATE ROLE serving LOGIN PASSWORD 'first'",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO serving",
        "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO serving",
    ):
        postgres.execute(statement)
    yield postgres.server.url(postgres.name, "serving", "first")
    postgres.execute("DROP OWNED BY serving")
    postgres.execute("DROP ROLE serving")


async def write(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM mark"))


async def fill(database: Database) -> None:
    """Every connection of the pool stands."""
    async with database.read() as one, database.read() as two, database.read() as three:
        for each in (one, two, three):
            await each.execute(text("SELECT 1"))


# --- connections -----------------------------------------------------------------------------------------------------


async def test_after_one_refused_write_no_connection_of_the_pool_is_used_again(
    database: Database, operator: Operator
) -> None:
    operator.allow_writes(False)
    await fill(database)
    operator.allow_writes(True, cut=False)  # those that stand keep what they were told
    with pytest.raises(DBAPIError) as refused:
        await write(database)
    assert away(refused.value)
    assert named(refused.value) == "ReadOnlySQLTransactionError"
    for _ in range(MANY):
        await write(database)


async def test_a_look_at_readiness_is_enough_for_that(database: Database, operator: Operator) -> None:
    operator.allow_writes(False)
    await fill(database)
    operator.allow_writes(True, cut=False)
    with pytest.raises(StoreUnusable, match="只读"):
        await database.check()
    await database.check()
    await write(database)


async def test_a_write_in_a_view_for_reading_stays_a_defect_and_costs_no_connection(database: Database) -> None:
    await fill(database)
    before = await server_process(database)
    with pytest.raises(DBAPIError, match="read-only") as refused:
        async with database.read() as connection:
            await connection.execute(insert(inbox).values(key="k"))
    assert not away(refused.value)
    assert await server_process(database) == before


async def server_process(database: Database) -> object:
    async with database.read_single() as connection:
        return await connection.scalar(text("SELECT pg_backend_pid()"))


# --- messages --------------------------------------------------------------------------------------------------------


async def many_tries(house: House) -> None:
    """Not `house.jump`: a pull that was not stored is not idle before it is."""
    for _ in range(house.program.base.settings.work.max_tries + 2):
        house.clock.jump(timedelta(seconds=6))
        await house.program.look()
        await house.program.engine.idle()


async def answered_untried(house: House) -> bool:
    rows = await stored(house)
    return len(house.said()) == 1 and [(row["state"], row["tries"]) for row in rows] == [("handled", 0)]


async def test_a_message_whose_table_lost_its_grant_is_answered_when_it_is_granted_again(
    open_house: OpenHouse, postgres: Postgres, own_role: str
) -> None:
    async with open_house(store={"url": own_role}) as house:
        postgres.execute("REVOKE INSERT ON outbox FROM serving")
        with capture_logs() as lines:
            await house.customer(QUESTION)
            await many_tries(house)
        assert house.said() == []
        assert "handling_failed" not in {line["event"] for line in lines}
        postgres.execute("GRANT INSERT ON outbox TO serving")
        await house.jump(seconds=6)
        assert await answered_untried(house)


async def test_a_message_that_meets_a_store_without_writes_is_answered_when_it_writes_again(
    open_house: OpenHouse, postgres: Postgres, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(store={"url": postgres.url}) as house:
        engine = house.program.engine
        with monkeypatch.context() as patch:
            patch.setattr(engine, "wake", lambda _lane: None)
            await house.customer(QUESTION)
        [row] = await stored(house)
        operator.allow_writes(False)
        engine.wake(row["conversation"])
        with capture_logs() as lines:
            await many_tries(house)
        assert not [line for line in lines if line["log_level"] == "error"]
        assert "ReadOnlySQLTransactionError" in {line.get("error") for line in lines}
        assert house.said() == []
        operator.allow_writes(True, cut=False)
        await eventually(lambda: bool(house.said()), moving=house.clock)
        assert await answered_untried(house)


# --- what operators see ----------------------------------------------------------------------------------------------


async def test_the_store_counts_as_up_only_while_it_can_be_written(
    open_house: OpenHouse, postgres: Postgres, operator: Operator
) -> None:
    async with open_house(store={"url": postgres.url}) as house:
        up = lambda: house.program.base.metrics.registry.get_sample_value("fencun_store_up")  # noqa: E731
        await house.program.web.measure()
        assert up() == 1
        operator.allow_writes(False)
        with capture_logs() as lines:
            await house.program.web.measure()
            await house.program.web.measure()
        assert up() == 0
        assert lines[-1]["event"] == "queues_not_read"
        assert lines[-1]["error"] == "ReadOnlySQLTransactionError"
        operator.allow_writes(True, cut=False)
        await house.program.web.measure()
        assert up() == 1


async def test_a_password_that_was_changed_is_one_line_per_kind_of_work_and_no_defect(
    site: Site, postgres: Postgres, own_role: str, operator: Operator
) -> None:
    site.url = own_role
    with capture_logs() as lines:
        await site.start("worker", ProcessRole.WORKER)
        postgres.execute("ALTER ROLE serving PASSWORD 'second'")
        operator.cut()
        await asyncio.sleep(2 * LOOK_SECONDS + 0.5)  # the first look may meet the cut alone
        postgres.execute("ALTER ROLE serving PASSWORD 'first'")
        assert site.programs["worker"].base.cluster is not None
        await eventually(lambda: site.programs["worker"].base.cluster.session.connected)  # type: ignore[union-attr]
    assert not [line for line in lines if line["log_level"] == "error"]
    assert 1 <= sum(line["event"] == "store_away" for line in lines) <= 3
