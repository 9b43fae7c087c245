"""How long, in Chinese words: 七天, 一个月, 这个月, 到周五."""

import calendar
import re
from datetime import datetime, timedelta

NUMBER = "(?:\\d{1,4}|[零一二两俩三四五六七八九十百几]{1,5})"
COUNT = NUMBER.replace("几", "")  # how often is said, never guessed
_UNIT = "(?:个?小时|天|日|周|个?星期|个?礼拜|个?月|个?季度|年)"
PERIOD = f"(?:每个?|一个|{NUMBER}个?|半个?|隔|隔一)?(?:天|日|周|星期|礼拜|月|季度|年)"
SPAN = (
    f"(?:半|{NUMBER})(?:来|多)?{_UNIT}(?:半)?|(?:半个)(?:月|星期)|(?:这|本)(?:个)?(?:周|星期|礼拜|月|年)|下个?(?:周|星期|礼拜|月)"
    "|今天|今晚|明天|后天|这几天|这两天|最近|近期|一阵子|一段时间|这段时间|这阵子|周末"
    "|(?:直)?(?:到|至)(?:下|这|本)?个?(?:周|星期|礼拜)[一二三四五六日天末]|(?:到|至)(?:明天|后天|月底|年底|下个?月|下个?周|下个?星期)"
    "|(?:到|至)(?:\\d{1,2}月)?\\d{1,2}[号日]"
)
LONGEST = timedelta(days=365)
DEFAULT_DAYS = 7  # where a while was asked for that has no length
_DIGITS = {
    "零": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
    "几": 3,
}
_WEEK = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "末": 6}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "月": 30, "季度": 90, "年": 365}
_VAGUE = {"最近": 7, "近期": 7, "一阵子": 7, "一段时间": 7, "这段时间": 7, "这阵子": 7, "这几天": 3, "这两天": 2}
_SAID = re.compile(f"(?P<many>半个?|{NUMBER})(?:来|多)?个?(?P<unit>小时|天|日|周|星期|礼拜|月|季度|年)(?P<half>半)?")
_TO_WEEKDAY = re.compile("(?:直)?(?:到|至)(?P<which>下|这|本)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末])")
_TO_DATE = re.compile("(?:到|至)(?:(?P<month>\\d{1,2})月)?(?P<day>\\d{1,2})[号日]")


def number(words: str) -> int:
    """Digits or Chinese numerals up to some hundreds; 0 where it is none."""
    if words.isdecimal():
        return int(words)
    total, last = 0, 0
    for char in words:
        if char in "十百":
            total += max(last, 1) * (10 if char == "十" else 100)
            last = 0
        elif char in _DIGITS:
            last = _DIGITS[char]
        else:
            return 0
    return total + last


def period_days(words: str) -> int:
    """The days of 每周, 两周, 半个月, 隔天; 0 where there are none."""
    found = re.fullmatch(
        f"(?P<each>每个?|隔一|隔)?(?P<many>半个?|{NUMBER})?个?(?P<unit>天|日|周|星期|礼拜|月|季度|年)", words
    )
    if found is None:
        return 0
    unit = _DAYS[found["unit"]]
    if (found["each"] or "").startswith("隔"):
        return 2 * unit
    many = found["many"] or ""
    if many.startswith("半"):
        return unit // 2
    return unit * (number(many) if many else 1)


def until(words: str, now: datetime) -> datetime | None:
    """The end of `words` from `now` (local, aware) on, at most a year away; None where they name none."""
    found = _until(words, now)
    return min(found, now + LONGEST) if found else None


def _until(words: str, now: datetime) -> datetime | None:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if words in _VAGUE:
        return now + timedelta(days=_VAGUE[words])
    if said := _SAID.fullmatch(words):
        return now + _length(said)
    if to := _TO_WEEKDAY.fullmatch(words):
        return _weekday(midnight, _WEEK[to["day"]], following=to["which"] == "下")
    if to := _TO_DATE.fullmatch(words):
        return _date(midnight, int(to["month"] or 0), int(to["day"]))
    return _named(words.removeprefix("到").removeprefix("至"), midnight, to=words[0] in "到至")


def _length(said: re.Match[str]) -> timedelta:
    unit = timedelta(hours=1) if said["unit"] == "小时" else timedelta(days=_DAYS[said["unit"]])
    many = 0.5 if said["many"].startswith("半") else float(number(said["many"]))
    length: timedelta = min(many + (0.5 if said["half"] else 0), 9999) * unit
    return length


def _named(words: str, midnight: datetime, *, to: bool) -> datetime | None:
    """Calendar words. "下周别发" is until the end of next week, "到下周" until it begins."""
    day = timedelta(days=1)
    monday = midnight + (7 - midnight.weekday()) * day
    ends = {
        "今天": midnight + day,
        "今晚": midnight + day,
        "明天": midnight + 2 * day,
        "后天": midnight + 3 * day,
        "这周": monday,
        "周末": monday,
        "下周": monday if to else monday + 7 * day,
        "这月": _month(midnight, 1),
        "月底": _month(midnight, 1),
        "下月": _month(midnight, 1 if to else 2),
        "这年": midnight.replace(year=midnight.year + 1, month=1, day=1),
        "年底": midnight.replace(year=midnight.year + 1, month=1, day=1),
    }
    return ends.get(words.replace("个", "").replace("星期", "周").replace("礼拜", "周").replace("本", "这"))


def _month(midnight: datetime, ahead: int) -> datetime:
    years, month = divmod(midnight.month - 1 + ahead, 12)
    return midnight.replace(year=midnight.year + years, month=month + 1, day=1)


def _weekday(midnight: datetime, wanted: int, *, following: bool) -> datetime:
    """The end of that day: of this week where it is still to come, else of the next."""
    ahead = wanted - midnight.weekday()
    if following or ahead < 0:
        ahead += 7
    return midnight + timedelta(days=ahead + 1)


def _date(midnight: datetime, month: int, day: int) -> datetime | None:
    """The end of the next such day."""
    for ahead in range(13):
        at = _month(midnight.replace(day=1), ahead) if ahead else midnight.replace(day=1)
        fits = (month in (0, at.month)) and 1 <= day <= calendar.monthrange(at.year, at.month)[1]
        if fits and (found := at.replace(day=day) + timedelta(days=1)) > midnight:
            return found
    return None
