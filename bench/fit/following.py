"""Learns `knowledge.search.following` for `python -m bench fit`: whether a second message goes on in the guide quoted.

Talks are written (talks.jsonl and the follow-ups among the questions of a library) or put together: a question, its
answer, and a question that has nothing to do with it, or that the same guide answers.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from knowledge.evaluation import Row
from knowledge.indexing.index import build
from knowledge.library import Library
from knowledge.types import Line

ANY_DAY = date(2026, 1, 1)
AFTER_OTHERS, AFTER_ITS_OWN = 3, 2  # answers after which each question is put
PUT_TOGETHER = 0.3  # what such a talk counts, beside a written one
SEED = 11


@dataclass(frozen=True)
class Second:
    """A second message: its figures, whether the guide just quoted answers it, what it counts, and how it was meant."""

    figures: dict[str, float]
    stays: bool
    count: float
    style: str
    library: str


def seconds(guides: Path, name: str, rows: Sequence[Row]) -> Iterator[Second]:
    """All second messages over a library."""
    with TemporaryDirectory() as folder:
        build(guides, Path(folder) / "index", Path(folder) / "vectors")
        library = Library.open(Path(folder) / "index", Path(folder) / "vectors")
        for row, history, count in [*_written(rows), *_put_together(library, rows)]:
            found = library.followed(row.question, history, ANY_DAY)
            if found is not None:
                guide, figures = found
                yield Second(figures, row.kind == "answerable" and guide in row.guides, count, row.style, name)
        library.close()


def _written(rows: Sequence[Row]) -> Iterator[tuple[Row, Sequence[Line], float]]:
    for row in rows:
        if row.history and row.kind != "urgent":
            yield row, row.history, 1.0


def _put_together(library: Library, rows: Sequence[Row]) -> Iterator[tuple[Row, Sequence[Line], float]]:
    chance = random.Random(SEED)
    alone = [row for row in rows if not row.history and row.kind != "urgent"]
    first = [
        (row, answer) for row in alone if row.guides and not (answer := library.quoted(row.question, ANY_DAY)).refused
    ]
    for row in alone:
        others = [one for one in first if not {*one[0].guides} & {*row.guides}]
        own = [one for one in first if one[0] is not row and {*one[0].guides} & {*row.guides}]
        chosen = chance.sample(others, min(AFTER_OTHERS, len(others))) + chance.sample(
            own, min(AFTER_ITS_OWN, len(own))
        )
        for before, answer in chosen:
            yield row, (Line("customer", before.question), Line("bot", answer.text)), PUT_TOGETHER
