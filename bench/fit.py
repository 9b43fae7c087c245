"""Fits the weights of `knowledge.search.evidence` and `knowledge.search.ranking`: `python -m bench fit`.

Learns from tests/evaluation/dev.jsonl and from the second library beside it, never from test.jsonl. Prints weights to
be put into the source by hand: a person looks at a weight before it decides what members are told.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.indexing.index import build
from knowledge.library import Found, Library
from knowledge.search import evidence, ranking

ROOT = Path(__file__).parent.parent
LIBRARIES = (
    (ROOT / "guides", ROOT / "tests/evaluation/dev.jsonl"),
    (ROOT / "tests/evaluation/other/guides", ROOT / "tests/evaluation/other.jsonl"),
)
TODAY = date(2026, 11, 22)
UNANSWERABLE = 2.0  # what a question without an answer counts: a false answer costs trust
STEPS, RATE, HOLD = 3000, 0.05, 1.0  # of the descent; HOLD pulls weights towards 0

Row = dict[str, Any]
Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """One question with what was found for it; `right` marks the passages of a guide that answers."""

    row: Row
    found: Found
    figures: Figures  # of the best passage, by the names of evidence.WEIGHTS
    sides: Figures  # one row for each passage: how it was found, and its match
    right: NDArray[np.bool_]


def main() -> None:
    asked = [one for guides, rows in LIBRARIES for one in _asked(guides, rows)]
    print("ranking (LEXICAL, PLAIN, VECTOR, then Match):")
    names = ("LEXICAL", "PLAIN", "VECTOR", *ranking.WEIGHTS)
    _show(names, _listwise([one for one in asked if one.right.any()]))
    answerable = np.array([one.row["kind"] == "answerable" and bool(one.right[0]) for one in asked])
    counts = np.where([one.row["kind"] == "answerable" for one in asked], 1.0, UNANSWERABLE)
    weights = _logistic(np.array([one.figures for one in asked]), answerable, counts)
    print("\nevidence:")
    _show(tuple(evidence.WEIGHTS), weights)
    _thresholds(asked, np.array([one.figures for one in asked]) @ weights, answerable)


def _asked(guides: Path, rows: Path) -> Iterator[Asked]:
    with TemporaryDirectory() as folder:
        build(guides, Path(folder) / "index", Path(folder) / "vectors")
        library = Library.open(Path(folder) / "index", Path(folder) / "vectors")
        for line in rows.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row["kind"] == "urgent" or row.get("history"):
                continue
            found, figures = library.examined(row["question"], TODAY)
            if not found.ranked:
                continue
            sides = [[one.lexical, one.plain, one.vector, *_match(one)] for one in found.ranked]
            right = np.array([one.passage.guide in row.get("guide", ()) for one in found.ranked])
            yield Asked(row, found, np.array([figures[name] for name in evidence.WEIGHTS]), np.array(sides), right)
        library.close()


def _match(one: ranking.Ranked) -> list[float]:
    return [float(getattr(one.match, name)) for name in ranking.WEIGHTS]


def _listwise(asked: Sequence[Asked]) -> Figures:
    """Weights under which the passages of the right guide come first (a softmax over what was found)."""

    def slope(weights: Figures) -> Figures:
        total = np.zeros_like(weights)
        for one in asked:
            score = one.sides @ weights
            share = np.exp(score - score.max())
            share /= share.sum()
            wanted = share * one.right
            total -= ((wanted / wanted.sum()) - share) @ one.sides
        return np.asarray(total / len(asked) + HOLD * weights / 500)

    return _descend(slope, asked[0].sides.shape[1], STEPS // 5)


def _logistic(figures: Figures, answerable: NDArray[np.bool_], counts: Figures) -> Figures:
    """Weights under which the probability of an answer is greatest where there is one."""

    def slope(weights: Figures) -> Figures:
        sure = 1 / (1 + np.exp(-figures @ weights))
        held = np.r_[0.0, weights[1:]]
        return np.asarray((figures.T @ ((sure - answerable) * counts) + HOLD * held) / len(figures))

    return _descend(slope, figures.shape[1], STEPS)


def _descend(slope: Any, size: int, steps: int) -> Figures:
    """Adam, as in Kingma and Ba 2015."""
    weights, mean, square = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        found = slope(weights)
        mean, square = 0.9 * mean + 0.1 * found, 0.99 * square + 0.01 * found * found
        weights = weights - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


def _show(names: Sequence[str], weights: Figures) -> None:
    for name, weight in zip(names, weights, strict=True):
        print(f"  {name:16} {weight:6.2f}")


def _thresholds(asked: Sequence[Asked], score: Figures, answerable: NDArray[np.bool_]) -> None:
    """What moving the bias would cost: each line is one place of the threshold."""
    known = np.array([one.row["kind"] == "answerable" for one in asked])
    print("\nfalse answers | refused | answered from the right guide | threshold")
    for share in (0.03, 0.05, 0.08, 0.1, 0.15, 0.2):
        at = float(np.quantile(score[~known], 1 - share))
        refused, right = np.mean(score[known] < at), np.mean((score >= at)[known] & answerable[known])
        print(f"{share:13.2f} | {refused:7.2f} | {right:30.2f} | {at:6.2f}")
