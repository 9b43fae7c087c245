"""The callback routes: what each channel's envelope is, and which arrival comes out of it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.arrival import Arrival
from bot.clock import Clock
from bot.engine import Waker
from bot.kf_pull import Ringing
from bot.part import part_id
from bot.settings import AiBot
from bot.store.arrivals import whole
from bot.store.inbox import Inbox
from bot.store.streams import Streams
from bot.web.door import Door
from bot.wecom.crypto import Crypto, encrypted_of_json, encrypted_of_xml, json_envelope
from bot.wecom.messages import aibot_arrival, app_arrival, contact_arrival, parse_xml
from bot.wecom.safe_json import read_json
from bot.wecom.safe_xml import Malformed
from handlers.satisfaction import read_mark
from handlers.texts import GONE, LATER, SEARCHING, WELCOME
from handlers.turn import Kind

UNKNOWN_BOT = "unknown_bot"


class XmlCallbacks:
    """`/wecom/app`, `/wecom/kf` and `/wecom/contact`: XML in, an empty 200 out; answers leave through the outbox."""

    def __init__(self, door: Door, inbox: Inbox, engine: Waker) -> None:
        self._door = door
        self._inbox = inbox
        self._engine = engine

    def app(self, crypto: Crypto, agent: str) -> "Receiver":
        """Messages and events of the self-built app (docs 90239, 90240)."""

        async def answer(_request: web.Request, plain: str) -> web.Response:
            callback = parse_xml(plain)
            return await self._accept(_clicked(whole(app_arrival(callback, agent), callback.fields)))

        return Receiver(self._door, "app", crypto, answer)

    def contact(self, crypto: Crypto) -> "Receiver":
        """Events of customers and customer groups (doc 92130)."""

        async def answer(_request: web.Request, plain: str) -> web.Response:
            callback = parse_xml(plain)
            return await self._accept(whole(contact_arrival(callback), callback.fields))

        return Receiver(self._door, "contact", crypto, answer)

    def kf(self, crypto: Crypto, agent: str, puller: Ringing) -> "Receiver":
        """kf_msg_or_event carries no content: it is a hint to pull (doc 94670). What else comes is stored."""

        async def answer(_request: web.Request, plain: str) -> web.Response:
            callback = parse_xml(plain)
            if callback.event != "kf_msg_or_event":
                other = replace(app_arrival(callback, agent), kind=Kind.OTHER)
                return await self._accept(whole(other, callback.fields))
            puller.wake(callback.field("OpenKfId"), callback.field("Token"))
            return web.Response()

        return Receiver(self._door, "kf", crypto, answer)

    async def _accept(self, arrival: Arrival) -> web.Response:
        accepted = await self._inbox.accept(arrival)
        if accepted.new:
            self._engine.wake(arrival.address.conversation)
        return web.Response()


class Receiver:
    """GET and POST of one XML route."""

    def __init__(self, door: Door, channel: str, crypto: Crypto, answer: Any) -> None:
        self._door = door
        self._channel = channel
        self._crypto = crypto
        self._answer = answer

    async def get(self, request: web.Request) -> web.Response:
        return await self._door.verify_url(request, self._crypto)

    async def post(self, request: web.Request) -> web.Response:
        return await self._door.receive(request, self._channel, self._crypto, encrypted_of_xml, self._answer)


def _clicked(arrival: Arrival) -> Arrival:
    """A click on a card's button is what its key says, by who clicked: a command, or how satisfied they were."""
    key = str(arrival.data.get("event_key", ""))
    if arrival.msgtype == "template_card_event" and key.startswith("/"):
        return replace(arrival, kind=Kind.TEXT, text=key)
    if arrival.msgtype == "template_card_event" and read_mark(key):
        return replace(arrival, kind=Kind.RATED, ref=key)
    return arrival


class AiBotCallbacks:
    """`/wecom/aibot/{name}`: JSON in, encrypted JSON out; the answer's text grows through polls (doc 101031)."""

    def __init__(self, door: Door, inbox: Inbox, streams: Streams, engine: Waker, clock: Clock) -> None:
        self._door = door
        self._inbox = inbox
        self._streams = streams
        self._engine = engine
        self._clock = clock
        self._bots: dict[str, tuple[AiBot, Crypto]] = {}

    def add(self, bot: AiBot, crypto: Crypto) -> None:
        self._bots[bot.name] = (bot, crypto)

    async def get(self, request: web.Request) -> web.Response:
        named = self._named(request)
        if named is None:
            return self._door.refused(request, "verify", 404, UNKNOWN_BOT)
        return await self._door.verify_url(request, named[1])

    async def post(self, request: web.Request) -> web.Response:
        named = self._named(request)
        if named is None:
            return self._door.refused(request, "aibot", 404, UNKNOWN_BOT)
        bot, crypto = named

        async def answer(request: web.Request, plain: str) -> web.Response:
            reply = await self._reply(bot, _object(plain))
            return self._sealed(request, crypto, reply) if reply else web.Response()

        return await self._door.receive(request, "aibot", crypto, encrypted_of_json, answer)

    def _named(self, request: web.Request) -> tuple[AiBot, Crypto] | None:
        return self._bots.get(request.match_info["name"])

    async def _reply(self, bot: AiBot, data: dict[str, Any]) -> Mapping[str, Any] | None:
        if data.get("msgtype") == "stream":
            return await self._refresh(bot, data)
        arrival = whole(aibot_arrival(data, bot.display_name, self._clock.now()), data)
        arrival = replace(arrival, address=replace(arrival.address, account=bot.name))
        if arrival.kind in (Kind.TEXT, Kind.MEDIA):
            arrival = replace(arrival, stream="st" + part_id("stream", bot.name, arrival.key))
        accepted = await self._inbox.accept(arrival)
        if accepted.new:
            self._engine.wake(arrival.address.conversation)
        if arrival.kind is Kind.ENTERED:
            return {"msgtype": "text", "text": {"content": WELCOME}}
        return _opened(arrival) if arrival.stream and not accepted.held else None

    async def _refresh(self, bot: AiBot, data: dict[str, Any]) -> Mapping[str, Any]:
        """A poll: the whole text so far. A stream we do not know, or too old a one, is closed (docs 100719, 101031)."""
        asked = data.get("stream")
        id_ = str(asked.get("id", "")) if isinstance(asked, dict) else ""
        stream = await self._streams.get(id_)
        if stream is None or stream.bot != bot.name:
            return _bubble(id_, GONE, True)
        if not stream.finished and self._clock.now() - stream.opened_at > timedelta(seconds=bot.stream_seconds):
            await self._streams.end(id_, LATER)
            return _bubble(id_, LATER, True)
        return _bubble(id_, stream.text or SEARCHING, stream.finished)

    def _sealed(self, request: web.Request, crypto: Crypto, reply: Mapping[str, Any]) -> web.Response:
        """The reply's nonce is the URL's (doc 101033), other than with apps."""
        now = int(self._clock.now().timestamp())
        sealed = crypto.seal(json.dumps(reply, ensure_ascii=False), now, request.query.get("nonce", ""))
        return web.Response(text=json_envelope(sealed), content_type="application/json")


def _opened(arrival: Arrival) -> dict[str, Any]:
    """The first reply of a stream. Thumbs can be asked for only here, before we know the answer (doc 101031)."""
    first = _bubble(arrival.stream, SEARCHING, False)
    if arrival.kind is Kind.TEXT:
        first["stream"]["feedback"] = {"id": arrival.stream}
    return first


def _bubble(id_: str, content: str, finish: bool) -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": id_, "finish": finish, "content": content}}


def _object(plain: str) -> dict[str, Any]:
    data = read_json(plain)
    if not isinstance(data, dict):
        raise Malformed("the message is no JSON object")
    return data
