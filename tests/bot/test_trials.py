"""Two wordings against each other: each person one of them for good, some get neither, one honest look at the end."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.clock import MovableClock
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Customer
from scheduler.posts import subject_of
from scheduler.trial import arm
from tests.bot.conftest import OpenHouse
from tests.bot.house import House
from tests.bot.test_audience import PARENTS, asks_about

PEOPLE = [f"wmTrial{number:03}" for number in range(60)]
TEXT = "---\ntitle: {title}\ntopic: trial\n---\n{text}\n"
SOON = {"name": "compared", "every": "mon 12:00", "topic": "trial", "to": ["audience:育儿"], "catch_up_hours": 24}
TRIAL = {"name": "开头", "a": "posts/a.md", "b": "posts/b.md", "holdout": 0.2, "people": 12}


def texts(folder: Path, **more: str) -> dict[str, Any]:
    """Both wordings in a posts folder, as settings."""
    folder.mkdir()
    said = {"a": "先量墙面的长度。", "b": "门有多宽？先量一量。", **more}
    for name, text in said.items():
        (folder / f"{name}.md").write_text(TEXT.format(title=f"怎么量尺寸{name}", text=text), encoding="utf-8")
    return {"folder": folder}


async def sixty(standin: StandIn, _: MovableClock) -> None:
    standin.world.customers += [Customer(each, each, ["lihua"]) for each in PEOPLE]


async def wordings(house: House) -> dict[str, str]:
    """Person → the post that they were planned to get."""
    async with house.program.base.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT body FROM outbox WHERE klass = 'post'")
        bodies = [json.loads(row[0]) for row in rows]
    return {address.rpartition(":")[2]: body["guide"] for body in bodies for address in body["recipients"]}


async def confirmed(house: House) -> None:
    for task in house.standin.mass_tasks():
        house.standin.confirm_mass_task("lihua", task.msgid)
    await house.jump(minutes=2)


async def test_everybody_has_the_wording_that_their_id_says_and_the_held_out_have_none(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    posts = texts(tmp_path / "texts")
    async with open_house(audiences=[PARENTS], schedules=[SOON], trials=[TRIAL], posts=posts, before=sixty) as house:
        await asks_about(house, *PEOPLE)
        await house.jump(hours=2)
        got = await wordings(house)
        for person in PEOPLE:
            theirs = arm("开头", subject_of("person", person), 0.2)
            assert got.get(person) == {"a": "posts/a.md", "b": "posts/b.md", "holdout": None}[theirs]
        assert len(house.standin.mass_tasks()) == 2
        assert set(Counter(got.values())) == {"posts/a.md", "posts/b.md"}


async def test_there_is_no_verdict_before_the_planned_number_and_one_for_good_after_it(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    posts = texts(tmp_path / "texts")
    async with open_house(audiences=[PARENTS], schedules=[SOON], trials=[TRIAL], posts=posts, before=sixty) as house:
        await asks_about(house, *PEOPLE)
        await house.jump(hours=2)
        await confirmed(house)
        [early] = await house.colleague("/trial 开头")
        assert "还没到计划的每组 12 人（现在 A 0 人、B 0 人），先不下结论" in early
        second = [person for person, guide in (await wordings(house)).items() if guide == "posts/b.md"]
        house.clock.jump(timedelta(minutes=5))
        for person in second:
            await house.customer("谢谢，量好了", person)
        await house.jump(days=3, minutes=10)
        [verdict] = await house.colleague("/对比")
        assert "B 更好" in verdict
        assert "没有发的" in verdict
        house.clock.jump(timedelta(days=1))
        await house.customer("我也量好了", next(each for each in PEOPLE if each not in second))
        assert [verdict] == await house.colleague("/trial")


async def test_both_wordings_are_listed_each_for_its_own_approval(open_house: OpenHouse, tmp_path: Path) -> None:
    posts = texts(tmp_path / "texts")
    async with open_house(
        audiences=[PARENTS], schedules=[SOON], trials=[TRIAL], posts=posts, before=sixty, approved=False
    ) as house:
        await asks_about(house, *PEOPLE)
        [plan] = await house.colleague("/plan")
        assert "《怎么量尺寸a》" in plan.splitlines()[2]
        assert "《怎么量尺寸b》" in plan.splitlines()[3]
        await house.colleague("/approve 1")
        await house.jump(hours=2)
        assert len(house.standin.mass_tasks()) == 1, "the other wording waits for its approval"


async def test_a_wording_that_is_not_fit_leaves_everybody_with_the_first_and_is_told(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    posts = texts(tmp_path / "texts", b="全网最低价，全国第一。")
    async with open_house(audiences=[PARENTS], schedules=[SOON], trials=[TRIAL], posts=posts, before=sixty) as house:
        await asks_about(house, *PEOPLE)
        await house.jump(hours=2)
        assert set((await wordings(house)).values()) == {"posts/a.md"}
        assert len(await wordings(house)) == 60
        assert any("对比“开头”的 posts/b.md 没有、不合规" in text for text in house.told())
