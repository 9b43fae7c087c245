"""Open connections: how many one source may hold, and how long one may take to say what it wants.

aiohttp limits the size of a head and waits for ever for its end. Here a connection is counted before aiohttp sees it,
and one that has not brought a complete head in time is cut off.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from aiohttp import web

from bot.web.connection import Connection
from bot.web.sources import UNKNOWN, Sources

IDLE = 90.0  # seconds between two requests; proxies close theirs after 60
EVERY = 1.0  # seconds between two looks at who is late

Now = Callable[[], float]


class ConnectionLimits:
    """`per_source` connections at most, `head` seconds for each one's first head. `now` counts in seconds.

    Addresses through which many speak (our proxies, this machine) hold as many as they like, for as long as they like:
    they keep them open for the next request.
    """

    def __init__(self, sources: Sources, per_source: int, head: float, now: Now) -> None:
        self._sources = sources
        self._per_source = per_source
        self._head = head
        self._now = now
        self._due: dict[asyncio.BaseTransport, float] = {}  # when each waiting connection is cut off
        self._held: dict[str, set[asyncio.BaseTransport]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    def admit(self, transport: asyncio.BaseTransport) -> bool:
        """Count a new connection; False when its source holds too many already."""
        source = self._sources.peer(peer_of(transport))
        held = self._held.setdefault(source.key, set())
        if len(held) >= self._per_source and not source.many:
            held -= {each for each in held if each.is_closing()}
            if len(held) >= self._per_source:
                return False
        held.add(transport)
        self._due[transport] = self._now() + self._head
        return True

    def heard(self, transport: asyncio.BaseTransport | None) -> None:
        """A complete head has come: from here on the body's own limit counts."""
        if transport is not None:
            self._due.pop(transport, None)

    def answered(self, transport: asyncio.BaseTransport | None) -> None:
        """The request is done; the next one may come on the same connection."""
        if transport is None or transport.is_closing():
            return
        if not self._sources.peer(peer_of(transport)).many:
            self._due[transport] = self._now() + IDLE

    def sweep(self) -> int:
        """Cut off who is late and forget who is gone; how many were cut off."""
        now, late = self._now(), 0
        for transport in [each for each, due in self._due.items() if due <= now or each.is_closing()]:
            del self._due[transport]
            if not transport.is_closing():
                late += 1
                _cut(transport)
        for source, held in list(self._held.items()):
            held -= {each for each in held if each.is_closing()}
            if not held:
                del self._held[source]
        return late


def peer_of(transport: asyncio.BaseTransport | None) -> str:
    """The address at the other end, as the socket names it."""
    found = transport.get_extra_info("peername") if transport is not None else None
    return str(found[0]) if isinstance(found, tuple) and found else UNKNOWN


def _cut(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    else:
        transport.close()


class _Entrance(asyncio.Protocol):
    """Stands before aiohttp's protocol for the first moment of a connection, then steps aside."""

    def __init__(self, limits: ConnectionLimits, behind: Callable[[], asyncio.BaseProtocol]) -> None:
        self._limits = limits
        self._behind = behind

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._limits.admit(transport):
            _cut(transport)
            return
        protocol = self._behind()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)


class GuardedSite(web.BaseSite):
    """A site of an aiohttp runner whose connections are counted and timed. `start` raises OSError as `TCPSite` does."""

    __slots__ = ("_at", "_limits", "_sweeping")

    def __init__(self, runner: web.AppRunner, host: str, port: int, limits: ConnectionLimits, backlog: int) -> None:
        super().__init__(runner, backlog=backlog)
        self._at = (host, port)
        self._limits = limits
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        host, port = self._at
        return f"http://{host}:{port}"

    async def start(self) -> None:
        await super().start()
        server = self._runner.server
        if server is None:
            raise RuntimeError("set the runner up before starting its site")
        host, port = self._at
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Entrance(self._limits, partial(Connection, server, loop)), host, port, backlog=self._backlog
        )
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        await super().stop()
        if self._sweeping is not None:
            self._sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeping

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            self._limits.sweep()
