"""Ages, body temperatures and spans of time in plain text (see `knowledge.danger.plain`)."""

import re
from dataclasses import dataclass

from knowledge.danger.context import said

_DAYS, _WEEKS, _YEAR = 30.4, 4.35, 12

# "2个月" is an age unless something else lasted, or will last, so long.
_NO_AGE_BEFORE = (
    "(?<!孕)(?<!怀)(?<!每)(?<!近)(?<!前)(?<!买)(?<!用)(?<!住)(?<!装)(?<!咳)(?<!隔)(?<!过)(?<!等)(?<!拖)(?<!修)"
    "(?<!孕了)(?<!怀了)(?<!买了)(?<!用了)(?<!住了)(?<!装了)(?<!咳了)(?<!怀孕)(?<!咳嗽)(?<!再过)(?<!还有)(?<!保修)(?<!有效期)"
)
_NO_AGE_AFTER = (
    "(?!(?:之?前|之?后|以后|之内|内|以上|以来|的时候|时候|时(?!不)|开始|起(?!烧)|一次|的?(?:假期|质保|保修|工资|房租)))"
)
_MONTHS = re.compile(
    rf"(?P<not_yet>不到|未满|不满|没满|没到|快|不足|还差[^,。]{{0,3}})?{_NO_AGE_BEFORE}(?<![\d.])(?P<n>\d{{1,2}}(?:\.\d)?)"
    rf"(?:个?多?月(?:零|多|又)?(?:\d+天)?(?:大|龄)?|个多月|m(?=[大的宝+龄]|\d+d)(?:\d+d)?)(?P<below>以[下内]|不到)?{_NO_AGE_AFTER}"
)
_DAYS_OLD = re.compile(
    r"(?:出生|生下来?|生完|落地|刚生|产后|日龄|才|[宝婴]宝?|新生儿|大概|刚)(?:才|了|刚|第|是)?(?P<n>\d{1,3})(?:多|几|来)?天(?!没|不|都|后|前|两|内|无|之|三头)"
    r"|(?<!\d)(?P<m>\d{1,3})(?:多|几|来)?天(?:大|龄|的(?:宝|婴|新|小))"
    r"|(?<![\d了吐拉咳烧续痛第])(?P<k>[2-9]\d)(?:多|几|来)?天(?!没|不|了|后|前|内|无|之)"
)
_WEEKS_OLD = re.compile(
    r"(?<![孕\d怀])(?P<n>\d{1,2})(?:多)?(?:周|个?星期|个?礼拜)(?:大|龄|的(?:宝|婴|新|小)|宝宝)|(?:出生|生完|生下来?|生了|落地|宝宝|刚|才)(?:才|刚|了|快|都|第)?(?P<m>\d{1,2})(?:周|个?星期|个?礼拜)"
)
_YEARS = re.compile(r"(?<![\d.])(?P<n>\d{1,2}(?:\.\d)?)(?:周)?岁")
_NEWBORN = re.compile(
    "新生儿|月子里|月子中|月子宝|坐着?月子|[没未不][有到]?满月|刚满月|快满月|满月(?!酒)|[没未]出(?:满)?月(?!子[的餐])|"
    "刚出生|刚生(?:的|下|出)|刚出月|双满月|"
    "(?:百天|100天|满月|月子)(?:还|都)?(?:没|不|未)(?:到|满|出|坐完)|满月酒|(?:百|100)日[宴酒]?(?=宴|"
    "酒|没|$|,)|百天[宴酒]|百岁宴|头1?个?月的|上个?月(?:才|刚)?(?:生|出生)|(?:上周|上礼拜|"
    "上个?星期|前几天|前天|昨天|大前天)[^,。]{0,3}(?:生的|出生|生下|抱回家)|抱回家(?:才|刚|"
    "\\d)|没过(?:百日|100日|百天|100天|满月)|出院[^,。]{0,2}第?\\d天,?宝宝|满月(?:体检|检查)|"
    "办百日|出了院才?|小毛头|毛毛头|(?:才|刚|出生|生下来|宝宝|生完)半个月(?!没|前|了没)|打(?:满月|"
    "2个月)的?(?:针|疫苗)|坐月子[,。]?宝宝|月子(?:里的?)?宝宝|"
    "(?:[没未不][有到]?|快)(?:满)?(?:百天|100天)|早产儿|才生(?:下|了)|生下来没几天|出生没几天|初生"
)

_FEVER_NUMBER = re.compile(
    r"(?<![\d.])(?P<n>3[4-9](?:\.\d{1,2})?|4[0-3](?:\.\d{1,2})?)(?P<unit>度)?(?![\d.]|[个岁天次分周楼层块元斤米厘寸码号%平公])"
)
_FEVERISH = re.compile(
    "发烧|体温|烧到|烧了|烧得|烧着|烧成|在烧|又烧|还烧|一直烧|持续烧|反复烧|量了|量出|量着|"
    "量的|测了|测出|腋温|耳温|肛温|额温|额头|腋下|[1一][测量]|后头烫|发烫|烫手|退烧|退热|"
    "烧\\d"
)
_ELSEWHERE = re.compile(
    "水温|室温|气温|洗澡水|冲奶|温奶|奶温|水[^,。]{0,4}度|度[^,。]{0,4}水|空调|天气|高温|"
    "室外|室内|房间|户外|地暖|暖气|烘干|色温|酒精度|洗衣|机洗|角度|纬度|斜"
)
_FAHRENHEIT = re.compile(r"发烧[^。]{0,8}?(?P<n>10[0-7](?:\.\d)?)")
_FEVER = said(
    "(?<!退)(?:发烧|烧到|烧了|烧得|烧成|在烧|又烧|还烧|有[点些]烧|发烫|烧着(?!玩|了)|烧\\d|"
    "一直烧|持续烧|反复烧|烧不退|烧退不|退不下|烧起来)(?!友|后好|门诊)|(?<!退)烧(?=3[789]|"
    "4[01])"
    "|(?:额头|(?<!烟)头|身上|身体|浑身|全身|脑门|身子|摸着|摸起来)(?:很|好|有点|特别|都|挺|"
    "滚|是|非常|发|比较)?(?:烫|发烫|滚烫|热乎)|体温(?:偏高|升高|高)",
    unless="(?:多少|几)度[^,。]{0,3}(?:算|是|叫)|怎么(?:判断|看|知道)[^,。]{0,6}(?:烧|热)",
)
_NO_FEVER = re.compile("(?:没有?|不|未|无|也没|并没)(?:再|在)?(?:发烧|烧)|(?:烧|热)(?:已经|都)?退了|退烧了|退热了|不烧")
_AGE_WORDS = re.compile(r"[我们家他她宝的才刚是了个多半月大天周岁零又龄出生新儿满不到还没早产快有,。\d.]")
_LASTING = re.compile(
    r"(?:烧|度)(?:了|着|已经|都|反反复复|反复|断断续续|持续|一直|连续|不退|到现在|快|有){0,3}(?P<n>\d{1,2})(?:多|几)?天"
    r"|(?P<m>\d{1,2})(?:多|几)?天(?:了|一直|反复|都|还|持续|高烧|天天|每天|,){0,3}(?:在|是)?(?:发烧|烧|不退|退不)"
    r"|烧[^。]{0,6}第(?P<j>[4-9]|1\d)天|第(?P<i>[4-9]|1\d)天[^。]{0,6}烧"
    r"|(?:连续|持续|一直|反复)(?P<k>\d{1,2})(?:多)?天[^,。]{0,6}烧"
)  # fmt: skip
_WEEKS_LASTING = re.compile(
    "烧(?:了|已经|都|持续|反复|断断续续){0,3}(?:快|有|半|将近)?(?:1|一|2|两)?个?(?:多)?(?:周|星期|礼拜|半月)"
)


def ages(text: str) -> list[float]:
    """All ages in `text`, in months; a "not yet" or "below" lowers one by a little."""
    found = [_month(match) for match in _MONTHS.finditer(text)]
    found += [_number(match) / _DAYS for match in _DAYS_OLD.finditer(text)]
    found += [_number(match) / _WEEKS for match in _WEEKS_OLD.finditer(text)]
    found += [float(match["n"]) * _YEAR for match in _YEARS.finditer(text)]
    return found + [0.5 for _ in _NEWBORN.finditer(text)]


def _month(match: re.Match[str]) -> float:
    age = float(match["n"])
    if match["not_yet"] or match["below"]:
        return age - 0.1
    return age + 0.3 if "多" in match.group() else age


def _number(match: re.Match[str]) -> float:
    return float(next(group for group in match.groups() if group is not None))


def temperatures(text: str) -> list[float]:
    """Body temperatures in `text`, in degrees Celsius; those of water, rooms and weather are left out."""
    found = [(float(match["n"]) - 32) / 1.8 for match in _FAHRENHEIT.finditer(text)]
    feverish = bool(_FEVERISH.search(text))
    elsewhere = bool(_ELSEWHERE.search(text))
    for match in _FEVER_NUMBER.finditer(text):
        if feverish if elsewhere else feverish or match["unit"] or "." in match["n"]:
            found.append(float(match["n"]))
    return found


def days_of_fever(text: str) -> float:
    """How long a fever is said to have lasted, in days; 0 when nothing is said."""
    if _WEEKS_LASTING.search(text):
        return 7
    return max((_number(match) for match in _LASTING.finditer(text)), default=0)


@dataclass(frozen=True, slots=True)
class Aged:
    """Whether somebody of `low` up to but not including `high` months is spoken of."""

    high: float
    low: float = 0

    def __call__(self, text: str) -> bool:
        return any(self.low <= age < self.high for age in ages(text))


@dataclass(frozen=True, slots=True)
class Feverish:
    """Whether a fever of at least `least` degrees is spoken of; with `unmeasured` also one without a number."""

    least: float
    unmeasured: bool = False

    def __call__(self, text: str) -> bool:
        measured = temperatures(text)
        if measured:
            return max(measured) >= self.least
        return self.unmeasured and _FEVER(_NO_FEVER.sub("", text))


def only_an_age(text: str) -> bool:
    """Whether `text` says little more than how young somebody is, as one answers "how old is he?"."""
    return len(_AGE_WORDS.sub("", text)) <= 2 and any(age <= 3 for age in ages(text))


def long_fever(text: str) -> bool:
    """Whether a fever is said to have lasted three days or more."""
    return days_of_fever(text) >= 3


def cold(text: str) -> bool:
    """Whether a body temperature under 36 degrees is spoken of."""
    return any(one < 36 for one in temperatures(text)) and "体温" in text
