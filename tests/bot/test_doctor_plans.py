"""What the doctor sees of the timetable, the holidays, the texts and the lists, and what operators hear of in time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.doctor import look
from bot.clock import MovableClock
from bot.doctor_plans import holidays, lists, posts, timetable
from bot.settings import Settings
from tests.bot.conftest import OpenHouse
from tests.bot.test_doctor import folder_with

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
POST = "---\ntitle: {title}\ntopic: styling\n---\n{text}\n"


def settings(**more: Any) -> Settings:
    return Settings.model_validate(more)


def schedule(name: str, every: str, *to: str) -> dict[str, Any]:
    return {"name": name, "every": every, "to": list(to or ("app:li",))}


def test_a_day_that_is_over_is_told() -> None:
    once = [schedule("开业", "2026-11-20 10:00"), schedule("年末", "2026-12-20 10:00")]
    found = timetable(settings(schedules=once), NOW)
    assert found.ok is None
    assert "“开业”只发一次，2026-11-20 已经过去" in found.what_to_do
    assert "年末" not in found.what_to_do


def test_schedules_in_each_other_s_way_are_told() -> None:
    close = [schedule("甲", "thu 10:00"), schedule("乙", "thu 20:00")]
    found = timetable(settings(schedules=close), NOW)
    assert found.ok is None
    assert "只隔 10 小时" in found.what_to_do
    assert timetable(settings(schedules=close[:1]), NOW).ok is True


@pytest.mark.parametrize(
    ("now", "more", "ok"),
    [
        (OCTOBER, {}, True),
        (NOW, {}, None),
        (NOW, {"silent_days": ["2027-01-01"]}, True),
        (NOW, {"holidays": "as_usual"}, True),
    ],
)
def test_a_year_without_holidays_is_told_sixty_days_ahead(now: datetime, more: dict[str, Any], ok: bool | None) -> None:
    found = holidays(settings(restraint=more), now)
    assert found.ok is ok
    assert ("2027 年" in found.message) == (ok is None)


def test_unlawful_texts_are_told_by_title_and_code_and_unreadable_ones_by_name(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path / "posts",
        loud=POST.format(title="大促", text="全网最低价，全国第一的沙发。"),
        good=POST.format(title="怎么量尺寸", text="先量墙面，第一步量门。"),
        bad="没有抬头",
    )
    found = posts(settings(posts={"folder": folder}, knowledge={"guides": tmp_path / "none"}))
    assert found.ok is None
    assert "《大促》不合规：absolute_term" in found.what_to_do
    assert "bad.md" in found.what_to_do
    assert "怎么量尺寸" not in found.what_to_do


def test_a_lexicon_that_cannot_be_read_is_wrong(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "posts", good=POST.format(title="怎么量尺寸", text="先量墙面。"))
    (folder / "lexicon.yaml").write_text("[", encoding="utf-8")
    assert posts(settings(posts={"folder": folder}, knowledge={"guides": tmp_path / "none"})).ok is False


def test_a_trigger_without_its_text_is_told(tmp_path: Path) -> None:
    trigger = {"name": "满6个月", "on": "stage", "value": "6个月", "guide": "none.md"}
    places = {"posts": {"folder": tmp_path / "posts"}, "knowledge": {"guides": tmp_path / "none"}}
    assert "none.md" in posts(settings(triggers=[trigger], **places)).what_to_do


def test_lists_and_orders_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("谁,什么时候\n", encoding="utf-8")
    audience = {"name": "名单", "include": [f"file:{tmp_path / 'none.csv'}"]}
    found = lists(settings(audiences=[audience], posts={"orders": str(orders)}))
    assert found.ok is None
    assert "none.csv”读不到" in found.what_to_do
    assert "第一行要有" in found.what_to_do
    assert lists(settings()).ok is True


async def test_these_findings_are_among_the_others(tmp_path: Path) -> None:
    quiet = settings(server={"port": 0}, knowledge={"guides": tmp_path, "index": tmp_path / "index"})
    names = {finding.name for finding in await look(quiet, False, MovableClock(NOW, frozen=True))}
    assert {"推送计划", "节假日", "推送内容", "受众和订单"} <= names


async def test_operators_hear_once_of_a_coming_year_without_holidays(open_house: OpenHouse) -> None:
    async with open_house(start=datetime(2026, 12, 1, 2, 5, tzinfo=UTC), schedules=[]) as house:
        assert not [text for text in house.told() if "放假安排" in text]
        for _ in range(3):
            await house.jump(days=1)
        await house.reopen()
        [told] = [text for text in house.told() if "放假安排" in text]
        assert "从 2027-01-01 起，什么都不会主动发" in told
