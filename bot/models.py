"""The models that the settings name, ready for the knowledge package."""

from bot.settings import Settings
from knowledge.embeddings.embedding import Embedder, embedder
from knowledge.model.chat import Assistant, assistant

HELP_SECONDS = 2.5  # for rewriting, and for reranking: a member waits for both before the answer is begun


def assistant_of(settings: Settings) -> Assistant | None:
    """The chat model of `[model]`, None where none is set. Raises ModelUnusable. Takes a second: call it in a thread.

    At most half of the conversations that are worked on at a time wait for it: the others are answered without, so that
    a slow model never stops the rest of the bot.
    """
    model = settings.model
    if not model.name:
        return None
    help_seconds = min(HELP_SECONDS, model.timeout_seconds)
    return assistant(
        model.name,
        model.base_url,
        model.api_key.get_secret_value(),
        timeout=model.timeout_seconds,
        rewrite_timeout=help_seconds if model.rewrite else 0,
        rerank_timeout=help_seconds if model.rerank else 0,
        at_once=max(1, settings.work.concurrency // 2),
    )


def embedder_of(settings: Settings, size: int | None = None) -> Embedder:
    """The embedding of `[knowledge]`; `size` is the dimension that the index was built with, where it is known."""
    knowledge = settings.knowledge
    base_url, api_key = embedding_access(settings)
    return embedder(knowledge.embedding, knowledge.embedding_model, base_url, api_key, size=size)


def embedding_access(settings: Settings) -> tuple[str, str]:
    """Address and key of the embedding endpoint: its own, else the chat model's. A key goes to no other address."""
    knowledge, model = settings.knowledge, settings.model
    own = knowledge.embedding_api_key.get_secret_value()
    if knowledge.embedding_base_url:
        same = knowledge.embedding_base_url == model.base_url
        return knowledge.embedding_base_url, own or (model.api_key.get_secret_value() if same else "")
    return model.base_url, own or model.api_key.get_secret_value()
