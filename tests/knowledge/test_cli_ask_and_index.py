"""`fencun index` and `fencun ask` as an operator meets them."""

import json

import pytest

from bot.cli.batch import LONGEST_LINE
from bot.cli.knowledge import ask, index
from bot.settings import Settings
from knowledge.library import Library
from tests.knowledge.chroma_server import free_port


@pytest.fixture
def settings(guides, tmp_path):
    knowledge = {"guides": guides, "index": tmp_path / "var/index", "vectors": str(tmp_path / "var/chroma")}
    return Settings.model_validate({"knowledge": knowledge})


def batch(tmp_path, *lines):
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def test_index_reports_what_changed_and_why_files_cannot_be_used(settings, guides, capsys):
    (guides / "bad.md").write_text("没有标题")
    assert index(settings) == 0
    out, err = capsys.readouterr()
    assert "新增 4 份" in out
    assert "  sofa.md" in out
    assert "bad.md：缺少 title" in out
    assert "向量索引" in err
    (guides / "styling/rug.md").unlink()
    index(settings)
    assert "移除 1 份：\n  rug.md" in capsys.readouterr().out
    index(settings)
    assert "没有变化" in capsys.readouterr().out


def test_index_without_guides_fails_with_what_to_do(settings, tmp_path, capsys):
    nowhere = settings.model_copy(
        update={"knowledge": settings.knowledge.model_copy(update={"guides": tmp_path / "no"})}
    )
    assert index(nowhere) == 1
    assert "请检查设置 knowledge.guides" in capsys.readouterr().err


def test_without_its_chroma_server_the_index_is_made_and_questions_are_answered_by_words(settings, capsys):
    knowledge = settings.knowledge.model_copy(update={"vectors": f"http://127.0.0.1:{free_port()}"})
    remote = settings.model_copy(update={"knowledge": knowledge})
    assert index(remote) == 0
    assert "没有应答" in capsys.readouterr().out
    assert ask(remote, "想退货怎么弄", None, False) == 0
    said = capsys.readouterr()
    assert "7 天内可以无理由退货" in said.out
    assert "只用字词检索" in said.err


def test_ask_builds_the_index_when_there_is_none_and_when_guides_changed(settings, guides, write_guide, capsys):
    assert ask(settings, "想退货怎么弄", None, False) == 0
    assert "7 天内可以无理由退货" in capsys.readouterr().out
    write_guide(guides, "party.md", "团购规则", "团购满三人成团。")
    assert ask(settings, "团购规则", None, True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["citations"][0]["guide"] == "party.md"
    assert (found["refused"], found["urgent"], found["handoff"]) == (False, False, False)


def test_ask_takes_a_question_or_a_batch_and_not_both(settings, tmp_path):
    assert ask(settings, None, None, False) == 2
    assert ask(settings, "退货", batch(tmp_path), False) == 2


def test_a_batch_answers_every_readable_line_and_names_the_others(settings, tmp_path, capsys):
    history = ["真皮沙发平时怎么清洁", {"from": "bot", "name": "分寸", "text": "用软布。"}]
    lines = [
        {"id": "a", "question": "想退货怎么弄"},
        b"{broken",
        b"",
        {"id": 4, "question": "今天股票涨了吗"},
        {"question": "no id"},
        {"id": "e", "question": 5},
        b'{"id": "\\ud83d", "question": "x"}',
        "退货".encode("gb18030"),
        b"[" * 100_000,
        b"x" * (LONGEST_LINE + 10),
        {"id": "f", "question": "那油渍呢", "history": history},
        {"id": "g", "question": "x", "history": [{"from": "robot", "text": "x"}]},
    ]
    assert ask(settings, None, batch(tmp_path, *lines), False) == 1
    out, err = capsys.readouterr()
    found = {one["id"]: one for one in map(json.loads, out.splitlines())}
    assert list(found) == ["a", 4, "f"]
    assert set(found["a"]) == {"id", "answer", "refused", "urgent", "handoff", "citations"}
    assert set(found["a"]["citations"][0]) == {"guide", "section", "score"}
    assert found[4]["refused"]
    assert "油渍先用干布吸走" in found["f"]["answer"]
    assert [number for number in range(1, 13) if f"第 {number} 行" in err] == [2, 5, 6, 7, 8, 9, 10, 12]
    assert "8 行读不懂" in err


def test_a_batch_without_faults_ends_well(settings, tmp_path, capsys):
    assert ask(settings, None, batch(tmp_path, {"id": 1, "question": "退货"}), False) == 0
    assert ask(settings, None, tmp_path / "missing.jsonl", False) == 1
    assert "missing.jsonl" in capsys.readouterr().err


def test_ask_works_beside_a_running_server_that_holds_the_vectors(settings, tmp_path, capsys):
    assert index(settings) == 0
    serving = Library.open(settings.knowledge.index, tmp_path / "var/chroma")
    try:
        capsys.readouterr()
        assert ask(settings, "想退货怎么弄", None, False) == 0
        out, err = capsys.readouterr()
        assert "无理由退货" in out
        assert "向量" not in err
        assert serving.vectors_ok
    finally:
        serving.close()


def test_ask_heals_a_broken_index_by_itself(settings, tmp_path, capsys):
    assert index(settings) == 0
    for path in (tmp_path / "var").rglob("*"):
        if path.is_file() and path.name != "current":
            path.write_bytes(b"garbage")
    assert ask(settings, "想退货怎么弄", None, False) == 0
    assert "无理由退货" in capsys.readouterr().out


def test_ask_answers_from_the_old_index_when_a_new_one_cannot_be_made(settings, guides, capsys):
    assert index(settings) == 0
    for path in guides.rglob("*.md"):
        path.unlink()
    assert ask(settings, "想退货怎么弄", None, False) == 0
    out, err = capsys.readouterr()
    assert "无理由退货" in out
    assert "原有索引保持不变" in err
