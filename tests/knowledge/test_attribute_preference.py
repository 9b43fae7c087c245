"""Guides that differ only by age, material, room or season: the one for what was asked comes first."""

import pytest

from tests.knowledge.shelf import Shelf, guide


def shelf(pattern: str, text: str, *values: str) -> Shelf:
    return Shelf(*(guide(pattern.format(value), text.format(value)) for value in values))


AGES = shelf(
    "{}宝宝辅食怎么吃",
    "{}宝宝的辅食每天安排好次数，吃的量看宝宝自己。",
    "6 个月",
    "8 个月",
    "10–12 个月",
    "1 岁半",
    "3 岁",
)
SOFAS = shelf("{}沙发怎么清洁", "{}沙发清洁先吸尘，再擦拭。", "真皮", "布艺", "科技布")
ROOMS = shelf("{}的灯怎么选", "{}的灯看亮度和色温。", "客厅", "卧室", "儿童房", "卫生间")
SEASONS = shelf("{}季室内绿植怎么养", "{}季绿植看光照和浇水。", "春", "夏", "秋", "冬")


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("6 个月宝宝辅食怎么吃", "6 个月"),
        ("半岁的娃辅食怎么吃", "6 个月"),
        ("六個月寶寶輔食", "6 个月"),
        ("八个月宝宝辅食怎么吃", "8 个月"),
        ("宝宝 11 个月辅食怎么吃", "10–12 个月"),
        ("一岁半的娃怎么吃辅食", "1 岁半"),
        ("3岁孩子还吃辅食吗", "3 岁"),
    ],
)
def test_the_guide_for_the_age_comes_first(question, value):
    assert AGES.best(question) == f"{value}宝宝辅食怎么吃"


@pytest.mark.parametrize(
    ("question", "value"), [("7 个月宝宝辅食怎么吃", ("6 个月", "8 个月")), ("两岁辅食怎么吃", ("1 岁半", "3 岁"))]
)
def test_for_an_age_in_between_the_nearest_ages_come_before_the_far_ones(question, value):
    found = AGES.ranked(AGES.reader.read(question))
    assert {one.passage.title for one in found[:2]} == {f"{one}宝宝辅食怎么吃" for one in value}


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("真皮沙发怎么清洁", "真皮"),
        ("牛皮沙发怎么清洁", "真皮"),
        ("布沙发怎么清洁", "布艺"),
        ("科技布沙发怎么清洁", "科技布"),
        ("布藝沙發點清潔", "布艺"),
    ],
)
def test_the_guide_for_the_material_comes_first(question, value):
    assert SOFAS.best(question) == f"{value}沙发怎么清洁"


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("厕所的灯选什么样", "卫生间"),
        ("娃房间的灯怎么选，儿童房", "儿童房"),
        ("睡房的灯", "卧室"),
        ("起居室的灯怎么选", "客厅"),
    ],
)
def test_the_guide_for_the_room_comes_first(question, value):
    assert ROOMS.best(question) == f"{value}的灯怎么选"


@pytest.mark.parametrize(("question", "value"), [("夏天绿植怎么养", "夏"), ("冬天室内绿植", "冬")])
def test_the_guide_for_the_season_comes_first(question, value):
    assert SEASONS.best(question) == f"{value}季室内绿植怎么养"


def test_a_conflict_and_a_fit_are_counted_by_class():
    asked = SOFAS.reader.read("真皮沙发怎么清洁")
    met = {one.passage.title[:2]: one.match for one in SOFAS.ranked(asked)}
    assert (met["真皮"].conflicts, met["真皮"].fits) == (0, 1)
    assert (met["布艺"].conflicts, met["布艺"].fits) == (1, 0)


def test_a_guide_that_names_no_age_or_material_meets_them_all():
    found = Shelf(guide("宝宝辅食怎么吃", "辅食从少到多。"))
    met = found.ranked(found.reader.read("6 个月宝宝辅食怎么吃，真皮沙发弄脏了"))[0].match
    assert (met.age_gap, met.age_fits, met.conflicts) == (0.0, False, 0)


def test_the_figures_of_a_match_are_shares():
    for question in ("真皮沙发怎么清洁", "x", "沙发沙发沙发", "6 个月"):
        for one in SOFAS.ranked(SOFAS.reader.read(question)):
            met = one.match
            assert all(0.0 <= figure <= 1.0 for figure in (met.covered, met.named, met.told, met.spelt, met.run))


def test_a_word_counts_wherever_its_characters_stand_close():
    plants = Shelf(guide("绿植多久浇水", "绿植夏天两天浇一次水。"), guide("绿植换盆", "绿植春天换盆。"))
    assert plants.best("绿植浇水") == "绿植多久浇水"
