"""One outgoing message (or action): the row between a decision and the platform."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from handlers.handoff import Move
from handlers.paging import Page
from handlers.turn import Channel


class Klass(StrEnum):
    """Why a part exists. Only a POST is unasked; it alone passes the gate."""

    REPLY = "reply"  # answers somebody
    NOTICE = "notice"  # tells a colleague
    RELAY = "relay"  # a person's words, to a member or to the colleague who serves them
    ACTION = "action"  # moves something on the platform
    POST = "post"  # scheduled content
    SERVICE = "service"  # a colleague approved this one question to this one member


class Final(StrEnum):
    """How a part ended."""

    SENT = "sent"
    JOINED = "joined"  # it left inside the part named in platform_id
    DROPPED = "dropped"  # on purpose: the gate, the fence, a deadline
    DEAD = "dead"  # it will never work; a person is told
    LOST = "lost"  # it may have been sent, and sending again could double it; a person is told


@dataclass(frozen=True, slots=True)
class Part:
    """`kind` tells the channel what to do with `body` (JSON). Parts of one `lane` leave one after another.

    `fence` is the version of the conversation it was decided under. `repeatable` says that the platform, or our own
    store, makes a second try of the same part arrive once.
    """

    id: str
    lane: str
    channel: Channel
    klass: Klass
    kind: str
    body: Mapping[str, Any]
    conversation: str = ""
    fence: int | None = None
    repeatable: bool = True
    occurrence: int | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    tries: int = 0
    sending: bool = False  # as found in the store: claimed, and its end not written
    doubtful: bool = False  # an earlier try may have arrived: its answer was lost, or we were killed meanwhile


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A task that a colleague has to confirm before anything reaches a customer (add_msg_template, doc 92135)."""

    msgid: str
    sender: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a channel brings back from a send.

    `platform_id` is the platform's id of the message; `follow_ups` leave next; `move` is where the conversation stands
    now, and `code` lets one message be sent about that; `confirmation` is a mass task to be followed; `page` is what
    the follow-ups page. `too_late`: the mass task that was to be cancelled had been confirmed before.
    """

    platform_id: str = ""
    follow_ups: tuple[Part, ...] = ()
    move: Move | None = None
    confirmation: Confirmation | None = None
    code: str = ""
    page: Page | None = None
    too_late: bool = False


def part_id(*words: object) -> str:
    """A deterministic id of 30 characters out of `[0-9a-f]`: fits kf's msgid (at most 32 B, doc 94677)."""
    joined = "\x1f".join(str(word) for word in words)
    return hashlib.sha256(joined.encode()).hexdigest()[:30]


def reply_id(conversation: str, item: int, place: str) -> str:
    """The id of the part at `place` of what is said to an item."""
    return part_id("reply", conversation, item, place)


def answer_id(conversation: str, item: int, stream: str) -> str:
    """What the answer to an item is known by when somebody rates it: 32 characters.

    It is the id of the AI bot's stream, because that is chosen when the bubble opens, before the answer is known; on a
    long connection the stream has its id from the bubble's part.
    """
    return stream or stream_id(reply_id(conversation, item, "0"))


def stream_id(part: str) -> str:
    """The id of the stream that a bubble's part opens by itself."""
    return "st" + part
