"""`python -m bench fit`: everything, in the order in which one rests on the other."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.fit.asking import (
    OF_BRANDS,
    OF_DEV,
    OF_OTHER,
    Asked,
    again,
    all_asked,
    asked_for,
    count_of,
    figures_of,
    sides_of,
)
from bench.fit.descent import Figures, listwise, logistic
from bench.fit.following import Second, seconds
from bench.fit.labelled import DEV, FOLDS, GUIDES, OTHER, OTHERS, WEIGHTS, Labelled, Learnt, fold_of, rows
from knowledge.search import evidence, ranking

FALSE_ANSWERS = 0.20  # of the unanswerable questions of JUDGED_BY; the bias is set for it
JUDGED_BY = (OF_BRANDS, OF_DEV, OF_OTHER)
READ_ON = 0.085  # of the second messages that leave the subject, read as going on; the bias is set for it
HOLD_FOLLOWING = 5.0  # pulls the weights of second messages towards 0


def main() -> None:
    WEIGHTS.mkdir(exist_ok=True)
    labelled = Labelled.read()
    learnt = labelled.learnt()
    asked = list(all_asked(labelled, learnt))
    names, sides = sides_of(asked)
    found = [(one, of) for one, of in zip(asked, sides, strict=True) if one.answerable and one.right.any()]
    counts = np.array([asked_for(one) for one, _ in found])
    order = listwise([of for _, of in found], [one.right for one, _ in found], counts)
    _write("ranking", names, order)
    asked = [again(one) for one in asked]
    names, figures = figures_of(asked)
    right = np.array([one.answerable and bool(one.right[0]) for one in asked])
    counts = np.array([count_of(one) for one in asked])
    crossed = _crossed(asked, figures, right, counts)
    weights = logistic(names, figures, right, counts)
    unanswerable = np.array([one.row.kind == "unanswerable" and one.source in JUDGED_BY for one in asked])
    weights[0] -= float(np.quantile(crossed[unanswerable], 1 - FALSE_ANSWERS))
    _write("evidence", names, weights)
    _report(asked, crossed, right)
    _following(labelled, learnt)


def _following(labelled: Labelled, learnt: Learnt) -> None:
    """Whether a second message goes on in the guide quoted; each library is judged by what the others taught."""
    found: list[Second] = []
    for fold in range(FOLDS):
        learnt.use(fold)
        for one in labelled.brands:
            found += seconds(one.folder, one.name, one.rows) if one.fold == fold else ()
    learnt.use()
    found += seconds(GUIDES, OF_DEV, rows(DEV))
    found += seconds(OTHERS, OF_OTHER, rows(OTHER))
    names = list(found[0].figures)
    figures = np.array([list(one.figures.values()) for one in found])
    right, counts = np.array([one.stays for one in found]), np.array([one.count for one in found])
    libraries = np.array([one.library for one in found])
    score = np.zeros(len(found))
    for name in dict.fromkeys(libraries):
        own = libraries == name
        score[own] = figures[own] @ logistic(names, figures[~own], right[~own], counts[~own], HOLD_FOLLOWING)
    weights = logistic(names, figures, right, counts, HOLD_FOLLOWING)
    gone = np.array([not one.stays and one.count < 1 for one in found])
    least = float(np.quantile(score[gone], 1 - READ_ON))
    weights[0] -= least
    _write("following", names, weights)
    _report_following(found, score > least)


def _report_following(found: Sequence[Second], stays: NDArray[np.bool_]) -> None:
    """How often the second messages of each style were read rightly."""
    print("\nsecond messages: style | go on | read so | leave | read as going on")
    for style in dict.fromkeys((one.style, one.count) for one in found):
        own = np.array([(one.style, one.count) == style for one in found])
        on = np.array([one.stays for one in found])
        here, gone = own & on, own & ~on
        shares = [f"{stays[which].mean():.2f}" if which.any() else "-" for which in (here, gone)]
        print(f"{style[0]} ({style[1]}) | {here.sum()} | {shares[0]} | {gone.sum()} | {shares[1]}")


def _crossed(asked: Sequence[Asked], figures: Figures, right: NDArray[np.bool_], counts: Figures) -> Figures:
    """The score of each question under weights that were learnt from the others."""
    names = list(evidence.features(asked[0].question, asked[0].ranked))
    folds, score = np.array([fold_of(one.row) for one in asked]), np.zeros(len(asked))
    for fold in range(FOLDS):
        others, own = folds != fold, folds == fold
        score[own] = figures[own] @ logistic(names, figures[others], right[others], counts[others])
    return score


def _write(name: str, names: Sequence[str], weights: Figures) -> None:
    found: Mapping[str, float] = {one: round(float(weight), 3) for one, weight in zip(names, weights, strict=True)}
    (WEIGHTS / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    ranking.fitted.cache_clear()
    print(f"{name}: {json.dumps(found)}")


def _report(asked: Sequence[Asked], score: Figures, right: NDArray[np.bool_]) -> None:
    """For each source: how often the right guide is first, and what each threshold would cost, cross-validated."""
    for source in dict.fromkeys(one.source for one in asked):
        known = np.array([one.source == source and one.answerable for one in asked])
        none = np.array([one.source == source and one.row.kind == "unanswerable" for one in asked])
        print(f"\n{source}: right guide first {right[known].mean():.3f} of {known.sum()}")
        print("false answers | refused | answered from the right guide | threshold")
        for share in (0.03, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2):
            at = float(np.quantile(score[none], 1 - share))
            refused, told = np.mean(score[known] < at), np.mean((score[known] >= at) & right[known])
            print(f"{share:13.2f} | {refused:7.2f} | {told:30.2f} | {at:6.2f}")
