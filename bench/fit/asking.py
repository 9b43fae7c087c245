"""The questions as the search sees them: what is found for each, and the figures that speak for it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.fit.descent import Figures
from bench.fit.labelled import DEV, FOLDS, GUIDES, OTHER, OTHERS, Labelled, Learnt, fold_of, rows
from knowledge.evaluation import Row
from knowledge.indexing.index import build
from knowledge.library import Library
from knowledge.search import evidence, ranking
from knowledge.search.ranking import Ranked

UNANSWERABLE = 2.0  # what a question without an answer counts: a false answer costs trust
AS_ASKED = 3.0  # how much more a question of DEV and OTHER counts than one written to learn from
ASKED_WITHOUT = 0.3  # what one counts that is asked without its guides: another may answer a part of it
LABEL, LABEL_FAR, OF_BRANDS, OF_DEV, OF_OTHER = "labelled", "labelled, far", "brands", "dev", "other"


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


def all_asked(labelled: Labelled, learnt: Learnt) -> Iterator[Asked]:
    """Every question, its meaning learnt from the other ones."""
    for fold in range(FOLDS):
        learnt.use(fold)
        yield from _asked(GUIDES, LABEL, [row for row in labelled.close if fold_of(row) == fold])
        yield from _asked(GUIDES, LABEL_FAR, [row for row in [*labelled.far, *labelled.rules] if fold_of(row) == fold])
        for one in labelled.brands:
            if one.fold == fold:
                yield from _asked(one.folder, OF_BRANDS, one.rows)
    learnt.use()
    yield from _asked(GUIDES, OF_DEV, rows(DEV))
    yield from _asked(OTHERS, OF_OTHER, rows(OTHER))


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


def again(one: Asked) -> Asked:
    """The same in the order of the weights just learnt."""
    ranked = [Ranked.of(each.number, each.prepared, each.match, each.sides, each.around) for each in one.ranked]
    ranked.sort(key=lambda each: (-each.worth, each.number))
    return Asked(one.row, one.source, one.without, one.question, ranked)


def sides_of(asked: Sequence[Asked]) -> tuple[list[str], list[Figures]]:
    found = [[ranking.figures(each.match, each.sides, each.around) for each in one.ranked] for one in asked]
    return list(found[0][0]), [np.array([list(each.values()) for each in one]) for one in found]


def figures_of(asked: Sequence[Asked]) -> tuple[list[str], Figures]:
    found = [evidence.features(one.question, one.ranked) for one in asked]
    return list(found[0]), np.array([list(one.values()) for one in found])


def count_of(one: Asked) -> float:
    """What a question counts for the gate."""
    if one.source == LABEL_FAR:
        return 0.0
    return asked_for(one) * (1.0 if one.answerable else ASKED_WITHOUT if one.without else UNANSWERABLE)


def asked_for(one: Asked) -> float:
    return AS_ASKED if one.source in (OF_DEV, OF_OTHER) else 1.0
