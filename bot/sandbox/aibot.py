"""AI bots (智能机器人): messages to them, streams, cards, response_url (100719, 101027, 101031, 101138)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.sandbox.cards import check_card, shown
from bot.sandbox.fields import Body, Call, Rejected, fresh, part, text
from bot.sandbox.wire import Spoken
from bot.sandbox.world import AiBot, World

STREAM_LIMIT = 20_480  # bytes
STREAM_LIFE = timedelta(minutes=6)
URL_LIFE = timedelta(hours=1)
_BEIJING = ZoneInfo("Asia/Shanghai")


@dataclass(slots=True)
class BotTurn:
    """One message or event to a bot and what became of it.

    `texts` are the stream's texts in order, each the whole so far; `problem` says what WeCom did not accept.
    """

    bot: str
    chat: str
    userid: str
    msgid: str
    asked_at: datetime
    chattype: str
    response_url: str = ""
    req_id: str = ""
    stream_id: str = ""
    feedback: str = ""
    texts: list[str] = field(default_factory=list)
    finished: bool = False
    problem: str = ""
    card: Mapping[str, Any] | None = None
    line: Spoken | None = None

    @property
    def text(self) -> str:
        """What the person reads in the end."""
        return self.texts[-1] if self.texts else ""


@dataclass(slots=True)
class _Url:
    bot: str
    chat: str
    until: datetime


class AiBots:
    """What people see of each bot. `base_url` is the stand-in's own address, for response_url."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._chats: dict[tuple[str, str], list[Spoken]] = {}
        self._urls: dict[str, _Url] = {}
        self._greeted: set[tuple[str, str, str]] = set()
        self._tasks: dict[str, set[str]] = {}
        self.base_url = ""

    def chat(self, bot: str, chat: str) -> list[Spoken]:
        """The transcript with a person (userid) or in a group (chatid)."""
        return self._chats.setdefault((bot, chat), [])

    def known(self, bot: str, chat: str) -> bool:
        """Whether that person or group ever wrote to the bot."""
        return any(row.who != "bot" for row in self.chat(bot, chat))

    # ---- what goes to the bot

    def ask(self, bot: AiBot, userid: str, content: str, chatid: str | None) -> tuple[BotTurn, dict[str, Any]]:
        """A message of a person; in a group it starts with @ and the bot's name (100719)."""
        turn = self._turn(bot, userid, chatid)
        words = f"@{bot.display_name} {content}" if chatid else content
        self.chat(bot.name, turn.chat).append(Spoken(turn.asked_at, userid, words, turn.msgid))
        body = self.head(bot, turn, with_url=bot.mode == "callback")
        return turn, body | {"msgtype": "text", "text": {"content": words}}

    def event(
        self, bot: AiBot, userid: str, kind: str, payload: Body, chatid: str | None
    ) -> tuple[BotTurn, dict[str, Any]] | None:
        """An event; None where WeCom sends none: enter_chat comes once a day (101027)."""
        turn = self._turn(bot, userid, chatid)
        today = turn.asked_at.astimezone(_BEIJING).date().isoformat()
        if kind == "enter_chat":
            if (bot.name, userid, today) in self._greeted:
                return None
            self._greeted.add((bot.name, userid, today))
        with_url = kind == "template_card_event" and bot.mode == "callback"
        event: dict[str, Any] = {"eventtype": kind}
        if payload:
            event[kind] = dict(payload)
        body = self.head(bot, turn, with_url=with_url)
        return turn, body | {"create_time": int(turn.asked_at.timestamp()), "msgtype": "event", "event": event}

    def refresh(self, bot: AiBot, turn: BotTurn) -> dict[str, Any]:
        """The poll for a stream's text; it has an id of its own and no response_url."""
        body = self.head(bot, turn, with_url=False)
        return body | {"msgid": fresh("CAIQ"), "msgtype": "stream", "stream": {"id": turn.stream_id}}

    def head(self, bot: AiBot, turn: BotTurn, *, with_url: bool) -> dict[str, Any]:
        """What all callbacks of a bot share."""
        body: dict[str, Any] = {"msgid": turn.msgid, "aibotid": bot.bot_id, "chattype": turn.chattype}
        body["from"] = {"userid": turn.userid}
        if turn.chattype == "group":
            body["chatid"] = turn.chat
        if with_url:
            code = fresh("RC")
            self._urls[code] = _Url(bot.name, turn.chat, self._clock.now() + URL_LIFE)
            turn.response_url = f"{self.base_url}/cgi-bin/aibot/response?response_code={code}"
            body["response_url"] = turn.response_url
        return body

    def _turn(self, bot: AiBot, userid: str, chatid: str | None) -> BotTurn:
        kind = "group" if chatid else "single"
        return BotTurn(bot.name, chatid or userid, userid, fresh("CAIQ"), self._clock.now(), kind)

    # ---- what comes from the bot

    def take(self, turn: BotTurn, reply: Body) -> None:
        """A passive reply to a message (101031): a stream, a card, or both."""
        msgtype = reply.get("msgtype")
        if msgtype not in ("stream", "template_card", "stream_with_template_card"):
            raise Rejected(40008, f"msgtype {msgtype} is not possible here")
        if msgtype != "template_card":
            self.take_stream(turn, part(reply, "stream"))
        if msgtype != "stream" and "template_card" in reply:
            if turn.card is not None:
                raise Rejected(40058, "one card per message")
            turn.card = part(reply, "template_card")
            self.say(turn.bot, turn.chat, "template_card", turn.card)
        if msgtype == "template_card":
            turn.finished = True

    def take_stream(self, turn: BotTurn, stream: Body) -> None:
        """One state of the stream: the id stays, the text is whole, at most 20,480 bytes, nothing after finish."""
        stream_id = text(stream, "id", limit=256)
        if turn.stream_id and stream_id != turn.stream_id:
            raise Rejected(40058, "another stream id")
        if turn.finished:
            raise Rejected(846608, "the stream is finished")
        if turn.texts and "feedback" in stream:
            raise Rejected(40058, "feedback belongs to the first reply")
        content = text(stream, "content", limit=STREAM_LIMIT, too_long=45002, empty=None)
        turn.feedback = turn.feedback or feedback_of(stream)
        turn.stream_id = stream_id
        turn.texts.append(content)
        turn.finished = stream.get("finish") is True
        if turn.line is None:
            turn.line = Spoken(self._clock.now(), "bot", content, turn.msgid, "stream", {"id": stream_id})
            self.chat(turn.bot, turn.chat).append(turn.line)
        turn.line.text = content
        turn.line.body = {"id": stream_id, "finish": turn.finished, "feedback": {"id": turn.feedback}}

    def take_welcome(self, turn: BotTurn, reply: Body) -> None:
        """The answer to enter_chat: text or card."""
        if reply.get("msgtype") not in ("text", "template_card"):
            raise Rejected(40008, "a welcome is a text or a card")
        self.say(turn.bot, turn.chat, reply["msgtype"], part(reply, reply["msgtype"]))
        turn.finished = True

    def take_card_update(self, turn: BotTurn, reply: Body, task_id: str) -> None:
        """The answer to a click: the whole card anew, with the same task id (846625)."""
        if reply.get("response_type") != "update_template_card":
            raise Rejected(93050, "bad response_type")
        card = part(reply, "template_card")
        if card.get("task_id") != task_id:
            raise Rejected(846625, "another task_id")
        check_card(card, "bot", set(), update=True)
        for row in self.chat(turn.bot, turn.chat):
            if row.body.get("task_id") == task_id:
                row.body, row.text = card, shown(card)
        turn.card, turn.finished = card, True

    def say(self, bot: str, chat: str, msgtype: str, content: Body) -> None:
        """Show a message of its own: text, markdown or a card."""
        if msgtype == "template_card":
            line = check_card(content, "bot", self._tasks.setdefault(bot, set()))
        elif msgtype in ("text", "markdown"):
            line = text(content, "content", limit=STREAM_LIMIT, too_long=45002)
            feedback_of(content)
        else:
            raise Rejected(40008, f"msgtype {msgtype} is not possible here")
        self.chat(bot, chat).append(Spoken(self._clock.now(), "bot", line, fresh("B"), msgtype, content))

    def rate(self, bot: str, chat: str, feedback: str, kind: int) -> None:
        """Remember under the bubble what a person thinks of it: 1 good, 2 bad, 3 neither any more."""
        for row in self.chat(bot, chat):
            if row.who == "bot" and feedback_of(row.body) == feedback:
                row.body = {**row.body, "rated": kind}

    def respond(self, call: Call) -> dict[str, Any]:
        """A response_url: one call within the hour, always a new message."""
        code = call.query.get("response_code", "")
        url = self._urls.get(code)
        if url is None or url.until < self._clock.now():
            raise Rejected(60140, "response_code is invalid, used or expired")
        msgtype = text(call.body, "msgtype", empty=40008)
        if msgtype not in ("markdown", "template_card"):
            raise Rejected(40008, f"msgtype {msgtype} is not possible here")
        content = part(call.body, msgtype)
        self.say(url.bot, url.chat, msgtype, content)
        del self._urls[code]
        return {}


def feedback_of(content: Body) -> str:
    """The feedback id of a stream or message, at most 256 bytes (101031); "" where thumbs were not asked for."""
    return text(part(content, "feedback"), "id", limit=256, empty=None) if "feedback" in content else ""
