"""Vectors from each kind of embedding, and what happens when one of them cannot give any."""

import asyncio
import json
import threading
from time import monotonic
from types import SimpleNamespace

import numpy as np
import pytest
from aiohttp import web

from knowledge.embeddings.embedding import HASHED_SIZE, EmbeddingFailed, embedder
from knowledge.embeddings.endpoint import BATCH
from knowledge.embeddings.local import LocalEmbedder, SentenceModel, pooled, takes_first
from tests.knowledge.model_server import failing, html, model_server, other_json, rubbish

TEXTS = ["真皮沙发怎么清洁", "宝宝辅食什么时候加", "退货运费谁出"]


@pytest.fixture
async def model():
    async with model_server() as server:
        yield server


def endpoint(model, **changes):
    return embedder("openai", "bge-m3", model.url, "key", **{"query_seconds": 2.0, **changes})


def test_hashed_vectors_have_length_one_and_are_the_same_in_every_process():
    hashed = embedder("", "", "", "")
    rows = hashed.embed_documents([*TEXTS, ""])
    assert rows.shape == (4, HASHED_SIZE) == (4, hashed.size)
    assert np.allclose(np.linalg.norm(rows[:3], axis=1), 1)
    assert not rows[3].any()
    assert hashed.embed_query("沙发").nonzero()[0].tolist() == [15, 218, 379]
    assert hashed.name == "hashed:512"


@pytest.mark.parametrize("floats", [False, True], ids=["base64", "floats"])
async def test_an_endpoint_gets_plain_text_and_its_vectors_come_back_with_length_one(model, floats):
    model.floats = floats
    model.vector = lambda text: (3.0, 4.0)
    far = endpoint(model)
    assert (far.name, far.size) == ("openai:bge-m3", None)
    rows = await asyncio.to_thread(far.embed_documents, TEXTS)
    assert rows.dtype == np.float32
    assert np.allclose(rows, [[0.6, 0.8]] * 3)
    assert far.size == 2
    assert np.allclose(await asyncio.to_thread(far.embed_query, "沙发"), [0.6, 0.8])
    assert [body["input"] for _, body in model.asked] == [TEXTS, ["沙发"]]


async def test_many_texts_are_sent_in_batches_and_come_back_in_order(model):
    texts = [f"第{number}段" * (number + 1) for number in range(BATCH * 2 + 5)]
    model.vector = lambda text: (1.0, float(texts.index(text)))
    rows = await asyncio.to_thread(endpoint(model).embed_documents, texts)
    assert [len(body["input"]) for _, body in model.asked] == [BATCH, BATCH, 5]
    assert np.allclose(rows[:, 1] / rows[:, 0], range(len(texts)), rtol=1e-4)


def per_text(**odd):
    return lambda text: odd["other"] if text == TEXTS[1] else (1.0, 2.0)


@pytest.mark.parametrize(
    ("vector", "why"),
    [
        (per_text(other=(1.0, 2.0, 3.0)), "长度相同"),
        (per_text(other=(float("nan"), 1.0)), "NaN"),
        (per_text(other=(float("inf"), 1.0)), "NaN"),
        (per_text(other=(0.0, 0.0)), "全是 0"),
        (lambda text: (), "形状"),
    ],
    ids=["ragged", "nan", "infinite", "zero", "empty"],
)
async def test_vectors_that_are_none_are_refused(model, vector, why):
    model.vector = vector
    with pytest.raises(EmbeddingFailed, match=why):
        await asyncio.to_thread(endpoint(model).embed_documents, TEXTS)


async def test_a_dimension_other_than_the_index_has_is_refused(model):
    with pytest.raises(EmbeddingFailed, match="索引用的是 512 维，模型返回 3 维"):
        await asyncio.to_thread(endpoint(model, size=512).embed_query, "沙发")


async def test_too_few_vectors_are_refused(model):
    one = {"object": "embedding", "index": 0, "embedding": [1.0, 2.0]}
    model.instead = lambda: web.json_response({"object": "list", "model": "m", "data": [one]})
    with pytest.raises(EmbeddingFailed):
        await asyncio.to_thread(endpoint(model).embed_documents, TEXTS)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (failing(400), "不接受请求"),
        (failing(401), "密钥不对"),
        (failing(404), "没有这个地址或模型"),
        (html, "读不懂"),
        (rubbish, "读不懂"),
        (other_json, "读不懂"),
    ],
)
async def test_what_an_endpoint_says_instead_of_vectors_is_told_to_the_operator(model, fault, why):
    model.instead = fault
    with pytest.raises(EmbeddingFailed, match=why):
        await asyncio.to_thread(endpoint(model).embed_documents, TEXTS)
    with pytest.raises(EmbeddingFailed, match=why):
        await asyncio.to_thread(endpoint(model).embed_query, "沙发")


async def test_a_question_waits_no_longer_than_it_may_and_the_next_ones_not_at_all(model):
    now = 0.0
    model.hold = asyncio.Event()
    slow = endpoint(model, query_seconds=0.3, now=lambda: now)
    began = monotonic()
    with pytest.raises(EmbeddingFailed, match="限定时间"):
        await asyncio.to_thread(slow.embed_query, "沙发")
    assert monotonic() - began < 1.5
    for _ in range(3):
        with pytest.raises(EmbeddingFailed, match="停用半分钟"):
            await asyncio.to_thread(slow.embed_query, "沙发")
    assert len(model.asked) == 1
    model.hold.set()
    now = 31.0
    assert (await asyncio.to_thread(slow.embed_query, "沙发")).shape == (3,)


async def test_nobody_listening_is_an_error_at_once(unused_tcp_port):
    down = embedder("openai", "m", f"http://127.0.0.1:{unused_tcp_port}/v1", "k")
    with pytest.raises(EmbeddingFailed, match="连不上"):
        await asyncio.to_thread(down.embed_query, "沙发")


async def test_questions_may_be_asked_from_many_threads(model):
    far = endpoint(model)
    rows = await asyncio.gather(*(asyncio.to_thread(far.embed_query, "沙" * n) for n in range(1, 21)))
    assert np.allclose([row[1] / row[0] for row in rows], range(1, 21), rtol=1e-4)
    assert threading.active_count() < 60


def test_a_local_model_without_its_extra_says_which_one_to_install(tmp_path):
    local = embedder("local", str(tmp_path / "bge-small-zh"), "", "")
    assert (local.name, local.size) == ("local:bge-small-zh", None)
    with pytest.raises(EmbeddingFailed, match=r"fencun\[local-embedding\]|缺少 model.onnx"):
        local.embed_query("沙发")


class Session:
    """Stands where onnxruntime's session is: the vector of a token is (its id, 1)."""

    def get_inputs(self):
        return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

    def run(self, _, given):
        assert set(given) == {"input_ids", "attention_mask"}
        ids = given["input_ids"].astype(np.float32)
        return [np.stack([ids, np.ones_like(ids)], axis=2)]


class Tokenizer:
    """Stands where the tokenizer is: a character is a token, padded to the longest text."""

    def encode_batch(self, texts):
        most = max(map(len, texts))
        return [
            SimpleNamespace(
                ids=[ord(char) for char in text] + [0] * (most - len(text)),
                attention_mask=[1] * len(text) + [0] * (most - len(text)),
                type_ids=[0] * most,
            )
            for text in texts
        ]


def test_a_local_model_takes_the_mean_of_the_tokens_or_the_first_one():
    assert SentenceModel(Session(), Tokenizer(), first=False).embed(["ac", "b"]).tolist() == [[98, 1], [98, 1]]
    assert SentenceModel(Session(), Tokenizer(), first=True).embed(["ac", "b"]).tolist() == [[97, 1], [98, 1]]
    whole = np.ones((2, 3), dtype=np.float32)
    assert pooled(whole, None, first=False) is whole


def test_the_pooling_is_what_the_folder_of_the_model_says(tmp_path):
    assert not takes_first(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    assert takes_first(tmp_path)


def test_a_local_model_that_is_no_model_is_an_error_for_the_operator(tmp_path):
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_text("rubbish")
    with pytest.raises(EmbeddingFailed):
        LocalEmbedder(str(tmp_path)).embed_documents(["沙发"])
