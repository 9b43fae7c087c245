"""A year with Fencun, and with two ways of sending without restraint, in a world of simulated members.

It shows what the rules do under stated assumptions. It is no forecast and no measurement.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from scheduler.rules import Rules
from scheduler.simulation.assumptions import Assumptions, listed
from scheduler.simulation.people import MONTH, Behaviour, Counts, People
from scheduler.simulation.policies import Fencun, Map, Naive, Policy
from scheduler.simulation.rhythm import Clockwork
from scheduler.timetable import zone_of

__all__ = ["Assumptions", "Outcome", "Scale", "Week", "listed", "simulate"]

HOUR = 10  # of the tenant's clock: when posts leave, or the first hour after it that is not quiet
LARGEST = 2_000_000  # people: some 600 bytes each
LONGEST = 520  # weeks

Watch = Callable[[str, int, Behaviour], None]
"""Told of every day: the policy's name, the day's number and what happened."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is simulated. ValueError with a Chinese message for what cannot be."""

    people: int
    groups: int
    weeks: int
    seed: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.people <= LARGEST:
            raise ValueError(f"people 应在 1 到 {LARGEST} 之间，现在是 {self.people}")
        if not 0 <= self.groups <= self.people:
            raise ValueError(f"groups 应在 0 到人数（{self.people}）之间，现在是 {self.groups}")
        if not 1 <= self.weeks <= LONGEST:
            raise ValueError(f"weeks 应在 1 到 {LONGEST} 之间，现在是 {self.weeks}")


@dataclass(frozen=True, slots=True)
class Week:
    """One week: people at its end, and what happened in it."""

    here: int
    opted_out: int
    posts: int
    value_posts: int
    person_days: int
    needs: int
    met_by_post: int
    met_by_answer: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the people under one policy. A post to a group counts for every member of it.

    `refusals` counts the gate's decisions by reason, one per person or group; `asked` how often `decide` was called for
    the `decisions`: equal facts are asked once. Both are 0 where there is no gate.
    """

    name: str
    title: str
    people: int
    weeks: tuple[Week, ...]
    refusals: Mapping[str, int]
    decisions: int
    asked: int

    @property
    def left(self) -> float:
        """Share of the people who are gone at the end."""
        return 1 - self.weeks[-1].here / self.people

    @property
    def opted_out(self) -> float:
        """Share of the people who are here and want no more posts."""
        return self.weeks[-1].opted_out / self.people

    @property
    def posts_a_month(self) -> float:
        """Posts per person who is here and 30 days."""
        return _share(self._sum("posts") * MONTH, self._sum("person_days"))

    @property
    def value_share(self) -> float:
        return _share(self._sum("value_posts"), self._sum("posts"))

    @property
    def needs_met(self) -> float:
        """Share of all needs, also of those who had left, that a post or an answer met."""
        return _share(self._sum("met_by_post") + self._sum("met_by_answer"), self._sum("needs"))

    @property
    def met_by_post(self) -> float:
        return _share(self._sum("met_by_post"), self._sum("needs"))

    def _sum(self, name: str) -> int:
        return sum(getattr(week, name) for week in self.weeks)


def simulate(
    scale: Scale, rules: Rules, assumed: Assumptions | None = None, watch: Watch | None = None
) -> Iterator[tuple[str, int, Outcome | None]]:
    """Run the three policies one after the other on the same people.

    Gives (policy, finished weeks, None) after every week and at a policy's end once more with its outcome. `rules` are
    the tenant's; where they have no `platform_per_day`, one a day is taken.
    """
    assumed = assumed or Assumptions()
    if rules.platform_per_day is None:
        rules = replace(rules, platform_per_day=1)
    clockwork = Clockwork(assumed.start, _hour(assumed, rules), rules.zone)
    where = Map(scale.people, round(scale.people * assumed.in_groups) if scale.groups else 0, scale.groups)
    for make in (
        lambda: Fencun(where, rules, clockwork, assumed, scale.weeks),
        lambda: Naive("four", "一月四条", clockwork, assumed.topics),
        lambda: Naive("daily", "天天促销", clockwork, assumed.topics),
    ):
        yield from _run(make(), People(scale.people, where.in_groups, scale.seed, assumed), scale.weeks, watch)


def _run(policy: Policy, people: People, weeks: int, watch: Watch | None) -> Iterator[tuple[str, int, Outcome | None]]:
    done: list[Week] = []
    for week in range(weeks):
        counts = Counts()
        for day in range(7 * week, 7 * week + 7):
            behaviour = _day(policy, people, day, counts)
            if watch is not None:
                watch(policy.name, day, behaviour)
        out = int((people.here & people.opted_out).sum())
        done.append(Week(int(people.here.sum()), out, **vars(counts)))
        yield policy.name, week + 1, None
    gate = policy.gate if isinstance(policy, Fencun) else None
    refusals = Counter(gate.refusals) if gate else Counter[str]()
    asked = (gate.decisions, gate.asked) if gate else (0, 0)
    yield policy.name, weeks, Outcome(policy.name, policy.title, people.size, tuple(done), refusals, *asked)


def _day(policy: Policy, people: People, day: int, counts: Counts) -> Behaviour:
    item = policy.offers(day)
    got = people.here & False if item is None else policy.send(day, item, people)
    behaviour = people.live(day, item, got, counts)
    policy.saw(day, behaviour)
    return behaviour


def _hour(assumed: Assumptions, rules: Rules) -> time:
    """When posts leave on the tenant's clock."""
    wanted = datetime.combine(assumed.start, time(HOUR), zone_of(rules.zone)).astimezone(UTC)
    return rules.local(rules.open_from(wanted)).time()


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
