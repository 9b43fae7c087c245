"""What is wrong outside the bot: settings, folders, ports, guides, the index, and WeCom itself."""

import asyncio
import os
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.standin import StandIn
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, LIN, House, Shelf
from tests.bot.rough import Journal, app_text, ask, journal, knock
from tests.log_watch import WATCH

QUESTION = "沙发和茶几之间留多少"
ANSWER = "30 到 45 厘米"


# --- the start -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    code: int
    said: str
    complained: str


async def fencun(*words: str, **environ: str) -> Ended:
    """`fencun …` as a process of its own, until it ends by itself."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *words),
        env={**os.environ, "FENCUN_CONFIG": os.devnull, **environ},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), 30)
    WATCH.seen(complained.decode())
    return Ended(process.returncode or 0, said.decode(), complained.decode())


def places(folder: Path, shelf: Shelf) -> dict[str, str]:
    """Settings that keep everything in `folder`."""
    return {
        "FENCUN_SERVER__PORT": "0",
        "FENCUN_STORE__URL": f"sqlite:///{folder / 'fencun.db'}",
        "FENCUN_KNOWLEDGE__GUIDES": str(shelf.guides),
        "FENCUN_KNOWLEDGE__INDEX": str(folder / "index"),
        "FENCUN_KNOWLEDGE__VECTORS": str(folder / "chroma"),
    }


def refuses(ended: Ended, code: int, *words: str) -> None:
    """It ended with that code and one message for a person, no traceback."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.complained
    assert ended.said == ""
    for word in words:
        assert word in ended.complained


@pytest.mark.parametrize("command", ["serve", "check"])
async def test_a_settings_typo_stops_with_the_key_and_the_nearest_name(tmp_path: Path, command: str) -> None:
    config = tmp_path / "fencun.toml"
    config.write_text('[server]\nprot = 8080\n[wecom.app]\nsecret = "GeheimesWort"\n', encoding="utf-8")
    ended = await fencun(command, "--config", str(config))
    refuses(ended, 2, "server.prot", "server.port", "wecom.app.agent_id")
    assert "GeheimesWort" not in ended.complained


async def test_a_data_folder_that_is_a_file_stops_the_start_with_a_message(tmp_path: Path, shelf: Shelf) -> None:
    (tmp_path / "var").write_text("in the way", encoding="utf-8")
    ended = await fencun("serve", **places(tmp_path / "var", shelf))
    refuses(ended, 1, "没有启动", str(tmp_path / "var"), "[store] url")
    assert (tmp_path / "var").read_text(encoding="utf-8") == "in the way"


async def test_a_store_that_is_no_database_stops_the_start_and_is_left_as_it_is(tmp_path: Path, shelf: Shelf) -> None:
    (tmp_path / "fencun.db").write_bytes(b"not a database" * 1000)
    ended = await fencun("serve", **places(tmp_path, shelf))
    refuses(ended, 1, "没有启动", "fencun.db")
    assert (tmp_path / "fencun.db").read_bytes() == b"not a database" * 1000


async def test_a_store_of_a_newer_version_stops_the_start_and_is_left_as_it_is(tmp_path: Path, shelf: Shelf) -> None:
    with sqlite3.connect(tmp_path / "fencun.db") as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()
    ended = await fencun("serve", **places(tmp_path, shelf))
    refuses(ended, 1, "没有启动", "9999")


async def test_a_port_in_use_stops_the_start_with_a_message(tmp_path: Path, shelf: Shelf) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        ended = await fencun("serve", **{**places(tmp_path, shelf), "FENCUN_SERVER__PORT": port})
    refuses(ended, 1, "没有启动", port, "[server] port")


async def test_a_second_process_on_the_same_store_is_refused_and_the_first_goes_on(house: House, shelf: Shelf) -> None:
    database = Path(house.program.base.database.url.database or "")
    ended = await fencun("serve", **{**places(database.parent, shelf), "FENCUN_STORE__URL": f"sqlite:///{database}"})
    refuses(ended, 1, "没有启动", "另一个分寸")
    assert len(await house.customer(QUESTION)) == 1


# --- guides and index ------------------------------------------------------------------------------------------------


def own_shelf(shelf: Shelf, folder: Path) -> Shelf:
    """A copy that a test may break."""
    mine = Shelf(folder / "guides", folder / "index", folder / "chroma")
    for old, new in ((shelf.guides, mine.guides), (shelf.index, mine.index), (shelf.vectors, mine.vectors)):
        shutil.copytree(old, new)
    return mine


def knowledge(shelf: Shelf) -> dict[str, Any]:
    return {"guides": shelf.guides, "index": shelf.index, "vectors": str(shelf.vectors)}


async def test_guides_that_cannot_be_read_are_reported_and_the_rest_answers(
    open_house: OpenHouse, shelf: Shelf, tmp_path: Path
) -> None:
    mine = own_shelf(shelf, tmp_path / "mine")
    bad = {
        "yaml.md": "---\ntitle: [没有关上\n---\n正文。\n".encode(),
        "gbk.md": "---\ntitle: 国标\n---\n正文。\n".encode("gbk"),
        "untitled.md": "---\ntopic: styling\n---\n正文。\n".encode(),
        "empty.md": b"",
    }
    for name, content in bad.items():
        (mine.guides / name).write_bytes(content)
    async with open_house(knowledge=knowledge(mine)) as house:
        await house.colleague("/reindex")
        await house.jump(seconds=5)
        report = house.told()[-1]
        for name in bad:
            assert name in report
        [answer] = await house.customer(QUESTION)
        assert ANSWER in answer


def garbage(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\x00broken\xff" * 500)


def half(folder: Path) -> None:
    database = folder / "chroma.sqlite3"
    database.write_bytes(database.read_bytes()[: database.stat().st_size // 2])


@pytest.mark.parametrize("harm", [garbage, half, shutil.rmtree])
async def test_with_a_broken_chroma_folder_the_bot_starts_answers_and_gets_its_vectors_back(
    open_house: OpenHouse, shelf: Shelf, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    mine = own_shelf(shelf, tmp_path / "mine")
    [generation] = [path for path in mine.vectors.iterdir() if path.is_dir()]
    harm(generation)
    with journal() as log:
        async with open_house(knowledge=knowledge(mine)) as house:
            opened = [line["vectors"] for line in log.of("library_open")]
            assert opened[0] is False, "the first one opened has no vectors"
            assert opened[-1] is True, "and it was rebuilt without being asked"
            library = house.program.librarian.library
            assert library is not None
            assert library.vectors_ok
            [answer] = await house.customer(QUESTION)
            assert ANSWER in answer
    assert log.tracebacks == []


async def test_while_vectors_are_broken_the_lexical_side_answers(
    open_house: OpenHouse, shelf: Shelf, tmp_path: Path
) -> None:
    """A file in the place of the vectors' folder: no rebuilding can help until somebody moves it."""
    mine = own_shelf(shelf, tmp_path / "mine")
    shutil.rmtree(mine.vectors)
    mine.vectors.write_text("in the way", encoding="utf-8")
    async with open_house(knowledge=knowledge(mine)) as house:
        library = house.program.librarian.library
        assert library is not None
        assert not library.vectors_ok
        [answer] = await house.customer(QUESTION)
        assert ANSWER in answer


async def test_without_any_usable_index_the_bot_starts_says_so_and_is_not_ready(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    nothing = {"guides": tmp_path / "none", "index": tmp_path / "index", "vectors": str(tmp_path / "chroma")}
    async with open_house(knowledge=nothing) as house:
        [answer] = await house.customer(QUESTION)
        assert "转人工" in answer
        ready = await ask(house, "GET", "/readyz")
        assert ready.status == 503
        assert "索引" in ready.text


# --- WeCom fails -----------------------------------------------------------------------------------------------------


def private(house: House) -> list[str]:
    """What no log may show: keys, tokens, who wrote, and what."""
    world = house.standin.world
    seats = (world.app, world.kf, world.contact)
    keys = [value for seat in seats for value in (seat.secret, seat.token, seat.aes_key)]
    keys += [bot.token for bot in world.aibots] + [bot.aes_key for bot in world.aibots]
    keys += [robot.key for robot in world.group_robots] + list(house.standin.accounts._tokens)
    return [value for value in (*keys, CHEN, LIN, QUESTION, "茶几") if value]


def says_nothing_private(log: Journal, house: House) -> None:
    assert log.text, "a fault that leaves no trace cannot be found"
    assert log.tracebacks == []
    for value in private(house):
        assert value not in log.text, value


Fault = Callable[[StandIn, asyncio.Event], None]
FAULTS: dict[str, Fault] = {
    "unreachable": lambda standin, _: standin.faults.refuse("*"),
    "hanging": lambda standin, until: standin.faults.hang("*", until),
    "html": lambda standin, _: standin.faults.html("*", status=200),
    "bad gateway": lambda standin, _: standin.faults.html("*", status=502),
    "nonsense": lambda standin, _: standin.faults.errcode("*", -1, None),
}
QUICK = {"connect_timeout": 0.2, "read_timeout": 0.2}


@pytest.mark.parametrize("fault", FAULTS)
async def test_while_wecom_is_away_callbacks_are_acked_and_answered_once_it_is_back(
    open_house: OpenHouse, fault: str
) -> None:
    async with open_house(wecom=QUICK) as house:
        await house.settled()
        with journal() as log:
            FAULTS[fault](house.standin, asyncio.Event())
            told = await house.standin.employee_says("lihua", QUESTION)
            rung = await house.standin.customer_says(CHEN, QUESTION)
            assert (told.status, told.tries, rung.status, rung.tries) == (200, 1, 200, 1)
            await house.program.engine.idle()
            assert await waiting(house) == 1, "the answer to the colleague is kept"
            house.standin.faults.clear()
            await house.jump(minutes=3)
        assert len(house.said(CHEN)) == 1
        assert len(house.told("lihua")) == 1
        says_nothing_private(log, house)


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_that_could_not_be_sent_is_kept_and_sent_once_wecom_is_back(
    open_house: OpenHouse, fault: str
) -> None:
    """The message was fetched before the fault: only the sending side is away."""
    async with open_house(wecom=QUICK) as house:
        await house.customer("你好")
        with journal() as log:
            house.standin.customers.writes(CHEN, QUESTION, house.standin.kf.default_account())
            pulled = house.standin.ledger.count
            await house.standin.ring()
            await house.standin.wait_for(lambda row: row.what == "kf/sync_msg", after=pulled)
            FAULTS[fault](house.standin, asyncio.Event())
            await house.settled()
            assert len(house.said(CHEN)) == 1
            assert await waiting(house) == 1
            house.standin.faults.clear()
            await house.jump(minutes=3)
        assert len(house.said(CHEN)) == 2
        assert ANSWER in house.said(CHEN)[-1]
        says_nothing_private(log, house)


async def waiting(house: House) -> int:
    """Parts that are still to be sent."""
    counts = await house.program.base.outbox.counts()
    return counts.get("ready", 0) + counts.get("sending", 0)


async def test_the_bot_starts_without_wecom_and_catches_up(open_house: OpenHouse) -> None:
    async def away(standin: StandIn, _clock: object) -> None:
        await standin.customer_says(CHEN, QUESTION, ring=False)
        standin.faults.refuse("*")

    with journal() as log:
        async with open_house(before=away, wecom=QUICK) as house:
            assert (await ask(house, "GET", "/healthz")).status == 200
            ready = await ask(house, "GET", "/readyz")
            assert ready.status == 503
            assert "企业微信" in ready.text
            house.standin.faults.clear()
            await house.jump(minutes=2)
            assert len(house.said(CHEN)) == 1
            says_nothing_private(log, house)


async def test_a_hanging_wecom_does_not_hold_up_the_door(open_house: OpenHouse) -> None:
    """One hundred callbacks are acked while every call to WeCom hangs."""
    async with open_house(wecom={"connect_timeout": 5, "read_timeout": 10}) as house:
        house.standin.faults.hang("*", asyncio.Event())
        async with asyncio.timeout(5):
            answers = await asyncio.gather(
                *[knock(house, "app", app_text(house, f"{QUESTION}{number}")) for number in range(100)]
            )
        assert {answer.status for answer in answers} == {200}
        house.standin.faults.clear()


async def test_tokens_that_expire_in_the_middle_are_renewed_unseen(house: House) -> None:
    await house.customer(QUESTION)
    house.standin.expire_tokens()
    assert len(await house.customer(QUESTION)) == 1
    assert len(await house.colleague("/status")) == 1
    house.standin.accounts.forget_tokens()
    assert len(await house.customer(QUESTION)) == 1
