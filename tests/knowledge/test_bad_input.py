"""What nobody meant as a question, or sent broken: never an error, never a wrong answer, never slow."""

import shutil
import time
from datetime import date

import pytest

from knowledge.indexing.index import build
from knowledge.library import LONGEST_QUESTION, Library
from knowledge.types import Line

TODAY = date(2026, 11, 21)
NOTHING = [
    "",
    "   ",
    "\n\t",
    "😀🎉👍😭",
    "🧑‍🍼🏽",
    "？？？",
    "……",
    "\x00\x01",
    "\ud83d",
    "https://mp.weixin.qq.com/s/abc?x=1",
    "www.a.cn",
    "[捂脸][捂脸]",
    "@分寸助手",
]


@pytest.mark.parametrize("text", NOTHING)
async def test_what_is_no_question_is_refused_and_finds_nothing(small, text):
    answer = await small.answer(text, (), TODAY)
    assert (answer.refused, answer.citations, answer.nearest) == (True, (), ())
    assert small.search(text, TODAY) == []


@pytest.mark.parametrize(
    "text", ["字" * 20_000, "沙发" * 10_000, "怎么办" * 7_000, "a" * 20_000, "1" * 20_000, "。" * 20_000, "😀" * 20_000]
)
async def test_a_text_of_twenty_thousand_characters_is_refused_quickly(small, text):
    started = time.process_time()
    answer = await small.answer(text, (), TODAY)
    assert answer.refused
    assert "一两句话" in answer.text
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "filler", ["我家的情况是这样，", "38.5度6个月", "fashao ", "（（（", "2-3岁到", "一二三四五六"]
)
async def test_a_question_of_the_greatest_length_is_still_looked_at(small, filler):
    text = (filler * LONGEST_QUESTION)[: LONGEST_QUESTION - 20] + "真皮沙发怎么清洁？"
    started = time.process_time()
    await small.answer(text, (), TODAY)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "真皮沙发\x00油渍怎么处理\x00",
        "\ufeff真皮沙发油渍怎么处理",
        "真皮沙发\ud83d油渍怎么处理",
        "\u202e真皮沙发油渍怎么处理\u202c",
        "真\u200b皮\u200b沙\u200b发油渍怎么处理",
        "真皮沙发😭😭油渍😭怎么处理🙏",
        "@分寸助手 真皮沙发油渍怎么处理",
        "[捂脸]真皮沙发油渍怎么处理 https://a.cn/b",
        "真皮沙发油渍\n\n\n怎么处理",
        "真皮沙发 oil stain 油渍 how to 怎么处理 pls",
        "<b>真皮沙发</b>油渍怎么处理",
        "'; DROP TABLE 真皮沙发油渍; --",
        "真皮沙发 AND (油渍 OR title:*) ~2^9",
    ],
)
async def test_what_stands_around_a_question_does_not_keep_it_from_being_answered(small, text):
    answer = await small.answer(text, (), TODAY)
    assert "油渍先用干布吸走" in answer.text


@pytest.mark.parametrize(
    "text", ["How much is the rent in Berlin?", "привет как дела", "おすすめの映画は", "오늘 날씨 어때", "مرحبا"]
)
async def test_other_languages_are_refused_without_an_error(small, text):
    assert (await small.answer(text, (), TODAY)).refused


@pytest.mark.parametrize("said", ["\ud83d沙发", "", "字" * 20_000, "——《", "——《》· ", "《》" * 500, "\x00"])
@pytest.mark.parametrize("question", ["那油渍呢", "全文", "第二步", "好的", "1"])
async def test_a_broken_history_breaks_no_answer(small, said, question):
    for sender in ("customer", "bot"):
        history = (Line("customer", "真皮沙发怎么清洁"), Line("bot", "用软布。"), Line(sender, said))
        assert (await small.answer(question, history, TODAY)).text


async def test_a_long_history_is_no_slower(small):
    history = tuple(Line("customer" if n % 2 else "bot", "真皮沙发怎么清洁，那油渍呢" * 20) for n in range(2000))
    started = time.process_time()
    await small.answer("那油渍呢", history, TODAY)
    assert time.process_time() - started < 0.5


async def test_an_index_deleted_while_running_leaves_the_open_generation_answering(guides, tmp_path):
    roots = tmp_path / "index", tmp_path / "chroma"
    build(guides, *roots)
    library = Library.open(*roots)
    try:
        before = await library.answer("皮沙发怎么擦", (), TODAY)
        shutil.rmtree(roots[0])
        shutil.rmtree(roots[1])
        after = await library.answer("皮沙发怎么擦", (), TODAY)
        assert not after.refused
        assert after.text == before.text
        assert "7 天内可以无理由退货" in (await library.answer("想退货怎么弄", (), TODAY)).text
    finally:
        library.close()


async def test_two_guides_of_one_title_are_both_found_and_cited_by_their_names(guides, opened, write_guide):
    write_guide(guides, "a/rule.md", "团购规则", "团购满三人成团，成团后 2 天发货。")
    write_guide(guides, "b/rule.md", "团购规则", "团购退团要提前一天说，退款 3 天到账。")
    library = opened()
    assert [one.guide for one in (await library.answer("团购几人成团", (), TODAY)).citations] == ["a/rule.md"]
    assert [one.guide for one in (await library.answer("团购怎么退团", (), TODAY)).citations] == ["b/rule.md"]


@pytest.mark.parametrize(
    "body",
    ["**甲**", "[甲]: http://a.cn", "花瓶：", "```\n```", "| 甲 |\n| --- |", "&nbsp;", "1. \n2. ", "<!-- 待写 -->"],
)
async def test_a_guide_that_says_nothing_keeps_no_other_from_being_answered(guides, opened, write_guide, body):
    write_guide(guides, "vase.md", "花瓶怎么清洗", body)
    library = opened()
    assert not (await library.answer("皮沙发怎么擦", (), TODAY)).refused
    assert (await library.answer("花瓶怎么清洗呢", (), TODAY)).text.strip()
    assert (await library.answer("花瓶怎么清洗", (), TODAY)).text.strip()


@pytest.mark.parametrize("body", ["## 甲\n\n## 乙", "---", "#", "***\n\n\n"])
def test_a_guide_of_headings_alone_is_reported_and_the_rest_goes_on(guides, tmp_path, write_guide, body):
    write_guide(guides, "vase.md", "花瓶怎么清洗", body)
    built = build(guides, tmp_path / "index", tmp_path / "chroma")
    assert [(one.name, one.reason[:4]) for one in built.rejected] == [("vase.md", "没有正文")]
    assert len(built.added) == 4
