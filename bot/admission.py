"""What may stop a part at the last moment: its deadline, the platform's limits, a moved conversation, the gate."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.channels import Limits
from bot.gatekeeper import Gatekeeper
from bot.part import Final, Klass, Part, part_id
from bot.store import conversations, ledger, outbox, posts
from bot.transaction import Transaction
from handlers.handoff import Event, State
from scheduler.gate import Decision, Verdict
from scheduler.posts import parse_recipient, with_missed

RATED = timedelta(seconds=60)  # the platform counts by the minute
SPOKEN = "spoken"  # why a part that would have ended a colleague's session was dropped: they have said a word
HELD_RETRY = timedelta(minutes=10)  # how often a post on hold asks the gate again


class Stopped(Exception):
    """The part ends here; `final` and `reason` say how."""

    def __init__(self, final: Final, reason: str) -> None:
        super().__init__(reason)
        self.final = final
        self.reason = reason


class Admission:
    """Claims a part for sending inside the caller's transaction."""

    def __init__(self, gatekeeper: Gatekeeper, limits: Callable[[Part], Limits]) -> None:
        self._gatekeeper = gatekeeper
        self._limits = limits

    async def admit(self, transaction: Transaction, part: Part, more: bool) -> Part | None:
        """The part as it may be sent now; None when it was put back for later. Raises Stopped when it ends here.

        `more`: whether others may wait behind it, which could share its message.
        """
        if part.klass is Klass.POST:
            return await self._pass_gate(transaction, part)
        if part.klass is Klass.SERVICE:
            await self._let_service(transaction, part)
        if part.expires_at is not None and transaction.now >= part.expires_at:
            raise Stopped(Final.DROPPED if part.klass is Klass.NOTICE else Final.DEAD, "expired")
        if await self._over_rate(transaction, part):
            return None
        if part.body.get("frees"):
            part = await _from_whom(transaction, part)
        if not await outbox.claim(transaction.connection, part):
            raise Stopped(Final.DROPPED, "state_moved")
        within = await self._within_budget(transaction, part, more)
        return None if within is None else replace(within, tries=within.tries + 1)

    def is_plain(self, part: Part, now: datetime) -> bool:
        """Whether only the platform's rate can speak against the part, so that `take` may be tried first."""
        expired = part.expires_at is not None and now >= part.expires_at
        return part.klass is Klass.REPLY and self._limits(part).per_message is None and not expired

    async def take(self, connection: AsyncConnection, part: Part, now: datetime) -> Part | None:
        """`admit` in one statement, for a plain part. None does not say why not: ask `admit`."""
        claimed = await outbox.claim_within(connection, part, now - RATED, self._limits(part).per_minute)
        return replace(part, tries=part.tries + 1) if claimed else None

    async def _let_service(self, transaction: Transaction, part: Part) -> None:
        """One question that a colleague approved is no post: caps and an earlier 退订 do not count. What came up since
        does: the member is upset again, somebody serves them, or they told us to leave them alone."""
        if (reason := await self._gatekeeper.bars_service(transaction.connection, part)) is not None:
            raise Stopped(Final.DROPPED, reason)

    async def _over_rate(self, transaction: Transaction, part: Part) -> bool:
        per_minute = self._limits(part).per_minute
        if per_minute is None:
            return False
        now = transaction.now
        sent = await outbox.sent_since(transaction.connection, part.lane, now - RATED)
        wait = outbox.rate_wait(sent, now, per_minute)
        if wait > timedelta(0):
            await outbox.put_back(transaction.connection, part, now + wait, "rate")
        return wait > timedelta(0)

    async def _within_budget(self, transaction: Transaction, part: Part, more: bool) -> Part | None:
        """A member's message allows so many parts for so long (kf: 5 and 48 h, doc 94677).

        When more answers wait than may be sent, as after a burst of questions, several leave as one message; what has
        no room even so waits for the member's next message.
        """
        budget = self._limits(part).per_message
        if budget is None or part.klass not in (Klass.REPLY, Klass.SERVICE) or part.kind != "text":
            return part
        connection, oldest = transaction.connection, transaction.now - budget.window
        # A repetition of the same part is not counted twice.
        perhaps = None if part.tries else await outbox.spend(connection, part.conversation, budget.parts, oldest)
        if perhaps is None:
            return await self._without_room(transaction, part, oldest)
        following = await outbox.texts_after(transaction.connection, part) if more else []
        # Answers share messages evenly: eight with five messages left leave two by two. One is kept for a question that
        # was asked meanwhile and that we have not heard of yet.
        together = math.ceil((1 + len(following)) / max(1, budget.parts - perhaps - 1))
        if part.body.get("servicer"):  # the session that is ended for them takes one message
            together = 1 + len(following)
        joined = _fitting(part, following[: together - 1], budget.size)
        return await outbox.absorb(transaction.connection, _graver(part, joined), joined) if joined else part

    async def _without_room(self, transaction: Transaction, part: Part, oldest: datetime) -> Part | None:
        if await outbox.member_at(transaction.connection, part.conversation) < oldest:
            raise Stopped(Final.DEAD, "window_closed")
        if part.tries > 0:
            return part
        await outbox.wait_for_member(transaction.connection, part)
        return None

    async def _pass_gate(self, transaction: Transaction, part: Part) -> Part | None:
        """Ask the gate for each recipient: the allowed go now, the deferred become a part of their own."""
        await self._gatekeeper.alone(transaction.connection)
        if await self._over_rate(transaction, part):
            return None
        decisions = {
            address: await self._gatekeeper.ask(transaction.connection, part, address, transaction.now)
            for address in part.body["recipients"]
        }
        allowed = [address for address, made in decisions.items() if made.verdict is Verdict.ALLOW]
        later = {a: at for a, made in decisions.items() if (at := _again(made, part, transaction.now)) is not None}
        if later and len(later) == len(decisions):
            soonest = min(later, key=lambda address: later[address])
            reason = str(decisions[soonest].reason)
            await outbox.put_back(transaction.connection, part, later[soonest], reason)
            return None
        if later:  # they have a part of their own now: a retry of this one must not ask for them again
            part = await outbox.narrow(transaction.connection, part, [each for each in decisions if each not in later])
            await transaction.enqueue(_postponed(part, address, at) for address, at in later.items())
        if not allowed:
            raise Stopped(Final.DROPPED, ",".join(sorted({str(made.reason) for made in decisions.values()})))
        if not await outbox.claim(transaction.connection, part):
            await posts.release(transaction.connection, part.id)
            return None
        body = {**part.body, "recipients": allowed, "markdown": await _with_digest(transaction, part, allowed)}
        return replace(part, body=body, tries=part.tries + 1)


async def _from_whom(transaction: Transaction, part: Part) -> Part:
    """`part` may end the kf session of a colleague who has not said a word: with whom it is, by the store as it stands.

    Raises Stopped where a word has come since it was decided.
    """
    stands = await conversations.load(transaction.connection, part.conversation)
    if stands is None or stands.state is not State.HUMAN:
        return part
    if not await conversations.wordless(transaction.connection, part.conversation):
        raise Stopped(Final.DROPPED, SPOKEN)
    return replace(part, body={**part.body, "servicer": stands.assignee})


def _graver(part: Part, others: Sequence[Part]) -> Part:
    """Beside a danger sign nothing calls the wait off."""
    if all(each.body.get("frees") != Event.NOBODY for each in others):
        return part
    return replace(part, body={**part.body, "frees": Event.NOBODY})


def _again(decision: Decision, part: Part, now: datetime) -> datetime | None:
    """When a refused recipient is asked about again: at the gate's own time, or soon for what is only on hold."""
    if decision.verdict is Verdict.DEFER:
        return decision.until
    if decision.verdict is not Verdict.HOLD or part.expires_at is None or now >= part.expires_at:
        return None
    return min(now + HELD_RETRY, part.expires_at)


async def _with_digest(transaction: Transaction, part: Part, allowed: Sequence[str]) -> str:
    """The text of a post, naming what its one recipient did not get in time."""
    text = str(part.body["markdown"])
    if part.body["kind"] != "value" or len(allowed) != 1 or parse_recipient(allowed[0]).scope != "person":
        return text
    subject = parse_recipient(allowed[0]).subject
    return with_missed(text, await ledger.waiting_digest(transaction.connection, subject, part.id, transaction.now))


def _postponed(part: Part, address: str, at: datetime) -> Part:
    body = {**part.body, "recipients": [address]}
    return replace(part, id=part_id(part.id, address), body=body, not_before=at, tries=0)


def _fitting(part: Part, following: Sequence[Part], size: int) -> list[Part]:
    """As many of the following texts as fit into one message with `part`."""
    fitting: list[Part] = []
    used = len(part.body["text"].encode())
    for other in following:
        used += len(f"{outbox.BETWEEN}{other.body['text']}".encode())
        if used > size:
            break
        fitting.append(other)
    return fitting
