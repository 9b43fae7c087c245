"""The door: only what is authentic, fresh and whole gets in, and who is refused learns nothing."""

import asyncio
import json
from datetime import timedelta

import pytest

from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, House
from tests.bot.rough import Answered, Journal, app_text, ask, bot_text, journal, knock, stored, verify

DOORS = ["app", "kf", "contact", "assistant"]
ECHO = "1616140317555161061"
QUESTION = "沙发和茶几之间留多少"

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><xml><MsgType>text</MsgType><CreateTime>1</CreateTime><Encrypt>&i;</Encrypt></xml>"
)
EXTERNAL_ENTITY = (
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    "<xml><MsgType>text</MsgType><CreateTime>1</CreateTime><Encrypt>&file;</Encrypt></xml>"
)


def plain_for(house: House, door: str) -> str:
    return bot_text(QUESTION) if door == "assistant" else app_text(house, QUESTION)


def refused(answer: Answered, log: Journal, status: int, reason: str) -> None:
    """Refused with that status and nothing else, in one event without a traceback."""
    assert (answer.status, answer.text) == (status, "")
    [line] = log.lines
    assert (line["event"], line["reason"]) == ("callback_refused", reason)
    assert log.tracebacks == []


# --- URL verification ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("keep", ["", "+/="], ids=["encoded", "plus un-encoded"])
async def test_every_address_answers_echostr_as_bare_plain_text(house: House, door: str, keep: str) -> None:
    sealed, answer = await verify(house, door, ECHO, keep)
    assert "+" in sealed
    assert (answer.status, answer.text) == (200, ECHO)
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("door", DOORS)
async def test_a_verification_with_another_signature_is_refused_in_one_event(house: House, door: str) -> None:
    where = house.standin.callbacks.door(door)
    with journal() as log:
        answer = await ask(house, "GET", f"{where.path}?msg_signature=x&timestamp=1&nonce=2&echostr=abc")
    refused(answer, log, 403, "forged")


# --- authentic -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
async def test_a_wrong_signature_is_refused_in_one_event(house: House, door: str) -> None:
    with journal() as log:
        answer = await knock(house, door, plain_for(house, door), msg_signature="0" * 40)
    refused(answer, log, 403, "forged")
    assert await stored(house) == []


async def test_a_signature_of_any_make_is_a_wrong_signature(house: House) -> None:
    for signature in ("", "é", "%ff", "A" * 5000):
        with journal() as log:
            answer = await knock(house, "app", app_text(house, QUESTION), msg_signature=signature)
        refused(answer, log, 403, "forged")


@pytest.mark.parametrize("door", DOORS)
async def test_a_request_without_any_query_is_refused_in_one_event(house: House, door: str) -> None:
    body = b'{"encrypt": "AAAA"}' if door == "assistant" else b"<xml><Encrypt>AAAA</Encrypt></xml>"
    with journal() as log:
        answer = await ask(house, "POST", house.standin.callbacks.door(door).path, body)
    refused(answer, log, 403, "forged")


@pytest.mark.parametrize("door", DOORS)
async def test_what_was_meant_for_another_receiver_is_refused(house: House, door: str) -> None:
    sealed = house.standin.callbacks.door(door).seal.seal_for(plain_for(house, door), "wwSomebodyElse")
    with journal() as log:
        answer = await knock(house, door, "", sealed=sealed)
    refused(answer, log, 400, "malformed")
    assert await stored(house) == []


@pytest.mark.parametrize("door", DOORS)
async def test_truncated_base64_is_refused(house: House, door: str) -> None:
    for cut in (1, 5, 64):
        sealed = house.standin.callbacks.door(door).seal.seal(plain_for(house, door))[:-cut]
        with journal() as log:
            answer = await knock(house, door, "", sealed=sealed)
        refused(answer, log, 400, "malformed")


# --- fresh -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
async def test_a_replay_from_outside_the_window_is_refused(house: House, door: str) -> None:
    for minutes in (-11, 11, -60 * 24 * 365):
        with journal() as log:
            answer = await knock(house, door, plain_for(house, door), at=house.clock.now() + timedelta(minutes=minutes))
        refused(answer, log, 403, "stale")
    assert await stored(house) == []


async def test_a_request_that_was_good_is_refused_once_it_is_older_than_the_window(house: House) -> None:
    told = await house.standin.employee_says("lihua", QUESTION)
    await house.settled()
    house.clock.jump(timedelta(minutes=10, seconds=1))
    assert (await house.standin.redeliver(told.exchange)).status == 403


async def test_the_window_is_a_setting(open_house: OpenHouse) -> None:
    async with open_house(server={"replay_minutes": 1}) as house:
        old = house.clock.now() - timedelta(minutes=2)
        assert (await knock(house, "app", app_text(house, QUESTION), at=old)).status == 403


async def test_a_timestamp_that_is_no_time_is_refused(house: House) -> None:
    seal = house.standin.callbacks.door("app").seal
    sealed = seal.seal(app_text(house, QUESTION))
    for timestamp in ("", "soon", "9" * 30, "1e9"):
        query = {"timestamp": timestamp, "nonce": "7", "msg_signature": seal.sign(timestamp, "7", sealed)}
        with journal() as log:
            answer = await knock(house, "app", "", sealed=sealed, **query)
        refused(answer, log, 400, "malformed")


async def test_the_same_app_request_again_within_the_window_is_answered_once(house: House) -> None:
    told = await house.standin.employee_says("lihua", QUESTION)
    for _ in range(3):
        assert (await house.standin.redeliver(told.exchange)).status == 200
        await house.settled()
    assert len(house.told("lihua")) == 1


async def test_the_same_kf_ring_again_within_the_window_is_answered_once(house: House) -> None:
    told = await house.standin.customer_says(CHEN, QUESTION)
    for _ in range(3):
        assert (await house.standin.redeliver(told.exchange)).status == 200
        await house.settled()
    assert len(house.said(CHEN)) == 1


async def test_the_same_aibot_message_again_gets_the_same_stream_and_one_answer(house: House) -> None:
    plain = bot_text(QUESTION, "msg-1")
    replies = [await knock(house, "assistant", plain) for _ in range(3)]
    await house.settled()
    seal = house.standin.callbacks.door("assistant").seal
    streams = {json.loads(seal.open(json.loads(each.text)["encrypt"]))["stream"]["id"] for each in replies}
    assert len(streams) == 1
    assert len(await stored(house)) == 1
    said = [line for line in house.standin.bot_chat("assistant", "lihua") if line.who == "bot"]
    assert said == [], "polls fetch the text; nothing else is sent"


@pytest.mark.parametrize("door", ["app", "contact"])
async def test_an_event_that_comes_three_times_is_stored_once(house: House, door: str) -> None:
    plain = app_text(house, "", MsgType="event", Event="enter_agent", MsgId="")
    for _ in range(3):
        assert (await knock(house, door, plain)).status == 200
    assert len(await stored(house)) == 1


# --- whole -----------------------------------------------------------------------------------------------------------


async def test_a_body_of_ten_megabytes_is_refused_at_every_door(house: House) -> None:
    for door in DOORS:
        where = house.standin.callbacks.door(door)
        with journal() as log:
            answer = await ask(house, "POST", f"{where.path}?msg_signature=a&timestamp=1&nonce=1", b"x" * 10_000_000)
        refused(answer, log, 413, "too_large")


async def test_half_a_request_does_not_keep_the_bot_from_stopping(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.program.running.port)
    writer.write(b"POST /wecom/app HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n<xml>")
    await writer.drain()
    async with asyncio.timeout(10):
        await house.program.stop()
    assert await reader.read() == b""
    writer.close()
    await house.restart()


@pytest.mark.parametrize("door", ["app", "kf", "contact"])
async def test_an_xml_bomb_is_refused_around_and_inside_the_envelope(house: House, door: str) -> None:
    where = house.standin.callbacks.door(door)
    for bomb in (BILLION_LAUGHS, EXTERNAL_ENTITY, "<xml>" * 50_000):
        with journal() as log:
            around = await ask(house, "POST", f"{where.path}?msg_signature=a&timestamp=1&nonce=1", bomb.encode())
        refused(around, log, 400, "malformed")
        with journal() as log:
            inside = await knock(house, door, bomb)
        refused(inside, log, 400, "malformed")
    assert await stored(house) == []


async def test_malformed_json_inside_the_aibot_envelope_is_refused(house: House) -> None:
    nested = '{"msgtype":' + "[" * 900 + "]" * 900 + "}"
    for plain in ("", "{", "[]", '"text"', "null", "[" * 100_000, nested, "\x00"):
        with journal() as log:
            answer = await knock(house, "assistant", plain)
        refused(answer, log, 400, "malformed")


async def test_a_malformed_aibot_envelope_is_refused(house: House) -> None:
    bodies = (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"encrypt": 7}', b'{"encrypt": ""}', b"[" * 100_000)
    for body in bodies:
        with journal() as log:
            answer = await ask(house, "POST", "/wecom/aibot/assistant?msg_signature=a&timestamp=1&nonce=1", body)
        refused(answer, log, 400, "malformed")


async def test_malformed_xml_inside_the_envelope_is_refused(house: House) -> None:
    for plain in ("", "text", "<xml/>", "<xml><MsgType>text</MsgType></xml>", "<a><b>c</b></a>"):
        with journal() as log:
            answer = await knock(house, "app", plain)
        refused(answer, log, 400, "malformed")


async def test_who_hangs_up_in_the_middle_of_a_body_leaves_no_traceback(house: House) -> None:
    port = house.program.running.port
    with journal() as log:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /wecom/app HTTP/1.1\r\nHost: bot\r\nContent-Length: 1000\r\n\r\n<xml>")
        await writer.drain()
        writer.write_eof()
        await reader.read()
        writer.close()
    assert log.tracebacks == []
    assert (await knock(house, "app", app_text(house, QUESTION))).status == 200


async def test_what_is_no_http_leaves_at_most_one_line_and_no_traceback(house: House) -> None:
    long = b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: bot\r\n\r\n"
    for sent in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nA\r\n\r\n", long):
        with journal() as log:
            reader, writer = await asyncio.open_connection("127.0.0.1", house.program.running.port)
            writer.write(sent)
            writer.write_eof()
            await reader.read()
            writer.close()
        assert log.tracebacks == []
        assert len(log.lines) <= 1


# --- what they learn -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_aibot_name_is_not_found_in_one_event(house: House, method: str) -> None:
    with journal() as log:
        answer = await ask(house, method, "/wecom/aibot/nobody?msg_signature=a&timestamp=1&nonce=1&echostr=x", b"{}")
    refused(answer, log, 404, "unknown_bot")


REFUSED = (
    ("GET", "/"),
    ("GET", "/.env"),
    ("PUT", "/wecom/app"),
    ("GET", "/wecom/nothing"),
    ("POST", "/wecom/app"),
    ("GET", "/wecom/aibot/nobody"),
    ("GET", "/sandbox/"),
    ("GET", "/wecom/app?echostr=%"),
)


async def test_a_page_of_refusal_names_no_software_no_path_and_no_secret(house: House) -> None:
    world = house.standin.world
    for method, target in REFUSED:
        answer = await ask(house, method, target, b"" if method == "POST" else None)
        assert answer.status in (400, 403, 404, 405)
        everything = f"{answer.text} {answer.headers}".lower()
        for word in ("python", "aiohttp", "traceback", "bot/", world.corp_id, world.app.token):
            assert word.lower() not in everything


NO_HTTP = {
    "negative length": (b"POST /wecom/app HTTP/1.1\r\nHost: b\r\nContent-Length: -5\r\n\r\n", "BadHttpMessage"),
    "two lengths": (
        b"POST /wecom/app HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "BadHttpMessage",
    ),
    "long header": (b"GET / HTTP/1.1\r\nHost: b\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", "LineTooLong"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"q" * 64 + b"\r\n\r\n", "BadHttpMethod"),
}


async def raw(house: House, sent: bytes) -> bytes:
    """All that comes back for these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.program.running.port)
    writer.write(sent)
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    return answer


def wordless(answer: bytes, status: int) -> None:
    """A status and headers: no body, and no software by name."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert (int(head.split()[1]), body) == (status, b"")
    assert not any(word in head.lower() for word in (b"python", b"aiohttp", b"https"))


@pytest.mark.parametrize("kind", NO_HTTP)
async def test_what_is_no_http_gets_a_bare_400_and_leaves_one_event(house: House, kind: str) -> None:
    sent, reason = NO_HTTP[kind]
    with journal() as log:
        wordless(await raw(house, sent), 400)
    [line] = log.lines
    assert (line["event"], line["channel"], line["reason"]) == ("callback_refused", "http", reason)


async def test_an_expectation_that_nobody_meets_is_not_quoted(house: House) -> None:
    sent = b"POST /wecom/app HTTP/1.1\r\nHost: b\r\nExpect: zebra\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    wordless(await raw(house, sent), 417)


async def test_a_defect_behind_a_route_is_a_bare_500(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(house.program.web, "measure", broken)
    with journal() as log:
        wordless(await raw(house, b"GET /metrics HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"), 500)
    assert len(log.tracebacks) == 1


# --- kept, though nobody knows it ------------------------------------------------------------------------------------


async def test_an_unknown_app_message_type_is_stored_as_it_came_and_acked(house: House) -> None:
    with journal() as log:
        answer = await knock(house, "app", app_text(house, "", MsgType="hologram", Depth="3"))
        await house.settled()
    assert (answer.status, answer.text) == (200, "")
    [row] = await stored(house)
    assert (row["kind"], row["msgtype"], row["data"]["raw"]["Depth"]) == ("other", "hologram", "3")
    assert house.told("lihua") == []
    assert log.tracebacks == []


@pytest.mark.parametrize("door", ["app", "contact", "kf"])
async def test_an_unknown_event_is_stored_as_it_came_and_acked(house: House, door: str) -> None:
    plain = app_text(house, "", MsgId="", MsgType="event", Event="moon_landing", Crater="Tycho")
    answer = await knock(house, door, plain)
    await house.settled()
    assert (answer.status, answer.text) == (200, "")
    [row] = await stored(house)
    assert (row["kind"], row["msgtype"], row["data"]["raw"]["Crater"]) == ("other", "moon_landing", "Tycho")


async def test_an_unknown_aibot_message_type_is_stored_as_it_came_and_acked(house: House) -> None:
    answer = await knock(house, "assistant", bot_text("", msgtype="hologram", hologram={"depth": 3}))
    await house.settled()
    assert (answer.status, answer.text) == (200, "")
    [row] = await stored(house)
    assert (row["kind"], row["data"]["raw"]["hologram"]) == ("other", {"depth": 3})


async def test_an_unknown_kf_message_is_stored_as_it_came_and_answered_politely(house: House) -> None:
    item = {"open_kfid": KF, "external_userid": CHEN, "origin": 3, "msgtype": "hologram", "hologram": {"depth": 3}}
    house.standin.kf.session(KF, CHEN).wrote_at = house.clock.now()
    house.standin.kf.session(KF, CHEN).state = 0
    house.standin.kf.put(KF, item)
    await house.standin.ring(KF)
    await house.settled()
    [row] = await stored(house)
    assert row["data"]["raw"]["hologram"] == {"depth": 3}
    [told] = house.said(CHEN)
    assert "文字" in told


async def test_odd_texts_to_the_app_get_one_answer_each(house: House) -> None:
    odd = ("😀😀😀", "👨‍👩‍👧‍👦", "。。。", "长" * 20_000, "a" * 20_000, "\u202e\u200b\ufeff")
    for number, words in enumerate(odd, 1):
        assert (await knock(house, "app", app_text(house, words))).status == 200
        await house.settled()
        assert len(house.told("lihua")) == number, "and no colleague is called for nonsense"


@pytest.mark.parametrize("words", ["😀😀😀", "长" * 20_000, "半个字\ud83d"])
async def test_odd_texts_to_an_aibot_are_stored_and_answered(house: House, words: str) -> None:
    with journal() as log:
        answer = await knock(house, "assistant", bot_text(words))
        await house.settled()
    assert answer.status == 200
    [row] = await stored(house)
    assert row["state"] == "handled"
    assert log.tracebacks == []


async def test_a_path_that_is_not_configured_is_not_there(open_house: OpenHouse) -> None:
    async with open_house(wecom={"contact": None}) as house:
        assert (await ask(house, "GET", "/wecom/contact")).status == 404
