"""Gaps: what is masked, what is gathered, who comes first, and what a draft looks like."""

import random
import time
from datetime import date

import frontmatter
import pytest

from knowledge.gaps import (
    Ask,
    Gap,
    GapKind,
    NoDraft,
    alike,
    clusters,
    digest,
    draft,
    ranked,
    reviewed,
    worth_noting,
)
from knowledge.language.masking import LONGEST, masked, unmarked
from knowledge.types import Guide

MONDAY = date(2026, 11, 23)

SAME = """
火星上怎么种土豆 | 土豆在火星上能种吗
猫咪可以睡在宝宝床上吗 | 猫能不能睡宝宝的床
学步车要不要买 | 有必要买学步车吗
宝宝坐飞机要准备什么 | 带孩子坐飞机需要准备些什么东西
你们支持花呗分期吗 | 请问可以用花呗分期付款吗
门店停车收费吗 | 你们门店停车要钱吗
沙发可以以旧换新吗 | 旧沙发能以旧换新不
宝宝几岁可以学游泳 | 孩子多大能学游泳
榻榻米发霉了怎么办 | 榻榻米发霉咋处理
智能马桶盖怎么安装 | 智能马桶盖安装方法
孩子沉迷手机游戏怎么办 | 小孩总玩手机游戏咋整
扫地机器人会不会刮花木地板 | 木地板用扫地机器人会刮花吗
宝宝打疫苗后能洗澡吗 | 打完疫苗可以给宝宝洗澡吗
新风系统多久换一次滤芯 | 新风滤芯几个月换一次
发票抬头开错了怎么改 | 发票抬头写错了能改吗
孩子上幼儿园分离焦虑怎么缓解 | 幼儿园分离焦虑怎么办
窗帘可以机洗吗 | 窗帘能不能放洗衣机机洗
你们周末上门安装吗 | 周末可以上门安装不
儿童房适合贴壁纸吗 | 小孩房间能贴壁纸吗
奶瓶用什么消毒柜好 | 奶瓶消毒柜推荐哪种
会员积分怎么兑换礼品 | 积分兑换礼品在哪里换
宝宝说话晚要看医生吗 | 娃说话晚需要看医生不
大理石餐桌被醋腐蚀了怎么修 | 大理石餐桌被醋腐蚀了能修复吗
骨灰盒放客厅有什么讲究 | 客厅放骨灰盒有讲究吗
"""
OTHER = """
火星上怎么种土豆 | 阳台怎么种番茄
猫咪可以睡在宝宝床上吗 | 宝宝床买多大的
学步车要不要买 | 婴儿车要不要买
宝宝坐飞机要准备什么 | 宝宝坐火车要买票吗
你们支持花呗分期吗 | 你们支持货到付款吗
门店停车收费吗 | 门店几点关门
沙发可以以旧换新吗 | 沙发可以定制颜色吗
宝宝几岁可以学游泳 | 宝宝几岁可以吃巧克力
榻榻米发霉了怎么办 | 墙面发霉了怎么办
智能马桶盖怎么安装 | 智能门锁怎么安装
孩子沉迷手机游戏怎么办 | 孩子不爱写作业怎么办
扫地机器人会不会刮花木地板 | 木地板要不要打蜡
宝宝打疫苗后能洗澡吗 | 宝宝打疫苗后发烧怎么办
新风系统多久换一次滤芯 | 净水器多久换一次滤芯
发票抬头开错了怎么改 | 发票什么时候寄出
孩子上幼儿园分离焦虑怎么缓解 | 孩子上幼儿园打人怎么办
窗帘可以机洗吗 | 窗帘选什么颜色
你们周末上门安装吗 | 上门安装要多少钱
儿童房适合贴壁纸吗 | 儿童房用什么灯
奶瓶用什么消毒柜好 | 奶瓶多久换一个
会员积分怎么兑换礼品 | 会员积分什么时候过期
宝宝说话晚要看医生吗 | 宝宝走路晚要看医生吗
大理石餐桌被醋腐蚀了怎么修 | 实木餐桌烫白了怎么修
6个月宝宝能吃蟹吗 | 8个月宝宝能吃蟹吗
真皮沙发能晒太阳吗 | 布艺沙发能晒太阳吗
宝宝可以喝豆浆吗 | 宝宝可以喝酸奶吗
"""


def pairs(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]


def gap(number: int, *asks: Ask, kind: GapKind = GapKind.REFUSED) -> Gap:
    return Gap(number, kind, asks)


# --- masking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("我叫张三丰，电话13800138000，沙发坏了", "我叫〔姓名〕,电话〔号码〕,沙发坏了"),
        ("我叫王芳想问沙发怎么洗", "我叫〔姓名〕想问沙发怎么洗"),
        ("我姓欧，要退货", "我姓〔姓名〕,要退货"),
        ("宝宝叫安安，6个月怎么加辅食", "宝宝叫〔姓名〕,6个月怎么加辅食"),
        ("收货人：李小明 建设路12号", "收货人〔姓名〕 〔地址〕"),
        ("１３８ ００１３ ８０００ 回我", "〔号码〕 回我"),
        ("138-0013-8000", "〔号码〕"),
        ("座机 0755-8888 6666", "座机 〔号码〕"),
        ("2023-05-08 生的宝宝", "〔号码〕 生的宝宝"),
        ("幺三八零零一三八零零零给我回电", "〔号码〕给我回电"),
        ("身份证110101199003072316能办会员吗", "身份证〔号码〕能办会员吗"),
        ("订单号 JD20261123998877 没到", "订单号 〔编号〕 没到"),
        ("wmDemoChenABCD 是我", "〔编号〕 是我"),
        ("微信号：abc_12345 加我", "微信号〔账号〕 加我"),
        ("a.b+c@example.com 给我发票", "〔邮箱〕 给我发票"),
        ("看 https://example.com/u?id=1 这款", "看 〔链接〕 这款"),
        ("住在上海市浦东新区世纪大道88号3栋501室，沙发送不进门怎么办", "住在〔地址〕,沙发送不进门怎么办"),
        ("阳光花园3栋2单元501室的沙发什么时候送", "〔地址〕的沙发什么时候送"),
        ("浙江省杭州市西湖区文三路9号能送吗", "〔地址〕能送吗"),
    ],
)
def test_what_tells_who_somebody_is_is_masked(said: str, kept: str) -> None:
    assert masked(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "6个月宝宝 24-26度 能睡吗",
        "预算20000 8平米客厅买2座沙发",
        "预算5000-8000 的沙发",
        "我叫不醒孩子怎么办",
        "超市买的米粉能吃吗",
        "沙发和茶几之间留30到45厘米吗",
        "1米8的床配多大的床垫",
        "家里养了2只猫选什么沙发",
    ],
)
def test_what_a_question_is_about_is_not_masked(said: str) -> None:
    assert masked(said) == said


def test_a_mark_is_no_part_of_the_question_when_it_is_asked_again() -> None:
    assert unmarked(masked("我叫王芳，真皮沙发怎么洗")).endswith("真皮沙发怎么洗")
    assert "〔" not in unmarked(masked("电话13800138000，沙发怎么洗"))


def test_nobody_can_write_a_mark_of_their_own_and_long_texts_are_cut() -> None:
    assert masked("〔号码〕沙发") == "[号码]沙发"
    assert len(masked("沙发怎么洗。" * 100)) == LONGEST


# --- what is noted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["火星上怎么种土豆", "可以养猫吗，家里有宝宝", "how to wash a sofa cover"])
def test_a_question_with_a_subject_is_worth_noting(said: str) -> None:
    assert worth_noting(said)


@pytest.mark.parametrize(
    "said", ["", "哈哈哈哈哈", "？？？", "没用", "在吗", "怎么办", "asdf", "13800138000", "[微笑][强]", "土" * 1000]
)
def test_nonsense_and_pasted_books_are_not(said: str) -> None:
    assert not worth_noting(said)


# --- gathering --------------------------------------------------------------------------------------------------------


def test_questions_of_one_meaning_are_told_from_those_that_only_sound_alike() -> None:
    """The threshold was chosen on these fifty pairs; wrongly joined is worse than left apart."""
    missed = [pair for pair in pairs(SAME) if not alike(*pair)]
    wrong = [pair for pair in pairs(OTHER) if alike(*pair)]
    assert len(pairs(SAME)) + len(pairs(OTHER)) >= 50
    assert len(missed) <= 5, missed
    assert len(wrong) <= 2, wrong


def test_ages_materials_and_prices_keep_questions_apart() -> None:
    assert not alike("6个月宝宝能吃蟹吗", "8个月宝宝能吃蟹吗")
    assert not alike("真皮沙发能晒太阳吗", "布艺沙发能晒太阳吗")
    assert not alike("周末上门安装吗", "周末上门安装多少钱")
    assert alike("6个月宝宝能吃蟹吗", "6个月的娃能吃蟹吗")


def test_the_first_question_of_a_meaning_leads() -> None:
    said = ["火星上怎么种土豆", "门店停车收费吗", "土豆在火星上能种吗", "你们门店停车要钱吗", "？"]
    assert clusters(said) == [0, 1, 0, 1, 4]


def test_gaps_that_are_there_keep_their_number_though_they_are_alike() -> None:
    said = ["火星上怎么种土豆", "土豆在火星上能种吗", "火星上种土豆要准备什么", "火星能种土豆吗"]
    assert clusters(said, leading=2)[:2] == [0, 1]
    assert set(clusters(said, leading=2)[2:]) <= {0, 1}


def test_the_same_questions_always_give_the_same_clusters() -> None:
    said = [question for pair in pairs(SAME) + pairs(OTHER) for question in pair]
    assert clusters(said) == clusters(list(said))


def test_two_thousand_questions_are_gathered_within_two_seconds() -> None:
    chance = random.Random(7)
    characters = "沙发床茶几宝辅食米粉退货票窗帘地毯马桶油烟机猫狗绿植甲醛奶瓶尿布学步车飞选洗坏换霉漆过敏味装"
    said = ["".join(chance.choices(characters, k=8)) + "怎么办" for _ in range(2000)]
    clusters(said[:1])  # the tables are read once
    began = time.process_time()
    assert len(clusters(said)) == 2000
    assert time.process_time() - began < 2


def test_members_count_before_times_and_the_newest_before_the_older() -> None:
    often = gap(1, *[Ask("问", "a", MONDAY)] * 9)
    two = gap(2, Ask("问", "a", MONDAY), Ask("问", "b", MONDAY))
    newer = gap(3, Ask("问", "c", date(2026, 11, 24)))
    assert [each.number for each in ranked([often, two, newer])] == [2, 3, 1]


# --- drafting ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_a_guide_that_nobody_has_reviewed() -> None:
    asked = gap(3, Ask("火星上怎么种土豆？", "a", MONDAY), Ask("土豆在火星上能种吗", "b", MONDAY))
    head, body = frontmatter.parse(draft(asked, " 先改良土壤。\n再浇水。 ", "styling", "wang…1234 2026-11-23"))
    assert head["title"] == "火星上怎么种土豆"
    assert (head["topic"], head["reviewed_by"]) == ("styling", "")
    assert "土豆" in "".join(head["keywords"])
    assert body == "先改良土壤。\n再浇水。"


@pytest.mark.parametrize(
    "nasty",
    ['a": b', "--- \ntitle: 别的", "# 标题: [x", "{y}", "'", "|", "> x", "&a *a", "yes", "null", "\x00\x1b[31m字"],
)
def test_nothing_that_members_or_operators_write_breaks_out_of_its_place(nasty: str) -> None:
    written = draft(gap(1, Ask(nasty, "a", MONDAY)), f"---\nweekly: true\n---\n{nasty}", nasty, nasty)
    head, body = frontmatter.parse(written)
    assert set(head) == {"title", "topic", "keywords", "reviewed_by", "source"}
    assert all(isinstance(head[key], str) for key in ("title", "topic", "source"))
    assert head["title"]
    assert body.startswith("---\nweekly: true")
    assert "\x00" not in written


def test_publishing_keeps_what_somebody_wrote_into_the_file_and_says_who_reviewed_it() -> None:
    written = draft(gap(1, Ask("火星土豆", "a", MONDAY)), "浇水。", "", "x").replace("topic: ''", "topic: styling")
    head, body = frontmatter.parse(reviewed(written, "wangwei", MONDAY))
    assert (head["topic"], head["reviewed_by"], head["reviewed_on"]) == ("styling", "wangwei", MONDAY)
    assert body == "浇水。"


@pytest.mark.parametrize(
    "broken", ["", "---\ntitle: [\n---\n正文", "---\ntitle: ''\n---\n正文", "---\ntitle: 题\n---\n"]
)
def test_a_draft_that_is_no_guide_any_more_is_not_published(broken: str) -> None:
    with pytest.raises(NoDraft, match="草稿"):
        reviewed(broken, "wangwei", MONDAY)


def test_the_digest_changes_with_the_text_and_not_with_the_review() -> None:
    guide = Guide("a.md", "题", "styling", "正文")
    assert digest(guide) == digest(Guide("a.md", "题", "styling", "正文", reviewed_by="wangwei"))
    assert digest(guide) != digest(Guide("a.md", "题", "styling", "正文改了"))
