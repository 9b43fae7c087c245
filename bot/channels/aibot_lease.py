"""The right to be the one connection of a bot, held by one process at a time."""

import uuid
from datetime import timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.store.away import named
from bot.store.marks import Leases

log = structlog.get_logger()

LEASE_SECONDS = 30.0
RENEW_SECONDS = 10.0


class BotLease:
    """The lease `aibot:<name>`. Two connections of one bot would kick each other for ever (doc 101463)."""

    def __init__(self, leases: Leases, bot: str, clock: Clock) -> None:
        self._leases = leases
        self._name = f"aibot:{bot}"
        self._owner = uuid.uuid4().hex
        self._clock = clock

    async def held(self) -> None:
        """Return once the lease is ours."""
        while not await self._take():
            await self._clock.sleep(RENEW_SECONDS)

    async def lost(self) -> None:
        """Renew; return when somebody else has it, or when it ran out because the store did not answer."""
        until = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        while self._clock.now() < until:
            await self._clock.sleep(RENEW_SECONDS)
            taken = await self._take()
            if taken is False:
                break
            if taken:
                until = self._clock.now() + timedelta(seconds=LEASE_SECONDS)
        log.warning("aibot_lease_lost", lease=self._name)

    async def release(self) -> None:
        """Let another process connect at once; without the store the lease ends by itself."""
        try:
            await self._leases.release(self._name, self._owner)
        except (SQLAlchemyError, OSError) as error:
            log.warning("aibot_lease_not_released", lease=self._name, error=named(error))

    async def _take(self) -> bool | None:
        """Whether the lease is ours; None when the store did not say."""
        try:
            return await self._leases.take(self._name, self._owner, self._clock.now(), LEASE_SECONDS)
        except (SQLAlchemyError, OSError) as error:
            log.warning("aibot_lease_not_taken", lease=self._name, error=named(error))
            return None
