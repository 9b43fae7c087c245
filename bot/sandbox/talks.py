"""People talking to AI bots: by callback with polled streams, or over the long connection."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from bot.clock import Clock
from bot.sandbox.aibot import STREAM_LIFE, AiBots, BotTurn
from bot.sandbox.callbacks import Callbacks, Reaction
from bot.sandbox.fields import Rejected
from bot.sandbox.socket import Sockets
from bot.sandbox.world import AiBot, World

OK = 200


class Talks:
    """`poll_seconds` is the pace at which streams are asked for their text; the documents name none."""

    def __init__(self, world: World, clock: Clock, aibots: AiBots, sockets: Sockets, callbacks: Callbacks) -> None:
        self._world = world
        self._clock = clock
        self._aibots = aibots
        self._sockets = sockets
        self._callbacks = callbacks
        self.poll_seconds = 1.0

    async def says(self, name: str, userid: str, content: str, chatid: str | None) -> BotTurn:
        """A message; in callback mode followed until its stream is finished or six minutes old."""
        bot = self._world.aibot(name)
        turn, message = self._aibots.ask(bot, userid, content, chatid)
        if bot.mode == "websocket":
            await self._push(bot, "message", turn, message)
            return turn
        reaction = await self._callbacks.post(self._callbacks.door(name), "text", message)
        self._take(turn, reaction)
        while turn.stream_id and not turn.finished and not turn.problem:
            await self._pause()
            if self._clock.now() - turn.asked_at > STREAM_LIFE:
                turn.problem = "the stream was not finished within six minutes"
                break
            await self._poll(bot, turn)
        return turn

    async def event(
        self, name: str, userid: str, kind: str, payload: Mapping[str, Any], chatid: str | None
    ) -> BotTurn | None:
        """enter_chat, template_card_event, feedback_event …; None where WeCom would send nothing."""
        bot = self._world.aibot(name)
        made = self._aibots.event(bot, userid, kind, payload, chatid)
        if made is None:
            return None
        turn, message = made
        if bot.mode == "websocket":
            await self._push(bot, kind, turn, message)
            return turn
        tries = 1 if kind == "template_card_event" else 0  # pushed once, says 101031
        reaction = await self._callbacks.post(self._callbacks.door(name), kind, message, tries=tries)
        self._take_for(turn, kind, payload, reaction)
        return turn

    async def _push(self, bot: AiBot, kind: str, turn: BotTurn, message: dict[str, Any]) -> None:
        if not await self._sockets.push(bot, kind, turn, message):
            turn.problem = "not connected"

    async def _pause(self) -> None:
        """The pace of the other side: this clock or real time, whichever is first, as WeCom doesn't stand still."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._clock.sleep(self.poll_seconds), max(self.poll_seconds, 0.001))

    async def _poll(self, bot: AiBot, turn: BotTurn) -> None:
        message = self._aibots.refresh(bot, turn)
        reaction = await self._callbacks.post(self._callbacks.door(bot.name), "stream", message)
        if reaction.status != OK or (reaction.ok and reaction.reply is None):
            return  # nothing was said about the stream: asked again at the next poll, until it is too old
        self._take(turn, reaction)

    def _take(self, turn: BotTurn, reaction: Reaction) -> None:
        if not self._usable(turn, reaction) or reaction.reply is None:
            return
        try:
            self._aibots.take(turn, reaction.reply)
        except Rejected as no:
            turn.problem = f"{no.errcode}: {no.errmsg}"

    def _take_for(self, turn: BotTurn, kind: str, payload: Mapping[str, Any], reaction: Reaction) -> None:
        if not self._usable(turn, reaction) or reaction.reply is None:
            return
        try:
            if kind == "enter_chat":
                self._aibots.take_welcome(turn, reaction.reply)
            elif kind == "template_card_event":
                self._aibots.take_card_update(turn, reaction.reply, str(payload.get("task_id", "")))
            else:
                turn.problem = f"{kind} takes no answer"
        except Rejected as no:
            turn.problem = f"{no.errcode}: {no.errmsg}"

    def _usable(self, turn: BotTurn, reaction: Reaction) -> bool:
        if not reaction.ok:
            turn.problem = reaction.problem or f"status {reaction.status}"
        return reaction.ok
