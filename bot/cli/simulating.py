"""`fencun plan --simulate`: a year with restraint and two without, among simulated members."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bot.pictures import Series, Words, lines
from bot.settings import Settings
from bot.unasked import rules_of
from scheduler.simulation import Assumptions, Outcome, Scale, listed, simulate

USAGE = "--simulate people=N,groups=N,weeks=N，例如：--simulate people=2000,groups=20,weeks=52"
TITLES = {
    "fencun": Words("分寸", "Fencun"),
    "four": Words("一月四条", "4 a month"),
    "daily": Words("天天促销", "daily"),
}
_COLUMNS = ("", "离开", "退订", "每人每月", "实用占比", "需要得到满足", "其中靠推送")


class WrongScale(ValueError):
    """The message is Chinese and says what is wrong and how it should be."""


def scale_of(text: str) -> Scale:
    """Read "people=N,groups=N,weeks=N"; `groups` (one for 100 people), `weeks` (52) and `seed` (1) may be left out."""
    numbers: dict[str, int] = {}
    for pair in filter(None, (each.strip() for each in text.replace("，", ",").split(","))):
        name, _, value = (each.strip() for each in pair.partition("="))
        if name not in ("people", "groups", "weeks", "seed") or name in numbers:
            raise WrongScale(f"不认识或重复的“{pair}”。应写成 {USAGE}")
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            raise WrongScale(f"“{pair}”里应是一个整数。应写成 {USAGE}")
        numbers[name] = int(value)
    if "people" not in numbers:
        raise WrongScale(f"没有写 people。应写成 {USAGE}")
    try:
        return Scale(**{"groups": -(-numbers["people"] // 100), "weeks": 52, **numbers})
    except ValueError as error:
        raise WrongScale(f"{error}。应写成 {USAGE}") from error


def run(settings: Settings, text: str, plot: Path, as_json: bool) -> int:
    """Simulate, print the table (or JSON) and the assumptions, write the plot."""
    try:
        scale = scale_of(text)
    except WrongScale as error:
        print(error, file=sys.stderr)
        return 2
    try:
        plot.open("ab").close()  # before the work, not after it
    except OSError as error:
        print(f"图写不到 {plot}（{error.strerror or error}）。请用 --plot 换一个位置。", file=sys.stderr)
        return 2
    assumed = Assumptions()
    outcomes = _simulated(scale, settings, assumed)
    plot.write_bytes(_plot(outcomes))
    print(_as_json(scale, assumed, outcomes) if as_json else "\n".join(_report(scale, assumed, outcomes)))
    print(f"图：{plot}", file=sys.stderr)
    return 0


def _simulated(scale: Scale, settings: Settings, assumed: Assumptions) -> list[Outcome]:
    outcomes = []
    for name, week, outcome in simulate(scale, rules_of(settings), assumed):
        print(f"\r{TITLES[name].text}：{week}/{scale.weeks} 周", end="", file=sys.stderr, flush=True)
        if outcome is not None:
            outcomes.append(outcome)
            print(file=sys.stderr)
    return outcomes


def _report(scale: Scale, assumed: Assumptions, outcomes: Sequence[Outcome]) -> list[str]:
    gate = next(each for each in outcomes if each.name == "fencun")
    refused = "、".join(f"{reason} {count}" for reason, count in Counter(gate.refusals).most_common())
    return [
        f"模拟 {scale.people} 人、{scale.groups} 个群、{scale.weeks} 周（随机种子 {scale.seed}）",
        "",
        *_table([_COLUMNS, *(_row(each) for each in outcomes)]),
        "",
        f"发送闸共 {gate.decisions} 次决定（一个群算一次），其中拒绝：{refused or '无'}",
        f"相同的情形只问一次真正的规则：共问了 {gate.asked} 次。",
        "",
        "以上来自下面的假设，不是测量，也不是预测。三种做法面对同一批人、同样的需要和同样的脾气；",
        "“天天促销”和“一月四条”（一半推广）不理会静音和少发，只理会退订；分寸每周一篇实用内容、每月一个会员日，都过发送闸。",
        *(f"  {name} = {value}  {meaning}" for name, value, meaning in listed(assumed)),
    ]


def _row(outcome: Outcome) -> tuple[str, ...]:
    return (
        TITLES[outcome.name].text,
        f"{outcome.left:.1%}",
        f"{outcome.opted_out:.1%}",
        f"{outcome.posts_a_month:.2f} 条",
        f"{outcome.value_share:.0%}",
        f"{outcome.needs_met:.1%}",
        f"{outcome.met_by_post:.1%}",
    )


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns side by side; a Chinese character is two columns wide."""
    widths = [max(_wide(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(" " * (width - _wide(cell)) + cell for cell, width in zip(row, widths, strict=True)) for row in rows
    ]


def _wide(text: str) -> int:
    return sum(1 if char.isascii() else 2 for char in text)


def _as_json(scale: Scale, assumed: Assumptions, outcomes: Sequence[Outcome]) -> str:
    """One object: scale, assumptions and per policy the figures with the weeks."""
    figures = ("left", "opted_out", "posts_a_month", "value_share", "needs_met", "met_by_post")
    policies = {
        each.name: {name: round(getattr(each, name), 6) for name in figures}
        | {"decisions": each.decisions, "asked": each.asked, "refusals": dict(each.refusals)}
        | {"weeks": [asdict(week) for week in each.weeks]}
        for each in outcomes
    }
    whole = {"scale": asdict(scale), "assumptions": asdict(assumed), "measured": False, "policies": policies}
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str)


def _plot(outcomes: Sequence[Outcome]) -> bytes:
    """Who is still there and hears from us, week by week."""
    title = Words("还在、也没有退订的人（%，模拟）", "Still here and not opted out (%, simulated)")
    series = [Series(TITLES[each.name], [(0.0, 100.0), *_hearing(each)]) for each in outcomes]
    return lines(title, Words("周", "week"), Words("%", "%"), series)


def _hearing(outcome: Outcome) -> list[tuple[float, float]]:
    return [
        (float(number), 100 * (week.here - week.opted_out) / outcome.people)
        for number, week in enumerate(outcome.weeks, start=1)
    ]
