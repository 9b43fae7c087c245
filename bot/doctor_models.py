"""Whether the models that the settings name can be used: what this machine shows and, live, a word with each."""

import asyncio
from urllib.parse import urlsplit

from bot.doctor import Finding
from bot.models import assistant_of, embedder_of, embedding_access
from bot.settings import Settings
from knowledge.embeddings.embedding import EmbeddingFailed
from knowledge.model.chat import ModelUnusable

CHAT, VECTORS = "对话模型", "向量模型"
UNASKED = "有没有回应要用 fencun check --live 看"


async def examine_models(settings: Settings, live: bool) -> tuple[Finding, ...]:
    """The chat model and the embedding, asked only when `live`; nothing is raised."""
    return (await _chat(settings, live), await asyncio.to_thread(_embedding, settings, live))


async def _chat(settings: Settings, live: bool) -> Finding:
    name = settings.model.name
    try:
        assistant = await asyncio.to_thread(assistant_of, settings)
    except ModelUnusable as error:
        return Finding(CHAT, False, f"{name} 用不了", str(error))
    if assistant is None:
        return Finding(CHAT, True, "没有设置，回答只引用指南原文")
    where = f"{name}{_at(settings.model.base_url)}"
    if not live:
        return Finding(CHAT, True, where, UNASKED)
    trouble = await assistant.trouble()
    if trouble:
        return Finding(CHAT, False, f"{where}：{trouble}", "检查 [model] 的 name、base_url、api_key 和网络")
    return Finding(CHAT, True, f"{where}，有回应")


def _embedding(settings: Settings, live: bool) -> Finding:
    """A local model is asked in any case: that leaves no trace anywhere."""
    kind, model = settings.knowledge.embedding, settings.knowledge.embedding_model
    if not kind:
        return Finding(VECTORS, True, "自带的字词向量")
    where = f"{model}{_at(embedding_access(settings)[0]) if kind == 'openai' else ''}"
    if kind == "openai" and not live:
        return Finding(VECTORS, True, where, UNASKED)
    embedder = embedder_of(settings)
    try:
        embedder.embed_documents(["你好"])
    except EmbeddingFailed as error:
        return Finding(VECTORS, False, f"{where}：{error}", "检查 [knowledge] 里 embedding 开头的各项")
    return Finding(VECTORS, True, f"{where}，有回应，{embedder.size} 维")


def _at(address: str) -> str:
    return f"（{urlsplit(address).hostname}）" if address else ""
