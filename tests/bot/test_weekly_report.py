"""The weekly report: words and a picture, once a week, and never when members would be left in peace too."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bot.report import LONGEST, SENT, drawn, written
from bot.store import marks
from bot.wecom.split import LIMITS
from handlers.turn import Channel
from scheduler.gate import Reason
from scheduler.health import HealthFacts, Platform, assess
from tests.bot.conftest import OpenHouse
from tests.bot.house import House

WEEK_BEFORE = datetime(2026, 11, 16, 2, 5, tzinfo=UTC)  # Monday 10:05 in Shanghai


def reports(house: House, who: str = "wangwei") -> list[str]:
    return [text for text in house.told(who) if "每周健康报告" in text]


def pictures(house: House, who: str = "wangwei") -> list[str]:
    """The media_ids of the pictures that somebody was sent."""
    rows = [row for row in house.standin.app_chat(who) if row.who == "bot" and row.msgtype == "image"]
    return [str(row.body["media_id"]) for row in rows]


@pytest.fixture
async def running(open_house: OpenHouse) -> Any:
    """A bot that was asked something a week ago; it is just before the report of this week."""
    async with open_house(start=WEEK_BEFORE) as house:
        await house.customer("小客厅沙发买多大？")
        await house.jump(days=6, hours=23, minutes=50)
        assert reports(house) == []
        yield house


async def test_on_monday_at_ten_operators_get_words_and_a_picture(running: House) -> None:
    await running.jump(minutes=6)
    await running.jump(minutes=5)
    [text] = reports(running)
    assert "会员主动率：100.0%（1/1" in text
    [media] = pictures(running)
    assert Image.open(BytesIO(running.standin.media.check(media).content)).format == "PNG"
    assert (reports(running, "lihua"), pictures(running, "lihua")) == ([], [])  # no operator


async def test_it_comes_once_a_week_also_after_a_restart(running: House) -> None:
    await running.jump(minutes=10)
    await running.jump(hours=1)
    await running.reopen()
    await running.jump(days=1)
    assert (len(reports(running)), len(pictures(running))) == (1, 1)
    await running.jump(days=6)
    assert (len(reports(running)), len(pictures(running))) == (2, 2)


async def test_a_bot_that_was_away_in_the_morning_reports_later_but_not_at_night(running: House) -> None:
    await running.program.stop()
    running.clock.jump(timedelta(hours=12))
    await running.restart()
    await running.settled()
    assert reports(running) == []
    await running.jump(hours=13)
    assert len(reports(running)) == 1


async def test_on_a_day_without_posts_it_waits_for_the_next_working_day(open_house: OpenHouse) -> None:
    async with open_house(start=WEEK_BEFORE, restraint={"silent_days": ["2026-11-23"]}) as house:
        await house.customer("小客厅沙发买多大？")
        await house.jump(days=7)
        assert reports(house) == []
        await house.jump(days=1)
        assert len(reports(house)) == 1


async def test_without_an_app_nobody_can_be_told(open_house: OpenHouse) -> None:
    async with open_house(start=WEEK_BEFORE, wecom={"app": None}) as house:
        await house.customer("小客厅沙发买多大？")
        await house.jump(days=7, hours=1)
        async with house.program.base.database.read() as connection:
            assert await marks.get_mark(connection, SENT) is None


async def test_who_has_just_begun_is_told_nothing(open_house: OpenHouse) -> None:
    async with open_house() as house:  # Monday, 10:05
        await house.customer("小客厅沙发买多大？")
        await house.jump(hours=2)
        assert reports(house) == []


async def test_a_report_that_could_not_leave_before_the_quiet_hours_is_dropped(running: House) -> None:
    running.standin.faults.errcode("message/send", 45009, times=None)
    await running.jump(minutes=10)
    await running.jump(hours=12)
    running.standin.faults.clear()
    await running.jump(hours=12)
    assert (reports(running), pictures(running)) == ([], [])


async def test_a_lost_upload_is_tried_again(running: House) -> None:
    running.standin.faults.lose_reply("media/upload")
    await running.jump(minutes=10)
    await running.jump(minutes=5)
    assert len(pictures(running)) == 1


async def test_a_picture_whose_sending_may_have_worked_is_not_sent_twice(running: House) -> None:
    running.standin.faults.lose_reply("message/send", times=2)  # of the words and of the picture
    await running.jump(minutes=10)
    for _ in range(3):
        await running.jump(minutes=5)
    assert (len(reports(running)), len(pictures(running))) == (1, 1)


FULL = assess(
    HealthFacts(
        since=WEEK_BEFORE - timedelta(days=28),
        until=WEEK_BEFORE,
        begun=12345, delivered=23456, valuable=20000, content=30, rated=41, quick=33, due=44, active=4000,
        active_days=99999, previous=5000, returned=3333, members=99999, opted_out=1000, left=1000, complaints=77,
        refusals={str(reason): 10_000 + place for place, reason in enumerate(Reason)},
        platform=Platform(1, 2, 3, 4, 5, 6, missing=("客户联系", "客户群", "微信客服")),
    )
)  # fmt: skip
LEGEND = "图中：" + "，".join(f"word {place} 是会员主动率" for place in range(7)) + "。"


@pytest.mark.parametrize("legend", ["", LEGEND])
def test_a_report_is_one_message_of_the_app_however_much_there_is_to_say(legend: str) -> None:
    text = written(FULL, legend)
    assert len(text.encode()) <= LONGEST <= LIMITS[Channel.APP]
    assert text.endswith("/health [天数]")
    assert legend in text


def test_without_chinese_letters_the_text_explains_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.pictures.CHINESE", ())
    png, legend = drawn(FULL, "2026-W48")
    assert png.startswith(b"\x89PNG")
    assert "asked 是会员主动率" in legend
