"""Where the vectors of generations are kept: folders of embedded Chroma on this machine, or a Chroma server."""

import hashlib
import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from knowledge.embeddings.embedding import Rows
from knowledge.embeddings.remote import PREFIX, RemoteVectors, Server, VectorsMissing
from knowledge.embeddings.vectors import FolderLock, Vectors, VectorsAway, VectorsFailed

OpenVectors = Vectors | RemoteVectors
Names = Callable[[Path], list[str]]  # the generations that lie in a folder


class Place(Protocol):
    """`name` is a generation's, `collection` what `key` said when it was built."""

    def key(self, embedder: str, texts: Iterable[str]) -> str:
        """What the vectors of these texts are found by, beside the generation's name; empty where that is enough."""
        ...

    def size(self, collection: str, expected: int) -> int:
        """The dimension of vectors that are there already and sound, so that nobody has to make them; else 0."""
        ...

    def create(self, name: str, collection: str, rows: Rows) -> None:
        """Write the vectors (row i is passage i) and see that they answer. Raises VectorsFailed."""
        ...

    def open(self, name: str, collection: str, expected: int, *, share: bool = False) -> OpenVectors:
        """Open what must hold `expected` passages. Raises VectorsFailed.

        A server that is away does not raise: it is asked again with the questions. With `share`, a folder that another
        client has is read through a private copy.
        """
        ...

    def names(self, names: Names) -> list[str]:
        """The generations that have something of their own here, oldest first."""
        ...

    def drop(self, name: str) -> bool:
        """Remove what only this generation has; False while somebody has it open."""
        ...

    def sweep(self, kept: Collection[str]) -> None:
        """Remove what no machine uses any more, and none of the collections in `kept`. Never raises."""
        ...

    def answers(self) -> bool:
        """Whether vectors could be written now, as far as that can be told without writing."""
        ...


class Folders:
    """Embedded Chroma: a folder for each generation, one client at a time."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def key(self, embedder: str, texts: Iterable[str]) -> str:  # noqa: ARG002 - the folder's name is enough
        return ""

    def size(self, collection: str, expected: int) -> int:  # noqa: ARG002
        return 0

    def create(self, name: str, collection: str, rows: Rows) -> None:  # noqa: ARG002
        Vectors.create(self.root / name, rows)
        Vectors.open_proven(self.root / name, len(rows)).close()

    def open(self, name: str, collection: str, expected: int, *, share: bool = False) -> Vectors:
        if collection:
            raise VectorsFailed("向量在 Chroma 服务上，设置里写的是文件夹，请运行 fencun index 重新生成。")
        return Vectors.open_proven(self.root / name, expected, share=share)

    def names(self, names: Names) -> list[str]:
        return names(self.root)

    def drop(self, name: str) -> bool:
        folder = self.root / name
        try:
            lock = FolderLock(folder) if folder.exists() else None
        except (VectorsFailed, OSError):
            return False  # a server still reads it; a later build removes it
        shutil.rmtree(folder, ignore_errors=True)
        if lock:
            lock.release()
        with suppress(OSError):
            folder.with_name(f"{name}.lock").unlink(missing_ok=True)
        return True

    def sweep(self, kept: Collection[str]) -> None:
        """Everything here goes with its generation."""

    def answers(self) -> bool:
        return True


class OnServer:
    """A Chroma server: a collection for each set of texts, whichever machines and generations have it."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def where(self) -> str:
        return self._server.where

    def key(self, embedder: str, texts: Iterable[str]) -> str:
        digest = hashlib.sha256(embedder.encode())
        for text in texts:
            digest.update(b"\x00" + text.encode("utf-8", "surrogatepass"))
        return f"{PREFIX}{digest.hexdigest()[:32]}"

    def size(self, collection: str, expected: int) -> int:
        try:
            found = self._server.find(collection)
        except VectorsMissing:
            return 0
        return int(found["metadata"]["size"]) if self._server.sound(found, expected) else 0

    def create(self, name: str, collection: str, rows: Rows) -> None:  # noqa: ARG002
        self._server.write(collection, rows)

    def open(self, name: str, collection: str, expected: int, *, share: bool = False) -> RemoteVectors:  # noqa: ARG002
        if not collection:
            raise VectorsFailed("向量在本机文件夹里，设置里写的是 Chroma 服务，请运行 fencun index 重新生成。")
        vectors = RemoteVectors(self._server, collection, expected)
        try:
            vectors.prove()
        except VectorsAway:
            return vectors
        except VectorsFailed:
            vectors.close()
            raise
        return vectors

    def names(self, names: Names) -> list[str]:  # noqa: ARG002
        return []

    def drop(self, name: str) -> bool:  # noqa: ARG002
        return True

    def sweep(self, kept: Collection[str]) -> None:
        with suppress(VectorsFailed):
            for name in list(self._server.unused(kept)):
                self._server.remove(name)

    def answers(self) -> bool:
        return self._server.answers()


def on_server(vectors: str) -> bool:
    """Whether the settings name a server and no folder."""
    return vectors.startswith(("http://", "https://"))


def place_of(vectors: str | Path | Place) -> Place:
    """The place that the settings name: a folder, or `http://host:port`. Opens and asks nothing."""
    if isinstance(vectors, str) and on_server(vectors):
        return OnServer(Server(vectors))
    return Folders(Path(vectors)) if isinstance(vectors, str | Path) else vectors
