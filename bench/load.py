"""`python -m bench.load <port> <seconds> [<rate>]`: app callbacks over 50 keep-alive connections.

The next one of a connection comes after the answer, or, with a `rate` (a second), when it is due, if the connection is
free then; its latency counts from when it was due, so that a server that is late is late for what waited as well.

A callback that has no answer within 5 s is lost for WeCom (90238): its connection is cut and another one made.
Must be cheaper than any server: everything is encrypted beforehand, HTTP is written by hand, answers are barely read.
Prints one JSON object: how many were `acked`, `refused` and `unanswered`, the processor time `cpu` (s) it took, and the
`latencies` (ms) of the measured time.
"""

import asyncio
import json
import resource
import secrets
import sys
import time
from collections.abc import Iterator

from bench.place import PEOPLE
from bench.questions import QUESTIONS
from bot.sandbox.callbacks import to_xml
from bot.sandbox.crypto import Seal
from bot.sandbox.world import World

CONNECTIONS = 50
WARM_UP = 1.0  # seconds that are not measured
MOST_PER_SECOND = 4000  # what is prepared; the count that was left is checked
PATIENCE = 10.0  # seconds for the last answers
ANSWER_SECONDS = 5.0  # that WeCom waits


def prepare(count: int) -> list[bytes]:
    """Whole HTTP requests: another MsgId each, and PEOPLE members in turn."""
    world = World.demo()
    seal = Seal(world.app.token, world.app.aes_key, world.corp_id)
    return [_request(world, seal, number) for number in range(count)]


def _request(world: World, seal: Seal, number: int) -> bytes:
    timestamp, nonce = str(int(time.time())), str(number)
    message = {
        "ToUserName": world.corp_id,
        "FromUserName": f"user{number % PEOPLE:04}",
        "CreateTime": int(timestamp),
        "MsgType": "text",
        "Content": QUESTIONS[number % len(QUESTIONS)],
        "MsgId": secrets.randbelow(2**62),
        "AgentID": world.app.agent_id,
    }
    sealed = seal.seal(to_xml(message))
    body = to_xml({"ToUserName": world.corp_id, "Encrypt": sealed, "AgentID": str(world.app.agent_id)}).encode()
    query = f"msg_signature={seal.sign(timestamp, nonce, sealed)}&timestamp={timestamp}&nonce={nonce}"
    head = f"POST /wecom/app?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Load:
    """What all connections share."""

    def __init__(self, requests: list[bytes], began: float, seconds: float, rate: float) -> None:
        self.requests: Iterator[bytes] = iter(requests)
        self.began = began
        self.rate = rate
        self.measured_from = began + WARM_UP
        self.until = self.measured_from + seconds
        self.latencies: list[float] = []
        self.acked = 0
        self.refused = 0
        self.taken = 0
        self.sent = 0
        self.ran_out = False

    def due(self, now: float) -> float:
        """When the next request is to leave, in the time of `perf_counter`."""
        return self.began + self.taken / self.rate if self.rate else now

    def next(self, now: float) -> bytes | None:
        if now >= self.until:
            return None
        request = next(self.requests, None)
        self.ran_out = self.ran_out or request is None
        self.taken += request is not None
        return request

    @property
    def goes_on(self) -> bool:
        return not self.ran_out and time.perf_counter() < self.until

    def answered(self, answer: bytes, asked: float, now: float) -> None:
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.refused += 1
            return
        self.acked += 1
        if self.measured_from <= asked and (self.rate or now <= self.until):
            self.latencies.append((now - asked) * 1000)


class Talker(asyncio.Protocol):
    """One connection. Answers are empty, so they end where their head ends; after any other it is closed."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._answer = b""
        self._asked = 0.0
        self._cut: asyncio.TimerHandle | None = None
        self.done: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if b"\r\n\r\n" in self._answer:
            answer, self._answer = self._answer, b""
            self._load.answered(answer, self._asked, time.perf_counter())
            if _goes_on(answer):
                self._ask()
            else:
                self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if self._cut is not None:
            self._cut.cancel()
        if not self.done.done():
            self.done.set_result(None)

    def _ask(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
        now = time.perf_counter()
        self._asked = self._load.due(now)
        request = self._load.next(self._asked)
        if request is None:
            self._transport.close()
        elif self._asked > now:
            self._cut = self._loop.call_later(self._asked - now, self._write, request)
        else:
            self._write(request)

    def _write(self, request: bytes) -> None:
        self._load.sent += 1
        self._transport.write(request)
        self._cut = self._loop.call_later(ANSWER_SECONDS, self._transport.abort)


def _goes_on(answer: bytes) -> bool:
    """Whether the server keeps the connection, and the next answer begins where this one ends."""
    return answer.startswith(b"HTTP/1.1 200 ") and b"connection: close" not in answer.lower()


async def talk(load: Load, port: int) -> None:
    """One connection after another, as long as the load lasts."""
    loop = asyncio.get_running_loop()
    while load.goes_on:
        _, talker = await loop.create_connection(lambda: Talker(load), "127.0.0.1", port)
        await talker.done


async def main(port: int, seconds: float, rate: float) -> None:
    requests = prepare(int((seconds + WARM_UP) * MOST_PER_SECOND))
    used = resource.getrusage(resource.RUSAGE_SELF)
    load = Load(requests, time.perf_counter(), seconds, rate)
    talking = [asyncio.create_task(talk(load, port)) for _ in range(CONNECTIONS)]
    ended, _ = await asyncio.wait(talking, timeout=seconds + WARM_UP + PATIENCE)
    for task in ended:
        task.result()
    if load.ran_out:
        raise SystemExit("the load ran out of prepared requests: raise MOST_PER_SECOND")
    now = resource.getrusage(resource.RUSAGE_SELF)
    found = {"acked": load.acked, "refused": load.refused, "unanswered": load.sent - load.acked - load.refused}
    cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({**found, "cpu": cpu, "latencies": load.latencies}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), *(float(each) for each in (*sys.argv[2:], "0")[:2])))
