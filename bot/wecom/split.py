"""Long text in pieces of bounded bytes, cut where a reader would pause.

Paragraphs (a table is one), list items, lines, sentences, clauses and words are each kept whole as long as they fit
into a piece; an address or a Markdown link is cut only when it is longer than a piece by itself.
"""

import re
from collections.abc import Iterator, Mapping

from handlers.turn import Channel

__all__ = ["LIMITS", "split"]

# Bytes of UTF-8 per message: kf 94677, app 90236, appchat 90248, robot 99110, AI bot 101031, customers 92135 and 92137.
LIMITS: Mapping[Channel, int] = {
    Channel.KF: 2048,
    Channel.APP: 2048,
    Channel.APPCHAT: 2048,
    Channel.ROBOT: 4096,
    Channel.AIBOT: 20480,
    Channel.CUSTOMERS: 4000,
    Channel.CONTACT: 4000,
}

# Where to cut, from the best place to the worst; each pattern ends where the cut is.
_CUTS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n[^\S\n]*\n\s*",  # paragraphs
        r"\n(?!\s)",  # list items with the lines that belong to them
        r"\n",
        r"[。！？!?…]+[”’」』）)】》\"']*|(?<=[A-Za-z0-9)])\.(?=\s)",  # sentences
        r"[；;，,、：:]",
        r"\s+",
        # characters, with the marks, joiners and skin tones that belong to them
        r"(?s:.)(?:[\u0300-\u036f\ufe0e\ufe0f\U0001F3FB-\U0001F3FF]|\u200d(?s:.))*",
    )
)

_WHOLE = re.compile(r"\[[^\]\n]*\]\([^)\s]*\)|https?://[!-~]+")


def split(text: str, limit: int) -> tuple[str, ...]:
    """`text` in order as pieces of at most `limit` bytes of UTF-8, without white space at their ends.

    Nothing but white space is lost; an empty text gives no piece. Raises ValueError for a limit below the 4 bytes that
    one character may have.
    """
    if limit < 4:
        raise ValueError("a piece must have room for one character of 4 bytes")
    pieces, current, used = [], "", 0
    for unit in _units(text, limit, 0):
        if current and used + _size(unit.rstrip()) > limit:
            pieces.append(current)
            current, used = "", 0
        added = unit if current else unit.lstrip()
        current += added
        used += _size(added)
    pieces.append(current)
    return tuple(stripped for piece in pieces if (stripped := piece.strip()))


def _units(text: str, limit: int, level: int) -> Iterator[str]:
    """The largest units of `text` that fit, from `level` of the cuts down; together they are the text."""
    if _size(text.rstrip()) <= limit:
        yield text
    elif level == len(_CUTS):
        yield from text  # marks piled on one character beyond the limit
    else:
        for part in _parts(text, _CUTS[level], limit):
            yield from _units(part, limit, level + 1)


def _parts(text: str, cut: re.Pattern[str], limit: int) -> Iterator[str]:
    whole = [match.span() for match in _WHOLE.finditer(text) if _size(match.group()) <= limit]
    start = 0
    for match in cut.finditer(text):
        end = match.end()
        while whole and whole[0][1] <= end:
            whole.pop(0)
        if not (whole and whole[0][0] < end):
            yield text[start:end]
            start = end
    yield text[start:]


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
