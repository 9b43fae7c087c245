"""The gate's word in the words of people: one sentence per reason, with the numbers that the decision saw."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scheduler.gate.case import FACT_NAMES
from scheduler.gate.checks import HABIT, HEAVIER, MEMBERS
from scheduler.gate.model import Decision, Reason, Verdict
from scheduler.timetable import zone_of

# Sentences for operators, read on other days too; the names in braces are numbers that the decision saw.
REASON_TEXT: Mapping[Reason, str] = {
    Reason.PERSON_DAY: "对方当天已收到 {day} 条，每天最多 {person_per_day} 条",
    Reason.PERSON_WEEK: "对方当周已收到 {week} 条，每周最多 {person_per_week} 条",
    Reason.GROUP_DAY: "这个群当天已收到 {day} 条，每天最多 {group_per_day} 条",
    Reason.MIN_GAP: "上一条是 {last} 发的，间隔还不到 {gap_hours} 小时",
    Reason.QUIET_HOURS: "{now} 在免打扰时段（{quiet}）内",
    Reason.HOLIDAY: "当天是节假日，不打扰",
    Reason.RATIO: "上次推广后只送达 {value_since_promo} 条实用内容，满 {value_per_promo} 条才发推广",
    Reason.PROMO_BUDGET: "当月已有 {promo_days} 天发过推广，每月最多 {promo_allowed} 天",
    Reason.REPEATED_GUIDE: "这篇内容 {guide_at} 发过，{repeat_guide_days} 天内不重复",
    Reason.OPTED_OUT: "对方已退订",
    Reason.TOPIC_OFF: "对方不想收这个主题",
    Reason.MUTED: "对方设了静音",
    Reason.MOOD_HOLD: "对方最近不太满意，还没有处理完",
    Reason.HUMAN_HAS_IT: "同事正在接待对方",
    Reason.FATIGUE: "对方最近对推送没有回应，改为隔 {rest_days} 天一条",
    Reason.NOT_APPROVED: "内容还没有审核通过",
    Reason.VIOLATION: "内容有不合规的说法（{violations}）",
    Reason.PLATFORM_CAP: "企业微信当天已算 {platform_sent} 条，上限 {platform_per_day} 条",
    Reason.EXPIRED: "原定 {planned_at}，到 {expires_at} 已过期",
    Reason.NOT_REACHABLE: "现在联系不到对方，请检查收件地址和通道设置",
    Reason.PAUSED: "定时发送已暂停",
    Reason.TOPIC_WEEK: "这个主题当周已发 {topic_sent} 条，每周最多 {topic_per_week} 条",
    Reason.UNKNOWN: "缺少判断需要的信息（{unknown}），宁可不发",
}
_VARIANTS: Mapping[str, str] = {
    HEAVIER: "{heavier_at} 有更要紧的一条，给它让路",
    HABIT: "等到对方平时来的时候，少打断一次",
    MEMBERS: "群里有 {members_busy} 位会员刚收到过，每人有自己的上限",
}
_WEEKDAYS = "一二三四五六日"


def describe(decision: Decision, zone: str) -> str:
    """The decision as one Chinese sentence for operators, times on the clock of `zone` (IANA name)."""
    numbers = _numbers(decision.inputs, zone)
    if decision.reason is None:
        counts = "当天已有 {day} 条" if decision.inputs["scope"] == "group" else "当天已有 {day} 条、当周 {week} 条"
        return f"可以发：{counts.format_map(numbers)}，在限度之内。"
    until = clock(decision.until, zone) if decision.until else ""
    lead = {
        Verdict.DEFER: f"推迟到 {until}",
        Verdict.DIGEST: "并入下一条",
        Verdict.DROP: "不发",
        Verdict.HOLD: "先不发",
    }[decision.verdict]
    template = _VARIANTS.get(numbers.get("because", ""), REASON_TEXT[decision.reason])
    return f"{lead}：{template.format_map(numbers)}。"


def _numbers(inputs: Mapping[str, Any], zone: str) -> dict[str, str]:
    """What the templates of REASON_TEXT may name, ready to be read."""
    facts, rules, seen = inputs["facts"], inputs["rules"], inputs["seen"]
    numbers = {name: str(value) for name, value in (facts | rules | seen).items()}
    moments = {"now": inputs["now"], "planned_at": inputs["planned_at"], "expires_at": inputs["expires_at"]}
    moments |= {name: at for name in ("guide_at", "heavier_at") if (at := facts.get(name))}
    if facts["sent"]:
        moments["last"] = facts["sent"][-1]
    numbers |= {name: clock(datetime.fromisoformat(at), zone) for name, at in moments.items()}
    numbers["gap_hours"] = f"{max(rules['gap_hours'], 24 * (facts.get('every_days') or 0)):g}"
    numbers["promo_days"] = str(len(facts.get("promo_days") or ()))
    numbers["promo_allowed"] = str(rules.get("promo_days_per_month", 0) + facts.get("promo_extra", 0))
    numbers["violations"] = "、".join(facts.get("violations") or ())
    numbers["unknown"] = "、".join(FACT_NAMES[name] for name in seen["unknown"])
    return numbers


def clock(moment: datetime, zone: str) -> str:
    """A moment on the clock of `zone`, as "11月26日（周四）10:00"."""
    local = moment.astimezone(zone_of(zone))
    return f"{local.month}月{local.day}日（周{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"
