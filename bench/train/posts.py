"""Trains the classifiers of scheduler/review on bench/labelled/posts*.jsonl, and measures the whole review."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.train.data import LABELLED, ROOT, TESTS, Row, Task
from bench.train.fitting import Tuning, fit
from bench.train.judging import Line
from knowledge.classify.linear import Weights
from scheduler.review import Code, Lexicon, PostKind, Review, learnt, review
from scheduler.review.kinds import HELP, PULL, WEIGHTS, features, kind_by
from scheduler.review.learnt import CODES
from scheduler.review.linear import Judge
from scheduler.review.spelling import spelt

TRAINING = tuple(LABELLED / f"posts{writer}.jsonl" for writer in ("", "_2", "_3", "_4", "_5", "_6", "_7", "_8"))
TEST = (TESTS / "posts_test.jsonl", TESTS / "posts_fresh.jsonl")  # by two hands that wrote nothing to learn from
TUNING = {PULL: Tuning(80.0, 1.0), HELP: Tuning(80.0, 1.0), CODES: Tuning(100.0, 0.85)}
BESIDE, LONGEST = 200, 200  # sections of the sample guides that are learnt from as help alone; their characters

Post = Mapping[str, object]
Parts = dict[str, list[list[str]]]  # classifier → features of each post


def posts(path: Path) -> list[Post]:
    """The rows of a file: {id, title, body, kind, violations, note}."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def test_half() -> list[Post]:
    """Every post of the test half."""
    return [post for path in TEST for post in posts(path)]


def digest() -> str:
    """Names the rows that the weights were learnt from."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in TRAINING)).hexdigest()


def train() -> Iterator[Line]:
    """Writes the weights; tells how right they are on each writer when they learnt from the others."""
    lexicon = Lexicon.read()
    every, guides = [post for path in TRAINING for post in posts(path)], _guides()
    parts, beside = _taken_apart(every, lexicon), _taken_apart(guides, lexicon)
    yield "posts: right kind (accuracy)", _crossed(every, guides, parts, beside), len(every)
    yield from _codes_crossed(every, guides, parts[CODES], beside[CODES])
    for name in (PULL, HELP, CODES):
        found = [*parts[name], *beside[name]]
        _fitted(name, [*every, *guides], found, digest()).save(WEIGHTS / f"{name}.npz")


def judged(every: Sequence[Post]) -> Iterator[Line]:
    """Kinds and violations (each code of a post once) as the program uses the review."""
    lexicon = Lexicon.read()
    made = [review(str(post["title"]), str(post["body"]), lexicon) for post in every]
    yield "posts: right kind (accuracy)", sum(a.kind == b["kind"] for a, b in zip(made, every, strict=True)), len(made)
    due = [set(post["violations"]) for post in every]  # type: ignore[call-overload]
    told = [_codes(one) for one in made]
    both = sum(len(a & b) for a, b in zip(due, told, strict=True))
    yield "posts: violations found (recall)", both, sum(map(len, due))
    yield "posts: raised rightly (precision)", both, sum(map(len, told))
    alike = [codes for codes, post in zip(told, every, strict=True) if post["note"] and not post["violations"]]
    yield "posts: lawful look-alikes passed", sum(not codes for codes in alike), len(alike)


def _codes(made: Review) -> set[str]:
    return {str(one.code) for one in made.violations}


def _taken_apart(every: Sequence[Post], lexicon: Lexicon) -> Parts:
    texts = [spelt(f"{post['title']}\n{post['body']}", lexicon.disguises).text for post in every]
    parts = {name: [sorted(features(name, text, lexicon.signals)) for text in texts] for name in (PULL, HELP)}
    codes = [sorted(learnt.features(text, lexicon.hints, lexicon.signals)) for text in texts]
    return {**parts, CODES: codes}


def _fitted(name: str, every: Sequence[Post], parts: Sequence[list[str]], named: str = "") -> Weights:
    """One classifier. Help is learnt among the posts that sell: there the question is promo or mixed."""
    if name == CODES:
        broken = [Row("", {code: code if code in post["violations"] else "" for code in Code}) for post in every]  # type: ignore[operator]
        return fit(
            Task(name, {code: (code,) for code in Code}, lambda _: Row("", {})), broken, parts, named, TUNING[name]
        )
    about = [at for at, post in enumerate(every) if name == PULL or post["kind"] != PostKind.VALUE]
    due = (PostKind.MIXED, PostKind.PROMO) if name == PULL else (PostKind.MIXED,)
    rows = [Row("", {name: name if every[at]["kind"] in due else ""}) for at in about]
    task = Task(name, {name: (name,)}, lambda _: Row("", {}))
    return fit(task, rows, [parts[at] for at in about], named, TUNING[name])


def _crossed(every: Sequence[Post], guides: Sequence[Post], parts: Parts, beside: Parts) -> int:
    """How many kinds are right as judged by weights that saw nothing of the writer."""
    fold = _folds()
    right = 0
    for number in range(len(TRAINING)):
        seen = list(map(int, np.flatnonzero(fold != number)))
        learnt = [*(every[at] for at in seen), *guides]
        judges = {
            name: Judge.of(_fitted(name, learnt, [*(parts[name][at] for at in seen), *beside[name]]))
            for name in (PULL, HELP)
        }
        for at in map(int, np.flatnonzero(fold == number)):
            right += _kind(judges, parts, at) == every[at]["kind"]
    return right


def _codes_crossed(
    every: Sequence[Post], guides: Sequence[Post], parts: Sequence[list[str]], beside: Sequence[list[str]]
) -> Iterator[Line]:
    """The classifier of the codes alone, without the patterns, from the score on at which it finds a violation."""
    fold = _folds()
    due = told = both = 0
    for number in range(len(TRAINING)):
        seen = list(map(int, np.flatnonzero(fold != number)))
        judge = Judge.of(_fitted(CODES, [*(every[at] for at in seen), *guides], [*(parts[at] for at in seen), *beside]))
        for at in map(int, np.flatnonzero(fold == number)):
            right = set(every[at]["violations"])  # type: ignore[call-overload]
            scores = zip(judge.weights.labels, judge.scores(parts[at]), strict=True)
            raised = {code for code, score in scores if score >= learnt.ADDS}
            due, told, both = due + len(right), told + len(raised), both + len(right & raised)
    yield "posts: violations found by the classifier alone", both, due
    yield "posts: raised rightly by the classifier alone", both, told


def _folds() -> NDArray[np.intp]:
    """The fold of each row: one for each file, for each has a writer of its own."""
    return np.repeat(np.arange(len(TRAINING)), [len(posts(path)) for path in TRAINING])


def _kind(judges: Mapping[str, Judge], parts: Parts, at: int) -> PostKind:
    return kind_by(lambda name: judges[name].chance(parts[name][at]))


def _guides() -> list[Post]:
    """Sections of the sample guides, evenly taken: help without any pull."""
    found: list[Post] = []
    for path in sorted((ROOT / "guides").rglob("*.md")):
        text = path.read_text(encoding="utf-8").split("---", 2)[-1]
        for section in re.split(r"^#+ +", text, flags=re.MULTILINE):
            title, _, body = section.strip().partition("\n")
            if len(body) > 40:
                found.append(
                    {"title": title, "body": body.strip()[:LONGEST], "kind": str(PostKind.VALUE), "violations": []}
                )
    return found[:: max(1, len(found) // BESIDE)]
