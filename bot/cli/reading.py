"""`fencun mood` and `fencun intent`: a file of messages read line by line. Needs no settings, guides or network."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from bot.cli.knowledge import LONGEST_LINE, lines_of
from handlers.intent import intent_of
from handlers.mood import read
from knowledge.evaluation import WrongRow, history

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
    said = row.get("history")
    found = read(row["text"], history([] if said is None else said))
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
            row = _parse(line)
            answer = answering(row)
        except WrongRow as error:
            unreadable += 1
            _say(f"第 {number} 行读不懂：{error}")
            continue
        print(json.dumps({"id": row["id"], **answer}, ensure_ascii=False), flush=True)
        answered += 1
        if answered % _PROGRESS_EVERY == 0:
            _say(f"已读 {answered} 行。")
    _say(f"共读 {answered} 行，{unreadable} 行读不懂。")
    return 1 if unreadable else 0


def _parse(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise WrongRow("太长了。")
    try:
        found = json.loads(line.decode("utf-8-sig"))
        json.dumps(found, ensure_ascii=False).encode()  # half a character, "\\ud83d", could not be written back
    except (ValueError, RecursionError) as error:
        raise WrongRow("不是 UTF-8 编码的 JSON。") from error
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise WrongRow("要写成 {id, text}，text 是文字。")
    if not isinstance(found.get("id"), str | int):
        raise WrongRow("缺少 id（文字或整数）。")
    return found


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
