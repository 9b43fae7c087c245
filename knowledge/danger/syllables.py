"""Words of danger that were typed by their sound: hu吸, te别急, 忽吸, chuan bu shang qi.

Somebody whose hands shake leaves syllables as the keyboard took them, or takes the first character it offers.
"""

import re
from functools import cache
from itertools import product

from knowledge.language.pinyin import readings, syllables

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"


def _words_of(text: str) -> list[str]:
    return text.split()


# What a danger is told in. A run of letters becomes the longest of these that it and its neighbours sound like.
_TOLD = _words_of(
    """
呼吸 呼吸困难 没呼吸 没气 喘气 喘不上气 喘不过气 喘得 吸气 憋气 憋住 憋紫 憋得 发紫 发青 发灰 发黑 发白 发乌
嘴唇 嘴巴 舌头 指甲 脸色 胸口 肚子 肋骨 锁骨 喉咙 嗓子 鼻子 耳朵 眼睛 脖子 脑袋 后脑勺 额头 手指 胳膊 屁股 噎住
呛到 呛住 卡住 卡在 窒息 溺水 淹 掉水里 掉进 栽进 抽搐 抽筋 抽风 发抖 惊厥 翻白眼 白沫 僵硬 昏迷 昏倒 晕倒
晕过去 叫不醒 没反应 不动 不动了 不哭 没声 软了 瘫了 吞了 吞下 误食 误服 吃了 喝了 舔了 咽了 咬了 电池 纽扣电池
磁铁 硬币 珠子 农药 老鼠药 消毒液 洗衣液 洁厕灵 安眠药 降压药 退烧药 药片 药 中毒 酒精 发烧 高烧 体温 嗜睡 精神
呕吐 吐了 拉肚子 没尿 眼窝 囟门 脱水 流血 出血 鼻血 吐血 便血 止不住 血 烫伤 烫到 烫了 烫脱 起泡 水泡 开水 热水
着火 冒烟 冒火 煤气 漏气 触电 电到 插座 摔了 摔下 摔到 掉下 掉下去 滚下 撞到 坠楼 阳台 窗户 楼梯 楼上 骨折 脱臼
肿了 过敏 疹子 狗咬 猫抓 蛇咬 不想活 活不下去 活着 想死 自杀 跳楼 跳下去 遗书 割腕 解脱 掐死 捂死 家暴 打我 走丢
不见了 找不到 宝宝 孩子 大人 奶奶 爷爷 妈妈 爸爸 老公 老人 弟弟 妹妹 突然 刚才 现在 特别 非常 怎么办 救命 救护车
急诊 医院 已经 一直 全身 新生儿 个月 满月 月子 羊水 破水 胎动 怀孕
"""
)

# One syllable by itself, where no longer word fits.
_ONE = dict(
    pair.split(":")
    for pair in _words_of(
        """
hu:呼 xi:吸 ao:凹 ka:卡 tang:烫 tuo:脱 dian:电 zi:紫 hei:黑 hui:灰 qing:青 lan:蓝 tun:吞 yan:咽 ye:噎 qiang:呛
chou:抽 dou:抖 yun:晕 hun:昏 tu:吐 xue:血 xie:血 bie:憋 chuan:喘 si:死 tiao:跳 lou:楼 yao:药 du:毒 zhong:肿
shuai:摔 diao:掉 gun:滚 mei:没 bu:不 ji:急 kuai:快 leng:冷 ruan:软 ying:硬 jiang:僵 wan:弯 liu:流 shao:烧 re:热
fan:翻 ku:哭 he:喝 chi:吃 tian:舔 ta:他 wo:我 wa:娃 le:了 de:的 zai:在 dao:到 huo:火 yang:养 zhui:坠 zhuang:撞
han:喊 xing:醒 zui:嘴 lian:脸 shou:手 jiao:脚 tou:头 bei:被 ba:把 hen:很 hao:好 you:有 ge:个 yue:月 tui:腿 da:大
xiao:小 shui:水 qi:气 fa:发 shang:上 xia:下 qu:去 lai:来 hua:花 kou:口 nian:年 ban:半 jin:进 chu:出 bai:白
hong:红
"""
    )
)

# Whole words that people hear for a word of danger; at least one character has to be the right one.
_HEARD = _words_of(
    """
呼吸 窒息 抽搐 惊厥 昏迷 昏倒 嘴唇 呼吸困难 喘不上气 喘不过气 翻白眼 口吐白沫 叫不醒 没反应 呕吐 烫伤 休克 囟门
肋骨 喉咙 硬币 农药 羊水 不想活了 活不下去 跳楼 纽扣电池 中毒 脱臼 骨折
"""
)
_NOT_MEANT = frozenset(
    _words_of(
        """
抽出 抽除 藕吐 种毒 中读 古折 腰水 洋水 养水 应币
"""
    )
)

_LATIN = re.compile("[a-z]+")
_SYLLABLE = re.compile(
    "(?:[bpmfdtnlgkhjqxrzcsyw]|[zcs]h)(?:a(?:i|o|ng?)?|e(?:i|ng?|r)?|i(?:an?g?|ao|e|u|ng?|"
    "ong)?|o(?:u|ng)?|u(?:ang?|ai?|an|ei?|i|o|n)?|ve?)"
    "|a(?:i|ng?|o)?|e(?:i|n|r)?|ou?"
)
_ENGLISH = frozenset(
    _words_of(
        """
he she me a an no can man men women pan pen long song die tie lie hang fan bin pin you to do sofa mini banana
bali made ok
"""
    )
)


@cache
def _words() -> dict[tuple[str, ...], str]:
    return {tuple(syllables(word)): word for word in _TOLD}


@cache
def _heard() -> dict[tuple[str, ...], str]:
    return {tuple(syllables(word)): word for word in _HEARD}


def _split(run: str) -> tuple[str, ...] | None:
    """A run of letters as syllables, the longest first; None where it is none."""
    if not run:
        return ()
    for size in range(min(6, len(run)), 0, -1):
        if _SYLLABLE.fullmatch(run[:size]) and (rest := _split(run[size:])) is not None:
            return run[:size], *rest
    return None


def spelt_out(text: str) -> str:
    """`text` (lower case, simplified) with pinyin of the words of danger as characters; English stays as it is."""
    runs = [run for run in _LATIN.findall(text) if len(run) > 1]
    if not runs or max(map(len, runs)) > 24:
        return text
    wholly = all(_split(run) for run in runs) and not all(run in _ENGLISH for run in runs)
    units: list[str] = []
    for part in re.findall("[a-z]+|[^a-z]", text):
        units += (
            _units(part, wholly or (part not in _ENGLISH and _touches(part, text)))
            if part.isascii() and part.isalpha()
            else [part]
        )
    return _joined(units)


def _touches(run: str, text: str) -> bool:
    return len(run) > 1 and bool(re.search(f"[{_HAN}]{run}(?![a-z])|(?<![a-z]){run}[{_HAN}]", text))


def _units(run: str, wanted: bool) -> list[str]:
    """The syllables of a run, each marked; the run itself where it is not taken for pinyin."""
    said = _split(run) if wanted else None
    return [f"~{one}" for one in said] if said else [run]


def _joined(units: list[str]) -> str:
    """Marked syllables and what stands beside them as words."""
    units = [one for at, one in enumerate(units) if not (one == " " and _between(units, at))]
    said, at = "", 0
    while at < len(units):
        word = _longest(units, at)
        if word:
            said, at = said + word, at + len(word)
            continue
        one = units[at]
        said += _ONE.get(one[1:], one[1:]) if one.startswith("~") and len(one) > 1 else one
        at += 1
    return said


def _between(units: list[str], at: int) -> bool:
    """A space beside a syllable, and no English word on the other side: people put one after each."""
    sides = [units[side] for side in (at - 1, at + 1) if 0 <= side < len(units)]
    return any(_marked(side) for side in sides) and not any(side.isascii() and side.isalpha() for side in sides)


def _marked(unit: str) -> bool:
    return len(unit) > 1 and unit.startswith("~")


def _longest(units: list[str], at: int) -> str:
    for size in (4, 3, 2, 1):
        window = units[at : at + size]
        marked = [one[1:] if one.startswith("~") else "" for one in window]
        if len(window) < size or not any(marked):
            continue
        heard_as = [(mark,) if mark else readings(one) for mark, one in zip(marked, window, strict=True)]
        found = next((word for key in product(*heard_as) if (word := _words().get(key))), "")
        if found and all(mark or one == char for mark, one, char in zip(marked, window, found, strict=True)):
            return found
    return ""


def heard(text: str) -> str:
    """`text` with words of danger that are written with another character of the same sound: 忽吸, 昏谜."""
    said = list(text)
    sounds = [readings(char)[0] if "\u4e00" <= char <= "\u9fff" else "" for char in said]
    for size in (2, 3, 4):
        for at in range(len(said) - size + 1):
            word = _heard().get(tuple(sounds[at : at + size]))
            if word and _meant("".join(said[at : at + size]), word):
                said[at : at + size] = word
    return "".join(said)


def _meant(written: str, word: str) -> bool:
    right = sum(one == other for one, other in zip(written, word, strict=True))
    return len(word) // 2 <= right < len(word) and written not in _NOT_MEANT
