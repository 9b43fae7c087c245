"""Access tokens in the store: several processes fetch each of them once, for a second gettoken may end the first."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable

import structlog
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from bot.clock import Clock
from bot.cluster.session import Session
from bot.store.cluster_tables import access_token
from bot.store.database import Database, upsert
from bot.store.tables import millis, moment
from bot.wecom.tokens import Token

log = structlog.get_logger()

GLANCE_SECONDS = 0.1  # between two looks whether the process that fetches is done
PATIENCE = 200  # such looks; then we fetch ourselves


class TokenShelf:
    """Sealed with a key that only the secret gives: who reads the store alone cannot call WeCom."""

    def __init__(self, database: Database, session: Session, clock: Clock) -> None:
        self._database = database
        self._session = session
        self._clock = clock

    async def renewed(self, secret: str, refused: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        """See `bot.wecom.tokens.Shared`. Raises what fetching raises."""
        name = hashlib.blake2b(secret.encode(), digest_size=24).hexdigest()
        for _ in range(PATIENCE):
            if (token := await self._stored(name, secret, refused)) is not None:
                return token
            async with self._session.alone(f"token:{name}") as ours:
                if ours:
                    # Whoever had the lock before us may just have stored one.
                    return await self._stored(name, secret, refused) or await self._fetched(name, secret, fetch)
            await asyncio.sleep(GLANCE_SECONDS)
        log.warning("token_not_shared")
        return await fetch()

    async def _fetched(self, name: str, secret: str, fetch: Callable[[], Awaitable[Token]]) -> Token:
        token = await fetch()
        sealed = _key(secret).encrypt(token.value.encode()).decode()
        async with self._database.write() as connection:
            values = {"name": name, "value": sealed, "good_until": millis(token.good_until)}
            await upsert(connection, access_token, ["name"], values)
        return token

    async def _stored(self, name: str, secret: str, refused: str) -> Token | None:
        query = select(access_token).where(access_token.c.name == name)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None or moment(row.good_until) <= self._clock.now():
            return None
        try:
            value = _key(secret).decrypt(row.value.encode()).decode()
        except InvalidToken:
            return None
        return Token(value, moment(row.good_until)) if value != refused else None


def _key(secret: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=b"fencun access token").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
