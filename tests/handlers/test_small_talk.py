"""What people say to us and no guide can answer gets a word that fits, without a search and without a person."""

import pytest

from handlers import texts
from knowledge.types import Line

ANSWERED = (
    Line("customer", "怎么申请退货"),
    Line("bot", "提交申请后 24 小时内审核。\n\n——《退换货规则》· 怎么申请退货"),
)
SAID = {
    texts.PRAISED: (
        "你真好|666|满意|服务真好谢谢你们|谢谢你比真人还好|你好棒|真厉害|太好了|态度真好|给你点赞|非常满意|"
        "回答得真详细|nice|谢谢 太贴心了"
    ),
    texts.LIKED: "我爱你|喜欢你|爱你哟|么么哒|我好喜欢你呀|做我女朋友吧|想你了|抱抱|我最爱你们了|嫁给我吧",
    texts.GLAD: (
        "谢谢姐姐|谢谢妹子|谢谢叔叔阿姨|谢谢小姐姐|谢谢老师|姐姐谢谢|辛苦客服啦|多谢大哥|感谢各位|"
        "谢谢你小助手|好的谢谢阿姨|谢谢谢谢谢谢谢谢谢谢谢谢|哈哈好的谢谢"
    ),
    texts.LAUGHED: "哈哈|哈哈哈哈哈哈|哈哈哈哈哈哈哈哈哈哈哈|嘿嘿|嘻嘻|hhhh|hahaha|233333|笑死我了|哈哈哈笑死",
    texts.LET_GO: "算了|不用了|那算了吧|没事了|不用了谢谢|先这样|没别的了|不问了|打扰了|行吧|当我没说",
    texts.NO_GIFTS: (
        "麻烦发个红包|发红包|有红包吗|给我发个红包吧|来个红包|恭喜发财红包拿来|能不能发个红包|求红包|"
        "发个大红包呗|红包拿来"
    ),
    texts.WHO: (
        "你叫啥|你叫什么|你是谁|你谁啊|你多大了|你叫什么名字呀|你是机器人吗|你是男是女|你会啥|你是什么"
    ),
    texts.NOT_LIVE: (
        "今天天气咋样|天气怎么样|明天会下雨吗|现在几点了|今天星期几|今天几号|今天多少度|周末天气好吗|"
        "今天有什么新闻|天气预报"
    ),
    texts.NO_CHATTER: (
        "讲个笑话|陪我聊天|好无聊|吃了吗|给我唱首歌|你在干嘛|讲个故事吧|陪我聊聊|你吃饭了吗|太无聊了"
    ),
    texts.WHAT_TO_SAY: (
        "帮助|help|Help!|帮帮我|我需要帮助|使用帮助|我能问什么|可以问你什么|你有什么功能|你能帮我什么|怎么用你|"
        "HELP me"
    ),
    texts.NO_MATTER: "抱歉|对不起|不好意思|打错了|发错人了|不好意思打错字了|sorry",
    texts.LIKEWISE: "新年快乐|中秋快乐|祝你们圣诞快乐|春节好|周末愉快|生日快乐",
    texts.COMFORT: "我好累啊|带娃好累|我心情不好|今天好难过|我太累了",
    texts.HELLO: "测试|喂|test|喂喂",
}  # fmt: skip
EACH = [(said, reply) for reply, line in SAID.items() for said in line.split("|")]
QUESTIONS = """
宝宝真好看|沙发真好|怎么用|好用吗|天气热宝宝穿什么|下雨天怎么晒被子|红包怎么领|新人红包规则|喜欢哭怎么办|你们好贵|帮助睡眠的灯|帮我查订单|牛奶过敏
不错的沙发推荐|姐姐家的沙发|谢谢卡怎么写|老师推荐的书|几点下班|有什么功能|很快就坏了|睡前故事书推荐|唱歌哄睡行吗|好评返现吗|取消|讲个绘本怎么讲"""


@pytest.mark.parametrize("history", [(), ANSWERED], ids=["first", "after an answer"])
@pytest.mark.parametrize(("said", "reply"), EACH)
async def test_small_talk_gets_a_word_that_fits_and_no_search(member, office, said, reply, history) -> None:
    outcome = await member.say(said, history=history)
    assert (outcome.handler, outcome.replies[0].text, outcome.effects) == ("fallback", reply, ())
    assert office.asked == []


@pytest.mark.parametrize("said", [one for line in QUESTIONS.splitlines() for one in line.split("|") if one])
async def test_a_question_that_only_sounds_like_it_is_asked(member, office, said) -> None:
    await member.say(said)
    assert office.asked[0][0] == said


async def test_help_lists_every_word_that_does_something(member) -> None:
    text = (await member.say("帮助")).replies[0].text
    for word in ("转人工", "我的设置", "少发点", "静音7天", "只看育儿", "退订", "恢复推送", "我的数据", "删除我的数据"):
        assert word in text
