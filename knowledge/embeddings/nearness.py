"""The vector side of an open generation: what is near a question, or why there is nothing of that kind."""

from collections.abc import Sequence

from knowledge.embeddings.embedding import Embedder, EmbeddingFailed
from knowledge.embeddings.vectors import Vectors, VectorsAbsent, VectorsFailed, VectorsLocked


class Nearness:
    """`reason` says why vectors take no part, and is empty while they do; `needs_rebuild` whether a build helps."""

    def __init__(self, vectors: Vectors | VectorsFailed, embedder: Embedder) -> None:
        self._vectors = vectors if isinstance(vectors, Vectors) else None
        self._embedder = embedder
        self.reason = str(vectors) if isinstance(vectors, VectorsFailed) else ""
        self.needs_rebuild = bool(self.reason) and not isinstance(vectors, VectorsLocked | VectorsAbsent)

    def find(self, text: str, limit: int) -> Sequence[tuple[int, float]]:
        """The nearest passages as (number, similarity); nothing where vectors take no part. Safe to use from threads.

        When the embedding fails, the lexical side answers this question alone.
        """
        if self._vectors is None or self.reason:
            return []
        try:
            return self._vectors.search(self._embedder.embed_query(text), limit)
        except EmbeddingFailed:
            return []
        except VectorsFailed as error:
            self.reason, self.needs_rebuild = str(error), True
            return []

    def close(self) -> None:
        """Let go of the files; from then on nothing is near."""
        if self._vectors:
            self._vectors.close()
