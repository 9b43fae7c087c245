"""A guide → its passages: headings of every house style name them, and nothing that belongs together is cut."""

import pytest

from knowledge.indexing.passages import LARGEST_WHOLE, ROOM, blocks, split
from knowledge.language.sentences import sentences
from knowledge.types import Guide


def guide(body: str, title: str = "标题") -> Guide:
    return Guide(name="g.md", title=title, topic="", body=body)


def sections(body: str) -> list[str]:
    return [one.section for one in split(guide(body))]


def test_a_passage_carries_the_headings_above_it():
    found = split(guide("引子。\n\n## 甲\n\n甲文。\n\n### 乙\n\n乙文。\n\n## 丙\n\n丙文。"))
    assert [(one.section, one.text, one.position) for one in found] == [
        ("", "引子。", 0),
        ("甲", "甲文。", 1),
        ("甲 · 乙", "乙文。", 2),
        ("丙", "丙文。", 3),
    ]


def test_a_first_heading_that_repeats_the_title_names_nothing():
    assert sections("# 标题\n\n正文。\n\n## 节\n\n文。") == ["", "节"]


def test_a_hash_inside_a_code_block_is_no_heading():
    assert sections("```\n# 不是标题\n```\n\n正文。") == [""]


@pytest.mark.parametrize(
    ("block", "section"),
    [
        ("**油渍。** 撒一层淀粉，静置两小时。", "油渍"),
        ("**油渍：** 撒一层淀粉，静置两小时。", "油渍"),
        ("🧴 **油渍** 撒一层淀粉，静置两小时。", "油渍"),
        ("**油渍**（新的）：撒一层淀粉，静置两小时。", "油渍"),
        ("第六条　扔东西。孩子扔东西时收走一次。", "第六条　扔东西"),
        ("五、生日礼：当月可领一次。", "五、生日礼"),
        ("床铃挂不挂？挂在看得见的侧面，三个月后取下。", "床铃挂不挂？"),
        ("Q：可以机洗吗？可以，选轻柔档，水温 30 度。", "Q：可以机洗吗？"),
    ],
)
def test_a_paragraph_that_begins_with_its_own_heading_is_a_section(block, section):
    found = split(guide(f"引子说一句。\n\n{block}"))
    assert [(one.section, one.text) for one in found] == [("", "引子说一句。"), (section, block)]


@pytest.mark.parametrize("heading", ["📐 公式一：客厅看沙发", "**怎么清洁**", "1️⃣ 先量尺寸", "二、准备材料"])
def test_a_line_that_looks_like_a_heading_names_what_follows(heading):
    found = split(guide(f"引子说一句。\n\n{heading}\n\n后文说一句。"))
    assert [one.text for one in found] == ["引子说一句。", "后文说一句。"]
    assert found[1].section.strip("*") == heading.strip("*")


@pytest.mark.parametrize(
    "line",
    [
        "**注意：这样会更贵。**",
        "这是一句普通的话。",
        "**一定不要用酒精，**否则会掉色。",
        "他问：“好吗？”",
        "**真皮**沙发怕晒怕干。",
    ],
)
def test_an_ordinary_line_is_no_heading(line):
    assert sections(f"引子。\n\n{line}") == [""]


def test_what_only_looks_like_a_heading_stands_below_a_true_one():
    assert sections("## 污渍\n\n**油渍。** 用干布吸走再擦。\n\n**水渍。** 用软布擦干再晾。") == [
        "污渍 · 油渍",
        "污渍 · 水渍",
    ]


def test_long_prose_is_cut_at_sentence_ends_and_nothing_is_lost():
    text = "这是一句有一定长度的话，用来把段落撑长。" * 60
    found = split(guide(text))
    assert len(found) > 1
    assert all(one.text.endswith("。") and len(one.text) <= ROOM for one in found)
    assert "".join(one.text for one in found) == text


def test_tables_and_numbered_lists_stay_whole_and_with_their_introduction():
    steps = "\n".join(f"{i}. 第 {i} 步要做的事情写在这里，写得稍微长一点点，好让它超出篇幅。" for i in range(1, 21))
    body = f"{'前文。' * 140}\n\n按下面的顺序做：\n\n{steps}\n\n{'后文。' * 100}"
    with_steps = [one for one in split(guide(body)) if "1. 第 1 步" in one.text]
    assert len(with_steps) == 1
    assert f"按下面的顺序做：\n\n{steps}" in with_steps[0].text


def test_a_table_is_one_block_however_many_rows_fit():
    rows = "\n".join(f"| 第 {i} 行 | {i} 厘米 |" for i in range(40))
    table = f"| 项目 | 尺寸 |\n| --- | --- |\n{rows}"
    assert split(guide(f"{table}\n\n{'后文。' * 200}"))[0].text == table


def test_a_list_beyond_all_measure_is_cut_after_all():
    rows = "\n".join(f"- 第 {i} 行。" for i in range(1000))
    assert all(len(one.text) <= LARGEST_WHOLE for one in split(guide(rows)))


def test_blocks_are_verbatim():
    text = "一句。\n\n| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |\n\n1. 步\n2. 步"
    assert [(one.kind, one.text) for one in blocks(text)] == [
        ("prose", "一句。"),
        ("table", "| 甲 | 乙 |\n| --- | --- |\n| 1 | 2 |"),
        ("steps", "1. 步\n2. 步"),
    ]


@pytest.mark.parametrize("body", ["## 甲\n\n## 乙", "**甲**", "---", "[甲]: http://a.cn", "1. \n2. "])
def test_a_guide_of_nothing_but_headings_still_has_a_passage(body):
    assert len(split(guide(body))) == 1


def test_sentences_keep_closing_quotes_and_decimal_points():
    text = "他说“可以。”然后走了。长 3.5 米！真的？"
    assert sentences(text) == ["他说“可以。”", "然后走了。", "长 3.5 米！", "真的？"]
    assert "".join(sentences(text)) == text
