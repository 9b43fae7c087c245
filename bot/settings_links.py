"""What no section of the settings can see alone: names used twice, addresses that lead nowhere."""

import difflib
from typing import Any

from bot.environ import Problem
from scheduler.conflicts import AUDIENCE
from scheduler.posts import Recipient, WrongRecipient, parse_recipient


def between_sections(data: dict[str, Any]) -> list[Problem]:
    """What no section can see alone. `data` may still be wrong in any way, so nothing is taken for granted."""
    wecom = _table(data, "wecom")
    bots, robots, schedules = _entries(wecom, "aibots"), _entries(wecom, "group_robots"), _entries(data, "schedules")
    problems = [
        *_twice("wecom.aibots", bots),
        *_twice("wecom.group_robots", robots),
        *_twice("schedules", schedules),
        *_twice("audiences", _entries(data, "audiences")),
        *_twice("triggers", _entries(data, "triggers")),
        *_twice("trials", _entries(data, "trials")),
        *_in_two_trials(_entries(data, "trials")),
    ]
    if not wecom.get("corp_id") and any(section in wecom for section in ("app", "kf", "contact")):
        problems.append(Problem("wecom.corp_id", "缺少，必须填写：管理后台 → 我的企业 → 企业ID"))
    audiences = [str(entry.get("name", "")) for entry in _entries(data, "audiences")]
    for place, schedule in enumerate(schedules):
        addresses = schedule.get("to")
        for address in addresses if isinstance(addresses, list) else ():
            wrong = _unknown_audience(str(address), audiences) or _unreachable(str(address), wecom, bots, robots)
            if wrong:
                problems.append(Problem(f"schedules[{place}].to", wrong))
    return problems


def _in_two_trials(trials: list[dict[str, Any]]) -> list[Problem]:
    """One text is in one trial at most, or nobody could say what it was measured against."""
    seen: set[str] = set()
    problems = []
    for place, trial in enumerate(trials):
        texts = {str(trial.get(key, "")) for key in ("a", "b")} - {""}
        if both := sorted(texts & seen):
            problems.append(Problem(f"trials[{place}]", f"“{both[0]}”已经在另一个对比里"))
        seen |= texts
    return problems


def _unknown_audience(address: str, audiences: list[str]) -> str:
    """That no audience has this name; empty where one has, or where it is another kind of address."""
    name = address.removeprefix(AUDIENCE).strip()
    if not address.startswith(AUDIENCE) or not name or name in audiences:
        return ""
    near = difflib.get_close_matches(name, audiences, 1, 0.6)
    return f"没有叫“{name}”的受众" + (f"，是不是想写 {AUDIENCE}{near[0]}？" if near else "，请加一节 [[audiences]]")


def _table(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _entries(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = data.get(name)
    return [entry if isinstance(entry, dict) else {} for entry in found] if isinstance(found, list) else []


def _twice(key: str, entries: list[dict[str, Any]]) -> list[Problem]:
    names = [str(entry.get("name", "")) for entry in entries]
    return [
        Problem(f"{key}[{place}].name", f"“{name}”用了两次，名字不能重复")
        for place, name in enumerate(names)
        if name and name in names[:place]
    ]


def _unreachable(address: str, wecom: dict[str, Any], bots: list[dict[str, Any]], robots: list[dict[str, Any]]) -> str:
    """Why a schedule can never reach this address with these settings; empty where it can."""
    try:
        to = parse_recipient(address)
    except WrongRecipient:
        return ""  # told at the field itself
    section = {"app": "app", "appchat": "app", "group": "contact", "customer": "contact"}.get(to.channel)
    if section:
        return "" if section in wecom else f"“{address}”要用 [wecom.{section}]，但没有设置"
    named = [entry for entry in (robots if to.channel == "robot" else bots) if entry.get("name") == to.account]
    if not named:
        table, names = _names_of(to, bots, robots)
        return f"“{address}”里的“{to.account}”没有在 [[wecom.{table}]] 里设置{names}"
    if to.channel == "aibot" and named[0].get("mode", "callback") == "callback":
        told = f"“{address}”：智能机器人“{to.account}”是回调模式，不能主动推送。"
        return told + '请改用长连接（mode = "websocket"）或群机器人'
    return ""


def _names_of(to: Recipient, bots: list[dict[str, Any]], robots: list[dict[str, Any]]) -> tuple[str, str]:
    table, entries = ("group_robots", robots) if to.channel == "robot" else ("aibots", bots)
    names = "、".join(str(entry.get("name", "")) for entry in entries)
    return table, f"，现有：{names}" if names else ""
