"""`fencun plan`: what would be sent to whom and what the gate would say, and the simulation beside it."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.planning import plan
from bot.clock import MovableClock
from bot.foresight import Foresight
from bot.settings import Settings
from bot.store import contents, ledger, posts
from bot.store.database import Database
from bot.store.migrate import migrate
from bot.store.tables import decision, delivery, occurrence, outbox
from knowledge.guides import read_folder
from scheduler.posts import of_guide
from tests.bot.house import FOOD, MONDAY, SOFA

ROBOT, CHEN, LIN = "robot:一群", "app:zhangsan", "app:lisi"
SCHEDULE = {"name": "每周一篇", "every": "周四 10:00", "to": [ROBOT, CHEN]}
AGAIN = {"name": "周末", "every": "周四 18:00", "topic": "", "to": [CHEN, LIN]}
Fill = Callable[[AsyncConnection], Awaitable[None]]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two weekly guides; what is written goes there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bot.log.set_up", lambda *_, **__: None)  # the log of this process belongs to all its tests
    for name in [name for name in os.environ if name.startswith("FENCUN_")]:
        monkeypatch.delenv(name)
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "sofa.md").write_text(SOFA, encoding="utf-8")
    (tmp_path / "guides" / "food.md").write_text(FOOD, encoding="utf-8")
    return tmp_path


def settings(*schedules: dict[str, Any], **more: Any) -> Settings:
    wecom = {"corp_id": "ww0123456789abcdef", "group_robots": [{"name": "一群", "key": "k"}]}
    return Settings.model_validate({"schedules": list(schedules), "wecom": wecom, **more})


def filled(shop: Path, *fills: Fill) -> None:
    async def fill() -> None:
        database = Database.connect("sqlite:///var/fencun.db")
        await migrate(database)
        async with database.write() as connection:
            for each in fills:
                await each(connection)
        await database.close()

    asyncio.run(fill())


def judged(state: str) -> Fill:
    """A named operator decided so about every weekly guide as it stands."""

    async def judge(connection: AsyncConnection) -> None:
        guides, _ = read_folder(Path("guides"))
        for post in map(of_guide, guides):
            values = {"key": post.name, "digest": post.digest, "kind": "value", "title": post.title}
            await contents.judge(connection, {**values, "state": state, "lexicon": "1", "by": "wangwei"}, MONDAY)

    return judge


approved = judged(contents.APPROVED)


def sent(subject: str, guide: str, at: datetime) -> Fill:
    async def write(connection: AsyncConnection) -> None:
        slot = {"subject": subject, "part": f"{subject}{at}", "day": at.date().isoformat(), "guide": guide}
        await posts.reserve(connection, {**slot, "kind": "value", "topic": ""}, at)
        await ledger.mark_delivered(connection, f"{subject}{at}")

    return write


def planned(capsys: pytest.CaptureFixture[str], of: Settings, weeks: int = 1, *, as_json: bool = False) -> str:
    """What the command prints on the Monday of the house."""
    with capture_logs():
        assert plan(of, weeks, as_json, MovableClock(MONDAY, frozen=True)) == 0
    return capsys.readouterr().out


def rows(capsys: pytest.CaptureFixture[str], of: Settings, weeks: int = 1) -> Any:
    return json.loads(planned(capsys, of, weeks, as_json=True))


def said(row: Any) -> dict[str, tuple[str, str]]:
    return {each["to"]: (each["verdict"], each["reason"]) for each in row["decisions"]}


def test_a_post_that_nobody_approved_waits_and_would_not_leave(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [row] = rows(capsys, settings(SCHEDULE))
    assert row["state"] == "等批准"
    assert said(row) == {ROBOT: ("hold", "not_approved"), CHEN: ("hold", "not_approved")}
    assert (row["kind"], row["to"]) == ("value", [ROBOT, CHEN])


def test_an_approved_post_would_reach_everybody(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, approved)
    [row] = rows(capsys, settings(SCHEDULE))
    assert row["state"] == "已批准"
    assert said(row) == {ROBOT: ("allow", ""), CHEN: ("allow", "")}


def test_a_planned_post_counts_for_those_planned_after_it(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, approved)
    first, second = rows(capsys, settings(SCHEDULE, AGAIN))
    assert said(first)[CHEN] == ("allow", "")
    assert said(second) == {CHEN: ("digest", "person_day"), LIN: ("allow", "")}


def test_what_is_put_off_takes_its_slot_at_the_later_time(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A post at night waits for the morning; the one planned for that morning then comes too soon."""
    filled(shop, approved)
    night = {"name": "深夜", "every": "周三 22:00", "to": [LIN], "catch_up_hours": 14}
    morning = {"name": "早上", "every": "周四 10:00", "to": [LIN]}
    first, second = rows(capsys, settings(night, morning))
    assert said(first)[LIN] == ("defer", "quiet_hours")
    assert said(second)[LIN][1] == "person_day"


def test_what_was_sent_before_counts_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, approved, sent("person:zhangsan", "food.md", MONDAY + timedelta(days=2, hours=20)))
    [row] = rows(capsys, settings(SCHEDULE))
    assert said(row)[CHEN][1] in ("person_day", "min_gap")


def test_an_audience_is_told_apart_into_its_people(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, approved)
    everybody = {"name": "受众", "every": "周四 10:00", "to": ["audience:老客户"]}
    audience = {"name": "老客户", "include": [CHEN, LIN]}
    [row] = rows(capsys, settings(everybody, audiences=[audience]))
    assert row["to"] == ["audience:老客户"]
    assert said(row) == {CHEN: ("allow", ""), LIN: ("allow", "")}


def test_looking_ahead_stores_nothing_and_sends_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, approved, sent("person:wmold", "x.md", MONDAY - timedelta(days=30)))
    rows(capsys, settings(SCHEDULE, AGAIN), weeks=8)

    async def counts() -> list[int]:
        database = Database.connect("sqlite:///var/fencun.db")
        async with database.read() as connection:
            tables = (delivery, decision, occurrence, outbox)
            found = [int(await connection.scalar(select(func.count()).select_from(each)) or 0) for each in tables]
        await database.close()
        return found

    assert asyncio.run(counts()) == [1, 0, 0, 0]


def test_looking_ahead_keeps_no_running_bot_from_writing(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(shop, approved)
    wrote: list[bool] = []
    ask = Foresight._ask_all

    async def slowly(self: Foresight, connection: AsyncConnection, coming: Any, reached: Any) -> Any:
        found = await ask(self, connection, coming, reached)
        other = Database.connect("sqlite:///var/fencun.db")
        async with other.write() as writing:
            await sent("person:wmother", "y.md", MONDAY)(writing)
        await other.close()
        wrote.append(True)
        return found

    monkeypatch.setattr(Foresight, "_ask_all", slowly)
    rows(capsys, settings(SCHEDULE))
    assert wrote == [True]


def test_a_rejected_post_is_not_planned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(shop, judged(contents.REJECTED))
    assert rows(capsys, settings(SCHEDULE)) == []


def test_the_posts_folder_is_planned_beside_the_guides(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (shop / "guides").iterdir():
        path.unlink()
    (shop / "posts").mkdir()
    (shop / "posts" / "tea.md").write_text("---\ntitle: 茶几怎么摆\n---\n离沙发 30 到 45 厘米。\n", encoding="utf-8")
    [row] = rows(capsys, settings(SCHEDULE))
    assert (row["guide"], row["title"]) == ("posts/tea.md", "茶几怎么摆")


def test_the_text_names_times_states_and_reasons_with_their_counts(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(shop, approved)
    shown = planned(capsys, settings(SCHEDULE, AGAIN))
    assert "2026-11-26 10:00  每周一篇  《" in shown
    assert "（已批准）" in shown
    assert "会发：3 处" in shown
    assert "会拒绝：person_day 1" in shown


def test_without_schedules_it_says_where_to_add_them(shop: Path) -> None:
    result = CliRunner().invoke(app, ["plan"])
    assert result.exit_code == 0
    assert "[[schedules]]" in result.output


def simulated(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["plan", "--simulate", *arguments])


def test_the_simulation_prints_a_table_its_assumptions_and_writes_the_plot(shop: Path) -> None:
    result = simulated("people=60,groups=2,weeks=3")
    assert result.exit_code == 0
    for word in ("分寸", "一月四条", "天天促销", "不是测量", "needs_a_month = 0.6", "会员", "3/3 周"):
        assert word in result.output
    assert (shop / "plan-simulation.png").read_bytes().startswith(b"\x89PNG")
    assert not (shop / "var").exists()


def test_the_simulation_as_json_and_the_plot_elsewhere(shop: Path) -> None:
    result = simulated("people=60,groups=2,weeks=3", "--json", "--plot", "year.png")
    found = json.loads(result.stdout)
    assert found["scale"] == {"people": 60, "groups": 2, "weeks": 3, "seed": 1}
    assert len(found["policies"]["fencun"]["weeks"]) == 3
    assert found["measured"] is False
    assert (shop / "year.png").exists()


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        ("", "没有写 people"),
        ("groups=3", "没有写 people"),
        ("people=ten", "整数"),
        ("people=-5", "整数"),
        ("people=10,people=11", "重复"),
        ("people=10,wekks=3", "wekks=3"),
        ("people=0", "应在"),
        ("people=10,groups=20", "应在"),
        ("people=10,weeks=0", "应在"),
        ("people=999999999", "应在"),
        ("people", "整数"),
    ],
)
def test_a_simulation_that_makes_no_sense_is_refused_with_the_way_to_write_it(
    shop: Path, argument: str, word: str
) -> None:
    result = simulated(argument)
    assert result.exit_code == 2
    assert word in result.output
    assert "people=N" in result.output
    assert not (shop / "plan-simulation.png").exists()


def test_a_plot_that_cannot_be_written_is_told_before_the_work(shop: Path) -> None:
    result = simulated("people=60", "--plot", "missing/year.png")
    assert result.exit_code == 2
    assert "--plot" in result.output
