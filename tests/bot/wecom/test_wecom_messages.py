"""Callbacks and items as WeCom's documents print them, and what becomes of each."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.work.parser import parse_message

from bot.wecom.messages import Malformed, aibot_arrival, app_arrival, contact_arrival, kf_arrival, parse_xml
from handlers.turn import Channel, Kind

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
THEN = 1_700_000_000

CARD = """<xml><ToUserName>ww1234567890abcdef</ToUserName><FromUserName>ZhangSan</FromUserName>
<CreateTime>1700000100</CreateTime><MsgType>event</MsgType><Event>template_card_event</Event>
<EventKey>fb_submit</EventKey><TaskId>fb-20260101-0001</TaskId><CardType>vote_interaction</CardType>
<ResponseCode>RC1</ResponseCode><AgentID>1000002</AgentID><SelectedItems><SelectedItem>
<QuestionKey>rating</QuestionKey><OptionIds><OptionId>good</OptionId><OptionId>fast</OptionId></OptionIds>
</SelectedItem></SelectedItems></xml>"""


def app_xml(msgtype: str, **fields: str) -> str:
    inner = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return (
        f"<xml><ToUserName>ww1</ToUserName><FromUserName>ZhangSan</FromUserName>"
        f"<CreateTime>{THEN}</CreateTime><MsgType>{msgtype}</MsgType>{inner}</xml>"
    )


# --- app -------------------------------------------------------------------------------------------------------------


def test_an_app_text_keeps_its_words_and_its_id_and_folds_the_userid() -> None:
    xml = app_xml("text", Content="  第一行\n<b> & 第二行 ", MsgId="7300000000000000001")
    arrival = app_arrival(parse_xml(xml), "app")
    assert arrival.text == "  第一行\n<b> & 第二行 "
    assert (arrival.key, arrival.kind) == ("7300000000000000001", Kind.TEXT)
    assert arrival.address.conversation == "app:app::zhangsan"
    assert arrival.sent_at == datetime.fromtimestamp(THEN, UTC)


@pytest.mark.parametrize("msgtype", ["image", "voice", "video", "location", "link", "file"])
def test_what_cannot_be_read_is_media(msgtype: str) -> None:
    arrival = app_arrival(parse_xml(app_xml(msgtype, MediaId="MID", MsgId="1")), "app")
    assert (arrival.kind, arrival.msgtype, arrival.data) == (Kind.MEDIA, msgtype, {"media_id": "MID"})


@pytest.mark.parametrize(
    "event", ["subscribe", "unsubscribe", "enter_agent", "LOCATION", "click", "view", "change_contact", "brand_new"]
)
def test_an_event_is_stored_under_its_lower_case_name_and_decides_nothing(event: str) -> None:
    arrival = app_arrival(parse_xml(app_xml("event", Event=event, EventKey="K")), "app")
    assert (arrival.kind, arrival.msgtype, arrival.text) == (Kind.OTHER, event.lower(), "")
    assert arrival.data == {"event_key": "K"}


def test_an_unknown_message_type_is_stored_raw() -> None:
    arrival = app_arrival(parse_xml(app_xml("hologram", MsgId="9")), "app")
    assert (arrival.kind, arrival.msgtype) == (Kind.OTHER, "hologram")


def test_a_card_event_keeps_what_an_answer_needs() -> None:
    arrival = app_arrival(parse_xml(CARD), "app")
    assert arrival.data["response_code"] == "RC1"
    assert arrival.data["selected"]["SelectedItem"]["OptionIds"] == {"OptionId": ["good", "fast"]}


def test_an_event_delivered_again_has_the_same_key_even_with_a_new_response_code() -> None:
    assert app_arrival(parse_xml(CARD), "app").key == app_arrival(parse_xml(CARD.replace("RC1", "RC2")), "app").key


@pytest.mark.parametrize("change", [("fb_submit", "other"), ("0001<", "0002<"), ("ZhangSan", "lisi"), ("100<", "101<")])
def test_two_events_of_one_second_have_different_keys(change: tuple[str, str]) -> None:
    assert app_arrival(parse_xml(CARD), "app").key != app_arrival(parse_xml(CARD.replace(*change)), "app").key


@pytest.mark.parametrize(
    "xml",
    [CARD, app_xml("text", Content="你好", MsgId="1"), app_xml("event", Event="kf_msg_or_event", OpenKfId="wk1")],
)
def test_our_reading_of_the_xml_agrees_with_an_independent_one(xml: str) -> None:
    callback, theirs = parse_xml(xml), parse_message(xml)
    assert dict(callback.fields) == theirs._data
    assert (callback.sender, callback.msgid) == (theirs.source, str(theirs.id or ""))


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "你好",
        "<xml></xml>",
        "<xml><MsgType>text</MsgType></xml>",
        "<xml><CreateTime>1</CreateTime></xml>",
        "<xml><MsgType>text</MsgType><CreateTime>soon</CreateTime></xml>",
        f"<xml><MsgType>text</MsgType><CreateTime>{'9' * 30}</CreateTime></xml>",
        "<!DOCTYPE xml><xml><MsgType>text</MsgType><CreateTime>1</CreateTime></xml>",
        "\ud800",
    ],
)
def test_a_document_that_is_no_callback_is_malformed(xml: str) -> None:
    with pytest.raises(Malformed):
        parse_xml(xml)


def test_a_person_may_write_about_doctypes() -> None:
    xml = app_xml("text", Content="怎么写 <!DOCTYPE html>？", MsgId="1")
    assert app_arrival(parse_xml(xml), "app").text == "怎么写 <!DOCTYPE html>？"


NAMES = st.sampled_from(["MsgType", "CreateTime", "Event", "Content", "FromUserName", "MsgId", "MemChangeList", "Item"])
TREES = st.recursive(
    st.sampled_from(["", "event", "text", "1700000000", "change_external_contact", "-1", "x"]),
    lambda inner: st.lists(st.tuples(NAMES, inner), max_size=4),
    max_leaves=12,
)


def as_xml(tree: Any) -> str:
    return tree if isinstance(tree, str) else "".join(f"<{name}>{as_xml(inner)}</{name}>" for name, inner in tree)


@given(st.one_of(st.text(), TREES.map(lambda tree: f"<xml>{as_xml(tree)}</xml>")))
def test_no_document_raises_anything_but_malformed(xml: str) -> None:
    try:
        callback = parse_xml(xml)
    except Malformed:
        return
    assert app_arrival(callback, "app").key
    assert contact_arrival(callback).key


# --- contact ---------------------------------------------------------------------------------------------------------


def contact_xml(event: str, **fields: str) -> str:
    return app_xml("event", Event=event, **fields).replace("ZhangSan", "sys")


def test_a_new_customer_with_a_welcome_code_has_entered() -> None:
    xml = contact_xml(
        "change_external_contact",
        ChangeType="add_external_contact",
        UserID="LiHua",
        ExternalUserID="wmX07",
        State="shop_a",
        WelcomeCode="W",
    )
    arrival = contact_arrival(parse_xml(xml))
    assert (arrival.kind, arrival.code, arrival.msgtype) == (Kind.ENTERED, "W", "add_external_contact")
    assert arrival.address.conversation == "contact:lihua::wmX07"
    assert arrival.data["state"] == "shop_a"


@pytest.mark.parametrize(
    "change",
    [
        "add_external_contact",
        "edit_external_contact",
        "add_half_external_contact",
        "del_external_contact",
        "del_follow_user",
        "transfer_fail",
        "brand_new",
    ],
)
def test_any_other_change_of_a_customer_is_stored_and_decides_nothing(change: str) -> None:
    xml = contact_xml("change_external_contact", ChangeType=change, UserID="lihua", ExternalUserID="wmX07")
    arrival = contact_arrival(parse_xml(xml))
    assert (arrival.kind, arrival.msgtype, arrival.code) == (Kind.OTHER, change, "")


def test_a_group_event_names_the_group_and_who_joined() -> None:
    xml = """<xml><ToUserName>ww0123</ToUserName><FromUserName>sys</FromUserName><CreateTime>1790000000</CreateTime>
    <MsgType>event</MsgType><Event>change_external_chat</Event><ChatId>wrX01</ChatId><ChangeType>update</ChangeType>
    <UpdateDetail>add_member</UpdateDetail><JoinScene>3</JoinScene><MemChangeCnt>2</MemChangeCnt>
    <MemChangeList><Item>wmX07</Item><Item>wmX08</Item></MemChangeList>
    <LastMemVer>a1</LastMemVer><CurMemVer>a2</CurMemVer></xml>"""
    arrival = contact_arrival(parse_xml(xml))
    assert (arrival.address.channel, arrival.address.chat) == (Channel.CONTACT, "wrX01")
    assert (arrival.msgtype, arrival.data["change_type"]) == ("change_external_chat", "update")
    assert arrival.data["members"] == ["wmX07", "wmX08"]
    assert (arrival.data["last_version"], arrival.data["version"]) == ("a1", "a2")


# --- AI bot ----------------------------------------------------------------------------------------------------------


def bot_message(msgtype: str, **fields: Any) -> dict[str, Any]:
    return {
        "msgid": "CAIQ01",
        "aibotid": "AIBOT01",
        "chatid": "wrAAAA",
        "chattype": "group",
        "from": {"userid": "ZhangSan"},
        "response_url": "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?response_code=RC",
        "msgtype": msgtype,
        **fields,
    }


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("@分寸 小 助手 怎么重置 VPN？", "怎么重置 VPN？"),
        ("@分寸 小 助手\u2005你好", "你好"),
        ("@分寸 小 助手", ""),
        ("  @分寸 小 助手\n第一行\n第二行", "第一行\n第二行"),
        ("@Helper 你好 @李四 在吗", "你好 @李四 在吗"),
        ("@分寸 小 助手们 你好", "小 助手们 你好"),
        ("没有提到谁", "没有提到谁"),
    ],
)
def test_the_leading_mention_is_no_part_of_the_question(said: str, heard: str) -> None:
    assert aibot_arrival(bot_message("text", text={"content": said}), "分寸 小 助手", NOW).text == heard


def test_one_to_one_an_at_sign_is_the_persons_own() -> None:
    arrival = aibot_arrival(bot_message("text", chattype="single", text={"content": "@all 是什么"}), "分寸", NOW)
    assert arrival.text == "@all 是什么"
    assert arrival.address.conversation == "aibot:分寸::ZhangSan"


def test_a_group_message_belongs_to_bot_chat_and_person() -> None:
    arrival = aibot_arrival(bot_message("text", text={"content": "@分寸 你好"}), "分寸", NOW)
    assert arrival.address.conversation == "aibot:分寸:wrAAAA:ZhangSan"
    assert (arrival.key, arrival.sent_at) == ("CAIQ01", NOW)
    assert arrival.data == {"response_url": bot_message("text")["response_url"]}


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (bot_message("voice", voice={"content": "你好"}), Kind.TEXT, "你好"),
        (bot_message("voice", voice={}), Kind.MEDIA, ""),
        (bot_message("image", image={"url": "https://x"}), Kind.MEDIA, ""),
        (bot_message("file", file={"url": "https://x"}), Kind.MEDIA, ""),
        (bot_message("video", video={"url": "https://x"}), Kind.MEDIA, ""),
        (bot_message("mixed", mixed={"msg_item": [{"msgtype": "image", "image": {}}]}), Kind.MEDIA, ""),
        (
            bot_message(
                "mixed",
                mixed={
                    "msg_item": [
                        {"msgtype": "text", "text": {"content": "@分寸 这是什么"}},
                        {"msgtype": "image", "image": {"url": "https://x"}},
                        {"msgtype": "text", "text": {"content": "怎么洗"}},
                    ]
                },
            ),
            Kind.TEXT,
            "这是什么\n怎么洗",
        ),
        (bot_message("hologram"), Kind.OTHER, ""),
        (bot_message("text", text={"content": "谁"}, **{"from": {}}), Kind.OTHER, "谁"),
    ],
)
def test_what_an_aibot_message_is(message: dict[str, Any], kind: Kind, text: str) -> None:
    arrival = aibot_arrival(message, "分寸", NOW)
    assert (arrival.kind, arrival.text) == (kind, text)


def bot_event(eventtype: str, payload: dict[str, Any] | None = None) -> dict[str, Any]:
    event = {"eventtype": eventtype} | ({eventtype: payload} if payload else {})
    return bot_message("event", create_time=THEN, event=event, req_id="REQ1")


def test_the_first_opening_of_the_day_is_an_entry() -> None:
    arrival = aibot_arrival(bot_event("enter_chat"), "分寸", NOW)
    assert (arrival.kind, arrival.msgtype) == (Kind.ENTERED, "enter_chat")
    assert arrival.sent_at == datetime.fromtimestamp(THEN, UTC)
    assert arrival.data["req_id"] == "REQ1"


def test_feedback_keeps_its_id_and_reasons() -> None:
    payload = {"id": "fb-1", "type": 2, "content": "太长", "inaccurate_reason_list": [2, 3]}
    arrival = aibot_arrival(bot_event("feedback_event", payload), "分寸", NOW)
    assert (arrival.kind, arrival.ref) == (Kind.RATED, "fb:fb-1:0")
    assert arrival.data["feedback_id"] == "fb-1"
    assert (arrival.data["feedback_type"], arrival.data["reasons"]) == (2, [2, 3])


@pytest.mark.parametrize("spelling", [("event_key", "task_id", "card_type"), ("eventkey", "taskid", "cardtype")])
def test_both_spellings_of_a_card_event_are_read(spelling: tuple[str, str, str]) -> None:
    payload = dict(zip(spelling, ("fb_submit", "fb-1", "vote_interaction"), strict=True))
    arrival = aibot_arrival(bot_event("template_card_event", payload), "分寸", NOW)
    assert arrival.data["event_key"] == "fb_submit"
    assert (arrival.data["task_id"], arrival.data["card_type"]) == ("fb-1", "vote_interaction")


# --- kf --------------------------------------------------------------------------------------------------------------


def kf_message(msgtype: str, origin: int = 3, **fields: Any) -> dict[str, Any]:
    return {
        "msgid": "in_1",
        "open_kfid": "wk1",
        "external_userid": "wmCust",
        "send_time": int(NOW.timestamp()),
        "origin": origin,
        "msgtype": msgtype,
        **fields,
    }


def kf_event(event_type: str, **fields: Any) -> dict[str, Any]:
    event = {"event_type": event_type, "open_kfid": "wk1", "external_userid": "wmCust", **fields}
    return {"msgid": "ev_1", "send_time": int(NOW.timestamp()), "origin": 4, "msgtype": "event", "event": event}


def kf(item: Any, *, cold_start: bool = False) -> Any:
    return kf_arrival(item, NOW, timedelta(minutes=10) if cold_start else None)


def test_a_customers_text_and_a_tapped_menu_entry() -> None:
    arrival = kf(kf_message("text", text={"content": "转人工", "menu_id": "human"}))
    assert (arrival.kind, arrival.text, arrival.key) == (Kind.TEXT, "转人工", "in_1")
    assert arrival.address.conversation == "kf:wk1::wmCust"
    assert arrival.data == {"menu_id": "human"}


@pytest.mark.parametrize("msgtype", ["image", "voice", "merged_msg", "note", "brand_new"])
def test_whatever_a_customer_sends_is_at_least_media(msgtype: str) -> None:
    assert kf(kf_message(msgtype)).kind is Kind.MEDIA


def test_a_colleague_who_types_is_not_the_customer() -> None:
    arrival = kf(kf_message("text", origin=5, servicer_userid="LiHua", text={"content": "我来回答"}))
    assert (arrival.kind, arrival.servicer, arrival.text) == (Kind.HUMAN_SPOKE, "lihua", "我来回答")


@pytest.mark.parametrize(
    ("item", "kind", "field", "value"),
    [
        (kf_event("enter_session", scene="oa_menu", welcome_code="W"), Kind.ENTERED, "code", "W"),
        (kf_event("enter_session"), Kind.ENTERED, "code", ""),
        (kf_event("session_status_change", change_type=1, new_servicer_userid="A"), Kind.HUMAN_TOOK, "servicer", "a"),
        (kf_event("session_status_change", change_type=2, new_servicer_userid="a"), Kind.HUMAN_TOOK, "servicer", "a"),
        (kf_event("session_status_change", change_type=4, new_servicer_userid="a"), Kind.HUMAN_TOOK, "servicer", "a"),
        (kf_event("session_status_change", change_type=3, msg_code="E"), Kind.HUMAN_LEFT, "code", "E"),
        (kf_event("session_status_change", change_type=99), Kind.OTHER, "code", ""),
        (kf_event("msg_send_fail", fail_msgid="r1", fail_type=10), Kind.SEND_FAILED, "ref", "r1"),
        (kf_event("user_recall_msg", recall_msgid="in_0"), Kind.RECALLED, "ref", "in_0"),
        (kf_event("servicer_recall_msg", recall_msgid="h1"), Kind.OTHER, "ref", "h1"),
        (kf_event("brand_new"), Kind.OTHER, "msgtype", "brand_new"),
        (kf_message("text", origin=77), Kind.OTHER, "msgtype", "text"),
    ],
)
def test_what_a_kf_event_is(item: dict[str, Any], kind: Kind, field: str, value: str) -> None:
    arrival = kf(item)
    assert (arrival.kind, getattr(arrival, field)) == (kind, value)
    assert arrival.address.person == "wmCust"


def test_events_keep_their_numbers() -> None:
    assert kf(kf_event("msg_send_fail", fail_type=0)).data == {"fail_type": 0}
    assert kf(kf_event("reject_customer_msg_switch_change", reject_switch=1)).data == {"reject_switch": 1}


def test_an_event_about_no_customer_reaches_nobody() -> None:
    item = kf_event("servicer_status_change", servicer_userid="lihua", status=2)
    del item["event"]["external_userid"]
    assert kf(item).kind is Kind.OTHER


@pytest.mark.parametrize(
    ("age", "cold_start", "seen"),
    [(601, True, True), (600, True, False), (0, True, False), (172_800, False, False)],
)
def test_only_a_lost_cursor_makes_old_messages_history(age: int, cold_start: bool, seen: bool) -> None:
    sent = int((NOW - timedelta(seconds=age)).timestamp())
    assert kf(kf_message("text", send_time=sent), cold_start=cold_start).seen is seen


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = re.findall(
    r"\w+",
    "msgid msgtype origin event event_type eventtype open_kfid external_userid send_time create_time text "
    "voice mixed from chattype change_type content msg_item feedback_event",
)
VALUES = JSON | st.sampled_from(["event", "text", "mixed", "group", "feedback_event", "session_status_change"])


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | st.dictionaries(st.sampled_from(FIELDS), VALUES)), JSON)
def test_no_json_raises(data: dict[str, Any], other: Any) -> None:
    assert aibot_arrival(data, "分寸", NOW).key
    assert kf(data, cold_start=True).key
    assert kf(other) is None or isinstance(other, dict)
