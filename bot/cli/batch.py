"""Files of JSON lines, as `ask`, `mood` and `intent` read them: in constant memory, each bad line with its reason."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from knowledge.evaluation import WrongRow, history
from knowledge.types import Line

LONGEST_LINE = 1_000_000  # bytes of one line of a batch


class Unreadable(Exception):
    """Why a line of a batch cannot be answered."""


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """One line after the other; of an overlong one the first part, too long to pass for a good one."""
    while line := file.readline(LONGEST_LINE + 1):
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield line


def row_of(line: bytes, key: str, form: str) -> dict[str, Any]:
    """The object of one line with an `id` and a text at `key`. Raises Unreadable; `form` says how it should be."""
    if len(line) > LONGEST_LINE:
        raise Unreadable("太长了。")
    try:
        found = json.loads(line.decode("utf-8-sig"))
        json.dumps(found, ensure_ascii=False).encode()  # half a character, "\\ud83d", could not be written back
    except (ValueError, RecursionError) as error:
        raise Unreadable("不是 UTF-8 编码的 JSON。") from error
    if not isinstance(found, dict) or not isinstance(found.get(key), str):
        raise Unreadable(form)
    if not isinstance(found.get("id"), str | int):
        raise Unreadable("缺少 id（文字或整数）。")
    return found


def said_before(row: dict[str, Any]) -> tuple[Line, ...]:
    """The `history` of a row, oldest first. Raises Unreadable."""
    said = row.get("history")
    try:
        return history([] if said is None else said)
    except WrongRow as error:
        raise Unreadable(str(error)) from error
