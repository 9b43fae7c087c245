"""A bot whose machine is gone goes on from a backup: nobody hears anything twice, and what people asked for is kept."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot.app import build
from bot.cli.backup import Wanted, backup, bring_back
from bot.part import Klass
from bot.store import marks
from bot.store.backup import BackupFile
from bot.store.tables import delivery, hold, inbox, occurrence, opt_out, outbox, ticket
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, LIN, ZHOU, House
from tests.postgres import Postgres

SOFA, FOOD, RETURNS = "沙发和茶几之间留多少", "宝宝辅食第一口吃什么", "怎么申请退货"


class Disaster:
    """Backs a house up while it works, and later moves it to an empty machine."""

    def __init__(self, house: House, folder: Path, url: str = "") -> None:
        self.house = house
        self.file = folder / "all.gz"
        self.settings = house.program.base.settings
        self.elsewhere = url or f"sqlite:///{folder / 'new machine' / 'fencun.db'}"

    async def back_up(self) -> None:
        assert await asyncio.to_thread(backup, self.settings, self.file, self.house.clock) == 0

    async def strike(self, *, stopped: str | None = None, force: bool = False) -> None:
        """The machine is gone; the backup comes to life on another one."""
        await self.house.program.stop()
        await self.come_back(stopped=stopped, force=force)

    async def come_back(self, *, stopped: str | None = None, force: bool = False) -> None:
        raw = self.settings.model_copy(update={"store": self.settings.store.model_copy(update={"url": self.elsewhere})})
        wanted = Wanted(self.file, force, stopped)
        assert await asyncio.to_thread(bring_back, raw, wanted, self.house.clock) == 0
        self.house.clock.jump(timedelta(minutes=1))
        self.house._make = lambda: build(raw, self.house.clock)
        await self.house.restart()
        await self.house.settled()


async def rows(house: House, query: object) -> list[tuple[object, ...]]:
    async with house.program.base.database.read() as connection:
        return [tuple(row) for row in await connection.execute(query)]  # type: ignore[call-overload]


@pytest.fixture
def disaster(house: House, tmp_path: Path) -> Disaster:
    return Disaster(house, tmp_path)


async def test_going_on_after_a_restore_doubles_no_answer_and_no_post(disaster: Disaster, house: House) -> None:
    await house.customer(SOFA)
    await house.customer("退订", LIN)
    await house.customer("你们太过分了，我要投诉！！！", ZHOU)
    kept = await rows(house, select(opt_out.c.person)), await rows(house, select(hold.c.subject))
    await disaster.back_up()
    await house.customer(FOOD)
    await house.colleague("/plan")
    await house.jump(days=1)  # the post of Tuesday
    said = {who: house.said(who) for who in (CHEN, LIN, ZHOU)}
    posts, calls = house.posts(), len(house.standin.calls("kf/send_msg"))
    assert len(posts) == 1
    await disaster.strike()
    await house.colleague("/resume")  # the operator has looked: the post must still not come again
    await house.jump(hours=1)
    assert {who: house.said(who) for who in said} == said
    assert (house.posts(), len(house.standin.calls("kf/send_msg"))) == (posts, calls)
    assert (await rows(house, select(opt_out.c.person)), await rows(house, select(hold.c.subject))) == kept
    assert all(kept)
    [answer] = await house.customer(RETURNS)
    assert "24 小时内审核" in answer


async def test_a_backup_beside_a_working_bot_is_of_one_moment(disaster: Disaster, house: House) -> None:
    writing = asyncio.create_task(disaster.back_up())
    asked = 0
    while not writing.done() or not asked:
        await house.customer(SOFA if asked % 2 else FOOD)
        asked += 1
    await writing
    file = BackupFile(disaster.file)
    file.check()  # as many rows as were counted at its beginning
    file.close()


async def test_operators_hear_what_is_lost_and_posts_rest_until_they_have_looked(
    disaster: Disaster, house: House
) -> None:
    await disaster.back_up()
    await disaster.strike()
    await house.jump(minutes=1)
    [told] = [text for text in house.told() if "从备份恢复" in text]
    assert "退订" in told
    assert "/resume" in told
    await house.jump(days=1)
    assert house.posts() == []
    await house.colleague("/resume")
    assert len(house.posts()) == 1  # Tuesday's was held, and is still good
    await house.jump(days=2)  # Thursday's
    assert len(house.posts()) == 2


async def test_posts_go_on_by_themselves_after_a_week(disaster: Disaster, house: House) -> None:
    await disaster.back_up()
    await disaster.strike()
    for _ in range(8):
        await house.jump(days=1)
    assert len(house.posts()) == 1  # Tuesday's of the next week


async def test_a_question_that_was_answered_since_is_known_and_not_answered_again(
    disaster: Disaster, house: House
) -> None:
    await disaster.back_up()
    await house.customer(SOFA)
    await disaster.strike()
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()) == 1
    states = await rows(house, select(inbox.c.state).where(inbox.c.text == SOFA))
    assert states == [("seen",)]
    [answer] = await house.customer("那最少留多少呢")
    assert answer


async def test_a_customer_who_wrote_after_the_old_bot_stopped_is_answered(disaster: Disaster, house: House) -> None:
    await disaster.back_up()
    await house.customer(SOFA)
    house.clock.jump(timedelta(minutes=5))
    await house.program.stop()
    stopped = house.clock.now().isoformat()
    house.clock.jump(timedelta(minutes=5))
    await house.standin.customer_says(CHEN, FOOD)
    await disaster.come_back(stopped=stopped)
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()) == 2
    assert "米粉" in house.said()[-1]


async def test_ids_of_answers_given_since_are_not_given_again(disaster: Disaster, house: House) -> None:
    """The platform drops a message whose id it knows: the new answer would be lost."""
    await house.customer(SOFA)
    await disaster.back_up()
    for _ in range(2):
        await house.colleague("你好")  # moves the numbers of items; nobody brings it again
    await house.customer(FOOD)
    await disaster.strike()
    for question, words in ((RETURNS, "24 小时"), (SOFA, "厘米"), (FOOD, "米粉")):
        assert any(words in said for said in await house.customer(question))


async def test_a_post_that_was_on_its_way_is_not_sent_again_and_keeps_its_slot(
    disaster: Disaster, house: House
) -> None:
    await house.jump(days=1)
    async with house.program.base.database.write() as connection:
        await connection.execute(update(outbox).where(outbox.c.klass == "post").values(state="sending"))
        await connection.execute(update(occurrence).values(state="planned"))
    slots = await rows(house, select(delivery.c.part))
    await disaster.back_up()
    before = house.posts()
    await disaster.strike()
    await house.jump(hours=1)
    assert house.posts() == before
    assert await rows(house, select(outbox.c.state, outbox.c.reason).where(outbox.c.klass == "post")) == [
        ("lost", "restored")
    ]
    assert await rows(house, select(occurrence.c.state)) == [("done",)]
    assert await rows(house, select(delivery.c.part)) == slots


@pytest.mark.parametrize("state", ["ready", "sending"])
async def test_an_answer_that_may_have_left_is_repeated_only_where_the_platform_takes_it_once(
    disaster: Disaster, house: House, state: str
) -> None:
    await house.customer(SOFA)
    await house.colleague(SOFA)
    async with house.program.base.database.write() as connection:
        await connection.execute(update(outbox).values(state=state))
    said, told = house.said(), house.told()
    await disaster.back_up()
    await disaster.strike()
    assert house.said() == said
    assert house.told()[: len(told)] == told
    assert not [text for text in house.told()[len(told) :] if "厘米" in text]
    states = await rows(house, select(outbox.c.state).where(outbox.c.klass == Klass.REPLY).order_by(outbox.c.seq))
    assert states == [("sent",), ("lost",)]


async def test_items_that_waited_are_answered_only_where_the_platform_takes_the_answer_once(
    disaster: Disaster, house: House
) -> None:
    await house.customer(SOFA)
    await house.colleague(SOFA)
    async with house.program.base.database.write() as connection:
        await connection.execute(update(inbox).values(state="new"))
    said, told = house.said(), house.told()
    await disaster.back_up()
    await disaster.strike()
    assert house.said() == said
    assert not [text for text in house.told()[len(told) :] if "厘米" in text]
    assert await rows(house, select(inbox.c.channel, inbox.c.state).where(inbox.c.text == SOFA)) == [
        ("kf", "handled"),
        ("app", "seen"),
    ]


async def test_where_the_bot_did_not_run_since_everything_goes_on(disaster: Disaster, house: House) -> None:
    await house.customer(SOFA)
    await house.program.stop()
    stopped = house.clock.now().isoformat()
    house.clock.jump(timedelta(minutes=1))
    await disaster.back_up()
    await house.standin.customer_says(CHEN, FOOD)
    await disaster.come_back(stopped=stopped)
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()) == 2
    await house.jump(days=1)
    assert len(house.posts()) == 1, "nothing is paused"
    assert await rows(house, select(ticket.c.number)) == []


async def test_tickets_get_numbers_that_no_card_of_the_lost_time_has(disaster: Disaster, house: House) -> None:
    await disaster.back_up()
    await disaster.strike()
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    numbers = [number for (number,) in await rows(house, select(ticket.c.number).where(ticket.c.state != "closed"))]
    assert numbers == [1001]


async def test_an_operator_s_pause_outlives_the_restore(disaster: Disaster, house: House) -> None:
    await house.colleague("/pause")
    await disaster.back_up()
    await disaster.strike()
    async with house.program.base.database.read() as connection:
        assert await marks.paused(connection, house.clock.now()) == (True, None)


async def test_a_house_moves_from_sqlite_to_postgresql(
    open_house: OpenHouse, tmp_path: Path, postgres: Postgres
) -> None:
    async with open_house() as house:
        disaster = Disaster(house, tmp_path, postgres.url)
        await house.customer(SOFA)
        await house.customer("退订", LIN)
        await disaster.back_up()
        await house.customer(FOOD)
        await disaster.strike()
        await house.standin.ring(KF)
        await house.settled()
        assert len(house.said()) == 2
        assert len(await rows(house, select(opt_out.c.person))) == 1
        assert len(await house.customer(RETURNS)) == 1
