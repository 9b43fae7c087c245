"""Telephone, order and identity numbers stay here, whatever a chat model is asked about."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bot import office
from handlers import second_opinion
from handlers.mood import read
from tests.knowledge.model_server import model_server

PHONE = "13800138000"
QUESTION = f"我电话{PHONE}，沙发和茶几之间留多少"


async def test_neither_the_question_nor_what_was_said_before_shows_a_model_a_number(
    open_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.mood, "read", lambda *said: replace(read(*said), doubtful=True))
    async with model_server() as model:
        model.reply = "calm"
        settings = {"name": "m", "base_url": model.url, "api_key": "key"}
        async with open_house(model=settings) as house:
            await house.customer(QUESTION)
            await house.customer("行，你们厉害")
    asked = [body["messages"] for _, body in model.asked]
    about_mood = [messages[1]["content"] for messages in asked if messages[0]["content"] == second_opinion.RULES]
    assert ["茶几" in data for data in about_mood] == [True, True]
    assert PHONE not in json.dumps(asked, ensure_ascii=False)
