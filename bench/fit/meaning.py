"""Learns `knowledge.search.meaning`: vectors of terms under which what people say lies near what guides call it.

Pairs of texts that belong together come from the word tables (a colloquial phrase and its written words, a wording and
the first of its group), the sample guides (a sentence and its heading) and labelled questions (with the title, section
and sentence that answer). Vectors are moved until each text is nearer to its partner than to the others of its batch.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from knowledge.evaluation import Row
from knowledge.language.terms import canonical, grams
from knowledge.language.wordings import taught
from knowledge.questions.asking import bare
from knowledge.search.matching import Prepared

SIZE = 64  # of a vector
LEAST = 2  # texts that a term must stand in
ROUNDS, BATCH, RATE = 5, 768, 0.02
HEAT = 0.2  # how much nearer than the others the partner must be: the less, the more is learnt by heart
SEED = 7
_SCALE = 10.0

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """Two canonical texts that belong together; those of one `group` are not told apart."""

    one: str
    other: str
    group: str


def pairs(libraries: Iterable[tuple[Sequence[Prepared], Sequence[Row]]]) -> list[Pair]:
    """All that is learnt from; each library is its guides and questions over them."""
    found = [Pair(said, written, f"words {written}") for said, written in taught()]
    for number, (guides, rows) in enumerate(libraries):
        ours = [*_of_guides(guides), *_of_questions(guides, rows)]
        found += [replace(pair, group=f"library {number} {pair.group}") for pair in ours]
    return found


def _of_guides(guides: Iterable[Prepared]) -> Iterator[Pair]:
    for one in guides:
        for sentence in one.sentences:
            yield Pair(sentence, _head(one), _group(one))
        yield Pair(one.section, one.body, _group(one))


def _of_questions(guides: Iterable[Prepared], rows: Iterable[Row]) -> Iterator[Pair]:
    by_guide: defaultdict[str, list[Prepared]] = defaultdict(list)
    for one in guides:
        by_guide[one.passage.guide].append(one)
    for row in rows:
        if row.kind != "answerable" or row.history:
            continue
        asked = bare(canonical(row.question))
        musts = [canonical(text) for entry in row.must for text in entry]
        for one in by_guide[row.guides[0]]:
            if row.sections and not {*row.sections} & {one.passage.section, *one.passage.section.split(" · ")}:
                continue
            yield Pair(asked, _head(one), _group(one))
            for sentence in one.sentences:
                if any(must in sentence for must in musts):
                    yield Pair(asked, sentence, _group(one))
                    yield Pair(asked, f"{_head(one)}\n{sentence}", _group(one))


def _head(one: Prepared) -> str:
    return f"{one.title}\n{one.section}"


def _group(one: Prepared) -> str:
    return f"guide {one.passage.guide} {one.section}"


def learn(learnt_from: Sequence[Pair]) -> tuple[list[str], Floats]:
    """The terms and their vectors, telling ones longer."""
    in_texts = Counter(term for pair in learnt_from for text in (pair.one, pair.other) for term in set(grams(text)))
    vocabulary = sorted(term for term, count in in_texts.items() if count >= LEAST)
    rare = [np.log(2 * len(learnt_from) / (in_texts[term] + 1)) / _SCALE for term in vocabulary]
    at = {term: place for place, term in enumerate(vocabulary)}
    said = _matrix([pair.one for pair in learnt_from], at, rare)
    written = _matrix([pair.other for pair in learnt_from], at, rare)
    numbers: dict[str, int] = {}
    groups = np.array([numbers.setdefault(pair.group, len(numbers)) for pair in learnt_from])
    rows = _descend(said, written, groups, np.random.default_rng(SEED))
    return vocabulary, rows * np.array(rare, dtype=np.float32)[:, None]


def _matrix(texts: Sequence[str], at: Mapping[str, int], rare: Sequence[float]) -> sparse.csr_matrix:
    lines, columns, values = [], [], []
    for line, text in enumerate(texts):
        for term, count in Counter(term for term in grams(text) if term in at).items():
            lines.append(line)
            columns.append(at[term])
            values.append(rare[at[term]] * count)
    return sparse.csr_matrix((np.array(values, dtype=np.float32), (lines, columns)), shape=(len(texts), len(at)))


def _descend(
    said: sparse.csr_matrix, written: sparse.csr_matrix, groups: NDArray[np.int64], chance: np.random.Generator
) -> Floats:
    """Adam over batches, from random vectors: at first near is what shares terms."""
    rows = (chance.standard_normal((said.shape[1], SIZE)) / np.sqrt(SIZE)).astype(np.float32)
    mean, square = np.zeros_like(rows), np.zeros_like(rows)
    most = ROUNDS * (len(groups) / BATCH + 1)
    step = 0
    for _ in range(ROUNDS):
        order = chance.permutation(len(groups))
        for start in range(0, len(order) - BATCH // 2, BATCH):
            batch = order[start : start + BATCH]
            step += 1
            slope = _slope(rows, said[batch], written[batch], groups[batch])
            mean = 0.9 * mean + 0.1 * slope
            square = 0.99 * square + 0.01 * slope * slope
            rate = RATE * min(1.0, step / 50) * (1 - 0.9 * step / most)
            rows -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return rows


def _slope(rows: Floats, said: sparse.csr_matrix, written: sparse.csr_matrix, groups: NDArray[np.int64]) -> Floats:
    """How the loss of a batch changes with the vectors: each text must find its partner, either way."""
    one, one_length = _unit(said @ rows)
    other, other_length = _unit(written @ rows)
    near = one @ other.T / HEAT
    same = groups[:, None] == groups[None, :]
    np.fill_diagonal(same, False)
    near[same] = -1e4
    there, back = _softmax(near, 1), _softmax(near, 0)
    wrong = ((there + back) / 2 - np.eye(len(groups), dtype=np.float32)) / (HEAT * len(groups))
    pull_one, pull_other = wrong @ other, wrong.T @ one
    pull_one = (pull_one - (pull_one * one).sum(1, keepdims=True) * one) / one_length
    pull_other = (pull_other - (pull_other * other).sum(1, keepdims=True) * other) / other_length
    return np.asarray(said.T @ pull_one + written.T @ pull_other, dtype=np.float32)


def _unit(sums: Floats) -> tuple[Floats, Floats]:
    length = np.linalg.norm(sums, axis=1, keepdims=True) + 1e-6
    return np.asarray(sums / length), length


def _softmax(near: Floats, axis: int) -> Floats:
    odds = np.exp(near - near.max(axis, keepdims=True))
    return np.asarray(odds / odds.sum(axis, keepdims=True), dtype=np.float32)
