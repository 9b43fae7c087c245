"""Text → terms. A term is a character, two neighbouring characters, a Latin word or a number.

Characters with their bigrams need no dictionary and beat word segmentation on Chinese retrieval; `\\w+` would make a
whole clause one term.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

from opencc import OpenCC

# One meaning, one wording, on both sides: what people say on the left of guides' words. Only terms are changed by it;
# quotes are always the guide's own text. Longer wordings win.
_WORDINGS: dict[str, str] = {
    "宝宝": "娃娃 娃儿 小娃 娃 bb baby 宝贝 孩子 小孩 小朋友 婴儿 婴幼儿 幼儿 儿童 小宝 崽崽 崽 小家伙",
    "6个月": "半岁 六个月 六月龄 6月龄 半周岁",
    "8个月": "八个月 8月龄",
    "1岁": "一岁 一周岁 1周岁",
    "2岁": "两岁 二岁 两周岁 2周岁",
    "3岁": "三岁 三周岁 3周岁",
    "睡觉": "哄睡 不肯睡觉 不肯睡 不愿睡 不爱睡 不睡觉",
    "发热": "发烧 高烧 低烧",
    "腹泻": "拉肚子 拉稀 拉水",
    "便秘": "拉不出来 拉不出 不拉粑粑 不拉臭臭 大便干 几天没拉",
    "尿布疹": "红屁股 红屁屁 屁股红 屁股发红",
    "出牙": "长牙",
    "退款": "退钱 退我钱 把钱退",
    "摔了": "从床上摔下来 从床上掉下来 床上摔下来 床上掉下来 摔下床 掉下床 坠床",
    "退货": "退掉 退回去 不想要了",
    "发脾气": "闹脾气 撒泼 打滚 大哭大闹",
    "换货": "换一个 可以换吗 能换吗 买错 换别的",
    "幼儿园": "幼儿园",  # stays as it is, though a part of it has another wording
    "新家": "新房 新装修 刚装修",
    "异味": "气味 味道大 味儿大 味道重 有味道 气味大",
    "绿植": "养花 植物 花草 盆栽 养什么花",
    "真皮沙发": "真皮沙发 皮沙发 皮质沙发 皮革沙发 牛皮沙发",
    "布艺沙发": "布沙发",
    "污渍": "脏了 弄脏 脏",
    "故障": "坏了 出毛病",
    "屏幕": "手机 平板 动画片",
    "选尺寸": "选多大 买多大 要多大 用多大 铺多大 放多大 多大尺寸",
    "距离": "多远 隔多远",
    "高度": "多高",
    "长度": "多长",
    "清洁": "清洗 打扫 擦洗 弄干净 擦干净 洗干净",
}
SAME: dict[str, str] = {said: wording for wording, others in _WORDINGS.items() for said in others.split()}

# Words that shape a question and say nothing about its subject.
_ASKING = re.compile(
    "怎么回事|咋回事|昨天|前天|昨晚|今早|突然|忽然|特别|真的|实在|[愁急烦]死|厉害|好几天|发现|有时候?|感觉|好像|其实"
    "|怎么办|怎么样|怎么弄|怎么搞|怎么整|怎么做|怎么|怎样|怎办|咋办|咋整|咋弄|咋样|咋|如何|为什么|为啥|什么时候|什么样|什么"
    "|啥时候|啥|(?<![茶边角])几|哪些|哪个|哪里|哪种|哪儿|哪|多少|请问|请教|你好|您好|麻烦|谢谢|求助|可不可以|可以|能不能|会不会|要不要"
    "|是不是|有没有|该不该|行不行|好不好|需不需要|需要|应该|应当|一般|到底|究竟|大概|大约|一下|一点|一个|一些"
    "|一直|东西|谁|急(?!诊)|不(?=\\s*(?:$|[?!。]))|一(?=[^\\W\\d]{1,3}就)|这个|那个"
    "|这种|那种|老是|总是|老爱|经常|有点|比较|合适|最好|觉得|知道|告诉|帮我|给我|我家|咱家|家里|我们|你们|他们|咱们|自己"
    "|现在|最近|刚刚|已经|还是|或者|因为|所以|但是|如果|的话|有什么|没有|不能|能否|是否|办法|建议|推荐|介绍"
    "|(?<![重主需必])要(?![求点素])|(?<![理思])想(?!象)|(?<![功智可])能(?![力量])|(?<!应)该|(?<![目])的(?!确)|[吗呢啊吧呀嘛哦哈诶唉嗯哎么]"
    "|了(?!解)|[我你您他她它这那]|(?<=[\u4e00-\u9fff])得(?=[\u4e00-\u9fff])|非常|多[大久少]|[是就都也还才又再很太挺](?=[\u4e00-\u9fff])"
)
_UNIT = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fa1f]")
_WAKING = re.compile("(?:半夜|夜里|夜间|晚上)(?:里|间)?(?:总是|老是|一直|经常|总爱|老|总|又)?醒")
# 我 right before what is asked about: the fever is the speaker's own. Not 我家…, 我想…, 我的…
_OWN = re.compile(
    "(?:^|[，。！？,.!?\\s])我(?:自己)?(?=[\u4e00-\u9fff])"
    "(?![想要能可该应家们的是有在怎会就把被给娃儿女孩又刚才还都也这那没不用买打需先再什咋如宝])"
)
_OTHERS = re.compile("宝宝|[他她它]")
_EATEN = re.compile("(?<=[吃喝加])(?=[\u4e00-\u9fff](?![\u4e00-\u9fff]))(?![掉完光下进出去来到过])")
_TO_DO = re.compile("怎么办|怎办|咋办|咋整|(?:怎么|怎样|如何|咋)(?:护理|处理|照顾|缓解|弄|整|搞)")
_ILL = re.compile("发热|腹泻|便秘|疹|吐|咳|痛|疼|摔|掉床|吞|烫|痒|肿|血|病|过敏|呛|抽搐|鼻塞|不舒服")
_GAP = "\n"  # stands where a word was taken out: its neighbours do not become neighbours


def canonical(text: str) -> str:
    """`text` with one spelling per character and one wording per meaning (NFKC, lower case, simplified, `SAME`)."""
    plain = unicodedata.normalize("NFKC", _simplified(unicodedata.normalize("NFKC", text)).lower())
    plain = re.sub(r"(\d\d)度(\d)(?!\d)", r"\1.\2度", plain)  # 38度5
    close = re.sub(r"(?<=[\u4e00-\u9fff])[ \t]+(?=\d)|(?<=\d)[ \t]+(?=[\u4e00-\u9fff])", "", plain)
    return _wordings().sub(lambda found: SAME[found.group()], _WAKING.sub("夜醒", close))


def terms(text: str) -> list[str]:
    """All terms of `text`, repeated as often as they occur."""
    return [term for run in runs(text) for term in _grams(run)]


def runs(text: str) -> list[list[str]]:
    """The units (characters, words, numbers) of `text`; those of one run stood side by side."""
    return _split(canonical(text))


def content(question: str) -> list[list[str]]:
    """What a question is about: its runs once the asking words are taken out, empty when nothing is left."""
    return _split(_EATEN.sub(_GAP, _ASKING.sub(_GAP, canonical(question))))


def of_the_asker(question: str) -> bool:
    """Whether a question is about the one who asks, and about no child of theirs."""
    plain = canonical(question)
    return bool(_OWN.search(plain)) and not _OTHERS.search(plain)


def asks_what_to_do(question: str) -> bool:
    """Whether steps are wanted rather than an explanation."""
    return bool(_TO_DO.search(canonical(question)))


def of_illness(question: str) -> bool:
    """Whether a question speaks of an illness or an accident."""
    return bool(_ILL.search(canonical(question)))


def query_terms(wanted: Sequence[Sequence[str]]) -> list[str]:
    """The distinct terms to look for, given runs of units."""
    return list(dict.fromkeys(term for run in wanted for term in _grams(run)))


def pairs(run: Sequence[str], at: int) -> list[str]:
    """The bigrams of `run` that hold the unit at place `at`."""
    return [run[i] + run[i + 1] for i in (at - 1, at) if 0 <= i < len(run) - 1 and _joins(run[i], run[i + 1])]


def _grams(run: Sequence[str]) -> Iterator[str]:
    for i, unit in enumerate(run):
        yield unit
        if i + 1 < len(run) and _joins(unit, run[i + 1]):
            yield unit + run[i + 1]


def _joins(left: str, right: str) -> bool:
    """Two Latin words or numbers side by side are two terms; with a Chinese character between they are one ("6个")."""
    return not (left.isascii() and right.isascii())


def _split(text: str) -> list[list[str]]:
    found: list[list[str]] = []
    end = -1
    for unit in _UNIT.finditer(text):
        if unit.start() != end:
            found.append([])
        found[-1].append(unit.group())
        end = unit.end()
    return found


def _simplified(text: str) -> str:
    return str(_converter().convert(text))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")  # reads its tables once; converting changes nothing in it


@cache
def _wordings() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(SAME, key=len, reverse=True)))
