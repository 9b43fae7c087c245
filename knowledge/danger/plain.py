"""What somebody in distress typed, in one spelling: simplified, digits for numbers, common slips and dialects undone.

Only finding danger signs reads this text. It rewrites more freely than the terms of a search do: nothing is quoted
from it.
"""

import re
import unicodedata
from functools import cache

from opencc import OpenCC

from knowledge.danger.spellings import CHILD, EMOJI, FOREIGN, SLIPS
from knowledge.danger.syllables import heard, spelt_out

LONGEST = 4000  # characters; of a longer text the beginning and the end are read

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_DIGITS = dict(zip("零〇一二两三四五六七八九", (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9), strict=True))
_NUMERAL = "[零〇一二两三四五六七八九十百]"
_UNIT = (
    "(?:个|岁|周|天|日|度|点|小时|钟头|分钟|分|秒|米|楼|层|"
    "次|回|遍|颗|粒|片|枚|块|月|多|几|号|级|口|瓶|板|支|斤|毫升|礼拜|星期|年|倍|比)"
)
_NUMBER = re.compile(f"{_NUMERAL}*十{_NUMERAL}*|{_NUMERAL}+(?={_UNIT})")
_SPLIT_TENS = re.compile("([二三四五六七八九]?十)([一二三四五六七八九])([一二三四五六七八九])(?=[多几]?[度天岁个])")
_BREAK = re.compile(r"(?<!\d)\.|\.(?!\d)|[?。]+")
_PAUSE = re.compile("[,、!;:…]+|(?<![,。])-{2,}|[—~]+")  # who is in fear writes ! for a comma
_INVISIBLE = re.compile("[\u200b-\u200f\ufe00-\ufe0f\u2060\ufeff\U0001f3fb-\U0001f3ff]")
_FRAME = re.compile("[\"'“”‘’「」『』《》()\\[\\]【】*_#`|]")


def plain(text: str) -> str:
    """`text` with one spelling per thing: a comma where the writer paused, 。 where a sentence ended, no spaces."""
    if len(text) > LONGEST:
        text = text[: LONGEST // 2] + "。" + text[-LONGEST // 2 :]
    said = unicodedata.normalize("NFKC", _simplified(_INVISIBLE.sub("", text))).casefold().replace("著", "着")
    said = _EMOJI.sub(lambda found: f",{EMOJI[found.group()]},", said)
    said = "".join("," if unicodedata.category(char) == "So" and char not in "℃°" else char for char in said)
    said = _numbers(_spelt(_unspaced(_FRAME.sub(" ", said))))
    return re.sub(",*。[,。]*", "。", re.sub(",{2,}", ",", said)).strip(",。")


def _spelt(said: str) -> str:
    """Latin words, dialects and slips as the signs know them; then the spaces, now that words need them no more."""
    if _LATIN.search(said):
        said = spelt_out(said)
        for pattern, word in _FOREIGN:
            said = pattern.sub(word, said)
    said = re.sub(f"(?<=[{_HAN}])\\s+(?=[{_HAN}])", ",", _BREAK.sub("。", said))
    said = re.sub(rf"(?<=[\d度])\s+(?={_NUMERAL}|\d)", ",", said)  # 39度5 三个半月
    said = _PAUSE.sub(",", re.sub(r"\s+", "", said))
    said = heard(said)
    for pattern, word in _SLIPS:
        said = pattern.sub(word, said)
    return _CHILD.sub("宝宝", said)


def _unspaced(said: str) -> str:
    """Some keyboards put a space after every character: 宝 宝 抽 筋."""
    words = said.split()
    single = sum(len(word) == 1 for word in words)
    spaced = single >= 4 or (single >= 2 and single == len(words))
    return re.sub(f"(?<=[{_HAN}])[ \t]+(?=[{_HAN}])", "", said) if spaced else said


def _numbers(said: str) -> str:
    said = re.sub(f"(?<=\\d)(?={_NUMERAL}+个(?:多|半)?月)", ",", said)  # 39度5三个半月
    said = re.sub("半岁", "6个月", re.sub("([一二两三四五六七八九\\d])岁半", r"\1.5岁", said))
    said = re.sub(f"({_NUMERAL}|\\d)个半月", r"\1.5个月", said).replace("半个月大", "0.5个月大")
    said = _SPLIT_TENS.sub(r"\1\2", said)  # 三十八九度
    said = _NUMBER.sub(lambda found: str(_value(found.group())), said)
    said = re.sub("([一二两三四五六七八九])\\.5(?=[岁个])", lambda found: f"{_DIGITS[found[1]]}.5", said)
    return _degrees(said)


def _degrees(said: str) -> str:
    """38度5, 38度半, 38点5, 39度五, 38,5 and 102华氏度 as 38.5度 and so on."""
    said = re.sub(r"°c?|℃|摄氏度|(?<=\d)c(?![a-z])", "度", said)
    said = re.sub(r"(\d\d)点([\d一二三四五六七八九])", lambda found: f"{found[1]}.{_digit(found[2])}", said)
    said = re.sub(r"(?<!\d)(3[5-9]|4[012]),(\d)(?=度|[^\d.]|$)", r"\1.\2", said)
    said = re.sub(r"(\d\d)度半", r"\1.5度", said)
    said = re.sub(
        r"(?<!\d)(3[5-9]|4[012])度([\d一二三四五六七八九])(?![\d天个次小点岁度分周楼多])",
        lambda found: f"{found[1]}.{_digit(found[2])}度",
        said,
    )
    return re.sub(r"(烧到了?|体温|高烧|温度)(3[5-9]|4[01])(\d)(?!\d)", r"\1\2.\3度", said)


def _digit(one: str) -> str:
    return one if one.isdecimal() else str(_DIGITS[one])


def _value(numeral: str) -> int | str:
    """三十九 as 39; a row of digits (三八) as it is spoken."""
    if "百" in numeral or numeral.count("十") > 1:
        return {"一百": 100, "百": 100}.get(numeral, numeral)
    if "十" in numeral:
        tens, _, ones = numeral.partition("十")
        if len(tens) > 1 or len(ones) > 1:
            return numeral
        return 10 * (_DIGITS[tens] if tens else 1) + (_DIGITS[ones] if ones else 0)
    return "".join(str(_DIGITS[one]) for one in numeral)


def _simplified(text: str) -> str:
    return str(_converter().convert(unicodedata.normalize("NFKC", text)))


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")  # reads its tables once; converting changes nothing in it


_LATIN = re.compile("[a-z]{2}")
_EMOJI = re.compile("|".join(map(re.escape, EMOJI)))
_FOREIGN = tuple((re.compile(rf"\s*(?<![a-z]){spelt}(?![a-z])\s*"), word or " ") for spelt, word in FOREIGN)
_SLIPS = tuple((re.compile(slip), word) for slip, word in SLIPS)
_CHILD = re.compile(CHILD)
