"""Which of two wordings serves better: who gets which, and one honest look at the end.

Chance makes winners of those who look often: before the planned number of people nothing is computed at all.
"""

import math
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from statistics import NormalDist
from typing import Literal

Arm = Literal["a", "b", "holdout"]

ALPHA = 0.05  # how often we may see a difference where none is
POWER = 0.8  # how often we want to see one that is there
WORTH_KNOWING = 0.05  # the difference in shares for which the needed number of people is told
_Z_ALPHA = NormalDist().inv_cdf(1 - ALPHA / 2)
_Z_POWER = NormalDist().inv_cdf(POWER)
_SMALL = 5  # with fewer expected in any cell of the table the normal curve is no guide


def arm(trial: str, subject: str, holdout_share: float) -> Arm:
    """Which wording `subject` gets in `trial`: the same for ever, independent between trials, halves of equal size.

    "holdout" gets neither. Another `holdout_share` (0 to 1) moves people into or out of the holdout only, never from
    one wording to the other. ValueError for a share that is none.
    """
    if not 0 <= holdout_share <= 1:
        raise ValueError(f"a share is between 0 and 1: {holdout_share}")
    digest = sha256(f"{len(trial)}:{trial}:{subject}".encode()).digest()
    if int.from_bytes(digest[:8]) < holdout_share * 2**64:
        return "holdout"
    return "b" if digest[8] & 1 else "a"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of `n` people who got a wording, `good` did what we hoped for (asked on, rated well). Each person once."""

    n: int
    good: int

    def __post_init__(self) -> None:
        if not 0 <= self.good <= self.n:
            raise ValueError(f"{self.good} of {self.n} people")

    @property
    def share(self) -> float:
        return self.good / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the trial shows; `text` says it to operators.

    `difference` is b − a as a share, `low` and `high` its 95 % interval, `p` two-sided; all None before the planned
    number is reached. `winner` is None unless p < 0.05. `detectable`: the smallest difference that so many people would
    show four times out of five. `needed`: people per wording to show WORTH_KNOWING.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    winner: Literal["a", "b"] | None
    detectable: float | None
    needed: int
    text: str


def compare(a: Outcome, b: Outcome, planned: int) -> Verdict:
    """The one look at a trial that was `planned` with so many people per wording (ValueError below 1).

    Store the verdict and do not ask again with more people: the figures hold for one look.
    """
    if planned < 1:
        raise ValueError(f"a trial needs a planned number of people per wording: {planned}")
    base = (a.good + b.good + 1) / (a.n + b.n + 2)  # never 0 or 1, where every number of people would seem enough
    needed = sample_size(base, WORTH_KNOWING)
    if min(a.n, b.n) < planned:
        text = f"还没到计划的每组 {planned} 人（现在 A {a.n} 人、B {b.n} 人），先不下结论"
        return Verdict(None, None, None, None, None, None, needed, text)
    p, (low, high), seen = p_value(a, b), interval(a, b), detectable(min(a.n, b.n), base)
    difference = b.share - a.share
    winner: Literal["a", "b"] | None = None
    if p < ALPHA:
        winner = "b" if difference > 0 else "a"
    figures = f"{_compared(difference)}，95% 区间 {low * 100:+.1f} 到 {high * 100:+.1f}，p = {_p(p)}"
    text = f"{winner.upper()} 更好：{figures}" if winner else _undecided(figures, seen, needed)
    return Verdict(difference, low, high, p, winner, seen, needed, text)


def p_value(a: Outcome, b: Outcome) -> float:
    """Two-sided: how often chance alone shows such a difference or a greater one.

    Two proportions with the pooled share; Fisher's exact test where fewer than five are expected in a cell.
    """
    n, good = a.n + b.n, a.good + b.good
    if not (a.n and b.n):
        return 1.0
    if min(a.n, b.n) * min(good, n - good) / n < _SMALL:
        return _fisher(a, b)
    spread = math.sqrt(good / n * (1 - good / n) * (1 / a.n + 1 / b.n))
    return math.erfc(abs(b.share - a.share) / spread / math.sqrt(2))


def interval(a: Outcome, b: Outcome) -> tuple[float, float]:
    """The 95 % interval of b − a (Newcombe 1998, method 10: from the two Wilson intervals)."""
    (low_a, high_a), (low_b, high_b) = _wilson(a), _wilson(b)
    difference = b.share - a.share
    low = difference - math.hypot(b.share - low_b, high_a - a.share)
    high = difference + math.hypot(high_b - b.share, a.share - low_a)
    return max(-1.0, low), min(1.0, high)


def sample_size(base: float, effect: float) -> int:
    """People per wording to show `effect` (a difference of shares) beside the share `base` with 5 % and 80 %."""
    if not (0 <= base <= 1 and 0 < effect <= 1):
        raise ValueError(f"shares are between 0 and 1: {base}, {effect}")
    rate = min(base, 1 - base)  # good and not good may change places; so the other share stays below 1
    other = min(1.0, rate + effect)
    mean = (rate + other) / 2
    spread = _Z_ALPHA * math.sqrt(2 * mean * (1 - mean)) + _Z_POWER * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return max(2, math.ceil((spread / (other - rate)) ** 2))


def detectable(n: int, base: float) -> float:
    """The smallest difference that `n` people per wording show four times out of five; 1.0 where none does."""
    low, high = 0.0, 1.0 - min(base, 1 - base)
    if sample_size(base, high) > n:
        return 1.0
    for _ in range(30):  # to a billionth
        middle = (low + high) / 2
        low, high = (low, middle) if sample_size(base, middle) <= n else (middle, high)
    return high


def _undecided(figures: str, seen: float, needed: int) -> str:
    visible = f"现在的人数只能看出 {seen * 100:.1f} 个百分点以上的差别" if seen < 1 else "现在的人数什么差别也看不出"
    wanted = f"要看出 {WORTH_KNOWING * 100:.0f} 个百分点，需要每组约 {_rounded(needed)} 人"
    return f"还看不出差别（{wanted}；{visible}）：{figures}"


def _compared(difference: float) -> str:
    if abs(difference) < 0.0005:
        return "B 和 A 几乎一样"
    return f"B 比 A {'高' if difference > 0 else '低'} {abs(difference) * 100:.1f} 个百分点"


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "0.001 以下"


def _rounded(people: int) -> int:
    """Up to two leading digits: more would pretend to know."""
    unit: int = 10 ** max(0, len(str(people)) - 2)
    return -(-people // unit) * unit


def _wilson(outcome: Outcome) -> tuple[float, float]:
    if not outcome.n:
        return 0.0, 1.0
    n, share, z2 = outcome.n, outcome.share, _Z_ALPHA**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z_ALPHA * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return min(share, middle - half), max(share, middle + half)  # rounding must not leave the share outside


def _fisher(a: Outcome, b: Outcome) -> float:
    """The chance of all tables with our sums that are no likelier than ours.

    Each table's weight follows from its neighbour's: differences of log-gammas lose too many digits for great counts.
    """
    good = a.good + b.good
    least, most = max(0, good - b.n), min(good, a.n)
    steps = (math.log((a.n - k) * (good - k)) - math.log((k + 1) * (b.n - good + k + 1)) for k in range(least, most))
    logs = list(accumulate(steps, initial=0.0))
    top, seen = max(logs), logs[a.good - least] + 1e-9  # as likely as ours counts, whatever the rounding
    weights = [math.exp(log - top) for log in logs]
    return min(1.0, math.fsum(w for w, log in zip(weights, logs, strict=True) if log <= seen) / math.fsum(weights))
