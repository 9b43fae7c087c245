"""The sandbox's page: the seats of a small company in the browser, and the wire between them and the bot."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.clock import MovableClock
from bot.sandbox.acts import Acts, NotPossible
from bot.sandbox.fields import Rejected
from bot.sandbox.seats import Notices, snapshot
from bot.sandbox.standin import StandIn

log = structlog.get_logger()

LARGEST = 32 * 1024  # bytes of one action
_QUIET = 15.0  # real seconds after which a silent stream of events shows that it is alive
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


class SandboxWeb:
    """The page, its files, and what it asks and does.

    `next_post` tells when the next post is planned (aware, None for never); `jumped` is awaited after each move of the
    clock, so that the bot can do what has come due; `zone` is the tenant's time zone (IANA name). Call `close` when the
    application shuts down: open pages hold a connection that never ends by itself.
    """

    def __init__(
        self,
        standin: StandIn,
        clock: MovableClock,
        next_post: Callable[[], Awaitable[datetime | None]],
        jumped: Callable[[], Awaitable[None]],
        zone: str,
    ) -> None:
        self._standin = standin
        self._clock = clock
        self._next_post = next_post
        self._zone = zone
        self._acts = Acts(standin, clock, next_post, jumped)
        self._notices = Notices(standin.world)
        self._files = _files()
        self._watchers: set[asyncio.Event] = set()
        self._closed = False

    def routes(self) -> list[web.RouteDef]:
        """Everything below /sandbox/."""
        return [
            web.get("/sandbox", self._to_page),
            web.get("/sandbox/state", self._state),
            web.get("/sandbox/events", self._events),
            web.post("/sandbox/do", self._do),
            web.get("/sandbox/media/{media}", self._picture),
            web.get("/sandbox/{file:[a-z.-]*}", self._file),
        ]

    async def close(self, _: web.Application | None = None) -> None:
        """Let every open page go; fits `on_shutdown`."""
        self._closed = True
        self._nudge()
        await self._acts.close()

    # ---- the page

    async def _to_page(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("/sandbox/")

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["file"] or "index.html"
        found = self._files.get(name)
        if found is None:
            raise web.HTTPNotFound(text="没有这个文件。", headers=_HEADERS)
        kind, content = found
        return web.Response(body=content, content_type=kind, charset="utf-8", headers=_HEADERS)

    async def _picture(self, request: web.Request) -> web.Response:
        """A picture that the app sent to a colleague, as long as its media_id lives."""
        try:
            found = self._standin.media.check(request.match_info["media"])
        except Rejected as no:
            raise web.HTTPNotFound(text="没有这张图片。", headers=_HEADERS) from no
        if found.kind != "image":
            raise web.HTTPNotFound(text="没有这张图片。", headers=_HEADERS)
        kind = "image/png" if found.content.startswith(b"\x89PNG") else "image/jpeg"
        return web.Response(body=found.content, content_type=kind, headers=_HEADERS)

    # ---- what the page sees

    async def _state(self, request: web.Request) -> web.Response:
        """All seats; the wire's rows above `wire_after`."""
        after = request.query.get("wire_after", "0")
        seats = snapshot(self._standin, self._notices, int(after) if after.isdecimal() else 0)
        coming = await self._next_post()
        state = {
            "now": self._clock.now().astimezone(UTC).isoformat(),
            "zone": self._zone,
            "next_post": coming.astimezone(UTC).isoformat() if coming else None,
            "troubles": [{"number": number, "text": words} for number, words in self._acts.troubles],
            **seats,
        }
        return _json(state)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: a tick whenever something changed, with the number of the wire's newest row."""
        headers = {**_HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        stream = web.StreamResponse(headers=headers)
        await stream.prepare(request)
        changed = asyncio.Event()
        self._watchers.add(changed)
        listening = asyncio.create_task(self._listen(changed))
        try:
            await stream.write(b"retry: 1000\n\n")
            while not self._closed:
                await stream.write(await self._next(changed))
        except ConnectionError:
            return stream  # the page was closed
        finally:
            self._watchers.discard(changed)
            listening.cancel()
        return stream

    async def _listen(self, changed: asyncio.Event) -> None:
        with self._standin.ledger.subscribe() as rows:
            while True:
                await rows.get()
                changed.set()

    async def _next(self, changed: asyncio.Event) -> bytes:
        """One tick for all changes since the last, or a comment when nothing happened for long."""
        try:
            async with asyncio.timeout(_QUIET):
                await changed.wait()
        except TimeoutError:
            return b": still here\n\n"
        changed.clear()
        return f"event: tick\ndata: {self._standin.ledger.count}\n\n".encode()

    def _nudge(self) -> None:
        for changed in self._watchers:
            changed.set()

    # ---- what the page does

    async def _do(self, request: web.Request) -> web.Response:
        """Carry out one action; every failure is a sentence for the person at the page."""
        try:
            _check_origin(request)
            await self._acts.do(await _fields(request))
        except NotPossible as no:
            return _json({"ok": False, "message": no.message}, no.status)
        except Exception as error:  # noqa: BLE001  the page must hear of it in words, whatever it was
            log.warning("sandbox_action_failed", error=type(error).__name__)
            return _json({"ok": False, "message": "沙盒出了点问题，请看日志。"}, 500)
        finally:
            self._nudge()
        return _json({"ok": True, "message": ""})


def _files() -> dict[str, tuple[str, bytes]]:
    """Every file of the page with its content type."""
    found = {}
    for one in resources.files("bot.sandbox").joinpath("page").iterdir():
        kind = _TYPES.get("." + one.name.rpartition(".")[2])
        if kind is not None:
            found[one.name] = (kind, one.read_bytes())
    return found


def _check_origin(request: web.Request) -> None:
    """Only our own page may act: a browser names where a request comes from, and JSON keeps plain forms out."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in (None, "same-origin") or (origin is not None and urlsplit(origin).netloc != request.host)
    if foreign or request.content_type != "application/json":
        raise NotPossible("只接受沙盒页面自己的操作。", 403)


async def _fields(request: web.Request) -> dict[str, Any]:
    raw = await request.content.read(LARGEST + 1)
    while len(raw) <= LARGEST and (more := await request.content.read(LARGEST + 1 - len(raw))):
        raw += more
    if len(raw) > LARGEST:
        raise NotPossible("内容太长了。", 413)
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotPossible("请求不是 JSON。", 400) from error
    if not isinstance(fields, dict):
        raise NotPossible("请求不是 JSON 对象。", 400)
    return fields


def _json(answer: Any, status: int = 200) -> web.Response:
    text = json.dumps(answer, ensure_ascii=False, default=str)
    return web.Response(text=text, status=status, content_type="application/json", headers=_HEADERS)
