"""The API's routes: which call wants which method and token, and what may happen to it on the way."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from bot.clock import Clock
from bot.sandbox.accounts import Accounts
from bot.sandbox.faults import Faults
from bot.sandbox.fields import Body, Call, Meter, Rejected
from bot.sandbox.wire import Wire
from bot.sandbox.world import Limits

Scope = Literal["app", "kf", "contact", "any", "none"]
_HTML = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>"
_SECRET_QUERY = ("access_token", "corpsecret", "key", "response_code")


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is bytes instead of JSON."""

    filename: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Route:
    """One call: `scope` is what its token must open, "none" where no token is wanted."""

    method: Literal["GET", "POST"]
    scope: Scope
    handle: Callable[[Call], dict[str, Any] | File]


class Api:
    """Everything below /cgi-bin/."""

    def __init__(
        self,
        routes: Mapping[str, Route],
        accounts: Accounts,
        faults: Faults,
        wire: Wire,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._routes = routes
        self._accounts = accounts
        self._faults = faults
        self._wire = wire
        self._clock = clock
        self._limits = limits
        self._meter = Meter()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, or let happen to it what the faults order."""
        path = request.match_info["path"]
        raw = await request.read()
        await self._faults.before(path)
        if self._faults.refuses(path):
            return self._cut(request, raw, None, "refused")
        if status := self._faults.page(path):
            self._record(request, raw, _HTML, status, "")
            return web.Response(status=status, text=_HTML, content_type="text/html")
        code = self._faults.code(path)
        answer = _says(code, "ordered by the sandbox") if code is not None else self._answer(request, raw)
        if self._faults.loses(path, _fingerprint(request, raw)):
            return self._cut(request, raw, answer, "reply lost")
        if isinstance(answer, File):
            self._record(request, raw, {"file": answer.filename}, 200, "")
            return web.Response(body=answer.content, headers=_disposition(answer))
        self._record(request, raw, answer, 200, "")
        return web.json_response(answer, dumps=_dumps)

    def _answer(self, request: web.Request, raw: bytes) -> dict[str, Any] | File:
        route = self._routes.get(request.match_info["path"])
        if route is None:
            return _says(40066, "no such call")
        try:
            result = route.handle(self._admit(request, route, raw))
        except Rejected as no:
            return _says(no.errcode, no.errmsg)
        return result if isinstance(result, File) else {"errcode": 0, "errmsg": "ok", **result}

    def _admit(self, request: web.Request, route: Route, raw: bytes) -> Call:
        """Method, token, scope, frequency, JSON: in this order."""
        path = request.match_info["path"]
        if request.method != route.method:
            raise Rejected(43001 if route.method == "GET" else 43002, f"{route.method} is required")
        scopes: frozenset[str] = frozenset()
        if route.scope != "none":
            scopes = self._accounts.check(request.query.get("access_token", ""))
            if route.scope not in scopes | {"any"}:
                raise Rejected(48002, "this app may not use this call")
        if not self._meter.allows(path, self._clock.now(), (self._limits.api_per_minute, 60)):
            raise Rejected(45009, "api freq out of limit")
        multipart = request.content_type == "multipart/form-data"
        body = {} if multipart or route.method == "GET" else _body(raw)
        return Call(path, dict(request.query), body, scopes, raw, request.headers.get("Content-Type", ""))

    def _cut(self, request: web.Request, raw: bytes, answer: Any, note: str) -> web.StreamResponse:
        """Break the connection; what was carried out stays carried out."""
        self._record(request, raw, {"file": answer.filename} if isinstance(answer, File) else answer, 0, note)
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError

    def _record(self, request: web.Request, raw: bytes, answer: Any, status: int, note: str) -> None:
        query = {key: "***" if key in _SECRET_QUERY else value for key, value in request.query.items()}
        if request.content_type == "multipart/form-data":
            shown: dict[str, Any] = {"bytes": len(raw)}
        else:
            shown = _shown(raw)
        now, path = self._clock.now(), request.match_info["path"]
        self._wire.record(now, "to_wecom", path, {**query, **shown}, answer, status, note=note)


def _body(raw: bytes) -> Body:
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise Rejected(40035, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise Rejected(40035, "the body is not a JSON object")
    return body


def _shown(raw: bytes) -> dict[str, Any]:
    try:
        return dict(_body(raw)) if raw else {}
    except Rejected:
        return {"unreadable": len(raw)}


def _says(errcode: int, errmsg: str) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": errmsg}


def _dumps(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


def _fingerprint(request: web.Request, raw: bytes) -> tuple[Any, ...]:
    """The same for the same request under another token; a form's boundary changes each time, so it does not count."""
    query = tuple(sorted((key, value) for key, value in request.query.items() if key != "access_token"))
    return query, b"" if request.content_type == "multipart/form-data" else raw


def _disposition(file: File) -> dict[str, str]:
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{file.filename}"',
    }
