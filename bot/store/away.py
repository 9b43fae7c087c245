"""Whether an error says that the store itself was not there, full or too busy, whatever it was asked."""

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

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
)


def away(error: BaseException) -> bool:
    """True where the same may succeed once the store is back; then it says nothing about what was being done."""
    if isinstance(error, (PoolEmpty, *_POSTGRESQL)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE  # the low byte is the kind
    # SQLAlchemy puts an error of its own around the driver's; connecting may fail with the system's.
    return error.connection_invalidated or any(isinstance(each, (*_POSTGRESQL, OSError)) for each in _chain(cause))


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__
    return found
