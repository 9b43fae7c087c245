"""Whether an error says that the store itself was not there, full, too busy or closed to us, whatever it was asked."""

import sqlite3
import time
from collections.abc import Callable

import asyncpg
import structlog
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolEmpty

log = structlog.get_logger()

QUIET = 60.0  # seconds without an error after which the next one is another outage
_SQLITE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    )
)
_POSTGRESQL = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,  # shut down, starting up, a statement that took too long
    asyncpg.InsufficientResourcesError,  # disk full, no connection left
    asyncpg.TransactionRollbackError,  # a deadlock: the other side went on
    asyncpg.LockNotAvailableError,
    # What an operator has closed to us and will open: no message is to blame, and the next server may let us in.
    asyncpg.InvalidAuthorizationSpecificationError,  # a new password, NOLOGIN, pg_hba.conf
    asyncpg.InvalidCatalogNameError,  # the database is renamed or being restored
    asyncpg.ObjectNotInPrerequisiteStateError,  # ALLOW_CONNECTIONS false
    asyncpg.InsufficientPrivilegeError,  # a GRANT is missing
)


def away(error: BaseException) -> bool:
    """True where the same may succeed once the store is back; then it says nothing about what was being done."""
    if isinstance(error, (PoolEmpty, *_POSTGRESQL)) or _pool_gave_up(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE  # the low byte is the kind
    # SQLAlchemy puts an error of its own around the driver's; connecting may fail with the system's. Where a server
    # turned out to take no writes its connection is invalidated (`postgresql`); a write in a view of ours is a defect.
    return error.connection_invalidated or any(isinstance(each, (*_POSTGRESQL, OSError)) for each in _chain(cause))


def named(error: BaseException) -> str:
    """The class of the driver's own error, which says what happened; those around it say only that something did.

    Of a right that is missing the server's sentence, too: it names a table or a schema, never what stands in it.
    """
    inner = _chain(error.orig) if isinstance(error, DBAPIError) else []
    driver = [each for each in inner if isinstance(each, (asyncpg.PostgresError, asyncpg.InterfaceError))]
    said = [*driver, *inner, error][0]
    name = type(said).__name__
    return f"{name}: {said.args[0]}" if isinstance(said, asyncpg.InsufficientPrivilegeError) else name


def _pool_gave_up(error: BaseException) -> bool:
    """No connection of the pool stood, nor did those opened instead: SQLAlchemy has no class of its own for that."""
    return type(error) is InvalidRequestError and str(error) == "This connection is closed"


class Outage:
    """What meets a store that is away says so in one line per outage; every other error stays a defect to be told."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: a clock that only goes forward."""
        self._seconds = seconds
        self._last: float | None = None

    def met(self, error: BaseException) -> bool:
        """Whether `error` will pass with the outage. The first one after QUIET seconds without any is logged."""
        if not away(error):
            return False
        now = self._seconds()
        if self._last is None or now - self._last > QUIET:
            log.warning("store_away", error=named(error))
        self._last = now
        return True


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__
    return found
