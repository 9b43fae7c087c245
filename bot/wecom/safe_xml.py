"""WeCom's small XML documents as plain dicts, in one pass over expat.

Written here because a bare DOCTYPE and 200,000 nested tags both pass the usual dict parsers; a callback needs neither.
The caller bounds the size.
"""

from typing import Any
from xml.parsers import expat

# The deepest documented callback (template card choices) has six levels.
MAX_DEPTH = 16


class Malformed(Exception):
    """What arrived is not what WeCom sends."""


class _Builder:
    """Collects elements: a leaf becomes its text, a parent a dict, a repeated name a list."""

    def __init__(self) -> None:
        self.root: dict[str, Any] = {}
        self._open: list[dict[str, Any]] = [self.root]
        self._text: list[str] = []

    def start(self, _name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise Malformed("the XML is nested too deeply")
        self._open.append({})
        self._text = []

    def end(self, name: str) -> None:
        children = self._open.pop()
        value: Any = children or "".join(self._text)
        self._text = []
        parent = self._open[-1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def text(self, data: str) -> None:
        self._text.append(data)


def _refuse(*_: object) -> None:
    raise Malformed("the XML declares a document type or an entity")


def read_xml(text: str) -> dict[str, Any]:
    """The children of the `<xml>` root by name; a leaf is its text, unstripped, and "" where it is empty.

    Raises Malformed for anything that is not such a document, for a DTD and for entities.
    """
    builder, parser = _Builder(), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError) as error:
        raise Malformed("this is not XML") from error
    root = builder.root.get("xml")
    if not isinstance(root, dict):
        raise Malformed("the XML has no <xml> root with children")
    return root
