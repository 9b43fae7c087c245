"""Which of a guide's words answer: verbatim, in their order, few enough to be read, with where they stand."""

import pytest

from knowledge.answers.quoting import LIST_ROOM, MORE, ROOM, ROWS, refusal, source_line, sources, too_long, within
from knowledge.language.sentences import sentences
from knowledge.types import Citation
from tests.knowledge.shelf import Shelf, guide

STEPS = "1. 用软毛刷头吸净灰尘。\n2. 在隐蔽处试用皮革清洁剂。\n3. 薄涂一层护理剂，静置 20 分钟。"
SOFA = guide(
    "真皮沙发怎么清洁保养",
    f"""真皮沙发怕晒怕干，平时用微湿软布擦拭。每三到六个月做一次皮革护理。

## 每季护理的步骤

护理按下面的顺序做：

{STEPS}

## 油渍怎么处理

油渍先用干布吸走，再用皮革清洁剂轻擦。讨厌的油渍不要用酒精。

## 摆放

真皮沙发离暖气片 50 厘米以上。沙发背离墙 10 厘米，通风更好。
""",
)
ILL = guide(
    "宝宝腹泻怎么护理",
    f"""宝宝腹泻先补水，不要急着止泻。

## 怎样算腹泻

24 小时内 3 次以上的水样便算腹泻。{"腹泻的样子各有不同，要看大便里有没有血丝和黏液。" * 8}

## 在家补液的步骤

{STEPS.replace("皮革清洁剂", "口服补液盐")}

## 什么时候要马上就医

宝宝 8 小时没有尿、大便带血，要马上就医。
""",
)
shelf = Shelf(SOFA)


def body(answer: str) -> str:
    return answer[: answer.index("\n\n——")]


def prose(answer: str) -> str:
    """The sentences of an answer without its lists and tables."""
    lines = [line for line in body(answer).splitlines() if not line.startswith(("|", "-", "1", "2", "3", "4", "5"))]
    return "".join(lines)


def test_the_section_that_answers_is_quoted_and_named():
    found = shelf.quoted("皮沙发上的油渍怎么去掉").answer
    assert body(found.text) == "油渍先用干布吸走，再用皮革清洁剂轻擦。讨厌的油渍不要用酒精。"
    assert "——《真皮沙发怎么清洁保养》· 油渍怎么处理" in found.text
    assert [one.section for one in found.citations] == ["油渍怎么处理"]
    assert not found.refused


@pytest.mark.parametrize("question", ["真皮沙发怎么擦", "真皮沙发护理的步骤", "沙发离暖气多远", "皮沙发油渍能用酒精吗"])
def test_everything_quoted_is_in_the_guide_word_for_word(question):
    for line in body(shelf.text(question)).splitlines():
        assert all(sentence in SOFA.body for sentence in sentences(line))


@pytest.mark.parametrize("question", ["真皮沙发护理的步骤", "真皮沙发每季怎么护理"])
def test_steps_come_whole_and_after_their_introduction_when_asked_how(question):
    assert f"护理按下面的顺序做：\n\n{STEPS}" in shelf.text(question)


def test_what_was_not_used_is_not_cited():
    found = shelf.quoted("沙发离暖气多远").answer
    assert "50 厘米" in found.text
    assert [one.section for one in found.citations] == ["摆放"]


def test_a_figure_asked_for_is_preferred_to_a_sentence_without_one():
    plants = guide(
        "绿植浇水", "绿植浇水要看土干不干，浇水前先摸一摸。\n\n绿植夏天每 2 天浇一次水。" + "浇水时避开叶心。" * 20
    )
    assert "每 2 天" in Shelf(plants).text("绿植夏天多久浇一次水")


def test_quoted_sentences_keep_within_their_room_and_stand_side_by_side():
    text = "".join(f"真皮沙发清洁的第{n}句话，写得稍微长一点点，看看放不放得下。" for n in "甲乙丙丁戊己庚辛壬癸")
    quoted = body(Shelf(guide("真皮沙发怎么清洁", text)).text("真皮沙发怎么清洁"))
    assert len(quoted) <= ROOM
    assert len(sentences(quoted)) > 2
    assert quoted in text


def test_one_long_sentence_is_quoted_whole_rather_than_cut():
    text = "真皮沙发清洁时要注意" + "很多很多很多事情、" * 40 + "等等。"
    assert text in Shelf(guide("真皮沙发怎么清洁", text)).text("真皮沙发怎么清洁")


def test_a_line_that_only_introduces_a_list_never_stands_alone():
    text = Shelf(
        guide("真皮沙发怎么清洁", "真皮沙发清洁用软布。\n\n## 尺寸\n\n真皮沙发清洁的尺寸如下：\n\n- 甲\n- 乙")
    ).text("真皮沙发清洁")
    assert ("如下：" in text) == ("- 甲" in text)


@pytest.mark.parametrize(
    "text", ["1. 吸尘。\n2. 擦拭。", "沙发清洗方法如下：", "沙发可以用水洗吗？", "<div>沙发用水洗</div>"]
)
def test_a_section_of_one_piece_is_quoted_as_it_is_and_never_as_nothing(text):
    assert body(Shelf(guide("沙发怎么清洗", text)).text("沙发怎么清洗")) == text


def test_a_short_table_comes_whole():
    table = "| 情况 | 运费 |\n| --- | --- |\n| 质量问题 | 商家承担 |\n| 不想要了 | 会员承担 |"
    found = Shelf(guide("退换货规则", f"签收次日起 7 天内可以退货。\n\n## 运费谁承担\n\n{table}")).text(
        "退货运费谁承担"
    )
    assert table in found


def test_of_a_large_table_the_head_and_the_rows_asked_about_are_quoted():
    names = ("绿萝", "龟背竹", "虎皮兰", "吊兰", "文竹", "茉莉", "栀子", "月季", "薄荷", "罗勒", "多肉", "芦荟")
    rows = [
        f"| {name} | 放在有散射光的窗边，{name}每 {place} 天浇一次水，叶子常擦灰 |"
        for place, name in enumerate(names, 3)
    ]
    table = "\n".join(["| 植物 | 养法 |", "| --- | --- |", *rows])
    found = Shelf(guide("绿植养护表", f"绿植都怕积水。\n\n## 各种绿植\n\n{table}")).text("茉莉几天浇水")
    assert "| 植物 | 养法 |\n| --- | --- |" in found
    assert rows[names.index("茉莉")] in found
    assert sum(row in found for row in rows) <= ROWS


def test_a_list_too_long_to_read_ends_at_a_line_end():
    rows = [f"{n}. 第 {n} 步，这一步要做的事情写在这里。" for n in range(1, 60)]
    found = body(Shelf(guide("真皮沙发怎么清洁", "\n".join(rows))).text("真皮沙发怎么清洁"))
    assert len(found) <= LIST_ROOM + 100
    assert found.splitlines() == rows[: len(found.splitlines())]


def test_sentences_of_several_sections_are_combined_in_the_guides_order_and_all_are_named():
    text = "## 日常\n\n真皮沙发清洁用软布。\n\n## 每季\n\n真皮沙发清洁先吸尘。"
    found = Shelf(guide("真皮沙发怎么清洁", text)).quoted("真皮沙发怎么清洁").answer
    assert found.text == "真皮沙发清洁用软布。\n\n真皮沙发清洁先吸尘。\n\n——《真皮沙发怎么清洁》· 日常、每季"
    assert [one.section for one in found.citations] == ["日常", "每季"]


def test_other_guides_do_not_mix_into_an_answer():
    other = guide("布艺沙发怎么清洗", "布艺沙发清洗看水洗标。真皮沙发另说。")
    found = Shelf(SOFA, other).quoted("真皮沙发怎么清洁保养").answer
    assert {one.title for one in found.citations} == {SOFA.title}


def test_who_asks_what_to_do_about_an_illness_is_told_the_steps_and_when_to_see_a_doctor():
    found = Shelf(ILL).quoted("宝宝拉肚子怎么办").answer
    assert "口服补液盐" in found.text
    assert "8 小时没有尿、大便带血，要马上就医。" in found.text
    assert found.citations[-1].section == "什么时候要马上就医"


def test_a_guide_about_an_illness_brings_its_doctor_whatever_the_question_calls_it():
    rash = guide(
        "红屁股（尿布疹）的护理",
        "宝宝红屁股要勤换尿布。\n\n## 什么时候要就医\n\n红屁股破皮流水，请就医。\n\n## 备注\n\n" + "另说。" * 80,
    )
    assert "请就医" in Shelf(rash).text("红屁股怎么护理")


def test_where_nobody_is_ill_no_doctor_is_named():
    assert "就医" not in Shelf(
        guide("新房味道大", "新房味道大先开窗。\n\n## 什么时候要就医\n\n头晕请就医。" + "备注。" * 60)
    ).text("新房味道大怎么办")


def test_the_whole_is_offered_only_where_there_is_more_of_it():
    assert Shelf(ILL).text("宝宝多久没有尿要看医生").endswith(MORE)
    assert MORE not in Shelf(guide("花瓶清洗", "花瓶用温水泡十分钟再刷。")).text("花瓶怎么清洗")


def test_what_a_model_may_work_with_are_the_sections_answered_from():
    quoted = shelf.quoted("皮沙发上的油渍怎么去掉")
    assert {hit.passage.section for hit in quoted.hits} >= {one.section for one in quoted.answer.citations}
    assert all(0 <= hit.score <= 1 for hit in quoted.hits)


def test_the_source_line_names_each_guide_once():
    cited = [
        Citation("a", "甲", "一", 1),
        Citation("a", "甲", "", 1),
        Citation("a", "甲", "一", 1),
        Citation("b", "乙", "", 1),
    ]
    assert source_line(cited) == "——《甲》· 一\n——《乙》"


@pytest.mark.parametrize(
    ("title", "section"),
    [
        ("甲", ""),
        ("甲", "一"),
        ("红屁股（尿布疹）", "油渍、笔迹与霉点"),
        ("读《好饿的毛毛虫》", "先读一遍（慢）"),
        ("甲", "一 · 二"),
    ],
)
@pytest.mark.parametrize("after", ["", MORE])
def test_where_an_answer_came_from_can_be_read_back(title, section, after):
    text = f"《别的》说一句。\n\n{source_line([Citation('a', title, section, 1)])}{after}"
    assert sources(text) == [(title, section)]


def test_a_section_is_found_among_those_an_answer_named():
    assert within("油渍、笔迹与霉点", "日常、油渍、笔迹与霉点")
    assert not within("霉点", "日常、油渍、笔迹与霉点")
    assert within("", "")


def test_a_refusal_offers_at_most_three_different_titles_and_a_person():
    answer = refusal(["甲", "甲", "乙", "丙", "丁"])
    assert answer.nearest == ("甲", "乙", "丙")
    assert "《甲》《乙》《丙》" in answer.text
    assert refusal([]).nearest == ()
    for one in (answer, refusal([]), too_long()):
        assert (one.refused, one.citations) == (True, ())
        assert "转人工" in one.text
