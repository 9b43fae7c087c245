"""The weekly report to operators: the figures of health in words, and one picture of them.

It is held to what members may expect of posts: never twice, never in quiet hours or on a public holiday, and what is
late is dropped.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import structlog

from bot.alarm import Alarm
from bot.foundation import Foundation
from bot.health import DAYS, HealthFigures
from bot.part import Part, part_id
from bot.store import health as store
from bot.store import marks
from handlers.commands.health import described
from scheduler.health import Health, Key
from scheduler.rules import Quiet
from scheduler.weekly_report import ReportTime

log = structlog.get_logger()

SENT = "weekly_report"  # the mark with the last week that was reported
LONGEST = 2000  # bytes: a notice is one message of the app, which takes 2,048 (doc 90236)


class WeeklyReport:
    """`look` is for the ticker."""

    def __init__(self, base: Foundation, figures: HealthFigures, when: ReportTime) -> None:
        self._base = base
        self._figures = figures
        self._when = when
        self._told = ""  # the week that was found reported already: no need to ask the store again

    async def look(self) -> None:
        """Send this week's report once its time has come."""
        base = self._base
        week = self._when.due(base.clock.now())
        if week is None or week == self._told or not base.agent or not base.alarm.operators:
            return
        if await self._wanted(week):
            await self._send(week)
        self._told = week

    async def _wanted(self, week: str) -> bool:
        """Whether there is something to tell, and neither this week nor a later one (a clock put back) was reported."""
        async with self._base.database.read() as connection:
            if str(await marks.get_mark(connection, SENT) or "") >= week:
                return False
            began = await store.began(connection)
        return began is not None and self._when.has_a_week(began, self._base.clock.now())

    async def _send(self, week: str) -> None:
        found = await self._figures.of(DAYS)
        picture, legend = await asyncio.to_thread(drawn, found, week)
        text = written(found, legend)
        async with self._base.transactions.begin() as transaction:
            until = self._when.good_until(transaction.now)
            parts = _parts(self._base.alarm, text, picture, week, transaction.now)
            await transaction.enqueue(replace(part, expires_at=until) for part in parts)
            await marks.set_mark(transaction.connection, SENT, week, transaction.now)
        log.info("weekly_report", week=week, operators=len(self._base.alarm.operators))


def weekly_report(base: Foundation, figures: HealthFigures) -> WeeklyReport:
    """On Mondays at ten, by the tenant's clock and its colleagues' calendar, but for days on which no post leaves."""
    restraint, calendar = base.settings.restraint, base.ladder.calendar
    silent = frozenset(restraint.silent_days)

    def speaks_on(day: date) -> bool:
        return day not in silent and calendar.works_on(day)

    return WeeklyReport(base, figures, ReportTime(base.settings.timezone, Quiet.parse(restraint.quiet), speaks_on))


def _parts(alarm: Alarm, text: str, picture: bytes, week: str, now: datetime) -> Iterator[Part]:
    """Words and picture for each operator; their ids are made of the week, so that there are no others."""
    for person in alarm.operators:
        yield alarm.notice(person, text, part_id("health", week, person), now)
        yield alarm.picture(person, picture, f"health-{week}.png", part_id("health-picture", week, person), now)


def written(found: Health, legend: str) -> str:
    """The report in words, as one message: what does not fit is left to /health."""
    tail = (f"\n\n{legend}" if legend else "") + "\n\n各项的意思和更多天数：/health [天数]"
    head = f"**每周健康报告**\n\n{described(found, DAYS)}"
    return head.encode()[: LONGEST - len(tail.encode())].decode(errors="ignore") + tail


def drawn(found: Health, week: str) -> tuple[bytes, str]:
    """The shares as bars, as PNG, and what the text has to explain of it where the machine has no Chinese letters.

    Takes CPU and loads Pillow: call it in a thread.
    """
    from bot.pictures import Bar, Fonts, Words, bars  # noqa: PLC0415 - a start does not wait for Pillow

    fonts = Fonts()
    score = "-" if found.score is None else str(found.score)
    title = Words(f"健康度 {score} 分，近 {DAYS} 天（{week}）", f"Health {score} / 100, last {DAYS} days ({week})")
    shares = [each for each in found.figures if each.key is not Key.ACTIVE]
    names = [Words(each.definition.name, each.definition.short) for each in shares]
    rows = [
        Bar(name, each.value, "-" if each.value is None else f"{each.value:.1%}", each.definition.worst is None)
        for name, each in zip(names, shares, strict=True)
    ]
    legend = "" if fonts.chinese else "图中：" + "，".join(f"{name.ascii} 是{name.text}" for name in names) + "。"
    return bars(title, rows, fonts), legend
