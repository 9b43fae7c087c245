"""How weights are learnt: the order of passages by a softmax, a yes or no by logistic regression."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

HELD = {"age_gap": -1.0, "conflicts": -0.5}  # at least; set by judgement, few questions tell
STEPS, RATE = 1500, 0.05  # of the descent
HOLD_RANKING, HOLD_EVIDENCE = 0.002, 20.0  # pull weights towards 0

Figures = NDArray[np.float64]


def listwise(sides: Sequence[Figures], right: Sequence[NDArray[np.bool_]], counts: Figures) -> Figures:
    """Weights under which the passages of the right guide come first (a softmax over what was found)."""
    longest = max(map(len, sides))
    found = np.zeros((len(sides), longest, sides[0].shape[1]))
    there, wanted = np.full((len(sides), longest), -1e9), np.zeros((len(sides), longest))
    for at, (of, good) in enumerate(zip(sides, right, strict=True)):
        found[at, : len(of)], there[at, : len(of)], wanted[at, : len(of)] = of, 0.0, good

    def slope(weights: Figures) -> Figures:
        score = found @ weights + there
        share = np.exp(score - score.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        good = share * wanted
        good /= good.sum(axis=1, keepdims=True)
        missed = (share - good) * counts[:, None]
        return np.asarray(np.einsum("ij,ijk->k", missed, found) / counts.sum() + HOLD_RANKING * weights)

    return _descend(slope, found.shape[2], STEPS // 5)


def logistic(
    names: Sequence[str],
    figures: Figures,
    right: NDArray[np.bool_],
    counts: Figures,
    hold: float = HOLD_EVIDENCE,
) -> Figures:
    """Weights under which the probability of an answer is greatest where there is one."""
    middle, spread = figures.mean(axis=0), figures.std(axis=0) + 1e-9
    middle[0], spread[0] = 0.0, 1.0  # the bias
    scaled = (figures - middle) / spread

    def slope(weights: Figures) -> Figures:
        sure = 1 / (1 + np.exp(-scaled @ weights))
        held = np.r_[0.0, weights[1:]]
        return np.asarray((scaled.T @ ((sure - right) * counts) + hold * held) / len(figures))

    weights = _descend(slope, figures.shape[1], STEPS) / spread
    for name, most in HELD.items():
        if name in names:
            weights[names.index(name)] = min(most, weights[names.index(name)])
    weights[0] -= float(weights[1:] @ middle[1:])
    return weights


def _descend(slope: Callable[[Figures], Figures], size: int, steps: int) -> Figures:
    """Adam, as in Kingma and Ba 2015."""
    weights: Figures = np.zeros(size)
    mean, square = np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        found = slope(weights)
        mean, square = 0.9 * mean + 0.1 * found, 0.99 * square + 0.01 * found * found
        weights = weights - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights
