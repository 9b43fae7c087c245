"""What nobody should send to the bot's doors, and what the log said while it came."""

import asyncio
import io
import json
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from sqlalchemy import select
from yarl import URL

from bot.log import set_up
from bot.sandbox.callbacks import to_xml
from bot.store.tables import inbox
from tests import log_watch
from tests.bot.house import House


@dataclass(frozen=True)
class Answered:
    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Journal:
    """The log of this process. No secret is known to it, so that only what callers never log stays out."""

    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]

    @property
    def tracebacks(self) -> list[str]:
        return [line["event"] for line in self.lines if "exception" in line]


@contextmanager
def journal() -> Iterator[Journal]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    set_up([], stream=stream, console=False)
    try:
        yield Journal(stream)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        log_watch.listen()


async def ask(house: House, method: str, target: str, body: bytes | None = None) -> Answered:
    """One request to the bot as it is written: `target` is path and query, nothing in it is changed on the way."""
    url = URL(house.standin.world.bot_url + target, encoded=True)
    async with aiohttp.ClientSession() as session, session.request(method, url, data=body) as answer:
        return Answered(answer.status, await answer.text(), dict(answer.headers))


def signed(house: House, door: str, sealed: str, at: datetime | None = None) -> dict[str, str]:
    """The query that belongs to a sealed text, signed at `at` (now)."""
    timestamp = str(int((at or house.clock.now()).timestamp()))
    nonce = str(secrets.randbelow(10**10))
    signature = house.standin.callbacks.door(door).seal.sign(timestamp, nonce, sealed)
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}


async def knock(
    house: House, door: str, plain: str, *, at: datetime | None = None, sealed: str = "", **query: str
) -> Answered:
    """Post `plain` as WeCom does. `sealed` replaces its encrypted text, `query` single values of the address."""
    where = house.standin.callbacks.door(door)
    encrypted = sealed or where.seal.seal(plain)
    body = json.dumps({"encrypt": encrypted}) if where.shape == "json" else to_xml({"Encrypt": encrypted})
    return await ask(
        house, "POST", f"{where.path}?{urlencode({**signed(house, door, encrypted, at), **query})}", body.encode()
    )


async def verify(house: House, door: str, echo: str, keep: str) -> tuple[str, Answered]:
    """Verify a door's address with the echo encrypted; characters in `keep` go un-encoded. (encrypted, answer)."""
    where = house.standin.callbacks.door(door)
    while "+" not in (sealed := where.seal.seal(echo)):
        pass
    target = f"{where.path}?{urlencode(signed(house, door, sealed))}&echostr={quote(sealed, safe=keep)}"
    return sealed, await ask(house, "GET", target)


def app_text(house: House, text: str, msgid: str = "", who: str = "lihua", **more: Any) -> str:
    """The XML of a text to the app."""
    fields = {
        "ToUserName": house.standin.world.corp_id,
        "FromUserName": who,
        "CreateTime": int(house.clock.now().timestamp()),
        "MsgType": "text",
        "Content": text,
        "MsgId": msgid or str(secrets.randbelow(10**18)),
        "AgentID": house.standin.world.app.agent_id,
    }
    return to_xml({**fields, **more})


def bot_text(text: str, msgid: str = "", who: str = "lihua", **more: Any) -> str:
    """The JSON of a text to the AI bot `assistant`."""
    fields = {
        "msgid": msgid or secrets.token_hex(8),
        "aibotid": "aib1",
        "chattype": "single",
        "from": {"userid": who},
        "msgtype": "text",
        "text": {"content": text},
    }
    return json.dumps({**fields, **more})


async def until(condition: Callable[[], bool]) -> None:
    """Let everything run until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells a test what a background task has come to
            await asyncio.sleep(0)


async def stored(house: House) -> list[Mapping[str, Any]]:
    """Every row of the inbox, oldest first."""
    async with house.program.base.database.read() as connection:
        return list((await connection.execute(select(inbox).order_by(inbox.c.id))).mappings())
