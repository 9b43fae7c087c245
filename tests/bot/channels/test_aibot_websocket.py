"""An AI bot over its long connection: what it answers, what it pushes, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.channels.aibot_websocket import WebSocketBot
from bot.errors import AlreadyDone, MaybeDone, Refused, StateMoved, TryLater
from bot.part import Klass, Part
from bot.wecom.split import LIMITS
from handlers.turn import Channel
from tests.bot.channels.aibot_place import STREAM_SECONDS, Place, open_place, until


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(tmp_path) as place:
        yield place


def post(chat: str, scope: str = "single") -> Part:
    body = {"recipients": [f"aibot:live:{scope}:{chat}"], "markdown": "每周一贴"}
    return Part("post1", "post:x", Channel.AIBOT, Klass.POST, "post", body, repeatable=False, tries=1)


def bubble(text: str, req_id: str, *, tries: int = 1) -> Part:
    body = {"to": "wangwei", "account": "live", "chat": "", "text": text, "stream": "", "req_id": req_id}
    return Part("bubble1", "aibot:live::wangwei", Channel.AIBOT, Klass.REPLY, "bubble", body, tries=tries)


async def ask_silently(place: Place) -> str:
    """A message that nobody answers by itself; returns its req_id."""
    await place.engine.stop(0)
    return (await place.wecom.aibot_says("live", "wangwei", "在吗")).req_id


# ---- answering


async def test_a_message_is_stored_and_answered_under_its_req_id(place: Place) -> None:
    await place.connect()
    turn = await place.wecom.aibot_says("live", "wangwei", "客厅怎么搭配")
    await until(lambda: turn.finished)
    assert turn.text == "答：客厅怎么搭配"
    assert turn.stream_id.startswith("st")


async def test_in_a_group_the_mention_is_taken_off_and_the_group_is_the_chat(place: Place) -> None:
    await place.connect()
    turn = await place.wecom.aibot_says("live", "wangwei", "客厅怎么搭配", chatid="wrGroup01")
    await until(lambda: turn.finished)
    assert turn.text == "答：客厅怎么搭配"


async def test_the_same_msgid_twice_is_answered_once(place: Place) -> None:
    await place.connect()
    seat = place.wecom.world.aibot("live")
    turn, message = place.wecom.aibots.ask(seat, "wangwei", "在吗", None)
    await place.wecom.sockets.push(seat, "message", turn, message)
    await place.wecom.sockets.push(seat, "message", turn, message)
    later = await place.wecom.aibot_says("live", "wangwei", "还在吗")
    await until(lambda: later.finished)
    await until(lambda: "还在吗" in place.answered)
    assert place.answered == ["在吗", "还在吗"]


async def test_who_enters_is_welcomed(place: Place) -> None:
    await place.connect()
    turn = await place.wecom.aibot_event("live", "wangwei", "enter_chat")
    assert turn is not None
    await until(lambda: turn.finished)
    assert place.said() == ["答："]


async def test_a_welcome_later_than_five_seconds_is_dropped_unsent(place: Place) -> None:
    await place.connect()
    await place.engine.stop(0)
    turn = await place.wecom.aibot_event("live", "wangwei", "enter_chat")
    assert turn is not None
    await until(lambda: place.socket.may_welcome(turn.req_id))
    place.clock.pass_seconds(5)
    body = {"to": "wangwei", "account": "live", "chat": "", "text": "您好", "req_id": turn.req_id, "code": turn.req_id}
    with pytest.raises(StateMoved):
        await place.channel.send(Part("w1", "l", Channel.AIBOT, Klass.REPLY, "welcome", body))
    assert place.frames("aibot_respond_welcome_msg") == 0


async def test_feedback_is_stored_and_no_frame_answers_it(place: Place) -> None:
    await place.connect()
    await place.wecom.aibot_event("live", "wangwei", "feedback_event", {"id": "fb1", "type": 2})
    turn = await place.wecom.aibot_says("live", "wangwei", "在吗")
    await until(lambda: turn.finished)
    assert {row.what for row in place.wecom.wire if row.direction == "to_wecom"} == {
        "ws/aibot_subscribe",
        "ws/aibot_respond_msg",
    }


async def test_a_burst_is_stored_and_answered_while_acks_are_missing(place: Place) -> None:
    """Lesson 8: who awaits acks in the receive loop sees neither the acks nor the next message."""
    await place.connect()
    place.wecom.faults.no_acks = True
    turns = [await place.wecom.aibot_says("live", f"user{number}", "在吗") for number in range(50)]
    await until(lambda: all(turn.finished for turn in turns))
    assert place.answered == [], "every answer still waits for its ack"
    place.wecom.faults.clear()
    extra = await place.wecom.aibot_says("live", "wangwei", "还在吗")
    await until(lambda: extra.finished)
    await until(lambda: place.answered == ["还在吗"])


# ---- acks


async def test_a_missing_ack_may_mean_done_and_the_repetition_is_not_shown_twice(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    place.wecom.faults.no_acks = True
    sending = asyncio.create_task(place.channel.send(bubble("先量房间。", req_id)))
    await until(lambda: place.frames("aibot_respond_msg") == 1)
    place.clock.pass_seconds(5)
    with pytest.raises(MaybeDone):
        await sending
    place.wecom.faults.clear()
    receipt = await place.channel.send(bubble("先量房间。", req_id, tries=2))
    assert receipt.follow_ups == ()
    assert place.said() == ["先量房间。"]


async def test_all_who_wait_hear_when_the_connection_ends(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    place.wecom.faults.no_acks = True
    sending = asyncio.create_task(place.channel.send(bubble("先量房间。", req_id)))
    await until(lambda: place.frames("aibot_respond_msg") == 1)
    place.wecom.drop_socket("live")
    with pytest.raises(MaybeDone):
        await sending


async def test_frames_of_one_req_id_go_one_after_another(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    place.wecom.faults.no_acks = True
    bot = WebSocketBot(place.socket, place.clock, STREAM_SECONDS)
    part = bubble("先量房间，再定风格。", req_id)
    growing = asyncio.create_task(bot.grow(part, "先量"))
    await until(lambda: place.frames("aibot_respond_msg") == 1)
    await bot.grow(part, "先量房间")  # passed over: the next frame says it all
    sending = asyncio.create_task(bot.send(part))
    await until(lambda: place.clock.asleep[5.0] == 1)
    assert place.frames("aibot_respond_msg") == 1
    place.wecom.faults.clear()
    place.clock.pass_seconds(5)
    with pytest.raises(MaybeDone):
        await growing
    await sending
    assert place.said() == ["先量房间，再定风格。"]


async def test_what_the_message_does_not_take_any_more_is_pushed_once(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    place.clock.pass_seconds(24 * 3600 + 1)
    (rest,) = (await place.channel.send(bubble("先量房间。", req_id))).follow_ups
    assert not rest.repeatable
    await place.channel.send(rest)
    assert place.said() == ["先量房间。"]


async def test_a_growing_stream_that_became_too_old_is_pushed_instead(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    bot = WebSocketBot(place.socket, place.clock, STREAM_SECONDS)
    part = bubble("先量房间。", req_id)
    await bot.grow(part, "先量")
    place.clock.pass_seconds(STREAM_SECONDS)
    (rest,) = (await bot.send(part)).follow_ups
    assert rest.body["text"] == "先量房间。"


async def test_a_long_answer_goes_on_in_pushes(place: Place) -> None:
    await place.connect()
    req_id = await ask_silently(place)
    receipt = await place.channel.send(bubble("先量房间，再定风格。" * 2000, req_id))
    for part in receipt.follow_ups:
        await place.channel.send(part)
    said = place.said()
    assert len(said) == 3
    assert all(len(text.encode()) <= LIMITS[Channel.AIBOT] for text in said)


# ---- unasked


async def test_a_post_is_pushed_to_who_wrote_before(place: Place) -> None:
    await place.connect()
    await ask_silently(place)
    await place.channel.send(post("wangwei"))
    assert place.said() == ["每周一贴"]


async def test_a_chat_that_stays_refused_is_given_up(place: Place) -> None:
    await place.connect()
    with pytest.raises(TryLater):
        await place.channel.send(post("wrStranger", "group"))
    with pytest.raises(Refused):
        await place.channel.send(
            Part("p", "l", Channel.AIBOT, Klass.POST, "post", post("wrStranger", "group").body, tries=3)
        )


async def test_while_not_connected_a_post_waits(place: Place) -> None:
    assert not place.channel.reachable("live")
    with pytest.raises(TryLater) as caught:
        await place.channel.send(post("wangwei"))
    assert not isinstance(caught.value, MaybeDone)


async def test_a_post_whose_ack_is_lost_may_be_done(place: Place) -> None:
    await place.connect()
    assert place.channel.reachable("live")
    await ask_silently(place)
    place.wecom.faults.no_acks = True
    sending = asyncio.create_task(place.channel.send(post("wangwei")))
    await until(lambda: place.frames("aibot_send_msg") == 1)
    place.clock.pass_seconds(5)
    with pytest.raises(MaybeDone):
        await sending


async def test_an_ack_that_says_duplicate_is_already_done(place: Place) -> None:
    await place.connect()
    turn = await place.wecom.aibot_event("live", "wangwei", "enter_chat")
    assert turn is not None
    await until(lambda: turn.finished)
    body = {"msgtype": "text", "text": {"content": "您好"}}
    with pytest.raises(AlreadyDone):
        await place.socket.request("aibot_respond_welcome_msg", body, turn.req_id)
