"""A Word document (.docx) → Markdown: heading styles, automatic numbering, tables, in the order of the document.

Text that the reader of the document does not see (deleted by a tracked change, hidden, the table of contents) is left
out; text inserted by a tracked change and inside content controls is read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as Opened
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from knowledge.readers import archive, plain, titles
from knowledge.readers.draft import Draft, Reading, Unusable
from knowledge.readers.numbering import Numbering

_UNSEEN = {
    *map(qn, ("w:del", "w:moveFrom", "w:pPr", "w:rPr", "w:drawing", "w:pict", "w:object")),
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent",
}
_CONTAINERS = {*map(qn, ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml"))}
_HEADING = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_TITLE = re.compile(r"title|标题|文档标题", re.IGNORECASE)
_CONTENTS = re.compile(r"toc\b|目录", re.IGNORECASE)
_DEEPEST = 50  # nested containers, beyond which text is not looked for


def read(path: Path) -> Reading:
    """One draft. Raises Unusable; a broken document may raise whatever its parser raises."""
    archive.checked(path)
    document = Document(str(path))
    named = titles.sensible(document.core_properties.title)
    blocks = list(_blocks(document))
    first = next((text for kind, text in blocks if kind == "heading"), "")
    title = named or titles.sensible(first.lstrip("# ")) or titles.of_file(path)
    if blocks and blocks[0][0] == "heading" and blocks[0][1].lstrip("# ") == title:
        blocks = blocks[1:]
    if all(kind == "heading" for kind, _ in blocks):
        raise Unusable("里面没有读得到的正文（可能全是图片或文本框），请把文字直接写在文档里。")
    return Reading((Draft(title, _joined(blocks), own_title=bool(named or first)),))


def _joined(blocks: list[tuple[str, str]]) -> str:
    text, before = "", ""
    for kind, block in blocks:
        between = "\n" if kind == before == "item" else "\n\n"
        text = f"{text}{between}{block}" if text else block
        before = kind
    return text


def _blocks(document: Opened) -> Iterator[tuple[str, str]]:
    """(heading | item | table | text, Markdown) in order."""
    numbering = Numbering(document)
    for part in _parts(document.element.body, document):
        if isinstance(part, Table):
            if table := _table(part):
                yield table
        elif block := _paragraph(part, numbering):
            yield block


def _parts(container: Any, document: Opened, depth: int = 0) -> Iterator[Paragraph | Table]:
    for child in container if depth < _DEEPEST else ():
        if child.tag == qn("w:p"):
            yield Paragraph(child, document._body)
        elif child.tag == qn("w:tbl"):
            yield Table(child, document._body)
        elif child.tag in _CONTAINERS and not _is_contents(child):
            yield from _parts(child, document, depth + 1)


def _is_contents(control: Any) -> bool:
    gallery = next(control.iter(qn("w:docPartGallery")), None) if control.tag == qn("w:sdt") else None
    return gallery is not None and "Contents" in (gallery.get(qn("w:val")) or "")


def _paragraph(paragraph: Paragraph, numbering: Numbering) -> tuple[str, str] | None:
    text = _seen(paragraph._p).strip()
    names = _style_names(paragraph)
    if not text or any(_CONTENTS.match(name) for name in names):
        return None
    level = _heading_level(paragraph, names)
    if level:
        return "heading", plain.heading(level, text)
    marker = numbering.marker(paragraph)
    if marker:
        return "item", f"{marker}{' '.join(text.split())}"
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and (typed := plain.item(lines[0])):
        return "item", typed
    return "text", plain.markdown(lines)


def _style_names(paragraph: Paragraph) -> list[str]:
    """The style's name and those it is based on."""
    names: list[str] = []
    style: Any = paragraph.style
    while style is not None and len(names) < _DEEPEST:
        names.append(style.name or "")
        style = style.base_style
    return names


def _heading_level(paragraph: Paragraph, names: list[str]) -> int:
    """0 for text. A title is level 1 and headings begin at 2, as in our Markdown guides."""
    for name in names:
        if found := _HEADING.fullmatch(name.strip()):
            return int(found[1]) + 1
        if _TITLE.fullmatch(name.strip()):
            return 1
    properties = paragraph._p.pPr
    outline = properties.find(qn("w:outlineLvl")) if properties is not None else None
    level = int(outline.get(qn("w:val")) or 9) if outline is not None else 9
    return level + 2 if level < 9 else 0


def _seen(element: Any, depth: int = 0) -> str:
    """The visible text inside an element, line breaks kept."""
    pieces: list[str] = []
    for child in element if depth < _DEEPEST else ():
        if child.tag == qn("w:t"):
            pieces.append(child.text or "")
        elif child.tag in (qn("w:br"), qn("w:cr")):
            pieces.append("\n")
        elif child.tag == qn("w:tab"):
            pieces.append(" ")
        elif child.tag == qn("w:noBreakHyphen"):
            pieces.append("-")
        elif child.tag not in _UNSEEN and not _hidden(child):
            pieces.append(_seen(child, depth + 1))
    return "".join(pieces)


def _hidden(run: Any) -> bool:
    vanish = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}") if run.tag == qn("w:r") else None
    return vanish is not None and vanish.get(qn("w:val")) not in ("0", "false")


def _table(table: Table) -> tuple[str, str] | None:
    rows = [row for row in map(_row, table.rows) if any(row)]
    if not rows:
        return None
    if max(map(len, rows)) == 1:  # a frame around text, not a table
        return "text", plain.markdown(line for row in rows for line in row[0].splitlines())
    return "table", plain.table(rows)


def _row(row: Any) -> list[str]:
    """Cell texts; of a cell that spans columns the first carries the text, one that spans rows repeats it."""
    texts: list[str] = []
    before = None
    for cell in row.cells:
        lines = (_seen(paragraph).strip() for paragraph in cell._tc.iter(qn("w:p")))
        texts.append("" if cell._tc is before else "\n".join(filter(None, lines)))
        before = cell._tc
    return texts
