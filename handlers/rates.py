"""How often somebody wants to hear from us, in their own words: the rate they wish for, or one that is too much.

一周一条就行 is a wish; 一天一条太多了 complains of the rate that it names.
"""

import re
from dataclasses import dataclass

from handlers import spans

# What follows a rate where it is a complaint, or stands beside it.
TOO_MUCH = (
    "(?:我|对我|来说|对我来说|觉得|感觉|真的|真|实在是?|还是|也|都|就|已经|是|发|推|推送|消息|的){0,4}"
    "(?:(?:太|有点儿?|有些|过于|稍微|确实|未免|挺|好|够|蛮|那么|这么)+(?:多|频繁|勤快?|密集?|频)|多了(?!一)|受不了|吃不消|遭不住|顶不住"
    "|看不过来|烦死?人?|嫌[多烦密]|太?过分|太?离谱|太?夸张)"
)
_RATE = f"(?P<span>{spans.PERIOD})[^，。]{{0,4}}?(?P<count>{spans.COUNT})(?:条|次|篇|个|回)"
_ANY = re.compile(_RATE)
_REFUSED = re.compile(f"{_RATE}{TOO_MUCH}")
_TOO_MUCH = re.compile(TOO_MUCH)
_TOO_FEW = re.compile("太少|有点儿?少|有些少|不够(?:多|看|勤)?(?:了|啊|呀|吧)?$|少了")
_BEFORE, _AFTER = 4, 5  # characters around a rate in which a wish for it is said
_WISHED = re.compile("最多|顶多|只|就|改|换|调|设|变|行|好|可以|能不能|够|吧|差不多|合适|正好|刚好")


@dataclass(frozen=True, slots=True)
class Rate:
    """`days` between two posts. `too_often`: somebody gets them so often, or fears it, and that is too much."""

    days: int
    too_often: bool = False


def rate_in(plain: str) -> Rate | None:
    """The rate that `plain` (clauses, joined) names; a wish goes before a complaint. None where it names none."""
    rest = _REFUSED.sub("", plain)
    complains = _TOO_MUCH.search(rest) is not None
    for found in _ANY.finditer(rest):
        around = rest[max(0, found.start() - _BEFORE) : found.end() + _AFTER]
        if (days := _days(found)) and (not complains or _WISHED.search(around)):
            return Rate(days)
    refused = [days for found in _ANY.finditer(plain) if (days := _days(found))]
    return Rate(max(refused), too_often=True) if refused else None


def too_few(plain: str) -> bool:
    """Whether `plain` names a rate and would like more."""
    return _ANY.search(plain) is not None and _TOO_FEW.search(plain) is not None


def _days(found: re.Match[str]) -> int:
    """0 where it is no rate."""
    days, times = spans.period_days(found["span"]), spans.number(found["count"])
    return max(1, -(-days // times)) if days and times else 0
