"""A guide → its passages. Headings name sections, tables and lists stay whole, long prose is cut at sentence ends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from markdown_it import MarkdownIt

from knowledge.types import Guide, Passage

if TYPE_CHECKING:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

ROOM = 450  # characters of a passage; a section of a well written guide fits
LARGEST_WHOLE = 2000  # characters up to which a table or list is kept whole
_KINDS: dict[str, Literal["heading", "prose", "list", "steps", "table"]] = {
    "heading_open": "heading",
    "ordered_list_open": "steps",
    "bullet_list_open": "list",
    "table_open": "table",
}

_BELOW = 7  # level of what only looks like a heading: under every true one
_STOPS = ("。", "！", "；", "，", "：", ":", "…", ".")
_EMOJI = "[\u2600-\u27bf\U0001f000-\U0001faff\ufe0f\u20e3]"
# A line that is a heading by its looks: all bold, or begun with an emoji or a number.
_ALONE = re.compile(
    rf"(\*\*[^*\n]{{2,30}}\*\*|(?:{_EMOJI}|\d\ufe0f?\u20e3)+[^\n。！；]{{2,30}}"
    r"|[一二三四五六七八九十]{1,3}[、.．][^\n]{2,24})"
)
_RUN_IN = re.compile(  # **油渍。** 撒一层……; a bold word inside a sentence is no heading
    rf"(?:{_EMOJI}+ *)?\*\*([^*\n]{{0,23}}[^*\n，,、；;。：:？?！!])"
    r"(?:[。：:？?！!]\*\*|\*\*[。：:？?！!（( \u3000])(?=[^\n]*\S)"
)
_CLAUSE = re.compile(  # 第六条　扔东西。…… 五、生日礼：……
    r"((?:第[一二三四五六七八九十百\d]{1,4}[条款][ \u3000]*|[一二三四五六七八九十]{1,3}[、.．] *)"
    r"[^。：:，,\n]{2,16})(?=[。：:])"
)
_ASKED = re.compile(r"((?:[QqＱ问][：:.、]? *)?[^。！？?\n]{3,24}[？?])(?=[^\n]{8,})")  # 床铃挂不挂？挂在……


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block of Markdown, verbatim. `level` and the bare heading are set for headings only."""

    kind: Literal["heading", "prose", "list", "steps", "table"]
    text: str
    level: int = 0


def split(guide: Guide) -> tuple[Passage, ...]:
    """The passages of a guide, in its order."""
    found = [(section, text) for section, blocks in _sections(guide) for text in _pieces(blocks)]
    found = found or [("", guide.body.strip())]  # nothing but headings: still there under its title
    return tuple(
        Passage(guide.name, guide.title, section, text, position, guide.keywords)
        for position, (section, text) in enumerate(found)
    )


@lru_cache(maxsize=1000)
def blocks(text: str) -> tuple[Block, ...]:
    """The top-level blocks of a Markdown text, in order. An answer asks for those of a few passages again and again."""
    return _parsed(text)


def _parsed(text: str) -> tuple[Block, ...]:
    lines = text.splitlines()
    found: list[Block] = []
    tokens = _markdown().parse(text)
    for place, token in enumerate(tokens):
        if token.level or token.map is None or token.type == "hr":
            continue
        kind = _KINDS.get(token.type, "prose")
        if kind == "heading":
            found.append(Block(kind, tokens[place + 1].content.strip(), int(token.tag[1:])))
        elif whole := "\n".join(lines[slice(*token.map)]).strip("\n"):
            found.append(Block(kind, whole))
    return tuple(found)


def _sections(guide: Guide) -> Iterator[tuple[str, list[Block]]]:
    """Runs of blocks under the same headings; a first heading that only repeats the title names nothing."""
    path: list[Block] = []
    run: list[Block] = []
    for block in _parsed(guide.body):
        heading, kept = _heading(block)
        if heading is None:
            run.append(block)
            continue
        if run:
            yield _named(path, guide.title), run
        path = [*(above for above in path if above.level < heading.level), heading]
        run = kept
    if run:
        yield _named(path, guide.title), run


def _heading(block: Block) -> tuple[Block | None, list[Block]]:
    """The heading that a block is or begins with, and what of it is text. Not every author marks headings as such."""
    if block.kind == "heading":
        return block, []
    if block.kind != "prose":
        return None, []
    if (alone := _ALONE.fullmatch(block.text)) and not block.text.rstrip().endswith(_STOPS):
        return Block("heading", alone[1].strip("* "), _BELOW), []
    if begun := _RUN_IN.match(block.text) or _CLAUSE.match(block.text) or _ASKED.match(block.text):
        return Block("heading", begun[1].strip(), _BELOW), [block]
    return None, []


def _named(path: list[Block], title: str) -> str:
    return " · ".join(heading.text for heading in path if heading.text and heading.text != title)


def _pieces(run: list[Block]) -> Iterator[str]:
    """Whole blocks, packed until `ROOM` is used; a list or table stays with the line that introduces it."""
    packed = ""
    for text, bound in _atoms(run):
        if packed and not bound and len(packed) + len(text) > ROOM:
            yield packed
            packed = ""
        packed = f"{packed}\n\n{text}" if packed else text
    if packed:
        yield packed


def _atoms(run: list[Block]) -> Iterator[tuple[str, bool]]:
    """What may not be cut further, and whether it belongs to what went before."""
    before = ""
    for block in run:
        whole = block.kind in ("list", "steps", "table") and len(block.text) <= LARGEST_WHOLE
        pieces = [block.text] if whole else _splitter().split_text(block.text)
        for place, piece in enumerate(pieces):
            yield piece, place == 0 and block.kind != "prose" and before.rstrip().endswith(("：", ":"))
        before = block.text


@cache
def _splitter() -> "RecursiveCharacterTextSplitter":
    from langchain_text_splitters import RecursiveCharacterTextSplitter  # noqa: PLC0415  (only building needs it)

    return RecursiveCharacterTextSplitter(
        separators=["\n\n", "\n", "。", "！", "？", "；", "，", ""],
        keep_separator="end",
        chunk_size=ROOM,
        chunk_overlap=0,
        strip_whitespace=True,
    )


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")
