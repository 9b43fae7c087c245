"""When answers leave: at once where nothing counts them, together where several have to share a message."""

import pytest

from bot import desk
from handlers.policy import decide
from handlers.turn import Office, Outcome, Turn
from tests.bot.house import CHEN, House

FIRST, SECOND = "沙发和茶几之间留多少", "怎么退货"


async def test_on_kf_what_comes_in_while_an_answer_is_found_is_decided_before_that_answer_leaves(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_before: list[int] = []

    async def slow(turn: Turn, office: Office) -> Outcome:
        sent_before.append(len(house.said()))
        outcome = await decide(turn, office)
        if turn.item.text == FIRST:
            await house.standin.customer_says(CHEN, SECOND)
            puller = house.program.connections.puller
            assert puller is not None
            await puller.idle()
        return outcome

    monkeypatch.setattr(desk, "decide", slow)
    first, second = await house.customer(FIRST)
    assert ["茶几" in first, "退货" in second] == [True, True]
    assert sent_before == [0, 0]


async def test_elsewhere_an_answer_does_not_wait_for_the_next_question_to_be_decided(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent_before: list[int] = []

    async def slow(turn: Turn, office: Office) -> Outcome:
        sent_before.append(len(house.told()))
        outcome = await decide(turn, office)
        if turn.item.text == FIRST:
            await house.standin.employee_says("wangwei", SECOND)
        return outcome

    monkeypatch.setattr(desk, "decide", slow)
    first, second = await house.colleague(FIRST)
    assert ["茶几" in first, "退货" in second] == [True, True]
    assert sent_before == [0, 1]
