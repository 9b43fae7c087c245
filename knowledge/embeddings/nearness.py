"""The vector side of an open generation: what is near a question, or why there is nothing of that kind."""

from collections.abc import Iterable, Sequence
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings.embedding import Embedder, EmbeddingFailed, Rows
from knowledge.embeddings.places import OpenVectors
from knowledge.embeddings.remote import RemoteVectors
from knowledge.embeddings.vectors import VectorsAbsent, VectorsAway, VectorsFailed, VectorsLocked

_SPARE = 4  # how many times as many are asked for where some of them belong to guides that went


class Later:
    """Vectors of passages that came after a collection was made, few enough to be looked at one by one.

    `first` is the number of their first passage, which is also how many the collection has; `places` are the numbers
    still in use, of both.
    """

    def __init__(self, rows: Rows, first: int, places: Iterable[range]) -> None:
        self._rows = rows
        self._first = first
        self._used = np.zeros(first + len(rows), dtype=np.bool_)
        for place in places:
            self._used[place.start : place.stop] = True
        self.spare = 1 if self._used[:first].all() else _SPARE

    def merged(
        self, found: Sequence[tuple[int, float]], row: NDArray[np.float32], limit: int
    ) -> list[tuple[int, float]]:
        """The nearest of both, nearest first; `found` is what the collection gave for `row`."""
        ours = [one for one in found if self._used[one[0]]]
        if row.any() and len(self._rows):
            near = np.where(self._used[self._first :], self._rows @ row, -np.inf)
            best = np.argsort(-near, kind="stable")[:limit]
            ours += [(self._first + int(at), float(near[at])) for at in best if np.isfinite(near[at])]
        return nlargest(limit, ours, key=lambda one: one[1])


class Nearness:
    """`reason` says why vectors take no part any more. `needs_rebuild` tells whether a build would bring them back,
    `missed_server` whether it would once the server answers that was away when the generation was built.
    """

    def __init__(self, vectors: OpenVectors | VectorsFailed, embedder: Embedder, later: Later | None = None) -> None:
        failed = isinstance(vectors, VectorsFailed)
        self._vectors = None if isinstance(vectors, VectorsFailed) else vectors
        self._embedder = embedder
        self._later = later
        self._mute = ""  # why the last question had no vector
        self.reason = str(vectors) if failed else ""
        self.missed_server = isinstance(vectors, VectorsAway)
        self.needs_rebuild = failed and not isinstance(vectors, VectorsLocked | VectorsAbsent | VectorsAway)

    @property
    def absent(self) -> str:
        """Why vectors take no part at this moment, as far as the last question knows; empty while they do."""
        return self.reason or getattr(self._vectors, "away", "") or self._mute

    def find(self, text: str, limit: int) -> Sequence[tuple[int, float]]:
        """The nearest passages as (number, similarity); nothing where vectors take no part. Safe to use from threads.

        When the embedding fails, or a server is away, the lexical side answers this question alone.
        """
        vectors = self._vectors
        if vectors is None or self.reason:
            return []
        try:
            row = self._row(text)
            if self._later is None:
                return vectors.search(row, limit)
            return self._later.merged(vectors.search(row, limit * self._later.spare), row, limit)
        except (EmbeddingFailed, VectorsAway):
            return []
        except VectorsFailed as error:
            self._broken(error)
            return []

    def _row(self, text: str) -> Rows:
        try:
            row = self._embedder.embed_query(text)
        except EmbeddingFailed as error:
            self._mute = self._mute or str(error)  # the first says why; later ones, that it rests since
            raise
        self._mute = ""
        return row

    def look(self) -> None:
        """Bring `absent` up to this moment: a server may come and go while nobody asks. May take seconds."""
        if not isinstance(self._vectors, RemoteVectors) or self.reason:
            return
        try:
            self._vectors.look()
        except VectorsAway:
            return  # `absent` says it
        except VectorsFailed as error:
            self._broken(error)

    def _broken(self, error: VectorsFailed) -> None:
        self.reason, self.needs_rebuild = str(error), True

    def shared(self) -> OpenVectors | VectorsFailed | None:
        """The open collection for one more user, why it is broken, or None when there is none open."""
        if self._vectors is None:
            return None
        if self.reason:
            return VectorsFailed(self.reason)
        try:
            return self._vectors.shared()
        except VectorsFailed:
            return None

    def close(self) -> None:
        """Let go of the files; from then on nothing is near."""
        vectors, self._vectors = self._vectors, None
        if vectors:
            vectors.close()
