"""Who speaks: the greeting, and silence while a person serves."""

from datetime import timedelta

import pytest

from handlers.effect_types import OptIn, OptOut
from handlers.handoff import Event, Move, State
from handlers.policy import HANDLERS
from handlers.turn import Kind, Role


def test_the_order_of_the_handlers_is_the_policy() -> None:
    names = " ".join(handler.__name__ for handler in HANDLERS)
    assert names == (
        "welcome relay satisfaction recovery feedback hold urgent second_thoughts mood_hold command self_service "
        "expand question fallback"
    )


async def test_entering_with_a_code_is_greeted_within_the_life_of_the_code(member, office) -> None:
    outcome = await member.happens(Kind.ENTERED, code="CODE", waited=5)
    (greeting,) = outcome.replies
    assert greeting.code == "CODE"
    assert greeting.expires_at == office.now - timedelta(seconds=5) + timedelta(seconds=20)
    for promised in ("智能助手", "空间搭配", "育儿", "服务规则", "转人工", "退订"):
        assert promised in greeting.text
    assert outcome.move is None


async def test_entering_without_a_code_is_silence(member) -> None:
    outcome = await member.happens(Kind.ENTERED)
    assert (outcome.handler, outcome.replies, outcome.effects, outcome.move) == ("welcome", (), (), None)


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
async def test_the_bot_does_not_greet_over_a_person_who_serves(member, state) -> None:
    assert (await member.held(state).happens(Kind.ENTERED, code="CODE")).replies == ()


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", [Kind.HUMAN_SPOKE, Kind.HUMAN_TOOK])
async def test_any_word_of_a_colleague_is_a_takeover(member, state, kind) -> None:
    outcome = await member.held(state).happens(kind, text="我来", servicer="lihua")
    assert outcome.move == Move(Event.TAKE, assignee="lihua")
    assert outcome.replies == ()


async def test_a_takeover_that_names_nobody_keeps_the_colleague_we_know(member) -> None:
    outcome = await member.held(State.HUMAN, "lihua").happens(Kind.HUMAN_SPOKE)
    assert outcome.move == Move(Event.TAKE, assignee="lihua")


async def test_when_the_colleague_leaves_the_bot_serves_again_without_a_word(member) -> None:
    outcome = await member.held(State.HUMAN, "lihua").happens(Kind.HUMAN_LEFT)
    assert outcome.move == Move(Event.LEAVE)
    assert outcome.replies == ()


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("kind", [Kind.RECALLED, Kind.SEND_FAILED, Kind.OTHER])
async def test_what_nobody_said_to_us_is_answered_by_silence(member, state, kind) -> None:
    outcome = await member.held(state).happens(kind)
    assert (outcome.replies, outcome.effects, outcome.move) == ((), (), None)


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
@pytest.mark.parametrize("text", ["沙发怎么摆", "转人工", "[微笑]", "/status", "你好"])
async def test_while_a_person_serves_the_bot_is_silent(member, office, state, text) -> None:
    outcome = await member.held(state).say(text)
    assert (outcome.handler, outcome.replies, outcome.effects, outcome.move) == ("hold", (), (), None)
    assert office.asked == []


async def test_a_picture_for_the_colleague_is_not_commented_on(member) -> None:
    assert (await member.held(State.HUMAN).happens(Kind.MEDIA)).replies == ()


@pytest.mark.parametrize(("text", "effect"), [("别再给我推送了", OptOut()), ("恢复推送", OptIn())])
async def test_a_wish_about_unasked_messages_counts_under_a_hold_but_is_not_confirmed(member, text, effect) -> None:
    outcome = await member.held(State.HUMAN).say(text)
    assert outcome.effects == (effect,)
    assert outcome.replies == ()


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
@pytest.mark.parametrize("slash", ["/", "／"])
async def test_a_held_colleague_is_never_locked_out_of_commands(operator, state, slash) -> None:
    outcome = await operator.held(state).say(f"{slash}whoami")
    assert "zhangsan" in outcome.replies[0].text
    assert (await operator.held(state).say("沙发怎么摆")).replies == ()


async def test_a_role_of_member_beside_a_colleagues_role_changes_nothing(operator) -> None:
    both = operator.by("zhangsan", Role.MEMBER, Role.OPERATOR).held(State.HUMAN)
    assert (await both.say("/status")).handler == "command"
