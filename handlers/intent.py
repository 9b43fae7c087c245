"""What a message wants of us: a self-service wish, small talk, or (everything else) an answer to a question."""

import re
from enum import StrEnum

from handlers.small_talk import THANKED, small_talk
from handlers.wishes import Wish, wish_in
from knowledge.classify.linear import classifier
from knowledge.language.terms import canonical


class Intent(StrEnum):
    """A value is promised to scripts, so it never changes."""

    QUESTION = "question"
    OPT_OUT = "opt_out"
    LESS_OFTEN = "less_often"
    TOPIC_PREFERENCE = "topic_preference"
    MY_DATA = "my_data"
    DELETE_MY_DATA = "delete_my_data"
    WHY_THIS = "why_this"
    RESUME = "resume"
    ASK_HUMAN = "ask_human"
    THANKS = "thanks"
    CHIT_CHAT = "chit_chat"
    SPAM = "spam"


_WISHES = {
    Wish.STOP: Intent.OPT_OUT,
    Wish.HOW: Intent.OPT_OUT,
    Wish.RESUME: Intent.RESUME,
    Wish.PERSON: Intent.ASK_HUMAN,
}
# Exact wordings that a finer wish may stand in:
# "只要育儿，别的别再发了" asks for a topic, "删我资料，别再发" for deletion.
_FINER = {Intent.OPT_OUT: (Intent.DELETE_MY_DATA, Intent.LESS_OFTEN, Intent.TOPIC_PREFERENCE)}
_FINER_FROM = 0.6
# The least share of a label; below it the message is a question, which does no harm.
_LEAST = dict.fromkeys(Intent, 0.25) | {Intent.OPT_OUT: 0.3, Intent.DELETE_MY_DATA: 0.4, Intent.QUESTION: 0.0}
# Who may have asked for nothing any more must not get something: of two as likely, the stronger wish counts.
_CLOSE = 0.1
_WEAKER = (Intent.LESS_OFTEN, Intent.TOPIC_PREFERENCE)
# 退订 as people mistype it, alone or with a few words of courtesy or impatience.
_MISTYPED = re.compile(
    "(?:请|你好|您好|麻烦|我|要|想|帮我?|给我|快|赶紧|马上|回复?|全部|统统|推送|消息|,|，|!|！|。|\\s)*"
    "(?:退订|推订|退定|腿订|推定|退丁|退仃|退顶|退阅|"
    "tui ?ding|t ?d|t订|退ding|取消订阅|取消推送|取消关注|停止推送|拒收|unsubscribe|opt ?out|stop)"
    "(?:推送|消息|短信|广告|全部|所有|吧|了|啊|呀|啦|谢谢|谢|哈|好吗|行吗|可以吗|可以么|一下|"
    "please|me|it|!|！|。|\\.|,|，|~|\\s|退订|td)*"
)


def intent_of(text: str) -> Intent:
    """The intent of `text`. Pure: exact wishes first, then small talk, then what the classifier has learnt."""
    if not text.strip():
        return Intent.CHIT_CHAT
    if _MISTYPED.fullmatch(canonical(text)):
        return Intent.OPT_OUT
    shares = classifier("intent").judge(text).chances
    if exact := _WISHES.get(wish_in(text) or Wish.GO_ON):
        finer = max(_FINER.get(exact, ()), key=lambda one: shares[one], default=exact)
        return finer if shares[finer] >= _FINER_FROM else exact
    if said := small_talk(text):
        return Intent.THANKS if said in THANKED else Intent.CHIT_CHAT
    likeliest = max(Intent, key=lambda one: shares[one])
    if likeliest in _WEAKER and shares[Intent.OPT_OUT] >= shares[likeliest] - _CLOSE:
        return Intent.OPT_OUT
    return likeliest if shares[likeliest] >= _LEAST[likeliest] else Intent.QUESTION
