"""From replies to parts: rendered, split, with ids that a repetition of the same turn gives again."""

from collections.abc import Sequence
from datetime import timedelta

from bot.channels import Budget, ChannelPort
from bot.part import Klass, Part, answer_id, reply_id
from bot.store.inbox import Waiting
from bot.store.tables import millis
from bot.wecom.split import split
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
        room = channel.limits.rated if reply.about else None
        fitting = pieces[:1] if reply.code else _within(_with_room(pieces, room), channel.limits.per_message)
        for place, piece in enumerate(fitting):
            rated = _rated(conversation, waiting, reply) if room and place == len(fitting) - 1 else {}
            body = {"text": piece, **rated, **_frees(conversation, reply)}
            parts.append(_part(conversation, waiting, reply, version, kind, f"{number}.{place}", body))
    return parts


def _rated(conversation: Conversation, waiting: Waiting, reply: Reply) -> dict[str, str]:
    """What lets a channel ask whether an answer was of use."""
    return {"feedback": answer_id(conversation.id, waiting.item.id, waiting.stream)} if reply.about else {}


def _frees(conversation: Conversation, reply: Reply) -> dict[str, str]:
    return {"frees": reply.frees} if reply.frees and conversation.channel is Channel.KF else {}


def _with_room(pieces: list[str], room: int | None) -> list[str]:
    """The last piece cut so that 有用 and 没用 can stand below it: a message of their own would cost one more."""
    if room is None or not pieces or len(pieces[-1].encode()) <= room:
        return pieces
    last = pieces[-1]
    tail = split(last, room)[-1]
    return [*pieces[:-1], last[: last.rindex(tail)].rstrip(), tail]


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
    rated = {key: value for reply in replies for key, value in _rated(conversation, waiting, reply).items()}
    body = {"text": text, "stream": waiting.stream, "req_id": str(waiting.data.get("req_id", "")), **rated}
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
    about = {"item": waiting.item.id, "asked_at": millis(waiting.item.received_at)}
    return Part(
        id=reply_id(conversation.id, waiting.item.id, place),
        lane=conversation.id,
        channel=conversation.channel,
        klass=Klass.REPLY,
        kind=kind,
        body={**target, **about, **body, **({"code": reply.code} if reply.code else {})},
        conversation=conversation.id,
        # What has to be said outlasts the session's going to a colleague; whether they spoke is asked when it leaves.
        fence=None if body.get("frees") else version,
        expires_at=reply.expires_at or waiting.item.received_at + REPLY_LIFE,
    )
