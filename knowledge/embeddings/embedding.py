"""Texts as vectors: hashed character n-grams made in place, a model behind an OpenAI-compatible endpoint, or a sentence
model on this machine's disk. Whatever goes wrong is an EmbeddingFailed, so that the lexical side can answer alone.
"""

import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge.language.terms import terms

Rows = NDArray[np.float32]
Kind = Literal["", "openai", "local"]

HASHED_SIZE = 512
_REMEMBERED = 300_000  # terms whose place is known without hashing them again
QUERY_SECONDS = 1.0  # what a question waits for its vector


class EmbeddingFailed(Exception):
    """There are no vectors for these texts; the message says why, in words for an operator."""


class Embedder(Protocol):
    """Rows have length 1; a text in which nothing can be measured gives a zero row."""

    @property
    def name(self) -> str:
        """Kind and model, with the dimension where it is part of the kind: vectors of another name do not fit."""
        ...

    @property
    def size(self) -> int | None:
        """The dimension; None as long as a model behind an endpoint has said nothing."""
        ...

    def embed_documents(self, texts: Sequence[str]) -> Rows:
        """One row per text, for the index; may take its time. Raises EmbeddingFailed."""
        ...

    def embed_query(self, text: str) -> Rows:
        """The vector of a question, within a second; raises EmbeddingFailed at once while the model rests after a
        failure. Blocks: call it in a thread."""
        ...


def embedder(
    kind: Kind,
    model: str,
    base_url: str,
    api_key: str,
    *,
    size: int | None = None,
    query_seconds: float = QUERY_SECONDS,
    now: Callable[[], float] = monotonic,
) -> Embedder:
    """The embedder of these settings. Loads, connects and checks nothing yet, so it never fails.

    `model` is the endpoint's name of the model, or the folder of a local one. `size` is the dimension that the index
    was built with: other vectors are then refused. `now` gives seconds that only go forward.
    """
    if kind == "openai":
        from knowledge.embeddings.endpoint import EndpointEmbedder  # noqa: PLC0415  (only those who use it load it)

        return EndpointEmbedder(model, base_url, api_key, size=size, query_seconds=query_seconds, now=now)
    if kind == "local":
        from knowledge.embeddings.local import LocalEmbedder  # noqa: PLC0415

        return LocalEmbedder(model, size=size)
    return HashedEmbedder()


class HashedEmbedder:
    """Hashed character n-grams: no model, no network, the same vector on every machine."""

    name = f"hashed:{HASHED_SIZE}"
    size = HASHED_SIZE

    def embed_documents(self, texts: Sequence[str]) -> Rows:
        places = _Places()
        rows = np.zeros((len(texts), HASHED_SIZE), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            counts = Counter(terms(text))
            found = [places[term] for term in counts]
            if found:
                at, weights = zip(*found, strict=True)
                often = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64))
                row[:] = np.bincount(at, weights * often, HASHED_SIZE)
        return normal(rows)

    def embed_query(self, text: str) -> Rows:
        return np.asarray(self.embed_documents([text])[0], dtype=np.float32)


class _Places(dict[str, tuple[int, float]]):
    """Where each term stands in a row, and what it adds there; remembered, as most terms occur again and again."""

    def __missing__(self, term: str) -> tuple[int, float]:
        if len(self) > _REMEMBERED:
            self.clear()
        digest = zlib.crc32(term.encode())
        weight = 1.0 if len(term) > 1 else 0.4
        self[term] = found = (digest % HASHED_SIZE, weight if digest & 0x80000000 else -weight)
        return found


def normal(rows: Rows) -> Rows:
    """`rows`, each with length 1; a zero row stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def proven(found: object, count: int, size: int | None) -> Rows:
    """What a model gave for `count` texts as rows of length 1. Raises EmbeddingFailed when it cannot be that."""
    try:
        rows = np.asarray(found, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise EmbeddingFailed("向量模型返回的不是一组长度相同的数字。") from error
    if rows.ndim != 2 or len(rows) != count or not rows.shape[1]:
        raise EmbeddingFailed("向量模型返回的向量个数或形状不对。")
    if size is not None and rows.shape[1] != size:
        raise EmbeddingFailed(
            f"向量维度不对：索引用的是 {size} 维，模型返回 {rows.shape[1]} 维，请重新运行 fencun index。"
        )
    if not np.isfinite(rows).all():
        raise EmbeddingFailed("向量模型返回了不是数字的值（NaN 或无穷大）。")
    if not rows.any(axis=1).all():
        raise EmbeddingFailed("向量模型返回了全是 0 的向量。")
    return normal(rows)
