"""The edge: how much one source may ask, how long it may take, and what it may see."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import aiohttp
import pytest

from bot.settings import Server
from bot.web.buckets import BURST, VOUCHED, Buckets
from bot.web.connection_limits import IDLE, ConnectionLimits
from bot.web.sources import Sources, key, parsed
from tests.bot.conftest import OpenHouse
from tests.bot.house import House
from tests.bot.rough import app_text, ask, journal, knock, stored, until

STRANGER, WECOM, PROXY = "203.0.113.9", "198.51.100.7", "10.0.0.2"


class Seconds:
    """A clock for what counts in seconds."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


# --- who is asking ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "written", "expected"),
    [
        (STRANGER, None, STRANGER),
        (STRANGER, WECOM, STRANGER),
        (PROXY, WECOM, WECOM),
        (PROXY, f"127.0.0.1, {WECOM}", WECOM),
        (PROXY, f"{STRANGER}, {WECOM}, 10.9.9.9", WECOM),
        (PROXY, "10.0.0.3", "10.0.0.3"),
        (PROXY, "", PROXY),
        (PROXY, f"{WECOM}, nonsense", PROXY),
        (PROXY, f"{WECOM}, nonsense, 10.0.0.3", "10.0.0.3"),
        (PROXY, ", ".join([WECOM] * 100_000), WECOM),
        ("::ffff:10.0.0.2", WECOM, WECOM),
        ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        ("unknown", WECOM, "unknown"),
    ],
)
def test_a_forwarded_address_is_believed_from_our_proxies_only(peer: str, written: str | None, expected: str) -> None:
    headers = {} if written is None else {"X-Forwarded-For": written}
    assert Sources(["10.0.0.0/8"]).of(peer, headers).key == expected


def test_without_trusted_proxies_no_header_is_believed() -> None:
    for peer in (PROXY, "127.0.0.1", "::1"):
        source = Sources([]).of(peer, {"X-Forwarded-For": WECOM})
        address = parsed(peer)
        assert address is not None
        assert source.key == key(address)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_a_proxy_on_this_machine_passes_on_does_not_come_from_this_machine(header: str) -> None:
    for trusted in ([], ["127.0.0.0/8"]):
        sources = Sources(trusted)
        assert sources.of("127.0.0.1", {}).local
        assert not sources.of("127.0.0.1", {header: "127.0.0.1"}).local


# --- how often -------------------------------------------------------------------------------------------------------


def test_a_burst_passes_and_then_the_rate(seconds: Seconds) -> None:
    buckets = Buckets(100, seconds)
    assert sum(buckets.take(WECOM) for _ in range(1000)) == 100 * BURST
    seconds.at += 1
    assert sum(buckets.take(WECOM) for _ in range(1000)) == 100
    assert buckets.take(STRANGER), "each source has a bucket of its own"


def test_ten_minutes_of_a_thousand_callbacks_a_second_from_one_address_are_never_refused(seconds: Seconds) -> None:
    buckets = Buckets(Server().requests_per_second, seconds)
    for _ in range(600):
        assert all(buckets.take(WECOM) for _ in range(1000))
        seconds.at += 1


def test_the_number_of_sources_remembered_is_bounded(seconds: Seconds) -> None:
    buckets = Buckets(1, seconds, most=100)
    buckets.vouch("kept")
    for number in range(10_000):
        buckets.take(str(number))
        buckets.take("kept")
    assert len(buckets) == 100
    assert buckets.vouched("kept")
    seconds.at += VOUCHED
    assert not buckets.vouched("kept")


LOW = {"trusted_proxies": ["127.0.0.0/8"], "requests_per_second": 20}  # 100 at once


async def forge(house: House, source: str) -> int:
    return (await send(house, "POST", "/wecom/app?msg_signature=a&timestamp=1&nonce=1", source, b"<xml/>")).status


async def send(house: House, method: str, path: str, source: str, body: bytes | None = None) -> aiohttp.ClientResponse:
    """A request that our proxy passes on for `source`."""
    url = house.standin.world.bot_url + path
    headers = {"X-Forwarded-For": source}
    async with aiohttp.ClientSession(headers=headers) as session, session.request(method, url, data=body) as answer:
        await answer.read()
        return answer


async def test_a_forged_request_costs_fifty_good_ones(open_house: OpenHouse) -> None:
    async with open_house(server=LOW) as house:
        assert [await forge(house, STRANGER) for _ in range(4)] == [400, 400, 429, 429]
        assert await forge(house, WECOM) == 400, "others are not concerned"
        refusal = await send(house, "GET", "/healthz", STRANGER)
        assert (refusal.status, refusal.headers["Retry-After"]) == (429, "1")


async def test_looking_for_pages_costs_as_much_as_forging(open_house: OpenHouse) -> None:
    async with open_house(server=LOW) as house:
        found = [(await send(house, "GET", f"/.env{number}", STRANGER)).status for number in range(3)]
        assert found == [404, 404, 429]


async def test_forgeries_do_not_close_the_door_to_an_address_from_which_wecom_came(open_house: OpenHouse) -> None:
    async with open_house(server={"requests_per_second": 20, "trusted_proxies": ["127.0.0.0/8"]}) as house:
        house.program.web.edge._buckets.vouch(WECOM)
        assert {await forge(house, WECOM) for _ in range(20)} == {400}


async def test_an_authentic_callback_vouches_for_its_source(open_house: OpenHouse) -> None:
    async with open_house(server={"requests_per_second": 20}) as house:
        assert not house.program.web.edge._buckets.vouched("127.0.0.1")
        await forge(house, STRANGER)
        assert not house.program.web.edge._buckets.vouched("127.0.0.1")
        await knock(house, "app", app_text(house, "你好"))
        assert house.program.web.edge._buckets.vouched("127.0.0.1")


async def test_behind_a_proxy_that_nobody_declared_forgeries_do_not_shut_out_wecom(open_house: OpenHouse) -> None:
    async with open_house(server={"requests_per_second": 20}) as house:
        assert {await forge(house, STRANGER) for _ in range(20)} == {400}
        assert (await knock(house, "app", app_text(house, "你好"))).status == 200


async def test_a_flood_is_one_event_and_counted(open_house: OpenHouse) -> None:
    async with open_house(server=LOW) as house:
        with journal() as log:
            for _ in range(10):
                await forge(house, STRANGER)
        assert [line["reason"] for line in log.of("callback_refused")].count("too_many") == 1
        metrics = house.program.base.metrics.callbacks.answered.labels("edge", "too_many")
        assert metrics._value.get() == 8


# --- how long --------------------------------------------------------------------------------------------------------


class Line(asyncio.Transport):
    """A connection from `peer`."""

    def __init__(self, peer: str) -> None:
        super().__init__({"peername": (peer, 1)})
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = True


def limits(seconds: Seconds, per_source: int = 3) -> ConnectionLimits:
    return ConnectionLimits(Sources(["10.0.0.0/8"]), per_source, 10.0, seconds)


def test_one_source_holds_only_so_many_connections_and_gets_a_place_back_for_each_it_gives_up(seconds: Seconds) -> None:
    held = limits(seconds)
    lines = [Line(STRANGER) for _ in range(4)]
    assert [held.admit(line) for line in lines] == [True, True, True, False]
    assert held.admit(Line(WECOM))
    lines[0].closed = True
    assert held.admit(Line(STRANGER))


@pytest.mark.parametrize("peer", [PROXY, "127.0.0.1", "::1"])
def test_our_proxies_and_this_machine_hold_as_many_as_they_like(seconds: Seconds, peer: str) -> None:
    held = limits(seconds)
    assert all(held.admit(Line(peer)) for _ in range(1000))


def test_who_dribbles_a_head_is_cut_off_and_who_has_sent_one_is_not(seconds: Seconds) -> None:
    held = limits(seconds)
    slow, quick = Line(STRANGER), Line(STRANGER)
    held.admit(slow)
    held.admit(quick)
    held.heard(quick)
    seconds.at += 9.9
    assert held.sweep() == 0
    seconds.at += 0.2
    assert held.sweep() == 1
    assert (slow.closed, quick.closed) == (True, False)
    held.answered(quick)
    seconds.at += IDLE
    held.sweep()
    assert quick.closed
    held.sweep()
    assert len(held) == 0, "nothing is remembered of who is gone"


def test_a_proxy_may_keep_its_connection_for_the_next_request(seconds: Seconds) -> None:
    held = limits(seconds)
    line = Line(PROXY)
    held.admit(line)
    held.heard(line)
    held.answered(line)
    seconds.at += 3600
    assert held.sweep() == 0


@pytest.mark.parametrize("sent", [b"", b"POST /wecom/app HTTP/1.1\r\nHost: b"], ids=["nothing", "half a head"])
async def test_a_connection_that_never_says_what_it_wants_is_closed(open_house: OpenHouse, sent: bytes) -> None:
    async with open_house(server={"header_seconds": 0.05}) as house:
        with journal() as log:
            reader, writer = await asyncio.open_connection("127.0.0.1", house.program.running.port)
            writer.write(sent)
            said = b""
            async with asyncio.timeout(10):
                with suppress(ConnectionResetError):
                    said = await reader.read()
            writer.close()
        assert said == b""
        assert log.tracebacks == []
        assert (await knock(house, "app", app_text(house, "你好"))).status == 200


async def test_a_body_that_dribbles_is_refused_in_one_event_and_its_connection_closed(open_house: OpenHouse) -> None:
    async with open_house(server={"body_seconds": 0.05}) as house:
        with journal() as log:
            reader, writer = await asyncio.open_connection("127.0.0.1", house.program.running.port)
            writer.write(b"POST /wecom/app HTTP/1.1\r\nHost: b\r\nContent-Length: 99\r\n\r\n<")
            async with asyncio.timeout(10):
                answer = await reader.read()
            writer.close()
        assert answer.startswith(b"HTTP/1.1 408")
        [line] = log.of("callback_refused")
        assert (line["reason"], log.tracebacks) == ("too_slow", [])
        assert await stored(house) == []


async def test_three_hundred_half_open_connections_do_not_keep_wecom_out(house: House) -> None:
    port = house.program.running.port
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    for _, writer in opened:
        writer.write(b"POST /wecom/app HTTP/1.1\r\nContent-Length: 1000\r\n")
    assert (await knock(house, "app", app_text(house, "你好"))).status == 200
    for _, writer in opened:
        writer.close()
    edge = house.program.web.edge
    await until(lambda: edge.connections.sweep() >= 0 and len(edge.connections) <= 1)


# --- what may be seen ------------------------------------------------------------------------------------------------

PUBLIC = {"/healthz", "/readyz"}
CALLBACKS = {"/wecom/app", "/wecom/kf", "/wecom/contact", "/wecom/aibot/{name}"}
INSIDE = {"/metrics"}


def routes(house: House) -> Iterator[tuple[str, str]]:
    for route in house.program.web.app().router.routes():
        assert route.resource is not None
        yield route.method, route.resource.canonical


async def test_there_is_no_route_without_authentication_but_callbacks_health_and_metrics(house: House) -> None:
    assert {path for _, path in routes(house)} == PUBLIC | CALLBACKS | INSIDE


async def test_no_callback_route_answers_anything_to_who_cannot_sign(house: House) -> None:
    for method, path in routes(house):
        if path in CALLBACKS:
            answer = await ask(house, method, path.format(name="assistant"), b"" if method == "POST" else None)
            assert (answer.status in (400, 403), answer.text) == (True, ""), (method, path)


async def test_metrics_and_the_details_of_readiness_are_for_this_machine(house: House) -> None:
    assert (await ask(house, "GET", "/metrics")).status == 200
    assert '"problems"' in (await ask(house, "GET", "/readyz")).text


async def test_who_comes_through_a_proxy_sees_neither(open_house: OpenHouse) -> None:
    for trusted in ([], ["127.0.0.0/8"]):
        async with open_house(server={"trusted_proxies": trusted}) as house:
            for claimed in (STRANGER, "127.0.0.1"):
                assert (await send(house, "GET", "/metrics", claimed)).status == 404
                answer = await send(house, "GET", "/readyz", claimed)
                assert await answer.json() == {"ready": True}


async def test_the_networks_of_metrics_from_see_both(open_house: OpenHouse) -> None:
    settings = {"trusted_proxies": ["127.0.0.0/8"], "metrics_from": ["203.0.113.0/24"]}
    async with open_house(server=settings) as house:
        assert (await send(house, "GET", "/metrics", STRANGER)).status == 200
        assert "problems" in await (await send(house, "GET", "/readyz", STRANGER)).json()
        assert (await send(house, "GET", "/metrics", WECOM)).status == 404


async def test_a_hundred_who_ask_for_readiness_at_once_cost_one_look(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []
    check = type(house.program.base.database).check

    async def counted(database: object) -> None:
        looks.append(1)
        await asyncio.sleep(0.05)
        await check(database)  # type: ignore[arg-type]

    monkeypatch.setattr(type(house.program.base.database), "check", counted)
    answers = await asyncio.gather(*(ask(house, "GET", "/readyz") for _ in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert len(looks) < 20
