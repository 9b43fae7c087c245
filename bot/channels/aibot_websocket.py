"""An AI bot over its long connection: answers by the callback's req_id, everything else as a push (doc 101463)."""

from datetime import datetime, timedelta
from typing import Any

from bot.channels.aibot_bubbles import bubbles, rest_of
from bot.channels.aibot_socket import AiBotSocket
from bot.channels.texts import fitting
from bot.clock import Clock
from bot.errors import AlreadyDone, Refused, StateMoved, TryLater
from bot.part import Part, Receipt, stream_id
from handlers.turn import Channel
from scheduler.posts import parse_recipient

EXPIRED, INVALID, TOO_OLD = 846604, 846605, 846608  # the req_id or its stream takes nothing any more
LIMITED = 846607  # over the limit, or the person never wrote to the bot: WeCom does not say which
LIMITED_TRIES = 3
SINGLE, GROUP = 1, 2


class WebSocketBot:
    """What leaves over one bot's connection."""

    def __init__(self, socket: AiBotSocket, clock: Clock, stream_seconds: float) -> None:
        """`stream_seconds`: how long after its first frame a stream is still written to; WeCom ends it after 360."""
        self._socket = socket
        self._clock = clock
        self._open_for = timedelta(seconds=stream_seconds)
        self._opened: dict[str, datetime] = {}
        self._begun: set[str] = set()  # bubbles of which a frame was tried

    @property
    def reachable(self) -> bool:
        return self._socket.connected

    async def send(self, part: Part) -> Receipt:
        """ "bubble", "rest", "relay", "welcome" and "post"."""
        try:
            return await self._send(part)
        except TryLater as error:
            if error.errcode == LIMITED and part.tries >= LIMITED_TRIES:
                raise Refused("WeCom keeps refusing this chat", errcode=LIMITED) from error
            raise

    async def _send(self, part: Part) -> Receipt:
        match part.kind:
            case "bubble":
                return await self._bubble(part)
            case "rest" | "relay":
                group = bool(part.body["chat"])
                return await self._push(part, part.body["chat"] or part.body["to"], group, part.body["text"])
            case "welcome":
                return await self._welcome(part)
            case "post":
                to = parse_recipient(part.body["recipients"][0])
                text = fitting(part.body["markdown"], Channel.AIBOT)
                return await self._push(part, to.target, to.scope == "group", text)
        raise Refused(f"an AI bot cannot send a {part.kind}")

    async def grow(self, part: Part, text: str) -> None:
        """Show the text so far of a bubble that `send` will finish; the whole text, not what is new.

        Nothing happens while an earlier frame waits for its ack: the next one says it all.
        """
        if not part.body["req_id"] or self._socket.waits(part.body["req_id"]) or self._overdue(part):
            return
        await self._frame(part, bubbles(text, 1)[0], finish=False)
        self._opened.setdefault(part.id, self._clock.now())

    async def _bubble(self, part: Part) -> Receipt:
        """One finished stream; what it does not take any more is pushed. A repetition has the same stream id."""
        texts = bubbles(part.body["text"])
        if not part.body["req_id"] or self._overdue(part) or not await self._finish(part, texts[0]):
            receipt = Receipt(follow_ups=rest_of(part, texts))
        else:
            receipt = Receipt(stream_id(part.id), rest_of(part, texts[1:]))
        self._opened.pop(part.id, None)
        self._begun.discard(part.id)
        return receipt

    def _overdue(self, part: Part) -> bool:
        opened = self._opened.get(part.id)
        return opened is not None and self._clock.now() - opened >= self._open_for

    async def _finish(self, part: Part, text: str) -> bool:
        """Send the last frame; False when the message takes no stream any more."""
        try:
            await self._frame(part, text, finish=True)
        except AlreadyDone:
            return True
        except Refused as error:
            if error.errcode not in (EXPIRED, INVALID, TOO_OLD):
                raise
            # On a repetition a stream that is over was finished by the frame whose ack we missed.
            return error.errcode == TOO_OLD and part.tries > 1
        return True

    async def _frame(self, part: Part, text: str, *, finish: bool) -> None:
        stream = {"id": stream_id(part.id), "finish": finish, "content": text, **self._thumbs(part, finish=finish)}
        body = {"msgtype": "stream", "stream": stream}
        await self._socket.request("aibot_respond_msg", body, part.body["req_id"])

    def _thumbs(self, part: Part, *, finish: bool) -> dict[str, Any]:
        """The feedback id, which belongs into a stream's first frame and into no other (doc 101031).

        A bubble that grows has it before we know whether there is an answer. A repeated frame goes without: perhaps the
        first one arrived.
        """
        first = part.id not in self._begun and part.tries <= 1
        self._begun.add(part.id)
        return {"feedback": {"id": stream_id(part.id)}} if first and (not finish or part.body.get("feedback")) else {}

    async def _welcome(self, part: Part) -> Receipt:
        """The greeting of enter_chat, which WeCom takes for five seconds (doc 101027)."""
        req_id = part.body["code"]
        if not self._socket.may_welcome(req_id):
            # Nothing is wrong that a person could mend, so it is no dead letter.
            raise StateMoved("the person entered more than five seconds ago", errcode=EXPIRED)
        body = {"msgtype": "text", "text": {"content": fitting(part.body["text"], Channel.AIBOT)}}
        await self._socket.request("aibot_respond_welcome_msg", body, req_id)
        return Receipt()

    async def _push(self, part: Part, chat: str, group: bool, text: str) -> Receipt:
        body: dict[str, Any] = {"chatid": chat, "chat_type": GROUP if group else SINGLE}
        body |= {"msgtype": "markdown", "markdown": {"content": text}}
        await self._socket.request("aibot_send_msg", body, part.id)
        return Receipt()
