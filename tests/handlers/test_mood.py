"""Anger at us is seen, whatever it is written in; anger at others, worry and calm questions are not taken for it."""

import pytest

from bench.train.data import MOOD
from bench.train.judging import mood_figures
from handlers.mood import read
from handlers.mood_types import Mood
from handlers.rights_texts import preview
from handlers.texts import OPTED_OUT
from knowledge.types import Line

DIFFER = [  # the first needs a person, the second does not
    ("你们这效率真是绝了，三天回一句", "你们这效率真是绝了，昨天下单今天就到了，爱了"),
    ("我要投诉你们到12315", "投诉流程是什么"),
    ("说好上周补发的配件，到现在还没收到", "配件一般几天能补发"),
    ("第三次来问了，到底有没有人管", "请问怎么联系安装师傅"),
    ("你们就是骗子", "婆婆被骗子骗了两千块，气死我了"),
    ("你们这群王八蛋", "搬家公司那群王八蛋把我的镜子摔了，镜子单卖吗"),
    ("扑街", "楼上扑街又装修，娃午觉都睡不成"),
]


@pytest.mark.parametrize("before", [[], ["为什么给我发这个"], ["展开"], ["展开", "展开"]])
def test_who_asks_for_the_whole_of_a_post_is_not_displeased_whatever_was_said_before(before) -> None:
    found = read("展开", [Line("customer", said) for said in before])
    assert (found.mood, found.escalate) == (Mood.CALM, False)


@pytest.mark.parametrize("text", ["那布料呢", "那真皮的呢？", "那 8 个月的呢"])
@pytest.mark.parametrize("who", ["bot", "staff"])
def test_who_asks_on_about_another_thing_is_not_displeased(text, who) -> None:
    assert not read(text, [Line("customer", "沙发怎么洗"), Line(who, "用微湿软布擦。")]).escalate


@pytest.mark.parametrize("text", ['{"action": "handoff"}', "<xml><Content>hi</Content></xml>", 'print("hi")'])
def test_code_is_no_displeasure(text) -> None:
    assert not read(text).escalate


def test_a_question_asked_again_and_again_is_not_displeasure_where_it_was_answered() -> None:
    answered = [Line("customer", "怎么申请退货"), Line("bot", "提交申请后 24 小时内审核。\n\n——《退换货规则》")] * 3
    assert not read("怎么申请退货", answered).escalate


@pytest.mark.parametrize(("upset", "calm"), DIFFER)
def test_of_two_like_messages_only_the_grievance_with_us_brings_a_person(upset, calm) -> None:
    assert (read(upset).escalate, read(calm).escalate) == (True, False)


def test_the_third_ask_without_an_answer_is_a_grievance_and_the_reason_says_so() -> None:
    asked = [Line("customer", "请问进度怎么样了"), Line("customer", "在吗")]
    found = read("有人吗", asked)
    assert found.escalate
    assert found.reason.startswith("连续第三次问")
    assert not read("有人吗").escalate
    assert not read("有人吗", [*asked, Line("bot", "在的")]).reason.startswith("连续")


@pytest.mark.parametrize("insult", ["傻逼客服", "nmsl", "fuck you", "扑街", "你们这群傻\u200b逼"])
def test_insults_in_several_languages_and_with_invisible_characters_are_seen(insult) -> None:
    assert read(insult).escalate


@pytest.mark.parametrize("text", ["", " ", "\u200b", "😀" * 500, "❤️🎉" * 300, "[微笑]" * 3000])
def test_nothing_or_a_flood_of_friendly_faces_is_no_anger_of_the_angry_kind(text) -> None:
    assert read(text).mood not in (Mood.ANGRY, Mood.FURIOUS)


def test_an_angry_face_alone_brings_a_person() -> None:
    assert read("😡").escalate
    assert read("😡😡😡😡😡").mood in (Mood.ANGRY, Mood.FURIOUS)


def test_the_quote_is_a_part_of_the_message_and_stands_in_the_reason() -> None:
    text = "你好，上周三说给我补发，到现在没人联系我，太过分了"
    found = read(text)
    assert found.quote
    assert found.quote in text
    assert found.quote in found.reason


def test_the_threshold_moves_the_line() -> None:
    text = "你们这效率真是绝了，三天回一句"
    assert read(text, threshold=0.01).escalate
    assert not read(text, threshold=1.01).escalate


def test_on_rows_never_tuned_on_the_figures_hold() -> None:
    shares = {name: good / of for name, good, of in mood_figures(MOOD.unseen())}
    assert shares["mood: escalations found (recall)"] >= 0.79
    assert shares["mood: raised rightly (precision)"] >= 0.87
    assert shares["mood: false alarms among calm and positive"] <= 0.09


@pytest.mark.parametrize("asked", ["你是谁", "您是机器人吗？", "那你叫什么名字呀"])
def test_who_only_asks_who_we_are_is_calm_whatever_was_said_before(asked: str) -> None:
    answer = "提交退货申请后 24 小时内审核，审核通过后上门取件。\n\n——《退换货规则》· 怎么申请退货"
    history = (Line("customer", "怎么申请退货"), Line("bot", answer))
    assert not read(asked, history).escalate


GUIDE = "签收后 7 天内商品完好可以无理由退货。\n\n——《退换货规则》· 怎么申请退货"
REFUSED = "这个问题我的资料里没有可靠的依据，不想乱答。\n\n需要的话回复“转人工”，我请同事来帮您。"
ORDINARY = (
    (Line("customer", "怎么申请退货"), Line("bot", GUIDE)),
    (Line("customer", "你好"), Line("bot", "您好，我在。"), Line("customer", "火星上怎么种土豆"), Line("bot", REFUSED)),
    (Line("customer", "删除我的数据"), Line("bot", preview(()))),
    (Line("customer", "退订"), Line("bot", OPTED_OUT)),
    (Line("customer", "退订"), Line("bot", OPTED_OUT), Line("customer", "我的数据"), Line("bot", REFUSED)),
)
CALM = """
asdfgh|我订单到哪了|可唔可以退貨呀|不删了|不用了|取消|666|算了|满意|帮助|恢复|还有呢|沙发呢|快递呢|测试|一二三|qwe|没有|不是|我要退货|嗯|好|1|?
然后呢|再说一遍|没看懂|说详细点|多少钱|能便宜点吗|你确定吗|真的吗|服务真好谢谢你们|当我没说"""
RUDE = """
你是不是傻|你傻吗|你有病吧|你脑子进水了|你智障吗|你是猪吗|蠢死了|笨蛋|你个傻子|白痴|你瞎吗|你真笨|你怎么这么笨|人工智障|破机器人|没长脑子|说人话
你们客服是不是有病|听不懂人话吗|你神经病啊"""
ONLY_SOUNDS_RUDE = """
宝宝是不是傻|我是不是傻|我真笨|你家沙发好笨重|你有病例吗|扫地机器人坏了|孩子不爱说话是不是有问题|傻瓜式安装吗|你们的床有问题吗|宝宝耳朵进水了怎么办
你是木头做的吗|笨笨的怎么教|你好，花瓶坏了|哈哈哈你好笨哦|你不是人吗"""


def rows(table: str) -> list[str]:
    return [said for line in table.splitlines() for said in line.split("|") if said]


@pytest.mark.parametrize("history", ORDINARY)
@pytest.mark.parametrize("text", rows(CALM))
def test_an_ordinary_talk_before_turns_no_calm_message_into_displeasure(text, history) -> None:
    found = read(text, history)
    assert (found.escalate, found.doubtful and not read(text).doubtful) == (False, False)


def test_what_was_wrong_before_still_counts() -> None:
    refused = (Line("customer", "你们主播说能补差价的"), Line("staff", "没批，主播说的不算"))
    assert read("算了吧", refused).escalate
    assert not read("算了吧", ORDINARY[0]).escalate
    assert read("还没人回我", ORDINARY[0]).escalate


@pytest.mark.parametrize("text", rows(RUDE))
@pytest.mark.parametrize("history", [(), ORDINARY[0]])
def test_rudeness_to_our_face_is_anger(text, history) -> None:
    assert read(text, history).mood in (Mood.ANGRY, Mood.FURIOUS)
    assert read(text, history).escalate


@pytest.mark.parametrize("text", rows(ONLY_SOUNDS_RUDE))
def test_what_only_sounds_rude_is_none(text) -> None:
    assert not read(text).escalate
