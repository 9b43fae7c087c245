"""What members ask about what we send them and keep of them: fewer, muted, only some topics, their data.

Recognised by whole clauses, like `handlers.wishes`: "静音马桶", "只看深色沙发" and "删除购物车" are questions.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from handlers import spans
from handlers.plain import clauses
from handlers.preferences import Purpose
from handlers.rates import TOO_MUCH, rate_in
from handlers.wishes import LEAD, TAIL, phrase


class Right(StrEnum):
    """What is asked for."""

    LESS = "less"
    MUTE = "mute"
    ONLY = "only"
    NEVER = "never"
    ALSO = "also"  # a topic that is not sent now
    UNMUTE = "unmute"
    SETTINGS = "settings"
    DATA = "data"
    EXPORT = "export"
    DELETE = "delete"
    CONFIRM = "confirm"  # the deletion that was just shown
    KEEPING = "keeping"  # why we keep their data, and how long
    HOURS = "hours"  # not at these hours, or only then
    WHY = "why"
    KNOWN = "known"  # how we know something about them
    SWITCH = "switch"  # a purpose on or off


@dataclass(frozen=True, slots=True)
class Asked:
    """`days`: of LESS, 0 where none was said. `until`: of MUTE (aware). `topics`: of ONLY, NEVER and ALSO, of which
    none are all. `too_often`: `days` is how often is too much.
    """

    right: Right
    days: int = 0
    too_often: bool = False
    until: datetime | None = None
    topics: frozenset[str] = frozenset()
    purpose: Purpose | None = None
    on: bool = False


TOPIC_WORDS: Mapping[str, str] = {
    "家居": "styling", "搭配": "styling", "空间": "styling", "空间搭配": "styling", "软装": "styling",
    "家装": "styling", "收纳": "styling", "装修": "styling", "育儿": "parenting", "母婴": "parenting",
    "带娃": "parenting", "宝宝": "parenting", "孩子": "parenting", "服务": "service", "售后": "service",
    "规则": "service", "服务规则": "service", "社群": "community", "活动": "community", "群活动": "community",
}  # fmt: skip
# Words of many questions: they name a topic only beside what says that it is about our messages.
_EVERYDAY = frozenset({"宝宝", "孩子", "服务", "售后", "规则", "活动", "空间", "带娃", "装修"})
_LONGEST = 30  # characters of a clause that may ask for one of these
_SIMPLER = str.maketrans("靜錄據刪設導個條週過歷訴誰麼為麽從僅記憶銷數", "静录据删设导个条周过历诉谁么为么从仅记忆销数")

_THING = "(?:推送|消息|信息|内容|通知|广告|文章|东西|资讯|群发)"
_ABOUT_POSTS = re.compile(f"{_THING}|发|推")
_THINGS = f"(?:的|这些|一些|这种|类|方面|方面的|类的|相关的|相关)?(?:{_THING})?"
_SEND = "(?:推送|发送|发|推)"
_TO_ME = "(?:给我|给我们|跟我|我)?"
_ENOUGH = "(?:就|即)?(?:行|好|可以|够)?"
_MY = "(?:我的?|我自己的?|本人的?)"
_DATA = "(?:个人)?(?:数据|信息|资料|隐私|个人信息|聊天记录|对话记录|记录|聊天|档案)"
_ALL = "(?:所有的?|全部的?|一切|全部|所有)?"
_ERASE = "(?:删除|删掉|删去|删了|删|清除|清空|清掉|抹掉|抹去|销毁|注销)"
_SHOW = "(?:看看|查看|看一下|查一下|查询|看|查|告诉我)?"

_LESS = (
    f"(?:尽量|稍微|可以|能不能)?(?:少|减少){_TO_ME}{_SEND}(?:一点|一些|点|些)?{_TO_ME}{_THINGS}"
    f"|{_THINGS}(?:少|减少)(?:一点|一些|点|些)|(?:推送|消息|发|推)(?:得|的)?(?:太|有点|有些)(?:多|频繁|勤|密)"
    f"|(?:不用|不要|别)(?:{_TO_ME}{_SEND})?(?:那么|这么)(?:多|频繁|勤)(?:的?{_THING})?"
)
_OFTEN = (
    f"(?:改成|改为|换成|调成|设成|设为|变成|改)?{_TO_ME}(?P<span>{spans.PERIOD})(?:最多|只|就|顶多)?{_TO_ME}"
    f"{_SEND}?(?P<count>{spans.COUNT})(?:条|次|篇|个|回)(?:{_THING})?(?:{_ENOUGH}|{TOO_MUCH})"
)
_QUIET = "(?:静音|免打扰|停发|暂停推送|停推)"
_HALT = "(?:暂停|停|消停)"  # with a length only: alone it is a word of many questions
_NOT_NOW = f"(?:(?:先|暂时|都|就)?(?:别|不要|不用|请勿)(?:再|来)?(?:{_TO_ME}{_SEND}{_TO_ME}{_THINGS}|打扰我?))"
_MUTE = (
    f"(?:先|暂时|帮我|请)?{_QUIET}(?:推送)?(?P<a>{spans.SPAN})?|(?:先|暂时)?{_HALT}(?:推送)?(?P<d>{spans.SPAN})"
    f"|(?P<b>{spans.SPAN})(?:之内|以内|内|里)?(?:{_NOT_NOW}|(?:先|都)?{_QUIET})"
    f"|{_NOT_NOW}(?P<c>{spans.SPAN})|(?:先|暂时){_NOT_NOW}"
)
_UNMUTE = "(?:取消|解除|关闭|关掉|结束)(?:静音|免打扰)|不(?:用|要)静音"
_SETTINGS = (
    f"{_SHOW}(?:一下)?我的(?:推送|消息|接收|偏好)?(?:设置|偏好)|{_SHOW}(?:推送|偏好)设置|我设置了(?:什么|哪些|些什么)"
)
_DATA_OF_ME = (
    f"{_SHOW}(?:一下)?{_MY}{_DATA}(?:有哪些|有什么)?"
    "|(?:你们|你|这里|你这里|你们这里)?(?:都)?(?:存|保存|储存|记录|记|收集|留存|掌握|知道)(?:了|着|过)?(?:关于)?我的?"
    f"(?:什么|哪些|些什么|啥)(?:{_DATA})?"
)
_EXPORT = (
    f"(?:导出|下载|打包)(?:一下|一份)?{_MY}?{_ALL}{_DATA}"
    f"|把{_MY}{_ALL}{_DATA}(?:都|全部)?(?:导出|下载|打包)(?:来|给我|发我)?"
)
_DELETE = (
    f"{_ERASE}(?:掉)?{_MY}{_ALL}{_DATA}|{_ERASE}(?:掉)?{_ALL}(?:个人信息|个人数据|个人资料)"
    f"|把{_MY}{_ALL}{_DATA}(?:都|全部|全)?(?:给我)?{_ERASE}(?:掉)?|忘掉我|忘记我|把我(?:给)?(?:忘了|忘掉|删了|删掉|删除)"
    f"|(?:不要|别)(?:再)?(?:保存|留着|存)(?:着)?{_MY}{_DATA}"
)
_CONFIRM = "(?:是的?|对的?|嗯+|好的?|行){0,2}(?:我)?(?:确认|确定)删除(?:我的数据)?"
_ONE = f"(?:这个|这条|这些|这种|那条|这|那个|{_THING}){{0,3}}"
_OFTEN_SENT = "(?:老是|总是|一直|天天|每天|老|总|不停地?|整天)"
_WHY = (
    f"(?:为什么|为啥|干嘛|干吗|怎么|凭什么)(?:要|会|又|{_OFTEN_SENT}|还|突然)?(?:给我|向我|跟我)?{_SEND}(?:给我|我)?{_ONE}"
    f"|(?:为什么|为啥|怎么)我?(?:会|又|{_OFTEN_SENT})?(?:收到|接到)(?:了)?(?:你们的?)?{_ONE}(?:的)?"
    f"|(?:是)?谁(?:让|叫)?(?:你们?)?(?:给我)?{_SEND}(?:给我)?(?:的)?{_ONE}"
    f"|{_OFTEN_SENT}(?:给我)?{_SEND}(?:给我)?{_ONE}(?:干嘛|干吗|干什么|干啥|做什么)"
    f"|(?:有完没完|没完没了)(?:地)?{_OFTEN_SENT}?(?:给我)?{_SEND}(?:给我)?{_ONE}"
)
_ABOUT_ME = (
    "我(?:们)?(?:有|是|生|怀|住|叫|姓|多大|几岁|刚|在|要|最近|喜欢|买|下单|结婚|搬家|装修|的?(?:名字|姓名|电话|手机"
    "|号码|手机号|地址|信息|资料|数据|个人信息"
    "|生日|年龄|微信|隐私|喜好|情况|家庭|事|孩子|宝宝|娃|小孩|儿子|女儿|老公|老婆|订单)|家(?:里)?(?:有|的|住|在|是|几"
    "|多大|宝宝|孩子|娃|小孩|儿子|女儿|地址|老公|老婆|装修)?)"
)
_YOU = "(?:你们?|您们?|你哋|机器人)"
_HOW_KNOWN = (
    f"(?:我没(?:告诉|跟|和)(?:过)?{_YOU}.{{0,12}})?{_YOU}(?:是)?(?:怎么|咋|从哪)(?:会)?(?:知道|晓得)的"
    f"|(?:凭什么|凭啥)(?:会)?(?:知道|晓得|清楚){_ABOUT_ME}[^吗么]{{0,12}}"
    f"|(?:凭什么|为什么|为啥|怎么|咋){_YOU}(?:会|能|都)?(?:知道|晓得|清楚|有|拿到){_ABOUT_ME}[^吗么]{{0,12}}"
    f"|{_YOU}(?:是)?(?:怎么|咋|咋个|为什么|为啥|如何|从哪里?|从哪儿|从何|点|凭什么|哪里|哪儿)(?:会|能|样|就)?(?:知道"
    "|晓得|清楚|了解到?|得知|看出|猜到|查到|有|弄到|拿到|搞到|得到|获得|收集)"
    f"(?:了|到|的)?{_ABOUT_ME}[^吗么]{{0,12}}"
    f"|(?:是)?谁(?:告诉|跟|和|对){_YOU}(?:的|说的?)?(?:关于)?我[^吗么]{{0,12}}"
    f"|{_YOU}(?:是)?(?:从|在)?(?:哪里|哪儿|哪)(?:来|弄来|搞来|弄|搞|拿到|得到|买|查到)(?:的)?我的?(?:信息|资料|电话"
    "|手机号|号码|数据|微信|地址)"
    f"|我的?(?:信息|资料|电话|手机号|号码|数据|微信|地址)(?:{_YOU})?(?:是)?(?:从)?(?:哪里|哪儿|哪|怎么)(?:来|弄来|弄"
    "|搞来|搞|拿到|得到|知道|泄露|查到)的"
    f"|{_YOU}(?:是不是|有没有)?(?:在|一直)?(?:监听|偷听|窃听|监视|偷看|跟踪|调查)(?:了|着|过)?我[^,]{{0,8}}"
    f"|{_YOU}(?:还)?(?:认识|认得|记得|了解|知道)我(?:是谁|家的?情况|的?情况)?(?:吗|么|不|多少)"
)
_TELL = "(?:会|要|打算|准备|能|都|给我|帮我){0,2}"
_KEEPING = (
    f"(?:谁(?:让|叫|允许|准)|凭什么|凭啥|为什么|为啥|干嘛|干吗)(?:{_YOU})?{_TELL}(?:保存|存|储存|保留|留着|留|记录|收集)"
    f"(?:着|了|下)?{_MY}{_ALL}{_DATA}(?:的)?"
    f"|(?:{_YOU})?{_TELL}(?:把)?{_MY}{_ALL}{_DATA}(?:在你们这里?|你们)?{_TELL}(?:保存|存|储存|保留|留)(?:着)?(?:到)?"
    "(?:多久|多长时间|多少天|几天|什么时候|啥时候|何时)"
)
# What says so only after their data was shown: else it asks how long food keeps.
KEEPING_AFTER = (
    f"(?:这些|这个|那|那么|它们)?(?:谁(?:让|叫|允许|准)|凭什么|凭啥|为什么|为啥|干嘛|干吗)(?:{_YOU})?{_TELL}"
    "(?:保存|存|储存|保留|留着|留|记录|收集|记)(?:着|了|下)?(?:这些|这个|它们?|那么多|这么多)?(?:东西|干嘛|干吗|干什么|做什么)?(?:的)?"
    f"|(?:{_YOU})?(?:存|保存|留)(?:着)?(?:这些|这个|它们?)(?:东西)?(?:干嘛|干吗|干什么|做什么|有什么用)"
    f"|(?:这些|这个|那|那么|它们|{_YOU})?{_TELL}(?:保存|存|储存|保留|留)(?:着)?(?:到)?"
    "(?:多久|多长时间|多少天|几天|什么时候|啥时候|何时)"
    f"|(?:这些|那|那么|它们|{_YOU})?(?:什么时候|啥时候|多久|几天)(?:会|能|就|才|自动){{0,2}}(?:删除?|清|清除)(?:掉)?"
)
_HOUR = (
    "(?:大?(?:晚上|半夜|清早)|深夜|夜里|夜间|凌晨|早上|早晨|上午|中午|午休|下午|傍晚|白天|睡觉|上班|工作)(?:的)?"
    "(?:时间|时候|时段|点)?"
)
_HOURS = (
    f"(?:(?:在)?{_HOUR}(?:就|都|请|也)?(?:别|不要|不用|不许|少)(?:再|来)?(?:{_TO_ME}{_SEND}{_TO_ME}{_THINGS}|打扰我?|吵我?)"
    f"|(?:别|不要|不许|能不能不|可不可以不)(?:老|总|再){{0,2}}(?:在|选)?{_HOUR}(?:再|来)?"
    f"(?:{_TO_ME}{_SEND}{_TO_ME}{_THINGS}|打扰我?|吵我?)"
    f"|(?:只|就|改)(?:要|能|在|想|到|成|可以){{0,2}}{_HOUR}(?:{_TO_ME}{_SEND}{_TO_ME}{_THINGS}|收|看|打扰我?)?"
    f"|{_HOUR}(?:再|才){_TO_ME}{_SEND}{_TO_ME}{_THINGS}){{1,3}}"
)
_MEMORY = "(?:上下文|对话记忆|聊天记忆|连续对话|历史对话)"
_OFF = "(?:关闭|关掉|停用|不要|取消|关)(?:一下)?"
_ON = "(?:开启|打开|启用|恢复|重新开启|重新打开|开)(?:一下)?"
_PERSONAL = "(?:个性化|个性化推荐|个性化内容|个性化推送|个性化服务|用户画像|画像)"

_TOPIC = "|".join(sorted(TOPIC_WORDS, key=len, reverse=True))


def asked_in(text: str, now: datetime, topics: Mapping[str, str] | None = None) -> Asked | None:
    """What `text` asks for, if anything. `now` is the member's local time; `topics`: further words for topics.

    Pure; very long texts ask for nothing.
    """
    said = [clause.translate(_SIMPLER) for clause in clauses(text)]
    whole = "".join(said)
    known = {**TOPIC_WORDS, **(topics or {})}
    if found := _alone(whole):
        return found
    candidates = [clause for clause in dict.fromkeys([whole, *said]) if 0 < len(clause) <= _LONGEST]
    return next((found for clause in candidates if (found := _in_clause(clause, whole, now, known))), None)


def only_asks(text: str, now: datetime) -> bool:
    """Whether `text` asks for one of these in plain words and says nothing else: nobody's anger."""
    return asked_in("".join(clauses(text)), now) is not None


def bothered(text: str) -> bool:
    """Whether who asks why we send something sounds tired of it."""
    return _TIRED.search("".join(clauses(text))) is not None


def topic_words(topics: frozenset[str] | set[str]) -> str:
    """Topics as members read them."""
    return "、".join(sorted(TOPIC_NAMES.get(topic, topic) for topic in topics))


TOPIC_NAMES: Mapping[str, str] = {"styling": "空间搭配", "parenting": "育儿", "service": "服务", "community": "社群"}

_TIRED = re.compile(
    "烦|谁(?:让|叫)你|骚扰|打扰|广告|垃圾|刷屏|没完|有完|讨厌|(?:老|总|天天|每天|一直|又|还|不停|整天)(?:是|在)?(?:给|向|跟)?(?:我"
    "|我们)?(?:发|推)|凭什么|干嘛|干吗"
)
_CONFIRM_ALONE = phrase(_CONFIRM)
KEPT_WHY = phrase(KEEPING_AFTER)
_PLAIN: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    (Asked(Right.UNMUTE), phrase(_UNMUTE)),
    (Asked(Right.SETTINGS), phrase(_SETTINGS)),
    (Asked(Right.EXPORT), phrase(_EXPORT)),
    (Asked(Right.DELETE), phrase(_DELETE)),
    (Asked(Right.DATA), phrase(_DATA_OF_ME)),
    (Asked(Right.KEEPING), phrase(_KEEPING)),
    (Asked(Right.KNOWN), phrase(_HOW_KNOWN)),
    (Asked(Right.WHY), phrase(_WHY)),
    (Asked(Right.SWITCH, purpose=Purpose.PERSONALISATION), phrase(f"{_OFF}{_PERSONAL}")),
    (Asked(Right.SWITCH, purpose=Purpose.PERSONALISATION, on=True), phrase(f"{_ON}{_PERSONAL}")),
    (Asked(Right.SWITCH, purpose=Purpose.ANSWERS), phrase(f"{_OFF}{_MEMORY}|别记(?:住)?我说(?:过)?的话?")),
    (Asked(Right.SWITCH, purpose=Purpose.ANSWERS, on=True), phrase(f"{_ON}{_MEMORY}")),
    (Asked(Right.SWITCH, purpose=Purpose.POSTS), phrase(f"{_OFF}(?:定时|主动){_THING}")),
    (Asked(Right.SWITCH, purpose=Purpose.POSTS, on=True), phrase(f"{_ON}(?:定时|主动){_THING}")),
    (Asked(Right.LESS), phrase(_LESS)),
)
_HOW_OFTEN = re.compile(f"{LEAD}(?:{_OFTEN}){TAIL}")
_NOT_FOR_NOW = re.compile(f"{LEAD}(?:{_MUTE}){TAIL}")
_AT_HOURS = re.compile(f"{LEAD}(?:{_HOURS}){TAIL}")
_BOTHERS = re.compile(f"{_THING}|发|推|打扰|吵")


def _alone(whole: str) -> Asked | None:
    """A confirmation counts only where nothing else is said."""
    return Asked(Right.CONFIRM) if len(whole) <= _LONGEST and _CONFIRM_ALONE.fullmatch(whole) else None


def _in_clause(clause: str, whole: str, now: datetime, topics: Mapping[str, str]) -> Asked | None:
    return (
        _of_topics(clause, topics)
        or next((asked for asked, pattern in _PLAIN if pattern.fullmatch(clause)), None)
        or (how_often(whole) if _HOW_OFTEN.fullmatch(clause) else None)
        or _at_hours(clause)
        or _muted(clause, now)
    )


def how_often(plain: str) -> Asked | None:
    """The rate that all of `plain` speaks of: what follows a rate may say that it is too much."""
    rate = rate_in(plain)
    return Asked(Right.LESS, days=rate.days, too_often=rate.too_often) if rate else None


def _at_hours(clause: str) -> Asked | None:
    """Only where it speaks of our messages: 只要上午 alone may be a delivery."""
    return Asked(Right.HOURS) if _AT_HOURS.fullmatch(clause) and _BOTHERS.search(clause) else None


def _muted(clause: str, now: datetime) -> Asked | None:
    found = _NOT_FOR_NOW.fullmatch(clause)
    if found is None:
        return None
    words = next((value for value in (found["a"], found["b"], found["c"], found["d"]) if value), "")
    until = spans.until(words, now) if words else now + timedelta(days=spans.DEFAULT_DAYS)
    return Asked(Right.MUTE, until=until) if until else None


def _of_topics(clause: str, topics: Mapping[str, str]) -> Asked | None:
    names = "|".join(re.escape(word) for word in sorted(topics, key=len, reverse=True)) if topics else _TOPIC
    return _narrowed(clause, names, topics) or _widened(clause, names, topics)


_FROM_NOW = "(?:以后|今后|请|帮我|麻烦|我|那|那就|还是|算了|把|其实){0,3}"
_TOO = "(?:也|还|都|照样|照常|又|再|可以|还是|继续|接着|还可以|也可以){1,3}"
_WANT = f"(?:{_TO_ME}{_SEND}{_TO_ME}|想?看|想?要|想?收|接收|订阅?)(?:一下|一点|一些|点|些)?"
_BACK = "(?:都|也|再|给我|帮我){0,2}(?:加回来|加上|加进来|加回去|开回来|打开|补上|补回来|恢复)"
_THE_REST = "(?:别的|其他|其它|其余|另外)(?:几?个?(?:类型|种类|主题|类))?(?:的)?"
_ALL_OF_IT = f"(?:{_THE_REST}|(?:全部|所有|各类|每一?类)(?:的)?(?:主题|类型|内容|推送)?)"


def _widened(clause: str, names: str, topics: Mapping[str, str]) -> Asked | None:
    """家居的也发吧: a topic, or all of them, beside what is sent now."""
    suffix = f"(?:的|类的?|方面的?|相关的?)?(?:{_THING}|知识)?(?:的)?"
    listed = f"(?P<{{}}>(?:(?:{names})(?:和|跟|与|还有|以及)?)+|{_ALL_OF_IT})"
    found = re.fullmatch(
        f"{_FROM_NOW}(?:{listed.format('a')}{suffix}(?:{_TOO}{_WANT}|{_BACK})"
        f"|{_TOO}{_WANT}{listed.format('b')}{suffix}){TAIL}",
        clause,
    )
    if found is None:
        return None
    words = re.findall(names, found["a"] or found["b"])
    if _EVERYDAY.issuperset(words) and not _ABOUT_POSTS.search(clause):  # none are all: a word of posts is needed too
        return None
    return Asked(Right.ALSO, topics=frozenset(topics[word] for word in words))


def _narrowed(clause: str, names: str, topics: Mapping[str, str]) -> Asked | None:
    listed = f"(?P<topics>(?:(?:{names})(?:和|跟|与|还有|以及)?)+)"
    suffix = f"(?:的|类的?|方面的?|相关的?)?(?:{_THING}|知识)?"
    only = re.fullmatch(
        f"(?:以后|今后|请|帮我|麻烦|我){{0,2}}(?:只|就|仅)(?:想|要)?(?:看|要|收|发|推送|推|给我发|给我推|接收|订阅|关注)?{listed}{suffix}"
        f"{_ENOUGH}(?:了|吧|谢谢)?",
        clause,
    )
    refused = f"(?:别|不要|不用|不必)(?:再)?{_TO_ME}{_SEND}{_TO_ME}"
    after = listed.replace("topics", "before")
    never = re.fullmatch(
        "(?:以后|今后|请|帮我|麻烦|我){0,2}(?:不要|不想要|不想看|不想收|不看|不收|屏蔽|取消|关闭|关掉|退订|"
        f"{refused}){listed}{suffix}(?:了|吧|谢谢)?"
        f"|{after}{suffix}(?:就|以后|都)?(?:不要|不看|不想看|不收|屏蔽|{refused})(?:了|吧|谢谢)?",
        clause,
    )
    found = only or never
    listed = (found["topics"] or found.groupdict().get("before") or "") if found else ""
    words = re.findall(names, listed)
    if found is None or (_EVERYDAY.issuperset(words) and not _ABOUT_POSTS.search(clause)):
        return None
    return Asked(Right.ONLY if only else Right.NEVER, topics=frozenset(topics[word] for word in words))
