"""What is left out when a passage is compared must not change what comes out."""

import math
import zlib
from collections import Counter

import numpy as np
import pytest

from bot.sandbox.run import SAMPLE_GUIDES
from knowledge.embeddings.embedding import HASHED_SIZE, HashedEmbedder
from knowledge.guides import read_folder
from knowledge.indexing.passages import blocks, split
from knowledge.language.segmenting import Segmenter
from knowledge.language.sentences import sentences
from knowledge.language.terms import canonical, terms
from knowledge.language.vocabulary import Vocabulary, collect
from knowledge.language.wordings import wordings
from knowledge.questions.question import Reader
from knowledge.search.matching import CONTEXT, Prepared, coverage, credit, match, share

QUESTIONS = (
    "宝宝六个月了一天喝几次奶",
    "皮沙发上的油渍怎么擦",
    "小户型客厅放多大的地毯",
    "布艺和真皮哪个好打理",
    "运费谁出啊",
    "8 个月大拉肚子要不要去医院",
    "bb 红 pp 点算",
    "窗帘多久洗一次",
)


@pytest.fixture(scope="module")
def table():
    return wordings()


@pytest.fixture(scope="module")
def passages():
    return [passage for guide in read_folder(SAMPLE_GUIDES)[0][::3] for passage in split(guide)]


@pytest.fixture(scope="module")
def reader(table, passages):
    segmenter = Segmenter(table.forms)
    return Reader(segmenter, table, Vocabulary(collect(passages, segmenter)))


@pytest.mark.parametrize("question", QUESTIONS)
def test_comparing_with_shortcuts_gives_what_comparing_every_wording_gives(question, table, passages, reader):
    asked = reader.read(question)
    for one in passages:
        prepared = Prepared(one, table)
        met = match(asked, prepared, lambda _: 1.0)
        assert met.covered == pytest.approx(coverage(asked, prepared.whole))
        assert met.named == pytest.approx(coverage(asked, prepared.head))
        assert met.told == pytest.approx(_told(asked, prepared))


def _told(asked, prepared):
    heads = [CONTEXT * credit(one, prepared.head) for one in asked.wanted]
    return max(
        share(asked.wanted, [max(credit(one, said), head) for one, head in zip(asked.wanted, heads, strict=True)])
        for said in prepared.sentences
    )


def test_sentences_by_the_looks_of_lines_are_those_of_the_markdown(table, passages):
    for one in passages:
        assert "".join(Prepared(one, table).sentences).split() == "".join(_by_markdown(one.text)).split()
        assert list(Prepared(one, table).sentences) == _by_markdown(one.text)


def _by_markdown(text):
    found = []
    for block in blocks(text):
        parts = block.text.splitlines() if block.kind in ("list", "steps", "table") else sentences(block.text)
        found += [canonical(part) for part in parts]
    return found


def test_a_hashed_vector_is_the_weighted_sum_of_its_terms():
    text = "真皮沙发怎么清洁，沙发沙发 6个月"
    row = np.zeros(HASHED_SIZE)
    for term, count in Counter(terms(text)).items():
        digest = zlib.crc32(term.encode())
        weight = (1.0 if len(term) > 1 else 0.4) * (1.0 + math.log(count))
        row[digest % HASHED_SIZE] += weight if digest & 0x80000000 else -weight
    found = HashedEmbedder().embed_documents(["", text])
    assert not found[0].any()
    assert found[1] == pytest.approx(row / np.linalg.norm(row), abs=1e-6)
