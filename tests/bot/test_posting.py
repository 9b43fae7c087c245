"""From a text to a post: approval by a named operator, review, drafts, promotion, and what members see of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import OpenHouse
from tests.bot.house import SOFA, House

NOON = {"name": "noon", "every": "mon 12:00", "topic": "styling", "to": ["app:lihua"]}
PROMO = {"name": "member-day", "every": "mon 12:00", "kind": "promo", "to": ["robot:weekly"]}
LOOSE = {"value_per_promo": 0}


async def rows(house: House, query: str) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.exec_driver_sql(query)).all())


async def words(house: House, text: str, who: str = "wangwei") -> str:
    return "\n".join(await house.colleague(text, who))


async def test_what_nobody_approved_is_asked_for_a_day_ahead_and_does_not_leave(open_house: OpenHouse) -> None:
    async with open_house(approved=False) as house:
        await house.jump(minutes=10)
        assert any("还没有人批准" in text for text in house.told())
        await house.jump(days=1)
        assert house.posts() == []
        assert await rows(house, "SELECT DISTINCT verdict, reason FROM decision") == [("hold", "not_approved")]
        assert sum("6 个月宝宝" in text and "还没有人批准" in text for text in house.told()) == 1


async def test_an_approval_lets_it_go_also_late_and_is_bound_to_the_operator_s_name(open_house: OpenHouse) -> None:
    async with open_house(approved=False) as house:
        assert "等批准" in await words(house, "/plan")
        assert "▼ 群机器人" in await words(house, "/preview 1")
        assert "已批准" in await words(house, "/approve 1")
        assert "已批准" in await words(house, "/plan")
        await house.jump(days=1)
        assert len(house.posts()) == 1
        assert await rows(house, "SELECT key, by, state FROM content") == [("food.md", "wangwei", "approved")]


async def test_a_rejected_text_gives_way_to_the_next_fitting_one(open_house: OpenHouse) -> None:
    async with open_house(approved=False, schedules=[{**NOON, "topic": ""}]) as house:
        before = await words(house, "/plan")
        await words(house, "/reject 1 太长")
        after = await words(house, "/plan")
        assert ("6 个月宝宝" in before, "小客厅沙发" in after) == (True, True)


async def test_what_breaks_the_law_is_never_chosen_and_says_where(open_house: OpenHouse, tmp_path: Path) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "loud.md").write_text("---\ntitle: 会员日\n---\n全网最低价，会员价 39 元，点击下单。\n", encoding="utf-8")
    async with open_house(posts={"folder": folder}, schedules=[PROMO], restraint=LOOSE) as house:
        assert "没有推送" in await words(house, "/plan")
        [post] = [post for post in house.program.planner.shelf.posts if post.name == "posts/loud.md"]
        assert (post.kind, "absolute_term" in post.codes) == ("promo", True)


async def test_with_a_broken_lexicon_nothing_leaves_and_nothing_can_be_approved(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "lexicon.yaml").write_text("codes: [", encoding="utf-8")
    async with open_house(approved=False, posts={"folder": folder}) as house:
        assert "词库读不到" in await words(house, "/approve 1")
        await house.jump(days=1)
        assert house.posts() == []


async def test_a_changed_guide_has_to_be_approved_again(house: House) -> None:
    shelf = house.program.planner.shelf
    [post] = [each for each in shelf.posts if each.name == "food.md"]
    async with house.program.base.transactions.begin() as transaction:
        await transaction.connection.exec_driver_sql("UPDATE content SET digest = 'of the words before'")
    assert "等批准" in await words(house, "/plan")
    assert post.digest


async def test_a_draft_goes_through_the_same_review_and_approval(open_house: OpenHouse) -> None:
    async with open_house(schedules=[NOON]) as house:
        assert "草稿写好了" in await words(house, "/draft 沙发")
        await house.jump(seconds=6)
        names = {post.name: post for post in house.program.planner.shelf.posts}
        assert names["draft:1"].kind == "value"
        assert "这周聊聊" in await words(house, "/preview 1")
        await words(house, "/approve 1")
        await house.jump(hours=2)
        assert any("这周聊聊" in text for text in house.told("lihua"))


async def test_promotion_leaves_on_one_day_of_the_month_unless_two_operators_add_another(open_house: OpenHouse) -> None:
    start = datetime(2026, 11, 9, 2, 5, tzinfo=UTC)
    people = {"operators": ["wangwei", "zhaomin"]}
    loose = {**LOOSE, "repeat_guide_days": 0}
    async with open_house(start=start, schedules=[PROMO], restraint=loose, people=people) as house:
        await words(house, "/approve 1")
        await house.jump(hours=2)
        await house.jump(days=7)
        assert len(house.posts()) == 1
        assert (await rows(house, "SELECT reason FROM decision ORDER BY id DESC LIMIT 1")) == [("promo_budget",)]
        for who in ("wangwei", "zhaomin"):  # another day than the one that is granted gains nothing
            await words(house, "/promoday 2026-11-28", who)
        await words(house, "/promoday 2026-11-23")
        await words(house, "/promoday 2026-11-23")
        granted = await rows(house, "SELECT granted_by FROM promo_day WHERE day = '2026-11-23'")
        assert granted == [("",)]
        await words(house, "/promoday 2026-11-23", "zhaomin")
        assert "zhaomin 同意" in await words(house, "/caps")
        await house.jump(days=7)
        assert len(house.posts()) == 2


async def test_a_promotion_without_earnings_is_dropped_with_the_numbers(open_house: OpenHouse) -> None:
    async with open_house(schedules=[PROMO]) as house:
        await words(house, "/approve 1")
        await house.jump(hours=2)
        assert house.posts() == []
        assert await rows(house, "SELECT state, reason FROM outbox WHERE klass = 'post'") == [("dropped", "ratio")]


async def test_who_got_a_capsule_may_have_all_of_it(open_house: OpenHouse) -> None:
    async with open_house(schedules=[NOON]) as house:
        await house.jump(hours=2)
        assert "回复“展开”看全文" in house.told("lihua")[-1]
        [whole] = await house.colleague("展开", "lihua")
        assert "主过道留 80 到 90 厘米" in whole
        assert SOFA.splitlines()[1].removeprefix("title: ") in whole


async def test_what_came_too_late_is_named_in_the_next_post_once(open_house: OpenHouse) -> None:
    early = {**NOON, "name": "early", "every": "mon 10:30", "topic": "styling"}
    late = {**NOON, "name": "late", "every": "mon 11:00", "topic": "parenting", "catch_up_hours": 1}
    later = {**NOON, "name": "later", "every": "thu 12:00", "topic": ""}
    async with open_house(schedules=[early, late, later], restraint={"repeat_guide_days": 1}) as house:
        await house.jump(hours=1)
        assert await rows(house, "SELECT title, told_in FROM digest") == [("6 个月宝宝开始添加辅食", "")]
        async with house.program.base.transactions.begin() as transaction:
            await transaction.connection.exec_driver_sql("DELETE FROM rhythm")
        await house.jump(days=3, hours=1)
        last = house.told("lihua")[-1]
        assert "之前没打扰您的还有：《6 个月宝宝开始添加辅食》" in last


@pytest.mark.parametrize(("text", "kind"), [("少发点", "less_often"), ("静音7天", "mute"), ("退订", "opt_out")])
async def test_what_a_member_asks_for_counts_as_a_sign_of_too_much(house: House, text: str, kind: str) -> None:
    await house.customer(text)
    assert [row[0] for row in await rows(house, "SELECT kind FROM signal")] == [kind]
    assert "现在至少隔" in await words(house, "/why wmDemoChen") or "没有额外放慢" in await words(
        house, "/why wmDemoChen"
    )


async def test_why_tells_an_operator_what_the_gate_said_and_what_weighs(open_house: OpenHouse) -> None:
    async with open_house(schedules=[NOON]) as house:
        await house.colleague("退订", "lihua")
        await house.jump(hours=2)
        told = await words(house, "/why lihua")
        assert "《小客厅沙发怎么选尺寸》：不发：对方已退订。" in told
        assert "退订过" in told


async def test_a_word_that_operators_add_counts_at_once_also_for_what_was_reviewed_before(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    async with open_house(posts={"folder": folder}) as house:
        words_of_ours = "version: 1\ndate: 2026-11-23\ncodes: {absolute_term: {words: [辅食]}}\n"
        (folder / "lexicon.yaml").write_text(words_of_ours, encoding="utf-8")
        await house.jump(days=1)
        assert house.posts() == []
        [post] = [each for each in house.program.planner.shelf.posts if each.name == "food.md"]
        assert post.codes == ("absolute_term",)
