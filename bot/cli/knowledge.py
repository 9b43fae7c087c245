"""`fencun index` and `fencun ask`: the guides into the index, and answers from it. Nothing here talks to WeCom."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from bot.cli.batch import Unreadable, lines_of, row_of, said_before
from bot.clock import SystemClock
from bot.models import assistant_of, embedder_of
from bot.settings import Settings
from knowledge.embeddings.places import on_server, place_of
from knowledge.indexing import generation
from knowledge.indexing.generation import NoIndex
from knowledge.indexing.index import Built, IndexFailed, build, outdated
from knowledge.library import Library
from knowledge.model.chat import Assistant, ModelUnusable
from knowledge.review import review
from knowledge.types import Answer, Line

_PROGRESS_EVERY = 100  # lines


@dataclass(frozen=True, slots=True)
class _Asked:
    id: str | int
    question: str
    history: tuple[Line, ...]


def index(settings: Settings, watch: bool = False) -> int:
    """Bring the index up to the guides folder, print what changed and what a person should look at.

    `watch`: then go on with every change until Ctrl-C, one line per build. Returns the exit code.
    """
    try:
        if watch:
            return _index_on_change(settings)
        built = _build(settings)
        print("\n".join((*_report(built), *_to_look_at(settings, built))))
    except (IndexFailed, Unreadable) as error:
        _say(str(error))
        return 1
    return 0


def ask(settings: Settings, question: str | None, batch: Path | None, as_json: bool) -> int:
    """Answer one question, or every line of a JSON Lines file (`-`: standard input), as the bot would.

    The index is made first when there is none or the guides changed. Returns the exit code: 0 when everything was
    answered, 1 when lines were unreadable or there is nothing to answer from, 2 when there is not one of the two, or
    an empty question.
    """
    if bool(question and question.strip()) == (batch is not None):
        _say("请给出一个问题，或用 --batch 给出一个文件，二者选一。")
        return 2
    try:
        library = open_library(settings)
    except (IndexFailed, NoIndex, Unreadable) as error:
        _say(str(error))
        return 1
    try:
        today = SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()
        if batch is not None:
            return _ask_file(library, batch, today)
        answer = asyncio.run(library.answer(question or "", (), today))
        print(_json(_shown(answer)) if as_json else answer.text)
        return 0
    finally:
        library.close()


def _build(settings: Settings) -> Built:
    places = settings.knowledge
    return build(places.guides, places.index, place_of(places.vectors), _say, embedder_of(settings))


def open_library(settings: Settings) -> Library:
    """The library as of the guides folder; an older one with a warning when it cannot be brought up to date."""
    if outdated(settings.knowledge.guides, settings.knowledge.index):
        _try_build(settings)
    try:
        library = _open(settings)
    except NoIndex:
        _build(settings)
        return _open(settings)
    if library.needs_rebuild:
        library.close()
        _try_build(settings)
        library = _open(settings)
    if not library.vectors_ok:
        _say(f"向量检索暂不可用，只用字词检索：{library.vectors_reason}")
    return library


def _open(settings: Settings) -> Library:
    return Library.open(
        settings.knowledge.index,
        place_of(settings.knowledge.vectors),
        embedder=partial(embedder_of, settings),
        assistant=_assistant(settings),
        share=True,
    )


def _try_build(settings: Settings) -> None:
    try:
        _build(settings)
    except IndexFailed as error:
        _say(str(error))


def _assistant(settings: Settings) -> Assistant | None:
    try:
        return assistant_of(settings)
    except ModelUnusable as error:
        _say(f"对话模型用不了，只引用指南原文：{error}")
        return None


def _index_on_change(settings: Settings) -> int:
    from bot.cli.watching import watch

    places = settings.knowledge
    ours = [places.index] if on_server(places.vectors) else [places.index, Path(places.vectors)]

    def rebuild() -> None:
        start = time.monotonic()
        try:
            built = build(places.guides, places.index, place_of(places.vectors), embedder=embedder_of(settings))
        except IndexFailed as error:
            _say(str(error))
        else:
            print(_one_line(built, time.monotonic() - start), flush=True)

    _say(f"正在留意 {places.guides} 的改动（Ctrl-C 停止）。")
    watch(places.guides, ours, rebuild)
    return 0


def _one_line(built: Built, seconds: float) -> str:
    counts = (("新增", built.added), ("修改", built.changed), ("移除", built.removed))
    changes = "，".join(f"{label} {len(names)} 份" for label, names in counts if names) or "没有变化"
    unusable = f"；{len(built.rejected)} 处不能用，例如 {built.rejected[0].name}" if built.rejected else ""
    return f"{changes}{unusable}；共 {built.passages} 个段落（{seconds:.1f} 秒）"


def _to_look_at(settings: Settings, built: Built) -> tuple[str, ...]:
    """What the review of the guides in use found; nothing when another build has already replaced them."""
    try:
        guides, _ = generation.load(settings.knowledge.index / built.generation)
    except NoIndex:
        return ()
    return review(guides, _today(settings)).lines()


def _today(settings: Settings) -> date:
    return SystemClock().now().astimezone(ZoneInfo(settings.timezone)).date()


def _report(built: Built) -> Iterator[str]:
    for label, names in (("新增", built.added), ("修改", built.changed), ("移除", built.removed)):
        if names:
            yield f"{label} {len(names)} 份："
            yield from (f"  {name}" for name in names)
    if built.rejected:
        yield f"不能用 {len(built.rejected)} 处："
        yield from (f"  {one.name}：{one.reason}" for one in built.rejected)
    if not built.fresh:
        yield "指南没有变化，继续使用现有索引。"
    if not built.vectors_ok:
        yield f"向量检索暂不可用，只用字词检索：{built.vectors_reason}"
    yield f"索引 {built.generation}：共 {built.passages} 个段落。"


def _ask_file(library: Library, batch: Path, today: date) -> int:
    try:
        if str(batch) == "-":
            return asyncio.run(_ask_lines(library, sys.stdin.buffer, today))
        with batch.open("rb") as file:
            return asyncio.run(_ask_lines(library, file, today))
    except OSError as error:
        _say(f"读不了 {batch}（{error.strerror}），请检查路径和权限。")
        return 1


async def _ask_lines(library: Library, file: BinaryIO, today: date) -> int:
    answered = unreadable = 0
    for number, line in enumerate(lines_of(file), 1):
        if not line.strip():
            continue
        try:
            asked = _parse(line)
        except Unreadable as error:
            unreadable += 1
            _say(f"第 {number} 行读不懂：{error}")
            continue
        answer = await library.answer(asked.question, asked.history, today)
        print(_json({"id": asked.id, **_shown(answer)}), flush=True)
        answered += 1
        if answered % _PROGRESS_EVERY == 0:
            _say(f"已回答 {answered} 行。")
    _say(f"共回答 {answered} 行，{unreadable} 行读不懂。")
    return 1 if unreadable else 0


def _parse(line: bytes) -> _Asked:
    found = row_of(line, "question", "要写成 {id, question, history?}，question 是文字。")
    return _Asked(found["id"], found["question"], said_before(found))


def _shown(answer: Answer) -> dict[str, Any]:
    cited: Sequence[dict[str, Any]] = [
        {"guide": one.guide, "section": one.section, "score": one.score} for one in answer.citations
    ]
    return {
        "answer": answer.text,
        "refused": answer.refused,
        "urgent": answer.urgent,
        "handoff": answer.handoff,
        "citations": cited,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
