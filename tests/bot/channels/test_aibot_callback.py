"""An AI bot in callback mode: one stream, one response_url, no text twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.channels.aibot import AiBotChannel, close_overdue
from bot.channels.aibot_bubbles import CONTINUED, bubbles
from bot.channels.aibot_callback import CallbackBot
from bot.clock import MovableClock
from bot.errors import MaybeDone, Refused, TryLater
from bot.part import Klass, Part
from bot.sandbox import StandIn
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.migrate import migrate
from bot.store.streams import Streams
from bot.wecom.client import WeComClient
from bot.wecom.messages import aibot_arrival
from bot.wecom.split import LIMITS
from handlers.texts import BUDGET, LATER
from handlers.turn import Channel

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
STREAM_SECONDS = 330
SENTENCE = "先量房间，再定风格。"
LONG = SENTENCE * 900  # 27,000 bytes
LONGER = SENTENCE * 2000  # 60,000 bytes


@dataclass
class Company:
    """A store with one open stream, and what people see of the bot that has to fill it."""

    wecom: StandIn
    clock: MovableClock
    streams: Streams
    channel: AiBotChannel

    async def text(self) -> tuple[str, bool]:
        stream = await self.streams.get("st-one")
        assert stream is not None
        return stream.text, stream.finished

    def said(self) -> list[str]:
        """The messages of its own, oldest first."""
        return [line.text for line in self.wecom.bot_chat("assistant", "wangwei") if line.who == "bot"]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    clock = MovableClock(NOW, frozen=True)
    wecom = StandIn(clock=clock)
    await wecom.start()
    database = Database.connect(f"sqlite:///{tmp_path}/store.db")
    await migrate(database)
    streams = Streams(database)
    await ask(wecom, Inbox(database, clock), clock)
    async with aiohttp.ClientSession() as session:
        client = WeComClient(session, wecom.base_url, wecom.world.corp_id, clock)
        bot = CallbackBot(client, streams, clock, STREAM_SECONDS)
        yield Company(wecom, clock, streams, AiBotChannel({"assistant": bot}))
    await database.close()
    await wecom.stop()


async def ask(wecom: StandIn, inbox: Inbox, clock: MovableClock) -> None:
    """A question as the door stores it."""
    _, body = wecom.aibots.ask(wecom.world.aibot("assistant"), "wangwei", "客厅怎么搭配？", None)
    arrival = aibot_arrival(body, "assistant", clock.now())
    await inbox.accept(replace(arrival, stream="st-one"))


def bubble(text: str, stream: str = "st-one") -> Part:
    body = {"to": "wangwei", "account": "assistant", "chat": "", "text": text, "stream": stream, "req_id": ""}
    return Part("p1", "aibot:assistant::wangwei", Channel.AIBOT, Klass.REPLY, "bubble", body, tries=1)


async def test_an_answer_closes_its_stream_with_the_whole_text(company: Company) -> None:
    receipt = await company.channel.send(bubble("先量房间。"))
    assert await company.text() == ("先量房间。", True)
    assert receipt.follow_ups == ()
    assert company.said() == []


async def test_a_repetition_after_a_kill_says_nothing_twice(company: Company) -> None:
    await company.channel.send(bubble("先量房间。"))
    receipt = await company.channel.send(bubble("先量房间。"))
    assert receipt.follow_ups == ()
    company.clock.jump(timedelta(minutes=10))
    assert (await company.channel.send(bubble("先量房间。"))).follow_ups == ()


async def test_a_long_answer_stays_within_the_bytes_and_goes_on_in_a_message_of_its_own(company: Company) -> None:
    receipt = await company.channel.send(bubble(LONG))
    text, finished = await company.text()
    assert finished
    assert len(text.encode()) <= LIMITS[Channel.AIBOT]
    assert text.endswith(f"。\n\n{CONTINUED}")
    (rest,) = receipt.follow_ups
    assert not rest.repeatable
    await company.channel.send(rest)
    assert text.removesuffix(f"\n\n{CONTINUED}") + company.said()[0] == LONG
    again = await company.channel.send(bubble(LONG))
    assert [part.id for part in again.follow_ups] == [rest.id], "the outbox passes over an id it has"


async def test_what_does_not_fit_into_stream_and_url_ends_with_an_offer_to_go_on(company: Company) -> None:
    (rest,) = (await company.channel.send(bubble(LONGER))).follow_ups
    await company.channel.send(rest)
    (text,) = company.said()
    assert text.endswith(BUDGET)
    assert len(text.encode()) <= LIMITS[Channel.AIBOT]


async def test_an_overdue_stream_is_closed_with_a_promise_and_the_answer_goes_by_url(company: Company) -> None:
    company.clock.jump(timedelta(seconds=STREAM_SECONDS + 1))
    assert await close_overdue(company.streams, company.clock, "assistant", STREAM_SECONDS) == 1
    assert await company.text() == (LATER, True)
    (rest,) = (await company.channel.send(bubble("先量房间。"))).follow_ups
    await company.channel.send(rest)
    assert company.said() == ["先量房间。"]


async def test_a_stream_that_is_overdue_and_still_open_is_not_written_to(company: Company) -> None:
    """WeCom may have stopped asking, so the text would reach nobody."""
    company.clock.jump(timedelta(seconds=STREAM_SECONDS))
    (rest,) = (await company.channel.send(bubble("先量房间。"))).follow_ups
    assert await company.text() == (LATER, True)
    assert rest.body["text"] == "先量房间。"


async def test_the_sweep_leaves_young_streams_open(company: Company) -> None:
    company.clock.jump(timedelta(seconds=STREAM_SECONDS - 1))
    assert await close_overdue(company.streams, company.clock, "assistant", STREAM_SECONDS) == 0


async def test_a_used_url_is_not_called_twice_even_when_its_answer_was_lost(company: Company) -> None:
    company.clock.jump(timedelta(minutes=7))
    (rest,) = (await company.channel.send(bubble("先量房间。"))).follow_ups
    company.wecom.faults.lose_reply("aibot/response")
    with pytest.raises(MaybeDone):
        await company.channel.send(rest)
    with pytest.raises(Refused):
        await company.channel.send(rest)
    assert len(company.wecom.calls("aibot/response")) == 1
    assert company.said() == ["先量房间。"]


async def test_a_call_that_was_not_carried_out_may_be_made_again(company: Company) -> None:
    company.clock.jump(timedelta(minutes=7))
    (rest,) = (await company.channel.send(bubble("先量房间。"))).follow_ups
    company.wecom.faults.errcode("aibot/response", -1)
    with pytest.raises(TryLater):
        await company.channel.send(rest)
    await company.channel.send(rest)
    assert company.said() == ["先量房间。"]


async def test_a_url_is_good_for_an_hour(company: Company) -> None:
    company.clock.jump(timedelta(minutes=61))
    (rest,) = (await company.channel.send(bubble("先量房间。"))).follow_ups
    with pytest.raises(Refused):
        await company.channel.send(rest)


async def test_without_its_stream_an_answer_has_no_way_out(company: Company) -> None:
    with pytest.raises(Refused):
        await company.channel.send(bubble("先量房间。", stream="st-unknown"))


async def test_callback_mode_carries_no_posts(company: Company) -> None:
    body = {"recipients": ["aibot:assistant:single:wangwei"], "markdown": "每周一贴"}
    post = Part("p2", "post:x", Channel.AIBOT, Klass.POST, "post", body, repeatable=False)
    with pytest.raises(Refused):
        await company.channel.send(post)
    assert not company.channel.reachable("assistant")


async def test_a_bot_that_is_not_in_the_settings_is_refused(company: Company) -> None:
    part = replace(bubble("先量房间。"), body={**bubble("").body, "account": "gone"})
    with pytest.raises(Refused):
        await company.channel.send(part)
    assert not company.channel.reachable("gone")


def test_bubbles_lose_nothing_but_white_space_and_never_exceed_the_limit() -> None:
    texts = bubbles(LONGER)
    assert "".join(text.removesuffix(f"\n\n{CONTINUED}") for text in texts) == LONGER
    assert all(len(text.encode()) <= LIMITS[Channel.AIBOT] for text in texts)
    assert bubbles("") == [""]
    assert bubbles(SENTENCE) == [SENTENCE]
