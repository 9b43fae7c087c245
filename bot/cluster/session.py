"""One connection of our own to PostgreSQL: its advisory locks end with it, and on it we hear what others call out.

A lock of a killed process is gone as soon as its connection is; nothing has to expire first. A call (NOTIFY) is a hint
only: who was not connected missed it, so whoever relies on calls looks at the store as well.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import structlog
from sqlalchemy.engine import URL

from bot.store.postgresql import dsn, key

log = structlog.get_logger()

CHANNEL = "fencun"
LONGEST_CALL = 7000  # bytes of a payload; PostgreSQL takes 7,999
TOGETHER = 0.005  # seconds in which calls are gathered into one
ANSWER_SECONDS = 3.0  # for one statement; a server that is slower counts as gone
BEAT_SECONDS = 2.0
BACK_OFF = 0.5  # seconds between two tries to connect
SILENT_SECONDS = 15  # after which the server ends a session, and with it its locks: a live one beats far more often

# A lock of 64 bits is shown in two halves.
_HELD = """
SELECT array_agg(DISTINCT key) FROM (
    SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS held WHERE key = ANY($1::bigint[])
"""

Heard = Callable[[str], None]
Failures = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


class Session:
    """`start` it once; it connects again by itself. `epoch` counts connections: locks of an earlier one are gone.

    `heard` is called with each call of others, and `back` when a new connection stands, for what was missed.
    """

    def __init__(self, url: URL, application: str) -> None:
        self._url = url
        self._application = application
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()  # asyncpg runs one statement at a time
        self._gone = asyncio.Event()
        self._staying: asyncio.Task[None] | None = None
        self._calls: dict[str, None] = {}  # in order, each once
        self._calling: asyncio.Task[None] | None = None
        self._heard: list[Heard] = []
        self._back: list[Callable[[], None]] = []
        self._told = False  # that there is no server: once, until there is one again
        self.epoch = 0

    @property
    def connected(self) -> bool:
        return self._connection is not None

    def listen(self, heard: Heard, back: Callable[[], None]) -> None:
        """Hear calls. Our own are not heard."""
        self._heard.append(heard)
        self._back.append(back)

    async def start(self) -> None:
        """Connect, and stay so until `stop`. A server that is not there yet is waited for in the background."""
        with suppress(*Failures):
            await self._connect()
        self._staying = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        if self._calling is not None:
            await asyncio.gather(self._calling, return_exceptions=True)
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*Failures):
                await connection.close(timeout=ANSWER_SECONDS)

    async def try_lock(self, name: str) -> bool:
        """Take the lock unless another process has it; never take one twice. False also while there is no server."""
        return bool(await self._ask("SELECT pg_try_advisory_lock($1)", key("cluster", name)))

    async def unlock(self, name: str) -> None:
        """Give it back. Without the connection it is gone already."""
        await self._ask("SELECT pg_advisory_unlock($1)", key("cluster", name))

    async def held(self, names: Iterable[str]) -> set[str]:
        """Which of these locks any process has, ours among them."""
        keys = {key("cluster", name): name for name in names}
        found = await self._ask(_HELD, list(keys))
        return {keys[each] for each in found or ()}

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether this process has the lock inside the block."""
        ours = await self.try_lock(name)
        try:
            yield ours
        finally:
            if ours:
                await self.unlock(name)

    def call(self, text: str) -> None:
        """Tell the other processes soon. Never fails, may be lost."""
        self._calls[text] = None
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call())

    async def _call(self) -> None:
        while self._calls:
            await asyncio.sleep(TOGETHER)
            calls, self._calls = self._calls, {}
            for payload in payloads(calls):
                await self._ask("SELECT pg_notify($1, $2)", CHANNEL, payload)

    async def _ask(self, statement: str, *values: object) -> Any:
        async with self._turn:
            connection = self._connection
            if connection is None:
                return None
            try:
                return await connection.fetchval(statement, *values, timeout=ANSWER_SECONDS)
            except Failures as error:
                log.warning("cluster_session_broke", error=type(error).__name__)
                self._lose(connection)
                return None

    async def _stay(self) -> None:
        while True:
            if self._connection is None:
                await self._try_again()
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), BEAT_SECONDS)
            await self._ask("SELECT 1")

    async def _try_again(self) -> None:
        try:
            await self._connect()
        except Failures as error:
            if not self._told:
                log.warning("cluster_session_not_connected", error=type(error).__name__)
            self._told = True
            await asyncio.sleep(BACK_OFF)

    async def _connect(self) -> None:
        connection = await asyncpg.connect(
            dsn(self._url),
            timeout=ANSWER_SECONDS,
            statement_cache_size=20,
            server_settings={
                "application_name": self._application,
                # A machine that vanished keeps its locks only as long as the server thinks it lives.
                "tcp_keepalives_idle": "3",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "2",
                # So does a process that hangs or was stopped, whose machine still answers for it.
                "idle_session_timeout": str(SILENT_SECONDS * 1000),
            },
        )
        connection.add_termination_listener(self._lose)
        try:
            await connection.add_listener(CHANNEL, self._hear)
        except Failures:
            connection.terminate()  # a standby lets us in, but not listen: each try would leave a connection behind
            raise
        self._gone.clear()
        self._connection = connection
        self._told = False
        self.epoch += 1
        log.info("cluster_session", epoch=self.epoch)
        for back in self._back:
            back()

    def _lose(self, connection: object) -> None:
        if self._connection is not connection:
            return
        self._connection = None
        self._gone.set()
        if isinstance(connection, asyncpg.Connection) and not connection.is_closed():
            connection.terminate()

    def _hear(self, connection: Any, pid: int, _channel: str, payload: object) -> None:
        if pid == connection.get_server_pid():
            return
        for text in json.loads(str(payload)):
            for heard in self._heard:
                heard(text)


def payloads(calls: Iterable[str]) -> Iterator[str]:
    """The calls as lists in JSON, each short enough for one NOTIFY; one that is too long alone is left out."""
    together: list[str] = []
    size = 2
    for call in calls:
        more = len(json.dumps(call)) + 2
        if size + more > LONGEST_CALL and together:
            yield json.dumps(together)
            together, size = [], 2
        if more <= LONGEST_CALL:
            together.append(call)
            size += more
    if together:
        yield json.dumps(together)
