"""Two wordings of one post: who gets which, what came of it, and the one verdict when enough people had it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.foundation import Foundation
from bot.settings_plans import TrialSetting
from bot.store import marks
from bot.store.database import insert_once
from bot.store.restraint_tables import signal, trial_person
from bot.store.tables import conversation, delivery, inbox, millis, moment
from handlers.turn import Kind
from scheduler.fatigue import SignalKind
from scheduler.posts import Post, Recipient
from scheduler.trial import Arm, Outcome, arm, compare

VERDICT = "trial_verdict:"  # marks with what was found, once and for good
WITHIN = timedelta(days=3)  # a word this soon after the post is what we hope for; displeasure is not
_DISPLEASED = [kind for kind in SignalKind if kind not in (SignalKind.CONTACT, SignalKind.IGNORED)]


@dataclass(frozen=True, slots=True)
class Split:
    """Who gets the first wording and who the second; everybody else gets neither."""

    a: Sequence[Recipient]
    b: Sequence[Recipient]


class Trials:
    """`look` is for the ticker: it writes each verdict down when its number of people is reached."""

    def __init__(self, base: Foundation) -> None:
        self._base = base
        self._trials = base.settings.trials

    @property
    def second(self) -> frozenset[str]:
        """The names of the posts that are only the other wording of one."""
        return frozenset(each.b for each in self._trials)

    def of(self, name: str) -> TrialSetting | None:
        """The trial that a post belongs to."""
        return next((each for each in self._trials if name in (each.a, each.b)), None)

    async def split(
        self, connection: AsyncConnection, trial: TrialSetting, recipients: Iterable[Recipient], now: datetime
    ) -> Split:
        """Each person's wording, the same for ever, written down. A group is in no trial and gets the first."""
        chosen: dict[Arm, list[Recipient]] = {"a": [], "b": [], "holdout": []}
        for each in recipients:
            if each.scope == "group":
                chosen["a"].append(each)
                continue
            theirs = arm(trial.name, each.subject, trial.holdout)
            chosen[theirs].append(each)
            row = {"trial": trial.name, "subject": each.subject, "arm": theirs, "at": millis(now)}
            await connection.execute(insert_once(connection, trial_person, ["trial", "subject"]).values(**row))
        return Split(chosen["a"], chosen["b"])

    async def look(self) -> None:
        now = self._base.clock.now()
        for trial in self._trials:
            async with self._base.database.read() as connection:
                if await marks.get_mark(connection, VERDICT + trial.name) is not None:
                    continue
                outcomes = await _outcomes(connection, trial, now)
            verdict = compare(outcomes["a"], outcomes["b"], trial.people)
            if verdict.difference is not None:
                text = f"{verdict.text}\n{_held_out(outcomes['holdout'])}".strip()
                async with self._base.transactions.begin() as transaction:
                    await marks.set_mark(transaction.connection, VERDICT + trial.name, text, transaction.now)

    async def standing(self) -> Mapping[str, str]:
        """Name → the verdict, or how many people are still missing."""
        found = {}
        async with self._base.database.read() as connection:
            for trial in self._trials:
                verdict = await marks.get_mark(connection, VERDICT + trial.name)
                if verdict is None:
                    outcomes = await _outcomes(connection, trial, self._base.clock.now())
                    verdict = _so_far(outcomes, trial.people)
                found[trial.name] = str(verdict)
        return found


def fit(first: Post, second: Post | None) -> bool:
    """Whether the two may stand against each other: both lawful, and of one kind."""
    return second is not None and not second.codes and second.kind == first.kind


def _so_far(outcomes: Mapping[Arm, Outcome], people: int) -> str:
    """No figures but the counts: a look at the result before the end would spoil it."""
    verdict = compare(outcomes["a"], outcomes["b"], people)
    return verdict.text if verdict.difference is None else "人数够了，结论马上就来，请过一会儿再看"


def _held_out(outcome: Outcome) -> str:
    return f"没有发的 {outcome.n} 人里，同样的三天里来聊过的占 {outcome.share:.1%}。" if outcome.n else ""


async def _outcomes(connection: AsyncConnection, trial: TrialSetting, now: datetime) -> Mapping[Arm, Outcome]:
    """Whose three days are over, and who of them had a word for us and no displeasure, by wording."""
    starts = await _starts(connection, trial)
    ripe = {subject: (which, at) for subject, (which, at) in starts.items() if at + WITHIN <= now}
    since = min((at for _, at in ripe.values()), default=now)
    spoke, displeased = await _contacts(connection, since), await _displeasure(connection, since)
    counts: dict[Arm, list[int]] = {"a": [0, 0], "b": [0, 0], "holdout": [0, 0]}
    for subject, (which, at) in ripe.items():
        good = _within(spoke.get(subject, ()), at) and not _within(displeased.get(subject, ()), at)
        counts[which][0] += 1
        counts[which][1] += good
    return {which: Outcome(n, good) for which, (n, good) in counts.items()}


def _within(moments: Iterable[datetime], start: datetime) -> bool:
    return any(start < at <= start + WITHIN for at in moments)


async def _starts(connection: AsyncConnection, trial: TrialSetting) -> dict[str, tuple[Arm, datetime]]:
    """When each person had their wording; of the holdout, when the others were meant to. Without delivery nobody."""
    got = select(delivery.c.subject, func.min(delivery.c.at)).where(
        delivery.c.guide.in_([trial.a, trial.b]), delivery.c.delivered
    )
    delivered = {subject: moment(at) for subject, at in await connection.execute(got.group_by(delivery.c.subject))}
    assigned = select(trial_person.c.subject, trial_person.c.arm, trial_person.c.at)
    found: dict[str, tuple[Arm, datetime]] = {}
    for subject, which, at in await connection.execute(assigned.where(trial_person.c.trial == trial.name)):
        start = moment(at) if which == "holdout" else delivered.get(subject)
        if start is not None:
            found[subject] = which, start
    return found


async def _contacts(connection: AsyncConnection, since: datetime) -> Mapping[str, list[datetime]]:
    person = func.lower(conversation.c.person)
    query = (
        select(person, inbox.c.received_at)
        .join(conversation, conversation.c.id == inbox.c.conversation)
        .where(inbox.c.kind.in_([Kind.TEXT, Kind.MEDIA]), inbox.c.received_at >= millis(since))
    )
    found: dict[str, list[datetime]] = {}
    for who, at in await connection.execute(query):
        found.setdefault(f"person:{who}", []).append(moment(at))
    return found


async def _displeasure(connection: AsyncConnection, since: datetime) -> Mapping[str, list[datetime]]:
    query = select(signal.c.subject, signal.c.at).where(signal.c.kind.in_(_DISPLEASED), signal.c.at >= millis(since))
    found: dict[str, list[datetime]] = {}
    for subject, at in await connection.execute(query):
        found.setdefault(subject, []).append(moment(at))
    return found
