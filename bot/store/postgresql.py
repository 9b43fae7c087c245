"""PostgreSQL through asyncpg: limits on every side, so that neither a lost peer nor a slow query holds anybody up."""

import hashlib
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import String, event
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

CONNECT_SECONDS = 5
LOCK_SECONDS = 10  # a row or advisory lock of somebody else is waited for no longer
RECYCLE_SECONDS = 1800
IDLE_SECONDS = 0.1  # a server takes longer to come back
GRACE_SECONDS = 5  # what the server gets to end a statement by itself before we end the connection

# Fails as a write would where the server stands by for another one, or our account or database may only read: asking
# for the setting instead would leave the connection in the pool.
MUST_WRITE = """
DO $$ BEGIN
    IF current_setting('transaction_read_only') = 'on' THEN RAISE read_only_sql_transaction; END IF;
END $$
"""

# Seconds until a peer that does not answer counts as gone: the first probe, between probes, probes.
KEEPALIVE = (15, 5, 3)


@dataclass(frozen=True, slots=True)
class Limits:
    """`pool` connections of one process at most; a statement may take `statement_seconds`."""

    pool: int = 10
    statement_seconds: int = 30


def engines(url: URL, limits: Limits) -> tuple[AsyncEngine, AsyncEngine]:
    """The engine that writes (READ COMMITTED) and the one that reads as of one moment; they share their connections."""
    writer = create_async_engine(
        url,
        async_creator=_creator(url, limits.statement_seconds),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=limits.pool,
        max_overflow=0,
        pool_timeout=limits.statement_seconds,
        pool_use_lifo=True,  # a few in steady use rather than all of them now and then
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
    )
    _ping_the_idle(writer)
    _leave_who_takes_no_writes(writer)
    return writer, writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def single(engine: AsyncEngine) -> AsyncEngine:
    """The same connections without BEGIN and COMMIT: each statement is a transaction of its own."""
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _ping_the_idle(engine: AsyncEngine) -> None:
    """A connection that lay idle is asked whether it still stands. One in steady use costs no round trip for that: when
    the server has gone, the first statement says so and the pool is emptied."""

    def back(_connection: Any, record: Any) -> None:
        record.info["back_at"] = time.monotonic()

    def out(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("back_at", 0.0) < IDLE_SECONDS:
            return
        try:
            connection.ping()
        except Exception as error:
            raise DisconnectionError from error

    event.listen(engine.sync_engine, "checkin", back)
    event.listen(engine.sync_engine, "checkout", out)


def _leave_who_takes_no_writes(engine: AsyncEngine) -> None:
    """A session keeps what it was told at its beginning, and one with a standby stays there. Where one that should
    write met that, the whole pool is renewed: as soon as the server writes again, or another one does, so do we."""

    def met(context: ExceptionContext) -> None:
        options = context.connection.get_execution_options() if context.connection is not None else {}
        said = getattr(context.original_exception, "sqlstate", None)
        # In a view that we made for reading it is a defect of ours, and the connection as good as before.
        if said == asyncpg.ReadOnlySQLTransactionError.sqlstate and not options.get("postgresql_readonly"):
            context.is_disconnect = True

    event.listen(engine.sync_engine, "handle_error", met)


def unlimited(url: URL) -> AsyncEngine:
    """An engine without a pool and without time limits, for migrations and copies."""
    return create_async_engine(url, async_creator=_creator(url, None), poolclass=NullPool, hide_parameters=True)


def key(*words: str) -> int:
    """The number of the advisory lock that these words name: 64 bits with a sign, the same in every process."""
    return int.from_bytes(hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).digest(), signed=True)


def dsn(url: URL) -> str:
    """The address as asyncpg takes it, which is as libpq does: sslmode, several hosts and more may stand in it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _creator(url: URL, statement_seconds: int | None) -> Callable[[], Awaitable[Any]]:
    address = dsn(url)
    settings = _settings(statement_seconds)
    cut = None if statement_seconds is None else statement_seconds + GRACE_SECONDS

    async def connect() -> Any:
        try:
            connection = await asyncpg.connect(
                address, timeout=CONNECT_SECONDS, command_timeout=cut, server_settings=settings
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            # Without the statement SQLAlchemy would pass these on bare, and nobody who stores waits for them.
            raise OperationalError("connect", None, error, hide_parameters=True) from error
        _keep_alive(connection)
        return connection

    return connect


def _settings(statement_seconds: int | None) -> dict[str, str]:
    """What the server is told for the whole session. It notices a dead client too, and lets go of its locks."""
    idle, interval, count = KEEPALIVE
    settings = {
        "application_name": "fencun",
        "timezone": "UTC",
        "synchronous_commit": "on",  # what is acknowledged survives power loss, whatever the server's default is
        "tcp_keepalives_idle": str(idle),
        "tcp_keepalives_interval": str(interval),
        "tcp_keepalives_count": str(count),
        "tcp_user_timeout": str((idle + interval * count) * 1000),
    }
    if statement_seconds is not None:
        settings["statement_timeout"] = str(statement_seconds * 1000)
        settings["lock_timeout"] = str(min(LOCK_SECONDS, statement_seconds) * 1000)
        settings["idle_in_transaction_session_timeout"] = str(statement_seconds * 2 * 1000)
    return settings


def _keep_alive(connection: Any) -> None:
    """A server that vanished without a word is noticed while we wait for it."""
    transport = connection._transport  # asyncpg has no other way to it
    raw = transport.get_extra_info("socket") if transport is not None else None
    if raw is None or raw.family not in (socket.AF_INET, socket.AF_INET6):
        return
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), KEEPALIVE, strict=True):
        if hasattr(socket, name):
            raw.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def explain(url: URL, error: BaseException) -> str:
    """What happened and what to do. Nothing of the address but host and database; never the password."""
    cause = _cause(error)
    place = where(url)
    if isinstance(cause, asyncpg.TooManyConnectionsError):
        return f"数据库 {place} 的连接已满。没有写入任何内容。{_limit(url, cause)}"
    for kinds, words in SAID:
        if isinstance(cause, kinds):
            return words.format(where=place, user=url.username or "")
    first = (str(cause).splitlines() or [""])[0]
    name = type(cause).__name__
    return f"数据库 {place} 用不了（{name}：{first}）。已有的数据没有动。请检查 [store] url 和数据库的日志。"


def collided(error: DBAPIError) -> bool:
    """Whether two transactions waited for each other and this one was ended for it: it may be tried again."""
    return str(getattr(error.orig, "sqlstate", "")) == str(asyncpg.DeadlockDetectedError.sqlstate)


def where(url: URL) -> str:
    """Host and database. SQLAlchemy reads to the first `@`, so a password that is not encoded goes on in them: what
    stands before the last `@` is left out."""
    return f"{url.host or '本机'}/{url.database or ''}".rpartition("@")[2]


def _limit(url: URL, error: asyncpg.TooManyConnectionsError) -> str:
    """Which limit was reached, and what to do. The server's words may be in any language, its functions are not; what
    stands between us and the server may say no function."""
    function, said = getattr(error, "server_source_function", None), str(error)
    if function == "InitializeSessionUserId" or "for role" in said:
        wider = f"账号 {url.username} 的上限（ALTER ROLE {url.username} CONNECTION LIMIT …）"
    elif function == "CheckMyDatabase" or "for database" in said:
        wider = f"这个库的上限（ALTER DATABASE {url.database} CONNECTION LIMIT …）"
    else:
        wider = "服务器的 max_connections"
    return f"请调小 [store] pool，或调大{wider}。"


def _cause(error: BaseException) -> BaseException:
    """The driver's own error below what SQLAlchemy made of it."""
    seen: BaseException = error
    while True:
        below = getattr(seen, "orig", None) or (seen.__cause__ if not isinstance(seen, asyncpg.PostgresError) else None)
        if below is None:
            return seen
        seen = below


@compiles(String, "postgresql")
def _without_limit(_type: String, _compiler: Any, **_options: Any) -> str:
    """As on SQLite no length is enforced: what is too long is cut where it is made, or kept whole."""
    return "VARCHAR"


SAID: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    (
        (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError),
        "数据库 {where} 不让账号 {user} 登录。没有写入任何内容。请检查 [store] url 里的账号和密码，以及 pg_hba.conf。",
    ),
    (
        (asyncpg.InvalidCatalogNameError,),
        "数据库 {where} 不存在。没有写入任何内容。请先建库（CREATE DATABASE），或改 [store] url。",
    ),
    (
        (asyncpg.ReadOnlySQLTransactionError,),
        "数据库 {where} 是只读的，可能连到了备库。没有写入任何内容。请把 [store] url 改成主库的地址。",
    ),
    (
        (asyncpg.InsufficientPrivilegeError,),
        "账号 {user} 在数据库 {where} 里权限不够。没有写入任何内容。请按 docs/operations.md 的 PostgreSQL 一节授权。",
    ),
    (
        (asyncpg.CannotConnectNowError,),
        "数据库 {where} 正在启动或关闭，请稍后再试。没有写入任何内容。",
    ),
    (
        (asyncpg.DiskFullError,),
        "数据库 {where} 的磁盘满了。已有的数据没有动。请清理磁盘。",
    ),
    (
        (OSError, TimeoutError, asyncpg.PostgresConnectionError),
        "连不上数据库 {where}。没有写入任何内容。请检查数据库是否在运行、[store] url 和网络。",
    ),
)
