"""Access tokens: one per secret, fetched by one caller while the others wait, renewed before they expire (91039)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

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


class Tokens:
    """The tokens of one company, in memory. `fetch` asks WeCom for the token of a secret and its life in seconds."""

    def __init__(self, fetch: Callable[[str], Awaitable[tuple[str, int]]], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
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

    async def _renew(self, secret: str) -> str:
        try:
            value, seconds = await self._fetch(secret)
        except NeedsOperator as error:
            self._refused[secret] = (self._clock.now() + REFUSED_FOR, error)
            raise
        self._tokens[secret] = Token(value, self._clock.now() + timedelta(seconds=seconds) - EARLY)
        return value

    def _fetched(self, secret: str, done: "asyncio.Task[str]") -> None:
        self._fetching.pop(secret, None)
        if not done.cancelled():
            done.exception()  # looked at, so that a fetch nobody waits for any more leaves no complaint behind

    def _raise_if_refused(self, secret: str) -> None:
        until, error = self._refused.get(secret, (self._clock.now(), None))
        if error and self._clock.now() < until:
            raise NeedsOperator(str(error), what_to_do=error.what_to_do, errcode=error.errcode)
