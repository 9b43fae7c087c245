"""How old a child is stays as its parent said it: never more exact, never somebody else's, never of another time."""

import pytest

from handlers.learning import stage
from scheduler.stages import read_stage


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我家宝宝6个月了，沙发要包边吗", "6个月"),
        ("宝宝快8个月了能吃蛋黄吗", "快8个月"),
        ("我女儿1岁了", "1岁"),
        ("我儿子2岁3个月，不爱吃饭", "2岁3个月"),
        ("宝宝6个月左右能坐吗", "6个月左右"),
        ("我家8-10个月的宝宝怎么睡", "8-10个月"),
        ("宝宝一岁半", "1岁半"),
        ("宝宝半岁了", "半岁"),
        ("我家宝宝还不到6个月", "还不到6个月"),
        ("宝宝六个多月了", "6个多月"),
        ("宝宝大概7个月左右", "大概7个月左右"),
        ("我家20天的宝宝总是哭", "20天大"),
    ],
)
def test_the_stage_is_kept_in_the_parents_own_words(text: str, words: str) -> None:
    assert stage(text) == words
    assert read_stage(words) is not None, "what is kept can be counted on"


@pytest.mark.parametrize(
    "text",
    [
        "6个月的宝宝能吃蛋黄吗",  # anybody's
        "朋友家宝宝6个月了",
        "宝宝6个月以后怎么吃",
        "宝宝1岁半以后呢",
        "宝宝3岁以上用什么床",
        "宝宝6个月的时候湿疹很厉害",
        "去年宝宝6个月",
        "宝宝早产，现在6个月",
        "矫正月龄，宝宝6个月",
        "大宝3岁，二宝6个月",  # which one?
        "宝宝10天没拉大便了",
    ],
)
def test_what_is_not_how_old_their_child_is_now_is_not_kept(text: str) -> None:
    assert stage(text) == ""


@pytest.mark.parametrize("text", ["快8个月", "6个月左右", "大概7个月左右", "8-10个月"])
def test_a_rough_word_stays_rough(text: str) -> None:
    found = read_stage(stage(f"我家宝宝{text}了"))
    assert found is not None
    assert found.rough
