"""Who is in which group: from events, from who speaks, and from a nightly look; and who left."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import membership as module
from bot.store import memberships as store
from scheduler.fatigue import SignalKind
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, ZHOU, House

CHAT, OTHER = "wrDemoGroup01", "wrDemoGroup02"
GROUP = f"group:{CHAT.lower()}"
WEEKLY = {"name": "weekly", "every": "thu 10:00", "topic": "styling", "to": [f"group:lihua:{CHAT}"]}
GET = "externalcontact/groupchat/get"


@pytest.fixture
async def home(open_house: OpenHouse) -> AsyncIterator[House]:
    """A house whose posts go to one customer group, of which the members have been read."""
    async with open_house(schedules=[WEEKLY]) as house:
        await house.program.connections.membership.look()
        yield house


async def heard(house: House, **by: float) -> None:
    """Let the events in, and what they lead to."""
    await house.settled()
    await house.program.connections.membership.look()
    house.clock.jump(timedelta(**(by or {"seconds": 15})))
    await house.program.connections.membership.look()
    await house.settled()


async def members(house: House, group: str = GROUP) -> set[str]:
    async with house.program.base.database.read() as connection:
        return {subject.partition(":")[2] for subject in await store.members(connection, group)}


async def signals(house: House) -> list[tuple[str, SignalKind, str]]:
    """What will be noted from here on."""
    noted: list[tuple[str, SignalKind, str]] = []

    async def note(_: AsyncConnection, subject: str, kind: SignalKind, key: str, _at: datetime) -> None:
        noted.append((subject, kind, key))

    house.program.connections.membership.use(note)
    return noted


def calls(house: House, path: str = GET) -> int:
    return sum(row.what == path for row in house.standin.ledger.rows)


def told(house: House, words: str) -> int:
    return sum(words in text for text in house.told())


def lower(*ids: str) -> set[str]:
    return {each.lower() for each in ids}


async def test_the_members_of_a_group_that_posts_go_to_are_known_from_the_start_without_colleagues(home: House) -> None:
    assert await members(home) == lower(CHEN, LIN)


async def test_who_joins_is_a_member_and_who_leaves_is_none_without_reading_the_group_again(home: House) -> None:
    await home.standin.group_changed(CHAT, ZHOU)
    await heard(home)
    assert await members(home) == lower(CHEN, LIN, ZHOU)
    await home.standin.group_changed(CHAT, CHEN, joined=False)
    await heard(home)
    assert await members(home) == lower(LIN, ZHOU)
    assert calls(home) == 1


async def test_a_lost_event_is_noticed_by_the_version_of_the_next_and_the_group_read_again(home: House) -> None:
    await home.standin.group_changed(CHAT, ZHOU, heard=False)
    await home.standin.group_changed(CHAT, CHEN, joined=False)
    await home.settled()
    await home.program.connections.membership.look()
    assert await members(home) == lower(LIN)
    assert calls(home) == 1  # groupchat/get may be seconds behind the event
    await heard(home)
    assert await members(home) == lower(LIN, ZHOU)
    assert calls(home) == 2


async def test_an_event_that_comes_twice_or_late_changes_nothing(home: House) -> None:
    await home.standin.group_changed(CHAT, ZHOU)
    await home.standin.group_changed(CHAT, ZHOU, joined=False)
    await heard(home)
    late = next(row for row in home.standin.ledger.rows if row.what == "change_external_chat")
    await home.standin.redeliver(late)
    await heard(home)
    assert await members(home) == lower(CHEN, LIN)


async def test_what_no_event_told_is_found_in_the_night_once(home: House) -> None:
    await home.standin.group_changed(CHAT, ZHOU, heard=False)
    await heard(home, hours=16)  # Tuesday 02:05
    assert await members(home) == lower(CHEN, LIN)
    await heard(home, hours=1)
    assert await members(home) == lower(CHEN, LIN, ZHOU)
    await heard(home, hours=2)
    assert calls(home) == 2


async def test_nothing_is_kept_of_groups_that_no_post_goes_to(home: House) -> None:
    await home.standin.group_changed(OTHER, CHEN)
    await heard(home)
    assert await members(home, f"group:{OTHER.lower()}") == set()


async def test_a_dissolved_group_has_no_members_and_operators_hear_it_once(home: House) -> None:
    await home.standin.group_dismissed(CHAT)
    await heard(home)
    await heard(home, days=1)
    await heard(home, days=1)
    assert await members(home) == set()
    async with home.program.base.database.read() as connection:
        assert await store.dissolved(connection, GROUP)
    assert told(home, "已经解散") == 1


async def test_a_group_dissolved_without_a_word_is_found_in_the_night(home: House) -> None:
    home.standin.world.customer_groups.remove(home.standin.world.group(CHAT))
    await heard(home, hours=18)
    await heard(home)
    assert await members(home) == set()
    assert told(home, "已经解散") == 1


async def test_who_speaks_in_a_group_of_the_ai_bot_is_a_member_of_it(house: House) -> None:
    await house.standin.aibot_says("assistant", "lihua", "@分寸助手 怎么退货", chatid="wrBotGroup")
    await heard(house)
    assert await members(house, "group:wrbotgroup") == {"lihua"}


async def test_who_deletes_a_colleague_has_left_and_a_hand_over_to_another_is_no_parting(home: House) -> None:
    noted = await signals(home)
    await home.standin.contact_left("lihua", LIN)
    await home.standin.contact_left("zhaomin", LIN, by_customer=False)
    await heard(home)
    await heard(home)
    subject, leave = f"person:{LIN.lower()}", SignalKind.LEAVE
    assert noted == [(subject, leave, "parted:lihua"), (subject, leave, "parted:zhaomin")]
    await transferred(home)
    await heard(home)
    assert len(noted) == 2


async def transferred(house: House) -> None:
    """The event of a customer who goes from one colleague to another (92130)."""
    fields: dict[str, Any] = {"UserID": "lihua", "ExternalUserID": CHEN, "Source": "DELETE_BY_TRANSFER"}
    await house.standin.contacts._post("change_external_contact", "del_external_contact", fields)


async def test_who_leaves_a_group_by_themselves_is_a_signal(home: House) -> None:
    noted = await signals(home)
    await home.standin.group_changed(CHAT, CHEN, joined=False)
    await heard(home)
    [(subject, kind, _)] = noted
    assert (subject, kind) == (f"person:{CHEN.lower()}", SignalKind.LEAVE)


async def test_a_kill_between_two_batches_loses_nothing_and_tells_nothing_twice(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    noted: list[str] = []

    async def killed_at_the_third(_: AsyncConnection, subject: str, *_about: Any) -> None:
        noted.append(subject)
        if len(noted) == 3:
            raise OSError("killed here")

    home.program.connections.membership.use(killed_at_the_third)
    for who in (CHEN, LIN, ZHOU):
        await home.standin.contact_left("lihua", who)
    await home.settled()
    with pytest.raises(OSError, match="killed here"):
        await home.program.connections.membership.look()
    more = await signals(home)
    await heard(home)
    assert [*noted[:2], *(subject for subject, _, _ in more)] == [f"person:{who.lower()}" for who in (CHEN, LIN, ZHOU)]


async def test_without_the_right_to_read_groups_operators_hear_it_and_what_is_known_stays(home: House) -> None:
    home.standin.faults.errcode(GET, 48002, None)
    await heard(home, hours=18)
    for _ in range(5):
        await heard(home, minutes=1)
    assert calls(home) == 2
    assert await members(home) == lower(CHEN, LIN)
    assert told(home, "可调用接口的应用") == 1


async def test_a_platform_that_is_busy_is_asked_again_later(home: House) -> None:
    await home.standin.group_changed(CHAT, ZHOU, heard=False)
    home.standin.faults.errcode(GET, 45009, 1)
    await heard(home, hours=18)
    await heard(home, minutes=2)
    await heard(home)
    assert await members(home) == lower(CHEN, LIN, ZHOU)


async def test_somebody_who_was_forgotten_is_not_read_back_in(home: House) -> None:
    await home.customer("删除我的数据", LIN)
    await home.customer("确认删除", LIN)
    assert await members(home) == lower(CHEN)
    await heard(home, hours=18)
    await heard(home)
    assert calls(home) == 2
    assert await members(home) == lower(CHEN)


async def test_who_has_not_been_seen_for_as_long_as_messages_are_kept_is_dropped(open_house: OpenHouse) -> None:
    async with open_house(privacy={"message_retention_days": 30}) as house:
        await house.standin.aibot_says("assistant", "lihua", "@分寸助手 怎么退货", chatid="wrBotGroup")
        await heard(house)
        await heard(house, days=29)
        assert await members(house, "group:wrbotgroup") == {"lihua"}
        await heard(house, days=3)
        assert await members(house, "group:wrbotgroup") == set()
