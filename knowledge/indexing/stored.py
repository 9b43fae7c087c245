"""Many values in one file, a line of JSON each, read in small steps or only when asked for.

Reading one large JSON value would stop everything else in the process for as long as it takes.
"""

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

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

    def at_once(self) -> list[Any]:
        """All values: several times as fast as one by one, but nothing else runs in the process meanwhile."""
        return list(json.loads(b"[" + self._content[self._ends[0] :].rstrip().replace(b"\n", b",") + b"]"))

    def followed_by(self, values: Iterable[object]) -> bytes:
        """The content of a file that holds these values and then others."""
        return _headed(self._content[self._ends[0] :] + _lines(values))


def stored(values: Iterable[object]) -> bytes:
    """`values` as the content of a file that `Lines` reads; each must be plain JSON."""
    return _headed(_lines(values))


def stored_rows(rows: NDArray[np.float32]) -> bytes:
    """Vectors as the content of a file that `rows_of` reads."""
    content = rows.tobytes()
    return json.dumps({"shape": rows.shape, "crc": zlib.crc32(content)}).encode() + b"\n" + content


def rows_of(content: bytes) -> NDArray[np.float32]:
    """The vectors of a file. Raises ValueError, TypeError or KeyError when it is not whole."""
    start = content.find(b"\n") + 1
    head = json.loads(content[:start])
    if zlib.crc32(memoryview(content)[start:]) != head["crc"]:
        raise ValueError("the file is not as it was written")
    return np.frombuffer(content, dtype=np.float32, offset=start).reshape(head["shape"])


def _lines(values: Iterable[object]) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def _headed(lines: bytes) -> bytes:
    return json.dumps({"count": lines.count(b"\n"), "crc": zlib.crc32(lines)}).encode() + b"\n" + lines


def _ends(content: bytes, start: int) -> Iterator[int]:
    yield start
    while start := content.find(b"\n", start) + 1:
        yield start


class Passages(Sequence[Passage]):
    """Passages by their number; each is made when it is asked for. `places` tells where each guide's passages stand.

    The numbers go on from one file of `parts` to the next. Passages of guides that went are still there, but `places`
    does not lead to them.
    """

    def __init__(self, parts: Sequence[Lines], places: Mapping[str, range]) -> None:
        self.parts = parts
        self._numbers = sum(map(len, parts))
        self.places = places
        self.in_use = sum(map(len, places.values()))

    def __len__(self) -> int:
        return self._numbers

    @overload
    def __getitem__(self, number: int) -> Passage: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[Passage, ...]: ...

    def __getitem__(self, number: int | slice) -> Passage | tuple[Passage, ...]:
        if isinstance(number, slice):
            return tuple(self[one] for one in range(*number.indices(len(self))))
        if not 0 <= number < len(self):
            raise IndexError(number)
        guide, title, section, text, position, keywords = self._line(number)
        return Passage(guide, title, section, text, position, tuple(keywords))

    def of(self, guide: str) -> tuple[Passage, ...]:
        """The passages of a guide, in its order; none where there is no such guide."""
        return tuple(self[number] for number in self.places.get(guide, ()))

    @staticmethod
    def stored(passages: Iterable[Passage]) -> bytes:
        """The content of a file of passages."""
        return stored(map(plain, passages))

    def _line(self, number: int) -> Any:
        for part in self.parts:
            if number < len(part):
                return part[number]
            number -= len(part)
        raise IndexError(number)


def plain(passage: Passage) -> tuple[object, ...]:
    """A passage as a line of a file that `Passages` reads."""
    one = passage
    return one.guide, one.title, one.section, one.text, one.position, one.keywords
