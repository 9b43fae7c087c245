"""`fencun review`: a file of posts judged line by line. Needs no settings, store or network."""

import json
import sys
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from bot.cli.batch import Unreadable, lines_of, row_of
from scheduler.review import Lexicon, LexiconUnusable
from scheduler.review import review as judge

OWN_LEXICON = Path("posts/lexicon.yaml")  # what operators add to the built-in word lists
_PROGRESS_EVERY = 1000  # lines
_FORM = "要写成 {id, title, body}，title 和 body 是文字。"


def review(batch: Path, out: Path | None = None) -> int:
    """Write {id, kind, violations, lexicon} for each {id, title, body} of a JSON Lines file (`-`: standard input).

    To `out`, or to standard output. Returns the exit code: 0 when every line was read, 1 when some were unreadable or a
    file cannot be used, 2 when a word list is missing or broken: then nothing is judged.
    """
    try:
        lexicon = Lexicon.read([OWN_LEXICON] if OWN_LEXICON.exists() else [])
    except LexiconUnusable as error:
        _say(str(error))
        return 2
    try:
        if out is None:
            return _read_file(batch, lexicon, sys.stdout)
        with out.open("w", encoding="utf-8") as written:
            return _read_file(batch, lexicon, written)
    except OSError as error:
        _say(f"读写不了 {error.filename or batch}（{error.strerror}），请检查路径和权限。")
        return 1


def _read_file(batch: Path, lexicon: Lexicon, out: TextIO) -> int:
    if str(batch) == "-":
        return _read_lines(sys.stdin.buffer, lexicon, out)
    with batch.open("rb") as file:
        return _read_lines(file, lexicon, out)


def _read_lines(file: BinaryIO, lexicon: Lexicon, out: TextIO) -> int:
    judged = unreadable = 0
    for number, line in enumerate(lines_of(file), 1):
        if not line.strip():
            continue
        try:
            answer = _judged(line, lexicon)
        except Unreadable as error:
            unreadable += 1
            _say(f"第 {number} 行读不懂：{error}")
            continue
        print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)
        judged += 1
        if judged % _PROGRESS_EVERY == 0:
            _say(f"已审 {judged} 篇。")
    _say(f"共审 {judged} 篇，{unreadable} 行读不懂。词表版本 {lexicon.version}。")
    return 1 if unreadable else 0


def _judged(line: bytes, lexicon: Lexicon) -> dict[str, Any]:
    """Raises Unreadable."""
    row = row_of(line, "body", _FORM)
    if not isinstance(row.get("title", ""), str):
        raise Unreadable(_FORM)
    made = judge(row.get("title", ""), row["body"], lexicon)
    violations = [
        {"code": str(one.code), "quote": one.quote, "why": one.why, "law": one.law} for one in made.violations
    ]
    return {"id": row["id"], "kind": str(made.kind), "violations": violations, "lexicon": made.lexicon}


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
