"""What WeCom tells us, as Arrivals: app and contact callbacks (XML), AI-bot callbacks (JSON), kf items of sync_msg.

Nothing here raises but Malformed for a document that cannot be read at all: Tencent adds types, and a type we do not
know is stored and answered with silence or a polite line, never with an error.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.arrival import Address, Arrival
from bot.wecom.safe_xml import Malformed, read_xml
from handlers.feedback_marks import mark, read_mark
from handlers.satisfaction import read_mark as read_score
from handlers.turn import Channel, Kind

__all__ = ["Callback", "Malformed", "aibot_arrival", "app_arrival", "contact_arrival", "kf_arrival", "parse_xml"]


# An event has no id, so its key is a hash of what it says. This part is made anew for each attempt at delivery.
_NOT_IN_KEY = frozenset({"ResponseCode"})

_APP_MEDIA = frozenset({"image", "voice", "video", "location", "link", "file"})
_AIBOT_MEDIA = frozenset({"image", "file", "video"})


# --- XML callbacks ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Callback:
    """One decrypted XML callback (90239, 90240, 92130, 94670).

    `event` is lower-cased and "" for a message, `sender` is as sent, `created_at` aware UTC, `msgid` "" for events;
    `fields` holds every element by its own name: text, dicts, and lists where a name repeats.
    """

    msgtype: str
    event: str
    sender: str
    created_at: datetime
    msgid: str
    fields: Mapping[str, Any]

    def field(self, name: str) -> str:
        """The text of one element, "" where it is absent or has children."""
        return _text(self.fields.get(name))


def parse_xml(text: str) -> Callback:
    """Read the decrypted XML of an app, kf or contact callback. Raises Malformed."""
    fields = read_xml(text)
    msgtype = _text(fields.get("MsgType")).strip().lower()
    created_at = _moment(fields.get("CreateTime"))
    if not msgtype or created_at is None:
        raise Malformed("the callback has no message type or no time")
    return Callback(
        msgtype=msgtype,
        event=_text(fields.get("Event")).strip().lower() if msgtype == "event" else "",
        sender=_text(fields.get("FromUserName")),
        created_at=created_at,
        msgid=_text(fields.get("MsgId")),
        fields=fields,
    )


def app_arrival(callback: Callback, account: str) -> Arrival:
    """A message or event of the self-built app; `account` is the app's name in our addresses.

    The key is MsgId, or for events a hash of all they say: two people's events of one second share the official key.
    """
    text, kind = "", Kind.OTHER
    if callback.msgtype == "text":
        text, kind = callback.field("Content"), Kind.TEXT
    elif callback.msgtype in _APP_MEDIA:
        kind = Kind.MEDIA
    return Arrival(
        key=callback.msgid or _hash({name: v for name, v in callback.fields.items() if name not in _NOT_IN_KEY}),
        address=Address(Channel.APP, account, "", callback.sender.casefold()),
        kind=kind,
        text=text,
        sent_at=callback.created_at,
        msgtype=callback.event or callback.msgtype,
        data=_some(
            event_key=callback.field("EventKey"),
            task_id=callback.field("TaskId"),
            card_type=callback.field("CardType"),
            response_code=callback.field("ResponseCode"),
            selected=callback.fields.get("SelectedItems"),
            change_type=callback.field("ChangeType"),
            media_id=callback.field("MediaId"),
        ),
    )


def contact_arrival(callback: Callback) -> Arrival:
    """An event of customers and customer groups (92130): `account` is the colleague, `chat` the group, if any.

    A new customer with a WelcomeCode has entered: the code is good for 20 s from `sent_at`. `msgtype` is the ChangeType
    where WeCom's event is change_external_contact, else the event; `data` has both beside what the event carries.
    """
    change, code = callback.field("ChangeType"), callback.field("WelcomeCode")
    of_contact = callback.event == "change_external_contact"
    entered = of_contact and change == "add_external_contact" and bool(code)
    return Arrival(
        key=_hash(callback.fields),
        address=Address(
            Channel.CONTACT,
            callback.field("UserID").casefold(),
            callback.field("ChatId"),
            callback.field("ExternalUserID"),
        ),
        kind=Kind.ENTERED if entered else Kind.OTHER,
        text="",
        sent_at=callback.created_at,
        msgtype=(change if of_contact else "") or callback.event or callback.msgtype,
        code=code if entered else "",
        data=_some(
            event=callback.event,
            change_type=change,
            state=callback.field("State"),
            source=callback.field("Source"),
            fail_reason=callback.field("FailReason"),
            update_detail=callback.field("UpdateDetail"),
            members=_items(callback.fields.get("MemChangeList")),
            quit_scene=callback.field("QuitScene"),
            last_version=callback.field("LastMemVer"),
            version=callback.field("CurMemVer"),
        ),
    )


# --- AI bot ----------------------------------------------------------------------------------------------------------


def aibot_arrival(data: Mapping[str, Any], bot_name: str, now: datetime) -> Arrival:
    """An AI-bot message or event (100719, 101027). `now` stands in where WeCom gives no time (messages).

    `bot_name` is the bot's name in our settings, which is also the name people mention. Do not pass a stream refresh to
    the inbox: it repeats its message's id and is answered on the spot.
    """
    msgtype = _text(data.get("msgtype")).lower()
    event = _dict(data.get("event"))
    group = _text(data.get("chattype")) == "group"
    # Not folded to lower case: an encrypted id (101521) may tell cases apart.
    person = _text(_dict(data.get("from")).get("userid"))
    text = _aibot_text(msgtype, data)
    if group:
        text = _without_mention(text, bot_name)
    eventtype = _text(event.get("eventtype")).lower()
    return Arrival(
        key=_text(data.get("msgid")) or _hash(data),
        address=Address(Channel.AIBOT, bot_name, _text(data.get("chatid")) if group else "", person),
        kind=_aibot_kind(msgtype, eventtype, text) if person else Kind.OTHER,  # nobody to answer
        ref=_thumb(_dict(event.get(eventtype))) if eventtype == "feedback_event" else "",
        text=text,
        sent_at=_moment(data.get("create_time")) or now,
        msgtype=eventtype or msgtype or "unknown",
        data=_some(
            response_url=_text(data.get("response_url")),
            req_id=_text(data.get("req_id")),
            **_aibot_event_data(eventtype, _dict(event.get(eventtype))),
        ),
    )


def _aibot_kind(msgtype: str, eventtype: str, text: str) -> Kind:
    if msgtype == "event":
        return {"enter_chat": Kind.ENTERED, "feedback_event": Kind.RATED}.get(eventtype, Kind.OTHER)
    if msgtype == "text" or (msgtype in ("voice", "mixed") and text):
        return Kind.TEXT
    return Kind.MEDIA if msgtype in _AIBOT_MEDIA or msgtype in ("voice", "mixed") else Kind.OTHER


def _aibot_text(msgtype: str, data: Mapping[str, Any]) -> str:
    """The words of a message; speech comes as text already."""
    if msgtype in ("text", "voice"):
        return _text(_dict(data.get(msgtype)).get("content"))
    if msgtype != "mixed":
        return ""
    items = _dict(data.get("mixed")).get("msg_item")
    texts = [_dict(_dict(item).get("text")) for item in items] if isinstance(items, list) else []
    return "\n".join(filter(None, (_text(text.get("content")) for text in texts)))


def _without_mention(text: str, bot_name: str) -> str:
    """The text without its leading @name. A name may contain spaces; one we do not know ends at the first space."""
    known = re.match(rf"\s*@{re.escape(bot_name)}(?:\s+|$)", text, re.IGNORECASE) if bot_name else None
    mention = known or re.match(r"\s*@\S+(?:\s+|$)", text)
    return text[mention.end() :] if mention else text


def _thumb(payload: Mapping[str, Any]) -> str:
    """Which answer, and what of it (101027: 1 good, 2 bad, 3 withdrawn); "" for what is no thumb of ours."""
    values: dict[int | None, bool | None] = {1: True, 2: False, 3: None}
    kind, answer = _number(payload.get("type")), _text(payload.get("id"))
    made = mark(answer, values[kind]) if kind in values else ""
    return made if read_mark(made) else ""


def _aibot_event_data(eventtype: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What later steps need of an event. The tables and the samples of 101027 spell the names differently."""
    if eventtype == "feedback_event":
        reasons = payload.get("inaccurate_reason_list")
        return {
            "feedback_id": _text(payload.get("id")),
            "feedback_type": _number(payload.get("type")),  # 1 good, 2 bad, 3 withdrawn
            "feedback_text": _text(payload.get("content")),
            "reasons": reasons if isinstance(reasons, list) else [],
        }
    if eventtype == "template_card_event":
        return {
            "event_key": _text(payload.get("event_key") or payload.get("eventkey")),
            "task_id": _text(payload.get("task_id") or payload.get("taskid")),
            "card_type": _text(payload.get("card_type") or payload.get("cardtype")),
            "selected": payload.get("selected_items") or payload.get("selecteditems"),
        }
    return {}


# --- kf --------------------------------------------------------------------------------------------------------------


def kf_arrival(item: Any, now: datetime, fresh: timedelta | None = None) -> Arrival | None:
    """One entry of sync_msg's msg_list (94670); None for what is not an object.

    With `fresh`, as on a cold start, items older than that are `seen`: recorded, never answered. Every type a customer
    sends is TEXT or MEDIA, so that a type we do not know still gets an answer; of other origins it is OTHER.
    """
    if not isinstance(item, Mapping):
        return None
    msgtype = _text(item.get("msgtype")).lower() or "unknown"
    event = _dict(item.get("event")) if msgtype == "event" else {}
    eventtype = _text(event.get("event_type")).lower()
    sent_at = _moment(item.get("send_time")) or now
    kind, rest = _kf_event(eventtype, event) if msgtype == "event" else _kf_message(msgtype, item)
    person = _text(item.get("external_userid") or event.get("external_userid"))
    return Arrival(
        key=_text(item.get("msgid")) or _hash(item),
        address=Address(Channel.KF, _text(item.get("open_kfid") or event.get("open_kfid")), "", person),
        kind=kind if person else Kind.OTHER,
        text=_text(_dict(item.get("text")).get("content")) if msgtype == "text" else "",
        sent_at=sent_at,
        msgtype=eventtype or msgtype,
        seen=fresh is not None and now - sent_at > fresh,
        servicer=rest.get("servicer", "").casefold(),
        code=rest.get("code", ""),
        ref=rest.get("ref", ""),
        data=_kf_data(msgtype, item, event),
    )


def _kf_message(msgtype: str, item: Mapping[str, Any]) -> tuple[Kind, dict[str, str]]:
    origin = _number(item.get("origin"))
    if origin == 5:
        return Kind.HUMAN_SPOKE, {"servicer": _text(item.get("servicer_userid"))}
    if origin == 3:
        tapped = _text(_dict(item.get("text")).get("menu_id")) if msgtype == "text" else ""
        if read_mark(tapped) or read_score(tapped):  # those of other menus are texts
            return Kind.RATED, {"ref": tapped}
        return (Kind.TEXT if msgtype == "text" else Kind.MEDIA), {}
    return Kind.OTHER, {}


def _kf_event(eventtype: str, event: Mapping[str, Any]) -> tuple[Kind, dict[str, str]]:
    if eventtype == "enter_session":
        return Kind.ENTERED, {"code": _text(event.get("welcome_code"))}
    if eventtype == "session_status_change":
        return _kf_session(event)
    if eventtype == "msg_send_fail":
        return Kind.SEND_FAILED, {"ref": _text(event.get("fail_msgid"))}
    if eventtype == "user_recall_msg":
        return Kind.RECALLED, {"ref": _text(event.get("recall_msgid"))}
    return Kind.OTHER, {"servicer": _text(event.get("servicer_userid")), "ref": _text(event.get("recall_msgid"))}


def _kf_session(event: Mapping[str, Any]) -> tuple[Kind, dict[str, str]]:
    """change_type: 1 taken from the pool, 2 transferred, 3 ended, 4 opened again by a colleague."""
    code = _text(event.get("msg_code"))
    change = _number(event.get("change_type"))
    if change in (1, 2, 4):
        return Kind.HUMAN_TOOK, {"servicer": _text(event.get("new_servicer_userid")), "code": code}
    if change == 3:
        return Kind.HUMAN_LEFT, {"servicer": _text(event.get("old_servicer_userid")), "code": code}
    return Kind.OTHER, {"code": code}


def _kf_data(msgtype: str, item: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    content = _dict(item.get(msgtype))
    numbers = {name: _number(event.get(name)) for name in ("change_type", "fail_type", "status", "reject_switch")}
    return _some(
        menu_id=_text(content.get("menu_id")),
        media_id=_text(content.get("media_id")),
        scene=_text(event.get("scene")),
        scene_param=_text(event.get("scene_param")),
    ) | {name: number for name, number in numbers.items() if number is not None}


# --- reading what may be missing -------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    """A text as it is, a number as its digits (ids come as both), anything else as ""."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> list[str]:
    """The texts of `<Item>`, of which there are none, one or many."""
    found = _dict(value).get("Item")
    return [_text(each) for each in (found if isinstance(found, list) else [found]) if _text(each)]


def _moment(seconds: Any) -> datetime | None:
    """Unix seconds as an aware UTC time; None where there is none or it cannot be one."""
    number = _number(seconds)
    try:
        return datetime.fromtimestamp(number, UTC) if number and number > 0 else None
    except (OverflowError, ValueError, OSError):
        return None


def _some(**values: Any) -> dict[str, Any]:
    """Only what is there."""
    return {name: value for name, value in values.items() if value not in ("", None, [], {})}


def _hash(fields: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()
