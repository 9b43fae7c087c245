"""A model that is down, slow, or says what nobody can use: the model-free path stands, and nobody waits long."""

import asyncio
from time import monotonic

import pytest

from knowledge.model.breaker import Breaker
from knowledge.model.chat import Assistant, assistant, chat_model
from tests.knowledge.model_server import ModelServer, failing, html, model_server, other_json, rubbish
from tests.knowledge.test_model_tasks import HITS

GOOD = "真皮沙发每周用干软布擦拭一次[1]。"


@pytest.fixture
async def model():
    async with model_server() as server:
        yield server


def helper(model: ModelServer, **changes: float) -> Assistant:
    timeouts = {"timeout": 5.0, "rewrite_timeout": 3.0, "rerank_timeout": 3.0, **changes}
    return assistant("m", model.url, "key", **timeouts)


FAULTS = {
    "bad_request": failing(400),
    "no_key": failing(401),
    "too_many": failing(429),
    "broken": failing(500),
    "html": html,
    "html_error": lambda: html(502),
    "rubbish": rubbish,
    "other_json": other_json,
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_whatever_the_endpoint_answers_nothing_is_raised_and_nothing_tried_twice(model, fault):
    model.instead = fault
    for ask, nothing in (
        (lambda: helper(model).rewrite("皮沙发怎么擦", ()), ()),
        (lambda: helper(model).rerank("皮沙发怎么擦", HITS), ()),
        (lambda: helper(model).compose("皮沙发怎么擦", HITS), None),
    ):
        before = len(model.asked)
        assert await ask() == nothing
        assert len(model.asked) == before + 1


async def test_nobody_listening_means_no_answer(unused_tcp_port):
    down = assistant("m", f"http://127.0.0.1:{unused_tcp_port}/v1", "k", timeout=5, rewrite_timeout=3, rerank_timeout=3)
    assert await down.compose("皮沙发怎么擦", HITS) is None
    assert await down.rewrite("皮沙发怎么擦", ()) == ()
    assert await down.trouble() == "连不上"


async def test_a_model_that_hangs_is_given_up_at_its_time_out(model):
    model.hold = asyncio.Event()
    began = monotonic()
    assert await helper(model, timeout=0.3).compose("皮沙发怎么擦", HITS) is None
    assert await helper(model, rewrite_timeout=0.3).rewrite("皮沙发怎么擦", ()) == ()
    assert await helper(model, rerank_timeout=0.3).rerank("皮沙发怎么擦", HITS) == ()
    assert monotonic() - began < 3


async def test_a_model_that_stops_in_the_middle_is_given_up_too_though_something_was_shown(model):
    model.reply = GOOD * 2
    model.hold, model.hold_after = asyncio.Event(), 24
    seen: list[str] = []
    began = monotonic()
    assert await helper(model, timeout=0.5).compose("皮沙发怎么擦", HITS, seen.append) is None
    assert len(seen) == 1
    assert monotonic() - began < 3


async def test_a_model_that_never_ends_is_read_no_further_than_an_answer_may_be_long(model):
    model.reply = GOOD * 5000
    model.size = 50
    answer = await helper(model).compose("皮沙发怎么擦", HITS)
    assert answer.generated
    assert len(answer.text) < 2500


async def test_after_one_failure_rewriting_and_reranking_rest_while_composing_goes_on(model):
    model.instead = failing(500)
    tired = helper(model)
    assert await tired.rewrite("皮沙发怎么擦", ()) == ()
    assert await tired.rerank("皮沙发怎么擦", HITS) == ()
    assert model.tasks() == ["rewrite"]
    model.instead, model.reply = None, GOOD
    assert await tired.compose("皮沙发怎么擦", HITS)


async def test_after_three_failures_in_a_row_nothing_is_composed_for_half_a_minute(model):
    now = 0.0
    model.instead = failing(500)
    patient = Assistant(
        chat_model("m", model.url, "k", 5), timeout=5, rewrite_timeout=3, rerank_timeout=3, now=lambda: now
    )
    for _ in range(5):
        assert await patient.compose("皮沙发怎么擦", HITS) is None
    assert len(model.asked) == 3
    now = 31.0
    model.instead, model.reply = None, GOOD
    assert await patient.compose("皮沙发怎么擦", HITS)


async def test_no_more_than_so_many_questions_wait_for_the_model_at_once(model):
    model.reply, model.hold = GOOD, asyncio.Event()
    two = assistant("m", model.url, "k", timeout=5, rewrite_timeout=3, rerank_timeout=3, at_once=2)
    waiting = [asyncio.create_task(two.compose("皮沙发怎么擦", HITS)) for _ in range(2)]
    async with asyncio.timeout(5):
        while len(model.asked) < 2:  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)
        assert await two.compose("皮沙发怎么擦", HITS) is None  # at once, without the model
        model.hold.set()
        assert all([await one for one in waiting])
        assert await two.compose("皮沙发怎么擦", HITS)


@pytest.mark.parametrize(
    ("fault", "said"),
    [(failing(401), "密钥不对"), (failing(404), "没有这个地址或模型"), (failing(429), "请求太多或额度用完了")],
)
async def test_the_doctor_hears_why(model, fault, said):
    assert await helper(model).trouble() == "返回的内容读不懂（ValueError）"  # it said nothing at all
    model.instead = fault
    assert await helper(model).trouble() == said
    model.instead, model.reply = None, "好"
    assert await helper(model).trouble() == ""


def test_a_breaker_counts_failures_in_a_row_and_pauses():
    now = 0.0
    breaker = Breaker(2, 30, lambda: now)
    breaker.failed()
    breaker.worked()
    breaker.failed()
    assert not breaker.pausing
    breaker.failed()
    assert breaker.pausing
    now = 30.0
    assert not breaker.pausing
    breaker.failed()
    assert breaker.pausing
