"""Words that say that an answer missed: counted and met with an apology; no question of their own."""

import pytest

from handlers import texts
from handlers.effect_types import Rate
from knowledge.types import Line

ANSWERED = (
    Line("customer", "小客厅怎么显大"),
    Line("bot", "地毯要压住沙发前脚。\n\n——《小客厅地毯怎么选》· 尺寸"),
)
MISSED = """
怎么又是地毯|我问的不是地毯|不是问这个|我不是问这个|我没问地毯|你理解错了|你答错了|答错了吧|跑题了|我说的不是这个|我要的不是这个|谁问你地毯了|又是这个
怎么还是这个|怎么又是这个|老是这几句|还是一样的答案|这不是我想问的|不是我要的答案|不是这个意思|我不是这个意思|你搞错了|你理解错我的意思了|不对，我问的不是这个
我问的根本不是沙发|驴唇不对马嘴|不是这个|我没有问你窗帘|又是同样的回答|你好像理解错了|不对不对，我不是问这个|答非所问|没用"""
NOT_ABOUT_THE_ANSWER = """
不是问价格，是问尺寸|怎么老是掉毛|怎么又掉毛了|怎么还是臭|我搞错了|是不是这个尺寸|我问的不是地毯是沙发怎么选|不是这个颜色可以吗|怎么又漏水|宝宝怎么又吐奶|没问题
我没问题了|都一样|都是一样的吗|我想问的不是多少钱|怎么又发烧了|这个不是我的订单|不是我要退货|怎么又说梦话|我没说要退|我不是要退货"""


def each(lines: str) -> list[str]:
    return [one for line in lines.splitlines() for one in line.split("|") if one]


@pytest.mark.parametrize("said", each(MISSED))
async def test_who_says_that_the_answer_is_about_another_thing_gets_an_apology_and_a_way_on(
    member, office, said
) -> None:
    office.answered = "a" * 32
    outcome = await member.say(said, history=ANSWERED)
    assert (outcome.handler, outcome.replies[0].text) == ("feedback", texts.USELESS)
    assert outcome.effects == (Rate("a" * 32, False),)
    assert office.asked == []


@pytest.mark.parametrize("said", each(NOT_ABOUT_THE_ANSWER))
async def test_what_only_sounds_like_it_is_read_as_ever(member, office, said) -> None:
    office.answered = "a" * 32
    assert (await member.say(said, history=ANSWERED)).handler != "feedback"


@pytest.mark.parametrize("said", ["怎么又是地毯", "我问的不是这个"])
async def test_without_an_answer_before_it_or_after_an_apology_it_is_no_rating(member, office, said) -> None:
    assert (await member.say(said)).handler != "feedback"
    office.answered = "a" * 32
    history = (*ANSWERED, Line("customer", said), Line("bot", texts.USELESS))
    assert (await member.say(said, history=history)).handler != "feedback"
