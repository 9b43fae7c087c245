"""Whether a sentence is of the kind of answer that is asked for: a time for "多久", a length for "多高"."""

import re
from collections.abc import Collection, Mapping

from knowledge.questions.asking import Wants

# What a sentence must hold to be of a kind, and what that is worth.
_KINDS: Mapping[Wants, tuple[re.Pattern[str], float]] = {
    Wants.TIME: (
        re.compile(
            r"\d[\d.\-]* *(?:分钟|小时|天|日|周|个?月|年|岁|次|点|:00|工作日|季|秒)|每[天周日月季年晚隔次]"
            "|早晚|半小时|半年|半天|当天|次日|后再|之前"
        ),
        0.25,
    ),
    Wants.LENGTH: (re.compile(r"\d *(?:厘米|米|公分|毫米|mm|cm|m\b|寸|平)|倍|三分之|一半"), 0.3),
    Wants.AMOUNT: (
        re.compile(
            r"\d[\d.\-]* *(?:毫升|克|ml|g|片|滴|勺|%|杯|升|iu|颗|个|次|倍|千克|斤|元|度|顿|块|分|小时|包|套|条)"
            "|比例|米粒|黄豆|1:|半[勺杯片碗]"
        ),
        0.25,
    ),
    Wants.MONEY: (re.compile(r"\d *(?:元|块钱|折)|免费|承担|费用|运费|收费|退还|不收|自付"), 0.3),
    Wants.DEGREES: (re.compile(r"\d *(?:℃|°c|度|k|%)"), 0.3),
    Wants.WHETHER: (
        re.compile("可以|不要|不宜|不能|不建议|不必|避免|适合|应|不用|无需|支持|需要|先|禁止|不得|正常|不是|别"),
        0.12,
    ),
    Wants.WHY: (re.compile("因为|由于|原因|所以|导致|多半|常见|可能|说明|表现|容易|属于|正常|来自|引起"), 0.12),
    Wants.WHICH: (re.compile("选|适合|优先|推荐|建议|更"), 0.12),
    Wants.STEPS: (re.compile("先|再|然后|最后|用|每次|步"), 0.05),
}
_MEASURED = (Wants.TIME, Wants.LENGTH, Wants.AMOUNT, Wants.MONEY, Wants.DEGREES)


def worth(wanted: Collection[Wants], plain: str) -> float:
    """What a canonical sentence has in advance because it is of a kind that is asked for."""
    return max((value for kind in wanted for pattern, value in [_KINDS[kind]] if pattern.search(plain)), default=0.0)


_BRAND = re.compile(
    "(?:哪个|什么|哪些|啥|几个|哪家|哪款).{0,3}(?:牌子|品牌|厂家)|(?:牌子|品牌).{0,6}(?:好|靠谱|推荐|排|便宜)"
    "|推荐.{0,6}(?:牌子|品牌|型号)|排行榜|排个名"
)
_PRICE = re.compile("多少钱|几钱|几块钱|什么价|价格|报价|贵不贵")


def asks_for_brand(plain: str) -> bool:
    """Whether a canonical question wants to know which make to buy."""
    return bool(_BRAND.search(plain))


def asks_for_price(plain: str) -> bool:
    """Whether a canonical question wants to know what something costs."""
    return bool(_PRICE.search(plain))


_COMPARED = re.compile("([^,。?!\\s]{1,10}?)(?:和|跟|与|同|还是|vs)([^,。?!\\s]{1,10}?)(?:哪个|哪种|哪款|边个|谁)")


def compared(plain: str) -> tuple[str, str]:
    """The two things of which a canonical question wants to know the better one; empty for none."""
    found = _COMPARED.search(plain)
    return (found[1], found[2]) if found else ("", "")


def priced(plain: str) -> bool:
    """Whether a canonical sentence says what something costs."""
    return bool(_KINDS[Wants.MONEY][0].search(plain))


def measured(wanted: Collection[Wants]) -> bool:
    """Whether a figure is asked for."""
    return any(kind in wanted for kind in _MEASURED)


def figures(wanted: Collection[Wants], plain: str) -> bool:
    """Whether a canonical sentence holds a figure of a kind that is asked for."""
    return any(kind in wanted and _KINDS[kind][0].search(plain) for kind in _MEASURED)
