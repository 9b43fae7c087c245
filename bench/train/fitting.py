"""Rows → weights: TF-IDF over the features, one logistic regression per label, rounded to whole steps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bench.train.data import Row, Task
from knowledge.classify.features import HINT, features
from knowledge.classify.linear import Classifier, Weights

SEEN = 2  # rows that must hold a feature
MOST = 40_000  # features kept: those that weigh most
FOLDS = 3
BLOCKS_NOTE = f"cross-validation over {FOLDS} folds of neighbouring rows"
SEED = 20261122

Floats = NDArray[np.float64]


class Tuning(NamedTuple):
    """Chosen by cross-validation."""

    strength: float  # C of the regression
    hinted: float  # how much more a hand-written hint counts than a piece of text


TUNING = {"mood": Tuning(60.0, 1.5), "intent": Tuning(20.0, 1.5), "danger": Tuning(20.0, 1.5)}


def taken_apart(task: Task, rows: Sequence[Row]) -> list[list[str]]:
    """The features of each row."""
    return [list(features(row.text, row.history, task.spell)) for row in rows]


def fit(task: Task, rows: Sequence[Row], parts: Sequence[Sequence[str]], digest: str, tuning: Tuning) -> Weights:
    """Weights for all labels of `task`; `parts` are the features of `rows`."""
    counts = Counter(chain.from_iterable(parts))
    vocabulary = sorted(feature for feature, count in counts.items() if count >= SEEN)
    weights = _fitted(task, rows, parts, vocabulary, counts, digest, tuning)
    if len(vocabulary) <= MOST:
        return weights
    pulls = np.abs(weights.steps * weights.scale).max(axis=1) * weights.rarity.astype(np.float32)
    kept = np.sort(np.argsort(-pulls, kind="stable")[:MOST])
    return _fitted(task, rows, parts, [vocabulary[place] for place in kept], counts, digest, tuning)


def _fitted(
    task: Task,
    rows: Sequence[Row],
    parts: Sequence[Sequence[str]],
    vocabulary: Sequence[str],
    counts: Counter[str],
    digest: str,
    tuning: Tuning,
) -> Weights:
    every = [_rarity(feature, len(rows) / counts[feature], tuning.hinted) for feature in vocabulary]
    rarity = np.array(every).astype(np.float16)
    matrix = _matrix(parts, vocabulary, rarity)
    columns, biases = [], []
    for group, labels in task.labels.items():
        about = [place for place, row in enumerate(rows) if group in row.right]
        for label in labels:
            right = np.array([rows[place].right[group] == label for place in about])
            model = LogisticRegression(C=tuning.strength, solver="liblinear", random_state=SEED).fit(
                matrix[about], right
            )
            columns.append(model.coef_[0])
            biases.append(model.intercept_[0])
    exact = np.stack(columns, axis=1)
    scale = np.abs(exact).max(axis=0) / 127
    return Weights(
        labels=tuple(chain.from_iterable(task.labels.values())),
        groups=tuple(group for group, labels in task.labels.items() for _ in labels),
        vocabulary=tuple(vocabulary),
        rarity=rarity,
        steps=np.round(exact / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        bias=np.array(biases, np.float32),
        digest=digest,
    )


def _rarity(feature: str, rows_per_one: float, hinted: float) -> float:
    return float(np.log(rows_per_one) + 1) * (hinted if feature.startswith(HINT) else 1)


def _matrix(
    parts: Sequence[Sequence[str]], vocabulary: Sequence[str], rarity: NDArray[np.float16]
) -> sparse.csr_matrix:
    places = {feature: place for place, feature in enumerate(vocabulary)}
    found = [[places[feature] for feature in part if feature in places] for part in parts]
    row_of = np.repeat(np.arange(len(parts)), [len(one) for one in found])
    columns = np.array(list(chain.from_iterable(found)), np.intp)
    matrix = sparse.csr_matrix((rarity[columns].astype(float), (row_of, columns)), (len(parts), len(vocabulary)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1 / np.maximum(lengths, 1e-9)) @ matrix)


def trained(task: Task, rows: Sequence[Row], parts: Sequence[Sequence[str]], digest: str = "") -> Weights:
    """Weights from these rows and from what is learnt beside them."""
    beside = task.beside()
    return fit(task, [*rows, *beside], [*parts, *taken_apart(task, beside)], digest, TUNING[task.name])


def crossed(task: Task, rows: Sequence[Row], parts: Sequence[Sequence[str]]) -> list[dict[str, float]]:
    """The chances of each row as judged by weights that saw none of the rows around it; of the first group alone."""
    task = replace(task, labels=dict([next(iter(task.labels.items()))]))
    fold = np.arange(len(rows)) // task.block % FOLDS
    chances: list[dict[str, float]] = [{} for _ in rows]
    for number in range(FOLDS):
        seen = np.flatnonzero(fold != number)
        judge = Classifier(trained(task, [rows[at] for at in seen], [parts[at] for at in seen]), task.spell).judge
        for at in np.flatnonzero(fold == number):
            chances[at] = dict(judge(rows[at].text, rows[at].history).chances)
    return chances
