"""Questions that make sense only with what was said before, over the whole line: our own answers are remembered too."""

from tests.bot.house import LIN, House

QUESTION = "沙发和茶几之间留多少"


async def test_asking_for_the_whole_text_brings_all_of_the_guide_just_quoted(house: House) -> None:
    await house.customer("宝宝辅食第一口吃什么")
    answer = "\n".join(await house.customer("全文"))
    assert "《" in answer
    assert len(answer) > 60


async def test_a_bare_question_is_read_with_the_guide_just_quoted(house: House) -> None:
    [first] = await house.customer(QUESTION)
    [second] = await house.customer("为什么呢")
    assert "《小客厅沙发怎么选尺寸》" in first
    assert "《小客厅沙发怎么选尺寸》" in second


async def test_another_member_s_answer_is_nobody_else_s_past(house: House) -> None:
    await house.customer(QUESTION)
    [stranger] = await house.customer("为什么呢", LIN)
    assert "《小客厅沙发怎么选尺寸》" not in stranger
