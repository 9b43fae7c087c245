"""deploy/nginx.conf in a real nginx when webs restart, die or hang, and when senders dawdle."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.deploy.proxying import Proxy, free_port, proxy, send
from tests.deploy.webs import Web

OK = b"HTTP/1.1 200"
QUERY = "msg_signature=5f3a&timestamp=1700000000&nonce=8461"
HEAD = f"POST /wecom/app?{QUERY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n".encode()
BODY = b"x" * 1000
SENDERS = 8
SHARE = 500  # connections of one source, as nginx.conf has it
IN_TIME = 4.5  # seconds; WeCom waits five
SILENCE = 4.0  # seconds without a byte, as nginx.conf has it


@pytest.fixture
async def webs() -> AsyncIterator[tuple[Web, Web]]:
    made = (Web(), Web())
    for web in made:
        await web.start()
    yield made
    for web in made:
        await web.stop()


@pytest.fixture
async def front(tmp_path: Path, webs: tuple[Web, Web]) -> AsyncIterator[Proxy]:
    async with proxy(tmp_path, [web.port for web in webs]) as made:
        yield made


async def sent_late(port: int) -> bytes:
    """A callback whose body comes in a packet of its own, after its head; the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(HEAD)
        await asyncio.sleep(0.001)
        writer.write(BODY)
        return await asyncio.wait_for(reader.readline(), 10)
    finally:
        writer.close()


async def statuses(port: int, going: asyncio.Event) -> Counter[bytes]:
    """One callback after another until `going` is cleared, by turns in one piece and in two: how often each status."""
    seen: Counter[bytes] = Counter()
    while going.is_set():
        seen[(await send(port, HEAD + BODY))[9:12]] += 1
        seen[(await sent_late(port))[9:12]] += 1
    return seen


async def restarted_by_turns(webs: tuple[Web, Web]) -> None:
    """Each web stops as soon as the other one is ready again."""
    for web in webs * 3:
        await web.stop()
        await asyncio.sleep(0.15)
        await web.start()


async def test_webs_that_restart_by_turns_cost_nobody_an_answer(front: Proxy, webs: tuple[Web, Web]) -> None:
    going = asyncio.Event()
    going.set()
    streams = [asyncio.create_task(statuses(front.port, going)) for _ in range(SENDERS)]
    await asyncio.sleep(0.2)
    await restarted_by_turns(webs)
    going.clear()
    seen = sum(await asyncio.gather(*streams), Counter[bytes]())
    assert set(seen) == {b"200"}, seen
    assert seen[b"200"] > 100
    assert min(web.asked for web in webs) > 0


async def test_a_web_that_refuses_costs_a_request_no_time(front: Proxy, webs: tuple[Web, Web]) -> None:
    await webs[0].stop()
    started = time.perf_counter()
    for _ in range(50):
        assert (await send(front.port, HEAD + BODY)).startswith(OK)
    assert (time.perf_counter() - started) / 50 < 0.1
    assert webs[1].asked == 50


async def timed(port: int) -> float:
    """Seconds until a callback is acknowledged."""
    started = time.perf_counter()
    assert (await send(port, HEAD + BODY)).startswith(OK)
    return time.perf_counter() - started


async def test_few_meet_a_web_that_hangs_and_the_other_answers_them_in_time(
    front: Proxy, webs: tuple[Web, Web]
) -> None:
    webs[0].hangs = True
    took = [await timed(front.port) for _ in range(40)]
    assert max(took) < IN_TIME
    assert sum(each > 1 for each in took) <= 4
    assert webs[0].asked <= 4
    assert max(await asyncio.gather(*(timed(front.port) for _ in range(40)))) < IN_TIME


async def test_an_error_of_nginx_tells_no_query(tmp_path: Path) -> None:
    async with proxy(tmp_path, (free_port(), free_port())) as front:
        answer = await send(front.port, HEAD + BODY)
        assert answer.startswith(b"HTTP/1.1 502")
        written = await front.log() + front.said
    for word in ("msg_signature", "5f3a", "nonce", "8461"):
        assert word not in written


async def test_the_log_names_the_webs_that_were_asked_and_what_they_said(tmp_path: Path) -> None:
    dead = (free_port(), free_port())
    async with proxy(tmp_path, dead) as front:
        await send(front.port, HEAD + BODY)
        log = await front.log()
    assert all(f"127.0.0.1:{port}" in log for port in dead)
    assert "502, 502" in log


async def test_who_falls_silent_within_a_body_is_cut_off_and_no_web_hears_of_it(
    front: Proxy, webs: tuple[Web, Web]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(HEAD + b"x")
    started = time.perf_counter()
    with suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), SILENCE + 5)
    writer.close()
    assert time.perf_counter() - started > SILENCE / 2
    assert [web.asked for web in webs] == [0, 0]


async def test_dawdlers_of_one_source_take_its_share_and_keep_nobody_else_out(
    front: Proxy, webs: tuple[Web, Web]
) -> None:
    dawdlers = [
        await asyncio.open_connection("127.0.0.1", front.port, local_addr=("127.0.0.2", 0)) for _ in range(SHARE + 5)
    ]
    for _, writer in dawdlers:
        writer.write(HEAD + b"x")
    refused, _ = await asyncio.wait([asyncio.create_task(reader.readline()) for reader, _ in dawdlers], timeout=1)
    assert [(await each)[9:12] for each in refused] == [b"429"] * 5
    assert [web.asked for web in webs] == [0, 0]
    assert (await send(front.port, HEAD + BODY)).startswith(OK)
    for _, writer in dawdlers:
        writer.close()
