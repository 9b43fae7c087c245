"""The self-built app and its members: message/send (90236), cards (94888), recall (94867), appchat (90245, 90248),
the app itself (90227)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.cards import INTERACTIVE, check_card, shown
from bot.sandbox.fields import Body, Call, Meter, Rejected, canonical, fresh, many, number, part, text, texts
from bot.sandbox.media import Media
from bot.sandbox.wire import Spoken, Wire
from bot.sandbox.world import World

CODE_LIFE = timedelta(hours=72)
_CHATID = re.compile(r"[0-9A-Za-z]{1,32}")


@dataclass(slots=True)
class Card:
    """A card that was sent: who has it and until when `code` may change it."""

    msgid: str
    people: list[str]
    until: datetime


@dataclass(slots=True)
class AppChat:
    """A group made by the app."""

    chatid: str
    name: str
    owner: str
    members: list[str]
    said: list[Spoken] = field(default_factory=list)


class People:
    """What members see of the app."""

    def __init__(self, world: World, clock: Clock, wire: Wire, media: Media) -> None:
        self._world = world
        self._clock = clock
        self._wire = wire
        self._media = media
        self._meter = Meter()
        self._repeats: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._sent: dict[str, datetime] = {}
        self.tasks: set[str] = set()
        self.codes: dict[str, Card] = {}
        self.chats: dict[str, list[Spoken]] = {}
        self.groups: dict[str, AppChat] = {}

    def chat(self, userid: str) -> list[Spoken]:
        """What this member and the app said, oldest first."""
        return self.chats.setdefault(userid.casefold(), [])

    # ---- message/send

    def send(self, call: Call) -> dict[str, Any]:
        """Deliver; above 30 a minute or 1,000 an hour to one member silently not (see the note in the ledger)."""
        body = call.body
        self._check_agent(body)
        known, invalid = self._recipients(body)
        number(body, "safe", 0, 0, 2)
        interval = number(body, "duplicate_check_interval", 1800, 0, 14400)
        repeat = self._repeats.get(canonical(body))
        if body.get("enable_duplicate_check") == 1 and repeat and repeat[0] > self._clock.now():
            now = self._clock.now()
            self._wire.record(now, "to_wecom", call.path, body, repeat[1], note="duplicate: not delivered")
            return repeat[1]
        answer = self._deliver(call, body, known) | {"invaliduser": "|".join(invalid)}
        if body.get("enable_duplicate_check") == 1:
            self._repeats[canonical(body)] = (self._clock.now() + timedelta(seconds=interval), answer)
        return answer

    def update_card(self, call: Call) -> dict[str, Any]:
        """Change a card; every response_code once within 72 hours (60140)."""
        body = call.body
        self._check_agent(body)
        code = text(body, "response_code", empty=60140)
        card = self.codes.get(code)
        if card is None or card.until < self._clock.now():
            raise Rejected(60140, "response_code is invalid, used or expired")
        people = card.people if body.get("atall") == 1 else texts(body, "userids", high=1000, required=True)
        invalid = [one.lower() for one in people if one.casefold() not in map(str.casefold, card.people)]
        label = self._new_face(body)
        del self.codes[code]
        for one in people:
            self.change_card(one, card.msgid, label, body.get("template_card"))
        return {"invaliduser": invalid}

    def recall(self, call: Call) -> dict[str, Any]:
        """Take a message back within 24 hours (42052)."""
        msgid = text(call.body, "msgid")
        at = self._sent.get(msgid)
        if at is None:
            raise Rejected(40058, "unknown msgid")
        if self._clock.now() - at > timedelta(hours=24):
            raise Rejected(42052, "older than 24 hours")
        for rows in self.chats.values():
            rows[:] = [row for row in rows if row.msgid != msgid]
        return {}

    def user_get(self, call: Call) -> dict[str, Any]:
        """Name of a member; 60111 for an unknown one."""
        found = self._world.employee(text(call.query, "userid"))
        if found is None:
            raise Rejected(60111, "userid not found")
        return {"userid": found.userid, "name": found.name, "department": [1], "main_department": 1, "status": 1}

    def agent_get(self, call: Call) -> dict[str, Any]:
        """The app of this token, and no other (90227); 41011 without an agentid."""
        app = self._world.app
        if text(call.query, "agentid", empty=41011) != str(app.agent_id):
            raise Rejected(40056, "agentid does not belong to this token")
        return {
            "agentid": app.agent_id,
            "name": "分寸",
            "square_logo_url": "",
            "description": "",
            "allow_userinfos": {"user": [{"userid": each.userid} for each in self._world.employees]},
            "allow_partys": {"partyid": [1]},
            "allow_tags": {"tagid": []},
            "close": int(app.closed),
            "redirect_domain": "",
            "report_location_flag": 0,
            "isreportenter": 0,
            "home_url": "",
        }

    def new_code(self, msgid: str, people: Iterable[str]) -> str:
        """A response_code for the card in that message."""
        code = fresh("RC")
        self.codes[code] = Card(msgid, list(people), self._clock.now() + CODE_LIFE)
        return code

    def change_card(self, userid: str, msgid: str, label: str, card: Mapping[str, Any] | None) -> None:
        """Show another card, or the buttons under this label, in one member's chat."""
        for row in self.chat(userid):
            if row.msgid == msgid and row.who == "bot":
                row.body = dict(card) if card else {**row.body, "replaced": label}
                row.text = shown(row.body) if card else f"{row.text}\n[{label}]"

    def card_of(self, userid: str, task_id: str) -> Spoken:
        """The message with that card in the member's chat; KeyError when there is none."""
        for row in reversed(self.chat(userid)):
            if row.msgtype == "template_card" and row.body.get("task_id") == task_id:
                return row
        raise KeyError(task_id)

    def _new_face(self, body: Body) -> str:
        if "template_card" in body:
            check_card(part(body, "template_card"), "app", self.tasks, update=True)
            return ""
        return text(part(body, "button"), "replace_name")

    def _check_agent(self, body: Body) -> None:
        if number(body, "agentid", None) != self._world.app.agent_id:
            raise Rejected(40056, "agentid does not belong to this token")

    def _recipients(self, body: Body) -> tuple[list[str], list[str]]:
        """Members to deliver to and the rest in lower case; 81012, 40032, 81013."""
        wanted = text(body, "touser", empty=None)
        others = text(body, "toparty", empty=None) + text(body, "totag", empty=None)
        if not wanted and not others:
            raise Rejected(81012, "no recipient")
        if wanted == "@all":
            return [one.userid for one in self._world.employees], []
        asked = [one for one in wanted.split("|") if one]
        if len(asked) > 1000:
            raise Rejected(40032, "more than 1000 recipients")
        found = [self._world.employee(one) for one in asked]
        known = list(dict.fromkeys(one.userid for one in found if one))
        if not known:
            raise Rejected(81013, "every recipient is invalid or out of scope")
        return known, [one.lower() for one, there in zip(asked, found, strict=True) if there is None]

    def _deliver(self, call: Call, body: Body, known: list[str]) -> dict[str, Any]:
        msgtype, content, line = self._content(body)
        msgid = fresh("M1")
        now, limits = self._clock.now(), self._world.limits
        self._sent[msgid] = now
        for userid in known:
            windows = ((limits.member_per_minute, 60.0), (limits.member_per_hour, 3600.0))
            if not self._meter.allows(userid.casefold(), now, *windows):
                self._wire.record(now, "to_wecom", call.path, {"touser": userid}, {}, note="dropped: over the limit")
                continue
            self.chat(userid).append(Spoken(now, "bot", line, msgid, msgtype, content))
        answer = {"msgid": msgid}
        if msgtype == "template_card" and (content.get("card_type") in INTERACTIVE or content.get("action_menu")):
            answer["response_code"] = self.new_code(msgid, known)
        return answer

    def _content(self, body: Body) -> tuple[str, Body, str]:
        """Type, content and visible text; app text above 2,048 bytes is cut, as the document says."""
        msgtype = text(body, "msgtype")
        if msgtype == "template_card":
            card = part(body, msgtype)
            if card.get("card_type") in INTERACTIVE and not self._world.app.token:
                raise Rejected(43012, "no callback configured")
            return msgtype, card, check_card(card, "app", self.tasks)
        return msgtype, *plain_content(body, msgtype, self._media)

    # ---- appchat

    def create_group(self, call: Call) -> dict[str, Any]:
        """Make a group; 86215 when the id exists already."""
        body = call.body
        if not self._world.app.root_visible:
            raise Rejected(48002, "the app is not visible to the root department")
        members = texts(body, "userlist", high=2000, too_many=86006, required=True)
        if len(members) < 2:
            raise Rejected(86006, "a group needs two members")
        if any(self._world.employee(one) is None for one in members):
            raise Rejected(86216, "unknown member")
        if len(name := text(body, "name", empty=None)) > 50:
            raise Rejected(86004, "name is longer than 50 characters")
        chatid = text(body, "chatid", empty=None) or fresh("chat")[:32]
        if not _CHATID.fullmatch(chatid):
            raise Rejected(86001, "bad chatid")
        if chatid in self.groups:
            raise Rejected(86215, "chatid exists")
        self.groups[chatid] = AppChat(chatid, name, text(body, "owner", empty=None) or members[0], members)
        return {"chatid": chatid}

    def send_to_group(self, call: Call) -> dict[str, Any]:
        """Write into a group of this app; no cards here."""
        body = call.body
        group = self.groups.get(text(body, "chatid", empty=86001))
        if group is None:
            raise Rejected(86003, "no such group of this app")
        msgtype = text(body, "msgtype")
        content, line = plain_content(body, msgtype, self._media)
        group.said.append(Spoken(self._clock.now(), "bot", line, fresh("G"), msgtype, content))
        return {}


def plain_content(body: Body, msgtype: str, media: Media) -> tuple[Body, str]:
    """Content and visible text of a message that is not a card."""
    if msgtype == "text":
        content = part(body, msgtype)
        value = text(content, "content", empty=44004)
        return content, value.encode()[:2048].decode("utf-8", "ignore")
    if msgtype == "markdown":
        content = part(body, msgtype)
        return content, text(content, "content", limit=2048, too_long=45002, empty=44004)
    if msgtype in ("image", "voice", "video", "file"):
        content = part(body, msgtype)
        found = media.check(text(content, "media_id", empty=40007))
        return content, f"[{msgtype}] {found.filename}"
    if msgtype == "textcard":
        return _textcard(part(body, msgtype))
    if msgtype == "news":
        return _news(part(body, msgtype))
    raise Rejected(40008, f"msgtype {msgtype} is not allowed here")


def _textcard(content: Body) -> tuple[Body, str]:
    title, description = text(content, "title"), text(content, "description")
    if len(title) > 128 or len(description) > 512:
        raise Rejected(45002, "title or description too long")
    text(content, "url", limit=2048, too_long=45002)
    return content, f"{title}\n{description}"


def _news(content: Body) -> tuple[Body, str]:
    articles = many(content, "articles", high=8, too_many=45008, required=True)
    for article in articles:
        text(article, "description", limit=512, too_long=45002, empty=None)
        text(article, "url", limit=2048, too_long=45002)
    return content, "\n".join(text(article, "title", limit=128, too_long=45002) for article in articles)
