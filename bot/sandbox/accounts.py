"""Access tokens (91039): one per secret, two hours long, never interchangeable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.sandbox.fields import Rejected, fresh
from bot.sandbox.world import World

LIFE = timedelta(seconds=7200)


@dataclass(slots=True)
class _Token:
    secret: str
    until: datetime


class Accounts:
    """Gives and checks tokens. While one is good, gettoken repeats it; `repeat = False` makes a new one each time."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._tokens: dict[str, _Token] = {}
        self.repeat = True

    def gettoken(self, query: Mapping[str, str]) -> dict[str, Any]:
        """40013 for a wrong corp, 40001 for a wrong secret."""
        if query.get("corpid") != self._world.corp_id:
            raise Rejected(40013, "invalid corpid")
        secret = query.get("corpsecret", "")
        if not secret or not self._scopes(secret):
            raise Rejected(40001, "invalid credential")
        token = self._current(secret) if self.repeat else None
        if token is None:
            token = fresh("tk")
            self._tokens[token] = _Token(secret, self._clock.now() + LIFE)
        left = self._tokens[token].until - self._clock.now()
        return {"access_token": token, "expires_in": int(left.total_seconds())}

    def expire_tokens(self) -> None:
        """Every token given so far is expired from now on (42001)."""
        for token in self._tokens.values():
            token.until = self._clock.now()

    def forget_tokens(self) -> None:
        """Every token given so far is unknown from now on (40014)."""
        self._tokens.clear()

    def check(self, token: str) -> frozenset[str]:
        """What the token opens: some of "app", "kf", "contact". 41001, 40014 or 42001 otherwise."""
        if not token:
            raise Rejected(41001, "access_token missing")
        known = self._tokens.get(token)
        if known is None:
            raise Rejected(40014, "invalid access_token")
        if known.until <= self._clock.now():
            raise Rejected(42001, "access_token expired")
        return self._scopes(known.secret)

    def _current(self, secret: str) -> str | None:
        now = self._clock.now()
        return next((key for key, one in self._tokens.items() if one.secret == secret and one.until > now), None)

    def _scopes(self, secret: str) -> frozenset[str]:
        world = self._world
        seats = {"app": world.app.secret, "kf": world.kf.secret, "contact": world.contact.secret}
        return frozenset(name for name, own in seats.items() if own == secret)
