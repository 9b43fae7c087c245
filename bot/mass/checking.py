"""The gate as it is asked before a reminder: nothing is reserved, and whatever is not allowed now is refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.gatekeeper import Gatekeeper
from bot.mass.following import MayStillGo
from bot.part import Part
from scheduler.gate import Verdict, describe


def asking(gatekeeper: Gatekeeper, zone: str) -> MayStillGo:
    """What `MassTasks.use` wants; `zone` (IANA name) is the one whose clock the reasons are told on."""

    async def may_still_go(
        connection: AsyncConnection, part: Part, addresses: Sequence[str], now: datetime
    ) -> Mapping[str, str]:
        made = {address: await gatekeeper.may_still(connection, part, address, now) for address in addresses}
        refused = {address: each for address, each in made.items() if each.verdict is not Verdict.ALLOW}
        return {address: describe(each, zone).rstrip("。") for address, each in refused.items()}

    return may_still_go
