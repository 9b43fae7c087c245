"""The traffic of a site: people who write over 微信客服, the app and an AI bot, operators who push, some who get angry.

What was asked is kept, and what of it WeCom saw acknowledged: the reckoning compares it with the store.
"""

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bench.site.words import ANGRY, ASKED, MARK, TOPICS
from bot.sandbox.run import OPERATOR
from bot.sandbox.standin import StandIn
from bot.sandbox.wire import Exchange, Spoken

AIBOT = "assistant"
SHARES = {"kf": 0.6, "app": 0.3, "aibot": 0.1}
LATELY = 3
AT_ONCE = 2  # unanswered messages of one conversation: who asks three times in vain is upset, and is given a person
PUSH_SECONDS = 12.0
LOOK_SECONDS = 0.2


@dataclass(slots=True)
class Asked:
    """One message. `acked`: WeCom was told that it arrived (of 微信客服, where it is fetched: always)."""

    key: str
    text: str
    acked: bool


@dataclass(slots=True)
class Talk:
    """One conversation. `held` ones are those who get angry on the way. `swapped`: its callbacks change places."""

    channel: str
    who: str
    held: bool = False
    asked: list[Asked] = field(default_factory=list)
    busy: bool = False
    swapped: bool = False
    _seen: int = 0
    _answered: int = 0

    def answered(self, lines: list[Spoken]) -> int:
        """How many answers are in the transcript so far; the last line may still grow."""
        while self._seen < len(lines) - 1:
            self._answered += marks(lines[self._seen])
            self._seen += 1
        return self._answered + (marks(lines[-1]) if self._seen < len(lines) else 0)


def marks(line: Spoken) -> int:
    return len(MARK.findall(line.text)) if line.who == "bot" else 0


@dataclass(frozen=True)
class Traffic:
    """`messages` at `rate` a second at most, and never more than `waiting` unanswered: what the machine bears.

    `again`: share of the callbacks that come twice; `swapped`: of the members whose callbacks change places.
    """

    messages: int
    rate: float = 200.0
    waiting: int = 200
    again: float = 0.05
    swapped: float = 0.0
    seed: int = 1
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)
    questions: Sequence[str] = tuple(ASKED)


class Load:
    """`run` sends everything; `unanswered` is what is still waited for."""

    def __init__(self, standin: StandIn, held: int, traffic: Traffic) -> None:
        self.standin = standin
        self.traffic = traffic
        self.rng = random.Random(traffic.seed)
        self.talks = list(_talks(standin, held, traffic.swapped, self.rng))
        self.sent = 0
        self.seconds = 0.0  # that the sending took
        self.repeated = 0
        self.given_up = 0  # WeCom's three tries had no 200
        self._looked, self._looked_at, self._sent_then = 0, 0.0, 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._kf = standin.kf.default_account()
        self._free = {channel: self._ready(channel) for channel in traffic.shares}

    # ---- what happens

    async def prepare(self) -> None:
        """Operators approve the posts, as they must before anything is said unasked."""
        for number in range(1, len(TOPICS) + 1):
            await self.operator(f"/approve {number}")
            await self._until_told(number)

    async def run(self, upto: int | None = None) -> None:
        """Every message, or those up to number `upto`, as fast as the rate and the unanswered ones allow."""
        began, before = time.monotonic(), self.sent
        pushing = asyncio.create_task(self._push())
        try:
            while self.sent < (self.traffic.messages if upto is None else upto):
                await self._room()
                await asyncio.sleep(began + (self.sent - before) / self.traffic.rate - time.monotonic())
                await self._next()
            self.seconds = time.monotonic() - began
            while self._tasks:
                await asyncio.wait(set(self._tasks))
        finally:
            for task in (pushing, *self._tasks):
                task.cancel()
            await asyncio.gather(pushing, *self._tasks, return_exceptions=True)

    async def operator(self, text: str) -> None:
        await self.standin.employee_says(OPERATOR, text)

    @property
    def unanswered(self) -> int:
        return sum(self._open(talk) for talk in self.talks)

    def lines(self, talk: Talk) -> list[Spoken]:
        """The transcript of a conversation, without what was said unasked."""
        match talk.channel:
            case "kf":
                return self.standin.kf.session(self._kf, talk.who).chat
            case "app":
                return [line for line in self.standin.people.chat(talk.who) if line.msgtype != "markdown"]
        return self.standin.aibots.chat(AIBOT, talk.who)

    # ---- one message

    def _open(self, talk: Talk) -> int:
        if talk.held:
            return 0
        return max(0, sum(each.acked for each in talk.asked) - talk.answered(self.lines(talk)))

    async def _room(self) -> None:
        """Counting all conversations is dear: between two looks, whatever was sent counts as unanswered."""
        while self._looked + self.sent - self._sent_then > self.traffic.waiting or self._stale():
            if not self._stale():
                await asyncio.sleep(LOOK_SECONDS)
            self._looked, self._sent_then, self._looked_at = self.unanswered, self.sent, time.monotonic()

    def _stale(self) -> bool:
        return time.monotonic() - self._looked_at > LOOK_SECONDS

    async def _next(self) -> None:
        channel = self.rng.choices(list(self.traffic.shares), list(self.traffic.shares.values()))[0]
        talk = next(self._free[channel], None)
        if talk is None:
            await asyncio.sleep(LOOK_SECONDS)
            return
        # Who is angry is so once, on the way.
        angry = talk.held and len(talk.asked) == 1
        text = ANGRY if angry else self._question(talk)
        self.sent += 1
        talk.busy = True
        task = asyncio.create_task(self._say(talk, text))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _question(self, talk: Talk, beside: str = "") -> str:
        """One that was not asked just now: who asks the same again is upset, and is given a person."""
        lately = {beside, *(each.text for each in talk.asked[-LATELY:])}
        return self.rng.choice([each for each in self.traffic.questions if each not in lately])

    def _ready(self, channel: str) -> Iterator[Talk | None]:
        """Again and again the conversations of a channel in which one more may be said; None where none may."""
        talks = [talk for talk in self.talks if talk.channel == channel]
        while True:
            self.rng.shuffle(talks)
            found = [talk for talk in talks if self._has_room(talk)]
            if not found:
                yield None
            for talk in found:
                if self._has_room(talk):
                    yield talk

    def _has_room(self, talk: Talk) -> bool:
        return not talk.busy and self._open(talk) < (1 if talk.swapped else AT_ONCE)

    async def _say(self, talk: Talk, text: str) -> None:
        try:
            match talk.channel:
                case "kf":
                    await self._write_kf(talk, text)
                case "app" if talk.swapped:
                    other = self._question(talk, text)
                    await asyncio.gather(self._write_app(talk, text), self._write_app(talk, other))
                case "app":
                    await self._write_app(talk, text)
                case _:
                    await self._write_aibot(talk, text)
        finally:
            talk.busy = False

    async def _write_kf(self, talk: Talk, text: str) -> None:
        """The message waits at WeCom whatever becomes of the callback, which is a hint to fetch it."""
        key = self.standin.customers.writes(talk.who, text, self._kf)
        talk.asked.append(Asked(key, text, acked=True))
        reaction = await self.standin.ring(self._kf)
        await self._again(reaction.exchange)

    async def _write_app(self, talk: Talk, text: str) -> None:
        reaction = await self.standin.employee_says(talk.who, text)
        if reaction.exchange is None:
            return
        acked = reaction.status == 200
        self.given_up += not acked
        talk.asked.append(Asked(str(reaction.exchange.request["MsgId"]), text, acked))
        await self._again(reaction.exchange)

    async def _write_aibot(self, talk: Talk, text: str) -> None:
        turn = await self.standin.aibot_says(AIBOT, talk.who, text)
        acked = bool(turn.stream_id)
        self.given_up += not acked
        talk.asked.append(Asked(turn.msgid, text, acked))

    async def _again(self, exchange: Exchange | None) -> None:
        """WeCom repeats a callback although it was acknowledged."""
        if exchange is not None and self.rng.random() < self.traffic.again:
            self.repeated += 1
            await self.standin.redeliver(exchange)

    async def _push(self) -> None:
        """Operators who cannot wait, and a group robot that all share: the gate decides as ever."""
        while True:
            await asyncio.sleep(PUSH_SECONDS)
            await self.operator(f"/push {self.rng.randint(1, len(TOPICS))}")

    async def _until_told(self, number: int, seconds: float = 20.0) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while sum(line.who == "bot" for line in self.standin.people.chat(OPERATOR)) < number:  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)


def _talks(standin: StandIn, held: int, swapped: float, rng: random.Random) -> Iterator[Talk]:
    world = standin.world
    for number, customer in enumerate(world.customers):
        yield Talk("kf", customer.external_userid, held=number < held)
    members = [each.userid for each in world.employees if each.userid.startswith("member")]
    for number, userid in enumerate(members):
        yield Talk("app", userid, held=number < held, swapped=number >= held and rng.random() < swapped)
    for each in world.employees:
        if each.userid.startswith("visitor"):
            yield Talk("aibot", each.userid)
