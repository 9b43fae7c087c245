"""/layer: an operator slows somebody by hand and lifts it again; the log names nobody."""

import pytest

from handlers.effect_types import SetLayer
from handlers.records import Kept
from handlers.turn import Outcome
from scheduler.layers import Layer
from tests.handlers.conftest import SmallOffice, Talk

MEMBER = "wmMember0001"


@pytest.fixture(autouse=True)
def known(office: SmallOffice) -> None:
    office.records.held = [Kept("聊天消息", 3, "回答您的问题", "保存 180 天", "")]


def said(outcome: Outcome) -> str:
    [reply] = outcome.replies
    return reply.text


@pytest.mark.parametrize("word", ["安静", "quiet", "QUIET"])
async def test_a_layer_is_set_by_its_name_and_says_what_it_means(operator: Talk, word: str) -> None:
    outcome = await operator.say(f"/layer {MEMBER} {word}")
    assert outcome.effects == (SetLayer(MEMBER, Layer.QUIET.value),)
    assert "至少隔 14 天" in said(outcome)
    assert outcome.audit == "layer wmMe… quiet"
    assert MEMBER not in said(outcome).replace(f"/layer {MEMBER} 自动", "")


async def test_a_layer_is_lifted_with_auto(operator: Talk) -> None:
    outcome = await operator.say(f"/分层 {MEMBER} 自动")
    assert outcome.effects == (SetLayer(MEMBER, ""),)
    assert "改回自动" in said(outcome)


async def test_an_unknown_layer_gets_the_nearest_and_all_of_them(operator: Talk) -> None:
    outcome = await operator.say(f"/layer {MEMBER} 安静的")
    assert outcome.effects == ()
    assert "是不是“安静”？" in said(outcome)
    assert "先不打扰" in said(outcome)


async def test_nobody_s_id_is_told_and_changes_nothing(office: SmallOffice, operator: Talk) -> None:
    office.records.held = ()
    outcome = await operator.say("/layer wmNobody 安静")
    assert (outcome.effects, outcome.audit) == ((), "")
    assert "请写完整的账号" in said(outcome)


@pytest.mark.parametrize("line", ["/layer", f"/layer {MEMBER}", f"/layer {MEMBER} 安静 现在"])
async def test_arguments_that_do_not_fit_get_the_usage_line(operator: Talk, line: str) -> None:
    assert said(await operator.say(line)).startswith("用法：/layer")


async def test_only_operators_set_layers(consultant: Talk) -> None:
    assert (await consultant.say(f"/layer {MEMBER} 安静")).effects == ()
