"""The guides folder → a new generation of the index, built beside the old one and put in use once it proved itself.

A crash or an error at any point leaves the old generation in use. Meant to run in a process of its own: bulk writes to
embedded Chroma stop an event loop.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from knowledge.embeddings.embedding import Embedder, EmbeddingFailed, HashedEmbedder, Rows
from knowledge.embeddings.places import Place, place_of
from knowledge.embeddings.vectors import VectorsAway, VectorsFailed, VectorsLocked
from knowledge.indexing import generation, reading
from knowledge.indexing.adding import Thrift, add, change
from knowledge.indexing.generation import FORMAT, Manifest, NoIndex
from knowledge.indexing.passages import split
from knowledge.indexing.probing import probe, text_of
from knowledge.indexing.reading import Source, lasting
from knowledge.indexing.words import Words, counts, words
from knowledge.language.segmenting import Segmenter
from knowledge.language.wordings import wordings
from knowledge.search.lexical import Lexical
from knowledge.types import Passage, Rejected

THRIFT = Thrift()


class IndexFailed(Exception):
    """No new generation; the message says what happened, what was kept and what to do, for the operator."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build found and did. The names are guide names; `fresh` is False when nothing had to be built."""

    generation: str
    fresh: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    passages: int
    vectors_ok: bool
    vectors_reason: str = ""


def build(
    guides_folder: Path,
    index_root: Path,
    vectors: Path | Place,
    progress: Callable[[str], None] = lambda _: None,
    embedder: Embedder | None = None,
    thrift: Thrift = THRIFT,
) -> Built:
    """Bring the index up to the guides folder. Raises IndexFailed; the generation in use then stays in use.

    Nothing is built when neither the guides nor the format changed and the generation in use is sound. A few changes
    are added to it, as `thrift` says. Without an `embedder` the vectors are hashed character n-grams. `vectors` is
    their folder, or any place for them.
    """
    place = place_of(vectors)
    with _one_builder(index_root) as now:
        work = _Work(guides_folder, index_root, place, progress, embedder or HashedEmbedder(), now)
        before = _manifest_in_use(index_root)
        source = work.read(before)
        progress(f"读到 {len(source.digests)} 份指南，{len(source.rejected)} 份不能用。")
        whole = before and before.embedder == work.embedder.name and not before.vectors_reason
        whole = whole and before and before.wordings == source.wordings
        if before and whole and before.digests == source.digests and _sound(index_root, place, before):
            work.note(before, source)
            return _built(generation.current(index_root), before, before, source.rejected, fresh=False)
        added = work.add(before, source, thrift) if before and whole and before.digests != source.digests else None
        if added and added.size < thrift.large:
            return _built(added.name, before, added.manifest, source.rejected, fresh=True)
        name, manifest = work.make(source)
        return _built(name, before, manifest, source.rejected, fresh=True)


def outdated(guides_folder: Path, index_root: Path) -> bool:
    """Whether a build would find other guides than the generation in use was built from, or none in use."""
    before = _manifest_in_use(index_root)
    try:
        source = reading.read(guides_folder, index_root, before, keep=False)
    except OSError:
        return before is None
    return before is None or before.digests != source.digests or before.wordings != source.wordings


@dataclass(frozen=True, slots=True)
class _Added:
    name: str
    manifest: Manifest
    size: float  # share of its base that is no longer as it was


@dataclass(frozen=True, slots=True)
class _Work:
    """One build: where everything is, and the time on the file system in nanoseconds when it began."""

    guides_folder: Path
    index_root: Path
    place: Place
    progress: Callable[[str], None]
    embedder: Embedder
    now: int

    def read(self, before: Manifest | None) -> Source:
        """Raises IndexFailed where there is nothing to build from."""
        try:
            source = reading.read(self.guides_folder, self.index_root, before)
        except OSError as error:
            kept = _kept(self.index_root)
            raise IndexFailed(f"指南文件夹 {self.guides_folder} 读不到。{kept}请检查设置 knowledge.guides。") from error
        if not source.digests:  # an unmounted disk looks like this; it must not empty the index
            reasons = "".join(f"\n- {one.name}：{one.reason}" for one in source.rejected)
            wanted = "请放入带 title 的 .md 文件，或 .docx、.pdf、.xlsx、.csv。"
            kept = _kept(self.index_root)
            raise IndexFailed(f"{self.guides_folder} 里没有一份可用的指南。{kept}{wanted}{reasons}")
        return source

    def note(self, before: Manifest, source: Source) -> None:
        """Keep true what is said of files when no guide changed."""
        folder = self.index_root / generation.current(self.index_root)
        files = lasting(source.files, self.now)
        if before.rejected != source.rejected:
            generation.save_manifest(folder, replace(before, rejected=source.rejected))
        if generation.load_files(folder) != files:
            with suppress(OSError):  # it costs time only
                generation.save_files(folder, files)

    def add(self, before: Manifest, source: Source, thrift: Thrift) -> _Added | None:
        """Add what changed to the generation in use; None where everything must be built anew."""
        folder = self.index_root / generation.current(self.index_root)
        if before.in_base < thrift.least:
            return None
        name = self._next(source)
        try:
            what = change(folder, before, source)
            if what.size > thrift.most:
                return None
            roots = self.index_root, self.place
            manifest = add(name, *roots, before, source, what, self.embedder, self.progress)
            self._put_in_use(name, source)
        except (OSError, ValueError, NoIndex, VectorsFailed):
            _drop(name, self.index_root, self.place)
            return None
        return _Added(name, manifest, what.size)

    def make(self, source: Source) -> tuple[str, Manifest]:
        """A generation of all guides, put in use. Raises IndexFailed."""
        if not source.whole:
            source = self.read(None)
        name = self._next(source)
        try:
            manifest = _make(name, self.index_root, self.place, source, self.embedder, self.progress)
            self._put_in_use(name, source)
        except (OSError, ValueError) as error:
            _drop(name, self.index_root, self.place)
            raise IndexFailed(_failure(error, self.index_root)) from error
        return name, manifest

    def _next(self, source: Source) -> str:
        """The name of a new generation, with nothing left of a killed build under it."""
        name = generation.name_after(_last_name(self.index_root, self.place), source.digests)
        _drop(name, self.index_root, self.place)
        return name

    def _put_in_use(self, name: str, source: Source) -> None:
        generation.save_files(self.index_root / name, lasting(source.files, self.now))
        generation.put_in_use(self.index_root, name)
        _sweep(self.index_root, self.place, keep=name)


def _make(
    name: str,
    index_root: Path,
    place: Place,
    source: Source,
    embedder: Embedder,
    progress: Callable[[str], None],
) -> Manifest:
    folder = index_root / name
    (folder / "lexical").mkdir(parents=True)
    passages = [passage for guide in source.read for passage in split(guide)]
    progress(f"共 {len(passages)} 个段落，正在准备向量……")
    collection = place.key(embedder.name, map(text_of, passages))
    rows = _rows(passages, embedder, place, collection)
    progress("正在建立字词索引和向量索引……")
    with ThreadPoolExecutor(1) as beside:  # Chroma works in threads of its own
        making = beside.submit(_make_vectors, place, name, collection, rows)
        Lexical.create(folder / "lexical", passages)
        words = _words(passages, source.added)
        failed = making.result()
    size = rows if isinstance(rows, int) else embedder.size
    del rows  # the largest thing by far
    manifest = Manifest(
        FORMAT,
        source.digests,
        source.rejected,
        len(passages),
        str(failed or ""),
        source.wordings,
        embedder.name,
        size or 0,
        in_base=len(passages),
        collection=collection,
        away=isinstance(failed, VectorsAway),
    )
    generation.save(folder, manifest, source.read, passages, words)
    probe(folder / "lexical", generation.load_passages(folder))
    return manifest


def _words(passages: Sequence[Passage], added: tuple[tuple[str, ...], ...]) -> Words:
    guides = (list(group) for _, group in groupby(passages, key=lambda one: one.guide))
    forms = wordings(added).forms
    return words(counts(guides, Segmenter(forms)), added, forms)


def _rows(
    passages: Sequence[Passage], embedder: Embedder, place: Place, collection: str
) -> Rows | int | EmbeddingFailed | VectorsFailed:
    """The vectors; or their dimension, where another machine has made them already; or why there are none."""
    try:
        return place.size(collection, len(passages)) or embedder.embed_documents(list(map(text_of, passages)))
    except (EmbeddingFailed, VectorsFailed) as error:
        return error


def _make_vectors(
    place: Place, name: str, collection: str, rows: Rows | int | EmbeddingFailed | VectorsFailed
) -> EmbeddingFailed | VectorsFailed | None:
    """None when the vectors stand; else why not: the lexical side is then in use alone."""
    if isinstance(rows, EmbeddingFailed | VectorsFailed):
        return rows
    try:
        if not isinstance(rows, int):
            place.create(name, collection, rows)
    except VectorsFailed as error:
        return error
    return None


def _sound(index_root: Path, place: Place, before: Manifest) -> bool:
    """Whether the generation in use still opens. Vectors held by a running server are taken as sound."""
    name = generation.current(index_root)
    try:
        passages = generation.load_contents(index_root / name).passages
        generation.load_rows(index_root / name, len(passages) - before.in_base)
        if Lexical.open(index_root / name / "lexical").size != before.passages:
            return False
        place.open(before.base or name, before.collection, before.in_base).close()
    except VectorsLocked:
        return True
    except (NoIndex, OSError, ValueError, VectorsFailed):
        return False
    return True


def _manifest_in_use(index_root: Path) -> Manifest | None:
    name = generation.current(index_root)
    try:
        return generation.load_manifest(index_root / name) if name else None
    except NoIndex:
        return None


def _built(
    name: str, before: Manifest | None, after: Manifest, rejected: tuple[Rejected, ...], *, fresh: bool
) -> Built:
    old = before.digests if before else {}
    return Built(
        generation=name,
        fresh=fresh,
        added=tuple(sorted(after.digests.keys() - old.keys())),
        changed=tuple(sorted(one for one in after.digests.keys() & old.keys() if after.digests[one] != old[one])),
        removed=tuple(sorted(old.keys() - after.digests.keys())),
        rejected=rejected,
        passages=after.passages,
        vectors_ok=not after.vectors_reason,
        vectors_reason=after.vectors_reason,
    )


def _last_name(index_root: Path, place: Place) -> str:
    return max([*generation.names(index_root), *place.names(generation.names), generation.current(index_root)])


def _sweep(index_root: Path, place: Place, keep: str) -> None:
    """Remove all generations but the one in use and the last before it, and no vectors that these use or are open."""
    kept = {keep, *[name for name in generation.names(index_root) if name < keep][-1:]}
    bases = {_base(index_root / name) for name in kept}
    for name in {*generation.names(index_root), *place.names(generation.names)} - kept:
        if name in bases:
            shutil.rmtree(index_root / name, ignore_errors=True)
        else:
            _drop(name, index_root, place)
    place.sweep({_collection(index_root / name) for name in kept})


def _collection(folder: Path) -> str:
    try:
        return generation.load_manifest(folder, digests=False).collection
    except NoIndex:
        return ""


def _base(folder: Path) -> str:
    try:
        return generation.base_of(folder)
    except NoIndex:
        return folder.name


def _drop(name: str, index_root: Path, place: Place) -> None:
    if place.drop(name):
        shutil.rmtree(index_root / name, ignore_errors=True)


@contextmanager
def _one_builder(index_root: Path) -> Iterator[int]:
    """One build at a time; gives the time of the file system, by which files are marked too, in nanoseconds."""
    try:
        index_root.mkdir(parents=True, exist_ok=True)
        handle = os.open(index_root / "build.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise IndexFailed(_failure(error, index_root)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise IndexFailed(f"另一个索引任务正在进行。{_kept(index_root)}请等它结束后再试。") from error
    try:
        os.utime(handle)
        yield os.fstat(handle).st_mtime_ns
    finally:
        os.close(handle)


def _failure(error: Exception, index_root: Path) -> str:
    if isinstance(error, PermissionError):
        what, then = f"索引文件夹 {index_root} 不能写", "请检查文件夹的权限。"
    elif isinstance(error, OSError):
        what, then = f"写索引时出错（{error.strerror or type(error).__name__}）", "请检查磁盘空间和文件夹权限。"
    else:
        what, then = f"新索引没有通过检查（{error}）", "请再运行一次 fencun index。"
    return f"{what}。{_kept(index_root)}{then}"


def _kept(index_root: Path) -> str:
    return "原有索引保持不变，继续使用。" if generation.current(index_root) else "目前没有可用的索引。"
