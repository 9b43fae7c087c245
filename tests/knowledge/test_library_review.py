"""What a person is told to look at: real contradictions and copies, and no false alarms for guides that may differ."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from knowledge.guides import read_folder
from knowledge.review import expiring, review
from knowledge.review.overlap import grams, sharing
from knowledge.types import Guide

TODAY = date(2026, 11, 21)
SAMPLES = Path(__file__).resolve().parents[2] / "guides"
LONG = (
    "真皮沙发怕晒怕干怕泡水，平时用微湿软布擦拭。饮料洒了要立刻按压吸走，不要用热风吹。"
    "油渍先吸后擦，别用酒精和洗洁精原液。"
)


def guide(name: str, title: str, body: str, **fields) -> Guide:
    return Guide(name, title, "", body, **fields)


def found(*texts: tuple[str, str]):
    guides = [guide(f"{place}.md", title, body) for place, (title, body) in enumerate(texts)]
    return review(guides, TODAY).conflicts


@pytest.mark.parametrize(
    ("left", "right", "figures"),
    [
        (
            ("真皮沙发怎么清洁保养", "真皮沙发怕晒。每 3 个月做一次皮革护理。"),
            ("皮沙发护理手册", "真皮沙发建议每 6 个月做一次皮革护理，避免开裂。"),
            ("3个月", "6个月"),
        ),
        (
            ("6 个月开始添加辅食", "宝宝满 6 个月就可以开始吃辅食，从含铁的泥糊起步。"),
            ("宝宝辅食添加", "宝宝满四个月可以开始吃辅食，从含铁的泥糊起步。"),
            ("6个月", "4个月"),
        ),
        (
            ("退换货规则", "签收次日起 7 天内可以无理由退货。"),
            ("退货须知", "签收次日起 15 天内支持无理由退货。"),
            ("7天", "15天"),
        ),
        (
            ("客厅地毯选多大", "两米长的沙发配 160×230 厘米的地毯。"),
            ("地毯尺寸指南", "两米长的沙发配 200×300 厘米的地毯。"),
            ("160×230厘米", "200×300厘米"),
        ),
        (
            ("门店营业时间", "门店营业时间为 9:00–18:00。"),
            ("门店营业时间说明", "门店营业时间是 10:00–21:00。"),
            ("9:00-18:00", "10:00-21:00"),
        ),
        (
            ("1 岁后的饮食", "| 食物 | 每天参考量 |\n| --- | --- |\n| 鸡蛋 | 25–50 g |"),
            ("1 岁宝宝饮食", "| 食物 | 每天参考量 |\n| --- | --- |\n| 鸡蛋 | 100 g |"),
            ("25-50 g", "100 g"),
        ),
        (
            ("保修与维修", "## 沙发保修多久\n\n沙发保修 2 年。"),
            ("保修规则", "## 沙发保修期\n\n沙发的保修期为 3 年。"),
            ("2年", "3年"),
        ),
    ],
)
def test_the_same_statement_with_another_number_is_a_contradiction(left, right, figures):
    (conflict,) = found(left, right)
    assert tuple(one.figure.replace("x", "×") for one in (conflict.left, conflict.right)) == figures
    assert conflict.left.sentence.split("：")[-1][-4:] in left[1]
    assert (conflict.left.guide, conflict.right.guide) == ("0.md", "1.md")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ("6 个月宝宝睡眠", "宝宝每天睡 14 小时，白天小睡 3 次。"),
            ("1 岁宝宝睡眠", "宝宝每天睡 12 小时，白天小睡 3 次。"),
        ),
        (("真皮沙发怎么清洁", "沙发每 3 个月请护理一次表面。"), ("布艺沙发怎么清洁", "沙发每 6 个月请护理一次表面。")),
        (("夏季绿萝浇水", "绿萝每 3 天浇一次水，水要浇透。"), ("冬季绿萝浇水", "绿萝每 10 天浇一次水，水要浇透。")),
        (("客厅吊灯高度", "吊灯离地面 2.2 米，光线均匀。"), ("餐厅吊灯高度", "吊灯离地面 1.5 米，光线均匀。")),
        (("绿植浇水", "## 夏季\n\n绿萝每 3 天浇透一次。"), ("阳台绿植浇水", "## 冬季\n\n绿萝每 10 天浇透一次。")),
        (("宝宝喝奶量", "6 个月的宝宝每天喝奶约 800 mL。"), ("宝宝喝奶量参考", "1 岁的宝宝每天喝奶约 500 mL。")),
        (("床品尺寸", "1.8 米床要配加厚的床笠。"), ("床品尺寸怎么选", "1.5 米床要配加厚的床笠。")),
        (
            ("猫砂盆怎么清洁", "每 2 周用清水彻底清洁一次再晾干。"),
            ("鱼缸怎么清洁", "每 4 周用清水彻底清洁一次再晾干。"),
        ),
        (("真皮沙发保养", "真皮沙发每 1 周用软布擦一次。"), ("真皮沙发清洁", "真皮沙发每 7 天用软布擦一次。")),
        (("真皮沙发保养", "真皮沙发清洁每次 30 分钟。"), ("真皮沙发清洁", "真皮沙发清洁每次半小时。")),
        (("睡前安排", "早上喝奶 150 毫升，不要太快。"), ("睡前怎么安排", "晚上喝奶 200 毫升，不要太快。")),
        (("辅食添加", "第 1 周每天添加辅食 1 次就够。"), ("宝宝辅食添加", "第 2 周每天添加辅食 2 次就够。")),
        (("床尺寸", "1.8 米的床配 2.2 米的被子。"), ("床的尺寸", "1.5 米的床配 2 米的被子。")),
        (("退货规则", "我们 2025 年更新了退货规则。"), ("退货规则说明", "我们 2026 年更新了退货规则。")),
    ],
)
def test_other_ages_materials_seasons_rooms_and_units_are_no_contradiction(left, right):
    assert found(left, right) == ()


def test_two_sections_of_one_guide_can_contradict_each_other():
    body = "## 退货期限\n\n签收次日起 7 天内可以无理由退货。\n\n## 退货流程\n\n签收次日起 15 天内可以无理由退货。"
    (conflict,) = found(("退换货规则", body))
    assert (conflict.left.section, conflict.right.section) == ("退货期限", "退货流程")


def test_the_sample_library_gives_no_false_alarm():
    guides, _ = read_folder(SAMPLES)
    assert review(guides, TODAY).conflicts == ()


def test_one_wrong_number_is_found_among_many_copies_of_a_sentence():
    right = [
        guide(f"{n}.md", f"退货规则 {n} 号店", "退款在 3 个工作日内原路退回。", keywords=("退款",)) for n in range(500)
    ]
    wrong = guide("wrong.md", "退款说明", "退款在 5 个工作日内原路退回。", keywords=("退款",))
    conflicts = review([*right, wrong], TODAY).conflicts
    assert 1 <= len(conflicts) <= 3
    assert {conflict.right.guide for conflict in conflicts} == {"wrong.md"}


def test_copies_and_nearly_copies_are_twins():
    longer = LONG + "梅雨季开除湿机，冬天离暖气片远一点。"
    guides = [guide("a.md", "真皮沙发", LONG), guide("b.md", "皮沙发", LONG), guide("c.md", "沙发护理", longer)]
    twins = review(guides, TODAY).twins
    assert [(one.left, one.right, one.share) for one in twins] == [("a.md", "b.md", 1.0), ("a.md", "c.md", 1.0)]


def test_guides_for_different_materials_may_be_alike_but_not_the_same():
    changed = LONG.replace("真皮", "布艺").replace("怕泡水", "怕污渍")
    assert review([guide("a.md", "真皮沙发", LONG), guide("b.md", "布艺沙发", changed)], TODAY).twins == ()
    assert len(review([guide("a.md", "沙发", LONG), guide("b.md", "沙发护理", changed)], TODAY).twins) == 1
    assert len(review([guide("a.md", "真皮沙发", LONG), guide("b.md", "布艺沙发", LONG)], TODAY).twins) == 1


def test_different_guides_are_no_twins():
    guides, _ = read_folder(SAMPLES)
    assert review(guides, TODAY).twins == ()


def test_titles_that_two_files_share_are_named_and_rows_of_one_file_are_not():
    guides = [
        guide("a.md", "退货 规则", "甲。"),
        guide("b.docx", "退货规则", "乙。"),
        guide("c.xlsx#常见问题", "常见问题", "丙。"),
        guide("c.xlsx#常见问题·2", "常见问题", "丁。"),
    ]
    assert review(guides, TODAY).same_titles == (("a.md", "b.docx"),)


def test_expired_and_soon_expiring_guides_are_named_with_the_soonest_first():
    days = {
        "late": date(2027, 6, 1),
        "soon": date(2026, 12, 21),
        "today": TODAY,
        "gone": date(2026, 11, 20),
        "ever": None,
    }
    guides = [guide(f"{name}.md", name, "正文。", valid_until=day) for name, day in days.items()]
    seen = review(guides, TODAY)
    assert [one.name for one in seen.expired] == ["gone.md"]
    assert [one.name for one in seen.expiring] == ["today.md", "soon.md"]
    assert [one.name for one in expiring(guides, TODAY, days=0)] == ["today.md"]


def test_an_expired_version_is_not_compared_with_the_new_one():
    old = guide("old.md", "退货规则", f"{LONG}签收次日起 7 天内可以无理由退货。", valid_until=date(2026, 1, 1))
    new = replace(old, name="new.md", valid_until=None, body=old.body.replace("7 天", "15 天"))
    seen = review([old, new], TODAY)
    assert (seen.conflicts, seen.twins, seen.same_titles) == ((), (), ())


def test_a_review_in_the_future_is_a_warning():
    seen = review([guide("a.md", "甲", "正文。", reviewed_on=date(2027, 1, 1))], TODAY)
    assert seen.lines() == ("审核日期在将来 1 份：", "  a.md（2027-01-01）")


def test_the_report_quotes_both_sentences_and_counts_what_it_does_not_list():
    left = guide("a.md", "退换货规则", "## 期限\n\n签收次日起 7 天内可以无理由退货。")
    right = guide("b.md", "退货须知", "签收次日起 15 天内支持无理由退货。")
    old = [guide(f"{n}.md", f"旧 {n}", "x", valid_until=date(2026, 1, 1)) for n in range(8)]
    lines = review([left, right, *old], TODAY).lines()
    assert lines[:2] == (
        "可能互相矛盾 1 处：",
        "  7天 还是 15天？a.md · 期限：“签收次日起 7 天内可以无理由退货。”；b.md：“签收次日起 15 天内支持无理由退货。”",
    )
    assert lines[2] == "已过期 8 份（不会再引用）："
    assert lines[-1] == "  另有 3 处"


def test_nothing_to_look_at_makes_an_empty_report():
    assert review([], TODAY).lines() == ()
    assert review([guide("a.md", "甲", "正文。")], TODAY).lines() == ()


def test_pairs_that_share_are_those_that_comparing_each_with_each_would_find():
    rng = np.random.default_rng(3)
    texts = ["".join(map(chr, rng.integers(0x4E00, 0x4E20, 60))) for _ in range(40)] + ["", "短"]
    sets = [grams(text, 3) for text in texts]
    expected = {
        (one, other): len(set(sets[one].tolist()) & set(sets[other].tolist()))
        for one in range(len(sets))
        for other in range(one + 1, len(sets))
    }
    assert {(one, other): count for one, other, count in sharing(sets, 50)} == {k: v for k, v in expected.items() if v}
