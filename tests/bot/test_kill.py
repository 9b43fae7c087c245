"""kill -9 in the middle of a load: what was acked is answered, once, and in order within each conversation."""

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.clock import SystemClock
from bot.sandbox.run import settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Customer, World
from tests.bot.house import KF, Shelf

CONVERSATIONS, EACH = 50, 10
QUESTIONS = {
    "沙发和茶几之间留多少": "30 到 45 厘米",
    "宝宝辅食第一口吃什么": "米粉",
    "怎么申请退货": "24 小时内审核",
    "火星上怎么种土豆": "没有可靠的依据",
}
REFUSED = "火星上怎么种土豆"
MARK = re.compile("|".join(QUESTIONS.values()))
PATIENCE = 120.0  # seconds for everything to be answered


class Process:
    """`fencun serve` as a process of its own, on a settings file like an operator's."""

    def __init__(self, folder: Path, standin: StandIn, shelf: Shelf) -> None:
        self._folder = folder
        self._standin = standin
        self._environ = {**os.environ, **environment(folder, standin, shelf), "FENCUN_CONFIG": os.devnull}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        log = (self._folder / "serve.log").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", env=self._environ, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        log.close()
        assert self._process.stdout is not None
        line = (await asyncio.wait_for(self._process.stdout.readline(), 30)).decode()
        assert "已启动" in line, (self._folder / "serve.log").read_text()
        self._standin.world.bot_url = line.split("：", 1)[1].split("（")[0]

    async def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    async def end(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        if self._process is not None and self._process.returncode is None:
            await self.kill()

    async def stop(self) -> int:
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self._process.wait(), 20)


def environment(folder: Path, standin: StandIn, shelf: Shelf) -> dict[str, str]:
    """The settings as variables: what a container would be given."""
    kf = settings_for(standin, folder, shelf.guides, 0)["wecom"]["kf"]
    return {
        "FENCUN_SERVER__PORT": "0",
        "FENCUN_STORE__URL": f"sqlite:///{folder / 'fencun.db'}",
        "FENCUN_KNOWLEDGE__GUIDES": str(shelf.guides),
        "FENCUN_KNOWLEDGE__INDEX": str(shelf.index),
        "FENCUN_KNOWLEDGE__VECTORS": str(shelf.vectors),
        "FENCUN_WECOM__CORP_ID": standin.world.corp_id,
        "FENCUN_WECOM__API_BASE": standin.base_url,
        "FENCUN_WECOM__KF__SECRET": kf["secret"],
        "FENCUN_WECOM__KF__TOKEN": kf["token"],
        "FENCUN_WECOM__KF__ENCODING_AES_KEY": kf["encoding_aes_key"],
        "FENCUN_WECOM__KF__ACCOUNTS": f'["{KF}"]',
    }


@pytest.fixture
async def standin() -> AsyncIterator[StandIn]:
    world = World.demo()
    world.customers = [Customer(f"wmCustomer{number:02}", f"客户{number}") for number in range(CONVERSATIONS)]
    made = StandIn(world, SystemClock())
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def process(tmp_path: Path, standin: StandIn, shelf: Shelf) -> AsyncIterator[Process]:
    started = Process(tmp_path, standin, shelf)
    yield started
    await started.end()


@pytest.mark.parametrize("lossy", [False, True], ids=["replies arrive", "every reply of WeCom is lost once"])
async def test_five_hundred_messages_and_three_kills_give_each_its_one_answer_in_order(
    standin: StandIn, process: Process, lossy: bool
) -> None:
    if lossy:
        standin.faults.lose_each_reply_once()
    await process.start()
    rng = random.Random(7)
    asked: dict[str, list[str]] = {customer.external_userid: [] for customer in standin.world.customers}
    turns = [who for who in asked for _ in range(EACH)]
    rng.shuffle(turns)
    kills = sorted(rng.sample(range(50, len(turns)), 3))
    for number, who in enumerate(turns):
        if number in kills:
            await process.kill()
            await process.start()
        # Two refusals in a row bring a person in, and then the bot is silent.
        question = rng.choice([each for each in QUESTIONS if asked[who][-1:] != [each] or each != REFUSED])
        asked[who].append(question)
        await standin.customer_says(who, question)
    await standin.wait_until(lambda: all(answered(standin, who) >= EACH for who in asked), timeout=PATIENCE)
    assert await process.stop() == 0
    for who, questions in asked.items():
        # After a burst WeCom allows fewer messages than there were questions, so answers may share one.
        said = "\n".join(answers(standin, who))
        assert MARK.findall(said) == [QUESTIONS[question] for question in questions], who


def answered(standin: StandIn, who: str) -> int:
    return len(MARK.findall("\n".join(answers(standin, who))))


def answers(standin: StandIn, who: str) -> list[str]:
    return [spoken.text for spoken in standin.kf_chat(KF, who) if spoken.who == "bot"]


async def test_a_process_that_was_killed_leaves_no_lock_behind(standin: StandIn, process: Process) -> None:
    await process.start()
    await process.kill()
    await process.start()
    async with aiohttp.ClientSession() as session, session.get(f"{standin.world.bot_url}/readyz") as answer:
        assert answer.status == 200
    assert await process.stop() == 0
