"""The second voice on violations: a linear classifier per code over pieces of the sentences and the lexicon's hints.

It sees what no pattern names (a cure told as a story, an oath, "nobody comes near it") and doubts patterns that stand
in harmless company. Trained by bench/train/posts.py on bench/labelled/posts*.jsonl; ADDS, SURE and DOUBTS were chosen
there, on each writer's rows with weights learnt from the others.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from pathlib import Path

from knowledge.classify.linear import Weights
from scheduler.review.kinds import SIGNAL, WEIGHTS, Signals, grams
from scheduler.review.linear import Judge

CODES = "codes"  # the name of the classifier
ADDS = -2.0  # from this score on it finds a violation that no pattern sees
SURE = 0.5  # … that stands beside lawful words
DOUBTS = -3.0  # below this score what a pattern sees is taken back
LITTLE = 45.0  # the length of what was seen in a post of two short sentences; of less it is neither sure nor in doubt
LONGEST = 400  # characters that are judged at once; a longer post is read in pieces
GRAMS = 2
SELLS = "g:"
_SENTENCE = re.compile(r"[^。!?\n;]{1,400}[。!?\n;]*")
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*|[一二三四五六七八九十两几半百千]+(?=[个天周月年次位件席元块岁晚分小秒])")
_PAUSE = re.compile(r"[\s,、:。．·~—_\-|“”\"'()【】\[\]]+")

Hints = Mapping[str, re.Pattern[str]]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Opinion:
    """Of one code: how likely it is broken, and the sentence that speaks most for it."""

    score: float
    sentence: Span
    doubts: bool  # what a pattern sees in it


def opinions(text: str, hints: Hints, signals: Signals) -> dict[str, Opinion]:
    """The likeliest place of each code in a post in one spelling; {} for an empty post."""
    judge = _judge(WEIGHTS / f"{CODES}.npz")
    found: dict[str, Opinion] = {}
    for piece in _pieces(text):
        sentences = [sentence_features(text[start:end], hints) for start, end in piece]
        every = set().union(*sentences, _sells(text[piece[0][0] : piece[-1][1]], signals))
        little = judge.length(every) < LITTLE
        scores = judge.scores(every, LITTLE)
        pulls = [judge.pull(one) for one in sentences]
        for place, code in enumerate(judge.weights.labels):
            if code not in found or scores[place] > found[code].score:
                best = max(range(len(piece)), key=lambda at, place=place: pulls[at][place])  # type: ignore[misc]
                found[code] = Opinion(float(scores[place]), piece[best], bool(scores[place] < DOUBTS and not little))
    return found


def features(text: str, hints: Hints, signals: Signals) -> set[str]:
    """What the classifier sees of a short post in one spelling."""
    sentences = (sentence_features(found.group(), hints) for found in _SENTENCE.finditer(text))
    return set().union(*sentences, _sells(text, signals))


def sentence_features(sentence: str, hints: Hints) -> set[str]:
    """Pieces of a sentence, its hints, and which of them stand together."""
    spelt = _PAUSE.sub(",", _NUMBER.sub("0", sentence)).strip(",")
    here = sorted(name for name, pattern in hints.items() if pattern.search(sentence))
    pairs = (f"{SIGNAL}{one}+{other}" for one, other in combinations(here, 2))
    return {*grams(f"^{spelt}$", GRAMS), *(f"{SIGNAL}{name}" for name in here), *pairs}


def _sells(text: str, signals: Signals) -> Iterator[str]:
    return (SELLS + name for name, patterns in signals.items() if any(one.search(text) for one in patterns))


def _pieces(text: str) -> Iterator[Sequence[Span]]:
    """Neighbouring sentences, together not longer than LONGEST."""
    piece: list[Span] = []
    for found in _SENTENCE.finditer(text):
        if piece and found.end() - piece[0][0] > LONGEST:
            yield piece
            piece = piece[-1:] if found.end() - piece[-1][0] <= LONGEST else []
        piece.append(found.span())
    if piece:
        yield piece


@cache
def _judge(path: Path) -> Judge:
    return Judge.of(Weights.load(path))
