"""Anger at us is seen, whatever it is written in; anger at others, worry and calm questions are not taken for it."""

import pytest

from bench.train.data import MOOD
from bench.train.judging import mood_figures
from handlers.mood import read
from handlers.mood_types import Mood
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
