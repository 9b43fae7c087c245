"""A library with a model beside it: what the model may change, and what it may not."""

from datetime import date

import pytest

from knowledge.indexing.index import build
from knowledge.library import Library
from knowledge.model.chat import assistant
from knowledge.model.compose import LABEL
from tests.knowledge.model_server import failing, given, model_server

TODAY = date(2026, 11, 21)
QUESTION = "真皮沙发油渍怎么处理"


@pytest.fixture
async def model():
    async with model_server() as server:
        yield server


@pytest.fixture
def library(model, guides, tmp_path):
    build(guides, tmp_path / "index", tmp_path / "chroma")
    helper = assistant("m", model.url, "key", timeout=5, rewrite_timeout=3, rerank_timeout=3)
    opened = Library.open(tmp_path / "index", tmp_path / "chroma", assistant=helper)
    yield opened
    opened.close()


def composed(body):
    numbers = [one["n"] for one in given(body)["passages"] if "油渍先用干布" in one["text"]]
    return "".join(f"油渍先用干布吸走，再用皮革清洁剂轻擦[{number}]。" for number in numbers)


async def test_an_answer_is_composed_where_a_model_is_set_and_quoted_when_it_fails(model, library):
    model.replies = {"compose": composed}
    seen: list[str] = []
    answer = await library.answer(QUESTION, (), TODAY, so_far=seen.append)
    assert answer.generated
    assert answer.text.endswith(LABEL)
    model.instead = failing(500)
    quoted = await library.answer(QUESTION, (), TODAY)
    assert not quoted.generated
    assert not quoted.refused
    assert "油渍先用干布吸走" in quoted.text


async def test_without_evidence_the_model_is_not_asked_to_compose(model, library):
    model.replies = {"compose": "股票涨了[1]。", "rewrite": "股票行情", "rerank": "1"}
    assert (await library.answer("今天股票涨了吗", (), TODAY)).refused
    assert "compose" not in model.tasks()


async def test_danger_is_answered_without_asking_the_model_anything(model, library):
    assert (await library.answer("宝宝抽搐了，没有意识", (), TODAY)).urgent
    assert model.asked == []
