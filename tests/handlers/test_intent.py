"""A wish is a wish however it is spelt, and a question about goods is never an opt-out."""

import pytest

from bench.train.data import INTENT
from bench.train.judging import intent_figures
from handlers.intent import Intent, intent_of


@pytest.mark.parametrize(
    "text", ["退订", "TD", "推订", "退定!!!", "tuiding", "别再发了", "不想收到推送", "unsubscribe", "怎么退订推送"]
)
def test_a_plain_opt_out_is_never_missed(text) -> None:
    assert intent_of(text) is Intent.OPT_OUT


@pytest.mark.parametrize(
    "text", ["退货怎么退", "我要退款", "人工草坪怎么打理", "静音马桶多少钱", "沙发什么时候发货", "为什么发霉"]
)
def test_a_question_about_goods_is_a_question(text) -> None:
    assert intent_of(text) is Intent.QUESTION


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("转人工", Intent.ASK_HUMAN),
        ("谢谢", Intent.THANKS),
        ("你好", Intent.CHIT_CHAT),
        ("恢复推送", Intent.RESUME),
        ("删除我的数据", Intent.DELETE_MY_DATA),
        ("我的数据", Intent.MY_DATA),
        ("少发点", Intent.LESS_OFTEN),
        ("只看育儿", Intent.TOPIC_PREFERENCE),
        ("为什么给我发这个", Intent.WHY_THIS),
    ],
)
def test_the_promised_wordings_are_understood(text, intent) -> None:
    assert intent_of(text) is intent


def test_on_rows_never_tuned_on_the_figures_hold() -> None:
    shares = {name: good / of for name, good, of in intent_figures(INTENT.unseen())}
    assert shares["intent: right (accuracy)"] >= 0.90
    assert shares["intent: questions taken for opt-out or deletion"] <= 0.03
    assert shares["intent, opt_out: found"] >= 0.95
    assert shares["intent: plain opt-outs missed"] == 0
