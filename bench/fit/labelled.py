"""What is learnt from: labelled questions over the sample guides and over small libraries of other brands."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.fit.meaning import learn, pairs
from knowledge import evaluation
from knowledge.evaluation import Row
from knowledge.guides import read_folder
from knowledge.indexing.passages import split
from knowledge.language.wordings import wordings
from knowledge.search import meaning
from knowledge.search.matching import Prepared

ROOT = Path(__file__).parent.parent.parent
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
        others = [row for row in self.sample.rows if fold_of(row) != fold]
        libraries = [replace(self.sample, rows=others), *(one for one in self.brands if one.fold != fold)]
        vocabulary, vectors = learn(pairs((one.guides, one.rows) for one in libraries))
        return meaning.packed(vocabulary, vectors)


def _rows_of(library: Path) -> Iterator[Row]:
    for name in ("questions", "talks"):
        path = library / f"{name}.jsonl"
        yield from rows(path) if path.exists() else ()


def fold_of(row: Row) -> int:
    """Questions about one guide stay together."""
    return zlib.crc32((row.guides[0] if row.guides else row.id).encode()) % FOLDS
