"""How right the review is on the test half, which nothing was tuned on.

The floors are the targets (docs/review.md).
"""

import time

import pytest

from bench.train import posts as rows
from knowledge.classify.linear import Weights
from scheduler.review import Lexicon, review
from scheduler.review.kinds import HELP, PULL, WEIGHTS
from scheduler.review.learnt import CODES

FLOORS = {
    "posts: right kind (accuracy)": 0.93,
    "posts: violations found (recall)": 0.95,
    "posts: raised rightly (precision)": 0.90,
}


def test_the_review_is_as_right_on_the_test_half_as_the_documents_say() -> None:
    figures = {name: (good, of) for name, good, of in rows.judged(rows.test_half())}
    for name, (good, of) in figures.items():
        print(f"{name:44} {good / of:.3f}  {good}/{of}")
    assert [name for name, floor in FLOORS.items() if figures[name][0] / figures[name][1] < floor] == []


@pytest.mark.parametrize("name", [PULL, HELP, CODES])
def test_the_weights_fit_the_rows(name: str) -> None:
    assert Weights.load(WEIGHTS / f"{name}.npz").digest == rows.digest(), "run make train"


def test_a_post_takes_less_than_5_ms() -> None:
    lexicon = Lexicon.read()
    every = rows.test_half()[:200]
    review("", "", lexicon)
    began = time.process_time()
    for post in every:
        review(str(post["title"]), str(post["body"]), lexicon)
    assert (time.process_time() - began) / len(every) < 0.005
