"""deploy/nginx.conf in a real nginx: callbacks pass unchanged, everything else stays outside."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.deploy.proxying import Proxy, Recorder, configured, free_port, program, proxy, recorder, send

OK = b"HTTP/1.1 200"
ODD = "msg_signature=a%2Bb+c%2f&echostr=x+y%2B%2Fz==&a=%E5%88%86&&b"
BODY = b"<xml>\r\n\x00\xff\xe5\x88\x86 + %2B</xml>"


@pytest.fixture
async def behind() -> AsyncIterator[Recorder]:
    async with recorder() as made:
        yield made


@pytest.fixture
async def front(tmp_path: Path, behind: Recorder) -> AsyncIterator[Proxy]:
    async with proxy(tmp_path, (behind.port, behind.port)) as made:
        yield made


def request(target: str, body: bytes = b"", method: str = "POST", more: str = "") -> bytes:
    head = f"{method} {target} HTTP/1.1\r\nHost: bot.example.com\r\nConnection: close\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def test_nginx_takes_the_configuration(tmp_path: Path) -> None:
    path = configured(tmp_path, free_port(), (1, 2))
    done = subprocess.run(
        [program(), "-t", "-p", tmp_path, "-c", path], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


async def test_path_query_and_body_go_on_byte_for_byte(front: Proxy, behind: Recorder) -> None:
    target = f"/wecom/aibot/%E5%B0%8F%E5%88%86?{ODD}"
    assert (await send(front.port, request(target, BODY))).startswith(OK)
    head, _, body = behind.requests[0].partition(b"\r\n\r\n")
    assert head.splitlines()[0] == f"POST {target} HTTP/1.1".encode()
    assert body == BODY


async def test_what_the_sender_says_about_itself_is_overwritten(front: Proxy, behind: Recorder) -> None:
    claims = "X-Forwarded-For: 127.0.0.1\r\nX-Real-IP: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nVia: 1.1 us\r\n"
    await send(front.port, request("/wecom/app", b"x", more=claims.replace("127.0.0.1", "10.9.8.7")))
    head = behind.requests[0].lower()
    assert b"x-forwarded-for: 127.0.0.1\r\n" in head
    assert b"10.9.8.7" not in head
    assert b"via:" not in head


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/metrics",
        "/readyz",
        "/healthz",
        "/wecom",
        "/wecom/../metrics",
        "/wecom/%2e%2e/metrics",
        "/wecom/..%2fmetrics",
        "/wecom//../../metrics",
        "//metrics",
        "/WECOM/app",
        "/sandbox/",
    ],
)
async def test_nothing_but_callbacks_goes_on(front: Proxy, behind: Recorder, target: str) -> None:
    answer = await send(front.port, request(target, method="GET"))
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert behind.requests == []


async def test_other_methods_stay_outside(front: Proxy, behind: Recorder) -> None:
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
        answer = await send(front.port, request("/wecom/app", method=method))
        assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 405", b"HTTP/1.1 400")), method
    assert behind.requests == []


async def test_a_body_that_is_too_large_stays_outside_and_the_largest_goes_on(front: Proxy, behind: Recorder) -> None:
    largest = 512 * 1024
    head = f"POST /wecom/app HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {largest + 1}\r\n\r\n"
    assert (await send(front.port, head.encode())).startswith(b"HTTP/1.1 413")
    assert behind.requests == []
    assert (await send(front.port, request("/wecom/app", b"x" * largest))).startswith(OK)


async def test_the_log_of_nginx_has_no_query(front: Proxy) -> None:
    await send(front.port, request(f"/wecom/app?{ODD}", b"x"))
    log = await front.log()
    assert "/wecom/app 200" in log
    assert "msg_signature" not in log


async def test_a_web_that_is_gone_costs_nobody_an_answer(tmp_path: Path, behind: Recorder) -> None:
    async with proxy(tmp_path, (free_port(), behind.port)) as front:
        answers = await asyncio.gather(*(send(front.port, request("/wecom/kf", b"x")) for _ in range(20)))
    assert all(answer.startswith(OK) for answer in answers)
