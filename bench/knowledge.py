"""The library: what it finds against plain BM25 in the same run, and how it bears many passages."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.children import Child
from bench.figures import Figure, percentile
from bench.knowledge_bm25 import Plain
from bench.knowledge_library import large_library
from bench.knowledge_serving import TODAY
from bench.place import Place
from bot.sandbox.run import SAMPLE_GUIDES
from knowledge.evaluation import Row, row
from knowledge.guides import read_folder
from knowledge.indexing.passages import split
from knowledge.library import Library

EVALUATION = Path(__file__).resolve().parent.parent / "tests" / "evaluation"
PASSAGES = 100_000
OVERALL, EVERYDAY = 8.0, 15.0  # points of recall@1 above plain BM25
EVERYDAY_STYLES = ("colloquial", "paraphrase")
BUILD_SECONDS, BUILD_MB = 120.0, 1200.0
SEARCH_P50_MS, SEARCH_P99_MS, ANSWER_P50_MS = 5.0, 20.0, 30.0
VISIBLE_SECONDS, STALL_MS = 3.0, 20.0
PATIENCE = 3600.0  # seconds for each process


async def knowledge(place: Place, _seconds: float | None, passages: int = PASSAGES) -> list[Figure]:
    """What is found in the sample guides; then a library of so many `passages`, unless there are to be none."""
    found = await asyncio.to_thread(quality, place)
    return [*found, *(await speed(place, passages) if passages else [])]


def quality(place: Place) -> list[Figure]:
    """recall@1 over the test half of the evaluation set, rows that stand by themselves."""
    rows = [one for one in _rows("test.jsonl") if one.kind == "answerable" and not one.history]
    library = Library.open(place.root / "index", place.root / "chroma")
    guides, _ = read_folder(SAMPLE_GUIDES)
    plain = Plain.create(place.root / "plain", (passage for guide in guides for passage in split(guide)))
    found: defaultdict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for one in rows:
        ours = [hit.passage.guide for hit in library.search(one.question, TODAY)]
        theirs = plain.search(one.question)
        found[one.style].append((_first(ours, one), _first(theirs, one)))
    library.close()
    every = [both for style in found.values() for both in style]
    everyday = [both for style in EVERYDAY_STYLES for both in found[style]]
    gains = {style: _points(both) for style, both in sorted(found.items())}
    return [
        Figure("quality: recall@1", 100 * mean(ours for ours, _ in every), "%"),
        Figure("quality: recall@1, plain BM25", 100 * mean(theirs for _, theirs in every), "%"),
        Figure("quality: gain", _points(every), "points", OVERALL, True),
        Figure(f"quality: gain, {' and '.join(EVERYDAY_STYLES)}", _points(everyday), "points", EVERYDAY, True),
        Figure("quality: gain, worst style", min(gains.values()), "points", 0.0, True),
        *(Figure(f"quality: gain, {style} ({len(found[style])})", gain, "points") for style, gain in gains.items()),
    ]


def _first(found: Sequence[str], asked: Row) -> bool:
    return bool(found) and found[0] in asked.guides


def _points(both: Sequence[tuple[bool, bool]]) -> float:
    return 100 * (mean(ours for ours, _ in both) - mean(theirs for _, theirs in both))


async def speed(place: Place, passages: int) -> list[Figure]:
    """A library of `passages`, built, opened, asked and added to, each in a process of its own."""
    root = place.root / "large"
    guides, index, vectors, plain = (root / name for name in ("guides", "index", "chroma", "plain"))
    questions = root / "questions.json"
    root.mkdir()
    count = await asyncio.to_thread(large_library, guides, passages)
    questions.write_text(json.dumps(_questions(), ensure_ascii=False), encoding="utf-8")
    build_seconds, built = await _run(place, "bench.knowledge_build", guides, index, vectors)
    plain_seconds, _ = await _run(place, "bench.knowledge_bm25", guides, plain)
    _, served = await _run(place, "bench.knowledge_serving", guides, index, vectors, plain, questions)
    return [
        Figure("library: guides", count, ""),
        Figure("library: passages", built["passages"], ""),
        Figure("build: time", build_seconds, "s", BUILD_SECONDS),
        Figure("build: time, plain BM25", plain_seconds, "s"),
        Figure("build: memory, peak", built["peak_mb"], "MB", BUILD_MB),
        *_serving(served),
    ]


def _serving(served: dict[str, Any]) -> list[Figure]:
    ours, theirs, answers = served["searches"], served["plain"], served["answers"]
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    return [
        Figure("search: p50", percentile(ours, 0.5), "ms", SEARCH_P50_MS),
        Figure("search: p99", percentile(ours, 0.99), "ms", SEARCH_P99_MS),
        Figure("search: p50, plain BM25", percentile(theirs, 0.5), "ms"),
        Figure("search: p99, plain BM25", percentile(theirs, 0.99), "ms"),
        Figure("search: time, ratio to plain BM25", ratio, "×"),
        Figure("answer: p50", percentile(answers, 0.5), "ms", ANSWER_P50_MS),
        Figure("answer: p99", percentile(answers, 0.99), "ms"),
        Figure("open: time", served["open"], "s"),
        Figure("serving: resident, opened", served["resident_mb"], "MB"),
        Figure("serving: resident, after answers", served["resident_mb_after"], "MB"),
        Figure("serving: peak, two generations open", served["peak_mb"], "MB"),
        Figure("one guide added: index updated", served["update"], "s"),
        Figure("one guide added: visible", served["visible"], "s", VISIBLE_SECONDS),
        Figure("one guide added: reported", served["reported"], "s"),
        Figure("stall: nothing to do", served["quiet_stall"], "ms"),
        Figure("stall: first opening, nobody asks", served["first_open_stall"], "ms"),
        Figure("stall: people ask", served["asking_stall"], "ms"),
        Figure("stall: people ask, index updated", served["building_stall"], "ms", STALL_MS),
        Figure("stall: people ask, new generation opened", served["opening_stall"], "ms", STALL_MS),
    ]


async def _run(place: Place, module: str, *arguments: Path) -> tuple[float, Any]:
    """Run a module to its end; the seconds it took, start included, and what it said."""
    began = time.perf_counter()
    process = await Child.start(module, *map(str, arguments), log=place.log)
    try:
        said = await process.everything(PATIENCE)
    finally:
        await process.end()
    return time.perf_counter() - began, json.loads(said) if said else None


def _questions() -> list[str]:
    """Everything the evaluation asks that is no emergency: those are answered before any search."""
    rows = [one for name in ("dev.jsonl", "test.jsonl") for one in _rows(name)]
    return list(dict.fromkeys(one.question for one in rows if one.kind != "urgent" and not one.history))


def _rows(name: str) -> list[Row]:
    return [row(json.loads(line)) for line in (EVALUATION / name).read_text(encoding="utf-8").splitlines()]
