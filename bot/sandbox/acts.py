"""What somebody at the sandbox's page does: named actions with plain fields, carried out by the stand-in's people."""

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.clock import MovableClock
from bot.sandbox.aibot import BotTurn
from bot.sandbox.callbacks import Reaction
from bot.sandbox.seats import GROUP_ID
from bot.sandbox.standin import StandIn
from bot.sandbox.wire import Exchange

LONGEST = 4000  # characters of one message
FARTHEST = timedelta(days=31)  # of one jump
_ACK_SECONDS = 20.0
_ERRCODE = re.compile(r"\d{5,6}")

Fields = Mapping[str, Any]


class NotPossible(Exception):
    """The action was not carried out: `message` is Chinese and for the person at the page, `status` an HTTP status."""

    def __init__(self, message: str, status: int = 409) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class Acts:
    """Every action of the page, by name.

    `next_post` tells when the next post is planned (aware, None for never); `jumped` is awaited after each move of the
    clock. `troubles` holds what went wrong after an action was answered: number and words, newest last.
    """

    def __init__(
        self,
        standin: StandIn,
        clock: MovableClock,
        next_post: Callable[[], Awaitable[datetime | None]],
        jumped: Callable[[], Awaitable[None]],
    ) -> None:
        self._standin = standin
        self._clock = clock
        self._next_post = next_post
        self._jumped = jumped
        self._moving = asyncio.Lock()
        self._talks: set[asyncio.Task[BotTurn]] = set()
        self._told = 0
        self.troubles: deque[tuple[int, str]] = deque(maxlen=20)
        self._acts: Mapping[str, Callable[[Fields], Awaitable[None]]] = {
            "customer_says": self._customer_says,
            "customer_enters": self._customer_enters,
            "servicer_takes": self._servicer_takes,
            "servicer_says": self._servicer_says,
            "servicer_ends": self._servicer_ends,
            "servicer_on_duty": self._servicer_on_duty,
            "employee_says": self._employee_says,
            "employee_clicks": self._employee_clicks,
            "aibot_says": self._aibot_says,
            "aibot_rates": self._aibot_rates,
            "confirm_mass_task": self._confirm,
            "jump": self._jump,
            "next_post": self._jump_to_post,
        }

    async def do(self, fields: Fields) -> None:
        """Carry out the action that `fields["action"]` names. NotPossible where it cannot be."""
        act = self._acts.get(_word(fields, "action"))
        if act is None:
            raise NotPossible("没有这个动作。", 400)
        await act(fields)

    async def close(self) -> None:
        """End the talks that are still followed."""
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    # ---- customers and who serves them

    async def _customer_says(self, fields: Fields) -> None:
        menu_id = str(fields.get("menu_id") or "")
        said = self._standin.customer_says(self._customer(fields), _text(fields), menu_id=menu_id)
        _accepted(await said)

    async def _customer_enters(self, fields: Fields) -> None:
        _accepted(await self._standin.customer_enters(self._customer(fields)))

    async def _servicer_takes(self, fields: Fields) -> None:
        _accepted(await self._standin.servicer_takes(self._servicer(fields), self._customer(fields)))

    async def _servicer_says(self, fields: Fields) -> None:
        servicer, customer = self._servicer(fields), self._customer(fields)
        _accepted(await self._standin.servicer_says(servicer, customer, _text(fields)))

    async def _servicer_ends(self, fields: Fields) -> None:
        servicer, customer = self._servicer(fields), self._customer(fields)
        try:
            reaction = await self._standin.servicer_ends(servicer, customer)
        except ValueError as error:
            raise NotPossible("会话不在同事手里，不用结束。") from error
        _accepted(reaction)

    async def _servicer_on_duty(self, fields: Fields) -> None:
        receiving = fields.get("receiving")
        if not isinstance(receiving, bool):
            raise NotPossible("请说明是开始接待还是暂停接待。", 400)
        for reaction in await self._standin.servicer_on_duty(self._servicer(fields), receiving):
            _accepted(reaction)

    # ---- colleagues

    async def _employee_says(self, fields: Fields) -> None:
        _accepted(await self._standin.employee_says(self._employee(fields), _text(fields)))

    async def _employee_clicks(self, fields: Fields) -> None:
        employee, task, key = self._employee(fields), _word(fields, "task"), _word(fields, "key")
        try:
            reaction = await self._standin.employee_clicks(employee, task, key)
        except KeyError as error:
            raise NotPossible("这张卡片已经不在了。") from error
        _accepted(reaction)

    async def _confirm(self, fields: Fields) -> None:
        try:
            self._standin.confirm_mass_task(_word(fields, "sender"), _word(fields, "task"))
        except KeyError as error:
            raise NotPossible("找不到这个群发任务。") from error
        except ValueError as error:
            raise NotPossible("这个群发任务已经发送或取消。") from error

    # ---- AI bots

    async def _aibot_says(self, fields: Fields) -> None:
        """Answered as soon as the bot took the message; its stream is followed on."""
        employee, words = self._employee(fields), _text(fields)
        chat = _word(fields, "group") if fields.get("group") else None
        if chat not in (None, GROUP_ID):
            raise NotPossible("这个群里没有 AI 机器人。")
        before = self._standin.ledger.count
        talk = asyncio.create_task(self._talk(employee, words, chat))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        taken = asyncio.create_task(self._taken(employee, chat, before))
        await asyncio.wait({talk, taken}, return_when=asyncio.FIRST_COMPLETED)
        taken.cancel()
        if talk.done() and (turn := talk.result()).problem:
            raise NotPossible(_problem(turn), 502)
        talk.add_done_callback(self._followed)

    async def _aibot_rates(self, fields: Fields) -> None:
        kind, bot = fields.get("kind"), _word(fields, "bot")
        if kind not in (1, 2, 3) or bot not in {one.name for one in self._standin.world.aibots}:
            raise NotPossible("请说明是有用还是没用。", 400)
        chat = _word(fields, "group") if fields.get("group") else None
        await self._standin.aibot_rates(bot, self._employee(fields), _word(fields, "feedback"), kind, chat)

    async def _talk(self, employee: str, words: str, chat: str | None) -> BotTurn:
        return await self._standin.aibot_says(self._standin.world.aibots[0].name, employee, words, chat)

    async def _taken(self, employee: str, chat: str | None, before: int) -> None:
        """Until the bot has answered this person's callback with 200, or for as long as anybody would wait."""

        def fits(row: Exchange) -> bool:
            if row.direction != "to_bot" or row.what != "text" or row.status != 200:
                return False
            sender = row.request.get("from") or {}
            return sender.get("userid") == employee and row.request.get("chatid") == chat

        with contextlib.suppress(TimeoutError):
            await self._standin.wait_for(fits, _ACK_SECONDS, after=before)

    def _followed(self, talk: asyncio.Task[BotTurn]) -> None:
        if not talk.cancelled() and talk.exception() is None and talk.result().problem:
            self._told += 1
            self.troubles.append((self._told, _problem(talk.result())))

    # ---- the clock

    async def _jump(self, fields: Fields) -> None:
        try:
            by = timedelta(hours=float(fields.get("hours") or 0), days=float(fields.get("days") or 0))
        except (TypeError, ValueError, OverflowError) as error:
            raise NotPossible("请说明快进多久。", 400) from error
        if not timedelta(0) < by <= FARTHEST:
            raise NotPossible(f"一次可以快进到 {FARTHEST.days} 天以内。", 400)
        await self._move(by)

    async def _jump_to_post(self, _: Fields) -> None:
        at = await self._next_post()
        if at is None:
            raise NotPossible("后面还没有安排推送。")
        # One second past the moment: whoever sleeps until it is due then, not nearly due.
        await self._move(max(at - self._clock.now(), timedelta(0)) + timedelta(seconds=1))

    async def _move(self, by: timedelta) -> None:
        """One jump at a time: two clicks are two hours, never two half-settled ones."""
        async with self._moving:
            self._clock.jump(by)
            await self._jumped()

    # ---- who is meant

    def _customer(self, fields: Fields) -> str:
        found = self._standin.world.customer(_word(fields, "customer"))
        if found is None:
            raise NotPossible("没有这位客户。", 400)
        return found.external_userid

    def _servicer(self, fields: Fields) -> str:
        found = self._standin.world.servicer(_word(fields, "servicer"))
        if found is None:
            raise NotPossible("没有这位接待同事。", 400)
        return found.userid

    def _employee(self, fields: Fields) -> str:
        found = self._standin.world.employee(_word(fields, "employee"))
        if found is None:
            raise NotPossible("没有这位同事。", 400)
        return found.userid


def _word(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value or len(value) > 1024:
        raise NotPossible(f"缺少“{name}”，或它不是文字。", 400)
    return value


def _text(fields: Fields) -> str:
    value = fields.get("text")
    if not isinstance(value, str) or not value.strip():
        raise NotPossible("请先写点什么。", 400)
    if len(value) > LONGEST:
        raise NotPossible(f"一条消息最多 {LONGEST} 个字。", 400)
    return value.strip()


def _accepted(reaction: Reaction) -> None:
    """Whatever happened in the client has happened; the person hears when our bot did not take it in."""
    if reaction.ok:
        return
    if reaction.status == 0:
        raise NotPossible("机器人没有应答，请看看它是否在运行。", 502)
    if reaction.status != 200:
        raise NotPossible(f"机器人没有收下这次回调（HTTP {reaction.status}）。", 502)
    raise NotPossible("机器人的应答格式不对，详情见线路。", 502)


def _problem(turn: BotTurn) -> str:
    """What of `turn.problem` helps at the page; the wire has the rest."""
    if not turn.texts:
        return "机器人没有应答，请看看它是否在运行。"
    code = _ERRCODE.match(turn.problem)
    return f"机器人的回复没有说完{f'（{code[0]}）' if code else ''}，详情见线路。"
