"""What a post is for: help, selling, or both. Two linear classifiers over signals of the lexicon and pieces of text.

The first asks whether a post pulls at the reader to buy, the second (of those that do) whether it helps as well: that
shows in the sentences that do not sell. Trained by bench/train/posts.py on bench/labelled/posts*.jsonl.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path

from knowledge.classify.linear import Weights
from scheduler.review.linear import Judge
from scheduler.review.types import PostKind

WEIGHTS = Path(str(files("scheduler.review").joinpath("weights")))
PULL, HELP = "pull", "help"  # the names of the classifiers
THRESHOLD = {PULL: 0.5, HELP: 0.45}  # chosen on each writer's rows with weights that learnt from the others
SIGNAL, TITLE, SELLING, FREE = "r:", "t:", "s:", "f:"
SELL, ABOUT = ("sell",), ("help", "spec")  # what the names of signals begin with
LONGEST = 600  # characters that are read; of a longer post the beginning and the end
GRAMS = 3
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*")
_PAUSE = re.compile(r"[\s,、;:。．·~—_\-|“”\"'()【】\[\]]+")
_SENTENCE = re.compile(r"[^。!?\n;]+[。!?\n;]*")
_LENGTHS = (30, 60, 90, 130, 180, 260, 400)

Signals = Mapping[str, tuple[re.Pattern[str], ...]]


def features(name: str, text: str, signals: Signals) -> set[str]:
    """What classifier `name` sees of a post in one spelling, whose first line is its title."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
    return set(_of_the_whole(text, signals) if name == PULL else _of_the_sentences(text, signals))


def _of_the_whole(text: str, signals: Signals) -> Iterator[str]:
    """Pieces of the text; each signal with how often it stands there and in which third, and which kinds there are."""
    yield from grams(_PAUSE.sub(",", _NUMBER.sub("0", text)), GRAMS)
    yield f"n:{sum(len(text) > length for length in _LENGTHS)}"
    sides: dict[str, int] = {}
    for name, patterns in signals.items():
        places = [found.start() for pattern in patterns for found in pattern.finditer(text)]
        yield from (f"{SIGNAL}{name}:{count}" for count in range(1, min(3, len(places)) + 1))
        yield from {f"{SIGNAL}{name}@{3 * place // len(text)}" for place in places}
        side = name.partition(".")[0]
        sides[side] = sides.get(side, 0) + bool(places)
    yield from (f"{SIGNAL}{side}={min(count, 4)}" for side, count in sides.items())
    yield f"{SIGNAL}sides:{'+'.join(side for side, count in sides.items() if count)}"


def _of_the_sentences(text: str, signals: Signals) -> Iterator[str]:
    """Pieces of the sentences that sell and of those that do not, how much there is of each, and how it begins."""
    title, _, body = text.partition("\n")
    yield from grams(_framed(title), 2, TITLE)
    sentences = [found.group() for found in _SENTENCE.finditer(body)]
    selling = [at for at, sentence in enumerate(sentences) if _sells(sentence, signals)]
    free = [sentence for at, sentence in enumerate(sentences) if at not in selling]
    for at, sentence in enumerate((title, *sentences), -1):
        sells = at in selling or (at < 0 and _sells(title, signals))
        yield from (f"{SIGNAL}{'S' if sells else 'F'}{name}" for name in _told(sentence, signals, ABOUT))
        if at >= 0:
            yield from grams(_framed(sentence), GRAMS, SELLING if sells else FREE)
    much = sum(map(len, free)) // 20
    yield from (f"{SIGNAL}free{min(len(free), 5)}", f"{SIGNAL}sell{min(len(selling), 4)}", f"n:{min(much, 8)}")
    yield from (f"{SIGNAL}ge{size}" for size in range(1, min(much, 10) + 1))
    if selling:
        yield f"{SIGNAL}first{4 * (selling[0] + 1) // (len(sentences) + 1)}"


def _sells(sentence: str, signals: Signals) -> bool:
    return any(True for _ in _told(sentence, signals, SELL))


def _told(sentence: str, signals: Signals, sides: tuple[str, ...]) -> Iterator[str]:
    for name, patterns in signals.items():
        if name.startswith(sides) and any(pattern.search(sentence) for pattern in patterns):
            yield name


def _framed(sentence: str) -> str:
    return f"^{_PAUSE.sub(',', _NUMBER.sub('0', sentence)).strip(',')}$"


def grams(text: str, longest: int, mark: str = "") -> Iterator[str]:
    """Every piece of the text of up to `longest` characters, each with `mark` before it."""
    for size, at in product(range(1, longest + 1), range(len(text))):
        if at + size <= len(text):
            yield mark + text[at : at + size]


def kind_of(text: str, signals: Signals) -> PostKind:
    """The kind of a post in one spelling, whose first line is its title."""
    return kind_by(lambda name: _judge(name).chance(features(name, text, signals)))


def kind_by(chance: Callable[[str], float]) -> PostKind:
    """What the classifiers' chances make of a post; the second is asked only for one that sells."""
    if chance(PULL) < THRESHOLD[PULL]:
        return PostKind.VALUE
    return PostKind.MIXED if chance(HELP) >= THRESHOLD[HELP] else PostKind.PROMO


@cache
def _judge(name: str) -> Judge:
    return Judge.of(Weights.load(WEIGHTS / f"{name}.npz"))
