"""Whether a new index finds what it was built from, asked before it is put in use."""

from collections.abc import Collection
from pathlib import Path

from knowledge.indexing.stored import Passages
from knowledge.language.terms import terms
from knowledge.search.lexical import Lexical
from knowledge.types import Passage

PROBES = 200  # guides asked for by their title
BESIDE = 20  # as many of the others, where only some are new
_DEPTH = 60  # passages in which a guide must be found by its own title


def probe(folder: Path, passages: Passages, new: Collection[str] = ()) -> None:
    """Ask the lexical index for guides by their titles: those named, and some others. Raises ValueError."""
    lexical = Lexical.open(folder)
    if lexical.size != passages.in_use:
        raise ValueError("段落数不对")
    names = list(passages.places)
    others = _some(names, BESIDE if new else PROBES)
    for name in dict.fromkeys([*_some(list(new), PROBES), *others]):
        title = passages[passages.places[name].start].title
        wanted = dict.fromkeys(terms(title), 1.0)
        titles = {passages[number].title for number, _ in lexical.search(wanted, _DEPTH)}
        if wanted and title not in titles:
            raise ValueError(f"用标题找不到《{title}》")


def text_of(passage: Passage) -> str:
    """What is embedded of a passage."""
    return f"{passage.head}\n{passage.text}"


def _some(names: list[str], most: int) -> list[str]:
    return names[:: max(1, len(names) // most)]
