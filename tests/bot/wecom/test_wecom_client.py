"""The client against a real HTTP server that behaves as badly as WeCom, proxies and networks do."""

import asyncio
import json
import socket
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import unused_port

from bot.clock import MovableClock
from bot.errors import MaybeDone, NeedsOperator, Refused, SendError, StateMoved, TryLater
from bot.wecom.client import MAX_ANSWER, MEDIA_LIMITS, WeComClient

SECRET = "s3cret-of-the-app"
Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY = "11111111-aaaa-bbbb-cccc-222222222222"


async def send(client: WeComClient, **options: Any) -> dict[str, Any]:
    return await client.call(SECRET, "POST", "message/send", json={"a": "好"}, **options)


def shows_nothing(error: BaseException) -> bool:
    """Whether a log can show all of an error: no secret in its text, and no error of aiohttp's behind it."""
    text = "".join(traceback.format_exception(error)) + repr(error)
    return SECRET not in text and KEY not in text and not isinstance(error.__context__, aiohttp.ClientError | OSError)


# --- tokens ----------------------------------------------------------------------------------------------------------


async def test_fifty_calls_at_once_fetch_one_token(client: WeComClient, wecom: Any) -> None:
    await asyncio.gather(*(send(client) for _ in range(50)))
    assert wecom.tokens == 1
    assert {query["access_token"] for _, _, query, _ in wecom.calls} == {f"token-1-of-{SECRET}"}


async def test_each_secret_has_its_own_token(client: WeComClient, wecom: Any) -> None:
    for secret in ("a", "b", "a"):
        await client.call(secret, "GET", "user/get", params={"userid": "x"})
    assert [query["access_token"] for _, _, query, _ in wecom.calls] == ["token-1-of-a", "token-2-of-b", "token-1-of-a"]


async def test_a_token_is_renewed_five_minutes_before_it_ends(
    client: WeComClient, wecom: Any, clock: MovableClock
) -> None:
    await send(client)
    clock.jump(timedelta(seconds=7200 - 301))
    await send(client)
    assert wecom.tokens == 1
    clock.jump(timedelta(seconds=2))
    await send(client)
    assert wecom.tokens == 2


async def test_an_expired_token_is_renewed_and_the_call_repeated_once(client: WeComClient, wecom: Any) -> None:
    wecom.refused = {f"token-1-of-{SECRET}"}
    assert (await send(client))["msgid"] == "M1"
    assert (wecom.tokens, len(wecom.calls)) == (2, 2)


async def test_a_token_that_is_never_taken_ends_after_one_repetition(client: WeComClient, wecom: Any) -> None:
    wecom.answer(42001)
    with pytest.raises(TryLater) as caught:
        await send(client)
    assert (wecom.tokens, len(wecom.calls)) == (2, 2)
    assert caught.value.errcode == 42001


async def test_many_callers_with_one_dead_token_renew_it_once(client: WeComClient, wecom: Any) -> None:
    await send(client)
    wecom.refused = {f"token-1-of-{SECRET}"}
    await asyncio.gather(*(send(client) for _ in range(20)))
    assert wecom.tokens == 2


async def test_a_late_refusal_of_the_old_token_leaves_the_new_one_alone(client: WeComClient, wecom: Any) -> None:
    renewed, old = asyncio.Event(), f"token-1-of-{SECRET}"

    async def refuse_the_old(request: web.Request) -> web.StreamResponse:
        if request.query["access_token"] != old:
            return await wecom.ok(request)
        if request.query.get("late"):
            await renewed.wait()
        return web.json_response({"errcode": 42001})

    await client.token(SECRET)
    wecom.behaviour = refuse_the_old
    late = asyncio.create_task(send(client, params={"late": 1}))
    await send(client)
    renewed.set()
    await late
    assert wecom.tokens == 2


async def test_a_wrong_secret_is_not_tried_again_within_a_minute(
    client: WeComClient, wecom: Any, clock: MovableClock
) -> None:
    """Many wrong tries get the address blocked for an hour."""
    wecom.token_answer = {"errcode": 40001, "errmsg": f"invalid credential {SECRET}"}
    outcomes = await asyncio.gather(*(send(client) for _ in range(10)), return_exceptions=True)
    outcomes += await asyncio.gather(send(client), return_exceptions=True)
    assert all(isinstance(error, NeedsOperator) and error.errcode == 40001 for error in outcomes)
    assert not any(SECRET in str(error) for error in outcomes)
    assert wecom.tokens == 1
    wecom.token_answer = None
    clock.jump(timedelta(seconds=61))
    await send(client)
    assert wecom.tokens == 2


async def test_a_caller_that_gives_up_does_not_take_the_token_from_the_others(client: WeComClient, wecom: Any) -> None:
    wecom.token_gate.clear()
    first = asyncio.create_task(send(client))
    second = asyncio.create_task(send(client))
    await wecom.token_asked.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    wecom.token_gate.set()
    assert (await second)["msgid"] == "M1"
    assert wecom.tokens == 1


@pytest.mark.parametrize("answer", [{"errcode": 0}, {"access_token": 7}, {"access_token": ""}])
async def test_a_token_answer_without_a_token_is_tried_later(
    client: WeComClient, wecom: Any, answer: dict[str, Any]
) -> None:
    wecom.token_answer = answer
    with pytest.raises(TryLater):
        await client.token(SECRET)


# --- what comes back -------------------------------------------------------------------------------------------------


async def test_an_errcode_becomes_its_class(client: WeComClient, wecom: Any) -> None:
    wecom.answer(95018, "invalid session status")
    with pytest.raises(StateMoved):
        await client.call(SECRET, "POST", "kf/send_msg", json={}, family="kf")


async def test_an_errmsg_that_repeats_the_token_is_shown_without_it(client: WeComClient, wecom: Any) -> None:
    wecom.answer(40058, f"bad call with token-1-of-{SECRET}")
    with pytest.raises(Refused) as caught:
        await send(client)
    assert SECRET not in str(caught.value)
    assert "***" in str(caught.value)


def says(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    async def behaviour(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers=headers)

    return behaviour


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()


async def half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"errcode":')
    assert request.transport
    request.transport.abort()
    return response


BROKEN = [
    (cut, MaybeDone),
    (half, MaybeDone),
    (says(b"oops", 502), MaybeDone),
    (says(b'{"errcode":0}', 500), MaybeDone),
    (says(b"<html>please log in</html>"), TryLater),
    (says(b"[]"), TryLater),
    (says(b'{"errcode":"many"}'), TryLater),
    (says(b"", 404), TryLater),
    (says(b"[" * 200_000), TryLater),
    (says(b" " * (MAX_ANSWER + 1)), TryLater),
    (says(b"", 302, Location="https://elsewhere.example/"), NeedsOperator),
]


@pytest.mark.parametrize(("behaviour", "expected"), BROKEN)
async def test_a_send_that_went_wrong(
    client: WeComClient, wecom: Any, behaviour: Behaviour, expected: type[SendError]
) -> None:
    wecom.behaviour = behaviour
    with pytest.raises(SendError) as caught:
        await send(client)
    assert type(caught.value) is expected
    assert shows_nothing(caught.value)
    assert len(wecom.calls) == 1  # nothing is repeated in here


@pytest.mark.parametrize("behaviour", [half, says(b"oops", 502)])
async def test_reading_changes_nothing_so_a_lost_answer_is_only_tried_later(
    client: WeComClient, wecom: Any, behaviour: Behaviour
) -> None:
    wecom.behaviour = behaviour
    with pytest.raises(TryLater) as caught:
        await client.call(SECRET, "GET", "user/get")
    assert not isinstance(caught.value, MaybeDone)


async def test_an_answer_that_never_comes_may_have_been_done(
    wecom: Any, session: aiohttp.ClientSession, clock: MovableClock
) -> None:
    async def hang(_request: web.Request) -> web.StreamResponse:
        await wecom.closing.wait()
        return web.Response()

    wecom.behaviour = hang
    client = WeComClient(session, wecom.base, "ww1", clock, timeouts=aiohttp.ClientTimeout(sock_read=0.1))
    with pytest.raises(MaybeDone) as caught:
        await send(client)
    assert shows_nothing(caught.value)


async def test_gettoken_has_time_outs_too(wecom: Any, session: aiohttp.ClientSession, clock: MovableClock) -> None:
    wecom.token_gate.clear()
    client = WeComClient(session, wecom.base, "ww1", clock, timeouts=aiohttp.ClientTimeout(total=0.1))
    with pytest.raises(TryLater) as caught:
        await send(client)
    assert not isinstance(caught.value, MaybeDone)
    assert shows_nothing(caught.value)
    wecom.token_gate.set()


async def test_a_refused_connection_is_tried_later(session: aiohttp.ClientSession, clock: MovableClock) -> None:
    client = WeComClient(session, f"http://127.0.0.1:{unused_port()}", "ww1", clock)
    with pytest.raises(TryLater) as caught:
        await client.webhook(KEY, {})
    assert not isinstance(caught.value, MaybeDone)
    assert shows_nothing(caught.value)


class NoNames(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> Any:
        raise OSError("no such name")

    async def close(self) -> None: ...


async def test_a_name_that_does_not_resolve_is_tried_later(clock: MovableClock) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=NoNames())) as session:
        client = WeComClient(session, "https://qyapi.weixin.qq.com", "ww1", clock)
        with pytest.raises(TryLater) as caught:
            await send(client)
    assert not isinstance(caught.value, MaybeDone)


# --- where it goes ---------------------------------------------------------------------------------------------------


async def test_every_call_goes_through_the_proxy_gettoken_included(
    wecom: Any, session: aiohttp.ClientSession, clock: MovableClock
) -> None:
    """The name resolves nowhere: only the proxy can answer."""
    client = WeComClient(session, "http://wecom.invalid", "ww1", clock, proxy=wecom.base)
    await send(client)
    await client.upload_media(SECRET, "file", "a.txt", b"123456")
    await client.webhook(KEY, {"msgtype": "text"})
    await client.post_url("http://wecom.invalid/cgi-bin/aibot/response?response_code=RC", {"msgtype": "markdown"})
    assert wecom.tokens == 1
    assert [path.rpartition("cgi-bin/")[2] for _, path, _, _ in wecom.calls] == [
        "message/send",
        "media/upload",
        "webhook/send",
        "aibot/response",
    ]


@pytest.mark.parametrize("base", ["", "qyapi.weixin.qq.com", "ftp://x", "https://"])
async def test_a_base_that_is_no_address_is_refused_at_once(
    session: aiohttp.ClientSession, clock: MovableClock, base: str
) -> None:
    with pytest.raises(ValueError, match="api_base"):
        WeComClient(session, base, "ww1", clock)


async def test_a_webhook_needs_no_token(client: WeComClient, wecom: Any) -> None:
    await client.webhook(KEY, {"msgtype": "text", "text": {"content": "好"}})
    [(method, path, query, body)] = wecom.calls
    assert (method, path, query) == ("POST", "/cgi-bin/webhook/send", {"key": KEY})
    assert json.loads(body) == {"msgtype": "text", "text": {"content": "好"}}
    assert wecom.tokens == 0


async def test_a_response_url_of_wecom_is_posted_as_it_is(client: WeComClient, wecom: Any) -> None:
    await client.post_url(f"{wecom.base}/cgi-bin/aibot/response?response_code=a%2Bb", {"msgtype": "markdown"})
    [(_, path, query, _)] = wecom.calls
    assert (path, query) == ("/cgi-bin/aibot/response", {"response_code": "a+b"})


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/x",
        "http://qyapi.weixin.qq.com/x",
        "https://qyapi.weixin.qq.com.evil.example/x",
        "https://qyapi.weixin.qq.com@evil.example/x",
        "https://qyapi.weixin.qq.com:8443/x",
        "file:///etc/passwd",
        "/cgi-bin/aibot/response",
        "",
        "http://[",
    ],
)
async def test_a_response_url_to_elsewhere_is_never_asked(client: WeComClient, wecom: Any, url: str) -> None:
    with pytest.raises(Refused):
        await client.post_url(url, {})
    assert wecom.calls == []


# --- files -----------------------------------------------------------------------------------------------------------


async def test_a_chinese_file_name_travels_as_raw_utf8(client: WeComClient, wecom: Any) -> None:
    assert await client.upload_media(SECRET, "file", '测试 "一"\r\n.txt', "内容内容".encode()) == "MID"
    [(_, path, query, body)] = wecom.calls
    assert (path, query["type"]) == ("/cgi-bin/media/upload", "file")
    head = body.partition(b"\r\n\r\n")[0].decode()
    assert 'name="media"; filename="测试 \\"一\\".txt"' in head
    assert "filename*" not in head
    assert "内容内容".encode() in body


async def test_a_file_is_sent_again_whole_when_the_token_had_expired(client: WeComClient, wecom: Any) -> None:
    wecom.refused = {f"token-1-of-{SECRET}"}
    await client.upload_media(SECRET, "image", "a.png", b"123456")
    assert [b"123456" in body for _, _, _, body in wecom.calls] == [True, True]


@pytest.mark.parametrize(
    ("media_type", "size"), [("file", 5), ("voice", MEDIA_LIMITS["voice"] + 1), ("image", 0), ("hologram", 100)]
)
async def test_a_file_out_of_bounds_is_refused_before_it_travels(
    client: WeComClient, wecom: Any, media_type: str, size: int
) -> None:
    with pytest.raises(Refused):
        await client.upload_media(SECRET, media_type, "a", bytes(size))
    assert (wecom.calls, wecom.tokens) == ([], 0)
