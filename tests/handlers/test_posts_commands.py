"""What operators do about posts: look, approve, reject, see the limits, ask why, and add a day of promotion by two."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from handlers.effect_types import DraftPost, ExtraPromoDay, JudgePost
from handlers.posting import Problem, PromoMonth, Whys
from handlers.turn import Outcome
from knowledge.types import Answer
from tests.handlers.conftest import NOW, SmallOffice, Talk

LOUD = (Problem("absolute_term", "全网最低", "《广告法》第九条不许说“最低”这类话"),)


def said(outcome: Outcome) -> str:
    [reply] = outcome.replies
    return reply.text


async def test_a_preview_shows_the_text_as_its_channels_do_and_what_the_gate_would_say(operator: Talk) -> None:
    text = said(await operator.say("/preview 2"))
    assert "《宝宝夜醒怎么办》" in text
    assert "▼ robot\n**宝宝夜醒怎么办**" in text
    assert "robot:d：可以发" in text
    assert "/approve 2" in text


@pytest.mark.parametrize("line", ["/preview", "/approve 第一条", "/reject 1", "/caps 现在", "/why", "/promoday 明天"])
async def test_arguments_that_do_not_fit_get_the_usage_line(operator: Talk, line: str) -> None:
    assert said(await operator.say(line)).startswith("用法：")


@pytest.mark.parametrize("line", ["/preview 9", "/approve 9", "/reject 9 太长"])
async def test_a_number_that_the_plan_does_not_have_changes_nothing(operator: Talk, line: str) -> None:
    outcome = await operator.say(line)
    assert "计划里没有第 9 条，一共 2 条" in said(outcome)
    assert (outcome.effects, outcome.audit) == ((), "")


async def test_an_approval_names_the_very_words_and_is_in_the_audit_log(operator: Talk) -> None:
    outcome = await operator.say("/批准 1")
    [judged] = outcome.effects
    assert isinstance(judged, JudgePost)
    assert (judged.name, judged.approved, judged.lexicon) == ("living-room.md", True, "2026.1")
    assert len(judged.digest) == 32
    assert outcome.audit == "approve living-room.md 2026-11-26T02:00Z"


async def test_what_breaks_the_law_cannot_be_approved_and_the_words_are_named(
    office: SmallOffice, operator: Talk
) -> None:
    office.posting.state, office.posting.problems = "unlawful", LOUD
    outcome = await operator.say("/approve 1")
    assert outcome.effects == ()
    assert "“全网最低”：《广告法》第九条" in said(outcome)
    assert "不合规" in said(await operator.say("/preview 1"))


async def test_without_the_words_of_the_review_nothing_can_be_approved(office: SmallOffice, operator: Talk) -> None:
    office.posting.lexicon = ""
    outcome = await operator.say("/approve 1")
    assert outcome.effects == ()
    assert "词库读不到" in said(outcome)


async def test_what_is_approved_already_is_not_approved_again(office: SmallOffice, operator: Talk) -> None:
    office.posting.state = "approved"
    assert "已经批准过" in said(await operator.say("/approve 1"))


async def test_a_rejection_needs_its_reason_and_keeps_it(operator: Talk) -> None:
    [judged] = (await operator.say("/驳回 1 讲得太笼统")).effects
    assert isinstance(judged, JudgePost)
    assert (judged.approved, judged.why) == (False, "讲得太笼统")


async def test_the_limits_are_told_with_their_numbers_and_what_is_used_up(office: SmallOffice, operator: Talk) -> None:
    days = {date(2026, 11, 28): ("wangwei", ""), date(2026, 11, 27): ("wangwei", "lihua")}
    office.posting.month = PromoMonth((date(2026, 11, 3),), days)
    text = said(await operator.say("/caps"))
    for part in (
        "每人每天最多 1 条、每周 3 条",
        "每群每天最多 1 条",
        "至少 18 小时",
        "21:00-09:00 免打扰",
        "每月最多 1 天发推广",
    ):
        assert part in text
    assert "发过推广的日子：11-03。" in text
    assert "11-27（wangwei 申请，lihua 同意）、11-28（wangwei 申请，等另一位运营同意）" in text


async def test_why_tells_the_gate_s_words_fatigue_and_layer_and_shortens_the_id(
    office: SmallOffice, operator: Talk
) -> None:
    told = ((NOW, "小户型客厅搭配", "不发：对方已退订。"),)
    office.posting.known = Whys(told, "最近 3 条没有回应 +26", "安静，三条没有回应", 14)
    text = said(await operator.say("/why wmMember0001"))
    assert "《小户型客厅搭配》：不发：对方已退订。" in text
    assert "疲劳：最近 3 条没有回应 +26" in text
    assert "现在至少隔 14 天一条" in text
    assert "wmMember0001" not in text


async def test_why_tells_each_word_of_the_gate_once_however_often_it_was_asked(
    office: SmallOffice, operator: Talk
) -> None:
    again = [(NOW - timedelta(minutes=minutes), "小户型客厅搭配", "先不发：定时发送已暂停。") for minutes in range(9)]
    told = (*again, (NOW - timedelta(days=1), "宝宝夜醒怎么办", "可以发。"))
    office.posting.known = Whys(told, "没有迹象", "平常，最近没有变化", 7)
    text = said(await operator.say("/why wmMember0001"))
    assert text.count("定时发送已暂停") == 1
    assert text.index("11-21 周六 10:00 《小户型客厅搭配》") < text.index("《宝宝夜醒怎么办》")


async def test_an_extra_day_of_promotion_takes_two_people(office: SmallOffice, operator: Talk) -> None:
    day = date(2026, 12, 12)
    first = await operator.say("/promoday 2026-12-12")
    assert first.effects == (ExtraPromoDay(day),)
    assert "要另一位运营也发" in said(first)
    office.posting.month = replace(office.posting.month, asked={day: ("ZhangSan", "")})
    again = await operator.say("/promoday 2026-12-12")
    assert again.effects == ()
    assert "要另一位运营" in said(again)
    other = operator.by("wangwei", *operator.roles)
    granted = await other.say("/推广日 2026-12-12")
    assert granted.effects == (ExtraPromoDay(day),)
    assert "已同意 ZhangSan 的申请" in said(granted)


async def test_a_day_that_is_over_cannot_be_added(operator: Talk) -> None:
    assert (await operator.say("/promoday 2026-11-20")).effects == ()


@pytest.mark.parametrize(
    "line", ["/preview 1", "/approve 1", "/reject 1 不好", "/caps", "/why x", "/promoday 2026-12-12"]
)
async def test_only_operators_decide_about_posts(consultant: Talk, line: str) -> None:
    outcome = await consultant.say(line)
    assert "只有运营人员可以用" in said(outcome)
    assert outcome.effects == ()


async def test_a_draft_is_kept_for_the_review_and_shown(operator: Talk) -> None:
    outcome = await operator.say("/起草 客厅")
    [kept] = outcome.effects
    assert isinstance(kept, DraftPost)
    assert (kept.source, kept.by) == ("living-room.md", "template")
    assert "批准之前不会发" in said(outcome)
    assert outcome.audit == "draft living-room.md"
    assert (await operator.say("/draft 火箭")).effects == ()


@pytest.mark.parametrize("text", ["展开", "展开看看", "展开全文", "请展开"])
async def test_who_wants_more_than_the_capsule_gets_all_of_it(office: SmallOffice, member: Talk, text: str) -> None:
    office.posting.whole = Answer("**小户型客厅搭配**\n\n全文。", refused=False)
    outcome = await member.say(text)
    assert (outcome.handler, said(outcome)) == ("expand", "**小户型客厅搭配**\n\n全文。")


async def test_without_a_post_lately_it_says_so(member: Talk) -> None:
    outcome = await member.say("展开")
    assert (outcome.handler, outcome.effects) == ("expand", ())
    assert "没有给您发过" in said(outcome)


async def test_a_question_with_the_word_in_it_is_a_question(office: SmallOffice, member: Talk) -> None:
    office.posting.whole = Answer("全文。", refused=False)
    assert (await member.say("沙发床展开要多少空间")).handler == "question"


async def test_an_audience_is_shown_as_a_number_of_people(office: SmallOffice, operator: Talk) -> None:
    office.posting.reached = {"weekly-parenting": 1234}
    text = said(await operator.say("/plan"))
    assert "等 4 处，现在共 1234 人或群" in text
    assert text.count("现在共") == 1


async def test_what_somebody_needs_is_approved_and_not_pushed(office: SmallOffice, operator: Talk) -> None:
    office.coming = [replace(office.coming[0], schedule="need:满6个月")]
    assert "（按需：满6个月）" in said(await operator.say("/plan"))
    pushed = await operator.say("/push 1")
    assert pushed.effects == ()
    assert "发“/approve 1”批准" in said(pushed)
    assert "已批准《小户型客厅搭配》，接下来发送" in said(await operator.say("/approve 1"))


async def test_trials_are_told_by_name(office: SmallOffice, operator: Talk) -> None:
    assert "还没有对比" in said(await operator.say("/trial"))
    office.posting.compared = {"开头": "还没到计划的每组 200 人", "图片": "B 更好"}
    assert said(await operator.say("/对比 图片")) == "**图片**\nB 更好"
    assert "现有：开头、图片" in said(await operator.say("/trial 结尾"))
