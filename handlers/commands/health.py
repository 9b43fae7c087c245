"""/health: how the product does, in words. The weekly report to operators says the same, shorter."""

from collections.abc import Mapping
from types import MappingProxyType

from handlers.commands.parse import number
from handlers.commands.request import Request, say
from handlers.turn import Outcome
from scheduler.gate import Reason
from scheduler.health import DEFINITIONS, Figure, Health, Key, Platform

DAYS = 28
LONGEST = 90  # days: with the window before it that is what is kept of messages by default

REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        Reason.PERSON_DAY: "当天已收到",
        Reason.PERSON_WEEK: "本周已收够",
        Reason.GROUP_DAY: "群里当天已发",
        Reason.MIN_GAP: "离上一条太近",
        Reason.QUIET_HOURS: "免打扰时段",
        Reason.HOLIDAY: "节假日",
        Reason.RATIO: "有用内容还不够",
        Reason.PROMO_BUDGET: "本月推广已满",
        Reason.REPEATED_GUIDE: "内容重复",
        Reason.OPTED_OUT: "已退订",
        Reason.TOPIC_OFF: "不想看这个主题",
        Reason.MUTED: "已静音",
        Reason.MOOD_HOLD: "情绪不好",
        Reason.HUMAN_HAS_IT: "同事在接待",
        Reason.FATIGUE: "收得疲劳了",
        Reason.NOT_APPROVED: "没有审核",
        Reason.VIOLATION: "内容不合规",
        Reason.PLATFORM_CAP: "平台上限",
        Reason.EXPIRED: "已过期",
        Reason.NOT_REACHABLE: "联系不到",
        Reason.PAUSED: "暂停中",
        Reason.TOPIC_WEEK: "主题本周已满",
        Reason.UNKNOWN: "信息不全",
    }
)
"""A reason of the gate in a few characters."""

_PLATFORM: tuple[tuple[str, str], ...] = (
    ("contacts", "新增好友"),
    ("removed", "被删除或拉黑"),
    ("group_members", "客户群成员"),
    ("joined", "新入群"),
    ("sessions", "微信客服会话"),
    ("refusing", "拒收微信客服消息"),
)


async def health(request: Request) -> Outcome | None:
    """The figures of the last days, with what they mean and how the score comes about."""
    days = number(request.arguments, unit="天|d", most=LONGEST) if request.arguments else DAYS
    if days is None:
        return None
    found = await request.office.health(days)
    meanings = "\n".join(f"- {each.name}：{each.meaning}" for each in DEFINITIONS)
    return say(f"{described(found, days)}\n\n**各项的意思**\n\n{meanings}")


def described(found: Health, days: int) -> str:
    """The figures of the last `days` in words, refusals and WeCom's own figures among them."""
    score = f"{found.score} 分" if found.score is not None else "数据还太少，不打分"
    rows = "\n".join(f"- {each.definition.name}：{_said(each)}" for each in found.figures)
    blocks = [f"**健康度（近 {days} 天）：{score}**", rows, *_formula(found), *_refused(found.facts.refusals)]
    return "\n\n".join([*blocks, *_platform(found.facts.platform)])


def _said(figure: Figure) -> str:
    """The value with its counts, and how far it may be off where they are few."""
    if figure.value is None:
        return "还没有数据"
    counts = f"{figure.part}/{figure.whole}"
    if figure.key is Key.ACTIVE:
        return f"{figure.value:.1f} 天（{counts}）"
    off = f"，可能在 {figure.interval[0]:.0%}–{figure.interval[1]:.0%} 之间" if figure.interval else ""
    return f"{figure.value:.1%}（{counts}{off}）"


def _formula(found: Health) -> list[str]:
    """How the score came about, from the figures that are known."""
    weight = sum(each.definition.weight for each in found.counted)
    terms = " + ".join(f"{each.definition.weight}×{each.worth:.2f}" for each in found.counted)
    names = "、".join(each.definition.name for each in found.missing)
    left_out = f"没有数据、不计入：{names}。" if names else ""
    if found.score is None:
        return [left_out] if left_out else []
    order = "、".join(each.definition.name for each in found.counted)
    return [f"计分：100 ×（{terms}）÷ {weight} = {found.score}，依次是{order}。{left_out}"]


def _refused(refusals: Mapping[str, int]) -> list[str]:
    """Why posts did not leave, or not at once, the most frequent reason first."""
    if not refusals:
        return []
    order = sorted(refusals.items(), key=lambda each: (-each[1], each[0]))
    rows = "，".join(f"{REFUSALS.get(reason, reason)} {count}" for reason, count in order)
    return [f"拦下或推迟过的推送：{rows}。"]


def _platform(platform: Platform | None) -> list[str]:
    """WeCom's own figures, and which of them could not be had."""
    if platform is None:
        return []
    known = [(name, getattr(platform, field)) for field, name in _PLATFORM]
    rows = "，".join(f"{name} {count}" for name, count in known if count is not None)
    said = [f"企业微信的统计（到昨天）：{rows}。"] if rows else []
    missing = "、".join(platform.missing)
    return said + ([f"企业微信没有给出{missing}的统计，以上只有我们自己的数据。"] if missing else [])
