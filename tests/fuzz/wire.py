"""What comes over the network: envelopes, callbacks, WeCom's answers, frames of the long connection."""

import asyncio
import json
import struct
from base64 import b64encode
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from bot.arrival import Arrival
from bot.channels.aibot_intake import Intake
from bot.channels.aibot_line import Line, _errcode
from bot.clock import MovableClock
from bot.errors import SendError, TryLater
from bot.sandbox.callbacks import to_xml
from bot.settings import AiBot
from bot.store import inbox
from bot.store.arrivals import whole
from bot.store.tables import inbox as table
from bot.web import callbacks
from bot.wecom import client
from bot.wecom.api import App, Contact, Kf
from bot.wecom.client import WeComClient
from bot.wecom.crypto import Crypto, Forged, _cipher, encrypted_of_json, encrypted_of_xml
from bot.wecom.messages import aibot_arrival, app_arrival, contact_arrival, kf_arrival, parse_xml
from bot.wecom.safe_xml import Malformed
from tests.fuzz.mutations import json_mutated, mutated, xml_mutated
from tests.fuzz.running import Target

TOKEN, KEY, SECRET = "FuzzToken0123456789", "fuzzKey0123456789abcdefghijklmnopqrstuvwxyz", "FuzzSecret0123456789"
NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
CRYPTO = Crypto(TOKEN, KEY, "ww1")
HIDDEN = (TOKEN, KEY, SECRET)
_WIDEST = 2**63  # of a number in the store


def kept(arrival: Arrival) -> None:
    """It can be stored: in every engine, as text, JSON and numbers."""
    for name, value in inbox._row(arrival, 0).items():
        assert not isinstance(value, str) or len(value) <= (getattr(table.c[name].type, "length", None) or _WIDEST), (
            name
        )
        if isinstance(value, int):
            assert -_WIDEST <= value < _WIDEST
        elif value is not None:
            json.dumps(value, allow_nan=False)
            assert all(_plain(text) for text in _texts(value))
    assert _plain(arrival.address.conversation)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *_texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _plain(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _xml(**fields: Any) -> bytes:
    plain = {"ToUserName": "ww1", "FromUserName": "lihua", "CreateTime": 1764000000, "AgentID": 1}
    return to_xml({**plain, **fields}).encode()


XML = (
    _xml(MsgType="text", Content="宝宝辅食怎么加", MsgId=123456),
    _xml(MsgType="image", PicUrl="http://p", MediaId="m1", MsgId=7),
    _xml(MsgType="event", Event="enter_agent"),
    _xml(
        MsgType="event",
        Event="change_external_contact",
        ChangeType="add_external_contact",
        UserID="lihua",
        ExternalUserID="wm1",
        WelcomeCode="code",
        State="s",
    ),
    _xml(MsgType="event", Event="kf_msg_or_event", Token="t", OpenKfId="wk1"),
    _xml(
        MsgType="event",
        Event="change_external_chat",
        ChatId="wr1",
        ChangeType="update",
        MemChangeList={"Item": ["a", "b"]},
    ),
    _xml(
        MsgType="event",
        Event="template_card_event",
        EventKey="/approve 3",
        TaskId="t",
        CardType="button_interaction",
        ResponseCode="c",
        SelectedItems={"SelectedItem": {"QuestionKey": "q", "OptionIds": {"OptionId": "o"}}},
    ),
)
BOT = tuple(
    json.dumps(
        {"msgid": "m1", "aibotid": "a", "chatid": "c", "chattype": "group", "from": {"userid": "lihua"}, **more}
    ).encode()
    for more in (
        {
            "msgtype": "text",
            "text": {"content": "@小分 怎么退货"},
            "quote": {"msgtype": "text", "text": {"content": "x"}},
        },
        {
            "msgtype": "mixed",
            "mixed": {
                "msg_item": [{"msgtype": "text", "text": {"content": "a"}}, {"msgtype": "image", "image": {"url": "u"}}]
            },
        },
        {"msgtype": "voice", "voice": {"content": "你好"}},
        {"msgtype": "event", "create_time": 1764000000, "event": {"eventtype": "enter_chat"}},
        {
            "msgtype": "event",
            "event": {
                "eventtype": "feedback_event",
                "feedback_event": {"id": "f", "type": 1, "inaccurate_reason_list": [1]},
            },
        },
        {
            "msgtype": "event",
            "event": {"eventtype": "template_card_event", "template_card_event": {"event_key": "k", "task_id": "t"}},
        },
        {"msgtype": "stream", "stream": {"id": "s1"}},
    )
)
_ITEM = {"msgid": "m", "open_kfid": "wk1", "external_userid": "wm1", "send_time": 1764000000, "origin": 3}
ITEMS: tuple[dict[str, Any], ...] = (
    {**_ITEM, "msgtype": "text", "text": {"content": "在吗", "menu_id": "1"}},
    {**_ITEM, "msgtype": "image", "image": {"media_id": "m"}},
    {**_ITEM, "origin": 5, "servicer_userid": "lihua", "msgtype": "text", "text": {"content": "好"}},
    {
        **_ITEM,
        "origin": 4,
        "msgtype": "event",
        "event": {
            "event_type": "enter_session",
            "open_kfid": "wk1",
            "external_userid": "wm1",
            "welcome_code": "c",
            "scene": "s",
        },
    },
    {
        **_ITEM,
        "origin": 4,
        "msgtype": "event",
        "event": {
            "event_type": "session_status_change",
            "change_type": 3,
            "old_servicer_userid": "lihua",
            "msg_code": "c",
        },
    },
    {
        **_ITEM,
        "origin": 4,
        "msgtype": "event",
        "event": {"event_type": "msg_send_fail", "fail_msgid": "m", "fail_type": 10},
    },
)
PAGES = tuple(
    json.dumps({"errcode": 0, "errmsg": "ok", "next_cursor": "c2", "has_more": 1, "msg_list": list(items)}).encode()
    for items in (ITEMS[:2], ITEMS[2:4], ITEMS[4:], ())
)


# --- envelopes -------------------------------------------------------------------------------------------------------


def envelope(data: bytes) -> None:
    """A body from anybody, with whatever it says its signature is."""
    for encrypted_of in (encrypted_of_xml, encrypted_of_json):
        try:
            encrypted = encrypted_of(data)
        except Malformed:
            continue
        CRYPTO.open(data[:40].decode("utf-8", "replace"), "1764000000", "7", encrypted)


def sealed(data: bytes) -> None:
    """A ciphertext that carries the right signature: the token was stolen, the key was not."""
    text = data.decode("latin-1")
    CRYPTO.open(CRYPTO._signature("1764000000", "7", text), "1764000000", "7", text)


def framed(data: bytes) -> None:
    """A plaintext that was encrypted with the right key, whatever is in it."""
    pad = 32 - len(data) % 32
    encryptor = _cipher(CRYPTO._key).encryptor()
    text = b64encode(encryptor.update(data + bytes([pad]) * pad) + encryptor.finalize()).decode()
    CRYPTO.open(CRYPTO._signature("1", "7", text), "1", "7", text)


# --- callbacks -------------------------------------------------------------------------------------------------------


def xml(data: bytes) -> None:
    callback = parse_xml(data.decode("utf-8", "replace"))
    kept(callbacks._clicked(whole(app_arrival(callback, "1"), callback.fields)))
    kept(whole(contact_arrival(callback), callback.fields))


def aibot(data: bytes) -> None:
    found = callbacks._object(data.decode("utf-8", "replace"))
    kept(whole(aibot_arrival(found, "小分", NOW), found))


# --- answers of WeCom ------------------------------------------------------------------------------------------------


def done(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of what never really waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise AssertionError("it waits")


class Answering(WeComClient):
    """A WeCom that answers everything with the same bytes; after forty answers it is not there any more."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._left = 40

    async def call(self, *_words: Any, **_more: Any) -> dict[str, Any]:
        self._left -= 1
        if not self._left:
            raise TryLater("gone")
        answer = client._read(200, self._body, lost=TryLater)
        client.raise_for(client._errcode(answer), str(answer.get("errmsg", "")), "kf")
        return answer


def page(data: bytes) -> None:
    answer = done(Kf(Answering(data), SECRET).sync_msg("wk1", cursor="c1"))
    answer.cursor.encode("utf-8", "surrogatepass")
    for item in answer.items:
        arrival = kf_arrival(item, NOW, timedelta(minutes=10))
        if arrival is not None:
            kept(whole(arrival, item))


def _calls(answering: Answering) -> Iterator[Coroutine[Any, Any, Any]]:
    kf, contact, app = Kf(answering, SECRET), Contact(answering, SECRET), App(answering, SECRET, 1)
    yield kf.service_state_get("wk1", "wm1")
    yield kf.service_state_trans("wk1", "wm1", 3, "lihua")
    yield kf.servicer_list("wk1")
    yield kf.account_list()
    yield kf.get_corp_statistic(NOW, NOW)
    yield kf.send_msg("wm1", "wk1", {"msgtype": "text", "text": {"content": "a"}}, "m1")
    yield contact.add_msg_template({"text": {"content": "a"}})
    yield contact.get_groupmsg_task("m")
    yield contact.get_groupmsg_send_result("m", "lihua")
    yield contact.get_groupmsg_list("single", NOW, NOW)
    yield contact.groupchat_get("wr1")
    yield contact.get_follow_user_list()
    yield contact.batch_get_by_user(["lihua"])
    yield contact.statistic_group_by_day(["lihua"], NOW, NOW)
    yield contact.get_user_behavior_data(["lihua"], NOW, NOW)
    yield app.message_send(["lihua"], {"msgtype": "text", "text": {"content": "a"}})


def answer(data: bytes) -> None:
    for call in _calls(Answering(data)):
        try:
            done(call)
        except SendError:
            continue


ANSWERS = tuple(
    json.dumps({"errcode": 0, "errmsg": "ok", **more}).encode()
    for more in (
        {
            "service_state": 3,
            "servicer_userid": "lihua",
            "msg_code": "c",
            "msgid": "m",
            "invaliduser": "a|b",
            "response_code": "r",
        },
        {"servicer_list": [{"userid": "lihua", "status": 0}, {"department_id": 2}]},
        {"account_list": [{"open_kfid": "wk1", "name": "客服", "manage_privilege": True}]},
        {"statistic_list": [{"stat_time": 1, "statistic": {"session_cnt": 3, "msg_rejected_customer_cnt": 1}}]},
        {
            "task_list": [{"userid": "lihua", "status": 2, "send_time": 1764000000}],
            "next_cursor": "n",
            "fail_list": ["wm1"],
        },
        {
            "send_list": [{"external_userid": "wm1", "chat_id": "wr1", "userid": "lihua", "status": 1}],
            "next_cursor": "",
        },
        {"group_msg_list": [{"msgid": "m", "create_time": "1764000000", "text": {"content": "a"}}]},
        {
            "group_chat": {
                "chat_id": "wr1",
                "member_version": "v",
                "member_list": [{"userid": "wm1", "type": 2, "join_time": 1764000000}],
            }
        },
        {
            "follow_user": ["lihua"],
            "external_contact_list": [
                {
                    "follow_info": {"userid": "lihua", "createtime": 1764000000, "tag_id": ["t"]},
                    "external_contact": {"external_userid": "wm1"},
                }
            ],
        },
        {
            "items": [{"stat_time": 1764000000, "data": {"member_total": 5, "new_member_cnt": 1}}],
            "behavior_data": [{"new_contact_cnt": 1, "negative_feedback_cnt": 2}],
        },
        {"access_token": "t", "expires_in": 7200},
    )
)


# --- the long connection ---------------------------------------------------------------------------------------------


class _Silence:
    def wake(self, _lane: str) -> None: ...


LOOP = asyncio.new_event_loop()
INTAKE = Intake(
    AiBot(name="live", mode="websocket", bot_id="b", secret=SECRET),
    cast(Any, None),
    _Silence(),
    MovableClock(NOW, frozen=True),
    lambda: None,
)  # type: ignore[arg-type]


async def _frame(data: bytes) -> None:
    async def received(frame: Mapping[str, Any]) -> None:
        await INTAKE.put(frame)
        while not INTAKE._queue.empty():
            arrival = INTAKE._queue.get_nowait()
            kept(whole(replace(arrival), frame))

    line = Line(cast(Any, None), MovableClock(NOW, frozen=True), received)
    waiting = line._waiting["r1"] = LOOP.create_future()
    await line._is_last(data.decode("utf-8", "replace"))
    if waiting.done() and waiting.result() is not None:
        client.raise_for(_errcode(waiting.result()), str(waiting.result().get("errmsg", "")), "aibot")


def frame(data: bytes) -> None:
    LOOP.run_until_complete(_frame(data))


FRAMES = (
    *(
        json.dumps({"cmd": "aibot_msg_callback", "headers": {"req_id": "r9"}, "body": json.loads(each)}).encode()
        for each in BOT
    ),
    json.dumps({"cmd": "aibot_event_callback", "headers": {"req_id": "r9"}, "body": json.loads(BOT[3])}).encode(),
    json.dumps(
        {"cmd": "aibot_event_callback", "headers": {}, "body": {"event": {"eventtype": "disconnected_event"}}}
    ).encode(),
    b'{"headers": {"req_id": "r1"}, "errcode": 0, "errmsg": "ok"}',
)

_SEALED = tuple(
    CRYPTO.seal(each.decode(), 1764000000, "7", b"0123456789abcdef").encrypt.encode() for each in (*XML[:2], *BOT[:2])
)
_FRAMED = tuple(b"0123456789abcdef" + struct.pack(">I", len(each)) + each + b"ww1" for each in (*XML[:3], *BOT[:3]))
_BODIES = (
    *(
        b"<xml><ToUserName><![CDATA[ww1]]></ToUserName><Encrypt><![CDATA[" + each + b"]]></Encrypt></xml>"
        for each in _SEALED[:2]
    ),
    *(json.dumps({"encrypt": each.decode()}).encode() for each in _SEALED[2:]),
)

TARGETS = (
    Target("envelope", _BODIES, mutated, envelope, (Malformed, Forged), HIDDEN, 25),
    Target("ciphertext", _SEALED, mutated, sealed, (Malformed, Forged), HIDDEN, 10),
    Target("plaintext frame", _FRAMED, mutated, framed, (Malformed, Forged), HIDDEN, 10),
    Target("callback XML", XML, xml_mutated, xml, (Malformed,), HIDDEN, 20),
    Target("AI-bot JSON", BOT, json_mutated, aibot, (Malformed,), HIDDEN, 12),
    Target("kf sync_msg page", PAGES, json_mutated, page, (SendError,), HIDDEN, 8),
    Target("other answers of WeCom", ANSWERS, json_mutated, answer, (SendError,), HIDDEN, 4),
    Target("long-connection frame", FRAMES, json_mutated, frame, (SendError,), HIDDEN, 5),
)
