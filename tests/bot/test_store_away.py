"""While the store is away nobody is to blame: no message counts as tried in vain, no answer as broken by a defect."""

import sqlite3
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, OperationalError
from structlog.testing import capture_logs

from bot.part import Part, Receipt
from bot.store.away import QUIET, Outage, away, named
from bot.ticker import Ticker
from handlers.turn import Channel
from tests.bot.house import CHEN, House
from tests.bot.rough import stored

QUESTION = "沙发和茶几之间留多少"


def sqlite_error(code: int) -> OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return OperationalError("INSERT", None, error)


def postgresql_error(cause: Exception, *, wrapped: bool = True) -> DBAPIError:
    outer = Exception("as SQLAlchemy's driver says it")
    outer.__cause__ = cause
    return DBAPIError("INSERT", None, outer if wrapped else cause)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_IOERR | 12 << 8),
        sqlite_error(sqlite3.SQLITE_BUSY),
        postgresql_error(asyncpg.ConnectionDoesNotExistError("closed in the middle of operation")),
        postgresql_error(asyncpg.AdminShutdownError("terminating connection")),
        postgresql_error(asyncpg.DiskFullError("no space left")),
        postgresql_error(ConnectionResetError(104, "reset"), wrapped=False),
        asyncpg.CannotConnectNowError("starting up"),
        postgresql_error(asyncpg.InvalidPasswordError("not the password"), wrapped=False),
        asyncpg.InvalidAuthorizationSpecificationError("not permitted to log in"),
        asyncpg.InvalidCatalogNameError("no such database"),
        asyncpg.ObjectNotInPrerequisiteStateError("not accepting connections"),
        postgresql_error(asyncpg.InsufficientPrivilegeError("permission denied for table delivery")),
        InvalidRequestError("This connection is closed"),
    ],
    ids=repr,
)
def test_a_store_that_is_gone_full_busy_or_closed_to_us_is_away(error: Exception) -> None:
    assert away(error)


@pytest.mark.parametrize(
    "error",
    [
        sqlite_error(sqlite3.SQLITE_ERROR),
        IntegrityError("INSERT", None, sqlite3.IntegrityError("UNIQUE")),
        postgresql_error(asyncpg.UniqueViolationError("duplicate")),
        postgresql_error(asyncpg.StringDataRightTruncationError("too long")),
        postgresql_error(asyncpg.ReadOnlySQLTransactionError("a write in a view that we made for reading")),
        ValueError("ours"),
        InvalidRequestError("A transaction is already begun"),
        OSError("a file of ours"),
    ],
    ids=repr,
)
def test_what_the_store_refuses_and_what_is_our_own_fault_is_not(error: Exception) -> None:
    assert not away(error)


def test_an_error_of_the_store_is_named_as_the_driver_names_it() -> None:
    lost = asyncpg.ConnectionDoesNotExistError("closed in the middle of operation")
    lost.__cause__ = ConnectionResetError(104, "reset")
    assert named(postgresql_error(lost)) == "ConnectionDoesNotExistError"
    assert named(postgresql_error(OSError("no route"), wrapped=False)) == "OSError"
    assert named(sqlite_error(sqlite3.SQLITE_FULL)) == "OperationalError"
    assert named(TimeoutError()) == "TimeoutError"


def test_of_a_right_that_is_missing_the_table_is_named() -> None:
    missing = asyncpg.InsufficientPrivilegeError("permission denied for table delivery")
    assert named(postgresql_error(missing)) == "InsufficientPrivilegeError: permission denied for table delivery"


GONE = postgresql_error(asyncpg.AdminShutdownError("terminating connection"))


def test_an_outage_is_one_line_however_often_it_is_met_and_the_next_one_another() -> None:
    moments = iter([0.0, 1.0, 50.0, 100.0, 100.0 + QUIET + 1])
    outage = Outage(lambda: next(moments))
    with capture_logs() as lines:
        assert all(outage.met(GONE) for _ in range(4))
        assert [line["event"] for line in lines] == ["store_away"]
        assert outage.met(GONE)
    assert [line["event"] for line in lines] == ["store_away"] * 2
    assert not any("exc_info" in line for line in lines)


async def test_what_meets_a_store_that_is_away_leaves_no_traceback_and_a_defect_does() -> None:
    errors = iter([GONE, GONE, ValueError("ours")])

    async def job() -> None:
        raise next(errors)

    ticker = Ticker()
    ticker.add("one", 1, job)
    ticker.add("two", 1, job)
    ticker.add("three", 1, job)
    with capture_logs() as lines:
        await ticker.run_all()
    assert [line["event"] for line in lines] == ["store_away", "tick_failed"]
    assert lines[-1]["job"] == "three"


class Away:
    """A library that needs the store, which is away so many times."""

    def __init__(self, library: Any, times: int) -> None:
        self._library = library
        self._times = times

    async def answer(self, *asked: Any, **given: Any) -> Any:
        if self._times:
            self._times -= 1
            raise sqlite_error(sqlite3.SQLITE_FULL)
        return await self._library.answer(*asked, **given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


async def test_a_message_that_meets_a_store_that_is_away_again_and_again_is_answered_when_it_is_back(
    house: House,
) -> None:
    more_than_enough = house.program.base.settings.work.max_tries + 2
    librarian = house.program.librarian
    librarian._library = Away(librarian.library, more_than_enough)  # type: ignore[assignment]
    await house.customer(QUESTION)
    for _ in range(more_than_enough):
        await house.jump(seconds=6)
    assert len(house.said()) == 1
    [row] = await stored(house)
    assert (row["state"], row["tries"]) == ("handled", 0)


async def test_an_answer_whose_token_could_not_be_read_leaves_when_the_store_is_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = house.program.connections.channels[Channel.KF]
    real, failures = channel.send, [2]

    async def send(part: Part) -> Receipt:
        if failures[0]:
            failures[0] -= 1
            raise postgresql_error(asyncpg.ConnectionDoesNotExistError("closed in the middle of operation"))
        return await real(part)

    monkeypatch.setattr(channel, "send", send)
    await house.customer(QUESTION, CHEN)
    for _ in range(3):
        await house.jump(seconds=6)
    assert len(house.said()) == 1
    async with house.program.base.database.read() as connection:
        ends = (await connection.execute(text("SELECT state FROM outbox WHERE klass = 'reply'"))).scalars().all()
    assert set(ends) == {"sent"}
