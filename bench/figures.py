"""What a bench returns, and the table it is printed as."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. `target` is the most it may be (the least, with `at_least`); None only informs."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def missed(self) -> bool:
        if self.target is None:
            return False
        return not (self.value >= self.target if self.at_least else self.value < self.target)

    @property
    def row(self) -> tuple[str, str, str, str]:
        wanted = "" if self.target is None else f"{'≥' if self.at_least else '<'} {_shown(self.target)}"
        verdict = "" if self.target is None else "MISSED" if self.missed else "ok"
        return self.name, f"{_shown(self.value)} {self.unit}".strip(), wanted, verdict


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; infinite when there are none."""
    if not values:
        return math.inf
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def table(figures: Iterable[Figure]) -> str:
    rows = [("figure", "value", "target", ""), *(figure.row for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
