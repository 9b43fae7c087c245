"""Whom a line is about: what is told in two messages is one telling only where it is about the same one.

He and she stand for anybody, and so does a line that names nobody. Only who is hurt or ill counts: a grandmother who
gave the rice cake is not the one who chokes on it.
"""

import re

from knowledge.danger.measures import Aged
from knowledge.danger.sign import Finder

# What happened to one in the house may go on with another; thoughts and violence too.
OF_THE_HOUSE = frozenset(
    {"gas", "fire", "electric", "heat", "poison", "violence", "missing", "self_harm", "harm_child", "general"}
)

_CHILD = re.compile("宝宝|新生儿|哥哥|姐姐")
_HELD = re.compile("抱|背着|手滑|脱手|压(?:到|着|住|了)|带着")  # a grown-up does something, a child may suffer it
_SINCE = (
    "(?:也|都|自己|最近|现在|今天|昨天|昨晚|早上|晚上|刚才?|突然|有点|很|老是?|总是?|一直|还|又|好像|开始|感觉|觉得|"
    "1?\\d天|[整一]天|在|,){0,4}"
)
_AILS = (
    "(?:摔|跌|撞|磕|晕|昏|头(?![上发])|腰|脖子|胸|胃|嗓子|肚子|血压|发?烧|发热|吐|咳|拉肚|疼|痛|难受|恶心|落枕|抽筋|"
    "没精神|没力气|没尿|情绪|心情|心脏|脸|嘴唇|身上|浑身|喘|呼吸|\\d\\d度|(?:手|脚|腿|膝盖|眼睛|牙|背)[^,。]{0,3}(?:疼|痛|麻|肿|酸|断))"
)
_GROWN = {
    re.compile(f"(?:{named}){_SINCE}{_AILS}"): whom
    for named, whom in {
        "我(?!家|们|儿|女|孙|的?宝)": {"self"},
        "老婆|媳妇": {"wife"},
        "老公": {"man"},
        "奶奶|爷爷|姥姥|姥爷|外婆|外公|婆婆|公公|老人": {"elder"},
        "保姆|阿姨|月嫂": {"help"},
        "(?<!奶)妈妈?": {"self", "wife", "elder"},
        "爸爸?": {"man", "elder"},
    }.items()
}
_MOTHER = re.compile("孕|怀(?!里|疑|抱)|产后|生完|生了|月子|剖[腹宫]|顺产|胎(?!儿)|恶露|羊水|宫缩|预产|产检")
_UNBORN = re.compile("动|踢|顶|蹬|拱|胎|心跳|羊水|脐带|(?:头|脚)[^,。]{0,3}出来|肚[子里]")
_BORN = re.compile("摔|撞|磕|掉|烧|咳|吃|喝|拉|哭|鼻|额头|床|沙发|玩")
_PET = re.compile(
    f"(?:猫|狗|仓鼠|兔|乌龟|鹦鹉|金鱼|泰迪|金毛)[咪狗子]?{_SINCE}"
    "(?:吐|不动|吞|没精神|拉|摔|掉|吃|生病|抽|打疫苗|发烧|晕)"
)
_SHOP = re.compile("客服|售后|物[流留]|快递|订单|发货|退款|退货|优惠|门铃|页面|系统|软件|小程序|app|店铺|网店")
_ANYBODY = re.compile("宝宝|他|她|我|人(?!工)|奶奶|爷爷|姥|外[婆公]|老[公婆]|妈|爸|婆婆|公公")


def of_another(code: str, then: Finder, before: str, now: str) -> bool:
    """Whether `now` is about somebody else than `before`, a plain text in which `then` found a part of sign `code`."""
    if code in OF_THE_HOUSE:
        return bool(_SHOP.search(now)) and not _ANYBODY.search(now)
    first = {"child"} if isinstance(then, Aged) else patients(before)
    second = patients(now)
    if _unborn(before, now):
        second = second - {"child"}
    return bool(first and second) and not first & second


def patients(text: str) -> set[str]:
    """Who may be hurt or ill in a plain text: "child", "self" and so on, "pet", "shop"; none where nobody is named."""
    grown = set[str]().union(*(whom for named, whom in _GROWN.items() if named.search(text)))
    grown |= {"self", "wife"} if _MOTHER.search(text) else set()
    found = grown | ({"child"} if _CHILD.search(text) or (grown and _HELD.search(text)) else set())
    if not _ANYBODY.search(text):
        found |= {kind for kind, named in (("pet", _PET), ("shop", _SHOP)) if named.search(text)}
    return found


def _unborn(before: str, now: str) -> bool:
    return bool(_MOTHER.search(before) and _UNBORN.search(now)) and not _BORN.search(now)
