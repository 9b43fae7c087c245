"""What takes the alarm out of a word: no, how to prevent it, if it were, long ago, in the news, the dog."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A match in plain text: its sentence and its clause, before and after it."""

    text: str
    start: int
    end: int

    @property
    def sentence_before(self) -> str:
        return self.text[self.text.rfind("。", 0, self.start) + 1 : self.start]

    @property
    def clause_before(self) -> str:
        return self.sentence_before.rpartition(",")[2]

    @property
    def sentence_after(self) -> str:
        return self.text[self.end :].partition("。")[0]

    @property
    def clause_after(self) -> str:
        return self.sentence_after.partition(",")[0]

    @property
    def matched(self) -> str:
        return self.text[self.start : self.end]


Guard = Callable[[Place], bool]

# Words that bring an old, supposed or read story back to what is happening here and now.
_NOW = "现在|刚|今天|今早|今晚|今儿|昨天|昨晚|昨夜|正在|还在|这会|这次|突然|忽然|结果|开始|又|我家|我们家|自家|我也"
_IS_NOW = re.compile(_NOW)

_NEGATED = re.compile(
    "(?:(?<!有)没有?|(?<!有没)没有|有没有|并?未|无|不会|(?<!是)不是|(?<![要会是好能可行])不|"
    "从来?没|"
    "没怎么)(?:再|在|出现|发生|什么|明显|任何|过|有|见|伴|发现|也)*$"
)
_PREVENTING = re.compile(
    "(?:预防|防止|避免|防范|提防|杜绝|以防|免得|省得|防(?!晒|水|疫)|别让|不要让|才[不能]会?|不会被|"
    "就不会|(?<!不)小心(?!就)|当心|容易|最怕|(?<![害好很可真])怕|担心(?!死)|总?以为|隐患)[^,。]{0,9}$"
)
_PREVENTING_AFTER = re.compile(
    "^[^。]{0,10}预防的|^[^,。]{0,3}的(?:预防|防范)|^[^,。]{0,6}(?:怎么|如何|怎样|咋)(?:才能|"
    "去|做|来|能|才)?(?:预防|防止|避免|防范|杜绝|防)|^的?(?:预防|防范|防护)"
)
_MIGHT = re.compile("(?:会不会|是否会)(?!是)[^,。]{0,6}$")
_WILL = re.compile("(?<![一学约社聚晚])会[^,。]{0,5}$")
_ASKED = re.compile("^[^,。]{0,8}(?:吗|么|嘛|不(?:$|。))")
_INSIDE = re.compile(
    "会不会(?!是)|预防|防止|避免|以防|免得|别让|不让(?=宝宝|他|她)|(?<!好不)容易|如果|万一|要是|"
    "怎么防|防护|防(?=[窒噎呛溺摔烫触误坠走])|(?<![害好很可真哭])怕(?=(?:宝宝|他|她)(?!已经|"
    "是不是|可能|真|刚|也))"
)
_SUPPOSING = re.compile("(?:如果|万一|要是|假如|假设|倘若|一旦|若是|遇到|遇上)")
_PAST = re.compile(
    "上上?个月|去年|前年|以前|从前|曾经|小时候|当年|上次|上回|上个?(?:周|星期|礼拜)|(?:上|下)半年|半年前|"
    "(?:\\d+|几|"
    "好几)个?(?:月|年|周|星期)之?前|前阵子|前段时间|之前|有过|病史|那年|那次|那时"
)
_PAST_AFTER = re.compile("^(?:了)?(?:\\d+[次回])?过(?![去来敏了程])")
_TOLD = re.compile(
    "新闻|热搜|刷到|短视频|视频[里说上]|抖音|电视剧|电影|小说|绘本|听说|网上[说看有]|看文章|"
    "文章[里说]|报道|朋友圈看|故事|群里说|公众号|综艺|纪录片|书[里上]|那部片|片子|邻居说|"
    "朋友家|同事家|亲戚家|别人家|听课|讲到"
)
_PET = re.compile(
    "(?<![热像])(?<!像小)狗(?![粮窝咬])|猫(?![砂抓粮爬窝])|喵|汪星|仓鼠|兔子|兔兔|鹦鹉|乌龟|"
    "金鱼|宠物|毛孩子|"
    "泰迪|金毛|布偶|英短|柯基|小鸟|小鸡(?!鸡)|蜥蜴"
)
_PERSON = re.compile(
    "宝宝|老人|奶奶|爷爷|姥|外婆|外公|老公|老婆|(?<!新手)(?<!宝)(?<!手妈)妈(?!祖)|爸|孕妇|弟|妹|哥|姐|孩|人(?!工)"
)
_LEARNING = re.compile(
    "(?:科普|讲讲|讲一下|介绍|学习|学一下|想学|学学|怎么学|了解|什么是|什么叫|啥是|啥叫|怎么判断|"
    "如何判断|怎么区分|怎么识别|如何识别|如何区分|怎么辨别|(?:怎么|如何|怎样|咋)(?:区分|分辨|"
    "辨别|判断|识别|看出)|哪些|什么情况|哪种情况|演练|"
    "海姆立克)[^,。]{0,12}$"
)
_LEARNING_AFTER = re.compile(
    "^(?:时|后|之后|以后|的时候)?的?(?:急救(?:方法|视频|手法|知识|课|包|措施|步骤)|处理(?:方法|"
    "流程|"
    "步骤)|原因|症状(?!越来|更|加重|很|严重)|表现(?!很|越)|危害|前兆|先兆|概率|几率|后果|应急预案|"
    "知识|风险|隐患|危险|风险|机制|定义|标准|区别|和[^,。]{1,8}区别|跟[^,。]{1,8}区别|体质|遗传)"
    "|^会(?:不会)?(?:遗传|复发|影响|留|伤|烧坏|变傻)"
    "|^[^,。]{0,4}(?:是什么(?:意思|病|样|原因)|有哪些(?:症状|表现|原因|危害)|怎么学|讲座|课程)"
)
_AFTERCARE = re.compile(
    "后遗症|祛疤|淡疤|疤痕|疤怎么|恢复期|康复|出院|复查|术后|拆线|理赔|保险|(?:能|可以)(?:不能|"
    "不可以)?(?:打|接种|上|去)[^,。]{0,6}(?:疫苗|预防针|幼儿园)|还能打|病史|脱敏"
)

_UNREAL = re.compile(
    "哈哈|嘿嘿|嘻嘻|笑死|可爱|[他她宝]一笑|价格|账单|涨价|降价|再买就|双11|双十一|客服(?:把我|"
    "真|你|什么态度)|你们客服真|"
    "(?:拍|冲|喝|吃|揉|吹|贴)[^。]{0,7}(?:就没事|就好了|(?<!现在)好多了|没事[,。]?$|没事[。”,]|好了[。,]?$)|拆石膏|"
    "拆线|学习一下|先了解|提前了解|先学|备产|待产包|"
    "(?:车里|里面|车上|屋里)没人|(?:宝宝|他|她)没在|像死猪|搬[^。]{0,4}上\\d|结痂|当天就打了针|"
    "(?<!没)(?<!还没)拉出来了|(?<!没)排出来了|取出来了|夹出来了|住院回来|医生让休息|包消了|"
    "肿消了|做梦|梦见|梦到"
)

_OUT = re.compile("(?:前天|昨天|已经|都|自己|今天)[^,。]{0,3}(?:拉|排|取|夹)出来了|结痂|食品级")


def negated(place: Place) -> bool:
    return bool(_NEGATED.search(place.clause_before))


def prevented(place: Place) -> bool:
    return bool(_PREVENTING.search(place.clause_before) or _PREVENTING_AFTER.search(place.clause_after))


def supposed(place: Place) -> bool:
    might = bool(_MIGHT.search(place.clause_before))
    asked = bool(_WILL.search(place.clause_before) and _ASKED.search(place.clause_after))
    return might or asked or bool(_INSIDE.search(place.matched)) or _told_by(_SUPPOSING, place)


def past(place: Place) -> bool:
    over = bool(_PAST_AFTER.search(place.clause_after)) and not _IS_NOW.search(place.sentence_before)
    return over or _told_by(_PAST, place)


def hearsay(place: Place) -> bool:
    return _told_by(_TOLD, place)


def of_a_pet(place: Place) -> bool:
    """The dog swallowed it; no person is named up to there."""
    said = place.sentence_before + place.matched
    return bool(_PET.search(said)) and not _PERSON.search(said)


def learned(place: Place) -> bool:
    """Somebody wants to know about it, and nobody has it."""
    return bool(_LEARNING.search(place.clause_before) or _LEARNING_AFTER.search(place.clause_after))


def aftercare(place: Place) -> bool:
    """It was treated; what is asked is about afterwards."""
    around = place.sentence_before + place.matched + place.sentence_after
    said_here = place.clause_before + place.matched + place.clause_after
    return bool(_AFTERCARE.search(around)) and not _IS_NOW.search(said_here)


def unreal(place: Place) -> bool:
    """Said in jest or of a price, learnt for later, over already, or nobody was there."""
    return bool(_UNREAL.search(place.sentence_before + place.matched + place.sentence_after))


def settled(place: Place) -> bool:
    """What was swallowed is out again."""
    return bool(_OUT.search(place.sentence_after))


def _told_by(marker: re.Pattern[str], place: Place) -> bool:
    """Whether `marker` stands before the match in its sentence, and nothing after it speaks of now."""
    found = max(marker.finditer(place.sentence_before), key=lambda match: match.end(), default=None)
    return found is not None and not _IS_NOW.search(place.sentence_before[found.end() :] + place.matched)


EVERY: tuple[Guard, ...] = (negated, prevented, supposed, past, hearsay, of_a_pet, learned, aftercare, unreal)
HAPPENED: tuple[Guard, ...] = (
    negated,
    prevented,
    supposed,
    hearsay,
    of_a_pet,
    learned,
    aftercare,
    settled,
)  # past or not


@dataclass(frozen=True, slots=True)
class Said:
    """Whether `pattern` is said in earnest: no guard applies at the match, and nothing takes it back.

    `unless` would take it back in the same clause, `never` in the same sentence.
    """

    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    never: re.Pattern[str] | None = None
    guards: tuple[Guard, ...] = EVERY

    def __call__(self, text: str) -> bool:
        if self.pattern.search(text) is None:  # as a rule; a thousand finders look at every message
            return False
        return any(self._earnest(Place(text, *match.span())) for match in self.pattern.finditer(text))

    def _earnest(self, place: Place) -> bool:
        around = place.clause_before + place.matched + place.clause_after
        if self.unless is not None and self.unless.search(around):
            return False
        around = place.sentence_before + place.matched + place.sentence_after
        if self.never is not None and self.never.search(around):
            return False
        return not any(guard(place) for guard in self.guards)


def near(one: str, other: str, gap: int = 12) -> str:
    """A pattern for `one` and `other` in either order, within a sentence and `gap` characters of each other."""
    return f"(?:{one})[^。]{{0,{gap}}}(?:{other})|(?:{other})[^。]{{0,{gap}}}(?:{one})"


def said(*patterns: str, unless: str = "", never: str = "", guards: tuple[Guard, ...] = EVERY) -> Said:
    """A finder for any of `patterns`, regular expressions over plain text."""
    return Said(
        re.compile("|".join(patterns)),
        re.compile(unless) if unless else None,
        re.compile(never) if never else None,
        guards,
    )
