"""The lines of a PDF's pages → Markdown: no running heads, hard-wrapped lines joined, headings only where certain."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from knowledge.readers import plain

_LONGEST_HEADING = 40  # columns: 20 Chinese characters
_LARGER = 1.12  # times the size of the text, from which a short line is a heading
_FULL = 0.82  # share of the text's width from which a line was cut by the margin and not by its author
_RAGGED = 4  # columns by which full lines differ: punctuation may not begin a line
_FEWEST_LINES = 4  # of a page, below which nothing but its number is taken for a head or foot
_NARROWEST = 24  # columns; below, lines are too short to tell
_END = re.compile(r"[。！？；：!?;:…][”」』）)》\"']?$")
_SECTION = re.compile(
    r"(第\s*[一二三四五六七八九十百\d]{1,4}\s*[章节篇部条](?=[\s：:、]|\S)|[一二三四五六七八九十]{1,3}、|"
    r"[（(][一二三四五六七八九十]{1,3}[）)]|\d{1,2}(\.\d{1,2}){1,3}\s+(?=[^\W\d]))"
)
_PAGE_NUMBER = re.compile(r"[-—–\s]*(第\s*)?\d{1,4}(\s*页)?(\s*[/／共]\s*(共\s*)?\d{1,4}(\s*页)?)?[-—–\s]*")
_SPACED = re.compile(r"^(?:[\u4e00-\u9fff，。、；：！？] ){3,}")
_INSIDE = re.compile(r"[，、,]")


@dataclass(frozen=True, slots=True)
class Placed:
    """A line as it stands on the page; `size` is the font's, in points, 0 when it is not known."""

    text: str
    size: float


def markdown(pages: list[list[Placed]]) -> str:
    """The text of all pages as one Markdown document."""
    lines = [Placed(_tight(line.text), line.size) for line in chain.from_iterable(_without_running(pages))]
    sizes = _heading_sizes(lines)
    return "\n".join(_blocks(lines, sizes, _text_widths(lines))).strip()


def _blocks(lines: list[Placed], sizes: list[float], widths: dict[float, int]) -> Iterator[str]:
    before = Placed("", 0.0)
    open_text = ""  # a paragraph or item that the next line may continue
    was_item = False
    for line in lines:
        level = _level(line, sizes)
        starts = bool(level or plain.item(line.text))
        if open_text and not starts and _continues(before, line, widths.get(line.size, 0)):
            open_text = _join(open_text, line.text)
        else:
            if open_text:
                yield _written(open_text)
            if not (was_item and plain.item(line.text)):
                yield ""
            was_item = bool(plain.item(line.text)) and not level
            open_text = "" if level else line.text
            if level:
                yield plain.heading(level + 1, line.text)
        before = line
    if open_text:
        yield _written(open_text)


def _written(text: str) -> str:
    return plain.item(text) or plain.escaped(text)


def _continues(before: Placed, line: Placed, width: int) -> bool:
    """Whether the author wrote on: the line before reached the margin and did not end a sentence."""
    if width < _NARROWEST or _END.search(before.text) or abs(before.size - line.size) > 0.5:
        return False
    return _columns(before.text) >= width * _FULL


def _join(text: str, more: str) -> str:
    words = text[-1:].isascii() and more[:1].isascii() and text[-1:] != "-"
    return f"{text}{' ' if words else ''}{more}"


def _level(line: Placed, sizes: list[float]) -> int:
    """1 and more for a heading, 0 for text."""
    text = line.text
    short = 2 <= _columns(text) <= _LONGEST_HEADING and not _END.search(text) and any(map(str.isalpha, text))
    if not short or _PAGE_NUMBER.fullmatch(text):
        return 0
    if line.size in sizes:
        return sizes.index(line.size) + 1
    return len(sizes) + 1 if _SECTION.match(text) and not _INSIDE.search(text, 4) else 0


def _heading_sizes(lines: list[Placed]) -> list[float]:
    """Up to three font sizes, largest first, that are clearly above the text's and used for little of the whole."""
    used = Counter[float]()
    for line in lines:
        used[line.size] += len(line.text)
    if not used:
        return []
    normal = used.most_common(1)[0][0]
    rare = sum(used.values()) * 0.2
    larger = [size for size, count in used.items() if normal > 0 and size >= normal * _LARGER and count <= rare]
    return sorted(larger, reverse=True)[:3]


def _without_running(pages: list[list[Placed]]) -> list[list[Placed]]:
    """Pages without their heads, feet and page numbers: what stands at the edge of most pages."""
    written = [page for page in pages if page]
    edges = Counter(shape for page in written for shape in {_shape(line.text) for line in [*page[:2], *page[-2:]]})
    often = {shape for shape, count in edges.items() if count >= max(3, len(written) * 0.6)}
    return [_without_edges(page, often) for page in pages]


def _without_edges(page: list[Placed], often: set[str]) -> list[Placed]:
    last = len(page) - 1
    kept: list[Placed] = []
    for place, line in enumerate(page):
        at_edge = last >= _FEWEST_LINES and (place < 2 or place > last - 2)
        number = place in (0, last) and _PAGE_NUMBER.fullmatch(line.text)
        if not number and not (at_edge and _shape(line.text) in often):
            kept.append(line)
    return kept


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", "".join(text.split()))


def _text_widths(lines: list[Placed]) -> dict[float, int]:
    """Font size → columns of a full line: the widest that at least two lines come near."""
    of_size: dict[float, list[int]] = {}
    for line in lines:
        of_size.setdefault(line.size, []).append(_columns(line.text))
    return {size: _widest(sorted(widths, reverse=True)) for size, widths in of_size.items()}


def _widest(widths: list[int]) -> int:
    return next((wide for wide, next_ in pairwise(widths) if wide - next_ <= _RAGGED), 0)


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WFA" else 1 for one in text)


def _tight(text: str) -> str:
    """Letter-spaced Chinese comes out as 标 题; elsewhere a space may stand between two columns of a table."""
    text = " ".join(text.split())
    return text.replace(" ", "") if _SPACED.match(text) else text
