"""Silence holds in every chat of a person, so the wait can be called off in every one: app, AI bot, group."""

import pytest
from sqlalchemy import select

from bot.store.tables import conversation
from handlers.texts import GOES_ON
from knowledge.danger.advice import advice_for
from tests.bot.house import House

BOT = "assistant"
GROUP = "wrInner"
WHO = "wangwei"
QUESTION = "沙发和茶几之间留多少"


async def says(house: House, text: str, chat: str | None) -> list[str]:
    """What WHO reads in that chat of the AI bot, once they have written there."""
    before = len(read(house, chat))
    await house.standin.aibot_says(BOT, WHO, f"@分寸助手 {text}" if chat else text, chatid=chat)
    await house.settled()
    return read(house, chat)[before:]


def read(house: House, chat: str | None) -> list[str]:
    return [one.text for one in house.standin.bot_chat(BOT, chat or WHO) if one.who == "bot" and one.text]


async def states(house: House) -> set[str]:
    async with house.program.base.database.read() as connection:
        return set(await connection.scalars(select(conversation.c.state).where(conversation.c.person == WHO)))


@pytest.mark.both_stores
@pytest.mark.parametrize(("began", "other"), [(GROUP, None), (None, GROUP)])
@pytest.mark.parametrize("words", ["继续问", "不等了"])
async def test_a_wait_is_called_off_from_any_chat_and_ends_in_all(
    house: House, began: str | None, other: str | None, words: str
) -> None:
    await says(house, "转人工", began)
    assert QUESTION not in "".join(await says(house, QUESTION, other)), "silence holds everywhere"
    assert GOES_ON in "".join(await says(house, words, other))
    assert await states(house) == {"bot"}
    for chat in (began, other):
        assert "厘米" in "".join(await says(house, QUESTION, chat))


async def test_who_is_served_elsewhere_is_not_given_back(house: House) -> None:
    await says(house, "转人工", GROUP)
    await house.colleague("/take 1", "lihua")
    assert GOES_ON not in "".join(await says(house, "继续问", None))
    assert "human" in await states(house)


async def test_a_danger_sign_in_another_chat_of_who_waits_gets_its_advice(house: House) -> None:
    await says(house, "转人工", GROUP)
    assert advice_for("battery") in "".join(await says(house, "我娃刚刚吞了个纽扣电池", None))


async def test_a_wait_that_began_on_an_ai_bot_is_called_off_in_the_app(house: House) -> None:
    await says(house, "转人工", GROUP)
    [told] = await house.colleague("继续问", WHO)
    assert told == GOES_ON
    assert await states(house) == {"bot"}
