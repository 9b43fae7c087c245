"""Gathers what the gate has to know about a post and whom it would reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.part import Part
from bot.store import contents, ledger
from bot.store.ledger import Sent
from bot.store.standing import Standing, standing
from bot.store.tables import conversation
from handlers.handoff import SILENT
from handlers.preferences import Preferences
from scheduler.calendar import public_holidays
from scheduler.gate import Facts
from scheduler.posts import Recipient
from scheduler.rules import Rules

LOOK_BACK = timedelta(days=100)  # at least: a promotion a quarter ago still counts for the ratio
CALENDAR = timedelta(days=8)  # a week and an hour is the longest calendar week
HOLIDAYS_AHEAD = 21  # days; the longest holiday has eight

Coming = Callable[[datetime], Mapping[str, Sequence[tuple[datetime, int]]]]
"""Subject → (when, weight) of what is planned for it next."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the facts come from beside the store.

    `violations` reviews a post as it stands: the codes found in it, None where it cannot be reviewed. `silent_days` and
    `speaking_days` overrule the public holidays.
    """

    rules: Rules
    reachable: Callable[[Recipient], bool]
    violations: Callable[[str, str], tuple[str, ...] | None]
    coming: Coming
    silent_days: frozenset[date] = frozenset()
    speaking_days: frozenset[date] = frozenset()


class FactFinder:
    """Reads the facts within the transaction in which the gate decides."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._rules = around.rules
        self._coming = _Lately(around.coming)
        self._off: tuple[date, tuple[date, ...] | None] | None = None  # of the day that was asked for last
        self._recent = max(CALENDAR, timedelta(hours=self._rules.gap_hours))

    async def find(self, connection: AsyncConnection, part: Part, recipient: Recipient, now: datetime) -> Facts:
        """Everything that the gate asks for; what cannot be read is None, and then nothing leaves."""
        key, digest = part.body.get("guide") or "", part.body.get("digest") or ""
        stands = await standing(connection, recipient, key, digest, now)
        asked = _Asked(connection, part, recipient, now, stands, _Days(self._rules, now))
        plain = await self._about_item(asked)
        return await (self._about_group if recipient.scope == "group" else self._about_person)(asked, plain)

    async def _about_item(self, asked: "_Asked") -> Facts:
        body, today = asked.part.body, asked.days.today
        promo, around = body["kind"] == "promo", self._around
        days = await ledger.promo_days(asked.connection, today) if promo else ()
        return Facts(
            sent=None,
            opted_out=None,
            paused=asked.stands.paused,
            reachable=around.reachable(asked.recipient),
            human_has_it=None,
            approved=asked.stands.content == contents.APPROVED if body.get("guide") and body.get("digest") else None,
            violations=around.violations(body["title"], body["markdown"]),
            rest_days=asked.stands.rest_days,
            promo_days=days,
            promo_extra=await ledger.extra_promo_days(asked.connection, (*days, today)) if promo else 0,
            days_off=self._days_off(today),
        )

    async def _about_group(self, asked: "_Asked", plain: Facts) -> Facts:
        """A group has no mood and no wishes of its own, but members: what reaches the group reaches each of them."""
        part, now, days, group = asked.part, asked.now, asked.days, asked.recipient.subject
        since = self._since(now, asked.stands.rest_days)
        lately = since if part.body["kind"] == "promo" else now - self._recent
        sent, theirs = await ledger.received_by_group(asked.connection, group, since, lately, part.id)
        members = _of_members(asked.stands.members, [one for one in sent if one.at >= lately], theirs)
        waits = [(free, count) for received, count in members if (free := self._free_at(received, days)) is not None]
        each = [sent, *(received for received, _ in members)]
        return replace(
            self._counted(plain, asked, sent),
            opted_out=False,
            human_has_it=False,
            mood_hold=False,
            topic_off=False,
            every_days=0,
            topic_sent=max(_of_topic(received, part.body.get("topic"), days) for received in each),
            value_since_promo=min(map(_earned, each)) if part.body["kind"] == "promo" else _earned(sent),
            members_busy=sum(count for _, count in waits),
            members_free_at=max((free for free, _ in waits), default=None),
            heavier_at=self._heavier(part, [group], now),
        )

    async def _about_person(self, asked: "_Asked", plain: Facts) -> Facts:
        part, now, stands = asked.part, asked.now, asked.stands
        wishes, topic = stands.wishes, part.body.get("topic")
        every_days = wishes.every_days if wishes else None
        since = self._since(now, max(every_days or 0, stands.rest_days))
        sent = await ledger.received_by(asked.connection, asked.recipient.subject, since, part.id)
        return replace(
            self._counted(plain, asked, sent),
            opted_out=stands.opted_out,
            human_has_it=stands.served,
            mood_hold=stands.held,
            muted_until=wishes.muted_until if wishes else None,
            topic_off=_topic_off(wishes, topic) if wishes else None,
            every_days=every_days,
            # A task of a colleague is confirmed when the colleague has time.
            usual_hours=() if asked.recipient.confirmed else stands.usual_hours,
            heavier_at=await self._heavier_for(asked),
        )

    def _days_off(self, today: date) -> tuple[date, ...] | None:
        if self._off is None or self._off[0] != today:
            around = self._around
            self._off = today, public_holidays(today, HOLIDAYS_AHEAD, around.silent_days, around.speaking_days)
        return self._off[1]

    def _since(self, now: datetime, rest_days: int) -> datetime:
        days = max(self._rules.repeat_guide_days, rest_days)
        return now - max(LOOK_BACK, timedelta(days=days), timedelta(hours=self._rules.gap_hours))

    @staticmethod
    def _counted(plain: Facts, asked: "_Asked", sent: Sequence[Sent]) -> Facts:
        body, days = asked.part.body, asked.days
        return replace(
            plain,
            sent=tuple(each.at for each in sent),
            topic_sent=_of_topic(sent, body.get("topic"), days),
            guide_at=max((each.at for each in sent if each.guide == body["guide"]), default=None),
            value_since_promo=_earned(sent),
            platform_sent=sum(map(days.is_today, days.lately(sent))),
        )

    def _free_at(self, received: Sequence[Sent], days: "_Days") -> datetime | None:
        """When somebody who `received` this may get one more; None: now."""
        rules, now, lately = self._rules, days.now, days.lately(received)
        waits = [each.at + timedelta(hours=rules.gap_hours) for each in received[-1:]]
        if sum(map(days.is_today, lately)) >= rules.person_per_day:
            waits.append(rules.next_day(now))
        if sum(map(days.is_this_week, lately)) >= rules.person_per_week:
            waits.append(rules.next_week(now))
        free = max(waits, default=now)
        return free if free > now else None

    async def _heavier_for(self, asked: "_Asked") -> datetime | None:
        """With what is planned for the groups that the person is in."""
        if not self._coming.at(asked.now):
            return None
        groups = await ledger.groups_of(asked.connection, asked.recipient.subject)
        return self._heavier(asked.part, [asked.recipient.subject, *groups], asked.now)

    def _heavier(self, part: Part, subjects: Sequence[str], now: datetime) -> datetime | None:
        weight = int(part.body.get("weight", 0))
        coming = self._coming.at(now)
        planned = (each for subject in subjects for each in coming.get(subject, ()))
        return min((at for at, other in planned if other > weight and at > now), default=None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question to the gate, and what stands about its recipient."""

    connection: AsyncConnection
    part: Part
    recipient: Recipient
    now: datetime
    stands: Standing
    days: "_Days"


class _Days:
    """The tenant's calendar around `now`. It keeps its answers: members of a group share most of what they got."""

    def __init__(self, rules: Rules, now: datetime) -> None:
        self.now = now
        self._rules = rules
        self.today = rules.local(now).date()
        self._week = self.today.isocalendar()[:2]
        self._since = now - CALENDAR
        self._known: dict[datetime, tuple[bool, bool]] = {}

    def lately(self, sent: Sequence[Sent]) -> list[datetime]:
        """When, of what can be of this week."""
        return [each.at for each in sent if each.at > self._since]

    def is_today(self, at: datetime) -> bool:
        return self._of(at)[0]

    def is_this_week(self, at: datetime) -> bool:
        return self._of(at)[1]

    def _of(self, at: datetime) -> tuple[bool, bool]:
        found = self._known.get(at)
        if found is None:
            day = self._rules.local(at).date()
            found = self._known[at] = day == self.today, day.isocalendar()[:2] == self._week
        return found


_at = attrgetter("at")


class _Lately:
    """What is planned, as it was within the last minute: a post to many asks for each of them."""

    def __init__(self, coming: Coming) -> None:
        self._coming = coming
        self._known: Mapping[str, Sequence[tuple[datetime, int]]] = {}
        self._since: datetime | None = None

    def at(self, now: datetime) -> Mapping[str, Sequence[tuple[datetime, int]]]:
        if self._since is None or not self._since <= now < self._since + timedelta(minutes=1):
            self._known, self._since = self._coming(now), now
        return self._known


async def human_has(connection: AsyncConnection, person: str) -> bool:
    """Whether a colleague serves `person` or is awaited."""
    # WeCom gives user ids back in lower case in places (90236).
    served = select(conversation.c.id).where(
        conversation.c.person.in_({person, person.lower()}), conversation.c.state.in_(SILENT)
    )
    return await connection.scalar(served.limit(1)) is not None


def _of_members(known: int, sent: list[Sent], theirs: Mapping[str, Sequence[Sent]]) -> list[tuple[list[Sent], int]]:
    """What each of `known` members received, with the group's own `sent`, and how many of them received just that."""
    each = [(sorted([*sent, *more], key=_at), 1) for more in theirs.values()]
    quiet = known - len(theirs)
    return [*each, (sent, quiet)] if quiet > 0 else each


def _of_topic(sent: Sequence[Sent], topic: str | None, days: _Days) -> int:
    """How many of `topic` went out in this week."""
    return sum(map(days.is_this_week, days.lately([each for each in sent if each.topic and each.topic == topic])))


def _earned(sent: Sequence[Sent]) -> int:
    """How many posts of use arrived since the last promotion."""
    last = max((each.at for each in sent if each.kind == "promo"), default=datetime.min.replace(tzinfo=UTC))
    return sum(each.kind == "value" and each.delivered and each.at > last for each in sent)


def _topic_off(wishes: Preferences, topic: str | None) -> bool | None:
    """Whether they do not want this topic; None where the part does not know its topic and it matters."""
    if not (wishes.only or wishes.never):
        return False
    if topic is None:
        return None
    return topic in wishes.never or bool(wishes.only and topic not in wishes.only)
