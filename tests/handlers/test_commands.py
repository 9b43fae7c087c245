"""Slash-commands, read as conversations with an operator and a consultant."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from handlers.commands.dispatch import RUN
from handlers.commands.parse import COMMANDS
from handlers.effect_types import Forget, GiveBack, Pause, Push, Reindex, Resume, ShowPlan, Take
from handlers.handoff import State
from handlers.posting import PromoMonth, Shown
from handlers.records import Kept
from handlers.texts import lasted
from handlers.turn import Held, Kind, Role

NOON = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


def test_every_command_is_carried_out_by_somebody_and_no_name_is_used_twice() -> None:
    assert set(RUN) == {command.name for command in COMMANDS}
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names))


TALKS = [
    ("/help", ["/status", "/帮助", "/return"]),
    ("/帮助", ["/push"]),
    ("/help push", ["用法：/push 序号", "/推送"]),
    ("/help /推送", ["用法：/push 序号"]),
    ("/help statsu", ["没有这个指令：/statsu。您是不是想用 /status？"]),
    ("/status", ["启动：11-21 周六 07:00", "指南：3 份，索引 g-0007，向量检索在用", "待处理 1，待发 2，发送失败 3"]),
    ("/状态", ["2 张没有结束", "正常", "11-26 周四 10:00《小户型客厅搭配》"]),
    ("/status", ["微信客服、自建应用", "企业可信 IP 还没有设置"]),
    ("/ask 沙发怎么摆", ["沙发靠墙放。", "依据：living-room.md，沙发，0.82"]),
    ("/问 怎么退", ["这个我不确定。", "没有把握", "相近的指南：《退货规则》"]),
    ("/问沙发怎么摆", ["沙发靠墙放。"]),
    ("/guides", ["指南 3 份", "《小户型客厅搭配》空间搭配，living-room.md，可定时推送", "returns.md，已过期"]),
    ("/指南 沙发", ["指南 1 份", "小户型客厅搭配"]),
    ("/guides PARENTING", ["night-waking.md"]),
    ("/guides 窗帘", ["没有找到和“窗帘”有关的指南"]),
    ("/plan", ["7 天内", "1. 11-26 周四 10:00《小户型客厅搭配》→ kf:all", "2. 11-27 周五 19:30《宝宝夜醒怎么办》"]),
    ("/计划 30", ["群机器人“a”、群机器人“b”、群机器人“c” 等 4 处"]),
    ("/计划 3天", ["3 天内没有推送。下一条：", "1. 11-26 周四 10:00《小户型客厅搭配》"]),
    ("/handoffs", ["转接单 2 张", "**12 号** wmMe…0001，主动要求人工：沙发 坏了，等待接手，等了 35 分钟"]),
    ("/转接单", ["**13 号** wmMe…0002，紧急情况：", "…，已派给 lihua，还没说话，等了 5 分钟"]),
    ("/whoami", ["zhangsan", "运营"]),
    ("/我是谁", ["zhangsan"]),
]


@pytest.mark.parametrize(("said", "heard"), TALKS)
async def test_what_an_operator_asks_is_told_and_changes_nothing(operator, said, heard) -> None:
    outcome = await operator.say(said)
    assert outcome.handler == "command"
    for piece in heard:
        assert piece in outcome.replies[0].text
    changes = [effect for effect in outcome.effects if not isinstance(effect, ShowPlan)]
    assert (changes, outcome.audit, outcome.move) == ([], "", None)


async def test_a_number_means_what_the_operator_was_shown_though_the_list_has_moved(operator, office) -> None:
    [shown] = (await operator.say("/plan")).effects
    office.posting.listed["zhangsan"] = [Shown(each.schedule, each.at, each.guide, each.title) for each in shown.coming]
    first, second = office.coming
    office.coming = [second]
    assert (await operator.say("/push 2")).effects == (Push(second),)
    gone = await operator.say("/push 1")
    assert gone.effects == ()
    assert f"《{first.title}》已经不在计划里了" in gone.replies[0].text


@pytest.mark.parametrize(
    ("said", "effect", "audit", "heard"),
    [
        ("/reindex", Reindex(), "reindex", "完成后告诉您结果"),
        ("/重建索引", Reindex(), "reindex", "完成后告诉您结果"),
        ("/pause", Pause(None), "pause until resumed", "直到您发 /resume"),
        ("/pause 5", Pause(datetime(2026, 11, 21, 7, 0, tzinfo=UTC)), "pause until 2026-11-21T07:00Z", "周六 15:00"),
        ("/暂停 5小时", Pause(datetime(2026, 11, 21, 7, 0, tzinfo=UTC)), "pause until 2026-11-21T07:00Z", "周六 15:00"),
        ("/pause 720", Pause(datetime(2026, 12, 21, 2, 0, tzinfo=UTC)), "pause until 2026-12-21T02:00Z", "12-21"),
        ("/resume", Resume(), "resume", "已恢复"),
        ("/恢复", Resume(), "resume", "已恢复"),
        ("/take 12", Take(12), "take 12", "正在把"),
        ("/接手 #12", Take(12), "take 12", "正在把"),
        ("/接手12号", Take(12), "take 12", "正在把"),
        ("/take 13", Take(13), "take 13", "正在把"),
        ("/return 12", GiveBack(12), "return 12", "已结束"),
        ("/交还 13", GiveBack(13), "return 13", "智能助手"),
    ],
)
async def test_a_changing_command_says_what_it_does_and_is_audited(operator, said, effect, audit, heard) -> None:
    outcome = await operator.say(said)
    assert outcome.effects == (effect,)
    assert outcome.audit == audit
    assert heard in outcome.replies[0].text


@pytest.mark.parametrize("said", ["/push 1", "/推送 1", "／PUSH　１", "/push1", "/推送1", "  /push #1 "])
async def test_push_hands_the_planned_post_to_the_gate(operator, office, said) -> None:
    outcome = await operator.say(said)
    assert outcome.effects == (Push(office.coming[0]),)
    assert outcome.audit == "push weekly-styling 2026-11-26T02:00Z"
    for piece in ("《小户型客厅搭配》", "发送检查", "结果随后告诉您"):
        assert piece in outcome.replies[0].text


async def test_push_takes_the_numbers_that_plan_shows_however_far_it_looked(operator, office) -> None:
    office.coming = [replace(office.coming[0], at=NOON + timedelta(days=days)) for days in (0, 30, 60)]
    assert "1. 11-26" in (await operator.say("/plan 7")).replies[0].text
    assert (await operator.say("/push 3")).effects == (Push(office.coming[2]),)


async def test_what_falls_into_a_year_without_announced_holidays_is_shown_as_not_going_out(operator, office) -> None:
    office.posting.unknown = (2027,)
    assert "2027" not in (await operator.say("/plan 90")).replies[0].text
    office.coming = [office.coming[0], replace(office.coming[0], at=datetime(2026, 12, 31, 16, 30, tzinfo=UTC))]
    text = (await operator.say("/plan 90")).replies[0].text
    assert "2027 年的放假安排分寸还不知道" in text
    assert [("到时不会发" in row) for row in text.splitlines() if "《" in row] == [False, True]


async def test_a_number_beyond_the_plan_is_told_and_pushes_nothing(operator) -> None:
    outcome = await operator.say("/push 9")
    assert "一共 2 条" in outcome.replies[0].text
    assert (outcome.effects, outcome.audit) == ((), "")


async def test_status_says_of_which_process_it_tells_where_there_are_several(operator, office) -> None:
    assert "由进程" not in (await operator.say("/status")).replies[0].text
    office.process = "worker host:7"
    assert "由进程 worker host:7 回答" in (await operator.say("/status")).replies[0].text


async def test_an_empty_plan_says_so(operator, office) -> None:
    office.coming = ()
    assert "还没有安排" in (await operator.say("/plan")).replies[0].text
    assert "下一条：没有安排" in (await operator.say("/status")).replies[0].text


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ("/ask", "/ask 问题"),
        ("/问", "/ask 问题"),
        *((f"/plan {days}", "/plan [天数]") for days in ("0", "93", "-1", "下周", "1 2", "1.5", "9" * 5000)),
        *((f"/push {place}".strip(), "/push 序号") for place in ("", "0", "-1", "one", "1 2", "一")),
        *((f"/pause {hours}", "/pause [小时]") for hours in ("0", "721", "-3", "3天", "一会儿")),
        *((f"/take {number}".strip(), "/take 单号") for number in ("", "0", "abc", "12 13")),
        *((f"/return {number}".strip(), "/return 单号") for number in ("", "x")),
        ("/status now", "/status"),
        ("/reindex all", "/reindex"),
        ("/resume 3", "/resume"),
        ("/handoffs 3", "/handoffs"),
        ("/handoffs 第0页", "/handoffs"),
        ("/whoami you", "/whoami"),
    ],
)
async def test_bad_arguments_get_the_usage_line_and_change_nothing(operator, said, usage) -> None:
    outcome = await operator.say(said)
    assert outcome.replies[0].text.startswith(f"用法：{usage}")
    assert (outcome.effects, outcome.audit) == ((), "")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("/statsu", "没有这个指令：/statsu。您是不是想用 /status？"),
        ("/resum", "您是不是想用 /resume？"),
        ("/转接", "您是不是想用 /转接单？"),
        ("/STATUSES", "您是不是想用 /status？"),
        ("/xyzzy 3", "没有这个指令：/xyzzy。发 /help 看全部指令。"),
        ("/", "发 /help 看全部指令。"),
        ("/" + "q" * 3000, "没有这个指令：/" + "q" * 19 + "…。"),
    ],
)
async def test_an_unknown_command_gets_the_nearest_one_or_the_way_to_the_list(operator, said, heard) -> None:
    outcome = await operator.say(said)
    assert heard in outcome.replies[0].text
    assert outcome.effects == ()


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.LEAD])
@pytest.mark.parametrize("said", ["/status", "/guides", "/reindex", "/plan", "/push 1", "/pause", "/resume", "/推送 1"])
async def test_what_operators_run_is_closed_to_consultants_and_leads(consultant, role, said) -> None:
    outcome = await consultant.by("wangwu", role).say(said)
    assert "只有运营人员可以用" in outcome.replies[0].text
    assert (outcome.effects, outcome.audit) == ((), "")


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.LEAD])
async def test_consultants_and_leads_have_the_commands_for_people(consultant, role) -> None:
    talk = consultant.by("wangwu", role)
    listed = (await talk.say("/help")).replies[0].text
    names = " ".join(name for name in RUN if f"/{name}（" in listed)
    figures = "health " if role is Role.LEAD else ""
    assert names == f"help ask handoffs take return resolve followup {figures}whoami"
    assert (await talk.say("/take 12")).effects == (Take(12),)
    assert "沙发靠墙放" in (await talk.say("/ask 沙发")).replies[0].text


async def test_a_consultant_is_offered_only_what_a_consultant_may_use(consultant) -> None:
    assert "status" not in (await consultant.say("/statsu")).replies[0].text.removeprefix("没有这个指令：/statsu")
    assert "没有这个指令" in (await consultant.say("/help push")).replies[0].text


@pytest.mark.parametrize("said", ["/take 99", "/return 99"])
async def test_a_ticket_that_is_closed_or_never_was_is_said_to_be_so(operator, said) -> None:
    outcome = await operator.say(said)
    assert "没有 99 号转接单" in outcome.replies[0].text
    assert (outcome.effects, outcome.audit) == ((), "")


async def test_of_a_kf_ticket_that_one_has_already_wecom_is_asked_about_its_session(
    consultant,
) -> None:
    outcome = await consultant.by("LiHua", Role.CONSULTANT).say("/take 13")
    assert "核对" in outcome.replies[0].text
    assert outcome.effects == (Take(13),)


@pytest.mark.parametrize("said", ["/take 13", "/return 13"])
async def test_a_consultant_does_not_take_a_ticket_out_of_a_colleagues_hands(consultant, said) -> None:
    outcome = await consultant.say(said)
    assert "lihua" in outcome.replies[0].text
    assert (outcome.effects, outcome.audit) == ((), "")


async def test_a_lead_may_step_in(consultant) -> None:
    assert (await consultant.by("boss", Role.LEAD).say("/take 13")).effects == (Take(13),)


async def test_the_colleague_who_has_the_ticket_gives_it_back(consultant) -> None:
    assert (await consultant.by("lihua", Role.CONSULTANT).say("/return 13")).effects == (GiveBack(13),)


async def test_return_says_that_a_hold_stays_and_what_ends_it(operator, office) -> None:
    told = (await operator.say("/return 12")).replies[0].text
    assert "/resolve" not in told
    office.held = (Held("wmMember0001", "angry", "烦死了", office.now),)
    told = (await operator.say("/return 12")).replies[0].text
    assert "暂停打扰还在" in told
    assert "/resolve 12 原因" in told
    assert "/resolve" not in (await operator.say("/return 13")).replies[0].text


async def test_with_nothing_waiting_handoffs_says_so(operator, office) -> None:
    office.open_tickets = ()
    assert (await operator.say("/handoffs")).replies[0].text == "没有未结束的转接单。"


async def test_the_ask_of_a_ticket_is_one_line_of_at_most_forty_characters(operator) -> None:
    text = (await operator.say("/handoffs")).replies[0].text
    asked = text.split("紧急情况：")[1].split("，")[0]
    assert len(asked) == 40
    assert asked.endswith("…")


async def test_long_lists_are_cut_and_say_so(operator, office) -> None:
    office.library = office.library * 10
    office.coming = office.coming * 20
    office.open_tickets = office.open_tickets * 15
    assert "只列出前 20 份" in (await operator.say("/guides")).replies[0].text
    assert "后面还有 10 条，序号接着数，例如发“/preview 31”看" in (await operator.say("/plan")).replies[0].text
    first = (await operator.say("/handoffs")).replies[0].text
    assert "第 1 页，共 2 页。后面还有 10 条，发“/handoffs 第2页”看。" in first
    second = (await operator.say("/handoffs 第2页")).replies[0].text
    assert (second.count("号** "), "后面还有" in second) == (10, False)
    assert (await operator.say("/转接单 9页")).replies[0].text == second, "past the end is the last page"


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(seconds=-5), "0 分钟"),
        (timedelta(minutes=59), "59 分钟"),
        (timedelta(hours=5, minutes=20), "5 小时 20 分钟"),
        (timedelta(hours=6), "6 小时"),
        (timedelta(minutes=3425), "2 天 9 小时"),
        (timedelta(days=3, minutes=4), "3 天"),
    ],
)
def test_how_long_somebody_has_waited_is_said_in_words(time, said) -> None:
    assert lasted(time) == said


async def test_colleagues_are_called_by_their_names_where_the_settings_give_them(operator, consultant, office) -> None:
    office.names = {"lihua": "李华", "wangwei": "王伟"}
    office.posting.state = "approved"
    office.posting.month = PromoMonth((), {date(2026, 11, 28): ("wangwei", "")})
    office.coming = [replace(office.coming[0], to=("group:lihua:wrDemoGroup01",))]
    assert "李华 的客户群" in (await operator.say("/plan")).replies[0].text
    for said in ("/handoffs", "/take 13"):
        assert "李华" in (await consultant.say(said)).replies[0].text
    for said in ("/preview 1", "/approve 1", "/caps", "/promoday 2026-11-28"):
        assert "王伟" in (await operator.say(said)).replies[0].text


@pytest.mark.parametrize("said", ["/person", "/why", "/forget", "/layer"])
@pytest.mark.parametrize("whom", ["12号", "#12", "wmMe…0001", "wmMe...0001", "wmMember0001"])
async def test_a_member_is_found_by_ticket_by_what_lists_show_and_by_account(operator, office, said, whom) -> None:
    office.records.held = [Kept("聊天记录", 3, "", "保存 180 天", "")]
    more = " 安静" if said == "/layer" else ""
    asked = office.records.asked
    assert "wmMe…0001" in (await operator.say(f"{said} {whom}{more}")).replies[0].text
    assert set(asked) == {"wmMember0001"}


@pytest.mark.parametrize("said", ["/person 周周", "/why 林妈妈", "/person 99号"])
async def test_who_is_looked_for_by_name_is_told_that_no_names_are_kept(operator, said) -> None:
    text = (await operator.say(said)).replies[0].text
    assert "分寸不存会员的名字" in text
    assert f"如“{said.split()[0]} 12号”" in text


async def test_a_deletion_by_ticket_is_confirmed_for_the_account_that_was_shown(operator, office) -> None:
    shown = (await operator.say("/forget 12号")).replies[0].text
    assert "确定的话发“/forget wmMember0001 确认”。" in shown
    office.records.held = (Kept("您的设置", 1, "", "一直留到您改", ""), Kept("您在哪些群", 2, "", "", ""))
    shown = (await operator.say("/forget 12号")).replies[0].text
    assert "对方的设置（1 条）、对方在哪些群（2 条）" in shown
    shown = (await operator.say("/person 12号")).replies[0].text
    assert "一直留到对方改" in shown
    assert "您" not in shown
    assert (await operator.say("/forget wmMember0001 确认")).effects == (Forget("wmMember0001"),)


@pytest.mark.parametrize("said", ["帮助", "help", "Help!", "HELP", "帮助。"])
async def test_plain_help_from_a_colleague_shows_the_commands(operator, consultant, member, said) -> None:
    assert (await operator.say(said)).replies[0].text == (await operator.say("/help")).replies[0].text
    assert "/take" in (await consultant.say(said)).replies[0].text
    assert (await member.say(said)).handler != "command"
    assert (await operator.say(f"{said} 沙发怎么摆")).handler == "question"


@pytest.mark.parametrize(
    ("until", "heard"),
    [(None, "暂停中，发 /resume 恢复"), (datetime(2026, 11, 21, 7, 0, tzinfo=UTC), "暂停到 11-21 周六 15:00")],
)
async def test_status_says_that_sending_is_paused_and_for_how_long(operator, office, until, heard) -> None:
    office.paused, office.paused_until = True, until
    assert heard in (await operator.say("/status")).replies[0].text


async def test_ask_shows_that_a_person_would_be_brought_in_and_brings_none(operator, office) -> None:
    office.handoff = True
    outcome = await operator.say("/ask 沙发")
    assert "会请同事接手" in outcome.replies[0].text
    assert outcome.effects == ()


async def test_an_old_emoji_starts_with_a_slash_and_is_no_command(operator) -> None:
    assert (await operator.say("/::)")).handler == "fallback"


async def test_only_text_holds_a_command(operator) -> None:
    assert (await operator.happens(Kind.MEDIA, text="/status")).handler == "fallback"


async def test_without_a_slash_an_operator_asks_like_anybody(operator) -> None:
    assert (await operator.say("沙发怎么摆")).handler == "question"
    assert (await operator.say("status")).handler == "question"


async def test_a_command_never_moves_the_colleagues_own_conversation(operator) -> None:
    for state in State:
        assert (await operator.held(state).say("/take 12")).move is None
