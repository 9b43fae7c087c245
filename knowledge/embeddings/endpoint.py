"""Vectors from a model behind an OpenAI-compatible endpoint, through LangChain."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any

from knowledge.embeddings.embedding import QUERY_SECONDS, EmbeddingFailed, Rows, proven
from knowledge.model.breaker import Breaker
from knowledge.model.endpoint_errors import meaning

BATCH = 32  # texts of one request; providers take from 10 to 2048, most servers 32
LONGEST_TEXT = 2000  # characters of a text that are sent; passages are far shorter
DOCUMENT_SECONDS = 60.0  # for one request while the index is built
DOCUMENT_RETRIES = 2
AT_ONCE = 8  # questions whose vectors are asked for at the same time


class EndpointEmbedder:
    """Safe between threads. After a failed question it rests for half a minute: the others then do not wait."""

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str,
        *,
        size: int | None = None,
        query_seconds: float = QUERY_SECONDS,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.name = f"openai:{model}"
        self.size = size
        self._access = (model, base_url, api_key)
        self._query_seconds = query_seconds
        self._breaker = Breaker(1, now=now)
        self._client: Any = None
        self._threads: ThreadPoolExecutor | None = None

    def embed_documents(self, texts: Sequence[str]) -> Rows:
        client = self._connect(DOCUMENT_SECONDS, DOCUMENT_RETRIES)
        cut = [text[:LONGEST_TEXT] for text in texts]
        return self._proven(_asked(lambda: client.embed_documents(cut)), len(texts))

    def embed_query(self, text: str) -> Rows:
        if self._breaker.pausing:
            raise EmbeddingFailed("向量接口刚才出错，先停用半分钟。")
        try:
            # The client's own time-out begins anew with every byte; a question waits no longer than it may.
            found = self._sent(text).result(self._query_seconds)
            row: Rows = self._proven([found], 1)[0]
        except EmbeddingFailed:
            self._breaker.failed()
            raise
        except TimeoutError as error:
            self._breaker.failed()
            raise _failure(error) from error
        self._breaker.worked()
        return row

    def _sent(self, text: str) -> "Future[Any]":
        if self._threads is None:
            self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="embedding")
        if self._client is None:  # here and not in the thread: loading the client is not the endpoint's time
            self._client = self._connect(self._query_seconds, 0)
        client = self._client
        return self._threads.submit(_asked, lambda: client.embed_query(text[:LONGEST_TEXT]))

    def _proven(self, found: object, count: int) -> Rows:
        rows = proven(found, count, self.size)
        self.size = int(rows.shape[1])
        return rows

    def _connect(self, seconds: float, retries: int) -> Any:
        from langchain_openai import OpenAIEmbeddings  # noqa: PLC0415  (only those who embed through it load it)

        model, base_url, api_key = self._access
        options: dict[str, Any] = {
            "model": model,
            "base_url": base_url or None,
            "api_key": api_key or "none",  # servers on the own machine often want no key; the client insists on one
            "timeout": seconds,
            "max_retries": retries,
            "chunk_size": BATCH,
            # Else it downloads a table of tokens from the Internet and sends numbers instead of text.
            "check_embedding_ctx_length": False,
        }
        return OpenAIEmbeddings(**options)


def _asked(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except Exception as error:
        raise _failure(error) from error


def _failure(error: Exception) -> EmbeddingFailed:
    return EmbeddingFailed(f"向量接口用不了：{meaning(error)}。")
