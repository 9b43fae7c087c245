"""Calls to WeCom: one place for the base address, the proxy, the time-outs, the tokens, and what a failure means.

No exception and no log line of this module carries an address: addresses carry tokens and keys. So aiohttp's errors are
turned into ours outside their `except`, where they are not even the context of the new one.
"""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import aiohttp
import structlog
from yarl import URL

from bot.clock import Clock
from bot.errors import MaybeDone, NeedsOperator, RefreshToken, Refused, SendError, TryLater
from bot.wecom.errors import KNOWN, Family, raise_for
from bot.wecom.safe_json import read_json
from bot.wecom.safe_xml import Malformed
from bot.wecom.tokens import Shared, Tokens

__all__ = ["MEDIA_LIMITS", "TIMEOUTS", "WeComClient"]

# Seconds. A send normally answers in well under one; `total` also bounds an answer that trickles.
TIMEOUTS = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5, sock_read=10)

# Seconds that a file of 20 MB may take on a slow line.
UPLOAD_TOTAL = 120

# A page of 1000 kf messages of 2 KB and their envelopes stays below this. Bytes.
MAX_ANSWER = 8 * 1024 * 1024

# Bytes, of document 90253; every file must be larger than 5 bytes.
MEDIA_LIMITS: Mapping[str, int] = {
    "image": 10 * 1024 * 1024,
    "voice": 2 * 1024 * 1024,
    "video": 10 * 1024 * 1024,
    "file": 20 * 1024 * 1024,
}

# Where response_url points when `base` is a gateway of the company's own (101138).
_OFFICIAL = URL("https://qyapi.weixin.qq.com")

_A_MINUTE = timedelta(minutes=1)

NO_ANSWER = "no_answer"  # of a call that brought no errcode: lost, unreachable, or not WeCom's

Answered = Callable[[str, str, float], None]
"""Hears of every call: the API's path, the errcode (`0`, a number we know, `unknown`, NO_ANSWER), and its seconds."""

_Body = Callable[[], Any]  # makes the request's body; form data can be sent only once

_log = structlog.get_logger(__name__)


class WeComClient:
    """Everything we ask of one company's WeCom. `base` is scheme and host; `proxy` is an http proxy's address or None.

    Every method returns WeCom's answer as a dict and raises the classes of bot/errors.py:
    TryLater when the request never left or the answer is not WeCom's; MaybeDone when it left and the answer was lost
    (TryLater for a GET); what the errcode means otherwise.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        corp_id: str,
        clock: Clock,
        proxy: str | None = None,
        timeouts: aiohttp.ClientTimeout = TIMEOUTS,
        shared: Shared | None = None,
        answered: Answered | None = None,
    ) -> None:
        """`shared` where other processes use the same secrets."""
        self._base = URL(base.rstrip("/"))
        if self._base.scheme not in ("http", "https") or not self._base.host:
            raise ValueError("api_base must be an address such as https://qyapi.weixin.qq.com")
        self._session = session
        self._corp_id = corp_id
        self._answered = answered
        self._proxy = proxy or None
        self._timeouts = timeouts
        self._upload_timeouts = aiohttp.ClientTimeout(
            total=UPLOAD_TOTAL,
            connect=timeouts.connect,
            sock_connect=timeouts.sock_connect,
            sock_read=timeouts.sock_read,
        )
        self._tokens = Tokens(self._fetch_token, clock, shared)

    async def call(
        self,
        secret: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        family: Family = "general",
    ) -> dict[str, Any]:
        """Call `/cgi-bin/<path>` with the token of `secret`; a lost token is renewed and the call repeated once."""
        return await self._with_token(secret, method, path, lambda: json, params or {}, family)

    async def upload_media(self, secret: str, media_type: str, filename: str, data: bytes) -> str:
        """Upload a temporary file (90253); returns its media_id, good for 3 days. Refused if it is out of bounds."""
        limit = MEDIA_LIMITS.get(media_type)
        if limit is None:
            raise Refused(f"there is no media type {media_type!r}")
        if not 5 < len(data) <= limit:
            raise Refused(f"a {media_type} must have 6 to {limit} bytes, this one has {len(data)}")
        answer = await self._with_token(
            secret, "POST", "media/upload", lambda: _form(filename, data), {"type": media_type}, "general"
        )
        return str(answer.get("media_id", ""))

    async def webhook(self, key: str, json: Any) -> dict[str, Any]:
        """Post one message through a group robot (99110)."""
        return await self._ask("POST", self._url("webhook/send", {"key": key}), json, "webhook", (key,))

    async def post_url(self, url: str, json: Any) -> dict[str, Any]:
        """Post to an AI bot's response_url (101138), which works once. Refused for any host but WeCom's or `base`'s."""
        target = _parsed(url)
        if target is None or target.origin() not in (self._base.origin(), _OFFICIAL):
            raise Refused("the response_url does not point to WeCom")
        return await self._ask("POST", target, json, "aibot", (url, *target.query.values()))

    async def token(self, secret: str) -> str:
        """The token of `secret`, for the doctor and the readiness check: it shows that WeCom takes the secret."""
        return await self._tokens.get(secret)

    async def _with_token(
        self, secret: str, method: str, path: str, body: _Body, params: Mapping[str, Any], family: Family
    ) -> dict[str, Any]:
        errcode = 0
        for _ in range(2):
            token = await self._tokens.get(secret)
            url = self._url(path, {**params, "access_token": token})
            try:
                return await self._ask(method, url, body(), family, (token, secret))
            except RefreshToken as error:
                self._tokens.drop(secret, token)
                errcode = error.errcode
        # Twice in a row: somebody else keeps renewing this secret's token, or WeCom is confused. A loop helps neither.
        raise TryLater("WeCom refuses a fresh access token", after=_A_MINUTE, errcode=errcode)

    async def _fetch_token(self, secret: str) -> tuple[str, int]:
        url = self._url("gettoken", {"corpid": self._corp_id, "corpsecret": secret})
        answer = await self._ask("GET", url, None, "token", (secret,))
        value, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value:
            raise TryLater("WeCom answered gettoken without a token")
        return value, seconds if isinstance(seconds, int) and seconds > 0 else 7200

    def _url(self, path: str, params: Mapping[str, Any]) -> URL:
        query = {name: str(value) for name, value in params.items()}
        return (self._base / "cgi-bin" / path.lstrip("/")).with_query(query)

    async def _ask(self, method: str, url: URL, body: Any, family: Family, hidden: tuple[str, ...]) -> dict[str, Any]:
        """One request. `hidden` is what must not be shown, should WeCom's own text repeat it."""
        outcome, began = NO_ANSWER, time.perf_counter()
        try:
            answer = _read(*await self._send(method, url, body), lost=TryLater if method == "GET" else MaybeDone)
            errcode, errmsg = _errcode(answer), str(answer.get("errmsg", ""))
            outcome = str(errcode) if not errcode or errcode in KNOWN else "unknown"
        finally:
            if self._answered is not None:
                self._answered(_api(url, family), outcome, time.perf_counter() - began)
        for secret in hidden:
            errmsg = errmsg.replace(secret, "***") if secret else errmsg
        if errcode and errcode not in KNOWN:
            _log.warning("wecom.unknown_errcode", errcode=errcode, path=url.path, family=family)
        raise_for(errcode, errmsg, family)
        return answer

    async def _send(self, method: str, url: URL, body: Any) -> tuple[int, bytes]:
        upload = isinstance(body, aiohttp.FormData)
        timeouts = self._upload_timeouts if upload else self._timeouts
        payload = {"data" if upload else "json": body} if body is not None else {}
        try:
            async with self._session.request(
                method,
                url,
                proxy=self._proxy,
                timeout=timeouts,
                allow_redirects=False,  # a redirect would carry the token to wherever it points
                **payload,
            ) as response:
                return response.status, await _bounded(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            failure = _failure(error, method)
        raise failure


def _api(url: URL, family: Family) -> str:
    """The document's path; an address that was given to us has none."""
    return "response_url" if family == "aibot" else url.path.rpartition("/cgi-bin/")[2]


def _failure(error: Exception, method: str) -> SendError:
    """What a broken request means; only the kind of error goes into the text."""
    kind = type(error).__name__
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)):
        return TryLater(f"no connection to WeCom ({kind})")
    if method == "GET":
        return TryLater(f"WeCom's answer was lost ({kind})")
    return MaybeDone(f"the request left and WeCom's answer was lost ({kind})")


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body, or one byte more than we accept."""
    chunks = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        chunks += chunk
        if len(chunks) > MAX_ANSWER:
            break
    return bytes(chunks)


def _read(status: int, body: bytes, *, lost: type[TryLater]) -> dict[str, Any]:
    if status >= 500:
        raise lost(f"WeCom answered with HTTP {status}")
    if 300 <= status < 400:
        raise NeedsOperator(
            f"WeCom answered with a redirect (HTTP {status})",
            what_to_do="接口地址被重定向了。请检查设置 wecom.api_base，它应以 https:// 开头，并且是最终地址。",
        )
    if len(body) > MAX_ANSWER:
        raise TryLater(f"the answer is larger than {MAX_ANSWER} bytes")
    try:
        answer = read_json(body)
    except Malformed:
        answer = None
    if not isinstance(answer, dict):
        raise TryLater(f"the answer is not WeCom's JSON (HTTP {status}); is a proxy or a login page in between?")
    return answer


def _errcode(answer: Mapping[str, Any]) -> int:
    """0 or absent is success (90664)."""
    try:
        return int(answer.get("errcode") or 0)
    except (TypeError, ValueError, OverflowError):
        raise TryLater("the answer's errcode is not a number") from None


def _form(filename: str, data: bytes) -> aiohttp.FormData:
    # Without quote_fields=False aiohttp percent-encodes the name, and people see the percent signs in the chat.
    form = aiohttp.FormData(quote_fields=False)
    name = "".join(char for char in filename if char.isprintable()) or "file"
    form.add_field("media", data, filename=name, content_type="application/octet-stream")
    return form


def _parsed(url: str) -> URL | None:
    try:
        parsed = URL(url)
        parsed.origin()
    except ValueError:
        return None
    return parsed
