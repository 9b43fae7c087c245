"""The door: verify, decrypt, one durable insert, answer. Nothing else happens before the answer.

What is not authentic is refused with one log event and says nothing about why to the sender.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.metrics import Metrics
from bot.pace import Pace
from bot.store.away import named
from bot.web.edge import AUTHENTIC
from bot.wecom.crypto import Crypto, Forged, echostr_of_query
from bot.wecom.safe_xml import Malformed

log = structlog.get_logger()

Answer = Callable[[web.Request, str], Awaitable[web.Response]]


class Stale(Exception):
    """The callback is authentic and too old (or too new): somebody may be playing it again."""


class TooSlow(Exception):
    """The body did not come in time."""


class Door:
    """What all callback routes share."""

    def __init__(self, clock: Clock, metrics: Metrics, pace: Pace, replay: timedelta, body_seconds: float) -> None:
        self._clock = clock
        self._metrics = metrics
        self._pace = pace
        self._replay = replay
        self._body_seconds = body_seconds

    async def verify_url(self, request: web.Request, crypto: Crypto) -> web.Response:
        """GET: the decrypted echostr as bare text, within a second (doc 90930)."""
        return await self._guarded(request, "verify", lambda: self._echo(request, crypto))

    async def _echo(self, request: web.Request, crypto: Crypto) -> web.Response:
        encrypted = echostr_of_query(request.query.get("echostr", ""))
        return web.Response(text=self.opened(request, crypto, encrypted))

    async def receive(
        self,
        request: web.Request,
        channel: str,
        crypto: Crypto,
        encrypted_of: Callable[[bytes], str],
        answer: Answer,
    ) -> web.Response:
        """POST: open the envelope and let `answer` store what is in it."""

        async def opened() -> web.Response:
            return await answer(request, self.opened(request, crypto, encrypted_of(await self._body(request))))

        return await self._guarded(request, channel, opened)

    async def _body(self, request: web.Request) -> bytes:
        """The whole body. Raises TooSlow: who sends a byte now and then must not keep us for ever."""
        try:
            async with asyncio.timeout(self._body_seconds):
                return await request.read()
        except TimeoutError as error:
            raise TooSlow from error

    def opened(self, request: web.Request, crypto: Crypto, encrypted: str) -> str:
        """The plaintext of a fresh and authentic request. Raises Forged, Stale or Malformed."""
        query = request.query
        timestamp = query.get("timestamp", "")
        plain = crypto.open(query.get("msg_signature", ""), timestamp, query.get("nonce", ""), encrypted)
        try:
            at = datetime.fromtimestamp(int(timestamp), UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise Malformed("the timestamp is no time") from error
        if abs(self._clock.now() - at) > self._replay:
            raise Stale
        request[AUTHENTIC] = True
        return plain

    async def _guarded(
        self, request: web.Request, channel: str, work: Callable[[], Awaitable[web.Response]]
    ) -> web.Response:
        started = time.perf_counter()
        try:
            with self._pace.callback():
                response = await work()
            self._metrics.callbacks.answered.labels(channel, "ok").inc()
        except (Forged, Stale) as error:
            response = self.refused(request, channel, 403, type(error).__name__.lower())
        except web.HTTPRequestEntityTooLarge:
            response = self.refused(request, channel, 413, "too_large")
        except TooSlow:
            response = self.refused(request, channel, 408, "too_slow")
            response.force_close()
        except (Malformed, web.HTTPException, UnicodeError):
            response = self.refused(request, channel, 400, "malformed")
        except ConnectionError:
            response = self.refused(request, channel, 400, "hung_up")
        except (SQLAlchemyError, OSError) as error:
            # Not acked, so WeCom asks again: nothing is lost while the disk is full.
            log.warning("callback_not_stored", channel=channel, error=named(error))
            self._metrics.callbacks.answered.labels(channel, "not_stored").inc()
            response = web.Response(status=503)
        self._metrics.callbacks.ack_seconds.labels(channel).observe(time.perf_counter() - started)
        return response

    def refused(self, request: web.Request, channel: str, status: int, reason: str) -> web.Response:
        """An answer that says nothing, and one event in the log that does."""
        self._metrics.callbacks.answered.labels(channel, reason).inc()
        log.warning("callback_refused", channel=channel, reason=reason, size=request.content_length)
        return web.Response(status=status)
