"""Conversations over 微信客服, end to end."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.clock import MovableClock
from bot.sandbox.standin import StandIn
from bot.store.tables import conversation, inbox, outbox
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, KF, LIN, House

QUESTION = "沙发和茶几之间留多少"


async def test_a_question_is_answered_from_the_guide_and_names_it(house: House) -> None:
    [answer] = await house.customer(QUESTION)
    assert "沙发和茶几之间留 30 到 45 厘米" in answer
    assert "《小客厅沙发怎么选尺寸》" in answer


async def test_without_evidence_it_says_so_and_offers_a_person(house: House) -> None:
    [answer] = await house.customer("火星上怎么种土豆？")
    assert "转人工" in answer
    assert "《" not in answer


async def test_who_enters_is_welcomed_within_the_code_s_twenty_seconds(house: House) -> None:
    await house.standin.customer_enters(CHEN)
    await house.settled()
    [welcome] = house.said()
    assert "智能助手" in welcome
    assert "退订" in welcome


@pytest.mark.both_stores
async def test_every_message_of_a_burst_is_answered_in_order(house: House) -> None:
    for text in (QUESTION, "宝宝辅食第一口吃什么", "怎么退货"):
        await house.standin.customer_says(CHEN, text, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    first, second, third = house.said()
    assert "茶几" in first
    assert "米粉" in second
    assert "退货" in third


async def test_asking_for_a_person_moves_the_session_and_says_so_once(house: House) -> None:
    [told] = await house.customer("转人工")
    assert "人工顾问" in told
    assert any("转接单" in text for text in house.told("lihua"))


@pytest.mark.both_stores
async def test_while_a_person_serves_the_bot_is_silent_and_comes_back_after_the_end(house: House) -> None:
    await house.customer("转人工")
    assert await house.customer(QUESTION) == []
    await house.standin.servicer_says("lihua", CHEN, "您好，我来帮您看")
    await house.settled()
    assert await house.customer("好的") == []
    await house.standin.servicer_ends("lihua", CHEN)
    await house.settled()
    [answer] = await house.customer(QUESTION)
    assert "30 到 45 厘米" in answer


async def test_a_colleague_who_writes_from_the_client_takes_over(house: House) -> None:
    await house.customer(QUESTION)
    await house.standin.servicer_takes("lihua", CHEN)
    await house.settled()
    assert await house.customer(QUESTION) == []


async def test_one_customer_s_colleague_does_not_silence_another_customer(house: House) -> None:
    await house.customer("转人工", CHEN)
    [answer] = await house.customer(QUESTION, LIN)
    assert "厘米" in answer


async def test_with_nobody_receiving_the_member_hears_so_once_and_the_bot_waits_with_them(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    [_told] = await house.customer("转人工")
    assert await house.customer(QUESTION) == []
    [listed] = await house.colleague("/handoffs")
    assert "1" in listed


async def test_who_would_rather_not_wait_goes_on_with_the_bot_and_keeps_the_ticket(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    [told] = await house.customer("继续问")
    assert "继续为您解答" in told
    assert len(await house.customer(QUESTION)) == 1
    [listed] = await house.colleague("/handoffs")
    assert "1 号" in listed


async def test_the_second_refusal_in_a_row_brings_a_person_in(house: House) -> None:
    [refused] = await house.customer("火星上怎么种土豆")
    assert "转人工" in refused
    [told] = await house.customer("那月球上呢，怎么种水稻")
    assert "顾问" in told
    assert house.standin.kf.session(KF, CHEN).state == 3


async def test_a_refusal_an_answer_and_a_refusal_are_not_two_in_a_row(house: House) -> None:
    for text in ("火星上怎么种土豆", QUESTION, "月球上怎么种水稻"):
        await house.customer(text)
    assert house.standin.kf.session(KF, CHEN).state != 3


async def test_yes_to_the_offer_of_a_person_brings_one_in(house: House) -> None:
    await house.customer("火星上怎么种土豆")
    [told] = await house.customer("好的，麻烦了")
    assert "顾问" in told
    assert house.standin.kf.session(KF, CHEN).state == 3


async def test_a_consultant_takes_a_ticket_by_the_card_s_button_and_gives_it_back(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    await house.standin.servicer_on_duty("lihua", True)
    card = next(spoken for spoken in house.standin.app_chat("lihua") if spoken.msgtype == "template_card")
    await house.standin.employee_clicks("lihua", card.body["task_id"], "/take 1")
    await house.settled()
    assert await house.customer(QUESTION) == []
    await house.colleague("/return 1", "lihua")
    assert len(await house.customer(QUESTION)) == 1


async def test_who_opts_out_keeps_getting_answers(house: House) -> None:
    [told] = await house.customer("别再发了")
    assert "退订" in told
    assert len(await house.customer(QUESTION)) == 1


async def test_a_picture_gets_a_kind_word_and_no_guess(house: House) -> None:
    await house.standin.customer_sends_media(CHEN, "image")
    await house.settled()
    [told] = house.said()
    assert "文字" in told


@pytest.mark.parametrize("text", ["😀😀😀", "？？？", "长" * 20_000])
async def test_odd_messages_get_one_friendly_answer(house: House, text: str) -> None:
    assert len(await house.customer(text)) == 1


async def test_a_recalled_message_is_blanked_and_its_unsent_answer_never_leaves(house: House) -> None:
    house.standin.faults.refuse("kf/send_msg", times=1)
    await house.standin.customer_says(CHEN, QUESTION)
    await house.settled()
    [item] = [exchange for exchange in house.standin.calls("kf/sync_msg") if QUESTION in str(exchange.response)]
    msgid = item.response["msg_list"][0]["msgid"]
    await house.standin.customer_recalls(CHEN, msgid)
    await house.settled()
    await house.jump(minutes=1)
    assert house.said() == []
    async with house.program.base.database.read() as connection:
        texts = list(await connection.scalars(select(inbox.c.text).where(inbox.c.key == msgid)))
    assert texts == [""]


async def test_an_operator_asks_for_help_and_status(house: House) -> None:
    [helped] = await house.colleague("/help")
    assert "/push" in helped
    assert await house.colleague("帮助") == [helped]
    [status] = await house.colleague("/status")
    assert "3" in status
    assert "待处理 0" in status, "the command itself is no backlog"


async def test_a_slash_from_a_member_is_plain_text(house: House) -> None:
    [answer] = await house.customer("/status")
    assert "运行状态" not in answer
    assert "转人工" in answer


async def test_history_of_a_first_start_is_recorded_and_only_fresh_messages_are_answered(open_house: OpenHouse) -> None:
    async def earlier(standin: StandIn, clock: MovableClock) -> None:
        await standin.customer_says(CHEN, QUESTION, ring=False)
        clock.jump(timedelta(minutes=11))
        await standin.customer_says(LIN, QUESTION, ring=False)

    async with open_house(before=earlier) as house:
        await house.settled()
        assert house.said(CHEN) == []
        assert len(house.said(LIN)) == 1


async def test_when_a_native_rule_gave_the_session_to_a_colleague_the_answer_is_dropped_and_the_bot_stays_silent(
    house: House,
) -> None:
    await house.customer(QUESTION)
    house.standin.kf.session(KF, CHEN).state = 3  # no event tells us so
    house.standin.kf.session(KF, CHEN).servicer = "lihua"
    await house.customer(QUESTION)
    assert len(house.said()) == 1
    async with house.program.base.database.read() as connection:
        row = (await connection.execute(select(conversation.c.state, conversation.c.assignee))).first()
        ended = (await connection.execute(select(outbox.c.state, outbox.c.reason).order_by(outbox.c.seq))).all()
    assert row == ("human", "lihua")
    assert ended[-1] == ("dropped", "state_moved 95018")


@pytest.mark.parametrize("lost", [True, False])
async def test_whether_an_answer_arrived_that_was_refused_at_the_repetition_nobody_knows(
    house: House, lost: bool
) -> None:
    if lost:
        house.standin.faults.lose_reply("kf/send_msg", 1)
    else:
        house.standin.faults.errcode("kf/send_msg", 45009)
    await house.customer(QUESTION)
    house.standin.faults.errcode("kf/send_msg", 45009)
    await house.jump(minutes=2)
    house.standin.faults.errcode("kf/send_msg", 95013)  # the session ended meanwhile
    await house.jump(minutes=6)
    async with house.program.base.database.read() as connection:
        ended = select(outbox.c.state, outbox.c.reason).where(outbox.c.channel == "kf")
        [row] = (await connection.execute(ended)).all()
    assert row == ("lost" if lost else "dead", "refused 95013")
    assert len(house.said()) == (1 if lost else 0)
    [told] = [text for text in house.told() if "refused 95013" in text]
    assert ("不确定是否送达" in told, "没能送达" in told) == (lost, not lost)


async def test_more_questions_than_the_platform_allows_answers_share_messages(house: House) -> None:
    for _ in range(12):
        await house.standin.customer_says(CHEN, QUESTION, ring=False)
    await house.standin.ring(KF)
    await house.settled()
    said = house.said()
    assert len(said) == 4  # of five: one is kept for what may come meanwhile
    assert "".join(said).count("30 到 45 厘米") == 12


@pytest.mark.both_stores
async def test_what_has_no_room_left_waits_for_the_member_s_next_message(house: House) -> None:
    house.standin.faults.errcode("kf/send_msg", 95001)
    assert await house.customer(QUESTION) == []
    answers = await house.customer("怎么退货")
    assert ["30 到 45" in answers[0], "退货" in answers[1]] == [True, True]


async def test_a_take_that_the_platform_refuses_leaves_the_ticket_open_for_others(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    said = await house.colleague("/take 1", "lihua")
    assert any("没能转给您" in text for text in said)
    [listed] = await house.colleague("/handoffs")
    assert "等待接手" in listed
    assert await house.customer(QUESTION) == []


async def test_a_take_from_a_colleague_who_serves_changes_nothing_when_it_is_refused(house: House) -> None:
    await house.customer("转人工")
    said = await house.colleague("/take 1", "zhaomin")  # a lead who is not receiving
    assert any("lihua 正在接待" in text for text in said)
    [listed] = await house.colleague("/handoffs")
    assert "已派给 lihua，还没说话" in listed
    assert await house.customer(QUESTION) == []


async def test_who_serves_is_named_as_people_know_them(open_house: OpenHouse) -> None:
    people = {"operators": ["wangwei"], "leads": ["zhaomin"], "consultants": ["lihua"], "names": ["lihua=李华"]}
    async with open_house(people=people) as house:
        await house.customer("转人工")
        said = await house.colleague("/take 1", "zhaomin")
        assert any("没能转给您：李华 正在接待" in text for text in said)


async def test_the_card_names_what_they_are_called_for_now_and_no_question_of_days_ago(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer(QUESTION)
    await house.jump(days=3)
    await house.customer("转人工")
    [listed] = await house.colleague("/handoffs")
    assert "茶几" not in listed
    await house.customer("继续问")
    await house.standin.servicer_on_duty("lihua", True)
    await house.customer("火星上怎么种土豆")
    await house.customer("那月球上呢，怎么种水稻")
    assert not any("月球" in text for text in house.told("lihua"))  # they would rather not wait
    await house.customer("转人工")
    [card] = [text for text in house.told("lihua") if "1 号的背景" in text and "月球" in text]
    assert "想问：那月球上呢" in card


async def test_a_take_is_not_kept_waiting_by_answers_that_wait_for_the_member(house: House) -> None:
    await house.standin.servicer_on_duty("lihua", False)
    await house.customer("转人工")
    house.standin.faults.errcode("kf/send_msg", 95001)
    await house.customer(QUESTION)  # its answer waits for the member's next message
    await house.standin.servicer_on_duty("lihua", True)
    said = await house.colleague("/take 1", "lihua")
    assert any("已转给您" in text for text in said)
    assert house.standin.kf.session(KF, CHEN).state == 3


async def test_an_ai_bot_is_silent_from_the_call_until_the_colleague_is_done(house: House) -> None:
    turn = await house.standin.aibot_says("assistant", "lihua", "转人工", "wrInner")
    assert "请同事来" in turn.text
    assert (await house.standin.aibot_says("assistant", "lihua", QUESTION, "wrInner")).texts == []
    await house.colleague("/take 1", "zhaomin")
    assert (await house.standin.aibot_says("assistant", "lihua", QUESTION, "wrInner")).texts == []
    await house.colleague("/return 1", "zhaomin")
    assert "厘米" in (await house.standin.aibot_says("assistant", "lihua", QUESTION, "wrInner")).text


async def test_a_delivery_failure_without_an_id_touches_no_other_message(house: House) -> None:
    house.standin.faults.errcode("kf/send_msg", 95001)
    await house.customer(QUESTION)
    await house.standin.message_fails(CHEN, "")
    await house.settled()
    async with house.program.base.database.read() as connection:
        assert list(await connection.scalars(select(outbox.c.state).where(outbox.c.klass == "reply"))) == ["ready"]


async def test_without_an_app_nobody_is_said_to_have_been_told(open_house: OpenHouse) -> None:
    async with open_house(wecom={"app": None}, people={"operators": [], "leads": [], "consultants": []}) as house:
        turn = await house.standin.aibot_says("assistant", "lihua", "转人工", "wrInner")
        assert "通知同事" not in turn.text
        assert "登记" in turn.text


@pytest.mark.parametrize("text", ["你是谁", "你是人吗", "你是机器人吗？", "您能做什么"])
async def test_who_asks_whether_we_are_a_person_is_told_the_truth(house: House, text: str) -> None:
    [told] = await house.customer(text)
    assert "智能助手" in told
    assert "不是真人" in told


async def test_every_command_that_changes_something_is_in_the_audit_log_and_no_other(house: House) -> None:
    for text in ("/help", "/status", "/pause 2", "/resume", "/plan", "/reindex"):
        await house.colleague(text)
    async with house.program.base.database.read() as connection:
        rows = await connection.exec_driver_sql("SELECT who, what FROM audit ORDER BY id")
        lines = [(row[0], row[1].split()[0]) for row in rows]
    assert lines == [("wangwei", "pause"), ("wangwei", "resume"), ("wangwei", "reindex")]


async def test_a_warning_about_customer_service_leaves_the_status_once_the_fault_is_gone(house: House) -> None:
    house.standin.faults.errcode("kf/sync_msg", 60020)
    await house.standin.customer_says(CHEN, QUESTION)
    await house.standin.wait_until(lambda: bool(house.told()))
    assert house.program.base.warnings
    await house.program.look()
    assert not house.program.base.warnings
