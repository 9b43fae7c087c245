"""A guide → its passages. Headings name sections, tables and lists stay whole, long prose is cut at sentence ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
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


@dataclass(frozen=True, slots=True)
class Block:
    """One top-level block of Markdown, verbatim. `level` and the bare heading are set for headings only."""

    kind: Literal["heading", "prose", "list", "steps", "table"]
    text: str
    level: int = 0


def split(guide: Guide) -> tuple[Passage, ...]:
    """The passages of a guide, in its order."""
    found = [(section, text) for section, blocks in _sections(guide) for text in _pieces(blocks)]
    return tuple(
        Passage(guide.name, guide.title, section, text, position, guide.keywords)
        for position, (section, text) in enumerate(found)
    )


def blocks(text: str) -> list[Block]:
    """The top-level blocks of a Markdown text, in order."""
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
    return found


def _sections(guide: Guide) -> Iterator[tuple[str, list[Block]]]:
    """Runs of blocks under the same headings; a first heading that only repeats the title names nothing."""
    path: list[Block] = []
    run: list[Block] = []
    for block in blocks(guide.body):
        if block.kind != "heading":
            run.append(block)
            continue
        if run:
            yield _named(path, guide.title), run
        path = [*(above for above in path if above.level < block.level), block]
        run = []
    if run:
        yield _named(path, guide.title), run


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
