"""Which of many texts share how much, without comparing each with each: an inverted index over hashed n-grams."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Grams = NDArray[np.uint64]
_MIX = np.uint64(0x9E3779B97F4A7C15)


def grams(text: str, size: int) -> Grams:
    """The different runs of `size` characters, hashed and sorted."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    count = len(points) - size + 1
    if count < 1:
        return np.empty(0, np.uint64)
    found = np.zeros(count, np.uint64)
    for at in range(size):  # wraps around on purpose
        found = (found ^ points[at : at + count]) * _MIX
        found ^= found >> np.uint64(29)
    return np.unique(found)


def sample(found: Grams, one_in: int) -> Grams:
    """The same share of every text, and the same grams of texts that share them."""
    kept: Grams = found[found % np.uint64(one_in) == 0]
    return kept


def sharing(texts: Sequence[Grams], common: int) -> list[tuple[int, int, int]]:
    """Pairs (i, j, shared grams), i < j. A gram in more than `common` texts tells nothing about two of them."""
    if not texts:
        return []
    owners = np.repeat(np.arange(len(texts), dtype=np.int64), [len(one) for one in texts])
    everything = np.concatenate(texts)
    order = np.argsort(everything, kind="stable")
    owners = owners[order]
    ordered = everything[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]
    starts = np.flatnonzero(first)
    sizes = np.diff(np.append(starts, len(owners)))
    pairs = [np.empty(0, np.int64)]
    for size in range(2, common + 1):
        same = starts[sizes == size]
        for one, other in combinations(range(size), 2):
            pairs.append(owners[same + one] * len(texts) + owners[same + other])
    found, counts = np.unique(np.concatenate(pairs), return_counts=True)
    return [
        (int(pair // len(texts)), int(pair % len(texts)), int(count)) for pair, count in zip(found, counts, strict=True)
    ]
