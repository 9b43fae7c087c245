"""The store fails at the door: nothing is acked that is not on disk, and WeCom's next try is answered."""

import asyncio

import pytest
from sqlalchemy import text

from tests.bot.house import CHEN, House
from tests.bot.rough import app_text, bot_text, journal, knock, stored, until

QUESTION = "沙发和茶几之间留多少"


async def limit(house: House, spare: int) -> None:
    """The disk is full but for `spare` pages: SQLite's own limit, with SQLite's own error."""
    async with house.program.base.database.write() as connection:
        used = int((await connection.exec_driver_sql("PRAGMA page_count")).scalar_one())
        await connection.exec_driver_sql(f"PRAGMA max_page_count = {used + spare}")


@pytest.mark.parametrize("door", ["app", "contact", "assistant"])
async def test_with_a_full_disk_nothing_is_acked_and_wecom_s_next_try_is_answered(house: House, door: str) -> None:
    long = "沙发" * 30_000
    plain = bot_text(long) if door == "assistant" else app_text(house, long)
    if door == "contact":
        plain = app_text(house, "", MsgId="", MsgType="event", Event="moon_landing", Crater=long)
    await limit(house, 0)
    with journal() as log:
        answer = await knock(house, door, plain)
    assert (answer.status, answer.text) == (503, "")
    assert [line["event"] for line in log.lines] == ["callback_not_stored"]
    assert log.tracebacks == []
    assert "沙发" not in log.text
    assert await stored(house) == []
    await limit(house, 1_000_000)
    assert (await knock(house, door, plain)).status == 200
    await house.settled()
    assert [row["state"] for row in await stored(house)] == ["handled"]


async def test_wecom_s_three_tries_reach_a_bot_whose_disk_was_full(house: House) -> None:
    await limit(house, 0)
    failed = await house.standin.employee_says("lihua", "沙发" * 30_000)
    assert (failed.status, failed.tries) == (503, 3)
    await limit(house, 1_000_000)
    assert (await house.standin.redeliver(failed.exchange)).status == 200


async def test_with_a_database_that_fails_nothing_is_acked_and_the_log_names_nobody(house: House) -> None:
    async with house.program.base.database.write() as connection:
        await connection.execute(text("ALTER TABLE inbox RENAME TO elsewhere"))
    with journal() as log:
        answers = await asyncio.gather(*[knock(house, "app", app_text(house, QUESTION)) for _ in range(5)])
    assert {(each.status, each.text) for each in answers} == {(503, "")}
    assert len(log.of("callback_not_stored")) == len(log.lines) == 5
    assert QUESTION not in log.text
    assert "lihua" not in log.text
    async with house.program.base.database.write() as connection:
        await connection.execute(text("ALTER TABLE elsewhere RENAME TO inbox"))
    assert (await knock(house, "app", app_text(house, QUESTION))).status == 200


async def test_a_full_disk_during_a_pull_loses_no_message_and_shows_no_text(house: House) -> None:
    await limit(house, 0)
    words = QUESTION * 400
    with journal() as log:
        await house.standin.customer_says(CHEN, words)
        await house.standin.wait_for(lambda row: row.what == "kf/sync_msg" and QUESTION in str(row.response))
        await until(lambda: bool(log.of("kf_pull_failed")))
    assert log.tracebacks == []
    assert QUESTION not in log.text
    assert CHEN not in log.text
    await limit(house, 1_000_000)
    await house.jump(seconds=61)
    assert len(house.said(CHEN)) == 1
