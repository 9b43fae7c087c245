import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.passages import LARGEST_WHOLE, ROOM, blocks, split
from knowledge.terms import content, of_the_asker, query_terms, terms
from knowledge.types import Guide


def guide(body: str, title: str = "标题") -> Guide:
    return Guide(name="g.md", title=title, topic="", body=body)


def test_chinese_becomes_characters_and_bigrams_and_never_a_whole_clause():
    assert terms("换洗床品") == ["换", "换洗", "洗", "洗床", "床", "床品", "品"]


def test_latin_words_and_numbers_stay_whole_and_bigrams_do_not_cross_punctuation():
    assert terms("LED 灯，3.5米") == ["led", "灯", "3.5", "3.5米", "米"]


def test_spaces_between_numbers_and_their_units_do_not_matter():
    assert terms("满 6 个月") == terms("满6个月")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("寶寶輔食", "宝宝辅食"),
        ("ＬＥＤ燈", "led灯"),
        ("娃，半岁", "宝宝，6 个月"),
        ("拉肚子", "腹泻"),
        ("38度5", "38.5度"),
    ],
)
def test_different_spellings_of_one_thing_have_the_same_terms(said, written):
    assert terms(said) == terms(written)


@pytest.mark.parametrize("empty", ["", "   ", "😀🎉👍", "？？！！", "怎么办呢", "你好"])
def test_asking_words_and_emoji_alone_name_no_subject(empty):
    assert query_terms(content(empty)) == []


def test_asking_words_are_taken_out_and_leave_a_gap():
    assert content("沙发怎么清洁") == [["沙", "发"], ["清", "洁"]]


@pytest.mark.parametrize("question", ["我发烧了怎么办", "我自己便秘", "你好，我腹泻了"])
def test_who_names_only_themselves_asks_for_themselves(question):
    assert of_the_asker(question)


@pytest.mark.parametrize(
    "question", ["我家娃发烧", "我宝宝便秘", "我想退货", "我的积分", "我一喂辅食他就吐", "发烧怎么办"]
)
def test_who_names_a_child_or_only_their_wish_does_not(question):
    assert not of_the_asker(question)


@pytest.mark.parametrize("said", ["夜里总醒", "半夜一直醒", "晚上老是醒", "夜里醒"])
def test_waking_at_night_has_one_wording_however_often_it_happens(said):
    assert terms(said) == terms("夜醒")


@given(st.text(max_size=200))
def test_any_text_has_terms_without_an_error(text):
    assert all(term and not term.isspace() for term in terms(text))
    assert all(run for run in content(text))


def test_a_passage_carries_the_headings_above_it():
    found = split(guide("引子。\n\n## 甲\n\n甲文。\n\n### 乙\n\n乙文。\n\n## 丙\n\n丙文。"))
    assert [(one.section, one.text, one.position) for one in found] == [
        ("", "引子。", 0),
        ("甲", "甲文。", 1),
        ("甲 · 乙", "乙文。", 2),
        ("丙", "丙文。", 3),
    ]


def test_a_first_heading_that_repeats_the_title_names_nothing():
    assert [one.section for one in split(guide("# 标题\n\n正文。\n\n## 节\n\n文。"))] == ["", "节"]


def test_a_hash_inside_a_code_block_is_no_heading():
    assert [one.section for one in split(guide("```\n# 不是标题\n```\n\n正文。"))] == [""]


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
