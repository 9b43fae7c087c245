"""Guides found through a model's vectors, and the model's endpoint failing while people ask."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from knowledge.embeddings import endpoint
from knowledge.embeddings.embedding import embedder
from knowledge.indexing.index import build
from knowledge.model.breaker import Breaker
from tests.bot.conftest import OpenHouse
from tests.bot.house import Shelf
from tests.bot.rough import ask, journal
from tests.knowledge.model_server import ModelServer, failing, model_server

QUESTION = "沙发和茶几之间留多少"


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        yield server


async def test_an_endpoint_that_fails_shows_once_and_again_when_it_is_over(
    open_house: OpenHouse, model: ModelServer, shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "Breaker", lambda failures, now: Breaker(failures, 0.0, now))
    index, vectors = tmp_path / "index", tmp_path / "vectors"
    made = embedder("openai", "m", model.url, "sk-secret")
    await asyncio.to_thread(build, shelf.guides, index, vectors, embedder=made)
    settings = {
        "index": index,
        "vectors": str(vectors),
        "embedding": "openai",
        "embedding_model": "m",
        "embedding_base_url": model.url,
        "embedding_api_key": "sk-secret",
    }
    with journal() as log:
        async with open_house(knowledge=settings) as house:

            async def shown(question: str) -> str:
                assert await house.customer(question)
                await house.jump(seconds=5)
                said = (await ask(house, "GET", "/metrics")).text
                return next(line for line in said.splitlines() if line.startswith("fencun_vectors_up"))

            assert await shown(QUESTION) == "fencun_vectors_up 1.0"
            model.instead = failing(401)
            assert await shown("沙发和茶几之间要多少距离") == "fencun_vectors_up 0.0"
            assert await shown("茶几离沙发多远合适") == "fencun_vectors_up 0.0"
            model.instead = None
            assert await shown("沙发茶几中间留多宽") == "fencun_vectors_up 1.0"
    [away] = log.of("vectors_away")
    assert away["why"] == "向量接口用不了：密钥不对。"
    assert len(log.of("vectors_back")) == 1
