"""Access tokens: one per secret, fetched by one caller while the others wait, renewed before they expire (91039)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.errors import NeedsOperator

# A token is renewed this long before it ends, so that none dies between here and WeCom.
EARLY = timedelta(minutes=5)

# A secret WeCom refused is not tried again for this long: many wrong tries get the address blocked for an hour.
REFUSED_FOR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the moment from which a new one is fetched."""

    value: str
    good_until: datetime


Fetch = Callable[[str], Awaitable[tuple[str, int]]]
"""Secret → a new token and its life in seconds."""


class Shared(Protocol):
    """Tokens that several processes use (`bot.cluster.token_shelf`)."""

    async def renewed(self, secret: str, refused: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """A good token other than `refused`: one that another process has fetched, or else a new one for all."""
        ...


class Tokens:
    """The tokens of one company, in memory, and for all processes where there is a `shared`. `fetch` asks WeCom."""

    def __init__(self, fetch: Fetch, clock: Clock, shared: Shared | None = None) -> None:
        self._fetch = fetch
        self._clock = clock
        self._shared = shared
        self._last_refused: dict[str, str] = {}  # secret → the token that WeCom took no more
        self._tokens: dict[str, Token] = {}
        self._fetching: dict[str, asyncio.Task[str]] = {}
        self._refused: dict[str, tuple[datetime, NeedsOperator]] = {}

    async def get(self, secret: str) -> str:
        """A token that is good for some minutes. Raises what fetching raises; the waiters of one fetch all get it."""
        token = self._tokens.get(secret)
        if token and self._clock.now() < token.good_until:
            return token.value
        self._raise_if_refused(secret)
        if secret not in self._fetching:
            task = asyncio.create_task(self._renew(secret))
            self._fetching[secret] = task
            task.add_done_callback(lambda done: self._fetched(secret, done))
        # Shielded: a caller that gives up does not take the token away from the others.
        return await asyncio.shield(self._fetching[secret])

    def drop(self, secret: str, value: str) -> None:
        """Forget a token that WeCom refused, unless somebody has renewed it since."""
        if (token := self._tokens.get(secret)) and token.value == value:
            del self._tokens[secret]
            self._last_refused[secret] = value

    async def _renew(self, secret: str) -> str:
        async def fresh() -> Token:
            value, seconds = await self._fetch(secret)
            return Token(value, self._clock.now() + timedelta(seconds=seconds) - EARLY)

        try:
            if self._shared is None:
                token = await fresh()
            else:
                token = await self._shared.renewed(secret, self._last_refused.get(secret, ""), fresh)
        except NeedsOperator as error:
            self._refused[secret] = (self._clock.now() + REFUSED_FOR, error)
            raise
        self._tokens[secret] = token
        return token.value

    def _fetched(self, secret: str, done: "asyncio.Task[str]") -> None:
        self._fetching.pop(secret, None)
        if not done.cancelled():
            done.exception()  # looked at, so that a fetch nobody waits for any more leaves no complaint behind

    def _raise_if_refused(self, secret: str) -> None:
        until, error = self._refused.get(secret, (self._clock.now(), None))
        if error and self._clock.now() < until:
            raise NeedsOperator(str(error), what_to_do=error.what_to_do, errcode=error.errcode)
