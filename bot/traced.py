"""The desk and the dispatcher with spans around what they do (`bot.tracing`)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from opentelemetry.trace import SpanKind, get_current_span

from bot.desk import Desk
from bot.log import short
from bot.outbox import Dispatcher
from bot.part import Part
from bot.store.inbox import Waiting
from bot.tracing import CARRIED, Tracing
from bot.transaction import Transaction
from handlers.turn import Conversation, Outcome, Reply, Turn


@dataclass(frozen=True, kw_only=True)
class TracedDesk(Desk):
    """A drain is a trace; a decision belongs to its message's, and so does what is said to it."""

    tracing: Tracing

    async def drain(self, lane: str) -> datetime | None:
        with self.tracing.span("drain", parent="", lane=short(lane)):
            return await super().drain(lane)

    async def _handle(self, lane: str, waiting: Waiting) -> bool:
        about: dict[str, str | int] = {
            "channel": waiting.conversation.channel,
            "kind": waiting.item.kind,
            "tries": waiting.tries,
        }
        with self.tracing.span("decision", SpanKind.INTERNAL, str(waiting.data.get(CARRIED, "")), **about):
            return await super()._handle(lane, waiting)

    async def _apply(self, transaction: Transaction, turn: Turn, waiting: Waiting, outcome: Outcome) -> bool:
        get_current_span().set_attribute("handler", outcome.handler)
        return await super()._apply(transaction, turn, waiting, outcome)

    def _reply_parts(
        self, conversation: Conversation, waiting: Waiting, replies: tuple[Reply, ...], version: int
    ) -> list[Part]:
        parts = super()._reply_parts(conversation, waiting, replies, version)
        return [replace(part, body={**part.body, CARRIED: self.tracing.here()}) for part in parts]


class TracedDispatcher(Dispatcher):
    """What answers nobody, such as a post, belongs to the drain that sends it."""

    def __init__(self, *args: Any, tracing: Tracing) -> None:
        super().__init__(*args)
        self._tracing = tracing

    async def _dispatch(self, part: Part, more: bool) -> bool:
        parent = part.body.get(CARRIED) or None
        about: dict[str, str | int] = {"channel": part.channel, "klass": part.klass, "kind": part.kind}
        with self._tracing.span("send", SpanKind.CLIENT, parent, **about) as span:
            ended = await super()._dispatch(part, more)
            span.set_attribute("sent", ended)
            return ended
