"""Posting encrypted callbacks to our bot as WeCom does: 5 seconds, 3 tries, each a new request (90238, 101033)."""

import asyncio
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from xml.sax.saxutils import escape

import aiohttp
import xmltodict

from bot.clock import Clock
from bot.sandbox.crypto import BadSeal, Seal
from bot.sandbox.wire import Exchange, Parcel, Wire
from bot.sandbox.world import AiBot, World

Wrong = Literal["signature", "receiver", "body", "missing"]


@dataclass(frozen=True, slots=True)
class Door:
    """One callback address of our bot."""

    name: str
    path: str
    seal: Seal
    shape: Literal["xml", "json"]
    agent_id: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What the bot did with a callback: HTTP status (0: no answer), the raw body, the reply opened, what was wrong."""

    status: int = 0
    text: str = ""
    reply: Mapping[str, Any] | None = None
    problem: str = ""
    tries: int = 0
    exchange: Exchange | None = None

    @property
    def ok(self) -> bool:
        """Whether WeCom would be content."""
        return self.status == 200 and not self.problem


class Callbacks:
    """The way from WeCom to our bot. `deadline` is in real seconds."""

    def __init__(self, world: World, clock: Clock, wire: Wire) -> None:
        self._world = world
        self.clock = clock
        self._wire = wire
        self._session: aiohttp.ClientSession | None = None
        self.deadline = 5.0
        self.tries = 3
        self.pause = 0.0  # real seconds between two tries; the documents name none

    def door(self, name: str) -> Door:
        """ "app", "kf", "contact", or the name of an AI bot in callback mode."""
        world = self._world
        if name == "app":
            seal = Seal(world.app.token, world.app.aes_key, world.corp_id)
            return Door(name, "/wecom/app", seal, "xml", str(world.app.agent_id))
        if name in ("kf", "contact"):
            seat = world.kf if name == "kf" else world.contact
            return Door(name, f"/wecom/{name}", Seal(seat.token, seat.aes_key, world.corp_id), "xml")
        return self._bot_door(world.aibot(name))

    def _bot_door(self, bot: AiBot) -> Door:
        return Door(bot.name, f"/wecom/aibot/{bot.name}", Seal(bot.token, bot.aes_key, ""), "json")

    async def post(self, door: Door, what: str, message: Mapping[str, Any], *, tries: int = 0) -> Reaction:
        """Post until an answer with 200 comes, `tries` times at most (default: three)."""
        plain = to_xml(message) if door.shape == "xml" else json.dumps(message, ensure_ascii=False)
        reaction = Reaction()
        for attempt in range(1, (tries or self.tries) + 1):
            if attempt > 1:
                await asyncio.sleep(self.pause)
            parcel = self._parcel(door, door.seal.seal(plain))
            reaction = replace(await self._deliver(door, what, message, parcel), tries=attempt)
            if reaction.status == 200:
                break
        return reaction

    async def verify(self, door: Door) -> Reaction:
        """Verify the URL as the admin page does: the answer must be the bare echo within a second."""
        echo = str(secrets.randbelow(10**19))
        query = self._signed(door, door.seal.seal(echo))
        url = self._world.bot_url + door.path
        status, body = await self._ask("GET", url, {**query[0], "echostr": query[1]}, None, 1.0)
        problem = "" if status == 200 and body == echo else "the answer is not the bare echo"
        row = self._wire.record(self.clock.now(), "to_bot", "verify", {"door": door.name}, body, status, note=problem)
        return Reaction(status, body, None, problem, 1, row)

    async def redeliver(self, exchange: Exchange) -> Reaction:
        """Post the very same bytes once more. ValueError for an exchange that was no callback."""
        if exchange.parcel is None:
            raise ValueError("not a callback")
        door = self.door(exchange.parcel.door)
        return await self._deliver(door, exchange.what, exchange.request, exchange.parcel)

    async def forge(self, door: Door, message: Mapping[str, Any], wrong: Wrong = "signature") -> Reaction:
        """Post something that only looks like a callback: bad signature, other receiver, spoilt body, no signature."""
        plain = to_xml(message) if door.shape == "xml" else json.dumps(message, ensure_ascii=False)
        sealed = door.seal.seal_for(plain, "wwSomebodyElse") if wrong == "receiver" else door.seal.seal(plain)
        if wrong == "body":
            sealed = sealed[:-8] + "AAAAAAA="
        parcel = self._parcel(door, sealed)
        query = dict(parcel.query)
        if wrong == "signature":
            query["msg_signature"] = "0" * 40
        if wrong == "missing":
            query.pop("msg_signature")
        return await self._deliver(door, "forged", message, replace(parcel, query=query))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # ---- one delivery

    def _signed(self, door: Door, sealed: str) -> tuple[dict[str, str], str]:
        timestamp, nonce = str(int(self.clock.now().timestamp())), str(secrets.randbelow(10**10))
        signature = door.seal.sign(timestamp, nonce, sealed)
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}, sealed

    def _parcel(self, door: Door, sealed: str) -> Parcel:
        query, _ = self._signed(door, sealed)
        if door.shape == "json":
            body = json.dumps({"encrypt": sealed}).encode()
        else:
            envelope = {"ToUserName": self._world.corp_id, "Encrypt": sealed}
            body = to_xml(envelope | ({"AgentID": door.agent_id} if door.agent_id else {})).encode()
        return Parcel(door.name, self._world.bot_url + door.path, query, body)

    async def _deliver(self, door: Door, what: str, message: Any, parcel: Parcel) -> Reaction:
        status, body = await self._ask("POST", parcel.url, parcel.query, parcel.body, self.deadline)
        reply, problem = self._open(door, parcel, body) if status == 200 else (None, body if not status else "")
        shown = reply if reply is not None else body
        row = self._wire.record(self.clock.now(), "to_bot", what, message, shown, status, note=problem, parcel=parcel)
        return Reaction(status, body, reply, problem, 1, row)

    async def _ask(
        self, method: str, url: str, query: Mapping[str, str], body: bytes | None, deadline: float
    ) -> tuple[int, str]:
        """Status and text; status 0 and the reason where no answer came in time."""
        if self._session is None:
            # A fresh connection each time: a client that repeats a request on its own would blur what a try is.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        try:
            timeout = aiohttp.ClientTimeout(total=deadline)
            async with self._session.request(method, url, params=query, data=body, timeout=timeout) as answer:
                return answer.status, await answer.text()
        except TimeoutError:
            return 0, "no answer in time"
        except aiohttp.ClientError as error:
            return 0, f"no connection: {type(error).__name__}"

    def _open(self, door: Door, parcel: Parcel, body: str) -> tuple[Mapping[str, Any] | None, str]:
        """The decrypted passive reply, None for an empty one, and what is wrong with it."""
        if body in ("", "success"):
            return None, ""
        try:
            if door.shape == "json":
                return _open_json(door.seal, body, parcel.query["nonce"]), ""
            return _open_xml(door.seal, body), ""
        except (BadSeal, ValueError, KeyError, TypeError) as error:
            return None, f"bad reply: {error}"


def _open_json(seal: Seal, body: str, nonce: str) -> Mapping[str, Any]:
    """All four fields are wanted, with the nonce of the callback's URL."""
    envelope = json.loads(body)
    if envelope["nonce"] != nonce:
        raise ValueError("the nonce is not that of the URL")
    if not isinstance(envelope["timestamp"], int):
        raise TypeError("timestamp is not an integer")
    if not seal.signed(envelope["msgsignature"], str(envelope["timestamp"]), nonce, envelope["encrypt"]):
        raise ValueError("wrong signature")
    reply: Mapping[str, Any] = json.loads(seal.open(envelope["encrypt"]))
    return reply


def _open_xml(seal: Seal, body: str) -> Mapping[str, Any]:
    envelope = from_xml(body)
    sealed = envelope["Encrypt"]
    if not seal.signed(envelope["MsgSignature"], envelope["TimeStamp"], envelope["Nonce"], sealed):
        raise ValueError("wrong signature")
    return from_xml(seal.open(sealed))


def from_xml(body: str) -> Mapping[str, Any]:
    """The elements below <xml>. ValueError for anything else."""
    try:
        parsed = xmltodict.parse(body)["xml"]
    except Exception as error:  # the parser's own errors come from several modules
        raise ValueError("not the expected XML") from error
    if not isinstance(parsed, dict):
        raise ValueError("not the expected XML")  # noqa: TRY004  one kind of error for one kind of fault
    return parsed


def to_xml(fields: Mapping[str, Any]) -> str:
    """<xml>…</xml> with strings in CDATA, numbers bare, lists as repeated elements."""
    return f"<xml>{_elements(fields)}</xml>"


def _elements(fields: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    for name, value in fields.items():
        pieces.extend(_element(name, one) for one in (value if isinstance(value, list) else [value]))
    return "".join(pieces)


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        inner = _elements(value)
    elif isinstance(value, str):
        # A control character is no XML at all; "]]>" would end the CDATA early.
        clean = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value)
        inner = escape(clean) if "]]>" in clean else f"<![CDATA[{clean}]]>"
    else:
        inner = str(value)
    return f"<{name}>{inner}</{name}>"
