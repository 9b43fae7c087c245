"""A large library for the benches: the sample guides, and guides mixed from their sentences with other words put in.

The same on every machine: the words come from the samples and from a list of frequent ones, the choice from a seed.
"""

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import copytree

from wordfreq import top_n_list

from bot.sandbox.run import SAMPLE_GUIDES
from knowledge.guides import read_folder
from knowledge.indexing.passages import split
from knowledge.language.segmenting import Segmenter
from knowledge.language.sentences import sentences
from knowledge.types import Guide

SECTIONS = 6  # of a guide, as the samples have
ROOM = 200  # characters of a section
STEPS = 0.2  # share of the sections that are numbered lists
CHANGED = 0.3  # share of the nouns for which another one is put in
RARE = 0.3  # share of those that come from outside the samples
WORDS = 20_000  # frequent words to choose from
SEED = 20_260_101
_MARKED = re.compile(r"\s*(?:[|#>-]|\d+\.|$)")  # headings, tables, lists
Words = list[tuple[str, bool]]  # a sentence: its words, and whether each is a noun


class Mixer:
    """Makes guides. Each call of `guide` gives another one, in the same order every time."""

    def __init__(self, samples: Sequence[Guide]) -> None:
        self._random = random.Random(SEED)
        cutter = Segmenter()
        passages = [passage for guide in samples for passage in split(guide)]
        self._titles = [_words(cutter, guide.title) for guide in samples]
        self._headings = [_words(cutter, passage.section) for passage in passages if passage.section]
        prose = [
            line for passage in passages for line in passage.text.splitlines() if line and line[0] not in "|#-1234"
        ]
        self._sentences = [_words(cutter, sentence) for line in prose for sentence in sentences(line)]
        everywhere = [word for sentence in self._sentences for word, noun in sentence if noun and len(word) > 1]
        self._nouns = everywhere  # as often as they stand there: frequent words stay frequent
        self._rare = [word for word in top_n_list("zh", WORDS) if len(word) > 1 and "\u4e00" <= word[0] <= "\u9fff"]
        self._used: set[str] = set()

    def guide(self) -> str:
        """A guide as a Markdown file."""
        title = self._title()
        keywords = ", ".join(self._random.sample(self._nouns, 3))
        sections = "\n\n".join(f"## {self._mixed(self._headings)}\n\n{self._section()}" for _ in range(SECTIONS))
        return f"---\ntitle: {title}\ntopic: bench\nkeywords: [{keywords}]\n---\n\n{sections}\n"

    def _title(self) -> str:
        title = self._mixed(self._titles).replace(":", "：")
        while title in self._used:
            title += self._random.choice(self._rare)
        self._used.add(title)
        return title

    def _section(self) -> str:
        said: list[str] = []
        while sum(map(len, said)) < ROOM:
            said.append(self._mixed(self._sentences))
        if self._random.random() < STEPS:
            return "\n".join(f"{place}. {sentence}" for place, sentence in enumerate(said, 1))
        return "".join(said)

    def _mixed(self, texts: Sequence[Words]) -> str:
        return "".join(
            self._other() if noun and self._random.random() < CHANGED else word
            for word, noun in self._random.choice(texts)
        )

    def _other(self) -> str:
        return self._random.choice(self._rare if self._random.random() < RARE else self._nouns)


def large_library(folder: Path, passages: int) -> int:
    """Fill `folder` with the samples and as many mixed guides as make about `passages`; how many guides there are."""
    copytree(SAMPLE_GUIDES, folder / "samples")
    samples, _ = read_folder(SAMPLE_GUIDES)
    mixer = Mixer(samples)
    count = max(0, passages // SECTIONS - len(samples))
    for number, text in enumerate(_texts(mixer, count)):
        place = folder / f"mixed{number // 500:03}"  # nobody keeps thousands of files in one folder
        place.mkdir(exist_ok=True)
        (place / f"guide-{number:05}.md").write_text(text, encoding="utf-8")
    return count + len(samples)


def _texts(mixer: Mixer, count: int) -> Iterator[str]:
    return (mixer.guide() for _ in range(count))


def _words(cutter: Segmenter, text: str) -> Words:
    return [(word.text, word.kind == 1.0 and "\u4e00" <= word.text[0] <= "\u9fff") for word in cutter.words(text)]
