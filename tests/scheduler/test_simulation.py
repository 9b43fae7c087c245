"""A simulated year: its gate is the real one, the people are the same under every policy, and it is repeatable."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from scheduler import fatigue, layers
from scheduler.calendar import public_holidays
from scheduler.fatigue import Signal, SignalKind
from scheduler.gate import Facts, Proposal, Rules, Verdict, decide
from scheduler.layers import Layer, LayerFacts
from scheduler.posts import Recipient, parse_recipient
from scheduler.simulation import Assumptions, Outcome, Scale, listed, simulate
from scheduler.simulation.people import Behaviour, Item
from scheduler.simulation.policies import Map
from scheduler.simulation.rhythm import BEFORE, CONTACT, WISH, Clockwork, Rhythms
from scheduler.timetable import Schedule, occurrences

RULES = Rules(platform_per_day=1)
START = (date(2025, 1, 6), time(10), RULES.zone)
LIVELY = Assumptions(enough=0.05, remarks=0.15, needs_a_month=1.5, gone_a_year=0.3)  # so that much happens to few


def run(scale: Scale, rules: Rules = RULES, assumed: Assumptions | None = None) -> dict[str, Outcome]:
    return {name: outcome for name, _, outcome in simulate(scale, rules, assumed) if outcome is not None}


@dataclass
class Life:
    """One person's records, as the real functions want them, and the rest that they gave."""

    signals: list[Signal] = field(default_factory=list)
    got: list[datetime] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    layer: Layer | None = None
    placed_at: datetime | None = None
    rest: int = 0
    gone: bool = False

    def at(self, kind: SignalKind) -> list[datetime]:
        return [signal.at for signal in self.signals if signal.kind is kind]

    def tired(self, now: datetime) -> fatigue.Fatigue:
        signals = (*self.signals, *fatigue.ignored_posts(self.got, self.signals))
        return fatigue.index(signals, self.got, now)

    def renew(self, first: datetime, now: datetime) -> fatigue.Fatigue:
        """As `bot.rhythm` does it once a day."""
        tired = self.tired(now)
        facts = LayerFacts(
            first_seen=first,
            placed_at=self.placed_at,
            posts=self.got,
            contacts=fatigue.recovering(self.signals),
            displeased=[signal.at for signal in self.signals if signal.kind is not SignalKind.CONTACT],
            questions=sum(at >= now - timedelta(days=90) for at in self.asked),
        )
        self.layer = layers.place(facts, self.layer, None, now).layer
        self.placed_at = now
        self.rest = max(fatigue.rest_days(tired.value, self.rest), layers.cadence(self.layer, RULES))
        return tired

    def follow(self, place: int, now: datetime, behaviour: Behaviour) -> None:
        """Write down what the person at `place` did on the day whose posts left at `now`."""
        if behaviour.got[place]:
            self.got.append(now)
        self.signals += [Signal(kind, now + WISH) for kind, who in behaviour.wishes.items() if who[place]]
        if behaviour.wrote[place]:
            self.signals.append(Signal(SignalKind.CONTACT, now + CONTACT))
        if behaviour.asked[place]:
            self.asked.append(now + CONTACT)
        self.gone |= bool(not behaviour.here[place])


class Reference:
    """The same programme person by person, with the real functions only; it follows what the simulated people did."""

    def __init__(self, people: int, groups: int, assumed: Assumptions) -> None:
        self.assumed = assumed
        self.lives = [Life() for _ in range(people)]
        self.subject = Map(people, round(people * assumed.in_groups), groups).subjects().tolist()
        self.groups = groups
        self.group_rest = [0] * groups
        self.ledger: dict[int, list[tuple[datetime, str]]] = {}
        start = datetime(2025, 1, 5, tzinfo=UTC)
        self.guides, self.member_days = (
            occurrences(Schedule(every, every, "", ("app:x",)), start, start + timedelta(days=390), RULES.zone)
            for every in ("周四 10:00", "每月第二个周一 10:00")
        )

    def moment(self, day: int) -> datetime:
        return datetime(2025, 1, 6, 2, tzinfo=UTC) + timedelta(days=day)  # 10:00 in Shanghai

    def expected(self, day: int) -> list[bool]:
        """Who gets something on this day."""
        now = self.moment(day)
        tired = [life.renew(self.moment(0) - BEFORE, now - BEFORE) for life in self.lives]
        for group in range(self.groups):
            members = [t for t, subject in zip(tired, self.subject, strict=True) if subject == group]
            value = fatigue.of_audience(members).value
            self.group_rest[group] = fatigue.rest_days(value, self.group_rest[group])
        item = Item("value") if now in self.guides else Item("promo") if now in self.member_days else None
        if item is None:
            return [False] * len(self.lives)
        promo_days = {at.date() for sends in self.ledger.values() for at, kind in sends if kind == "promo"}
        allowed = {subject: self._allowed(subject, item, now, promo_days) for subject in set(self.subject)}
        for subject, yes in allowed.items():
            if yes:
                self.ledger.setdefault(subject, []).append((now, item.kind))
        return [allowed[subject] and not life.gone for life, subject in zip(self.lives, self.subject, strict=True)]

    def _allowed(self, subject: int, item: Item, now: datetime, promo_days: set[date]) -> bool:
        group = subject < self.groups
        life = Life(rest=self.group_rest[subject]) if group else self.lives[self.subject.index(subject)]
        if life.gone:
            return False
        facts = self._facts(subject, life, item, now, promo_days)
        to = parse_recipient("group:lihua:wr1") if group else parse_recipient("customer:lihua:wm1")
        return decide(self._proposal(to, item, now), facts, RULES, now).verdict is Verdict.ALLOW

    def _proposal(self, to: Recipient, item: Item, now: datetime) -> Proposal:
        return Proposal(to, item.kind, now, now + timedelta(hours=6))

    def _facts(self, subject: int, life: Life, item: Item, now: datetime, promo_days: set[date]) -> Facts:
        sends = self.ledger.get(subject, [])
        last_promo = max((at for at, kind in sends if kind == "promo"), default=datetime.min.replace(tzinfo=UTC))
        mutes = life.at(SignalKind.MUTE)
        this_month = [day for day in promo_days if (day.year, day.month) == (now.year, now.month)]
        return Facts(
            sent=tuple(at for at, _ in sends),
            opted_out=bool(life.at(SignalKind.OPT_OUT)),
            paused=False,
            reachable=True,
            human_has_it=False,
            mood_hold=False,
            muted_until=max(mutes) + timedelta(days=self.assumed.mute_days) if mutes else None,
            topic_off=False,
            every_days=self.assumed.less_often_days if life.at(SignalKind.LESS_OFTEN) else 0,
            approved=True,
            violations=(),
            topic_sent=0,
            rest_days=life.rest,
            heavier_at=next((at for at in self.guides if at > now), None) if item.kind == "promo" else None,
            value_since_promo=sum(kind == "value" and at > last_promo for at, kind in sends),
            promo_days=tuple(this_month) if item.kind == "promo" else (),
            platform_sent=0,
            days_off=public_holidays(RULES.local(now).date(), 21) or (),
        )

    def follow(self, day: int, behaviour: Behaviour) -> None:
        """Write down what the simulated people did on this day."""
        for place, life in enumerate(self.lives):
            life.follow(place, self.moment(day), behaviour)


def random_lives(people: int, days: int) -> int:
    """Random posts, words and wishes, told to `Rhythms` and to the real functions; on how many days they disagree."""
    random = np.random.default_rng(5)
    often = random.choice([0.0, 0.01, 0.05, 0.2, 0.5], people)  # how often each writes
    rhythms, lives, clockwork = Rhythms(people, RULES), [Life() for _ in range(people)], Clockwork(*START)
    wrong = 0
    for day in range(days):
        now = clockwork.post(day)
        value = rhythms.renew(day)
        tired = [life.renew(clockwork.post(0) - BEFORE, now - BEFORE).value for life in lives]
        wrong += rhythms.rest.tolist() != [life.rest for life in lives] or not np.allclose(value, tired)
        got, wrote = random.random(people) < 0.3, random.random(people) < often
        asked = wrote & (random.random(people) < 0.3)
        wishes = {kind: random.random(people) < 0.003 for kind in (SignalKind.MUTE, SignalKind.LEAVE)}
        rhythms.got(day, got)
        for kind, who in wishes.items():
            rhythms.wished(kind, day, who)
        rhythms.wrote(day, clockwork.week(day), wrote, asked)
        behaviour = Behaviour(got, wishes, wrote, asked, np.ones(people, bool))
        for place, life in enumerate(lives):
            life.follow(place, now, behaviour)
    return wrong


def compared(scale: Scale, assumed: Assumptions) -> tuple[int, Sequence[int]]:
    """How many posts were compared person by person, and the days on which the two disagree."""
    reference = Reference(scale.people, scale.groups, assumed)
    wrong: list[int] = []
    posts = 0

    def watch(policy: str, day: int, behaviour: Behaviour) -> None:
        nonlocal posts
        if policy != "fencun":
            return
        expected = reference.expected(day)
        posts += sum(expected)
        if expected != behaviour.got.tolist():
            wrong.append(day)
        reference.follow(day, behaviour)

    run_ = simulate(scale, RULES, assumed, watch)
    for name, _, outcome in run_:
        if name == "fencun" and outcome is not None:
            break
    return posts, wrong


def test_fatigue_and_layers_of_many_at_once_are_those_of_each_alone() -> None:
    assert random_lives(people=40, days=150) == 0


def test_everybody_gets_what_the_real_gate_fatigue_and_layers_give_them_one_by_one() -> None:
    posts, wrong = compared(Scale(people=60, groups=4, weeks=30), LIVELY)
    assert wrong == []
    assert posts > 400


def test_the_same_holds_for_people_who_hardly_ever_write() -> None:
    posts, wrong = compared(Scale(people=40, groups=2, weeks=26, seed=7), Assumptions(in_groups=0.25))
    assert wrong == []
    assert posts > 200


def test_the_same_numbers_give_the_same_year_and_another_seed_another_one() -> None:
    scale = Scale(people=200, groups=4, weeks=8)
    assert run(scale) == run(scale)
    assert run(scale) != run(replace(scale, seed=2))


def test_a_year_with_restraint_loses_fewer_people_than_daily_promotion_and_meets_more_needs() -> None:
    year = run(Scale(people=1500, groups=15, weeks=52))
    assert year["fencun"].left < year["daily"].left
    assert year["fencun"].needs_met > year["daily"].needs_met
    assert year["fencun"].posts_a_month < year["four"].posts_a_month < year["daily"].posts_a_month
    assert year["fencun"].value_share > 0.8


def test_without_posts_the_policies_cannot_be_told_apart() -> None:
    """People differ in nothing but what is sent to them."""
    calm = Assumptions(enough=0, reads=0)
    year = run(Scale(people=300, groups=3, weeks=12), assumed=calm)
    assert len({outcome.left for outcome in year.values()}) == 1
    assert len({outcome.needs_met for outcome in year.values()}) == 1


def test_a_cap_of_zero_means_that_people_alone_get_nothing() -> None:
    year = run(Scale(people=100, groups=0, weeks=6), replace(RULES, person_per_week=0))
    assert year["fencun"].posts_a_month == 0
    assert sum(year["fencun"].refusals.values()) == year["fencun"].decisions > 0


def test_an_hour_that_is_quiet_moves_the_posts_to_the_first_that_is_not() -> None:
    late = Rules.parse(quiet="21:00-11:30")
    assert run(Scale(people=50, groups=0, weeks=4), late)["fencun"].posts_a_month > 0


def test_the_gate_is_asked_once_for_equal_facts() -> None:
    fencun = run(Scale(people=2000, groups=4, weeks=6))["fencun"]
    assert fencun.decisions > 5000
    assert fencun.asked < fencun.decisions / 20


@pytest.mark.parametrize(
    ("people", "groups", "weeks"), [(0, 0, 4), (10, 11, 4), (10, -1, 4), (10, 1, 0), (10, 1, 9999), (10**9, 1, 4)]
)
def test_what_cannot_be_simulated_is_refused_in_chinese(people: int, groups: int, weeks: int) -> None:
    with pytest.raises(ValueError, match="应在"):
        Scale(people, groups, weeks)


def test_every_assumption_is_printed_with_its_meaning() -> None:
    rows = listed(Assumptions())
    assert [name for name, _, _ in rows] == [each.name for each in fields(Assumptions)]
    assert all(meaning for _, _, meaning in rows)


def test_the_ways_of_having_had_enough_are_shares_of_one() -> None:
    with pytest.raises(ValueError, match="sum is 1"):
        Assumptions(mutes=0.9)
