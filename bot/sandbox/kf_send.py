"""Sending to a customer: kf/send_msg (94677) and kf/send_msg_on_event (95122)."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import Body, Call, Rejected, fresh, many, number, own_msgid, part, text
from bot.sandbox.kf import BOT, NEW, Code, Kf, Session
from bot.sandbox.media import Media
from bot.sandbox.wire import Spoken

BUDGET = 5


class KfSender:
    """Checks and delivers. The documents name no errcode for a repeated msgid nor for a dead code: both can be set."""

    def __init__(self, kf: Kf, media: Media, clock: Clock) -> None:
        self._kf = kf
        self._media = media
        self._clock = clock
        self._used: set[tuple[str, str]] = set()
        self.duplicate_errcode = 95028
        self.dead_code_errcode = 40058

    def send_msg(self, call: Call) -> dict[str, Any]:
        """Deliver in state 0 or 1, within 48 hours, at most five messages per message of the customer."""
        body = call.body
        session = self._kf.session_of(body, "touser")
        shown = self._content(body, _CONTENTS)
        msgid = self._claim(session, body)
        self._check_window(session)
        session.sent += 1
        return self._deliver(session, msgid, shown, body)

    def send_msg_on_event(self, call: Call) -> dict[str, Any]:
        """Use a code up. What goes out here does not count against the five."""
        body = call.body
        value = text(body, "code")
        code = self._kf.codes.get(value)
        if code is None or code.until < self._clock.now():
            raise Rejected(self.dead_code_errcode, "code is unknown, used or expired")
        allowed = {"text": _text} if code.state not in (None, 4) else {"text": _text, "msgmenu": _menu}
        shown = self._content(body, allowed)
        msgid = self._claim(code.session, body)
        self._check_state(code)
        del self._kf.codes[value]
        if code.state is None:
            code.session.welcomed_at = self._clock.now()
        return self._deliver(code.session, msgid, shown, body)

    def _content(self, body: Body, kinds: Mapping[str, Callable[[Body], str]]) -> str:
        msgtype = text(body, "msgtype")
        if msgtype not in kinds:
            raise Rejected(40008, f"msgtype {msgtype} is not allowed here")
        content = part(body, msgtype)
        shown = kinds[msgtype](content)
        for name in ("media_id", "thumb_media_id"):
            if name in content:
                self._media.check(text(content, name, empty=40007))
        return shown

    def _claim(self, session: Session, body: Body) -> str:
        msgid = own_msgid(body)
        if msgid and (session.account, msgid) in self._used:
            raise Rejected(self.duplicate_errcode, "msgid was used before")
        return msgid or fresh("out")

    def _check_window(self, session: Session) -> None:
        if session.wrote_at is None:
            raise Rejected(95018, "the customer never wrote")
        if not session.fresh_at(self._clock.now()):
            raise Rejected(95002, "48 hours have passed")
        if session.state not in (NEW, BOT):
            raise Rejected(95018, f"state {session.state} does not allow sending")
        if session.sent >= BUDGET:
            raise Rejected(95001, "five messages since the customer's last one")

    def _check_state(self, code: Code) -> None:
        if code.state is None:
            return
        if code.state != 4:
            self._kf.settle(code.session)
        if code.session.state != code.state:
            raise Rejected(95018, "the session has left the state of this code")

    def _deliver(self, session: Session, msgid: str, shown: str, body: Body) -> dict[str, Any]:
        self._used.add((session.account, msgid))
        session.chat.append(Spoken(self._clock.now(), "bot", shown, msgid, body["msgtype"], body[body["msgtype"]]))
        return {"msgid": msgid}


def _text(content: Body) -> str:
    return text(content, "content", limit=2048, too_long=45002, empty=44004)


def _media(content: Body) -> str:
    text(content, "media_id", empty=40007)
    return "[媒体]"


def _link(content: Body) -> str:
    title = text(content, "title", limit=128, too_long=45002)
    url = text(content, "url", limit=2048, too_long=45002)
    text(content, "thumb_media_id", empty=40007)
    if "://" not in url:
        raise Rejected(40058, "url needs a scheme")
    return f"{title}\n{url}"


def _miniprogram(content: Body) -> str:
    text(content, "appid")
    text(content, "thumb_media_id", empty=40007)
    text(content, "pagepath")
    return text(content, "title", limit=64, too_long=45002, empty=None) or "[小程序]"


def _location(content: Body) -> str:
    for name in ("latitude", "longitude"):
        if not isinstance(content.get(name), int | float):
            raise Rejected(40058, f"{name} must be a number")
    return text(content, "name", empty=None) or "[位置]"


def _business_card(content: Body) -> str:
    return "[名片] " + text(content, "userid")


def _acquisition_link(content: Body) -> str:
    return text(content, "link_url")


def _menu(content: Body) -> str:
    """Head, one line per entry, tail; 95008 above ten entries, 95009 for a kind that does not exist."""
    lines = [text(content, "head_content", limit=1024, too_long=45002, empty=None)]
    for entry in many(content, "list", high=10, too_many=95008):
        if not isinstance(entry, dict):
            raise Rejected(95009, "menu entry must be an object")
        lines.append(_entry(entry))
    lines.append(text(content, "tail_content", limit=1024, too_long=45002, empty=None))
    shown = "\n".join(line for line in lines if line)
    if not shown:
        raise Rejected(44004, "empty menu")
    return shown


def _entry(entry: Body) -> str:
    kind = entry.get("type")
    if kind not in ("click", "view", "miniprogram", "text"):
        raise Rejected(95009, "unknown kind of menu entry")
    content = part(entry, kind)
    if kind == "click":
        text(content, "id", limit=64)
        return text(content, "content", limit=128)
    if kind == "view":
        return f"{text(content, 'content', limit=1024)} {text(content, 'url', limit=2048)}"
    if kind == "miniprogram":
        text(content, "appid", limit=32)
        text(content, "pagepath", limit=1024)
        return text(content, "content", limit=1024)
    number(content, "no_newline", 0, 0, 1)
    return text(content, "content")


_CONTENTS: dict[str, Callable[[Body], str]] = {
    "text": _text,
    "image": _media,
    "voice": _media,
    "video": _media,
    "file": _media,
    "link": _link,
    "miniprogram": _miniprogram,
    "msgmenu": _menu,
    "location": _location,
    "business_card": _business_card,
    "ca_link": _acquisition_link,
}
