"""`fencun eval`: a file of questions with known answers, put to the library as the bot would, and the figures."""

import asyncio
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from bot.cli.batch import LONGEST_LINE, Unreadable, lines_of
from bot.cli.doctor import width
from bot.cli.knowledge import open_library
from bot.clock import SystemClock
from bot.settings import Settings
from knowledge.evaluation import (
    KINDS,
    MEASURES,
    Failure,
    Mark,
    Moved,
    Row,
    Share,
    Tally,
    WrongRow,
    compare,
    failure,
    mark,
    marked_from,
    row,
    saved,
)
from knowledge.indexing.generation import NoIndex
from knowledge.indexing.index import IndexFailed
from knowledge.library import Library

FAILURES_SHOWN = 200
IDS_SHOWN = 40  # of the rows that one figure gained or lost
_PROGRESS_EVERY = 100  # rows
_KIND_NAMES = {"answerable": "可答", "unanswerable": "不可答", "urgent": "紧急"}


class _Unusable(Exception):
    """Why a file as a whole cannot be used."""


@dataclass(slots=True)
class _Run:
    """What is known so far of a file."""

    tally: Tally = field(default_factory=Tally)
    failures: list[Failure] = field(default_factory=list)
    failed: int = 0
    unreadable: int = 0
    milliseconds: list[float] = field(default_factory=list)  # of each answer

    @property
    def rows(self) -> int:
        return self.tally.rows.total()


def evaluate(settings: Settings, file: Path, save: Path | None, *, as_json: bool, verbose: bool) -> int:
    """Ask every row of `file` and print the figures; with `save` every row's marks go into that file.

    Returns the exit code: 0 when every line was read, 1 when some were not or there is nothing to answer from, 2 when
    the file (or `save`) cannot be used.
    """
    try:
        with file.open("rb") as lines, _saving(save) as keep, closing(open_library(settings)) as library:
            today = SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()
            run = asyncio.run(_ask_all(library, lines, today, keep))
    except (IndexFailed, NoIndex, Unreadable) as error:
        _say(str(error))
        return 1
    except _Unusable as error:
        _say(f"{file}：{error}")
        return 2
    except OSError as error:
        _say(f"{error.filename or file} 读不了或写不了（{error.strerror}），请检查路径和权限。")
        return 2
    print(_json(_as_json(run)) if as_json else "\n".join(_report(run, library, verbose=verbose)))
    return 1 if run.unreadable else 0


def compare_runs(before: Path, after: Path, *, as_json: bool) -> int:
    """Print which figures moved between two saved results. Returns the exit code: 0, or 2 for unusable files."""
    try:
        old, new = _load(before), _load(after)
    except _Unusable as error:
        _say(str(error))
        return 2
    common = {(one.id, one.kind) for one in old} & {(one.id, one.kind) for one in new}
    if not common:
        _say("两份结果没有相同的问题，无法比较。")
        return 2
    moved = compare(old, new)
    if as_json:
        print(_json({"rows": len(common), "figures": {one.name: _moved_json(one) for one in moved}}))
        return 0
    only = f"只在前一份的 {len(old) - len(common)} 行，只在后一份的 {len(new) - len(common)} 行"
    print(f"{len(common)} 行两份都有；{only}。\n")
    print("\n".join(_comparison(moved)))
    return 0


async def _ask_all(library: Library, file: BinaryIO, today: date, keep: Callable[[Mark], None]) -> _Run:
    run = _Run()
    seen: set[str] = set()
    absent: set[str] = set()
    names = {guide.name for guide in library.guides}
    for number, line in enumerate(lines_of(file), 1):
        if not line.strip():
            continue
        try:
            asked = _parse(line, seen)
        except WrongRow as error:
            run.unreadable += 1
            _say(f"第 {number} 行读不懂：{error}")
            continue
        for name in sorted({*asked.guides} - names - absent):
            _say(f"第 {number} 行的指南 {name} 不在指南库里，指望不上它被找到。")
        absent |= {*asked.guides} - names
        keep(await _ask(library, asked, today, run))
        if run.rows % _PROGRESS_EVERY == 0:
            _say(f"已评 {run.rows} 行。")
    _say(f"共评 {run.rows} 行，{run.unreadable} 行读不懂。")
    if not run.rows:
        raise _Unusable("没有一行能用的问题。")
    return run


async def _ask(library: Library, asked: Row, today: date, run: _Run) -> Mark:
    # The answer goes first: a search before it would warm what it needs and flatter its time.
    began = perf_counter()
    answer = await library.answer(asked.question, asked.history, today)
    run.milliseconds.append((perf_counter() - began) * 1000)
    alone = asked.kind == "answerable" and not asked.history
    marked = mark(asked, library.search(asked.question, today) if alone else None, answer)
    run.tally.add(marked)
    if failed := failure(asked, marked, answer):
        run.failed += 1
        run.failures += [failed][: FAILURES_SHOWN - len(run.failures)]
    return marked


def _parse(line: bytes, seen: set[str]) -> Row:
    if len(line) > LONGEST_LINE:
        raise WrongRow("太长了。")
    asked = row(_read(line))
    if asked.id in seen:
        raise WrongRow(f"id {asked.id} 前面已经有了。")
    seen.add(asked.id)
    return asked


def _read(line: bytes) -> Any:
    try:
        found = json.loads(line.decode("utf-8-sig"))
        json.dumps(found, ensure_ascii=False).encode()  # half a character, "\\ud83d", could not be written back
    except (ValueError, RecursionError) as error:
        raise WrongRow("不是 UTF-8 编码的 JSON。") from error
    return found


@contextmanager
def _saving(path: Path | None) -> Iterator[Callable[[Mark], None]]:
    """Takes marks, one line each. The file appears when all are there, so that half a run is not taken for one."""
    if path is None:
        yield lambda _: None
        return
    half = path.with_name(f"{path.name}.part")
    try:
        with half.open("w", encoding="utf-8") as file:
            yield lambda marked: print(_json(saved(marked)), file=file)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def _load(path: Path) -> list[Mark]:
    """The marks of a saved result, each row once."""
    try:
        with path.open("rb") as file:
            marks = [marked_from(_read(line)) for line in lines_of(file) if line.strip()]
    except OSError as error:
        raise _Unusable(f"读不了 {path}（{error.strerror}），请检查路径和权限。") from error
    except WrongRow as error:
        raise _Unusable(f"{path}：{error}请用 fencun eval 题目.jsonl --save 文件 存下结果，再来比较。") from error
    return list({(one.id, one.kind): one for one in marks}.values())


def _report(run: _Run, library: Library, *, verbose: bool) -> Iterator[str]:
    tally = run.tally
    kinds = {kind: sum(count for (of, _), count in tally.rows.items() if of == kind) for kind in KINDS}
    counted = "、".join(f"{_KIND_NAMES[kind]} {count}" for kind, count in kinds.items())
    yield f"共 {run.rows} 行：{counted}。索引 {library.generation}，{len(library.guides)} 份指南。\n"
    shares = {name: tally.share(name) for name in MEASURES}
    yield from _table(
        ("指标", "值", "95 % 区间", "行数"),
        [(_label(name), _percent(share.value), _interval(share), _rows(share)) for name, share in shares.items()],
    )
    yield f"\n回答用时：一半在 {_quantile(run, 0.5):.1f} 毫秒内，99 % 在 {_quantile(run, 0.99):.1f} 毫秒内。\n"
    yield from _table(("类别", "写法", "行数", "做得对", "命中 @1", "命中 @3"), _style_rows(tally))
    yield from _failures(run, verbose=verbose)


def _style_rows(tally: Tally) -> list[tuple[str, ...]]:
    return [
        (
            _KIND_NAMES[style[0]],
            style[1],
            str(tally.rows[style]),
            _percent(tally.right(style).value),
            _percent(tally.share("recall_1", style).value),
            _percent(tally.share("recall_3", style).value),
        )
        for style in tally.styles
    ]


def _failures(run: _Run, *, verbose: bool) -> Iterator[str]:
    if not run.failed:
        yield "\n没有做错的。"
        return
    left = run.failed - len(run.failures)
    yield f"\n做错的 {run.failed} 行{f'（列出前 {len(run.failures)} 行）' if left else ''}："
    for one in run.failures:
        yield f"- {one.id}［{one.style}］{one.question}\n    应为：{one.expected}\n    实为：{one.got}"
        if verbose:
            yield "\n".join(f"    ｜{line}" for line in one.text.splitlines() if line.strip())


def _comparison(moved: Sequence[Moved]) -> Iterator[str]:
    yield from _table(
        ("指标", "之前", "之后", "变化", "变好", "变差", "偶然的可能 p"),
        [
            (
                _label(one.name),
                _percent(one.before.value),
                _percent(one.after.value),
                f"{100 * (one.after.value - one.before.value):+.1f}" if one.before.of else "–",
                str(len(one.better)),
                str(len(one.worse)),
                _chance(one.chance).removeprefix("= ") if one.better or one.worse else "–",
            )
            for one in moved
        ],
    )
    for one in moved:
        if one.better or one.worse:
            verdict = "不像是偶然" if one.believed else "可能只是偶然"
            yield f"\n{MEASURES[one.name].label}：{verdict}（p {_chance(one.chance)}）。"
            yield from (f"  {word}：{_ids(ids)}" for word, ids in (("变好", one.better), ("变差", one.worse)) if ids)
    if not any(one.better or one.worse for one in moved):
        yield "\n每一行都和之前一样。"


def _ids(ids: Sequence[str]) -> str:
    more = f" 等 {len(ids)} 行" if len(ids) > IDS_SHOWN else ""
    return "、".join(ids[:IDS_SHOWN]) + more


def _as_json(run: _Run) -> dict[str, Any]:
    tally = run.tally
    return {
        "rows": run.rows,
        "unreadable": run.unreadable,
        "figures": {name: _share_json(tally.share(name)) for name in MEASURES},
        "styles": [
            {
                "kind": style[0],
                "style": style[1],
                "rows": tally.rows[style],
                "right": _share_json(tally.right(style)),
                "recall_1": _share_json(tally.share("recall_1", style)),
                "recall_3": _share_json(tally.share("recall_3", style)),
            }
            for style in tally.styles
        ],
        "answer_ms": {"p50": _quantile(run, 0.5), "p99": _quantile(run, 0.99)},
        "failed": run.failed,
        "failures": [asdict(one) for one in run.failures],
    }


def _share_json(share: Share) -> dict[str, float | int | None]:
    if not share.of:
        return {"good": 0, "of": 0, "share": None, "low": None, "high": None}
    return {"good": share.good, "of": share.of, "share": share.value, "low": share.low, "high": share.high}


def _moved_json(one: Moved) -> dict[str, Any]:
    return {
        "before": _share_json(one.before),
        "after": _share_json(one.after),
        "better": one.better,
        "worse": one.worse,
        "p": one.chance,
        "by_chance": not one.believed,
    }


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Columns that stand straight in a terminal."""
    wide = [max(width(cell[place]) for cell in (head, *rows)) for place in range(len(head))]
    for cells in (head, *rows):
        filled = (f"{cell}{' ' * (room - width(cell))}" for cell, room in zip(cells, wide, strict=True))
        yield "  ".join(filled).rstrip()


def _label(name: str) -> str:
    measure = MEASURES[name]
    return f"{measure.label}{'' if measure.more_is_better else '（越低越好）'}"


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def _chance(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def _interval(share: Share) -> str:
    return f"{100 * share.low:.1f}–{100 * share.high:.1f}" if share.of else "–"


def _rows(share: Share) -> str:
    return f"{share.good}/{share.of}"


def _quantile(run: _Run, part: float) -> float:
    ordered = sorted(run.milliseconds)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
