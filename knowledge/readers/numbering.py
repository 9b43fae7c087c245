"""Word's automatic numbering: which paragraphs are list items, and with what number the reader sees them."""

from typing import Any

from docx.document import Document as Opened
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

_CHAIN = 20  # styles based on styles


class Numbering:
    """Ask it for the paragraphs in their order: it counts."""

    def __init__(self, document: Opened) -> None:
        self._levels: dict[tuple[str, int], tuple[str, int]] = {}  # (list, level) → (format, first number)
        self._counts: dict[tuple[str, int], int] = {}
        related = document.part.rels.values()
        part = next((one.target_part for one in related if one.reltype.endswith("/numbering")), None)
        if part is not None:
            self._learn(part.element)

    def marker(self, paragraph: Paragraph) -> str:
        """What a Markdown list item starts with, indented to its level; empty when the paragraph is no item."""
        list_id, level = _numbered(paragraph)
        found = self._levels.get((list_id, level))
        if found is None or found[0] == "none":
            return ""
        kind, first = found
        for deeper in [key for key in self._counts if key[0] == list_id and key[1] > level]:
            del self._counts[deeper]
        count = self._counts.get((list_id, level), first - 1) + 1
        self._counts[(list_id, level)] = count
        return f"{'   ' * level}{'-' if kind == 'bullet' else f'{count}.'} "

    def _learn(self, root: Any) -> None:
        abstract = {one.get(qn("w:abstractNumId")): one for one in root.iter(qn("w:abstractNum"))}
        for number in root.iter(qn("w:num")):
            link = number.find(qn("w:abstractNumId"))
            model = abstract.get(link.get(qn("w:val"))) if link is not None else None
            for level in model.iter(qn("w:lvl")) if model is not None else ():
                key = (str(number.get(qn("w:numId"))), int(level.get(qn("w:ilvl")) or 0))
                self._levels[key] = (_value(level, "w:numFmt") or "decimal", int(_value(level, "w:start") or 1))


def _numbered(paragraph: Paragraph) -> tuple[str, int]:
    """The list and the level: the paragraph's own, else its style's. List 0 and no list at all both mean none."""
    list_id, level = _of(paragraph._p.pPr)
    style: Any = paragraph.style
    for _ in range(_CHAIN):
        if style is None or list_id:
            break
        list_id, styled = _of(style.element.pPr)
        level = styled if level is None else level
        style = style.base_style
    return list_id, level or 0


def _of(properties: Any) -> tuple[str, int | None]:
    numbers = properties.find(qn("w:numPr")) if properties is not None else None
    if numbers is None:
        return "", None
    level = _value(numbers, "w:ilvl")
    return _value(numbers, "w:numId"), int(level) if level else None


def _value(parent: Any, tag: str) -> str:
    found = parent.find(qn(tag))
    return str(found.get(qn("w:val")) or "") if found is not None else ""
