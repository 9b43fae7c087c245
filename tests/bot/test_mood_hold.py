"""Somebody upset gets nothing unasked, on any channel, until a named colleague has resolved the matter."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot import occurrences
from bot.cli.misread import training_rows
from bot.holds import Holding
from bot.part import Part, part_id
from bot.store import contents
from bot.store import holds as store
from handlers import mood
from handlers.mood_types import Mood, Reading
from scheduler.gate import RULE_VERSION
from scheduler.posts import Post, parse_recipient
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House

LOOSE = {"person_per_day": 99, "person_per_week": 99, "group_per_day": 99, "gap_hours": 0}
TO_CHEN = f"customer:lihua:{CHEN}"
FOR_CHEN = {"name": "for-chen", "every": "mon 12:00", "topic": "styling", "to": [TO_CHEN]}
ANGRY = "等了半个月还没人管，气死我了"


@pytest.fixture(autouse=True)
def _plain_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anger is what says 气死, a complaint what says 投诉: how moods are read is another matter."""

    def read(text: str, *_: object) -> Reading:
        for word, found in (("气死", Mood.ANGRY), ("滚", Mood.FURIOUS), ("投诉", Mood.DISSATISFIED)):
            if word in text:
                return Reading(found, escalate=True, reason="", quote=word)
        return Reading(Mood.CALM, escalate=False, reason="")

    monkeypatch.setattr(mood, "read", read)


async def rows(house: House, query: str) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.exec_driver_sql(query)).all())


def parts_to(house: House, *addresses: str, name: str = "") -> list[Part]:
    """Posts as the planner makes them, in lanes of their own so that they run side by side."""
    now = house.clock.now()
    post = Post("sofa.md", f"沙发{name}", "沙发怎么选。", "value", "styling")
    recipients = [parse_recipient(address) for address in addresses]
    made = occurrences.parts_of(post, recipients, 0, now, now + timedelta(hours=6), "1000002")
    return [replace(part, id=part_id(name, part.id), lane=f"test:{name}", occurrence=None) for part in made]


async def push(house: House, *parts: Part) -> None:
    async with house.program.base.transactions.begin() as transaction:
        for part in parts:
            about = {"key": part.body["guide"], "digest": part.body["digest"], "kind": "value", "title": "沙发"}
            judged = {**about, "state": contents.APPROVED, "lexicon": "test", "by": "wangwei", "why": ""}
            await contents.judge(transaction.connection, judged, transaction.now)
        await transaction.enqueue(parts)


# ---- the hold


async def test_anger_is_one_hold_however_often_it_is_said_and_the_gravest_word_counts(house: House) -> None:
    await house.customer("我要投诉")
    await house.customer(ANGRY)
    await house.customer("滚")
    await house.customer(ANGRY)
    assert await rows(house, "SELECT subject, reason, quote, released_at FROM hold") == [
        (f"person:{CHEN.lower()}", "furious", "滚", None)
    ]


async def test_the_ticket_knows_the_mood_and_its_words(house: House) -> None:
    await house.customer(ANGRY)
    assert await rows(house, "SELECT mood, quote FROM ticket") == [("angry", "气死")]


async def test_a_failure_anywhere_in_the_turn_leaves_neither_hold_nor_ticket_and_the_next_try_has_both(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = store.recall_tasks, [1]

    async def breaks(*about: Any) -> Any:
        if left:
            left.pop()
            raise OSError("killed here")
        return await real(*about)

    monkeypatch.setattr(store, "recall_tasks", breaks)
    await house.customer(ANGRY)
    assert (await rows(house, "SELECT id FROM hold"), await rows(house, "SELECT number FROM ticket")) == ([], [])
    await house.jump(seconds=5)
    assert len(await rows(house, "SELECT id FROM hold")) == len(await rows(house, "SELECT number FROM ticket")) == 1


async def test_what_is_queued_for_that_person_is_dropped_with_the_turn_and_the_record_says_why(
    open_house: OpenHouse,
) -> None:
    night = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # 22:00 in Shanghai: quiet hours
    async with open_house(start=night) as house:
        [queued] = parts_to(house, TO_CHEN)
        await push(house, replace(queued, expires_at=night + timedelta(days=2)))
        await house.settled()
        assert await rows(house, "SELECT state, reason FROM outbox WHERE klass = 'post'") == [("ready", "quiet_hours")]
        await house.customer(ANGRY)
        assert await rows(house, "SELECT state, reason FROM outbox WHERE klass = 'post'") == [("dropped", "mood_hold")]
        assert (await rows(house, "SELECT reason, rule FROM decision ORDER BY id DESC LIMIT 1")) == [
            ("mood_hold", RULE_VERSION)
        ]
        shown = house.program.base.metrics.decisions.labels("hold", "mood_hold")
        assert shown._value.get() >= 1


async def test_others_of_the_same_send_get_it_and_the_upset_one_does_not(house: House) -> None:
    await house.customer(ANGRY)
    await push(house, *parts_to(house, TO_CHEN, f"customer:lihua:{LIN}"))
    await house.settled()
    [task] = house.standin.mass_tasks()
    assert set(task.shares["lihua"].status) == {LIN}


async def test_anger_in_one_channel_holds_the_same_person_in_all_others(house: House) -> None:
    await house.standin.employee_says("lihua", ANGRY)
    await house.settled()
    before = len(house.told("lihua"))
    await push(house, *parts_to(house, "app:lihua", name="a"), *parts_to(house, "aibot:小分:single:LiHua", name="b"))
    await house.settled()
    assert len(house.told("lihua")) == before
    assert {row[0] for row in await rows(house, "SELECT reason FROM decision")} <= {"mood_hold"}


async def test_what_waits_for_the_gate_holds_up_no_answer_in_the_same_lane(house: House) -> None:
    await house.standin.employee_says("lihua", ANGRY)
    await house.settled()
    [post] = parts_to(house, "app:lihua")
    lane = house.program.base.alarm.lane("lihua")
    await push(house, replace(post, lane=lane))
    await house.settled()
    assert await house.colleague("/whoami", "lihua")


# ---- around the moment


@pytest.mark.both_stores
async def test_of_fifty_pushes_around_the_moment_none_leaves_once_the_hold_is_there(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sends under way end before the hold is written; none begins after; what a colleague could confirm is recalled."""
    left_before_commit: list[int] = []
    carried_out = Holding.apply

    async with open_house(restraint=LOOSE) as house:

        async def noted(self: Holding, *about: Any) -> None:
            left_before_commit.append(len(house.standin.mass_tasks()))
            await carried_out(self, *about)

        monkeypatch.setattr(Holding, "apply", noted)
        house.standin.faults.delay("externalcontact/add_msg_template", 0.05)

        async def one(number: int) -> None:
            await asyncio.sleep(number * 0.005)
            await push(house, *parts_to(house, TO_CHEN, name=str(number)))

        async with asyncio.TaskGroup() as together:
            for number in range(50):
                together.create_task(one(number))
            together.create_task(house.standin.customer_says(CHEN, ANGRY))
        await house.settled()
        tasks = house.standin.mass_tasks()
        assert left_before_commit == [len(tasks)]
        assert all(task.cancelled for task in tasks)
        ended = await rows(house, "SELECT state, count(*) FROM outbox WHERE klass = 'post' GROUP BY state")
        assert sum(count for state, count in ended if state == "sent") == len(tasks)
        assert sum(count for _, count in ended) == 50


async def test_a_send_that_hangs_ends_before_the_hold_is_written_so_that_its_task_is_recalled(house: House) -> None:
    gone_on = asyncio.Event()
    house.standin.faults.hang("externalcontact/add_msg_template", gone_on)
    await push(house, *parts_to(house, TO_CHEN))
    await asyncio.sleep(0.2)  # the request is under way
    await house.standin.customer_says(CHEN, ANGRY)
    await asyncio.sleep(0.2)
    assert await rows(house, "SELECT id FROM hold") == []
    gone_on.set()
    await house.settled()
    assert len(await rows(house, "SELECT id FROM hold")) == 1
    assert [task.cancelled for task in house.standin.mass_tasks()] == [True]


async def test_a_kill_between_claim_and_send_does_not_send_it_to_somebody_upset_afterwards(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    async with house.program.base.database.write() as connection:
        await connection.exec_driver_sql("UPDATE outbox SET state = 'sending' WHERE klass = 'post'")
        await connection.exec_driver_sql("DELETE FROM mass_task")
    await house.customer(ANGRY)
    await house.reopen()
    await house.settled()
    assert len(house.standin.mass_tasks()) == 1
    assert any("没有收到回执" in text for text in house.told())


async def test_a_kill_after_the_hold_leaves_the_recall_to_the_next_process(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    house.standin.faults.refuse("externalcontact/cancel_groupmsg_send", 1)
    await house.customer(ANGRY)
    await house.reopen()
    await house.jump(minutes=2)
    assert [task.cancelled for task in house.standin.mass_tasks()] == [True]
    assert await rows(house, "SELECT state FROM mass_task") == [("cancelled",)]


# ---- what a colleague has yet to confirm


@pytest.mark.both_stores
async def test_an_unconfirmed_task_is_recalled_and_the_sender_and_operators_hear_why(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN, f"customer:lihua:{LIN}"))
    await house.settled()
    [task] = house.standin.mass_tasks()
    assert not task.cancelled
    await house.customer(ANGRY)
    assert task.cancelled
    for who in ("wangwei", "lihua"):
        assert sum("已撤回，不用再确认" in text and "/push" in text for text in house.told(who)) == 1
        assert not any("正在撤回" in text for text in house.told(who))
    await house.jump(minutes=2)
    assert await rows(house, "SELECT state FROM mass_task") == [("cancelled",)]


async def test_a_task_without_the_upset_person_stays(house: House) -> None:
    await push(house, *parts_to(house, f"customer:lihua:{LIN}"))
    await house.settled()
    await house.customer(ANGRY)
    assert [task.cancelled for task in house.standin.mass_tasks()] == [False]


async def test_while_a_recall_does_not_come_through_the_sender_is_asked_not_to_confirm(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    house.standin.faults.errcode("externalcontact/cancel_groupmsg_send", 45009)
    await house.customer(ANGRY)
    assert any("正在撤回，请不要确认" in text for text in house.told("lihua"))
    assert not any("已撤回" in text for text in house.told("lihua"))
    await house.jump(minutes=2)
    assert [task.cancelled for task in house.standin.mass_tasks()] == [True]


@pytest.mark.parametrize("said", [ANGRY, "退订"])
async def test_who_turns_away_after_a_confirmed_task_got_it_rightly_and_nobody_is_alarmed(
    house: House, said: str
) -> None:
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    [task] = house.standin.mass_tasks()
    house.standin.confirm_mass_task("lihua", task.msgid)
    await house.customer(said)
    await house.jump(minutes=2)
    assert await rows(house, "SELECT state FROM mass_task") == [("sent",)]
    assert not any("撤回" in text for who in ("wangwei", "lihua") for text in house.told(who))


async def test_a_task_confirmed_between_the_hold_and_its_recall_is_told_as_sent(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    [task] = house.standin.mass_tasks()
    house.standin.faults.errcode("externalcontact/cancel_groupmsg_send", 45009)
    await house.customer(ANGRY)
    house.clock.jump(timedelta(seconds=1))
    house.standin.confirm_mass_task("lihua", task.msgid)
    await house.jump(minutes=2)
    assert await rows(house, "SELECT state FROM mass_task") == [("sent",)]
    assert any("没来得及撤回" in text for text in house.told())


# ---- the release


async def test_a_release_needs_a_reason_and_is_written_down_with_who_and_why(house: House) -> None:
    await house.customer(ANGRY)
    [usage] = await house.colleague("/resolve 1")
    assert usage.startswith("用法：/resolve")
    assert (await rows(house, "SELECT released_at FROM hold"))[0][0] is None
    [done] = await house.colleague("/resolve 1 已补发并道歉")
    assert "已处理完" in done
    assert await rows(house, "SELECT released_by, why FROM hold") == [("wangwei", "已补发并道歉")]
    assert await rows(house, "SELECT state, resolved_by, resolution FROM ticket") == [
        ("closed", "wangwei", "已补发并道歉")
    ]
    assert ("wangwei", "resolve wmDe…Chen") in await rows(house, "SELECT who, what FROM audit")


async def test_a_member_cannot_release_anybody(house: House) -> None:
    await house.customer(ANGRY)
    await house.customer("/resolve 1 已经好了", LIN)
    assert (await rows(house, "SELECT released_at FROM hold"))[0][0] is None


@pytest.mark.parametrize("named", ["1", "#1", CHEN, CHEN.lower(), "wmDe…Chen"])
async def test_the_person_may_be_named_by_ticket_id_or_short_form(house: House, named: str) -> None:
    await house.customer(ANGRY)
    await house.colleague(f"/resolve {named} 已处理")
    assert (await rows(house, "SELECT released_by FROM hold")) == [("wangwei",)]


async def test_handoffs_shows_who_is_on_hold_since_when_and_why(house: House) -> None:
    await house.customer(ANGRY)
    [listed] = await house.colleague("/handoffs")
    assert "暂停打扰 1 位" in listed
    assert "wmDe…Chen" in listed
    assert "生气" in listed
    assert "气死" in listed


async def test_returning_the_session_does_not_release_the_hold(house: House) -> None:
    await house.customer(ANGRY)
    await house.colleague("/return 1")
    await push(house, *parts_to(house, TO_CHEN))
    await house.settled()
    assert house.standin.mass_tasks() == []


async def test_after_the_release_posts_go_again_but_what_was_for_an_earlier_day_does_not(house: House) -> None:
    await house.customer(ANGRY)
    [held] = parts_to(house, TO_CHEN, name="old")
    await push(house, replace(held, expires_at=house.clock.now() + timedelta(days=3)))
    await house.settled()
    await house.jump(days=1)
    await house.colleague("/resolve 1 已处理")
    await house.jump(minutes=11)
    assert house.standin.mass_tasks() == []
    assert await rows(house, "SELECT state, reason FROM outbox WHERE klass = 'post' AND lane = 'test:old'") == [
        ("dropped", "expired")
    ]
    await push(house, *parts_to(house, TO_CHEN, name="new"))
    await house.settled()
    assert len(house.standin.mass_tasks()) == 1


async def test_after_a_resolution_the_bot_answers_the_next_message(house: House) -> None:
    await house.customer(ANGRY)
    assert await house.customer("沙发和茶几之间留多少") == []
    await house.colleague("/resolve 1 已处理")
    assert await house.customer("沙发和茶几之间留多少")


async def test_what_was_misjudged_is_kept_masked_and_exported_as_training_rows(house: House) -> None:
    await house.customer("气死了，我家蚊子真多，电话13812345678")
    await house.colleague("/resolve 1 误判")
    async with house.program.base.database.read() as connection:
        assert await training_rows(connection) == ["calm\t-\thard_negative\t气死了,我家蚊子真多,电话〔号码〕\n"]


# ---- the one question afterwards


async def resolved(house: House) -> None:
    """An angry member on kf whom nobody was free to take, resolved by a colleague."""
    await house.customer(ANGRY)
    await house.colleague("/resolve 1 已补发")


async def test_a_colleague_approves_one_question_for_the_next_working_day(house: House) -> None:
    for servicer in ("lihua", "zhaomin"):
        await house.standin.servicer_on_duty(servicer, receiving=False)
    await resolved(house)
    [said] = await house.colleague("/followup 1")
    assert "11-24 周二 09:00" in said
    [again] = await house.colleague("/followup 1")
    assert "只回访一次" in again
    before = len(house.said())
    await house.jump(hours=20)
    assert len(house.said()) == before
    await house.jump(hours=4)
    assert [text for text in house.said()[before:] if "现在解决了吗" in text] == house.said()[before:]
    assert len(house.said()) == before + 1
    await house.customer("解决了，谢谢")
    assert await rows(house, "SELECT follow_up FROM ticket") == [("solved",)]


async def test_not_solved_calls_a_person_again(house: House) -> None:
    for servicer in ("lihua", "zhaomin"):
        await house.standin.servicer_on_duty(servicer, receiving=False)
    await resolved(house)
    await house.colleague("/followup 1")
    await house.jump(hours=24)
    await house.customer("还没有")
    assert await rows(house, "SELECT number, reason, follow_up FROM ticket ORDER BY number") == [
        (1, "upset", "unsolved"),
        (2, "unsolved", ""),
    ]


async def test_no_question_before_the_matter_is_resolved(house: House) -> None:
    await house.customer(ANGRY)
    [said] = await house.colleague("/followup 1")
    assert "还没有用 /resolve" in said


async def test_the_question_is_not_put_to_somebody_upset_again_and_its_colleague_hears_so(house: House) -> None:
    await resolved(house)
    await house.colleague("/followup 1")
    await house.customer("滚")
    before = len(house.said())
    await house.jump(hours=24)
    assert len(house.said()) == before
    assert any("1 号的回访没有送到" in text for text in house.told())


async def test_an_opt_out_said_in_the_matter_bars_the_question_an_earlier_one_does_not(house: House) -> None:
    for servicer in ("lihua", "zhaomin"):
        await house.standin.servicer_on_duty(servicer, receiving=False)
    await house.customer("退订", LIN)
    await house.jump(minutes=1)
    for who in (CHEN, LIN):
        await house.customer(ANGRY, who)
    await house.jump(minutes=1)
    await house.customer("别再给我发消息", CHEN)
    for number in (1, 2):
        await house.colleague(f"/resolve {number} 已处理")
        await house.colleague(f"/followup {number}")
    await house.jump(hours=24)
    asked = [who for who in (CHEN, LIN) if any("现在解决了吗" in text for text in house.said(who))]
    assert asked == [LIN]


async def test_where_a_colleague_ended_the_session_the_platform_lets_nobody_write_first_and_the_colleague_hears_so(
    house: House,
) -> None:
    await resolved(house)  # lihua had the session; /resolve ended it (service_state 4, doc 94669)
    await house.colleague("/followup 1")
    before = len(house.said())
    await house.jump(hours=24)
    assert not any("现在解决了吗" in text for text in house.said()[before:])
    assert any("1 号的回访没有送到" in text for text in house.told())


async def test_an_opt_out_recalls_what_a_colleague_has_not_confirmed_yet(house: House) -> None:
    await push(house, *parts_to(house, TO_CHEN, f"customer:lihua:{LIN}"))
    await house.settled()
    await house.customer("退订")
    assert [task.cancelled for task in house.standin.mass_tasks()] == [True]
    assert any("刚退订了" in text for text in house.told("lihua"))
