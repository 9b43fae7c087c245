"""What people write after an answer, over three libraries of other brands that nothing was learnt from.

They go on about it, ask about something else, or only chat; the bot must not answer the last two from the guide that it
has just quoted. The limits stand a little beside what was measured when they were written.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from knowledge.evaluation import Mark, Row, mark, row
from knowledge.indexing.index import build
from knowledge.library import Library
from knowledge.types import Answer, Line

TODAY = date(2026, 11, 21)
UNSEEN = Path(__file__).resolve().parents[1] / "evaluation/unseen"


@dataclass
class Read:
    """How the second messages of each kind were taken."""

    marks: list[Mark] = field(default_factory=list)  # of the written talks
    after: int = 0  # questions put after the answer to another one …
    kept: int = 0  # … that were answered from the guide of that other one


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    found = Read()
    for brand in sorted(UNSEEN.iterdir()):
        root = tmp_path_factory.mktemp(brand.name)
        build(brand / "guides", root / "index", root / "chroma")
        library = Library.open(root / "index", root / "chroma")
        for one in _rows(brand / "talks.jsonl"):
            found.marks.append(mark(one, None, _answer(library, one.question, one.history)))
        _put_after_others(library, list(_rows(brand / "questions.jsonl")), found)
        library.close()
    return found


def test_what_has_nothing_to_do_with_the_guide_just_quoted_is_seldom_answered_from_it(read: Read) -> None:
    assert read.after > 280
    assert read.kept <= 0.08 * read.after, f"{read.kept} of {read.after}"


def test_most_follow_ups_are_answered(read: Read) -> None:
    assert _share(read, "followup", "answerable") >= 0.7


def test_a_new_subject_is_answered_from_its_own_guide(read: Read) -> None:
    assert _share(read, "switch", "answerable") >= 0.8


def test_a_new_subject_that_no_guide_knows_is_mostly_refused(read: Read) -> None:
    assert _share(read, "switch", "unanswerable") >= 0.66


def test_chat_after_an_answer_is_mostly_no_question(read: Read) -> None:
    assert _share(read, "chat", "unanswerable") >= 0.6


def _share(read: Read, style: str, kind: str) -> float:
    right = [one.right for one in read.marks if (one.style, one.kind) == (style, kind)]
    assert len(right) >= 15
    return sum(right) / len(right)


def _put_after_others(library: Library, rows: list[Row], found: Read) -> None:
    chance = random.Random(5)
    alone = [one for one in rows if not one.history]
    first = [(one, answer) for one in alone if one.guides and (answer := _answer(library, one.question)).citations]
    for one in alone:
        before, told = chance.choice([each for each in first if not {*each[0].guides} & {*one.guides}])
        answer = _answer(library, one.question, (Line("customer", before.question), Line("bot", told.text)))
        found.after += 1
        found.kept += bool(answer.citations) and answer.citations[0].guide == told.citations[0].guide


def _answer(library: Library, question: str, history: tuple[Line, ...] = ()) -> Answer:
    return asyncio.run(library.answer(question, history, TODAY))


def _rows(path: Path) -> Iterator[Row]:
    yield from (row(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
