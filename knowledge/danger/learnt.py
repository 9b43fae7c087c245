"""Danger signs as a classifier tells them that was trained on labelled messages.

It sees dangers that no pattern knows, and it takes back what a pattern saw in a story, a question or the past.
"""

import re
from functools import partial

from knowledge.classify.linear import Classifier, classifier
from knowledge.danger.measures import ages
from knowledge.danger.plain import plain

# Chances of danger, chosen on the training rows and on ordinary questions (dev.jsonl, other.jsonl):
ALONE = 0.93  # from here on no pattern is needed
UNLIKELY = 0.1  # below it a pattern alone is no alarm
SURE = 0.4  # share that a sign needs, else the general advice is given
GENERAL = "general"
_DANGER = "danger"
_YOUNG_FEVER = "newborn_fever"
_NEWBORNS = (_YOUNG_FEVER, "newborn_ill")
_NO_NEWBORN = 3  # months
_MOTHERS = "pregnancy"
_CHILDS = re.compile("(?:宝宝|哥哥|姐姐)[^,。]{0,8}(?:摔|撞|磕|掉|烧|咳|拉|吐)")
SENTENCES = 12  # a longer story is not judged sentence by sentence: its alarm stands
_SENTENCE = re.compile(r"[^。！？!?；;\n，,]+")
_MILD_FEVER = re.compile("[^,。]{0,6}烧[^,。]{0,3}3[78](?:\\.\\d)?度?[^,。]{0,4}")
_YOUNG = re.compile("新生|月子|满月|百天|百日|出生|刚生|才生|早产|产房|[天月周]")

# A thing that no longer does what it did, and nobody who could be ill: 藤条香薰才插了几天就闻不着了.
_WORN = re.compile(
    "闻不[着到出见]|[没不][^,。]{0,4}(?:味|香|亮|转|响|走针|走时|出雾|出水|出风|出声|制冷|制热|加热|通电|吸|粘|弹)|没(?:有)?(?:声|电|反应|"
    "动静)|不(?:动|管用|工作|灵|走|香|暖|冷|凉|回弹|挥发)|罢工|失灵|失效|塌|蔫|耷拉|黄叶|软了|坏了|停了|散架|褪|掉(?:色|毛|漆|皮)"
)
_LASTED = re.compile("(?:几|\\d+|没多|[没不]到)[^,。]{0,3}(?:天|次|回|周|个?月|个?礼拜|个?星期|小时|晚|夜|久)")
_THING = re.compile(
    "香薰|藤条|熏香|线香|香[片膏包囊]|扩香|精油|蜡烛|香氛|清新剂|芳香|加湿|净化|除湿|灯|风扇|空调|音[乐箱]|钟|机器人|吸尘|电视|冰箱|洗衣机|"
    "按摩|枕|床垫|坐垫|靠垫|沙发|椅|柜|挂钩|胶|窗帘|地毯|花瓶|鲜花|花[束才]|绿[萝植]|多肉|植物|盆栽|玩具|遥控|水壶|吊|驱蚊器|门铃|门锁"
)
_SOMEBODY = re.compile(
    "宝宝|他|她|我(?!家|们|买|刚|的|在|放|插|用)|人(?!工)|奶奶|爷爷|姥|外[婆公]|老[公婆]|妈|爸|煤气|燃气|天然气|烟|着火|烧|焦|漏|"
    "叫|喊|摇|醒|睡|吐|喘|呼吸|嘴|脸|眼|抽|晕|昏|血|摔|吞|吃|喝|疼|痛|毒|药|触电|电到|麻"
)

_classifier = partial(classifier, "danger", plain)


def unlikely(text: str) -> bool:
    """Whether neither `text` as a whole nor any sentence of it tells of a danger, in all likelihood."""
    judge = _classifier().judge
    sentences = {text, *_SENTENCE.findall(text)}
    return len(sentences) <= SENTENCES and all(judge(each).chances[_DANGER] < UNLIKELY for each in sentences)


def learnt_sign(text: str) -> str | None:
    """The code of the sign whose advice fits `text` best, "general" when it is unclear which; None for no danger."""
    judge: Classifier = _classifier()
    said = plain(text)
    if _worn_out(said):
        return None
    judged = judge.judge(text)
    if judged.chances[_DANGER] < ALONE:
        return None
    likeliest = judged.best([label for label in judge.labels if label != _DANGER])
    told = ages(said)
    if told and min(told) >= _NO_NEWBORN:
        if likeliest == _YOUNG_FEVER:
            return None  # older than its advice is for; how high and how long a fever may be, the patterns know
        likeliest = judged.best([label for label in judge.labels if label not in (_DANGER, *_NEWBORNS)])
    young = told or _YOUNG.search(text)
    if not young and (likeliest == _YOUNG_FEVER or _MILD_FEVER.fullmatch(said)):
        return None  # a fever is ordinary at most ages, and none was told
    if likeliest == _MOTHERS and _CHILDS.search(said):
        return GENERAL  # the mother is with child; what happened, happened to another one
    return likeliest if judged.chances[likeliest] >= SURE else GENERAL


def _worn_out(said: str) -> bool:
    return all(one.search(said) for one in (_WORN, _LASTED, _THING)) and not _SOMEBODY.search(said)
