"""What every request passes before its route: how often its source may ask, and what it may see.

Nothing here replaces the signature: it keeps those who have none from costing much.
"""

import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.metrics import Metrics
from bot.settings import Server
from bot.web.buckets import Buckets
from bot.web.connection_limits import ConnectionLimits, GuardedSite, Now, peer_of
from bot.web.sources import Source, Sources, networks, within

log = structlog.get_logger()

AUTHENTIC: web.RequestKey[bool] = web.RequestKey("authentic", bool)  # the door opened its envelope
DEAR = 50  # tokens of a request that was refused: one in fifty of those that are good
QUIET = 60.0  # seconds between two events about sources that ask too often
BACKLOG = 1024  # connections that the system holds for us while we are busy


class Edge:
    """The limits of one listening program, by its settings. `now` counts in seconds.

    Refused requests count fifty-fold, except from addresses through which others speak too: this machine, our proxies,
    and where an authentic callback came from within the hour. So nobody can use up what WeCom needs.
    """

    def __init__(self, server: Server, metrics: Metrics, now: Now = time.monotonic) -> None:
        self._sources = Sources(server.trusted_proxies)
        self._shown_to = networks(server.metrics_from)
        self._buckets = Buckets(server.requests_per_second, now)
        self.connections = ConnectionLimits(self._sources, server.connections_per_source, server.header_seconds, now)
        self._metrics = metrics
        self._now = now
        self._told_at = float("-inf")

    def source(self, request: web.Request) -> Source:
        return self._sources.of(peer_of(request.transport), request.headers)

    def shows(self, request: web.Request) -> bool:
        """Whether the inside may be shown: to this machine itself, and to the networks of `metrics_from`."""
        source = self.source(request)
        return source.local or (source.address is not None and within(source.address, self._shown_to))

    def site(self, runner: web.AppRunner, host: str, port: int) -> GuardedSite:
        """Where `runner` listens."""
        return GuardedSite(runner, host, port, self.connections, BACKLOG)

    def guard(self, application: web.Application) -> None:
        """Let every request of the application pass here first."""
        application.middlewares.append(self._middleware())

    def _middleware(self) -> Middleware:
        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            transport = request.transport
            self.connections.heard(transport)
            try:
                return await self._within_limits(request, handler)
            finally:
                self.connections.answered(transport)

        return guarded

    async def _within_limits(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        source = self.source(request)
        if not self._buckets.take(source.key):
            return self._too_many()
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            self._judge(source, request, refusal.status)
            raise
        self._judge(source, request, response.status)
        return response

    def _judge(self, source: Source, request: web.Request, status: int) -> None:
        if request.get(AUTHENTIC) and status < web.HTTPBadRequest.status_code:
            self._buckets.vouch(source.key)
        elif 400 <= status < 500 and not source.many and not self._buckets.vouched(source.key):
            self._buckets.charge(source.key, DEAR - 1)

    def _too_many(self) -> web.Response:
        """Refused unread. One event a minute: a flood must not become a flood of lines."""
        self._metrics.callbacks.answered.labels("edge", "too_many").inc()
        if self._now() - self._told_at >= QUIET:
            self._told_at = self._now()
            log.warning("callback_refused", channel="edge", reason="too_many", size=None)
        response = web.Response(status=429, headers={"Retry-After": "1"})
        response.force_close()
        return response
