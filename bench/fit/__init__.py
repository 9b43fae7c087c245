"""Learns what `knowledge.search` decides by, and writes it to `knowledge/search/weights/`: `python -m bench fit`.

- `meaning.npz`: see `bench.fit_meaning`;
- `ranking.json`: the order of passages; `evidence.json`: whether the best one answers;
- `following.json`: whether a second message goes on about what was quoted, see `bench.fit_following`.

Learns from the labelled questions in bench/labelled/, over the sample guides and over small libraries of other brands,
and, ranking and evidence only, from tests/evaluation/dev.jsonl and the second library beside it; never from test.jsonl,
fresh.jsonl or unseen/. Vectors and second messages of a small library are judged by what the others taught; order and
gate by folds of guides, so a little kindly. A question that the library answers is also one that it does not answer,
asked without the guides that do.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.fit_following import Second, seconds
from bench.fit_meaning import learn, pairs
from knowledge import evaluation
from knowledge.evaluation import Row
from knowledge.guides import read_folder
from knowledge.indexing.index import build
from knowledge.indexing.passages import split
from knowledge.language.wordings import wordings
from knowledge.library import Library
from knowledge.search import evidence, meaning, ranking
from knowledge.search.matching import Prepared
from knowledge.search.ranking import Ranked

ROOT = Path(__file__).parent.parent
WEIGHTS = ROOT / "knowledge/search/weights"
GUIDES, OTHERS = ROOT / "guides", ROOT / "tests/evaluation/other/guides"
LABELLED = tuple(ROOT / f"bench/labelled/questions_{name}.jsonl" for name in ("style", "care"))
# In words far from the guides' where a guide answers, near them where none does: they teach finding, but would teach
# the gate that words in common are a bad sign.
FAR = tuple(ROOT / f"bench/labelled/questions_far_{name}.jsonl" for name in ("style", "care"))
FAR_RULES = ROOT / "bench/labelled/questions_far_rules.jsonl"  # each house has its own: they teach the order alone
LIBRARIES = tuple(sorted((ROOT / "bench/labelled/libraries").iterdir()))  # each with guides/ and questions.jsonl
DEV, OTHER = ROOT / "tests/evaluation/dev.jsonl", ROOT / "tests/evaluation/other.jsonl"
FOLDS = 3  # vectors are judged on questions that they were not learnt from
UNANSWERABLE = 2.0  # what a question without an answer counts: a false answer costs trust
AS_ASKED = 3.0  # how much more a question of DEV and OTHER counts than one written to learn from
ASKED_WITHOUT = 0.3  # what one counts that is asked without its guides: another may answer a part of it
HELD = {"age_gap": -1.0, "conflicts": -0.5}  # at least; set by judgement, few questions tell
LABEL, LABEL_FAR, OF_BRANDS, OF_DEV, OF_OTHER = "labelled", "labelled, far", "brands", "dev", "other"
FALSE_ANSWERS = 0.20  # of the unanswerable questions of JUDGED_BY; the bias is set for it
JUDGED_BY = (OF_BRANDS, OF_DEV, OF_OTHER)
READ_ON = 0.085  # of the second messages that leave the subject, read as going on; the bias is set for it
STEPS, RATE = 1500, 0.05  # of the descent
HOLD_RANKING, HOLD_EVIDENCE, HOLD_FOLLOWING = 0.002, 20.0, 5.0  # pull weights towards 0

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """One question with what was found for it; `without` is True where the guides that answer it were hidden."""

    row: Row
    source: str
    without: bool
    question: Any
    ranked: Sequence[Ranked]

    @property
    def answerable(self) -> bool:
        return self.row.kind == "answerable" and not self.without

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.array([one.passage.guide in self.row.guides for one in self.ranked])


def main() -> None:
    WEIGHTS.mkdir(exist_ok=True)
    labelled = Labelled.read()
    learnt = labelled.learnt()
    asked = list(_all_asked(labelled, learnt))
    names, sides = _sides(asked)
    found = [(one, of) for one, of in zip(asked, sides, strict=True) if one.answerable and one.right.any()]
    counts = np.array([_asked_for(one) for one, _ in found])
    order = _listwise([of for _, of in found], [one.right for one, _ in found], counts)
    _write("ranking", names, order)
    asked = [_again(one) for one in asked]
    names, figures = _figures(asked)
    right = np.array([one.answerable and bool(one.right[0]) for one in asked])
    counts = np.array([_count(one) for one in asked])
    crossed = _crossed(asked, figures, right, counts)
    weights = _logistic(names, figures, right, counts)
    unanswerable = np.array([one.row.kind == "unanswerable" and one.source in JUDGED_BY for one in asked])
    weights[0] -= float(np.quantile(crossed[unanswerable], 1 - FALSE_ANSWERS))
    _write("evidence", names, weights)
    _report(asked, crossed, right)
    _following(labelled, learnt)


def rows(path: Path) -> list[Row]:
    return [evaluation.row(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


@dataclass(frozen=True)
class Brand:
    """The guides of a library in `folder`, and labelled questions over them."""

    folder: Path
    guides: Sequence[Prepared]
    rows: Sequence[Row]

    @classmethod
    def read(cls, folder: Path, labelled: Sequence[Row]) -> "Brand":
        table = wordings()
        guides = [Prepared(passage, table) for guide in read_folder(folder)[0] for passage in split(guide)]
        return cls(folder, guides, labelled)

    @property
    def name(self) -> str:
        return self.folder.parent.name

    @property
    def fold(self) -> int:
        """A small library is learnt from as a whole, or judged."""
        return zlib.crc32(self.name.encode()) % FOLDS


@dataclass(frozen=True)
class Learnt:
    """Meanings learnt without each fold, and from everything; what was used last stays."""

    without: Sequence[bytes]
    whole: bytes

    def use(self, fold: int | None = None) -> None:
        (WEIGHTS / "meaning.npz").write_bytes(self.whole if fold is None else self.without[fold])
        meaning.meaning.cache_clear()
        meaning.of_question.cache_clear()


@dataclass(frozen=True)
class Labelled:
    """All that is learnt from: questions near the words of the sample guides, far from them, of house rules, and the
    small libraries."""

    sample: Brand
    close: Sequence[Row]
    far: Sequence[Row]
    rules: Sequence[Row]
    brands: Sequence[Brand]

    @classmethod
    def read(cls) -> "Labelled":
        close, far = ([row for path in paths for row in rows(path)] for paths in (LABELLED, FAR))
        brands = [Brand.read(each / "guides", [*_rows_of(each)]) for each in LIBRARIES]
        return cls(Brand.read(GUIDES, [*close, *far]), close, far, rows(FAR_RULES), brands)

    def learnt(self) -> Learnt:
        without = [self._learn(fold) for fold in range(FOLDS)]
        return Learnt(without, self._learn())

    def _learn(self, fold: int | None = None) -> bytes:
        others = [row for row in self.sample.rows if _fold(row) != fold]
        libraries = [replace(self.sample, rows=others), *(one for one in self.brands if one.fold != fold)]
        vocabulary, vectors = learn(pairs((one.guides, one.rows) for one in libraries))
        return meaning.packed(vocabulary, vectors)


def _rows_of(library: Path) -> Iterator[Row]:
    for name in ("questions", "talks"):
        path = library / f"{name}.jsonl"
        yield from rows(path) if path.exists() else ()


def _all_asked(labelled: Labelled, learnt: Learnt) -> Iterator[Asked]:
    """Every question, its meaning learnt from the other ones."""
    for fold in range(FOLDS):
        learnt.use(fold)
        yield from _asked(GUIDES, LABEL, [row for row in labelled.close if _fold(row) == fold])
        yield from _asked(GUIDES, LABEL_FAR, [row for row in [*labelled.far, *labelled.rules] if _fold(row) == fold])
        for one in labelled.brands:
            if one.fold == fold:
                yield from _asked(one.folder, OF_BRANDS, one.rows)
    learnt.use()
    yield from _asked(GUIDES, OF_DEV, rows(DEV))
    yield from _asked(OTHERS, OF_OTHER, rows(OTHER))


def _fold(row: Row) -> int:
    """Questions about one guide stay together."""
    return zlib.crc32((row.guides[0] if row.guides else row.id).encode()) % FOLDS


def _asked(guides: Path, source: str, questions: Sequence[Row]) -> Iterator[Asked]:
    with TemporaryDirectory() as folder:
        build(guides, Path(folder) / "index", Path(folder) / "vectors")
        library = Library.open(Path(folder) / "index", Path(folder) / "vectors")
        for row in questions:
            if row.kind == "urgent" or row.history:
                continue
            for hidden in ((), row.guides) if row.guides and source != LABEL_FAR else ((),):
                question, ranked = library.examined(row.question, hidden)
                if ranked:
                    _ = [one.prepared.meanings for one in ranked]
                    yield Asked(row, source, bool(hidden), question, ranked)
        library.close()


def _again(one: Asked) -> Asked:
    """The same in the order of the weights just learnt."""
    ranked = [Ranked.of(each.number, each.prepared, each.match, each.sides, each.around) for each in one.ranked]
    ranked.sort(key=lambda each: (-each.worth, each.number))
    return Asked(one.row, one.source, one.without, one.question, ranked)


def _sides(asked: Sequence[Asked]) -> tuple[list[str], list[Figures]]:
    found = [[ranking.figures(each.match, each.sides, each.around) for each in one.ranked] for one in asked]
    return list(found[0][0]), [np.array([list(each.values()) for each in one]) for one in found]


def _figures(asked: Sequence[Asked]) -> tuple[list[str], Figures]:
    found = [evidence.features(one.question, one.ranked) for one in asked]
    return list(found[0]), np.array([list(one.values()) for one in found])


def _count(one: Asked) -> float:
    """What a question counts for the gate."""
    if one.source == LABEL_FAR:
        return 0.0
    return _asked_for(one) * (1.0 if one.answerable else ASKED_WITHOUT if one.without else UNANSWERABLE)


def _asked_for(one: Asked) -> float:
    return AS_ASKED if one.source in (OF_DEV, OF_OTHER) else 1.0


def _listwise(sides: Sequence[Figures], right: Sequence[NDArray[np.bool_]], counts: Figures) -> Figures:
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


def _logistic(
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
        score[own] = figures[own] @ _logistic(names, figures[~own], right[~own], counts[~own], HOLD_FOLLOWING)
    weights = _logistic(names, figures, right, counts, HOLD_FOLLOWING)
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
    folds, score = np.array([_fold(one.row) for one in asked]), np.zeros(len(asked))
    for fold in range(FOLDS):
        others, own = folds != fold, folds == fold
        score[own] = figures[own] @ _logistic(names, figures[others], right[others], counts[others])
    return score


def _descend(slope: Any, size: int, steps: int) -> Figures:
    """Adam, as in Kingma and Ba 2015."""
    weights, mean, square = np.zeros(size), np.zeros(size), np.zeros(size)
    for step in range(1, steps + 1):
        found = slope(weights)
        mean, square = 0.9 * mean + 0.1 * found, 0.99 * square + 0.01 * found * found
        weights = weights - RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights


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
