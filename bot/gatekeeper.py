"""Brings the gate its facts and writes down its word. The only caller of `scheduler.gate.decide` on the way out."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Part
from bot.store import marks, posts
from bot.store.tables import conversation, millis
from handlers.turn import State
from scheduler.gate import Decision, Facts, Proposal, Rules, Verdict, decide
from scheduler.posts import Recipient, parse_recipient

LOOK_BACK = timedelta(days=9)


class Gatekeeper:
    """Decides on one recipient of one post inside the transaction that claims the part."""

    def __init__(self, rules: Rules, reachable: Callable[[Recipient], bool]) -> None:
        self._rules = rules
        self._reachable = reachable

    async def ask(self, connection: AsyncConnection, part: Part, address: str, now: datetime) -> Decision:
        """The gate's decision, recorded; where it allows, the slot is taken in the same transaction."""
        recipient = parse_recipient(address)
        planned_at = datetime.fromisoformat(part.body["planned_at"])
        proposal = Proposal(recipient, part.body["kind"], planned_at, part.expires_at or planned_at)
        decision = decide(proposal, await self._facts(connection, part, recipient, now), self._rules, now)
        await posts.record(connection, _row(part, recipient, decision), now)
        if decision.verdict is Verdict.ALLOW:
            day = self._rules.local(now).date().isoformat()
            await posts.reserve(connection, recipient.subject, part.id, part.body["guide"], day, now)
        return decision

    async def _facts(self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime) -> Facts:
        look_back = max(LOOK_BACK, timedelta(hours=self._rules.gap_hours))
        paused, _ = await marks.paused(connection, now)
        person = recipient.scope == "person"
        return Facts(
            sent=await posts.sent_to(connection, recipient.subject, now - look_back, part.id),
            opted_out=await marks.opted_out(connection, recipient.subject) if person else False,
            paused=paused,
            reachable=self._reachable(recipient),
            human_has_it=await _human_has(connection, recipient.target) if person else False,
        )


async def _human_has(connection: AsyncConnection, person: str) -> bool:
    served = select(conversation.c.id).where(conversation.c.person == person, conversation.c.state != State.BOT)
    return await connection.scalar(served.limit(1)) is not None


def _row(part: Part, recipient: Recipient, decision: Decision) -> dict[str, object]:
    return {
        "part": part.id,
        "recipient": recipient.address,
        "verdict": decision.verdict,
        "reason": decision.reason or "",
        "until": millis(decision.until) if decision.until else None,
        "rule": decision.rule,
        "inputs": decision.inputs,
    }
