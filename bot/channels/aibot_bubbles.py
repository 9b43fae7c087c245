"""What both modes of an AI bot share: an answer cut into bubbles, and what of it leaves as a part of its own."""

from collections.abc import Sequence
from dataclasses import replace

from bot.channels.texts import pieces
from bot.part import Part, part_id
from bot.wecom.split import LIMITS, split
from handlers.texts import BUDGET
from handlers.turn import Channel

CONTINUED = "（内容较长，下一条继续）"
_BEFORE_NOTE = "\n\n"
_LIMIT = LIMITS[Channel.AIBOT]
_ROOM = _LIMIT - max(len((_BEFORE_NOTE + note).encode()) for note in (CONTINUED, BUDGET))


def bubbles(markdown: str, most: int | None = None) -> list[str]:
    """`markdown` in at most `most` bubbles of 20,480 bytes (doc 101031), each with a note where it does not end.

    Never empty: an empty text is one empty bubble, so that a stream can always be closed.
    """
    whole = pieces(markdown, Channel.AIBOT)
    if len(whole) <= 1:
        return whole or [""]
    cut = split(markdown, _ROOM)
    kept = cut[:most]
    notes = [CONTINUED] * (len(kept) - 1) + [BUDGET if len(kept) < len(cut) else ""]
    return [text + _BEFORE_NOTE + note if note else text for text, note in zip(kept, notes, strict=True)]


def rest_of(part: Part, texts: Sequence[str]) -> tuple[Part, ...]:
    """Follow-ups that carry `texts` as messages of their own.

    Rows of their own, because neither response_url nor aibot_send_msg forgives a repetition: a part whose answer was
    lost is counted as lost and told, while the stream may be written again.
    """
    return tuple(
        replace(
            part,
            id=part_id("rest", part.id, place),
            kind="rest",
            body={**part.body, "text": text},
            repeatable=False,
            not_before=None,
            tries=0,
        )
        for place, text in enumerate(texts)
    )
