"""`fencun mood` and `fencun intent`: one text, or a file of messages line by line. No settings, guides or network."""

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


def mood(text: str | None, batch: Path | None) -> int:
    """Write {mood, escalate, reason} for `text`, or {id, …} for each {id, text, history?} of a JSON Lines file.

    `-` as the file: standard input. Returns the exit code: 0 when everything was read, 1 when lines were unreadable or
    the file cannot be read, 2 when there is not one of the two, or an empty text.
    """
    return _read_either(text, batch, _mood_of)


def intent(text: str | None, batch: Path | None) -> int:
    """Write {intent} for `text`, or {id, intent} for each {id, text} of a file; all else as `mood`."""
    return _read_either(text, batch, lambda row: {"intent": str(intent_of(row["text"]))})


def _read_either(text: str | None, batch: Path | None, answering: Answering) -> int:
    if bool(text and text.strip()) == (batch is not None):
        _say("请给出一句话，或用 --batch 给出一个文件，二者选一。")
        return 2
    if batch is not None:
        return _read_file(batch, answering)
    print(json.dumps(answering({"text": text}), ensure_ascii=False))
    return 0


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
