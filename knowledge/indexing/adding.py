"""A few changed guides → a generation that shares all else with the one before, so that they are found in seconds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from knowledge.embeddings.embedding import Embedder, EmbeddingFailed, Rows
from knowledge.embeddings.places import Place
from knowledge.embeddings.vectors import VectorsLocked
from knowledge.indexing import generation
from knowledge.indexing.generation import Addition, Manifest
from knowledge.indexing.passages import split
from knowledge.indexing.probing import probe, text_of
from knowledge.indexing.reading import Source
from knowledge.indexing.stored import Passages
from knowledge.indexing.words import Words, changed, counts
from knowledge.language.segmenting import Segmenter
from knowledge.search.lexical import Lexical
from knowledge.types import Guide, Passage


@dataclass(frozen=True, slots=True)
class Thrift:
    """When changes are added to a generation, as shares of the passages it was built with at first.

    Up to `most` they are added; from `large` on everything is built anew as well, behind those who search. A library
    of fewer than `least` passages is built anew at once.
    """

    least: int = 2000
    large: float = 0.1
    most: float = 0.3


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a generation: guides that are new or other, and names of those that went or are replaced."""

    new: tuple[Guide, ...]
    passages: tuple[Passage, ...]
    gone: tuple[str, ...]
    before: Passages
    size: float  # share of the base that is no longer as it was, after this change


def change(folder: Path, before: Manifest, source: Source) -> Change:
    """What is new in `source` against the generation in `folder`. Raises NoIndex when that is broken."""
    new = tuple(guide for guide in source.read if before.digests.get(guide.name) != source.digests[guide.name])
    gone = [name for name, digest in before.digests.items() if source.digests.get(name) != digest]
    passages = tuple(passage for guide in new for passage in split(guide))
    found = generation.load_passages(folder)
    left = found.in_use - sum(len(found.places[name]) for name in gone)
    others = len(found) + len(passages) - left - before.in_base
    added = len(found) + len(passages) - before.in_base
    return Change(new, passages, tuple(gone), found, max(others, added) / max(1, before.in_base))


def add(
    name: str,
    index_root: Path,
    place: Place,
    before: Manifest,
    source: Source,
    what: Change,
    embedder: Embedder,
    progress: Callable[[str], None],
) -> Manifest:
    """Write the generation `name`, which adds `what` to the one in use, and try it. Raises what its files raise."""
    last, folder = index_root / generation.current(index_root), index_root / name
    base = before.base or last.name
    _prove(place, base, before)
    progress(f"{len(what.new)} 份指南有变化，{len(what.gone)} 份不再用原来的内容，正在准备向量……")
    rows, reason = _rows(what.passages, embedder, before.vector_size)
    progress("正在更新字词索引……")
    (folder / "lexical").mkdir(parents=True)
    for path in (last / "lexical").iterdir():
        if not path.name.endswith(".lock"):
            generation.link(path, folder / "lexical" / path.name)
    Lexical.change(folder / "lexical", what.gone, enumerate(what.passages, len(what.before)))
    places = _places(what, source)
    passages = sum(map(len, places.values()))
    manifest = replace(
        before, digests=source.digests, rejected=source.rejected, passages=passages, vectors_reason=reason, base=base
    )
    words = _words(last, what)
    generation.save_addition(folder, last, manifest, Addition(what.new, what.passages, rows, words, places))
    probe(folder / "lexical", generation.load_passages(folder, what.before), [guide.name for guide in what.new])
    _gone(folder / "lexical", (one for one in what.gone if one not in places))
    return manifest


def _prove(place: Place, base: str, before: Manifest) -> None:
    """Raises VectorsFailed when the vectors of the base are broken. Those a server has open are taken as sound."""
    try:
        place.open(base, before.collection, before.in_base).close()
    except VectorsLocked:
        return


def _rows(passages: Sequence[Passage], embedder: Embedder, size: int) -> tuple[Rows, str]:
    """The vectors, or rows that find nothing and why there are no others."""
    reason = ""
    try:
        if passages:
            return embedder.embed_documents(list(map(text_of, passages))), ""
    except EmbeddingFailed as error:
        reason = str(error)
    return np.zeros((len(passages), size), dtype=np.float32), reason


def _places(what: Change, source: Source) -> dict[str, range]:
    """Where the passages of every guide stand now; guides in their old order, new ones last."""
    left = {name: place for name, place in what.before.places.items() if name not in what.gone}
    every = {**left, **generation.following(len(what.before), what.new, what.passages)}
    return {name: every[name] for name in source.digests}


def _words(last: Path, what: Change) -> Words:
    segmenter = Segmenter(generation.load_forms(last))  # reading the tables would take longer than all the rest
    gone = counts((what.before.of(name) for name in what.gone), segmenter)
    new = counts(_by_guide(what.new, what.passages), segmenter)
    return changed(generation.load_base_words(last), generation.load_changed_words(last), gone, new)


def _by_guide(guides: Sequence[Guide], passages: Sequence[Passage]) -> Iterable[Sequence[Passage]]:
    places = generation.following(0, guides, passages)
    return (passages[place.start : place.stop] for place in places.values())


def _gone(folder: Path, names: Iterable[str]) -> None:
    lexical = Lexical.open(folder)
    if any(lexical.has(name) for name in names):
        raise ValueError("移除的指南还找得到")
