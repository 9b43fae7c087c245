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
from pathlib import Path

from knowledge.embeddings.embedding import Embedder, EmbeddingFailed, HashedEmbedder, Rows
from knowledge.embeddings.vectors import FolderLock, Vectors, VectorsFailed, VectorsLocked
from knowledge.guides import read_folder
from knowledge.indexing import generation
from knowledge.indexing.generation import FORMAT, Manifest, NoIndex, Words
from knowledge.indexing.passages import split
from knowledge.language.segmenting import Segmenter
from knowledge.language.terms import terms
from knowledge.language.vocabulary import collect, heard
from knowledge.language.wordings import FILE, WrongWordings, wordings
from knowledge.language.wordings import read as read_wordings
from knowledge.readers.cache import FileCache
from knowledge.search.lexical import Lexical
from knowledge.types import Guide, Passage, Rejected

PROBES = 200  # guides asked for by their title before a generation is put in use
READINGS = "readings.json"  # what documents said when they were last opened, below the index
_PROBE_DEPTH = 60  # passages in which a guide must be found by its own title


class IndexFailed(Exception):
    """No new generation; the message says what happened, what was kept and what to do, for the operator."""


@dataclass(frozen=True, slots=True)
class Source:
    """What an index is built from: guides and their digests, what is of no use, and the synonyms operators added."""

    guides: tuple[Guide, ...]
    digests: dict[str, str]
    rejected: tuple[Rejected, ...]
    added: tuple[tuple[str, ...], ...]


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
    vectors_root: Path,
    progress: Callable[[str], None] = lambda _: None,
    embedder: Embedder | None = None,
) -> Built:
    """Bring the index up to the guides folder. Raises IndexFailed; the generation in use then stays in use.

    Nothing is built when neither the guides nor the format changed and the generation in use is sound. Without an
    `embedder` the vectors are hashed character n-grams.
    """
    embedder = embedder or HashedEmbedder()
    with _one_builder(index_root):
        guides, rejected = _guides(guides_folder, index_root)
        added, rejected = _added_wordings(guides_folder, rejected)
        progress(f"读到 {len(guides)} 份指南，{len(rejected)} 份不能用。")
        digests = {guide.name: generation.digest(guide) for guide in guides}
        before = _manifest_in_use(index_root)
        same = before and before.digests == digests and before.wordings == generation.digest_of_words(added)
        whole = before and before.embedder == embedder.name and not before.vectors_reason
        if before and same and whole and _sound(index_root, vectors_root, before):
            if before.rejected != rejected:
                _note_rejected(index_root, before, rejected)
            return _built(generation.current(index_root), before, before, rejected, fresh=False)
        name = generation.name_after(_last_name(index_root, vectors_root), digests)
        try:
            source = Source(guides, digests, rejected, added)
            manifest = _make(name, index_root, vectors_root, source, embedder, progress)
            generation.put_in_use(index_root, name)
        except (OSError, ValueError) as error:
            _drop(name, index_root, vectors_root)
            raise IndexFailed(_failure(error, index_root)) from error
        _sweep(index_root, vectors_root, keep=name)
        return _built(name, before, manifest, rejected, fresh=True)


def outdated(guides_folder: Path, index_root: Path) -> bool:
    """Whether a build would find other guides than the generation in use was built from, or none in use."""
    before = _manifest_in_use(index_root)
    try:
        guides, _ = read_folder(guides_folder, FileCache(index_root / READINGS))
    except OSError:
        return before is None
    added, _ = _added_wordings(guides_folder, ())
    digests = {guide.name: generation.digest(guide) for guide in guides}
    return before is None or before.digests != digests or before.wordings != generation.digest_of_words(added)


def _guides(folder: Path, index_root: Path) -> tuple[tuple[Guide, ...], tuple[Rejected, ...]]:
    try:
        cache = FileCache(index_root / READINGS)
        guides, rejected = read_folder(folder, cache)
        cache.save()
    except OSError as error:
        raise IndexFailed(f"指南文件夹 {folder} 读不到。{_kept(index_root)}请检查设置 knowledge.guides。") from error
    if not guides:  # an unmounted disk looks like this; it must not empty the index
        reasons = "".join(f"\n- {one.name}：{one.reason}" for one in rejected)
        wanted = "请放入带 title 的 .md 文件，或 .docx、.pdf、.xlsx、.csv。"
        raise IndexFailed(f"{folder} 里没有一份可用的指南。{_kept(index_root)}{wanted}{reasons}")
    return guides, rejected


def _added_wordings(
    folder: Path, rejected: tuple[Rejected, ...]
) -> tuple[tuple[tuple[str, ...], ...], tuple[Rejected, ...]]:
    """The operators' synonyms; a table that cannot be used is reported and left out."""
    try:
        return read_wordings(folder), rejected
    except WrongWordings as reason:
        return (), (*rejected, Rejected(FILE, str(reason)))


def _make(
    name: str,
    index_root: Path,
    vectors_root: Path,
    source: Source,
    embedder: Embedder,
    progress: Callable[[str], None],
) -> Manifest:
    folder = index_root / name
    _drop(name, index_root, vectors_root)  # what a killed build left under this name
    (folder / "lexical").mkdir(parents=True)
    passages = [passage for guide in source.guides for passage in split(guide)]
    progress(f"共 {len(passages)} 个段落，正在准备向量……")
    rows = _rows(passages, embedder)
    progress("正在建立字词索引和向量索引……")
    with ThreadPoolExecutor(1) as beside:  # Chroma works in threads of its own
        making = beside.submit(_make_vectors, vectors_root / name, rows)
        Lexical.create(folder / "lexical", passages)
        _probe_lexical(folder / "lexical", source.guides, passages)
        words = _words(passages, source.added)
        reason = making.result()
    wordings_digest, size = generation.digest_of_words(source.added), embedder.size or 0
    manifest = Manifest(
        FORMAT, source.digests, source.rejected, len(passages), reason, wordings_digest, embedder.name, size
    )
    generation.save(folder, manifest, source.guides, passages, words)
    return manifest


def _words(passages: Sequence[Passage], added: tuple[tuple[str, ...], ...]) -> Words:
    used = collect(passages, Segmenter(wordings(added).forms))
    return Words(used, heard(used), added)


def _rows(passages: Sequence[Passage], embedder: Embedder) -> Rows | EmbeddingFailed:
    try:
        return embedder.embed_documents([f"{passage.head}\n{passage.text}" for passage in passages])
    except EmbeddingFailed as error:
        return error


def _make_vectors(folder: Path, rows: Rows | EmbeddingFailed) -> str:
    """Empty when the vectors stand; else why not: the lexical side is then in use alone."""
    if isinstance(rows, EmbeddingFailed):
        return str(rows)
    try:
        Vectors.create(folder, rows)
        Vectors.open_proven(folder, len(rows)).close()
    except VectorsFailed as error:
        return str(error)
    return ""


def _probe_lexical(folder: Path, guides: Sequence[Guide], passages: Sequence[Passage]) -> None:
    lexical = Lexical.open(folder)
    if lexical.size != len(passages):
        raise ValueError("段落数不对")
    step = max(1, len(guides) // PROBES)
    for guide in guides[::step]:
        wanted = dict.fromkeys(terms(guide.title), 1.0)
        titles = {passages[number].title for number, _ in lexical.search(wanted, _PROBE_DEPTH)}
        if wanted and guide.title not in titles:
            raise ValueError(f"用标题找不到《{guide.title}》")


def _sound(index_root: Path, vectors_root: Path, before: Manifest) -> bool:
    """Whether the generation in use still opens. Vectors held by a running server are taken as sound."""
    name = generation.current(index_root)
    try:
        generation.load(index_root / name)
        generation.load_words(index_root / name)
        if Lexical.open(index_root / name / "lexical").size != before.passages:
            return False
        Vectors.open_proven(vectors_root / name, before.passages).close()
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


def _note_rejected(index_root: Path, before: Manifest, rejected: tuple[Rejected, ...]) -> None:
    """Keep the list of unusable files true when nothing else changed."""
    folder = index_root / generation.current(index_root)
    manifest = replace(before, rejected=rejected)
    generation.save_manifest(folder, manifest)


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


def _last_name(index_root: Path, vectors_root: Path) -> str:
    return max([*generation.names(index_root), *generation.names(vectors_root), generation.current(index_root)])


def _sweep(index_root: Path, vectors_root: Path, keep: str) -> None:
    """Remove all generations but the one in use and the last before it, and none whose vectors are open."""
    kept = {keep, *[name for name in generation.names(index_root) if name < keep][-1:]}
    for name in {*generation.names(index_root), *generation.names(vectors_root)} - kept:
        _drop(name, index_root, vectors_root)


def _drop(name: str, index_root: Path, vectors_root: Path) -> None:
    try:
        lock = FolderLock(vectors_root / name) if (vectors_root / name).exists() else None
    except (VectorsFailed, OSError):
        return  # a server still reads it; a later build removes it
    shutil.rmtree(vectors_root / name, ignore_errors=True)
    shutil.rmtree(index_root / name, ignore_errors=True)
    if lock:
        lock.release()
    with suppress(OSError):
        (vectors_root / f"{name}.lock").unlink(missing_ok=True)


@contextmanager
def _one_builder(index_root: Path) -> Iterator[None]:
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
        yield
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
