"""What the doctor says of the models in the settings."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.doctor import Finding
from bot.doctor_models import CHAT, VECTORS, examine_models
from bot.models import embedding_access
from bot.settings import Settings
from tests.knowledge.model_server import ModelServer, failing, model_server


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    async with model_server() as server:
        server.reply = "好"
        yield server


async def found(live: bool, **sections: Any) -> dict[str, Finding]:
    findings = await examine_models(Settings.model_validate(sections), live)
    return {finding.name: finding for finding in findings}


async def test_without_models_all_is_well() -> None:
    assert all(finding.ok for finding in (await found(True)).values())


async def test_a_model_is_asked_only_live(model: ModelServer) -> None:
    sections = {
        "model": {"name": "m", "base_url": model.url},
        "knowledge": {"embedding": "openai", "embedding_model": "e"},
    }
    assert all(finding.ok for finding in (await found(False, **sections)).values())
    assert model.asked == []
    live = await found(True, **sections)
    assert live[CHAT].message == "m（127.0.0.1），有回应"
    assert live[VECTORS].message == "e（127.0.0.1），有回应，3 维"


async def test_what_is_wrong_is_named(model: ModelServer) -> None:
    model.instead = failing(401)
    sections = {
        "model": {"name": "m", "base_url": model.url},
        "knowledge": {"embedding": "openai", "embedding_model": "e"},
    }
    live = await found(True, **sections)
    assert (live[CHAT].ok, live[VECTORS].ok) == (False, False)
    assert "密钥不对" in live[CHAT].message
    assert "密钥不对" in live[VECTORS].message


async def test_a_provider_without_its_package_and_a_local_model_that_is_not_there_are_found_without_live() -> None:
    here = await found(
        False,
        model={"name": "anthropic:claude-x"},
        knowledge={"embedding": "local", "embedding_model": "nowhere"},
    )
    assert here[CHAT].ok is False
    assert "langchain-anthropic" in here[CHAT].what_to_do
    assert here[VECTORS].ok is False


@pytest.mark.parametrize(
    ("knowledge", "access"),
    [
        ({}, ("https://chat.example/v1", "chat-key")),
        ({"embedding_api_key": "own"}, ("https://chat.example/v1", "own")),
        ({"embedding_base_url": "https://vec.example/v1"}, ("https://vec.example/v1", "")),
        ({"embedding_base_url": "https://chat.example/v1"}, ("https://chat.example/v1", "chat-key")),
    ],
)
def test_a_key_goes_to_no_other_address_than_its_own(knowledge: dict[str, str], access: tuple[str, str]) -> None:
    model = {"base_url": "https://chat.example/v1", "api_key": "chat-key"}
    assert embedding_access(Settings.model_validate({"model": model, "knowledge": knowledge})) == access
