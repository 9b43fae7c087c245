"""Parts that move something on the platform."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.part import Klass, Part, part_id
from handlers.turn import Conversation

ACTION_LIFE = timedelta(hours=2)


def action(conversation: Conversation, kind: str, body: Mapping[str, Any], key: str, now: datetime) -> Part:
    """Something to move on the platform. Not fenced: what it does is to bring the platform where we already are."""
    target = {"to": conversation.person, "account": conversation.account}
    return Part(
        id=part_id("action", conversation.id, kind, key),
        lane=conversation.id,
        channel=conversation.channel,
        klass=Klass.ACTION,
        kind=kind,
        body={**target, **body},
        conversation=conversation.id,
        expires_at=now + ACTION_LIFE,
    )
