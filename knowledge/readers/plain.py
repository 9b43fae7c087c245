"""Lines of plain text → Markdown that says no more than they did: typed lists become lists, nothing else is markup."""

import re
from collections.abc import Iterable

_NUMBERED = re.compile(r"(?:(\d{1,2})[、．.)）](?!\d)|[(（](\d{1,2})[)）])\s*(?=\S)")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_BULLET = re.compile(r"[•·●○◆◇■□▪►➤✓✔\uf0b7\uf06c\uf0d8-]\s*(?=[^\s\d-])|-\s+(?=\S)")
_MARKUP = re.compile(r"(#{1,6}(?=\s|$)|>|```|~~~|={2,}\s*$|-{3,}\s*$|\*{3,}\s*$|_{3,}\s*$|[*+](?=\s)|\|)")


def item(line: str) -> str:
    """The line as an item of a Markdown list, or empty when it does not start like one."""
    line = line.strip()
    if numbered := _NUMBERED.match(line):
        return f"{int(numbered[1] or numbered[2])}. {line[numbered.end() :]}"
    if line[:1] and line[0] in _CIRCLED and line[1:].strip():
        return f"{_CIRCLED.index(line[0]) + 1}. {line[1:].strip()}"
    if bullet := _BULLET.match(line):
        return f"- {line[bullet.end() :]}"
    return ""


def escaped(line: str) -> str:
    """The line so that its first characters are no markup: a `#` in a cell is not a heading."""
    line = line.strip()
    return f"\\{line}" if _MARKUP.match(line) else line


def markdown(lines: Iterable[str]) -> str:
    """Each line a paragraph, runs of items one list."""
    blocks: list[str] = []
    in_list = False
    for line in lines:
        if not line.strip():
            in_list = False
            continue
        as_item = item(line)
        if as_item and in_list:
            blocks[-1] += f"\n{as_item}"
        else:
            blocks.append(as_item or escaped(line))
        in_list = bool(as_item)
    return "\n\n".join(blocks)


def heading(level: int, text: str) -> str:
    """A Markdown heading on one line."""
    return f"{'#' * min(max(level, 1), 6)} {' '.join(text.split()).lstrip('#').strip()}"


def table(rows: list[list[str]]) -> str:
    """A Markdown table; the first row is its head. Rows are filled up to the widest."""
    width = max(map(len, rows))
    cells = [[_cell(one) for one in [*row, *[""] * (width - len(row))]] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [cells[0], ["---"] * width, *cells[1:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
