"""Brings the gate its facts and writes down its word. The only caller of `scheduler.gate.decide` on the way out."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.metrics import Metrics
from bot.part import Part
from bot.store import holds, marks, posts, preferences
from bot.store.tables import conversation, millis
from handlers.handoff import SILENT
from handlers.preferences import Preferences, Purpose
from scheduler.gate import Decision, Facts, Proposal, Reason, Rules, Verdict, decide
from scheduler.posts import Recipient, parse_recipient, subject_of

LOOK_BACK = timedelta(days=9)


class Gatekeeper:
    """Decides on one recipient of one post inside the transaction that claims the part."""

    def __init__(self, rules: Rules, reachable: Callable[[Recipient], bool], metrics: Metrics) -> None:
        self._rules = rules
        self._reachable = reachable
        self._metrics = metrics

    async def ask(self, connection: AsyncConnection, part: Part, address: str, now: datetime) -> Decision:
        """The gate's decision, recorded; where it allows, the slot is taken in the same transaction."""
        recipient = parse_recipient(address)
        planned_at = datetime.fromisoformat(part.body["planned_at"])
        proposal = Proposal(recipient, part.body["kind"], planned_at, part.expires_at or planned_at)
        decision = decide(proposal, await self._facts(connection, part, recipient, now), self._rules, now)
        await posts.record(connection, _row(part, recipient, decision), now)
        self._metrics.decisions.labels(decision.verdict, decision.reason or "").inc()
        if decision.verdict is Verdict.ALLOW:
            day = self._rules.local(now).date().isoformat()
            await posts.reserve(connection, recipient.subject, part.id, part.body["guide"], day, now)
        return decision

    async def bars_service(self, connection: AsyncConnection, part: Part) -> Reason | None:
        """Why a question that a colleague approved must not be put after all, None where nothing has come up since.

        An opt-out counts when it was said after the matter began: then it says how they feel about hearing from us, and
        not only about posts.
        """
        person = str(part.body["to"])
        subject = subject_of("person", person)
        if await holds.held(connection, subject):
            return Reason.MOOD_HOLD
        if await _human_has(connection, person):
            return Reason.HUMAN_HAS_IT
        since = await marks.opted_out_at(connection, subject)
        return Reason.OPTED_OUT if since and since >= datetime.fromisoformat(part.body["since"]) else None

    async def _facts(self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime) -> Facts:
        paused, _ = await marks.paused(connection, now)
        reachable = self._reachable(recipient)
        if recipient.scope == "group":  # a group has no mood and no wishes of its own
            sent = await self._sent(connection, part, recipient, now, 0)
            return Facts(sent, False, paused, reachable, False, mood_hold=False, topic_off=False, every_days=0)
        wishes = await _wishes(connection, recipient.target)
        every_days = wishes.every_days if wishes else None
        return Facts(
            sent=await self._sent(connection, part, recipient, now, every_days or 0),
            opted_out=await _opted_out(connection, recipient, wishes),
            paused=paused,
            reachable=reachable,
            human_has_it=await _human_has(connection, recipient.target),
            mood_hold=await holds.held(connection, recipient.subject),
            muted_until=wishes.muted_until if wishes else None,
            topic_off=_topic_off(wishes, part.body.get("topic")) if wishes else None,
            every_days=every_days,
        )

    async def _sent(
        self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime, every_days: int
    ) -> tuple[datetime, ...]:
        gap = max(timedelta(hours=self._rules.gap_hours), timedelta(days=every_days))
        return await posts.sent_to(connection, recipient.subject, now - max(LOOK_BACK, gap), part.id)


async def _wishes(connection: AsyncConnection, person: str) -> Preferences | None:
    """What the person decided; None where the row cannot be read, and then nothing leaves."""
    try:
        return await preferences.load(connection, person)
    except (TypeError, ValueError):
        return None


async def _opted_out(connection: AsyncConnection, recipient: Recipient, wishes: Preferences | None) -> bool:
    off = wishes is not None and Purpose.POSTS in wishes.off
    return off or await marks.opted_out(connection, recipient.subject)


def _topic_off(wishes: Preferences, topic: str | None) -> bool | None:
    """Whether they do not want this topic; None where the part does not know its topic and it matters."""
    if not (wishes.only or wishes.never):
        return False
    if topic is None:
        return None
    return topic in wishes.never or bool(wishes.only and topic not in wishes.only)


async def _human_has(connection: AsyncConnection, person: str) -> bool:
    # WeCom gives user ids back in lower case in places (90236).
    served = select(conversation.c.id).where(
        conversation.c.person.in_({person, person.lower()}), conversation.c.state.in_(SILENT)
    )
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
