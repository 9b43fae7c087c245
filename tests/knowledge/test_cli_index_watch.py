"""`fencun index`: what it reports beside the changes, and how it goes on by itself with --watch."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.knowledge import index
from bot.cli.watching import watch
from bot.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def settings(guides, tmp_path):
    knowledge = {"guides": guides, "index": tmp_path / "var/index", "vectors": str(tmp_path / "var/chroma")}
    return Settings.model_validate({"knowledge": knowledge})


class Watching:
    """`fencun index --watch` in a process of its own."""

    def __init__(self, guides: Path, var: Path) -> None:
        places = {"GUIDES": guides, "INDEX": var / "index", "VECTORS": var / "chroma"}
        settings = {f"FENCUN_KNOWLEDGE__{key}": str(place) for key, place in places.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "index", "--watch"],
            cwd=ROOT,
            env={**os.environ, "FENCUN_CONFIG": os.devnull, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def line(self, *, error: bool = False) -> str:
        """The next line, waited for half a minute at most."""
        output = self.process.stderr if error else self.process.stdout
        assert output is not None
        ready, _, _ = select.select([output], [], [], 30)
        assert ready, "nothing was printed"
        return output.readline().decode().strip()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


@pytest.fixture
def watching(guides, tmp_path) -> Iterator[Watching]:
    started = Watching(guides, tmp_path / "var")
    yield started
    if started.process.poll() is None:
        started.process.kill()
    started.process.communicate()


def test_index_ends_with_what_a_person_should_look_at(settings, guides, write_guide, capsys):
    write_guide(guides, "faq.md", "退货须知", "签收次日起 15 天内可以无理由退货。\n", valid_until="2020-01-01")
    write_guide(guides, "more.md", "退货说明", "签收次日起 15 天内可以无理由退货。\n")
    (guides / "old.doc").write_bytes(b"x")
    assert index(settings) == 0
    out = capsys.readouterr().out
    assert "不能用 1 处：\n  old.doc：暂不支持" in out
    assert "可能互相矛盾 1 处：\n  15天 还是 7天？more.md：“签收次日起 15 天内可以无理由退货。”；returns.md：“" in out
    assert "已过期 1 份（不会再引用）：\n  faq.md（有效期到 2020-01-01）" in out
    assert out.index("个段落") < out.index("互相矛盾")


def test_a_saved_guide_is_in_the_index_within_three_seconds(watching, guides, write_guide):
    assert "4 份" in watching.line()
    start = time.monotonic()
    write_guide(guides, "party.md", "团购规则", "团购满三人成团。")
    assert watching.line().startswith("新增 1 份；共")
    assert time.monotonic() - start < 3
    (guides / "party.md").unlink()
    assert watching.line().startswith("移除 1 份")
    assert watching.stop() == 0


def test_a_failing_build_says_why_and_the_watching_goes_on(watching, guides, write_guide):
    watching.line()
    watching.line(error=True)
    for path in sorted(guides.rglob("*.md")):
        path.rename(path.with_suffix(".off"))
    assert "没有一份可用的指南" in watching.line(error=True)
    write_guide(guides, "party.md", "团购规则", "团购满三人成团。")
    assert watching.line().startswith("新增 1 份，移除 4 份")
    assert watching.stop() == 0


def test_a_file_that_cannot_be_used_is_named_on_the_line(watching, guides):
    watching.line()
    (guides / "bad.md").write_text("没有标题")
    assert "1 处不能用，例如 bad.md" in watching.line()
    assert watching.stop() == 0


def test_temporary_files_and_our_own_do_not_count_and_a_change_meanwhile_does(tmp_path):
    folder = tmp_path / "guides"
    ours = folder / "var"
    ours.mkdir(parents=True)
    seen: list[set[str]] = []

    def rebuild() -> None:
        seen.append({path.name for path in folder.iterdir()})
        (ours / "index").write_text(str(len(seen)))
        (folder / "~$a.docx").write_text("x")
        if len(seen) == 1:
            (folder / "a.md").write_text("during the first build")
        else:
            raise KeyboardInterrupt

    watch(folder, [ours], rebuild)
    assert [("a.md" in names) for names in seen] == [False, True]


def test_a_folder_that_is_missing_is_waited_for_and_one_that_is_replaced_is_followed(tmp_path):
    folder, beside = tmp_path / "guides", tmp_path / "new"
    seen: list[bool] = []

    def rebuild() -> None:
        seen.append(folder.is_dir())
        match len(seen):
            case 1:
                folder.mkdir()
            case 2:
                folder.rename(tmp_path / "old")
                beside.mkdir()
                beside.rename(folder)
            case 3 | 4:
                (folder / f"{len(seen)}.md").write_text("x")
            case _:
                raise KeyboardInterrupt

    watch(folder, [], rebuild)
    assert seen == [False, True, True, True, True]


def test_a_folder_that_comes_back_with_those_above_it_is_noticed(tmp_path):
    folder = tmp_path / "share" / "brand" / "guides"
    seen: list[bool] = []
    comes_back = threading.Timer(0.3, folder.mkdir, kwargs={"parents": True})

    def rebuild() -> None:
        seen.append(folder.is_dir())
        if seen[-1]:
            raise KeyboardInterrupt
        comes_back.start()

    watch(folder, [], rebuild)
    assert seen == [False, True]
