"""Danger signs: advice at once, a person alerted, and no guide before it."""

from dataclasses import replace

import pytest

from handlers import texts
from handlers.effect_types import HandOff, OptOut
from handlers.handoff import Event, Move, State
from handlers.turn import Kind
from knowledge.danger.advice import HELP_COMES, advice_for
from knowledge.types import Line

FEVER = "宝宝两个月发烧38.5"


async def test_a_danger_sign_is_answered_by_its_fixed_advice_and_a_person_is_alerted(member, office) -> None:
    outcome = await member.say(FEVER)
    assert outcome.handler == "urgent"
    assert [reply.text for reply in outcome.replies] == [advice_for("newborn_fever")]
    assert outcome.effects == (HandOff(texts.URGENT, FEVER),)
    assert outcome.move == Move(Event.CALL)
    assert office.asked == [], "no guide is looked at"


async def test_away_from_kf_a_colleague_is_awaited_too(member_elsewhere) -> None:
    outcome = await member_elsewhere.say("孩子抽搐了")
    assert outcome.replies[0].text == advice_for("convulsion")
    assert outcome.effects == (HandOff(texts.URGENT, "孩子抽搐了"),)
    assert outcome.move == Move(Event.CALL)


async def test_in_a_group_the_advice_is_given_too(member_elsewhere) -> None:
    group = replace(member_elsewhere, conversation=replace(member_elsewhere.conversation, chat="wrGroup"))
    assert (await group.say("娃吞了纽扣电池")).replies[0].text == advice_for("battery")


async def test_the_age_may_stand_in_an_earlier_line(member) -> None:
    outcome = await member.say("现在烧到38度", history=(Line("customer", "宝宝两个月"),))
    assert outcome.replies[0].text == advice_for("newborn_fever")


async def test_what_the_mother_told_of_herself_is_no_part_of_her_child_s_fall(member, office) -> None:
    low = (Line("customer", "我生完二胎情绪很低落 天天哭"),)
    outcome = await member.say("宝宝摔了一跤 额头起包 精神挺好", history=low)
    assert outcome.handler == "question"
    assert not any(isinstance(effect, HandOff) for effect in outcome.effects)


async def test_a_mother_s_low_mood_is_met_with_words_of_its_own_and_a_person(member) -> None:
    outcome = await member.say("我生完二胎情绪很低落 天天哭")
    assert outcome.replies[0].text == advice_for("low_mood")
    assert any(isinstance(effect, HandOff) for effect in outcome.effects)


async def test_however_long_somebody_waited_the_first_words_are_the_help(member) -> None:
    assert (await member.say("孩子噎住了", waited=60)).replies[0].text.startswith("马上看他能不能哭")


@pytest.mark.parametrize("said", ["转人工，孩子抽搐了", "退订 宝宝昏迷了怎么办"])
async def test_danger_comes_before_what_one_can_do_by_oneself(member, said) -> None:
    assert (await member.say(said)).handler == "urgent"


@pytest.mark.parametrize("said", ["发烧 37.5 怎么护理 2 岁", "怎么防止宝宝吞纽扣电池", "累死了，沙发怎么摆"])
async def test_an_ordinary_question_goes_to_the_guides(member, said) -> None:
    assert (await member.say(said)).handler == "question"


async def test_of_a_very_long_text_the_ticket_keeps_the_beginning(member) -> None:
    outcome = await member.say("孩子抽搐了" + "啊" * 5000)
    assert len(outcome.effects[0].ask) == 2000


@pytest.mark.parametrize("kind", [Kind.MEDIA, Kind.ENTERED, Kind.RECALLED, Kind.OTHER])
async def test_only_what_somebody_wrote_can_be_a_sign(member, kind) -> None:
    assert (await member.happens(kind, text="孩子抽搐了")).handler != "urgent"


async def test_a_command_of_a_colleague_is_a_command(operator) -> None:
    assert (await operator.say("/ask 孩子抽搐了怎么办")).handler == "command"


async def test_from_a_member_a_slash_hides_no_danger(member) -> None:
    assert (await member.say("/孩子抽搐了")).handler == "urgent"


@pytest.mark.parametrize(("state", "said"), [(State.WAITING, [advice_for("convulsion")]), (State.HUMAN, [])])
async def test_while_a_person_serves_the_bot_is_silent_and_alerts_the_colleagues_again(member, state, said) -> None:
    outcome = await member.held(state, "lihua").say("宝宝开始抽搐了")
    assert (outcome.handler, outcome.move) == ("hold", None)
    assert [reply.text for reply in outcome.replies] == said, "until somebody has come the help itself is said"
    assert outcome.effects == (HandOff(texts.URGENT, "宝宝开始抽搐了"),)


async def test_under_a_hold_a_wish_still_counts_and_an_ordinary_word_does_nothing(member) -> None:
    held = member.held(State.HUMAN)
    assert (await held.say("退订")).effects == (OptOut(),)
    assert (await held.say("沙发怎么摆", history=(Line("customer", "孩子抽搐了"),))).effects == ()


def test_colleagues_read_first_that_it_is_urgent() -> None:
    notice = texts.handoff_notice(3, "wmMe…0001", texts.URGENT, FEVER)
    head, _, rest = notice.partition("\n")
    assert "【紧急】" in head
    assert "3 号" in head
    for piece in ("紧急情况", FEVER, "请马上联系会员", "/take 3", "/return 3"):
        assert piece in rest


@pytest.mark.parametrize(
    "told",
    [texts.nobody("09:00-18:00", texts.URGENT), texts.handed_over(texts.URGENT), texts.queued(texts.URGENT)],
)
def test_nothing_said_after_the_advice_sounds_like_waiting(told) -> None:
    assert "不要等我们回复" in told
    assert "请稍候" not in told


def test_for_other_tickets_the_words_stay_as_they_were() -> None:
    assert texts.queued(texts.BEYOND_GUIDES) == texts.QUEUED
    assert texts.nobody("09:00-18:00", texts.MEMBER_ASKED) == texts.nobody("09:00-18:00")


async def test_who_has_called_120_hears_a_word_and_nobody_is_alerted(member) -> None:
    outcome = await member.say("打了120了 在路上")
    assert (outcome.handler, outcome.effects, outcome.move) == ("urgent", (), None)
    assert [reply.text for reply in outcome.replies] == [HELP_COMES]


async def test_while_somebody_waits_the_word_that_120_is_called_changes_nothing(member) -> None:
    outcome = await member.held(State.WAITING, "lihua").say(
        "打了120了 在路上", history=(Line("customer", "宝宝抽搐了"),)
    )
    assert (outcome.replies, outcome.effects, outcome.move) == ((), (), None)


async def test_a_second_worse_sign_while_somebody_waits_gets_its_advice(member) -> None:
    before = (Line("customer", "诶她刚刚抖了一下 眼睛往上翻"), Line("customer", "现在好像没事了 睡了"))
    outcome = await member.held(State.WAITING, "lihua").say("叫她没什么反应", history=before)
    assert [reply.text for reply in outcome.replies] == [advice_for("unconscious")]
    assert outcome.effects == (HandOff(texts.URGENT, "叫她没什么反应"),)
