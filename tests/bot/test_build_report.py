"""What the log says of a build that failed, and that it says no word of a guide."""

import os
from pathlib import Path

import pytest

from bot import librarian
from bot.build_report import guides_named, reason
from knowledge.indexing.index import _failure
from tests.bot.conftest import OpenHouse
from tests.bot.rough import ask, journal

CRASH = """正在写向量
Traceback (most recent call last):
  File "index.py", line 1, in build
KeyError: '沙发离墙'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "index.py", line 2, in build
    check(text)
ValueError: 沙发和茶几之间
留 30 到 45 厘米
"""


def test_the_reason_is_the_sentence_of_the_build_and_not_those_of_single_guides() -> None:
    report = "正在读指南\n/g 里没有一份可用的指南。目前没有可用的索引。\n- sofa.md：缺少 title\n- tea.md：没有正文"
    assert reason(report) == "/g 里没有一份可用的指南。目前没有可用的索引。"
    assert guides_named(report) == 2


def test_of_a_crash_only_the_class_is_told() -> None:
    assert reason(CRASH) == "ValueError"


def test_what_a_check_found_is_not_told(tmp_path: Path) -> None:
    told = reason(_failure(ValueError("沙发（三人）和茶几\n之间"), tmp_path))
    assert "没有通过检查" in told
    assert "沙发" not in told
    assert "之间" not in told


def test_what_the_system_said_is_told(tmp_path: Path) -> None:
    assert os.strerror(28) in reason(_failure(OSError(28, os.strerror(28)), tmp_path))


def test_one_that_was_killed_said_nothing() -> None:
    assert reason("") == ""


async def test_the_log_and_readiness_say_why_there_is_no_index(open_house: OpenHouse, tmp_path: Path) -> None:
    (tmp_path / "guides").mkdir()
    (tmp_path / "guides" / "untitled.md").write_text("---\ntopic: styling\n---\n正文。\n", encoding="utf-8")
    with journal() as log:
        async with open_house(knowledge=own(tmp_path)) as house:
            ready = await ask(house, "GET", "/readyz")
    [line] = log.of("index_not_built")
    assert (line["code"], line["guides"]) == (1, 1)
    assert "没有一份可用的指南" in line["why"]
    assert "没有一份可用的指南" in ready.text
    assert "untitled.md" not in log.text


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), RuntimeError("can't start new thread")])
async def test_a_builder_that_cannot_be_started_is_a_build_that_failed(
    open_house: OpenHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(librarian.asyncio, "create_subprocess_exec", refused)
    with journal() as log:
        async with open_house(knowledge=own(tmp_path)) as house:
            assert (await ask(house, "GET", "/readyz")).status == 503
    assert [line["code"] for line in log.of("index_not_built")] == [os.EX_OSERR]
    assert "没能启动" in log.of("no_library")[0]["why"]
    assert log.tracebacks == []


def own(folder: Path) -> dict[str, object]:
    return {"guides": folder / "guides", "index": folder / "index", "vectors": str(folder / "chroma")}
