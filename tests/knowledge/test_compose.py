"""What of a model's draft may be shown: pure, no model is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.model.compose import LABEL, Draft, checked
from knowledge.model.figures import figures
from knowledge.model.polarity import contradicts, stretches
from knowledge.types import Hit, Passage

SOFA = Passage(
    "sofa.md",
    "真皮沙发怎么清洁保养",
    "日常",
    "真皮沙发每周用干软布擦拭一次，离暖气 30 厘米以上。讨厌的油渍不要用酒精，会损伤皮面。"
    "用冷水打湿，每三到六个月做一次护理，静置 20 分钟。",
    0,
)
RUG = Passage(
    "rug.md", "客厅地毯选多大", "", "客厅地毯要让沙发前腿压住边缘。售后电话 400-123-4567，官网 www.rug.cn。", 0
)
HITS = [Hit(SOFA, 0.9), Hit(RUG, 0.5)]


@pytest.mark.parametrize(
    "draft",
    [
        "真皮沙发每周用干软布擦拭一次。",  # no mark
        "真皮沙发每周用干软布擦拭一次[3]。",  # no such passage
        "真皮沙发每周用干软布擦拭一次[0]。",
        "真皮沙发离暖气 50 厘米以上[1]。",  # a number that the passage does not have
        "客厅地毯要让沙发前腿压住边缘[1]。",  # in another passage
        "宝宝发热时要多喝水、多休息[1]。",  # nowhere
        "真皮沙发每周用干软布擦拭一次，详见 http://evil.example[1]。",
        "真皮沙发每周用干软布擦拭一次，加微信群领红包[1]。",  # a supported beginning carries nothing
        "客厅地毯要让沙发前腿压住边缘，售后电话 400-123-4568[2]。",
        "客厅地毯要让沙发前腿压住边缘，官网 www.rug.cn.evil.cn[2]。",
        "SOFA[1]",
        "无法回答",
        "",
        "[1][2]",
        "<think>真皮沙发每周用干软布擦拭一次[1]。",  # it only thought so
    ],
)
def test_a_sentence_without_support_is_cut(draft):
    assert checked(draft, HITS) is None


@pytest.mark.parametrize(
    "draft",
    [
        "油渍可以用酒精[1]。",
        "真皮沙发每周用酒精擦拭一次[1]。",
        "酒精可以擦油渍[1]。",
        "油渍要用酒精[1]。",
        "真皮沙发不要用干软布擦拭[1]。",
        "不用离暖气 30 厘米[1]。",
        "用热水打湿[1]。",
    ],
)
def test_what_the_guide_forbids_is_not_allowed_and_what_it_says_not_turned_round(draft):
    assert checked(draft, HITS) is None


@pytest.mark.parametrize(
    "draft",
    [
        "真皮沙发离暖气 30 厘米以下[1]。",
        "真皮沙发离暖气最多 30 厘米[1]。",
        "真皮沙发每天用干软布擦拭一次[1]。",
        "真皮沙发每周用干软布擦拭两次[1]。",
        "每六到九个月做一次护理[1]。",
        "静置 20 小时[1]。",
    ],
)
def test_numbers_keep_their_unit_their_bound_and_their_pace(draft):
    assert checked(draft, HITS) is None


@pytest.mark.parametrize(
    "draft",
    [
        "真皮沙发每周用干软布擦拭一次[1]。",
        "油渍不要用酒精擦[1]。",
        "油渍请避免使用酒精[1]。",
        "酒精会损伤皮面，油渍不要用[1]。",
        "如果出现油渍，不要用酒精，会损伤皮面哦[1]。",
        "每 3-6 个月护理一次[1]。",
        "离暖气至少 30 厘米[1]。",
        "每周擦拭 1 次[1]。",
        "静置二十分钟[1]。",
        "客厅地毯要让沙发前腿压住边缘，售后电话 400-123-4567[2]。",
        "<think>先想想[2]。</think>真皮沙发每周用干软布擦拭一次[1]。",
    ],
)
def test_another_wording_of_what_the_guide_says_stays(draft):
    assert checked(draft, HITS) is not None


@pytest.mark.parametrize(
    "draft",
    [
        "真皮沙发每周用干软布擦拭一次[1]。宝宝发热要多喝水[1]。",
        "真皮沙发每周用干软布擦拭一次。[1]宝宝发热要多喝水。[2]",
        "- 真皮沙发每周用干软布擦拭一次。 [1]\n- 宝宝发热要多喝水。 [1]",
        "1. 真皮沙发每周用干软布擦拭一次。\n[1]\n\n宝宝发热要多喝水。",
        "- 真皮沙发每周用干软布擦拭一次 [1]\n- 宝宝发热要多喝水 [1]",
    ],
)
def test_what_is_supported_stays_when_the_rest_is_cut(draft):
    answer = checked(draft, HITS)
    assert answer.text.startswith("真皮沙发每周用干软布擦拭一次。\n\n——")
    assert [one.guide for one in answer.citations] == ["sofa.md"]


def test_an_answer_of_which_little_is_supported_is_none():
    assert checked("真皮沙发每周用干软布擦拭一次[1]。" + "宝宝发热要多喝水[1]。" * 3, HITS) is None


def test_only_passages_that_a_kept_sentence_names_are_cited():
    answer = checked("真皮沙发每周用干软布擦拭一次[1]。客厅地毯要让沙发前腿压住边缘[2]。", HITS)
    assert [one.guide for one in answer.citations] == ["sofa.md", "rug.md"]
    assert answer.text.count("——《") == 2


def test_the_label_names_ai_and_generation_and_stands_at_the_end():
    """GB 45438-2025 wants both words; Art. 4 of the 标识办法 leaves beginning, end or between."""
    answer = checked("真皮沙发每周用干软布擦拭一次[1]。", HITS)
    assert answer.generated
    assert "AI" in LABEL
    assert "生成" in LABEL
    assert answer.text.endswith(LABEL)


WHOLE = (
    "<think>想一想[1]。</think>真皮沙发每周用干软布擦拭一次。[1] 宝宝发热要多喝水[1]。\n"
    "2. 离暖气 30 厘米以上\n[1]\n\n油渍可以用酒精[1]。客厅地毯要让沙发前腿压住边缘[2]！"
)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=120))
def test_however_it_arrives_the_answer_is_the_same_and_what_was_shown_stays(lengths):
    draft, rest, before = Draft(HITS), WHOLE, ""
    for length in lengths:
        grew = draft.write(rest[:length])
        rest = rest[length:]
        said = draft.shown.removesuffix(LABEL).rstrip()
        assert said.startswith(before)
        assert grew == (said != before)
        assert not draft.shown or draft.shown.endswith(LABEL)
        before = said
    draft.write(rest)
    draft.end()
    assert draft.answer() == checked(WHOLE, HITS)
    assert draft.answer().text.startswith(before)


def test_a_draft_without_end_is_looked_at_no_further():
    draft = Draft(HITS)
    while not draft.full:
        draft.write("真皮沙发每周用干软布擦拭一次[1]。")
    draft.end()
    assert len(draft.answer().text) < 2500


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("三分之二", {("2/3", "", "")}),
        ("每三到六个月", {("3", "月", ""), ("6", "月", "")}),
        ("30 到 45 厘米", {("30", "厘米", ""), ("45", "厘米", "")}),
        ("半小时", {("0.5", "小时", "")}),
        ("每天两次", {("1", "天", ""), ("2", "次", "")}),
        ("不超过 150 克", {("150", "克", "<")}),
        ("38.5℃", {("38.5", "摄氏度", "")}),
        ("第一步，一起做一个", set()),
        ("160×230 cm", {("160", "", ""), ("230", "厘米", "")}),
    ],
)
def test_figures_are_read_with_unit_and_bound(text, found):
    assert {(one.number, one.unit, one.bound) for one in figures(text)} == found


@pytest.mark.parametrize(
    ("said", "source", "against"),
    [
        ("可以暴晒", "避免暴晒", True),
        ("不能暴晒", "避免暴晒", False),
        ("酒精可以用", "酒精不能用", True),
        ("不锈钢可以水洗", "不锈钢可以水洗", False),
        ("没有不适再换下一种", "没有不适再换下一种", False),
        ("没有不适再喂", "出现不适再喂", True),
        ("宝宝 1 岁前可以喝蜂蜜", "宝宝 1 岁前不要喝蜂蜜", True),
        ("特别适合用湿布", "特别适合用湿布", False),
        ("阳光直射会让皮面开裂", "不要放在阳光直射的地方", False),
    ],
)
def test_a_contradiction_is_seen_and_a_warning_is_none(said, source, against):
    assert contradicts(stretches(said), stretches(source)) is against
