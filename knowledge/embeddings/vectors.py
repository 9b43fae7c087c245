"""Passages as vectors in an embedded Chroma folder. Vectors are always ours; Chroma never embeds and never downloads.

Embedded Chroma bears one client per folder, in one process: every open or written folder is held by a lock file beside
it. Anything that goes wrong is a `VectorsFailed`, so that the lexical side can answer alone.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_BATCH = 1000  # rows per write: Chroma makes lists of them, ten times as large
_EFFORT = 40  # neighbours looked at per row added or asked for; 100, the default, takes twice as long for a little more
_COLLECTION = "passages"  # Chroma wants at least three characters
_T = TypeVar("_T")


class VectorsFailed(Exception):
    """The vector side cannot be used; the message says why, in words for an operator."""


class VectorsLocked(VectorsFailed):
    """Another client holds the folder."""


class VectorsAway(VectorsFailed):
    """The server that has them does not answer, and may do so later."""


class VectorsAbsent(VectorsFailed):
    """The generation was built without vectors, and building it again would most likely end the same."""


class FolderLock:
    """A lock file next to `folder`, held until released or until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(folder.with_name(folder.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise VectorsFailed("向量文件夹的锁文件写不了，请检查权限和磁盘空间。") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise VectorsLocked("向量文件夹正被另一个进程使用。") from error

    def release(self) -> None:
        os.close(self._file)


class Vectors:
    """An open collection of passage vectors, known by number. Searches take turns, `close` waits for its own.

    Who shares it closes it once; the last one lets go of the folder.
    """

    def __init__(self, client: Any, collection: Any, lock: FolderLock, private: Path | None = None) -> None:
        self._client = client
        self._collection = collection
        self._lock = lock
        self._private = private
        self._turn = Lock()
        self._closed = False
        self._users = 1

    @classmethod
    def create(cls, folder: Path, rows: NDArray[np.float32]) -> None:
        """Write `rows` into a new collection at `folder` (row i is passage i) and let go of it."""
        lock = FolderLock(folder)
        try:
            _guarded(lambda: _write(folder, rows))
        finally:
            lock.release()

    @classmethod
    def open(cls, folder: Path) -> "Vectors":
        """Open the collection at `folder`; `VectorsLocked` when another client has it."""
        return cls._open(folder, None)

    @classmethod
    def open_proven(cls, folder: Path, expected: int, *, share: bool = False) -> "Vectors":
        """Open the folder and see that it holds `expected` passages and answers a search.

        With `share`, a folder that another client has is read through a private copy.
        """
        try:
            vectors = cls.open(folder)
        except VectorsLocked:
            if not share:
                raise
            vectors = cls.open_copy(folder)
        try:
            # Counting comes last: while it loads the vectors, Chroma lets nothing else run in the process.
            sound = bool(vectors.search(vectors.first(), 1)) and vectors.count() == expected
        except VectorsFailed:
            vectors.close()
            raise
        if not sound:
            vectors.close()
            raise VectorsFailed("向量索引没有通过检查。")
        return vectors

    @classmethod
    def open_copy(cls, folder: Path) -> "Vectors":
        """Open a private copy, removed on close, for a moment's use while a server holds the folder itself."""
        private = Path(tempfile.mkdtemp(prefix="fencun-vectors-"))
        try:
            shutil.copytree(folder, private / folder.name)
            return cls._open(private / folder.name, private)
        except (OSError, VectorsFailed) as error:
            shutil.rmtree(private, ignore_errors=True)
            raise VectorsFailed("向量文件夹的临时副本打不开。") from error

    @classmethod
    def _open(cls, folder: Path, private: Path | None) -> "Vectors":
        if not (folder / "chroma.sqlite3").is_file():  # Chroma would make an empty one
            raise VectorsFailed("向量文件夹不存在或不完整。")
        lock = FolderLock(folder)
        try:
            return _guarded(lambda: cls(*_connect(folder), lock, private))
        except BaseException:
            lock.release()
            raise

    def search(self, row: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest passages as (number, cosine similarity), nearest first; a zero row finds nothing."""
        if not row.any() or limit < 1:
            return []
        with self._turn:
            if self._closed:
                return []
            found = _guarded(
                lambda: self._collection.query(query_embeddings=row[None, :], n_results=limit, include=["distances"])
            )
        return [(int(i), 1.0 - float(far)) for i, far in zip(found["ids"][0], found["distances"][0], strict=True)]

    def count(self) -> int:
        """How many passages there are."""
        return int(_guarded(self._collection.count))

    def first(self) -> NDArray[np.float32]:
        """The vector of passage 0: one that must find something, whatever the dimension."""
        found = _guarded(lambda: self._collection.get(ids=["0"], include=["embeddings"]))
        if not len(found["embeddings"]):
            raise VectorsFailed("向量索引是空的。")
        return np.asarray(found["embeddings"][0], dtype=np.float32)

    def shared(self) -> "Vectors":
        """The same collection for one more user: a folder bears no second client. Raises VectorsFailed when closed."""
        with self._turn:
            if self._closed:
                raise VectorsFailed("向量文件夹已经关闭。")
            self._users += 1
            return self

    def close(self) -> None:
        """Let go of the folder, so that another client may open it, unless others still use it."""
        with self._turn:
            self._users -= 1
            if self._closed or self._users > 0:
                return
            self._closed = True
            try:
                _guarded(self._client.close)
            except VectorsFailed:
                return  # a broken client may fail to close; the lock goes all the same
            finally:
                self._lock.release()
                if self._private:
                    shutil.rmtree(self._private, ignore_errors=True)


def _write(folder: Path, rows: NDArray[np.float32]) -> None:
    client = _client(folder)
    try:
        collection = client.create_collection(
            _COLLECTION, embedding_function=_no_embedding(), configuration={"hnsw": settings_for(len(rows))}
        )
        for start in range(0, len(rows), _BATCH):
            part = rows[start : start + _BATCH]
            collection.add(ids=[str(start + i) for i in range(len(part))], embeddings=part)
    finally:
        client.close()


def settings_for(rows: int) -> dict[str, Any]:
    """Chroma moves rows from its log into its vector files when so many wait: the last of ours must move them all.

    What stays in the log is added at the first search after each opening, and nothing else runs meanwhile.
    """
    most = max(2, rows)
    effort = {"ef_construction": _EFFORT, "ef_search": _EFFORT}
    return {"space": "cosine", "sync_threshold": most, "batch_size": min(100, most), **effort}


def _connect(folder: Path) -> tuple[Any, Any]:
    client = _client(folder)
    try:
        return client, client.get_collection(_COLLECTION, embedding_function=_no_embedding())
    except BaseException:
        client.close()
        raise


def _client(folder: Path) -> Any:
    import chromadb  # noqa: PLC0415  (80 MB and half a second, only for those who search by vector)
    from chromadb.config import Settings  # noqa: PLC0415

    return chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))


def _no_embedding() -> Any:
    """Stands where Chroma would put its own model, which it downloads at the first text without a vector."""
    from chromadb.api.types import EmbeddingFunction  # noqa: PLC0415

    class NoEmbedding(EmbeddingFunction[Any]):
        def __init__(self) -> None:
            """Nothing to set."""

        def __call__(self, input: Any) -> Any:  # noqa: A002, ARG002  (Chroma's own parameter name)
            raise VectorsFailed("Chroma was given a text without a vector")

        @staticmethod
        def name() -> str:
            return "fencun-none"

        @staticmethod
        def build_from_config(config: dict[str, Any]) -> "NoEmbedding":  # noqa: ARG004
            return NoEmbedding()

        def get_config(self) -> dict[str, Any]:
            return {}

    return NoEmbedding()


def _guarded(work: Callable[[], _T]) -> _T:
    """Run `work` on Chroma. Its Rust side can panic with an exception that is no `Exception`."""
    try:
        return work()
    except (KeyboardInterrupt, SystemExit, VectorsFailed):
        raise
    except BaseException as error:
        raise VectorsFailed(f"向量索引打不开或已损坏（{type(error).__name__}）。") from error
