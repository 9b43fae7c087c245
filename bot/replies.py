"""From replies to parts: rendered, split, with ids that a repetition of the same turn gives again."""

from collections.abc import Sequence
from datetime import timedelta

from bot.channels import Budget, ChannelPort
from bot.part import Klass, Part, part_id
from bot.store.inbox import Waiting
from handlers.texts import BUDGET
from handlers.turn import Channel, Conversation, Reply

REPLY_LIFE = timedelta(hours=2)  # an answer that is later than this helps nobody; it ends as a dead letter, seen


def reply_parts(
    conversation: Conversation, waiting: Waiting, replies: Sequence[Reply], version: int, channel: ChannelPort
) -> list[Part]:
    """The outgoing parts of one turn, fenced with `version`."""
    if conversation.channel is Channel.AIBOT:
        return _one_bubble(conversation, waiting, replies, version)
    parts: list[Part] = []
    for number, reply in enumerate(replies):
        kind = "on_event" if reply.code else "text"
        pieces = channel.pieces(reply.text)
        for place, piece in enumerate(pieces[:1] if reply.code else _within(pieces, channel.limits.per_message)):
            parts.append(_part(conversation, waiting, reply, version, kind, f"{number}.{place}", {"text": piece}))
    return parts


def _within(pieces: list[str], budget: Budget | None) -> list[str]:
    """As many pieces as the platform lets us send for one message; the last one then says that there is more."""
    if budget is None or len(pieces) <= budget.parts:
        return pieces
    return [*pieces[: budget.parts - 1], BUDGET]


def _one_bubble(conversation: Conversation, waiting: Waiting, replies: Sequence[Reply], version: int) -> list[Part]:
    """An AI bot answers a message in one bubble (doc 101031), so several replies become one text."""
    if not replies:
        return []
    text = "\n\n".join(reply.text for reply in replies)
    body = {"text": text, "stream": waiting.stream, "req_id": str(waiting.data.get("req_id", ""))}
    kind = "welcome" if replies[0].code else "bubble"
    return [_part(conversation, waiting, replies[0], version, kind, "0", body)]


def _part(
    conversation: Conversation,
    waiting: Waiting,
    reply: Reply,
    version: int,
    kind: str,
    place: str,
    body: dict[str, str],
) -> Part:
    target = {"to": conversation.person, "account": conversation.account, "chat": conversation.chat}
    about = {"item": waiting.item.id}
    return Part(
        id=part_id("reply", conversation.id, waiting.item.id, place),
        lane=conversation.id,
        channel=conversation.channel,
        klass=Klass.REPLY,
        kind=kind,
        body={**target, **about, **body, **({"code": reply.code} if reply.code else {})},
        conversation=conversation.id,
        fence=version,
        expires_at=reply.expires_at or waiting.item.received_at + REPLY_LIFE,
    )
