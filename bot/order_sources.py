"""Where the order data comes from: a file that somebody writes, or an address of the shop's own system."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiohttp

from bot.clock import Clock

EVERY = timedelta(minutes=10)  # between two questions to an address
TIMEOUTS = aiohttp.ClientTimeout(total=30, connect=5)
MOST_BYTES = 32 * 1024 * 1024


class Unreadable(Exception):
    """The message says what is in the way; what was known before still holds."""


class OrderSource(Protocol):
    async def changed(self) -> str | None:
        """The whole CSV where it is not as it was; None else. Raises Unreadable."""
        ...


class OrderFile:
    """A file on this machine, read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None

    async def changed(self) -> str | None:
        try:
            found = await asyncio.to_thread(self._read)
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(f"订单文件“{self._path}”读不到，请检查路径、权限，并存成 UTF-8。") from error
        if found is None:
            return None
        self._stamp, text = found
        return text

    def _read(self) -> tuple[tuple[int, int], str] | None:
        stat = self._path.stat()
        stamp = (stat.st_mtime_ns, stat.st_size)
        return None if stamp == self._stamp else (stamp, self._path.read_text(encoding="utf-8"))


class OrderAddress:
    """An http(s) address that answers with the CSV. Asked every ten minutes, with the ETag of the last answer."""

    def __init__(self, address: str, clock: Clock) -> None:
        self._address = address
        self._clock = clock
        self._asked_at: datetime | None = None
        self._etag = ""

    async def changed(self) -> str | None:
        now = self._clock.now()
        if self._asked_at is not None and now < self._asked_at + EVERY:
            return None
        self._asked_at = now
        try:
            return await self._ask()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # Neither the address nor the error is repeated: they may carry a key.
            raise Unreadable("订单地址（posts.orders）读不到，沿用上一次的数据，十分钟后再试。") from error

    async def _ask(self) -> str | None:
        headers = {"If-None-Match": self._etag} if self._etag else {}
        async with (
            aiohttp.ClientSession(timeout=TIMEOUTS) as session,
            session.get(self._address, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status == 304:
                return None
            if answer.status != 200:
                raise Unreadable(f"订单地址（posts.orders）回答了 {answer.status}，沿用上一次的数据，十分钟后再试。")
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise Unreadable("订单地址（posts.orders）给的数据超过 32 MB，沿用上一次的数据。")
            text = body.decode("utf-8-sig")
            self._etag = answer.headers.get("ETag", "")
            return text


def order_source(where: str, clock: Clock) -> OrderSource | None:
    """The source that `posts.orders` names; None for none."""
    if where.startswith(("http://", "https://")):
        return OrderAddress(where, clock)
    return OrderFile(Path(where)) if where else None
