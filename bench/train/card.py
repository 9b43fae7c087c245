"""`python -m bench train`: weights for all classifiers, their figures, and the model card docs/classifiers.md."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence

from bench.train import posts
from bench.train.data import ROOT, TASKS, Row, Task, digest
from bench.train.fitting import BLOCKS_NOTE, crossed, taken_apart, trained
from bench.train.judging import FIGURES, Line
from knowledge.classify.linear import classifier

WEIGHTS = ROOT / "knowledge" / "classify" / "weights"
CARD = ROOT / "docs" / "classifiers.md"
TEXT = ROOT / "bench" / "train" / "card.md"  # what no figure changes


def train() -> None:
    """Trains, writes the weights, judges them on the test halves and writes the card."""
    began = time.monotonic()
    crossings: list[Line] = []
    for task in TASKS:
        rows = task.rows(task.training)
        parts = taken_apart(task, rows)
        crossings += _crossed(task, rows, crossed(task, rows, parts))
        trained(task, rows, parts, digest(task)).save(WEIGHTS / f"{task.name}.npz")
    crossings += posts.train()
    classifier.cache_clear()
    tests = [line for task in TASKS for line in FIGURES[task.name](task.unseen())]
    tests += posts.judged(posts.test_half())
    print("\n".join((*_shown("cross-validation", crossings), *_shown("test halves", tests))))
    text = TEXT.read_text(encoding="utf-8")
    for mark, table in (("DATA", _data()), ("CROSSED", _table(crossings)), ("TESTS", _table(tests))):
        text = text.replace(f"<!-- {mark} -->", "\n".join(table))
    CARD.write_text(text, encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s; {BLOCKS_NOTE}")


def _crossed(task: Task, rows: Sequence[Row], chances: Sequence[dict[str, float]]) -> Iterable[Line]:
    """The classifier alone, at the middle: no rules, no patterns."""
    group, labels = next(iter(task.labels.items()))
    right = [row.right[group] for row in rows]
    if len(labels) > 1:
        best = [max(labels, key=lambda label, one=one: one[label]) for one in chances]  # type: ignore[misc]
        yield f"{task.name}: right (accuracy)", sum(a == b for a, b in zip(best, right, strict=True)), len(rows)
        return
    raised = [one[labels[0]] >= 0.5 for one in chances]
    due = [bool(one) for one in right]
    both = sum(a and b for a, b in zip(raised, due, strict=True))
    yield f"{task.name}: found (recall)", both, sum(due)
    yield f"{task.name}: raised rightly (precision)", both, sum(raised)


def _data() -> Iterable[str]:
    yield "| file | rows | of them | hard negatives |"
    yield "|---|---|---|---|"
    for task in TASKS:
        for path in (task.training, task.test):
            rows = task.rows(path)
            group = next(iter(task.labels))
            counts = Counter(row.right[group] or "none" for row in rows)
            told = ", ".join(f"{label} {count}" for label, count in counts.most_common())
            hard = sum(row.kind == "hard_negative" for row in rows) / len(rows) if task.name == "mood" else None
            share = f"{100 * hard:.0f} %" if hard is not None else "–"
            yield f"| {path.relative_to(ROOT)} | {len(rows):,} | {told} | {share} |"


def _table(lines: Iterable[Line]) -> Iterable[str]:
    yield "| figure | share | rows |"
    yield "|---|---|---|"
    yield from (f"| {name} | {100 * good / max(1, of):.1f} % | {good}/{of} |" for name, good, of in lines)


def _shown(title: str, lines: Iterable[Line]) -> Iterable[str]:
    yield f"\n{title}"
    yield from (f"{name:56} {100 * good / max(1, of):5.1f} %  {good}/{of}" for name, good, of in lines)
