"""有用 and 没用: asked below every answer, counted once, and no question of its own."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.channels import Budget, Limits
from bot.channels.kf import MENU_HEAD
from bot.replies import reply_parts
from bot.sandbox.wire import Spoken
from bot.store.answer_tables import answered, gap_ask, rating
from bot.store.inbox import Waiting
from bot.store.ratings import Ratings
from handlers.texts import RATE_BAD, RATE_GOOD
from handlers.turn import Channel, Conversation, Item, Kind, Reply, Tally
from knowledge.types import Citation
from tests.bot.house import CHEN, KF, LIN, MONDAY, House

QUESTION = "沙发和茶几之间留多少"
ANSWER = "30 到 45 厘米"
BOT = "assistant"


def last(house: House, who: str = CHEN) -> Spoken:
    return [spoken for spoken in house.standin.kf_chat(KF, who) if spoken.who == "bot"][-1]


def entries(spoken: Spoken) -> dict[str, str]:
    """The menu's entries: words → id."""
    return {one["click"]["content"]: one["click"]["id"] for one in spoken.body["list"]}


async def tap(house: House, menu: Spoken, words: str, who: str = CHEN) -> list[str]:
    """Tap an entry; what the bot says to that."""
    before = len(house.said(who))
    await house.standin.customer_says(who, words, menu_id=entries(menu)[words])
    await house.settled()
    return house.said(who)[before:]


async def rows(house: House, table: Any) -> list[Any]:
    async with house.program.base.database.read() as connection:
        return list((await connection.execute(select(table))).all())


async def counted(house: House) -> tuple[int, int]:
    """Useful and useless, over all passages of the guide on sofas."""
    tallies = await Ratings(house.program.base.database).tallies()
    own = [tally for tally in tallies if tally.guide == "sofa.md"]
    return max((one.good for one in own), default=0), max((one.bad for one in own), default=0)


async def test_an_answer_in_customer_service_carries_a_menu_to_rate_it(house: House) -> None:
    await house.customer(QUESTION)
    menu = last(house)
    assert menu.msgtype == "msgmenu"
    assert ANSWER in menu.body["head_content"]
    assert list(entries(menu)) == [RATE_GOOD, RATE_BAD]
    assert all(len(one.encode()) <= 64 for one in entries(menu).values())
    assert len(house.said()) == 1, "the menu costs no message of the five"


async def test_a_refusal_a_greeting_and_a_command_carry_none(house: House) -> None:
    for text in ("智能马桶盖怎么安装", "你好", "退订"):
        await house.customer(text)
        assert last(house).msgtype == "text"


async def test_a_tap_is_counted_and_thanked_and_nothing_is_searched(house: House) -> None:
    await house.customer(QUESTION)
    [thanks] = await tap(house, last(house), RATE_GOOD)
    assert "谢谢" in thanks
    assert await counted(house) == (1, 0)
    assert len(await rows(house, answered)) == 1
    assert house.program.base.metrics.ratings.labels("good")._value.get() == 1


async def test_a_dislike_is_a_gap_and_offers_a_person(house: House) -> None:
    await house.customer(QUESTION)
    [sorry] = await tap(house, last(house), RATE_BAD)
    assert "转人工" in sorry
    assert await counted(house) == (0, 1)
    [gap] = await house.program.gap_keeper.open()
    assert (gap.kind, gap.question, gap.nearest) == ("disliked", QUESTION, "小客厅沙发怎么选尺寸")


async def test_the_same_tap_twice_counts_once_and_the_last_word_counts(house: House) -> None:
    await house.customer(QUESTION)
    menu = last(house)
    await tap(house, menu, RATE_BAD)
    await tap(house, menu, RATE_BAD)
    assert await counted(house) == (0, 1)
    assert len(await rows(house, gap_ask)) == 1
    await tap(house, menu, RATE_GOOD)
    assert await counted(house) == (1, 0)
    assert await rows(house, gap_ask) == []
    assert await house.program.gap_keeper.open() == []


async def test_a_tap_that_is_announced_again_counts_once(house: House) -> None:
    await house.customer(QUESTION)
    reaction = await house.standin.customer_says(CHEN, RATE_BAD, menu_id=entries(last(house))[RATE_BAD])
    await house.settled()
    said = len(house.said())
    await house.standin.redeliver(reaction.exchange)
    await house.settled()
    assert (len(house.said()), len(await rows(house, gap_ask))) == (said, 1)


async def test_the_word_right_after_an_answer_counts_and_elsewhere_it_does_not(house: House) -> None:
    await house.customer(QUESTION)
    [thanks] = await house.customer("有用")
    assert "谢谢" in thanks
    assert await counted(house) == (1, 0)
    await house.customer("没用")  # changed their mind: the thanks in between are no answer
    assert await counted(house) == (0, 1)
    await house.customer("你好")
    await house.customer("有用")
    assert await counted(house) == (0, 1)


async def test_while_a_colleague_serves_a_tap_is_counted_silently(house: House) -> None:
    await house.customer(QUESTION)
    menu = last(house)
    await house.standin.servicer_says("lihua", CHEN, "您好，我来看看")
    await house.settled()
    assert await tap(house, menu, RATE_BAD) == []
    assert await counted(house) == (0, 1)
    assert await house.customer("没用") == [], "said to the colleague"


async def test_a_tap_below_an_answer_that_is_forgotten_harms_nothing(house: House) -> None:
    await house.customer(QUESTION)
    menu = last(house)
    await house.jump(days=house.program.base.settings.privacy.message_retention_days + 2)
    assert await rows(house, answered) == []
    assert len(await tap(house, menu, RATE_BAD)) == 1
    assert await rows(house, rating) == []


async def test_a_tap_of_another_menu_is_a_message(house: House) -> None:
    await house.standin.customer_says(CHEN, QUESTION, menu_id="human")
    await house.settled()
    assert ANSWER in house.said()[-1]


async def test_a_disliked_question_that_was_taken_back_is_no_gap(house: House) -> None:
    await house.customer(QUESTION)
    asked = next(spoken for spoken in house.standin.kf_chat(KF, CHEN) if spoken.who == CHEN)
    menu = last(house)
    await house.standin.customer_recalls(CHEN, asked.msgid)
    await house.settled()
    await tap(house, menu, RATE_BAD)
    assert await counted(house) == (0, 1)
    assert await rows(house, gap_ask) == []


async def test_operators_see_the_counts_in_the_list_of_guides(house: House) -> None:
    for who in (CHEN, LIN):
        await house.customer(QUESTION, who)
        await tap(house, last(house, who), RATE_BAD, who)
    [listed] = await house.colleague("/guides 沙发")
    assert "👍0 👎2" in listed


# --- AI bots ----------------------------------------------------------------------------------------------------------


async def test_a_thumb_under_an_ai_bot_s_bubble_is_counted_and_answered_by_nothing(house: House) -> None:
    turn = await house.standin.aibot_says(BOT, "wangwei", QUESTION)
    assert ANSWER in turn.text
    assert 0 < len(turn.feedback.encode()) <= 256
    before = len(house.standin.bot_chat(BOT, "wangwei"))
    event = await house.standin.aibot_event(BOT, "wangwei", "feedback_event", {"id": turn.feedback, "type": 2})
    await house.settled()
    assert event is not None
    assert event.problem == ""
    assert len(house.standin.bot_chat(BOT, "wangwei")) == before
    assert await counted(house) == (0, 1)
    [gap] = await house.program.gap_keeper.open()
    assert gap.question == QUESTION


async def test_a_thumb_that_is_taken_back_is_counted_no_more(house: House) -> None:
    turn = await house.standin.aibot_says(BOT, "wangwei", QUESTION)
    for kind in (2, 3):
        await house.standin.aibot_rates(BOT, "wangwei", turn.feedback, kind)
        await house.settled()
    assert await counted(house) == (0, 0)
    assert await rows(house, gap_ask) == []


async def test_thumbs_are_asked_for_in_the_first_reply_only(house: House) -> None:
    await house.standin.aibot_says(BOT, "wangwei", QUESTION)
    replies = [row.response["stream"] for row in house.standin.wire if row.what in ("text", "stream") and row.response]
    assert ["feedback" in stream for stream in replies] == [True] + [False] * (len(replies) - 1)


async def test_a_thumb_below_what_was_no_answer_counts_for_nothing(house: House) -> None:
    turn = await house.standin.aibot_says(BOT, "wangwei", "你好")
    await house.standin.aibot_rates(BOT, "wangwei", turn.feedback, 2)
    await house.settled()
    assert await rows(house, rating) == []


async def test_over_the_long_connection_an_answer_has_thumbs_and_a_greeting_has_none(open_house: Any) -> None:
    live: dict[str, str] = {"mode": "websocket"}

    async def before(standin: Any, _clock: Any) -> None:
        bot = next(one for one in standin.world.aibots if one.mode == "websocket")
        live.update(name=bot.name, display_name=bot.display_name, bot_id=bot.bot_id, secret=bot.secret)
        live.update(ws_url=standin.ws_url)

    async with open_house(before=before, wecom={"aibots": [live]}) as house:
        await house.standin.wait_until(lambda: any(row.what == "ws/aibot_subscribe" for row in house.standin.wire))
        turn = await house.standin.aibot_says(live["name"], "wangwei", QUESTION)
        await house.standin.wait_until(lambda: turn.finished)
        assert turn.feedback
        await house.standin.aibot_rates(live["name"], "wangwei", turn.feedback, 2)
        greeting = await house.standin.aibot_says(live["name"], "wangwei", "你好")  # in line behind the thumb
        await house.standin.wait_until(lambda: greeting.finished)
        assert (turn.problem, greeting.problem, greeting.feedback) == ("", "", "")
        assert await counted(house) == (0, 1)


# --- the app ----------------------------------------------------------------------------------------------------------


async def test_in_the_app_the_word_is_enough(house: House) -> None:
    await house.colleague(QUESTION, "lihua")
    [sorry] = await house.colleague("没用", "lihua")
    assert "抱歉" in sorry
    assert await counted(house) == (0, 1)


# --- how long an answer may be ----------------------------------------------------------------------------------------


class Line:
    """A channel that cuts nothing by itself: one piece per line of the text."""

    limits = Limits(per_message=Budget(5, timedelta(hours=48), 2048), rated=MENU_HEAD)

    def pieces(self, markdown: str) -> list[str]:
        return markdown.split("\n")

    async def send(self, part: Any) -> Any:
        raise AssertionError(part)


def parts_of(text: str) -> list[dict[str, Any]]:
    conversation = Conversation("kf:wk::wm", Channel.KF, "wk", "", "wm")
    item = Item(1, Kind.TEXT, QUESTION, MONDAY, MONDAY)
    about = (Citation("sofa.md", "沙发", "", 1.0),)
    waiting = Waiting(item, conversation, (), "", {}, 0)
    return [dict(part.body) for part in reply_parts(conversation, waiting, [Reply(text, about=about)], 0, Line())]


def test_only_the_last_piece_can_be_rated_and_it_has_room_for_the_menu() -> None:
    sentence = "沙发和茶几之间留三十到四十五厘米。"
    for text in (sentence * 5, sentence * 30, f"{sentence * 30}\n{sentence * 35}", "字" * 600):
        bodies = parts_of(text)
        assert ["feedback" in body for body in bodies] == [False] * (len(bodies) - 1) + [True]
        assert len(bodies[-1]["text"].encode()) <= MENU_HEAD
        assert "".join(body["text"] for body in bodies) == text.replace("\n", "")
        json.dumps(bodies)


def test_an_answer_beyond_the_budget_ends_with_a_line_that_can_be_rated() -> None:
    bodies = parts_of("\n".join(["一段。"] * 9))
    assert len(bodies) == 5
    assert "feedback" in bodies[-1]
    assert "先说到这里" in bodies[-1]["text"]


async def test_answers_that_leave_together_are_rated_as_the_last_of_them(house: House) -> None:
    for number in range(8):
        await house.standin.customer_says(CHEN, f"{QUESTION}？{number}", ring=False)
    await house.standin.ring(KF)
    await house.settled()
    assert len(house.said()) <= 5
    async with house.program.base.database.read() as connection:
        assert len((await connection.execute(select(answered))).all()) == 8


async def test_tallies_name_the_section(house: House) -> None:
    await house.customer(QUESTION)
    await tap(house, last(house), RATE_GOOD)
    assert Tally("sofa.md", "过道留多宽", 1, 0) in await Ratings(house.program.base.database).tallies()
