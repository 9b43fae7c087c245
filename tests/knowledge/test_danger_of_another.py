"""A danger told in two messages is one only where both are about the same one: nobody gets another's advice."""

import pytest

from knowledge.danger import danger_in
from knowledge.danger.advice import ADVICE
from knowledge.types import Line


def _told(*said: str) -> str:
    *earlier, now = said
    danger = danger_in(now, [Line("customer", text) for text in earlier])
    return danger.sign if danger else ""


@pytest.mark.parametrize(
    "said",
    [
        ("我生完二胎情绪很低落 天天哭", "宝宝摔了一跤 额头起包 精神挺好"),
        ("我生完二胎情绪很低落 天天哭", "宝宝摔了一跤 额头起包"),
        ("我怀二胎七个月了", "老大摔了一跤 额头起包"),
        ("我怀孕32周 腰疼", "宝宝从沙发上掉下来了 没哭"),
        ("产后两个月 伤口还疼", "大宝头撞门上起了个包"),
        ("我怀孕了", "我家大宝摔跤了 膝盖破皮"),
        ("我孕晚期睡不好", "孩子昨天摔了一下"),
        ("我怀孕36周", "老公晕倒在沙发上"),
        ("宝宝两个月", "奶奶烧到38度"),
        ("宝宝两个月", "老大发烧38度"),
        ("宝宝两个月", "我发烧38度了能喂奶吗"),
        ("孩子掉床了", "我头晕"),
        ("孩子摔到头了", "奶奶有点恶心 想吐"),
        ("奶奶摔了一跤", "宝宝吐奶了"),
        ("我落枕了脖子疼", "宝宝发烧37.8"),
        ("宝宝发烧38度", "我脖子疼 转不了"),
        ("孩子吃了虾", "奶奶脸肿了"),
        ("狗打疫苗后没精神", "宝宝发烧38度"),
        ("宝宝身上起红点点", "老公发烧38度"),
        ("我生完二胎", "大宝天天哭"),
    ],
)
def test_what_another_one_has_completes_no_sign(said) -> None:
    assert _told(*said) == ""


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        (("我怀孕33周", "宝宝一天没动"), "pregnancy"),
        (("我怀孕33周", "宝宝不怎么踢了"), "pregnancy"),
        (("我怀孕36周了", "刚才摔了一跤"), "pregnancy"),
        (("我怀孕七个月", "今天摔了一跤 肚子疼"), "pregnancy"),
        (("老婆怀孕36周", "她突然肚子很疼 流血"), "pregnancy"),
        (("我抱着娃摔了", "宝宝吐了两次"), "head_injury"),
        (("我手滑把宝宝摔了", "宝宝一直想睡"), "head_injury"),
        (("奶奶抱着摔了一跤", "宝宝吐了"), "head_injury"),
        (("奶奶摔了一跤 头着地", "老人一直吐"), "head_injury"),
        (("宝爸求助 老婆坐月子", "娃发烧37.9"), "newborn_fever"),
        (("宝宝两个月", "弟弟烧到38度"), "newborn_fever"),
        (("双胞胎两个月 哥哥先病的", "哥哥烧到38度"), "newborn_fever"),
        (("他奶给喂了块年糕", "这会儿娃手抓着脖子憋得通红"), "choking"),
        (("外婆的心脏药放枕头边", "宝宝嘴里苦 瓶子空了"), "poison"),
        (("家里煤炉烧着 宝宝在睡", "我头晕恶心"), "gas"),
        (("奶奶的药盒开了", "少了四粒 他精神挺好"), "poison"),
        (("宝宝身上起红点点", "还发烧38.5"), "meningitis"),
        (("宝宝发烧38.5", "身上起红点了"), "meningitis"),
        (("宝宝不吃奶了", "精神不好"), "listless"),
        (("我生完二胎", "情绪很低落 天天哭"), "low_mood"),
    ],
)
def test_what_goes_on_about_the_same_one_is_seen(said, sign) -> None:
    assert _told(*said) == sign


@pytest.mark.parametrize(
    "said",
    [
        "我生完二胎，宝宝摔了一跤 额头起包",
        "我怀孕七个月，老大摔了一跤",
        "“我怀孕七个月，老大摔了一跤”怎么办",
        "二胎宝宝摔了一跤",
    ],
)
def test_who_expects_a_child_gets_no_obstetric_advice_for_the_elder_one_s_fall(said) -> None:
    assert _told(said) != "pregnancy"


def test_a_low_mother_is_given_people_a_number_and_no_blame() -> None:
    advice = ADVICE["low_mood"]
    assert {"12356", "120", "家人朋友", "不是您的错", "看医生"} <= {
        word for word in ("12356", "120", "家人朋友", "不是您的错", "看医生") if word in advice
    }
    assert "刀" not in advice
    assert "窗" not in advice
