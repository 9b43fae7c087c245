"""Finds once a day what single members need, and plans one message for each need: see `scheduler.triggers`."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot import occurrences
from bot.audience import Directory, Member
from bot.foundation import Foundation
from bot.orders import OrderBook
from bot.shelf import Shelf
from bot.store import gaps, marks, needs, restored
from bot.store import posts as store
from bot.transaction import Transaction
from knowledge.types import Guide
from scheduler.audiences import address_of
from scheduler.posts import Post, choose, parse_recipient
from scheduler.timetable import Schedule
from scheduler.triggers import HOUR, LATEST, Answered, Need, PersonFacts, Trigger, due_for

log = structlog.get_logger()

LOOKED = "needs_looked"  # mark: the day, the orders and the triggers of the last look
BATCH = 100  # needs of one transaction
NOTHING = "“{trigger}”要发的内容（{what}）没有，或已过期、不合规。先补上内容，{days} 天内补上还来得及。"


@dataclass(frozen=True, kw_only=True)
class Needs:
    """`look` is for the ticker. What is found goes through the gate like everything unasked."""

    base: Foundation
    triggers: Sequence[Trigger]
    directory: Directory
    orders: OrderBook
    shelf: Shelf
    guides: Callable[[], Sequence[Guide]]

    async def look(self) -> None:
        """Once a day from HOUR on, and whenever the orders or the triggers have changed."""
        now = self.base.clock.now()
        local = now.astimezone(ZoneInfo(self.base.settings.timezone))
        day = local.date() - timedelta(days=local.time() < HOUR)
        state = [day.isoformat(), self.orders.digest, _digest(self.triggers)]
        async with self.base.database.read() as connection:
            looked = await marks.get_mark(connection, LOOKED)
        if not self.triggers or looked == state:
            return
        found = await self._find(now)
        for start in range(0, len(found), BATCH):
            async with self.base.transactions.begin() as transaction:
                for member, need in found[start : start + BATCH]:
                    await self._plan(transaction, member, need)
            await self.base.pace.turn()
        async with self.base.transactions.begin() as transaction:
            await marks.set_mark(transaction.connection, LOOKED, state, transaction.now)

    async def _find(self, now: datetime) -> list[tuple[Member, Need]]:
        """What is due and was not planned before, of members who may hear from us and let us choose for them."""
        zone = self.base.settings.timezone
        topics = {guide.name: guide.topic for guide in self.guides()}
        since = (now - LATEST - timedelta(days=2)).astimezone(ZoneInfo(zone)).date()
        found = []
        async with self.base.database.read() as connection:
            known_until = await restored.as_of(connection) or now - LATEST  # until then a lost store may have planned
            answered, who = await needs.answered(connection, since, topics), await gaps.hasher(connection)
            for member in await self.directory.members(connection):
                if member.facts.welcome and member.personal and member.facts.addresses:
                    facts = self._facts(member, answered.get(who(member.id), ()) if answered else ())
                    due = due_for(facts, self.triggers, max(now - LATEST, known_until), now, zone)
                    found += [(member, need) for need in due]
            keys = [need.key for _, need in found]
            known = set[str]()
            for some in store.batched(keys, store.IN_ONE_QUERY):
                known |= await needs.known(connection, some)
        return [(member, need) for member, need in found if need.key not in known]

    def _facts(self, member: Member, answered: tuple[Answered, ...]) -> PersonFacts:
        return PersonFacts(member.id, member.facts.stage, self.orders.events(member.id), answered)

    async def _plan(self, transaction: Transaction, member: Member, need: Need) -> None:
        """One occurrence for one person, once. Without content nothing is noted: the next look tries again."""
        post = await self._post(member, need, transaction.now)
        if post is None:
            text = NOTHING.format(trigger=need.trigger, what=need.guide or need.topic, days=LATEST.days)
            await transaction.enqueue(self.base.alarm.raised(f"need:{need.trigger}", text, transaction.now))
            return
        name = needs.name_of(need.trigger, need.key)
        values = {"schedule": name, "planned_at": need.at, "state": "planned", "kind": post.kind, "asked_by": ""}
        values |= {"guide": post.name, "title": post.title}
        occurrence = await store.plan_once(transaction.connection, values, transaction.now)
        if occurrence is None:
            return
        await needs.note(transaction.connection, need.key, member.facts.subject, occurrence, transaction.now)
        recipient = parse_recipient(address_of(member.facts))
        until, agent = need.at + LATEST, self.base.agent
        parts = occurrences.parts_of(post, [recipient], occurrence, need.at, until, agent, needed=True)
        await transaction.enqueue(parts)
        log.info("need_planned", trigger=need.trigger, post=post.name)

    async def _post(self, member: Member, need: Need, now: datetime) -> Post | None:
        """What the trigger names, else what this member has not had lately of its topic."""
        zone = ZoneInfo(self.base.settings.timezone)
        today, days = now.astimezone(zone).date(), self.base.settings.restraint.repeat_guide_days
        if need.guide:
            post = self.shelf.find(need.guide)
            return None if post is None or post.codes or post.expired(today) else post
        subject = member.facts.subject
        used = await self.base.posts.used([subject], now - timedelta(days=days), zone)
        wanted = Schedule(need.trigger, "", need.topic, ())
        return choose(wanted, self.shelf.posts, used.get(subject, {}), today, days)


def _digest(triggers: Sequence[Trigger]) -> str:
    return hashlib.sha256(repr(triggers).encode()).hexdigest()[:16]
