import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import capsule

BODY = """先量再买，过道留 80 厘米。这是**第二句**，见[尺寸表](https://example.com/a)。

## 怎么量

请这样量：

1. 量墙的净长度。
2. 量到电视墙的
   净距离。
3. 量电梯门；
   - 净宽
   - 净高
4. 贴出轮廓。
5. 走两天。
6. 再决定。

## 多长

双人沙发多在 140–180 厘米。三人的更长。
"""


def test_a_capsule_is_title_lead_points_invitation_and_source() -> None:
    assert capsule.write("小客厅沙发", BODY) == (
        "**小客厅沙发**\n\n"
        "先量再买，过道留 80 厘米。这是第二句，见尺寸表。\n\n"
        "请这样量（共 6 条，先看前 5 条）：\n\n"
        "1. 量墙的净长度。\n"
        "2. 量到电视墙的净距离。\n"
        "3. 量电梯门；净宽；净高\n"
        "4. 贴出轮廓。\n"
        "5. 走两天。\n\n"
        "想看全文或有疑问，直接问我就好～\n"
        "来源：《小客厅沙发》"
    )


def test_a_list_keeps_the_words_that_introduce_it() -> None:
    """Without its introduction a list of what not to do reads as advice."""
    text = capsule.write("洗澡", "先试水温。\n\n## 注意\n\n以下做法不可取：\n\n- 用冰水\n- 用酒精\n")
    assert "以下做法不可取：\n\n- 用冰水\n- 用酒精" in text


def test_a_list_without_an_introduction_stands_under_its_heading() -> None:
    text = capsule.write("洗澡", "先试水温。\n\n## 不要做的事\n\n* 用冰水\n* 用酒精\n")
    assert "不要做的事：\n\n- 用冰水\n- 用酒精" in text


def test_a_list_whose_introduction_is_too_long_is_not_torn_from_it() -> None:
    text = capsule.write("洗澡", f"先试水温。\n\n{'很' * 70}长的说明：\n\n- 用冰水\n- 用酒精\n")
    assert "冰水" not in text


def test_a_guide_without_a_list_gives_the_openings_of_its_sections() -> None:
    text = capsule.write("配色", "先定主色。\n\n## 主色\n\n主色占六成。多了就闷。\n\n## 点缀\n\n点缀占一成。\n")
    assert "- 主色：主色占六成。\n- 点缀：点缀占一成。" in text


@pytest.mark.parametrize(
    "noise",
    ["```\ncode here\n```", "| a | b |\n| --- | --- |", "<!-- code here -->", "![code here](x.png)", "---", ""],
)
def test_code_tables_pictures_and_comments_are_left_out(noise: str) -> None:
    text = capsule.write("题", f"{noise}\n\n先看这里。\n\n{noise}\n")
    assert text == "**题**\n\n先看这里。\n\n想看全文或有疑问，直接问我就好～\n来源：《题》"


def test_a_long_lead_ends_with_a_whole_sentence() -> None:
    text = capsule.write("题", "这是一句完整的话，不长也不短。" * 20)
    assert text.split("\n\n")[1] == "这是一句完整的话，不长也不短。" * 8


def test_a_sentence_that_has_to_be_cut_shows_it() -> None:
    lead = capsule.write("题", "一二三四五，" * 40).split("\n\n")[1]
    assert lead.endswith("……")
    assert len(lead) <= capsule.LONGEST_LEAD


def test_half_a_sentence_after_a_semicolon_is_not_a_whole_one() -> None:
    """ "No medicine below 38.5; but see a doctor under 3 months" must not end at the semicolon as if that were all."""
    point = "体温不高时多数不用急着吃药；" + "但三个月以下的宝宝只要发热就要立即去医院，" * 3
    text = capsule.write("题", f"先看这里。\n\n- {point}\n- 好。\n")
    assert "吃药；但三个月以下的宝宝只要发热就要立即去医院，" not in text.split("……")[1]
    assert "……" in text


def test_an_empty_body_still_gives_a_title_and_a_source() -> None:
    assert capsule.write("题", "") == "**题**\n\n想看全文或有疑问，直接问我就好～\n来源：《题》"


PIECES = st.sampled_from(
    [
        "一句话。",
        "没有句号的话",
        "- 一条",
        "1. 第一步，慢慢来",
        "  - 小项",
        "## 标题",
        "请看：",
        "",
        "> 引用",
        "|a|b|",
        "**粗",
        "```",
    ]
)


@given(title=st.text(max_size=120), lines=st.lists(st.one_of(PIECES, st.text(max_size=90)), max_size=30))
def test_a_capsule_is_never_longer_than_promised(title: str, lines: list[str]) -> None:
    text = capsule.write(title, "\n".join(lines))
    assert len(text) <= capsule.LONGEST
    assert capsule.CLOSING in text
