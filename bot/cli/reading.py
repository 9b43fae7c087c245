"""`fencun mood` and `fencun intent`: a file of messages read line by line. Needs no settings, guides or network."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from bot.cli.batch import Unreadable, lines_of, row_of, said_before
from handlers.intent import intent_of
from handlers.mood import read

_PROGRESS_EVERY = 1000  # lines

Answering = Callable[[dict[str, Any]], dict[str, Any]]


def mood(batch: Path) -> int:
    """Write {id, mood, escalate, reason} for each {id, text, history?} of a JSON Lines file (`-`: standard input).

    Returns the exit code: 0 when every line was read, 1 when some were unreadable or the file cannot be read.
    """
    return _read_file(batch, _mood_of)


def intent(batch: Path) -> int:
    """Write {id, intent} for each {id, text} of a JSON Lines file. Exit codes as for `mood`."""
    return _read_file(batch, lambda row: {"intent": str(intent_of(row["text"]))})


def _mood_of(row: dict[str, Any]) -> dict[str, Any]:
    found = read(row["text"], said_before(row))
    return {"mood": str(found.mood), "escalate": found.escalate, "reason": found.reason}


def _read_file(batch: Path, answering: Answering) -> int:
    try:
        if str(batch) == "-":
            return _read_lines(sys.stdin.buffer, answering)
        with batch.open("rb") as file:
            return _read_lines(file, answering)
    except OSError as error:
        _say(f"读不了 {batch}（{error.strerror}），请检查路径和权限。")
        return 1


def _read_lines(file: BinaryIO, answering: Answering) -> int:
    answered = unreadable = 0
    for number, line in enumerate(lines_of(file), 1):
        if not line.strip():
            continue
        try:
            row = row_of(line, "text", "要写成 {id, text}，text 是文字。")
            answer = answering(row)
        except Unreadable as error:
            unreadable += 1
            _say(f"第 {number} 行读不懂：{error}")
            continue
        print(json.dumps({"id": row["id"], **answer}, ensure_ascii=False), flush=True)
        answered += 1
        if answered % _PROGRESS_EVERY == 0:
            _say(f"已读 {answered} 行。")
    _say(f"共读 {answered} 行，{unreadable} 行读不懂。")
    return 1 if unreadable else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
