"""Many values in one file, a line of JSON each, read in small steps or only when asked for.

Reading one large JSON value would stop everything else in the process for as long as it takes.
"""

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from knowledge.types import Passage


class Lines:
    """The values of a file that `stored` made. Raises ValueError, TypeError or KeyError when it is not whole."""

    def __init__(self, content: bytes) -> None:
        start = content.find(b"\n") + 1
        head = json.loads(content[:start])
        if zlib.crc32(memoryview(content)[start:]) != head["crc"]:
            raise ValueError("the file is not as it was written")
        self._content = content
        self._ends = array("q", _ends(content, start))
        if len(self) != head["count"]:
            raise ValueError("the file has another number of lines")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, number: int) -> Any:
        return json.loads(self._content[self._ends[number] : self._ends[number + 1]])

    def __iter__(self) -> Iterator[Any]:
        return (self[number] for number in range(len(self)))


def stored(values: Iterable[object]) -> bytes:
    """`values` as the content of a file that `Lines` reads; each must be plain JSON."""
    lines = b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)
    head = {"count": lines.count(b"\n"), "crc": zlib.crc32(lines)}
    return json.dumps(head).encode() + b"\n" + lines


def _ends(content: bytes, start: int) -> Iterator[int]:
    yield start
    while start := content.find(b"\n", start) + 1:
        yield start


class Passages(Sequence[Passage]):
    """Passages by their number; each is made when it is asked for. `places` tells where each guide's passages stand."""

    def __init__(self, lines: Lines, places: Mapping[str, range]) -> None:
        self._lines = lines
        self.places = places

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, number: int) -> Passage: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Passage, ...]: ...

    def __getitem__(self, number: int | slice) -> Passage | tuple[Passage, ...]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        if not 0 <= number < len(self):
            raise IndexError(number)
        guide, title, section, text, position, keywords = self._lines[number]
        return Passage(guide, title, section, text, position, tuple(keywords))

    @staticmethod
    def stored(passages: Iterable[Passage]) -> bytes:
        """The content of a file of passages."""
        return stored((one.guide, one.title, one.section, one.text, one.position, one.keywords) for one in passages)
