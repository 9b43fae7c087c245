"""Words that say that an answer missed: counted and met with an apology; no question of their own."""

import pytest

from handlers import texts
from handlers.effect_types import Rate
from handlers.feedback_words import NOT_THAT
from knowledge.types import Line

ANSWERED = (
    Line("customer", "小客厅怎么显大"),
    Line("bot", "地毯要压住沙发前脚。\n\n——《小客厅地毯怎么选》· 尺寸"),
)
MISSED = """
怎么又是地毯|我问的不是地毯|不是问这个|我不是问这个|我没问地毯|你理解错了|你答错了|答错了吧|跑题了|我说的不是这个|我要的不是这个|谁问你地毯了|又是这个
怎么还是这个|怎么又是这个|老是这几句|还是一样的答案|这不是我想问的|不是我要的答案|不是这个意思|我不是这个意思|你搞错了|你理解错我的意思了|不对，我问的不是这个
我问的根本不是沙发|驴唇不对马嘴|不是这个|我没有问你窗帘|又是同样的回答|你好像理解错了|不对不对，我不是问这个|答非所问|没用
牛头不对马嘴啊|怎么还在说沙发|你压根没看我的问题|这跟我问的有什么关系|我都说了不是这个|不是，我没问沙发啊|你又理解错了|说了半天都不是我要的
你会错意了|你扯到哪去了|我刚才问的不是床垫|没有人问你沙发|你到底有没有看懂我的问题|又答错了|回答得完全不对|来来回回就这几句|别再说沙发了
怎么又绕回地毯了|能不能认真看我的问题|你没有回答我的问题|完全不是我想知道的|诶，你是不是看错我的问题了|和我问的完全是两回事|看清楚题目再回答好吗
我问东你答西|所答非所问|你说的我没问啊|怎么老给我说地毯|你理解的不是我的意思|一直在重复同样的话|你完全跑偏了|给的答案不对|我問的不是這個|理解有误
我说的是另外一个意思|我又没问你尺寸|拜托，我没问这些|您误会我的意思了|机器人你理解错了|又没答对|我哪有问沙发|回答有误|谁让你说这个了|你又没看懂"""
NOT_ABOUT_THE_ANSWER = """
不是问价格，是问尺寸|怎么老是掉毛|怎么又掉毛了|怎么还是臭|我搞错了|是不是这个尺寸|我问的不是地毯是沙发怎么选|不是这个颜色可以吗|怎么又漏水|宝宝怎么又吐奶|没问题
我没问题了|都一样|都是一样的吗|我想问的不是多少钱|怎么又发烧了|这个不是我的订单|不是我要退货|怎么又说梦话|我没说要退|我不是要退货
我问的不是这个颜色的沙发多少钱，是那个|你理解得没错|怎么又是周一|不是这个意思吧我的订单呢|怎么又是半夜醒|怎么又是湿疹|我没说错|不是说好的包邮
不是说包邮吗|不是我的|没看懂|看不懂说明书|搞错了|发错货了|你们发错了|可以重复使用吗|说的对不对|是我理解错了|不是这个是哪个|怎么看懂尺寸图|跟我没关系
我误会了|我要换的不是这个|怎么又卡住了|怎么还在发烧|怎么跑偏了轮子|能不能好好看看我的订单|我没问到价格|尺寸不对|谁要来装|这个问题怎么回答|我问的不是你"""
DANGERS = "怎么又是抽搐|我不是问这个宝宝抽搐了|我没问这个，她喘不上气了"


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


@pytest.mark.parametrize("example", NOT_THAT)
def test_every_row_of_the_table_matches_its_own_example(example) -> None:
    assert NOT_THAT[example].fullmatch(example)


@pytest.mark.parametrize("said", each(DANGERS))
async def test_a_danger_sign_beside_it_gets_its_advice_and_no_apology(member, office, said) -> None:
    office.answered = "a" * 32
    assert (await member.say(said, history=ANSWERED)).handler == "urgent"


@pytest.mark.parametrize("said", ["怎么又是地毯", "我问的不是这个"])
async def test_without_an_answer_before_it_or_after_an_apology_it_is_no_rating(member, office, said) -> None:
    assert (await member.say(said)).handler != "feedback"
    office.answered = "a" * 32
    history = (*ANSWERED, Line("customer", said), Line("bot", texts.USELESS))
    assert (await member.say(said, history=history)).handler != "feedback"
