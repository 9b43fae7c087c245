"""Where our own words go: a colleague's plain text to the member they serve, a member's to the colleague."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.effect_types import Relay, Satisfied, Take
from handlers.handoff import Event, Move, State
from handlers.turn import Channel, Kind, Role, Ticket
from tests.handlers.conftest import NOW

OLDER = Ticket(
    21, "aibot:bot1::zhaoliu", Channel.AIBOT, "zhaoliu", "member_asked", "沙发", "taken", "wangwu",
    NOW - timedelta(minutes=9), focused_at=NOW - timedelta(minutes=8),
)  # fmt: skip
NEWER = replace(
    OLDER, number=22, conversation="app:1000002::sunqi", channel=Channel.APP, person="sunqi", focused_at=NOW
)
ON_KF = replace(OLDER, number=23, conversation="kf:wk1::wm9", channel=Channel.KF, person="wm9")


async def test_with_no_ticket_in_hand_a_colleague_s_text_is_a_question(consultant, office) -> None:
    office.open_tickets = (replace(OLDER, assignee="lihua"), replace(NEWER, state="open"), ON_KF)
    assert (await consultant.say("沙发怎么选")).handler == "question"


async def test_with_one_it_goes_to_that_member_and_nothing_is_said_back(consultant, office) -> None:
    office.open_tickets = (OLDER,)
    outcome = await consultant.say("您好，我来帮您看")
    assert outcome.effects == (Relay("aibot:bot1::zhaoliu", "您好，我来帮您看"),)
    assert outcome.replies == ()


async def test_with_several_it_goes_to_the_one_taken_last_and_says_so(consultant, office) -> None:
    office.open_tickets = (NEWER, OLDER)
    outcome = await consultant.say("好的")
    assert outcome.effects == (Relay("app:1000002::sunqi", "好的"),)
    assert "22 号" in outcome.replies[0].text


async def test_words_that_would_rate_an_answer_go_to_the_member_all_the_same(consultant, office) -> None:
    office.open_tickets, office.answered = (OLDER,), "st1"
    assert (await consultant.say("没用")).handler == "relay"


async def test_a_command_is_never_relayed(consultant, office) -> None:
    office.open_tickets = (OLDER,)
    assert (await consultant.say("/handoffs")).handler == "command"


async def test_a_colleague_s_picture_is_not_relayed_and_that_is_said(consultant, office) -> None:
    office.open_tickets = (OLDER,)
    outcome = await consultant.happens(Kind.MEDIA)
    assert outcome.effects == ()
    assert "没有发给 21 号" in outcome.replies[0].text


async def test_taking_one_s_own_ticket_again_switches_to_it_and_says_so(consultant, office) -> None:
    office.open_tickets = (NEWER, OLDER)
    outcome = await consultant.say("/take 21")
    assert outcome.effects == (Take(21),)
    assert "转给 21 号" in outcome.replies[0].text
    assert "22 号" in outcome.replies[0].text


async def test_nobody_takes_the_ticket_of_their_own_conversation(consultant, office) -> None:
    office.open_tickets = (replace(OLDER, person="wangwu", state="open", assignee=""),)
    outcome = await consultant.say("/take 21")
    assert (outcome.effects, outcome.audit) == ((), "")
    assert "其他同事" in outcome.replies[0].text


async def test_what_a_member_writes_to_a_colleague_is_passed_on_in_silence(member_elsewhere) -> None:
    outcome = await member_elsewhere.held(State.HUMAN, "wangwu").say("那布料呢")
    assert outcome.replies == ()
    assert outcome.effects == (Relay("aibot:bot1::zhaoliu", "那布料呢"),)


async def test_of_a_picture_only_that_there_is_one(member_elsewhere) -> None:
    (effect,) = (await member_elsewhere.held(State.HUMAN, "wangwu").happens(Kind.MEDIA)).effects
    assert isinstance(effect, Relay)
    assert "内容不经这里转发" in effect.text


@pytest.mark.parametrize("state", [State.WAITING, State.CLOSING, State.BOT, State.OFFERED])
async def test_nothing_is_passed_on_while_no_colleague_has_it(member_elsewhere, state) -> None:
    effects = (await member_elsewhere.held(state).say("沙发怎么选")).effects
    assert not any(isinstance(effect, Relay) for effect in effects)


async def test_on_kf_the_platform_carries_the_words_itself(member) -> None:
    assert (await member.held(State.HUMAN, "wangwu").say("那布料呢")).effects == ()


@pytest.mark.parametrize(("ref", "score"), [("cs:12:3", 3), ("cs:12:2", 2), ("cs:12:1", 1)])
async def test_a_tap_is_thanked_in_a_word_and_never_searched(member, ref, score) -> None:
    outcome = await member.held(State.CLOSING).happens(Kind.RATED, ref=ref)
    assert outcome.effects == (Satisfied(12, score),)
    assert len(outcome.replies) == 1
    assert ("转人工" in outcome.replies[0].text) is (score == 1)


async def test_who_is_not_satisfied_is_offered_a_person_again(member) -> None:
    outcome = await member.held(State.CLOSING).happens(Kind.RATED, ref="cs:12:1")
    assert outcome.move == Move(Event.OFFER)


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
async def test_while_another_colleague_serves_a_tap_counts_in_silence(member, state) -> None:
    outcome = await member.held(state).happens(Kind.RATED, ref="cs:12:3")
    assert (outcome.replies, outcome.effects) == ((), (Satisfied(12, 3),))


@pytest.mark.parametrize("ref", ["cs:0:3", "cs:12:4", "cs:12:", "cs:x:1", "cs:12:3 "])
async def test_what_is_no_mark_of_ours_counts_for_nothing(member, ref) -> None:
    assert (await member.happens(Kind.RATED, ref=ref)).effects == ()


@pytest.mark.parametrize(("said", "score"), [("1", 3), ("２", 2), ("3。", 1), ("满意", 3), ("不满意！", 1)])
async def test_right_after_the_end_the_word_is_enough(member_elsewhere, office, said, score) -> None:
    office.served = 12
    outcome = await member_elsewhere.held(State.CLOSING).say(said)
    assert outcome.effects == (Satisfied(12, score),)


@pytest.mark.parametrize("said", ["1", "满意"])
async def test_elsewhere_it_is_a_text_like_any_other(member_elsewhere, office, said) -> None:
    assert (await member_elsewhere.held(State.CLOSING).say(said)).handler != "satisfaction"  # nobody had written
    office.served = 12
    assert (await member_elsewhere.say(said)).handler != "satisfaction"


async def test_consultants_alone_relay(member_elsewhere, office) -> None:
    office.open_tickets = (OLDER,)
    stranger = member_elsewhere.by("wangwu", Role.MEMBER)
    assert (await stranger.say("沙发怎么选")).handler == "question"
