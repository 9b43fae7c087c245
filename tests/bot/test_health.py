"""What the figures are counted from: real rows of a real store, conversations, and WeCom's statistics beside them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from bot.health import HealthFigures, first_replies, health_figures
from bot.store import health as store
from bot.store.answer_tables import rating
from bot.store.database import Database, insert_once
from bot.store.health import NEAR, HandedOver, Window
from bot.store.migrate import migrate
from bot.store.tables import conversation, decision, delivery, hold, inbox, millis, ticket
from scheduler.calendar import Calendar
from scheduler.health import HealthFacts, Key
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House
from tests.bot.mass_sends import TO_CHEN, give, state

DAY = timedelta(days=1)
SHANGHAI = "Asia/Shanghai"
UNTIL = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SINCE = UNTIL - 28 * DAY
WINDOW = Window(SINCE, UNTIL, SHANGHAI, frozenset({"LiHua"}))


class Rows:
    """Rows as the bot would have written them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._count = 0

    async def said(self, person: str, at: datetime, channel: str = "kf", **more: Any) -> None:
        await self.all_said([(person, at)], channel, **more)

    async def all_said(self, lines: list[tuple[str, datetime]], channel: str = "kf", **more: Any) -> None:
        rows = []
        for person, at in lines:
            self._count += 1
            rows.append(
                {"channel": channel, "key": str(self._count), "conversation": f"{channel}:a::{person}", "kind": "text",
                 "msgtype": "text", "text": "在吗", "sent_at": millis(at), "received_at": millis(at),
                 "state": "handled"} | more
            )  # fmt: skip
        people = {person for person, _ in lines}
        talks = [
            {"id": f"{channel}:a::{p}", "channel": channel, "account": "a", "chat": "", "person": p} for p in people
        ]
        async with self.database.write() as connection:
            await connection.execute(insert_once(connection, conversation, ["id"]), talks)
            await connection.execute(insert(inbox), rows)

    async def sent(self, subject: str, at: datetime, kind: str = "value", part: str = "", **more: Any) -> None:
        self._count += 1
        row = {"subject": subject, "part": part or f"part{self._count}", "at": millis(at), "day": str(at.date()),
               "kind": kind, "delivered": True, "ordinal": self._count} | more  # fmt: skip
        await self.add(delivery, row)

    async def refused(self, part: str, reason: str, at: datetime, verdict: str = "defer") -> None:
        row = {"part": part, "recipient": "app:x", "verdict": verdict, "reason": reason, "rule": "3", "inputs": {}}
        await self.add(decision, row | {"decided_at": millis(at)})

    async def add(self, table: Any, row: dict[str, Any]) -> None:
        async with self.database.write() as connection:
            await connection.execute(insert(table).values(**row))


@pytest.fixture
async def rows(tmp_path: Any) -> Any:
    database = Database.connect(f"sqlite:///{tmp_path / 'store.db'}")
    await migrate(database)
    yield Rows(database)
    await database.close()


async def asked(rows: Rows, query: Callable[..., Awaitable[Any]], window: Window = WINDOW) -> Any:
    async with rows.database.read() as connection:
        return await query(connection, window)


# --- members ---


async def test_a_conversation_counts_once_a_day_and_a_member_by_day(rows: Rows) -> None:
    for hours in (1, 2, 26):
        await rows.said("wmA", UNTIL - timedelta(hours=hours))
    await rows.said("wmA", UNTIL - timedelta(hours=1), "aibot")
    found = await asked(rows, store.visits)
    assert (found["begun"], found["active"], found["active_days"]) == (3, 1, 2)


async def test_colleagues_events_and_what_colleagues_wrote_are_no_visits(rows: Rows) -> None:
    await rows.said("lihua", UNTIL - DAY, "app")
    await rows.said("wmA", UNTIL - DAY, kind="human_spoke")
    await rows.said("wmA", UNTIL - DAY, kind="entered")
    await rows.said("wmA", UNTIL - DAY, "contact")
    assert (await asked(rows, store.visits))["active"] == 0


async def test_a_day_is_the_tenants(rows: Rows) -> None:
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # in Shanghai
    await rows.said("wmA", midnight - timedelta(minutes=1))
    await rows.said("wmA", midnight + timedelta(minutes=1))
    assert (await asked(rows, store.visits))["active_days"] == 2
    assert (await asked(rows, store.visits, Window(SINCE, UNTIL, "UTC")))["active_days"] == 1


async def test_a_day_on_which_the_clocks_change_is_one_day(rows: Rows) -> None:
    zone = ZoneInfo("Europe/Berlin")
    window = Window(datetime(2026, 10, 10, tzinfo=zone), datetime(2026, 11, 5, tzinfo=zone), "Europe/Berlin")
    await rows.said("wmA", datetime(2026, 10, 25, 0, 30, tzinfo=zone))
    await rows.said("wmA", datetime(2026, 10, 25, 23, 30, tzinfo=zone))
    await rows.said("wmA", datetime(2026, 10, 26, 0, 30, tzinfo=zone))
    assert (await asked(rows, store.visits, window))["active_days"] == 2


async def test_who_came_in_the_window_before_and_comes_again_has_returned(rows: Rows) -> None:
    for person, days in (("wmA", (40, 3)), ("wmB", (30,)), ("wmC", (2,)), ("wmD", (60, 1))):
        for each in days:
            await rows.said(person, UNTIL - each * DAY)
    found = await asked(rows, store.visits)
    assert (found["previous"], found["returned"], found["active"]) == (2, 1, 3)


async def test_members_are_who_wrote_or_was_sent_a_post_each_once(rows: Rows) -> None:
    await rows.said("wmA", UNTIL - DAY)
    await rows.sent("person:wma", UNTIL - DAY)
    await rows.sent("person:wmb", UNTIL - DAY)
    await rows.sent("person:wmc", UNTIL - DAY, delivered=False)
    await rows.sent("group:wr1", UNTIL - DAY)
    assert await asked(rows, store.members) == 2


# --- posts ---


async def test_posts_count_for_each_person_and_promotion_is_not_of_value(rows: Rows) -> None:
    await rows.sent("person:wma", UNTIL - DAY)
    await rows.sent("person:wmb", UNTIL - DAY, "promo")
    await rows.sent("person:wmb", UNTIL - 29 * DAY)  # before the window
    await rows.sent("person:wmc", UNTIL - DAY, delivered=False)
    assert await asked(rows, store.posts) == (2, 1)


async def test_a_post_to_a_group_counts_for_its_known_members_else_once(rows: Rows) -> None:
    for subject in ("group:wr1", "person:wma", "person:wmb"):
        await rows.sent(subject, UNTIL - DAY, part="known")
    await rows.sent("group:wr2", UNTIL - DAY, part="unknown")
    assert await asked(rows, store.posts) == (3, 3)


async def test_a_post_that_was_put_off_three_times_is_one_refusal(rows: Rows) -> None:
    for hours in (3, 2, 1):
        await rows.refused("p1", "min_gap", UNTIL - timedelta(hours=hours))
    await rows.refused("p2", "min_gap", UNTIL - DAY)
    await rows.refused("p2", "ratio", UNTIL - DAY, "drop")
    await rows.refused("p1", "", UNTIL - DAY, "allow")
    await rows.refused("p3", "ratio", UNTIL - 30 * DAY)
    assert await asked(rows, store.refusals) == {"min_gap": 2, "ratio": 1}


# --- what members think ---


async def test_an_answer_from_two_sections_is_rated_once(rows: Rows) -> None:
    for answer, section, good in (("a1", "one", True), ("a1", "two", True), ("a2", "one", False)):
        day = str((UNTIL - DAY).date())
        await rows.add(rating, {"answer": answer, "guide": "g.md", "section": section, "good": good, "day": day})
    for score in (1, 2, 3, None):
        await rows.add(ticket, _ticket(UNTIL - DAY, score=score, closed_at=millis(UNTIL - DAY)))
    assert await asked(rows, store.taps) == (2, 5)


def _ticket(opened: datetime, **more: Any) -> dict[str, Any]:
    return (
        {"conversation": "c", "reason": "member_asked", "ask": "", "state": "closed"}
        | more
        | {"opened_at": millis(opened)}
    )


async def test_only_complaints_of_the_window_are_complaints(rows: Rows) -> None:
    for number, (reason, days) in enumerate((("complaint", 1), ("complaint", 40), ("angry", 1))):
        await rows.add(
            hold, {"subject": f"person:{number}", "person": "x", "reason": reason, "since": millis(UNTIL - days * DAY)}
        )
    assert (await asked(rows, store.goings))["complaints"] == 1


# --- the first reply ---

WORK = Calendar(Calendar.parse("09:00-12:00,13:00-18:00"), SHANGHAI)
TEN = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday, 10:00 in Shanghai
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened", "replied", "closed", "counts"),
    [
        (TEN, TEN + timedelta(seconds=90), None, (1, 1)),
        (TEN, TEN + timedelta(seconds=91), None, (1, 0)),
        (NOON - timedelta(seconds=60), NOON + timedelta(minutes=60, seconds=20), None, (1, 1)),  # over the break
        (TEN, None, None, (1, 0)),  # still open, long since
        (UNTIL - timedelta(seconds=30), None, None, (0, 0)),  # still open, just now
        (TEN, None, TEN + timedelta(seconds=30), (0, 0)),  # the member called it off
        (TEN, None, TEN + timedelta(hours=1), (1, 0)),
        (TEN + timedelta(hours=12), TEN + timedelta(hours=20), None, (1, 1)),  # at night nobody has to
    ],
)
def test_time_runs_in_working_hours(
    opened: datetime, replied: datetime | None, closed: datetime | None, counts: tuple[int, int]
) -> None:
    found = first_replies([HandedOver(opened, replied, closed)], WORK, timedelta(seconds=90), UNTIL)
    assert (found["due"], found["quick"]) == counts


# --- many rows ---


async def test_the_first_row_of_the_window_is_found_by_halving_also_with_a_clock_that_was_put_back(rows: Rows) -> None:
    step = timedelta(minutes=40)
    many = 3 * NEAR
    lines = [(f"wm{place % 7}", UNTIL - place * step) for place in range(many, 0, -1)]
    lines[many - 500 : many - 500] = [("wmLate", UNTIL - 20 * DAY)]  # written down days after it was said
    await rows.all_said(lines)
    async with rows.database.read() as connection:
        first = await store._first(connection, inbox.c.id, inbox.c.received_at, SINCE)
    assert 1 < first < many
    assert (await asked(rows, store.visits))["active"] == 8
    inside = {(person, at.astimezone(ZoneInfo(SHANGHAI)).date()) for person, at in lines if at >= SINCE}
    assert (await asked(rows, store.visits))["active_days"] == len(inside)


# --- a whole bot ---


def figures(house: House) -> HealthFigures:
    connections = house.program.connections
    return health_figures(house.program.base, connections.contact, connections.kf)


async def facts(house: House) -> HealthFacts:
    now = house.clock.now() + timedelta(seconds=1)
    return await figures(house).facts(now - 28 * DAY, now)


async def test_an_empty_store_has_no_figures(house: House) -> None:
    assert await facts(house) == HealthFacts(since=house.clock.now() + timedelta(seconds=1) - 28 * DAY,
                                             until=house.clock.now() + timedelta(seconds=1))  # fmt: skip


async def test_members_who_ask_leave_and_opt_out_are_counted(house: House) -> None:
    await house.customer("小客厅沙发买多大？")
    await house.customer("有用")
    await house.customer("退订", LIN)
    await house.standin.contact_left("lihua", CHEN)
    await house.standin.group_changed("wrDemoGroup01", LIN, joined=False)
    await house.colleague("/status")
    await house.settled()
    found = await facts(house)
    assert (found.begun, found.active, found.members) == (2, 2, 2)
    assert (found.content, found.rated) == (1, 1)
    assert (found.opted_out, found.left) == (1, 2)


async def test_a_task_counts_as_delivered_once_a_colleague_confirmed_it_and_a_cancelled_one_never(house: House) -> None:
    async def counted() -> tuple[int, int, int]:
        found = await facts(house)
        return found.delivered, found.valuable, found.members

    await give(house, TO_CHEN)
    assert await counted() == (0, 0, 0), "it waits for its colleague"
    await house.jump(days=4)
    assert await state(house) == ["cancelled"]
    assert await counted() == (0, 0, 0)
    await give(house, TO_CHEN)
    house.standin.confirm_mass_task("lihua", house.standin.mass_tasks()[-1].msgid)
    await house.jump(minutes=1)
    assert await counted() == (1, 1, 1)


async def test_health_is_told_to_the_operator_and_names_what_is_missing(house: House) -> None:
    await house.customer("小客厅沙发买多大？")
    await house.jump(seconds=1)
    text = "\n".join(await house.colleague("/健康"))
    assert "会员主动率：100.0%（1/1" in text
    assert "没有数据、不计入：回答满意率、及时首复率、会员回访率、有用内容占比。" in text


async def test_wecoms_own_figures_stand_beside_ours(house: House) -> None:
    await house.standin.contact_left("lihua", CHEN)
    await house.jump(hours=24)
    text = "\n".join(await house.colleague("/health 7"))
    assert "企业微信的统计（到昨天）：新增好友 0，被删除或拉黑 1，客户群成员 5，新入群 0，微信客服会话 0" in text


async def test_when_wecom_fails_the_rest_is_told_all_the_same(house: House) -> None:
    house.standin.faults.errcode("externalcontact/get_user_behavior_data", 48002, times=None)
    house.standin.faults.refuse("kf/get_corp_statistic")
    text = "\n".join(await house.colleague("/health"))
    assert "企业微信没有给出客户联系、微信客服的统计，以上只有我们自己的数据。" in text
    assert "客户群成员 5" in text
    assert "会员主动率" in text


async def test_a_wecom_that_hangs_does_not_keep_the_operator_waiting(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.wecom.statistics.PATIENCE", 0.05)
    house.standin.faults.hang("externalcontact/get_user_behavior_data", asyncio.Event())
    assert "没有给出客户联系的统计" in "\n".join(await house.colleague("/health"))
    house.standin.faults.clear()


async def test_statistics_of_the_same_days_are_asked_for_once(house: House) -> None:
    def calls() -> int:
        return sum(row.what == "kf/get_corp_statistic" for row in house.standin.wire)

    await house.colleague("/health 45")
    assert calls() == 2  # 30 days a call
    await house.colleague("/health 45")
    assert calls() == 2
    await house.jump(hours=24)
    await house.colleague("/health 45")
    assert calls() == 4


async def test_without_contact_and_kf_nobody_is_asked(open_house: OpenHouse) -> None:
    async with open_house(wecom={"kf": None, "contact": None}) as house:
        text = "\n".join(await house.colleague("/health"))
        assert "企业微信" not in text


async def test_gauges_show_the_last_28_days_and_nothing_where_there_is_nothing(house: House) -> None:
    registry = house.program.base.metrics.registry

    def shown(key: Key) -> float | None:
        return registry.get_sample_value("fencun_health_figure", {"figure": str(key)})

    await house.customer("小客厅沙发买多大？")
    await house.jump(minutes=1)
    assert shown(Key.ASKED) is None  # a start does not wait for figures
    await house.jump(minutes=15)
    assert (shown(Key.ASKED), shown(Key.ACTIVE), shown(Key.RETAINED)) == (1.0, 1.0, None)
    score = registry.get_sample_value("fencun_health_score")
    assert score is not None
    assert score != score  # NaN: too little is known
    await house.jump(days=30)
    assert (shown(Key.ASKED), shown(Key.RETAINED)) == (None, 0.0)
