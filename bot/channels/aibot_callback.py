"""An AI bot in callback mode: the answer is written to the store, where WeCom's polls read it (docs 101031, 101138)."""

from datetime import timedelta
from typing import Any

from bot.channels.aibot_bubbles import bubbles, rest_of
from bot.clock import Clock
from bot.errors import MaybeDone, Refused, TryLater
from bot.part import Part, Receipt
from bot.store.streams import Streams
from bot.wecom.client import WeComClient
from handlers.texts import LATER


class CallbackBot:
    """One stream per message, and one call of its response_url for what came too late or did not fit."""

    reachable = False  # nothing unasked leaves in this mode: the gate says so before a part gets here

    def __init__(self, client: WeComClient, streams: Streams, clock: Clock, stream_seconds: float) -> None:
        """`stream_seconds`: how long after the message a stream is still written to; WeCom stops asking after 360."""
        self._client = client
        self._streams = streams
        self._clock = clock
        self._open_for = timedelta(seconds=stream_seconds)
        self._unspent: dict[str, str] = {}  # marked used, though WeCom did not carry the call out

    async def send(self, part: Part) -> Receipt:
        """ "bubble", "rest" and "relay". The welcome is the answer to its callback, which the door gives."""
        match part.kind:
            case "bubble":
                return await self._bubble(part)
            case "rest":
                return await self._by_url(part)
            case "relay":
                return await self._unasked(part)
        raise Refused(f"an AI bot in callback mode cannot send a {part.kind}")

    async def grow(self, part: Part, text: str) -> None:
        """Write the text so far where the next poll reads it; a stream that is closed stays as it is."""
        await self._streams.grow(part.body["stream"], bubbles(text, 1)[0])

    async def _bubble(self, part: Part) -> Receipt:
        """Close the stream with the text. Where it is closed already, the text goes by response_url."""
        stream = await self._streams.get(part.body["stream"])
        if stream is None:
            raise Refused("the message has no stream, and so no response_url")
        first, *rest = bubbles(part.body["text"], 2 if stream.response_url else 1)
        done = Receipt(stream.id, rest_of(part, rest))
        if self._clock.now() - stream.opened_at >= self._open_for:
            await self._streams.end(stream.id, LATER)  # perhaps nobody asks any more
        elif await self._streams.end(stream.id, first):
            return done
        closed = await self._streams.get(stream.id)
        if closed is not None and closed.text == first:
            return done  # our own doing, before a kill
        return Receipt(follow_ups=rest_of(part, bubbles(part.body["text"], 1)))

    async def _by_url(self, part: Part) -> Receipt:
        """One new message. The URL is marked used before the call: better one answer too few than one twice."""
        stream = part.body["stream"]
        url = self._unspent.pop(part.id, "") or await self._streams.use_url(stream, self._clock.now())
        return await self._post(part, url)

    async def _unasked(self, part: Part) -> Receipt:
        """A colleague's word: by the newest response_url that is left, each of which is good for an hour and once."""
        conversation = part.conversation
        url = self._unspent.pop(part.id, "") or await self._streams.use_latest_url(conversation, self._clock.now())
        return await self._post(part, url)

    async def _post(self, part: Part, url: str) -> Receipt:
        if not url:
            raise Refused("there is no response_url left")
        try:
            await self._client.post_url(url, {"msgtype": "markdown", "markdown": _markdown(part)})
        except MaybeDone:
            raise
        except TryLater:
            self._unspent[part.id] = url
            raise
        return Receipt()


def _markdown(part: Part) -> dict[str, Any]:
    """The text, with thumbs below it where it is an answer (doc 101138)."""
    rated = {"feedback": {"id": part.body["feedback"]}} if part.body.get("feedback") else {}
    return {"content": part.body["text"], **rated}
