"""A guide as a short message: its own words only, cut at sentence ends, small enough to be read in one glance."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Literal

LONGEST = 350  # characters of the whole message
LONGEST_TITLE = 60
LONGEST_LEAD = 120
LONGEST_POINT = 60
MOST_POINTS = 5
CLOSING = "想看全文或有疑问，直接问我就好～"
EXPANDABLE = "回复“展开”看全文，有疑问直接问我～"  # where the reader can answer the post itself

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"\s*(```|~~~)")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*)")
_RULE_OR_TABLE = re.compile(r"\s*(\|.*|([-*_=]\s*){3,})")
_ITEM = re.compile(r"(\s*)(?:[-*+]\s+|(\d+)(?:[.)]\s+|、\s*))(.+)")
_SENTENCE = re.compile(r".*?(?:[。！？!?]+[”’」』）)]*|\.(?=\s|$)|$)", re.DOTALL)
_INLINE = (
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),  # pictures say nothing in a text
    (re.compile(r"\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"</?[a-zA-Z][^>]*>"), ""),
    (re.compile(r"(\*\*|__|~~|`)"), ""),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]+)\*(?![\w*])"), r"\1"),
    (re.compile(r"\\([\\*_#\[\]`~>+.-])"), r"\1"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, slots=True)
class _Block:
    kind: Literal["heading", "text", "item"]
    text: str
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class _Points:
    """Things to list under `label`; `whole` tells that leaving some out has to be said."""

    label: str
    lines: tuple[str, ...]
    ordered: bool = False
    whole: bool = True


def write(title: str, body: str) -> str:
    """The message for a guide with this title and Markdown body: at most LONGEST characters of plain Markdown.

    Bold title, lead, up to five points, an invitation to ask, and the source. Nothing in it is not in the guide.
    """
    title = _cut(_plain(title), LONGEST_TITLE)
    blocks = tuple(_blocks(body))
    head, tail = f"**{title}**", f"{CLOSING}\n来源：《{title}》"
    room = LONGEST - len(head) - len(tail) - 4  # the two empty lines
    lead = _cut(_lead(blocks), min(LONGEST_LEAD, room - 2))
    points = _fit(_points(blocks), room - len(lead) - 4)
    return "\n\n".join(part for part in (head, lead, points, tail) if part)


def _blocks(body: str) -> Iterator[_Block]:
    """Headings, paragraphs and list items in order; code, tables, pictures and comments are left out."""
    current: _Block | None = None
    fenced = False
    for line in _COMMENT.sub("", body).splitlines():
        fence = _FENCE.match(line) is not None
        fenced = fenced != fence
        start = None if fence or fenced else _start(line)
        nested = start is not None and start.kind == "item" and line[:2].isspace() and current is not None
        if start is None:  # a blank line, a table, a rule or code ends what is open
            if current is not None:
                yield current
            current = None
        elif current is not None and current.kind != "heading" and (nested or start.kind == "text"):
            current = replace(current, text=_join(current.text, start.text, nested))
        else:
            if current is not None:
                yield current
            current = start
    if current is not None:
        yield current


def _start(line: str) -> _Block | None:
    """What this line would be at the start of a block; None for a line without words of its own."""
    if not line.strip() or _RULE_OR_TABLE.fullmatch(line):
        return None
    if heading := _HEADING.fullmatch(line):
        return _Block("heading", _plain(heading[1].rstrip("# ")))
    if item := _ITEM.fullmatch(line):
        return _Block("item", _plain(item[3]), ordered=item[2] is not None)
    text = _plain(line.lstrip("> \t"))
    return _Block("text", text) if text else None


def _join(before: str, after: str, nested: bool) -> str:
    """Two lines as one: Chinese needs no blank between them; what hangs below an item is set off."""
    if nested:
        return before + ("" if before.endswith(("：", ":", "；", ";", "，", "。")) else "；") + after
    blank = " " if before[-1:].isascii() and after[:1].isascii() else ""
    return before + blank + after


def _plain(text: str) -> str:
    for pattern, put in _INLINE:
        text = pattern.sub(put, text)
    return text.strip()


def _introduces(block: _Block | None) -> bool:
    return block is not None and block.kind == "text" and block.text.endswith(("：", ":"))


def _lead(blocks: Sequence[_Block]) -> str:
    """The first paragraph that says something by itself."""
    return next((block.text for block in blocks if block.kind == "text" and not _introduces(block)), "")


def _points(blocks: Sequence[_Block]) -> _Points:
    """The guide's first list, with the words that introduce it: without them "use ice" may stand for "never use ice".

    A guide without a list gives the first sentence of each section under its heading.
    """
    heading, before = "", None
    for kind, run in groupby(blocks, key=lambda block: block.kind):
        group = tuple(run)
        if kind == "item" and len(group) > 1:
            label = _sentences(before.text)[-1] if before is not None and _introduces(before) else heading
            if len(label) <= LONGEST_POINT:
                return _Points(label, tuple(block.text for block in group), ordered=group[0].ordered)
        if kind == "heading":
            heading = group[-1].text
        before = group[-1]
    return _Points("", _openings(blocks), whole=False)


def _openings(blocks: Sequence[_Block]) -> tuple[str, ...]:
    return tuple(
        f"{above.text}：{_sentences(block.text)[0]}"
        for above, block in pairwise(blocks)
        if above.kind == "heading" and block.kind == "text" and block.text != _lead(blocks)
    )


def _fit(points: _Points, room: int) -> str:
    """As many points as fit into `room` characters, at most five; "" where fewer than two do."""
    lines = [_cut(line, LONGEST_POINT) for line in points.lines[:MOST_POINTS]]
    for count in range(len(lines), 1, -1):
        text = _listed(points, lines[:count])
        if len(text) <= room:
            return text
    return ""


def _listed(points: _Points, lines: Sequence[str]) -> str:
    total = len(points.lines)
    left_out = f"（共 {total} 条，先看前 {len(lines)} 条）" if points.whole and len(lines) < total else ""
    label = points.label.rstrip("：:") + left_out
    marked = (f"{number}. {line}" if points.ordered else f"- {line}" for number, line in enumerate(lines, 1))
    # The empty line is what lets every Markdown reader see a list.
    return (f"{label}：\n\n" if label else "") + "\n".join(marked)


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE.findall(text) if sentence] or [""]


def _cut(text: str, limit: int) -> str:
    """At most `limit` characters: whole sentences, or where the first is too long a part that shows it was cut."""
    if len(text) <= limit:
        return text
    kept = ""
    for sentence in _sentences(text):
        if len(kept) + len(sentence) > limit:
            break
        kept += sentence
    if kept:
        return kept.strip()
    part = text[: max(0, limit - 2)]
    clause = max(part.rfind(mark) for mark in "；;，、：, ")
    return (part[:clause] if clause > limit // 2 else part) + "……"
