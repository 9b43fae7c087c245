"""Brings the gate its facts and writes down its word. The only caller of `scheduler.gate.decide` on the way out."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.facts import FactFinder, human_has
from bot.metrics import Metrics
from bot.part import Part
from bot.store import holds, marks, posts
from bot.store.database import serialise
from bot.store.tables import millis
from scheduler.gate import Decision, Proposal, Reason, Rules, Verdict, decide
from scheduler.posts import Recipient, parse_recipient, subject_of

DIGEST_LIFE = timedelta(days=14)  # as long as a title that was missed is still worth naming


class Gatekeeper:
    """Decides on one recipient of one post inside the transaction that claims the part."""

    def __init__(self, rules: Rules, facts: FactFinder, metrics: Metrics) -> None:
        self._rules = rules
        self._facts = facts
        self._metrics = metrics

    @staticmethod
    async def alone(connection: AsyncConnection) -> None:
        """To be called before `ask`: a post to a group counts for every member, so one is decided on at a time."""
        await serialise(connection, "gate")

    async def ask(self, connection: AsyncConnection, part: Part, address: str, now: datetime) -> Decision:
        """The gate's decision, recorded; where it allows, the slot is taken in the same transaction."""
        recipient = parse_recipient(address)
        decision = await self._decide(connection, part, recipient, now)
        if decision.verdict is Verdict.ALLOW:
            slot = {"guide": part.body["guide"], "kind": part.body["kind"], "topic": part.body.get("topic") or ""}
            day = self._rules.local(now).date().isoformat()
            await posts.reserve(connection, {"subject": recipient.subject, "part": part.id, "day": day, **slot}, now)
        elif decision.verdict is Verdict.DIGEST:
            planned_at = datetime.fromisoformat(part.body["planned_at"])
            row = {"subject": recipient.subject, "part": part.id, "guide": part.body["guide"]}
            await posts.name_later(connection, {**row, "title": part.body["title"]}, planned_at + DIGEST_LIFE)
        return decision

    async def may_still(self, connection: AsyncConnection, part: Part, address: str, now: datetime) -> Decision:
        """The decision again for what has its slot and was not confirmed yet: before a colleague is reminded of it."""
        return await self._decide(connection, part, parse_recipient(address), now)

    async def foresee(self, connection: AsyncConnection, part: Part, address: str, now: datetime) -> Decision:
        """What the gate would say at `now`, as far as is known; nothing is recorded and no slot taken."""
        return await self._judge(connection, part, parse_recipient(address), now)

    async def _decide(self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime) -> Decision:
        decision = await self._judge(connection, part, recipient, now)
        await posts.record(connection, _row(part, recipient, decision), now)
        self._metrics.decisions.labels(decision.verdict, decision.reason or "").inc()
        return decision

    async def _judge(self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime) -> Decision:
        planned_at = datetime.fromisoformat(part.body["planned_at"])
        proposal = Proposal(recipient, part.body["kind"], planned_at, part.expires_at or planned_at)
        rules = self._rules if recipient.confirmed else replace(self._rules, platform_per_day=None)
        return decide(proposal, await self._facts.find(connection, part, recipient, now), rules, now)

    async def bars_service(self, connection: AsyncConnection, part: Part) -> Reason | None:
        """Why a question that a colleague approved must not be put after all, None where nothing has come up since.

        An opt-out counts when it was said after the matter began: then it says how they feel about hearing from us, and
        not only about posts.
        """
        person = str(part.body["to"])
        subject = subject_of("person", person)
        if await holds.held(connection, subject):
            return Reason.MOOD_HOLD
        if await human_has(connection, person):
            return Reason.HUMAN_HAS_IT
        since = await marks.opted_out_at(connection, subject)
        return Reason.OPTED_OUT if since and since >= datetime.fromisoformat(part.body["since"]) else None


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
