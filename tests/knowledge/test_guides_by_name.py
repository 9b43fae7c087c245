"""A guide that is asked for by name: all of the one just quoted, one that a refusal offered, one step of its list."""

from datetime import date

import pytest

from knowledge.answers.quoting import MORE, refusal
from knowledge.answers.whole import ROOM, offered, whole
from knowledge.types import Guide, Line

TODAY = date(2026, 11, 21)
TITLES = ("真皮沙发怎么清洁保养", "退换货规则", "客厅地毯选多大")


def after(*titles: str) -> tuple[Line, ...]:
    """A conversation whose last line is a refusal that offers these titles."""
    return (Line("customer", "红木家具怎么打蜡"), Line("bot", refusal(titles).text))


async def asked(library, first: str, then: str):
    answer = await library.answer(first, (), TODAY)
    assert not answer.refused
    return await library.answer(then, (Line("customer", first), Line("bot", answer.text)), TODAY)


@pytest.mark.parametrize(
    "wish",
    [
        "全文",
        "看全文",
        "要看全文",
        "我要看全文",
        "发我全文",
        "想看整篇",
        "全文看看",
        "看原文",
        "完整版",
        "展开",
        "全文！",
        "看全文～",
    ],
)
async def test_the_whole_guide_of_the_last_answer_is_shown_on_request(small, wish):
    found = await asked(small, "皮沙发油渍怎么处理", wish)
    guide = next(one for one in small.guides if one.name == "sofa.md")
    assert guide.body.strip() in found.text
    assert found.text.endswith("——《真皮沙发怎么清洁保养》")
    assert [one.guide for one in found.citations] == ["sofa.md"]


@pytest.mark.parametrize("question", ["全文检索怎么做", "这篇全文是谁写的啊", "整篇地毯"])
async def test_a_question_with_the_word_in_it_is_no_such_request(small, question):
    found = await asked(small, "皮沙发油渍怎么处理", question)
    assert not found.text.startswith("**")


async def test_without_an_answer_before_there_is_no_whole_to_show(small):
    assert (await small.answer("全文", (), TODAY)).refused
    assert (await small.answer("全文", (Line("bot", "您好，请说。"),), TODAY)).refused
    assert (await small.answer("全文", (Line("bot", "——《没有这一篇》"),), TODAY)).refused


async def test_the_last_answer_is_found_behind_other_lines(small):
    answer = await small.answer("皮沙发油渍怎么处理", (), TODAY)
    history = (
        Line("customer", "皮沙发油渍怎么处理"),
        Line("bot", answer.text),
        Line("customer", "谢谢"),
        Line("bot", "不客气"),
    )
    assert "每三到六个月" in (await small.answer("全文", history, TODAY)).text


async def test_an_expired_guide_is_not_shown_whole_by_title_or_by_step(guides, opened, write_guide):
    write_guide(
        guides, "rule.md", "团购规则说明", "团购按下面做：\n\n1. 满三人。\n2. 再下单。", valid_until="2026-11-21"
    )
    library = opened()
    answer = await library.answer("团购怎么做", (), TODAY)
    history = (Line("customer", "团购怎么做"), Line("bot", answer.text))
    assert "再下单" in (await library.answer("第二步", history, TODAY)).text
    for wish in ("全文", "第二步", "团购规则说明"):
        assert "下单" not in (await library.answer(wish, history, date(2026, 11, 22))).text


def test_a_guide_too_long_for_a_message_gives_the_section_quoted_and_names_the_others():
    text = "真皮沙发的事情很多。" * 90
    body = "\n\n".join(f"## {name}\n\n{name}：{text}" for name in ("日常", "油渍、笔迹与霉点", "每季护理"))
    found = whole(Guide("g.md", "真皮沙发", "", body), "油渍、笔迹与霉点").text
    assert len(body) > ROOM
    assert f"油渍、笔迹与霉点：{text}" in found
    assert "日常：" not in found
    assert "其余部分可以接着问：日常、每季护理" in found
    assert "**油渍、笔迹与霉点**" in found


def test_a_long_guide_quoted_before_any_heading_begins_at_its_beginning():
    body = "引子很短。\n\n" + "正文很长，说得很细。" * 400
    assert whole(Guide("g.md", "甲", "", body), "").text.startswith("**甲**\n\n引子很短。")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("第一篇", TITLES[0]),
        ("第二篇", TITLES[1]),
        ("看第二篇", TITLES[1]),
        ("我想看第三篇", TITLES[2]),
        ("2", TITLES[1]),
        ("第2个吧", TITLES[1]),
        ("退换货规则", TITLES[1]),
        ("《退换货规则》", TITLES[1]),
        ("看看退换货规则", TITLES[1]),
        ("第四篇", ""),
        ("随便", ""),
        ("好的", ""),
    ],
)
def test_one_of_several_titles_offered_is_chosen_by_its_place_or_name(text, title):
    assert offered(text, after(*TITLES), TITLES) == title


@pytest.mark.parametrize("text", ["好的", "好", "要", "看看", "可以", "嗯", "想看", "第一篇"])
def test_a_yes_takes_the_only_title_offered(text):
    assert offered(text, after(TITLES[1]), TITLES) == TITLES[1]


def test_a_yes_or_a_number_without_an_offer_chooses_nothing():
    assert offered("好的", (Line("bot", "用软布擦。\n\n——《退换货规则》"),), TITLES) == ""
    assert offered("1", (), TITLES) == ""
    assert offered("3", after(*TITLES[:2]), TITLES) == ""


def test_a_title_can_be_asked_for_without_an_offer():
    assert offered("《客厅地毯选多大》", (), TITLES) == TITLES[2]


async def test_a_chosen_guide_begins_and_says_what_else_is_in_it(small):
    history = (Line("customer", "真皮座椅"), Line("bot", refusal(["真皮沙发怎么清洁保养"]).text))
    found = await small.answer("好的", history, TODAY)
    assert found.text.startswith("真皮沙发怕晒怕干")
    assert "这篇还讲了：每季护理的步骤、油渍怎么处理" in found.text
    assert found.text.endswith(MORE)
    assert not found.refused


async def test_a_guide_that_is_all_told_by_its_beginning_offers_no_more(guides, opened, write_guide):
    write_guide(guides, "vase.md", "花瓶怎么清洗", "花瓶用温水泡十分钟再刷。")
    assert (await opened().answer("花瓶怎么清洗", (), TODAY)).text == "花瓶用温水泡十分钟再刷。\n\n——《花瓶怎么清洗》"


@pytest.mark.parametrize(
    ("wish", "step"), [("第二步", "在隐蔽处试用皮革清洁剂。"), ("第3步怎么做", "薄涂一层护理剂，静置 20 分钟。")]
)
async def test_a_step_of_the_list_just_quoted_is_told_alone(small, wish, step):
    found = await asked(small, "真皮沙发每季护理的步骤", wish)
    assert f"步：{step}" in found.text
    assert len(found.text.splitlines()) == 3
    assert [(one.guide, one.section) for one in found.citations] == [("sofa.md", "每季护理的步骤")]


async def test_a_step_that_is_not_there_is_not_made_up(small):
    found = await asked(small, "真皮沙发每季护理的步骤", "第九步")
    assert "第 9 步" not in found.text


async def test_a_step_of_a_section_with_an_enumeration_in_its_heading_is_found(guides, opened, write_guide):
    write_guide(
        guides,
        "glass.md",
        "玻璃桌怎么擦",
        "玻璃桌怕划。\n\n## 水渍、指纹与油污\n\n1. 先除尘。\n2. 再喷清洁剂。\n3. 由上往下擦。",
    )
    found = await asked(opened(), "玻璃桌水渍怎么擦", "第二步")
    assert "第 2 步：再喷清洁剂。" in found.text


async def test_of_two_guides_of_one_title_the_one_quoted_is_shown(guides, opened, write_guide):
    write_guide(guides, "a/rule.md", "团购规则", "## 成团\n\n团购满三人成团。")
    write_guide(guides, "b/rule.md", "团购规则", "## 退团\n\n团购退团提前一天。")
    library = opened()
    assert {one.name for one in library.guides if one.title == "团购规则"} == {"a/rule.md", "b/rule.md"}
    assert "满三人" in (await asked(library, "团购几人成团", "全文")).text
    assert "提前一天" in (await asked(library, "团购怎么退团", "全文")).text


async def test_of_two_guides_of_one_title_the_valid_one_is_shown(guides, opened, write_guide):
    write_guide(guides, "a/rule.md", "团购规则", "团购满三人成团。")
    write_guide(guides, "b/rule.md", "团购规则", "团购满五人成团。", valid_until="2020-01-01")
    assert "三人" in (await opened().answer("团购规则", (), TODAY)).text
