"""AI bots by callback: streams that are polled, cards, response_url."""

from datetime import timedelta
from typing import Any

from bot.clock import MovableClock
from bot.sandbox import StandIn

BOT = "assistant"


def stream(content: str, *, finish: bool = False, stream_id: str = "st-1") -> dict[str, Any]:
    return {"msgtype": "stream", "stream": {"id": stream_id, "finish": finish, "content": content}}


def growing(*texts: str) -> Any:
    """An answer that grows with every poll and is finished with its last text."""
    left = list(texts)

    def answer(door: str, message: dict[str, Any]) -> dict[str, Any]:
        now = left.pop(0)
        return stream(now, finish=not left)

    return answer


async def test_a_stream_is_polled_until_it_is_finished(stand_in: StandIn, tiny: Any) -> None:
    tiny.answer = growing("请稍候", "请稍候，第一步", "第一步，第二步。")
    turn = await stand_in.aibot_says(BOT, "lihua", "怎么报销？")
    assert (turn.text, turn.finished, turn.problem, len(turn.texts)) == ("第一步，第二步。", True, "", 3)
    assert [message["msgtype"] for _, message in tiny.heard] == ["text", "stream", "stream"]
    assert tiny.heard[1][1]["stream"] == {"id": "st-1"}
    assert "response_url" not in tiny.heard[1][1]
    assert [line.text for line in stand_in.bot_chat(BOT, "lihua")] == ["怎么报销？", "第一步，第二步。"]


async def test_in_a_group_the_bot_is_addressed_by_name(stand_in: StandIn, tiny: Any) -> None:
    tiny.answer = growing("好")
    await stand_in.aibot_says(BOT, "lihua", "你好", chatid="wrOffice")
    message = tiny.heard[0][1]
    assert (message["chatid"], message["chattype"]) == ("wrOffice", "group")
    assert message["text"]["content"] == "@分寸助手 你好"
    assert len(stand_in.bot_chat(BOT, "wrOffice")) == 2


async def test_a_stream_that_never_ends_is_given_up_after_six_minutes(
    stand_in: StandIn, tiny: Any, clock: MovableClock
) -> None:
    def answer(door: str, message: dict[str, Any]) -> dict[str, Any]:
        clock.jump(timedelta(minutes=1))
        return stream("还在想")

    tiny.answer = answer
    turn = await stand_in.aibot_says(BOT, "lihua", "难题")
    assert "six minutes" in turn.problem
    assert not turn.finished


async def test_what_the_documents_forbid_is_not_shown(stand_in: StandIn, tiny: Any) -> None:
    for reply, code in [
        ({"msgtype": "markdown", "markdown": {"content": "x"}}, "40008"),
        ({"msgtype": "stream", "stream": {"finish": True, "content": "x"}}, "40063"),
        (stream("字" * 6827, finish=True), "45002"),
    ]:
        tiny.answer = lambda door, message, reply=reply: reply
        turn = await stand_in.aibot_says(BOT, "wangwei", "你好")
        assert turn.problem.startswith(code)
    assert [line.who for line in stand_in.bot_chat(BOT, "wangwei")] == ["wangwei"] * 3


async def test_another_stream_id_is_refused(stand_in: StandIn, tiny: Any) -> None:
    answers = [stream("一"), stream("二", stream_id="st-2")]
    tiny.answer = lambda door, message: answers.pop(0)
    assert "another stream id" in (await stand_in.aibot_says(BOT, "lihua", "你好")).problem


async def test_no_answer_is_no_bubble(stand_in: StandIn, tiny: Any) -> None:
    turn = await stand_in.aibot_says(BOT, "lihua", "你好")
    assert (turn.problem, turn.texts, len(tiny.heard)) == ("", [], 1)


async def respond(api: Any, url: str, body: dict[str, Any]) -> int:
    async with api.session.post(url, json=body) as answer:
        return (await answer.json())["errcode"]


async def test_a_response_url_works_once_within_the_hour(
    stand_in: StandIn, tiny: Any, api: Any, clock: MovableClock
) -> None:
    body = {"msgtype": "markdown", "markdown": {"content": "**好了**"}}
    first = await stand_in.aibot_says(BOT, "lihua", "一")
    assert await respond(api, first.response_url, {"msgtype": "text", "text": {"content": "x"}}) == 40008
    assert [await respond(api, first.response_url, body) for _ in range(2)] == [0, 60140]
    second = await stand_in.aibot_says(BOT, "lihua", "二")
    clock.jump(timedelta(hours=1, seconds=1))
    assert await respond(api, second.response_url, body) == 60140
    assert [line.text for line in stand_in.bot_chat(BOT, "lihua")] == ["一", "**好了**", "二"]


async def test_entering_is_told_once_a_day_and_may_be_welcomed(
    stand_in: StandIn, tiny: Any, clock: MovableClock
) -> None:
    tiny.answer = lambda door, message: {"msgtype": "text", "text": {"content": "你好"}}
    turn = await stand_in.aibot_event(BOT, "lihua", "enter_chat")
    assert turn is not None
    assert turn.finished
    assert await stand_in.aibot_event(BOT, "lihua", "enter_chat") is None
    clock.jump(timedelta(days=1))
    assert await stand_in.aibot_event(BOT, "lihua", "enter_chat") is not None


async def test_a_click_is_pushed_once_and_the_card_must_keep_its_task(stand_in: StandIn, tiny: Any) -> None:
    card = {
        "card_type": "button_interaction",
        "task_id": "ho-1",
        "main_title": {"title": "解决了吗？"},
        "button_list": [{"text": "转人工", "key": "handoff"}],
    }
    tiny.answer = lambda door, message: (
        stream("答", finish=True)
        | {
            "msgtype": "stream_with_template_card",
            "template_card": card,
        }
    )
    await stand_in.aibot_says(BOT, "lihua", "你好")
    done = card | {"main_title": {"title": "同事会联系您"}}
    tiny.answer = lambda door, message: {"response_type": "update_template_card", "template_card": done}
    click = {"card_type": "button_interaction", "event_key": "handoff", "task_id": "ho-1"}
    turn = await stand_in.aibot_event(BOT, "lihua", "template_card_event", click)
    assert turn is not None
    assert turn.problem == ""
    assert stand_in.bot_chat(BOT, "lihua")[-1].text.startswith("同事会联系您")
    wrong = await stand_in.aibot_event(BOT, "lihua", "template_card_event", click | {"task_id": "ho-2"})
    assert wrong is not None
    assert wrong.problem.startswith("846625")
    tiny.heard.clear()
    tiny.answer = lambda door, message: 500
    await stand_in.aibot_event(BOT, "lihua", "template_card_event", click)
    assert len(tiny.heard) == 1
