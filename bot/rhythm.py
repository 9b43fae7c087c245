"""How seldom somebody wants to hear from us: what they showed us, turned into days of rest between two posts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.foundation import Foundation
from bot.store import ledger
from bot.store.database import insert_once, upsert
from bot.store.restraint_tables import relation, rhythm, signal
from bot.store.tables import conversation, delivery, inbox, membership, millis, moment, ticket
from bot.transaction import Transaction
from handlers.effect_types import Effect, HoldUnasked, OptOut, Prefer, Rate, SetLayer
from handlers.mood_hold import COMPLAINT
from handlers.mood_types import Mood
from handlers.preferences import Preferences
from handlers.turn import Kind, Turn
from scheduler import fatigue, layers
from scheduler.fatigue import Fatigue, Signal, SignalKind
from scheduler.layers import LAYER_NAMES, Layer, LayerFacts, Placement
from scheduler.posts import subject_of
from scheduler.rules import Rules

BoughtAt = Callable[[str], datetime | None]
"""A member's id → when they last ordered, where that is known."""

FRESH = timedelta(hours=20)  # a rhythm this young need not be computed again
BATCH = 200  # subjects of one look
BACK = max(fatigue.LOOK_BACK, layers.LOOK_BACK)
LARGEST_GROUP = 500  # members that a group's index is computed from (the largest customer group, doc 92122)


@dataclass(frozen=True, slots=True)
class Standing:
    """In words for operators, and the days between two posts that follow."""

    fatigue: str
    layer: str
    rest_days: int


async def note(connection: AsyncConnection, subject: str, kind: SignalKind, key: str, at: datetime) -> None:
    """Remember what somebody showed us; the same subject, kind and key is one signal, however often it is noted."""
    row = {"subject": subject, "kind": kind, "key": key[:100], "at": millis(at)}
    await connection.execute(insert_once(connection, signal, ["subject", "kind", "key"]).values(**row))


def showed(effects: Sequence[Effect], mood: str, item: int, now: datetime) -> list[tuple[SignalKind, str]]:
    """The signals in what a message led to, with their keys. A wish that was there before is the same signal."""
    found = [(SignalKind.DISSATISFIED, str(item))] if mood == Mood.DISSATISFIED else []
    for effect in effects:
        match effect:
            case OptOut():
                found.append((SignalKind.OPT_OUT, str(item)))
            case HoldUnasked(reason=reason):
                found.append((SignalKind.COMPLAINT if reason == COMPLAINT else SignalKind.ANGRY, str(item)))
            case Rate(good=False):
                found.append((SignalKind.DISLIKED, str(item)))
            case Prefer(preferences):
                found += _wished(preferences, now)
    return found


class LayerJudge:
    """Carries out `SetLayer`."""

    def __init__(self, rhythms: "Rhythms") -> None:
        self._rhythms = rhythms

    async def apply(self, transaction: Transaction, _turn: Turn, effect: SetLayer, _key: str) -> None:
        subject = subject_of("person", effect.person)
        await self._rhythms.set_manual(transaction.connection, subject, effect.layer, transaction.now)


def _wished(preferences: Preferences, now: datetime) -> list[tuple[SignalKind, str]]:
    until, days = preferences.muted_until, preferences.every_days
    muted = [(SignalKind.MUTE, until.isoformat())] if until and until > now else []
    return muted + ([(SignalKind.LESS_OFTEN, str(days))] if days else [])


class Rhythms:
    """`look` is for the ticker: everybody who got something lately is looked at once a day."""

    def __init__(self, base: Foundation, rules: Rules, bought_at: BoughtAt = lambda _: None) -> None:
        self._base = base
        self._rules = rules
        self._bought_at = bought_at

    async def look(self) -> None:
        now = self._base.clock.now()
        async with self._base.database.read() as connection:
            subjects = await self._due(connection, now)
        for subject in subjects:
            async with self._base.transactions.begin() as transaction:
                await self.renew(transaction.connection, subject, now)
            await self._base.pace.turn()

    async def standing(self, connection: AsyncConnection, person: str, now: datetime) -> Standing:
        """What holds for `person` (a bare id) now."""
        subject = f"person:{person.lower()}"
        before = await _row(connection, subject)
        tired = fatigue.index(*await _showed(connection, subject, now), now)
        placed = await self._placed(connection, subject, before, now)
        if before and before.manual:
            placed = layers.place(LayerFacts(None), None, Layer(before.manual), now)
        rest = self._rest(tired, placed.layer, before.rest_days if before else 0)
        return Standing(fatigue.explain(tired), f"{LAYER_NAMES[placed.layer]}，{placed.why}", rest)

    async def renew(self, connection: AsyncConnection, subject: str, now: datetime) -> None:
        """Compute the rhythm of a person or group and store it."""
        before = await _row(connection, subject)
        row = {"subject": subject, "manual": before.manual if before else "", "at": millis(now)}
        if subject.startswith("group:"):
            tired: Fatigue = fatigue.of_audience(await _members(connection, subject, now))
            rest = fatigue.rest_days(tired.value, before.rest_days if before else 0)
            row |= {"layer": ""}
        else:
            tired = fatigue.index(*await _showed(connection, subject, now), now)
            placed = await self._placed(connection, subject, before, now)
            layer = Layer(before.manual) if before and before.manual else placed.layer
            rest = self._rest(tired, layer, before.rest_days if before else 0)
            row |= {"layer": placed.layer}
        row |= {"fatigue": round(tired.value), "rest_days": rest}
        await upsert(connection, rhythm, ["subject"], row)

    async def layer(self, connection: AsyncConnection, subject: str, now: datetime) -> Layer:
        """Where a person stands now, whether that was ever stored or not."""
        before = await _row(connection, subject)
        if before and before.manual:
            return Layer(before.manual)
        return (await self._placed(connection, subject, before, now)).layer

    async def set_manual(self, connection: AsyncConnection, subject: str, layer: str, now: datetime) -> None:
        """An operator's choice of a layer from now on; empty lifts it."""
        fresh = {"subject": subject, "layer": "", "manual": layer, "fatigue": 0, "rest_days": 0, "at": millis(now)}
        if (await connection.execute(insert_once(connection, rhythm, ["subject"]).values(**fresh))).rowcount != 1:
            await connection.execute(update(rhythm).where(rhythm.c.subject == subject).values(manual=layer))
        await self.renew(connection, subject, now)

    def _rest(self, tired: Fatigue, layer: Layer, before: int) -> int:
        """Both only slow: the longer one counts. Hysteresis belongs to fatigue; a layer has its own."""
        return max(fatigue.rest_days(tired.value, before), layers.cadence(layer, self._rules))

    async def _due(self, connection: AsyncConnection, now: datetime) -> Sequence[str]:
        """Who got something lately and was not looked at since yesterday."""
        stale = or_(rhythm.c.at.is_(None), rhythm.c.at < millis(now - FRESH))
        query = (
            select(delivery.c.subject)
            .outerjoin(rhythm, rhythm.c.subject == delivery.c.subject)
            .where(delivery.c.at >= millis(now - BACK), stale)
            .distinct()
            .limit(BATCH)
        )
        return (await connection.scalars(query)).all()

    async def _placed(
        self, connection: AsyncConnection, subject: str, before: "_Stored | None", now: datetime
    ) -> Placement:
        current = Layer(before.layer) if before and before.layer else None
        facts = await _layer_facts(connection, subject, before.at if before and current else None, now)
        bought_at = self._bought_at(subject.removeprefix("person:"))
        return layers.place(replace(facts, bought_at=bought_at), current, None, now)


@dataclass(frozen=True, slots=True)
class _Stored:
    layer: str
    manual: str
    rest_days: int
    at: datetime


async def _row(connection: AsyncConnection, subject: str) -> _Stored | None:
    row = (await connection.execute(select(rhythm).where(rhythm.c.subject == subject))).mappings().one_or_none()
    return _Stored(row["layer"], row["manual"], row["rest_days"], moment(row["at"])) if row else None


async def _showed(
    connection: AsyncConnection, subject: str, now: datetime
) -> tuple[tuple[Signal, ...], tuple[datetime, ...]]:
    """What a person showed us, their own messages and the posts they passed over among it; and what they received."""
    sends = await ledger.received_by(connection, subject, now - BACK)
    received = tuple(each.at for each in sends if each.delivered)
    noted = select(signal.c.kind, signal.c.at).where(signal.c.subject == subject, signal.c.at >= millis(now - BACK))
    signals = [Signal(SignalKind(row.kind), moment(row.at)) for row in await connection.execute(noted)]
    signals += [Signal(SignalKind.CONTACT, at) for at in await _contacts(connection, subject, now)]
    return (*signals, *fatigue.ignored_posts(received, signals)), received


async def _contacts(connection: AsyncConnection, subject: str, now: datetime) -> list[datetime]:
    query = (
        select(inbox.c.received_at)
        .join(conversation, conversation.c.id == inbox.c.conversation)
        .where(
            func.lower(conversation.c.person) == subject.removeprefix("person:"),
            inbox.c.kind.in_([Kind.TEXT, Kind.MEDIA]),
            inbox.c.received_at >= millis(now - BACK),
        )
    )
    return [moment(at) for at in await connection.scalars(query)]


async def _members(connection: AsyncConnection, group: str, now: datetime) -> list[Fatigue]:
    query = select(membership.c.person_subject).where(membership.c.group_subject == group).limit(LARGEST_GROUP)
    people = (await connection.scalars(query)).all()
    return [fatigue.index(*await _showed(connection, person, now), now) for person in people]


async def _layer_facts(
    connection: AsyncConnection, subject: str, placed_at: datetime | None, now: datetime
) -> LayerFacts:
    signals, received = await _showed(connection, subject, now)
    quiet = (SignalKind.CONTACT, SignalKind.IGNORED)
    questions, good, bad = await _helped(connection, subject, now)
    contacts = fatigue.recovering(signals)
    return LayerFacts(
        first_seen=min((*received, *contacts, *await _added(connection, subject)), default=None),
        placed_at=placed_at,
        posts=received,
        contacts=contacts,
        displeased=[each.at for each in signals if each.kind not in quiet],
        questions=questions,
        good=good,
        bad=bad,
    )


async def _added(connection: AsyncConnection, subject: str) -> list[datetime]:
    """When colleagues added a customer, where WeCom told us."""
    person = subject.removeprefix("person:")
    query = select(relation.c.since).where(func.lower(relation.c.person) == person, relation.c.since > 0)
    return [moment(at) for at in await connection.scalars(query)]


async def _helped(connection: AsyncConnection, subject: str, now: datetime) -> tuple[int, int, int]:
    """Questions asked in 90 days, and what was found good and bad of answers and talks."""
    since = millis(now - timedelta(days=90))
    talks = select(conversation.c.id).where(func.lower(conversation.c.person) == subject.removeprefix("person:"))
    asked = select(func.count()).where(
        inbox.c.conversation.in_(talks), inbox.c.handled_by == "question", inbox.c.received_at >= since
    )
    scores = select(ticket.c.score).where(
        ticket.c.conversation.in_(talks), ticket.c.score.is_not(None), ticket.c.opened_at >= since
    )
    taps: Iterable[int | None] = await connection.scalars(scores)
    good, bad = 0, 0
    for score in taps:
        good, bad = good + (score == _GOOD), bad + (score == _BAD)
    return int(await connection.scalar(asked) or 0), good, bad


_BAD, _GOOD = 1, 3  # taps of handlers.satisfaction
