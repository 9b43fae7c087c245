"""`fencun eval` as an operator meets it."""

import json

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.batch import LONGEST_LINE
from bot.cli.evaluation import FAILURES_SHOWN, compare_runs, evaluate
from bot.settings import Settings
from knowledge.evaluation import MEASURES

ROWS = [
    {
        "id": "a",
        "question": "真皮沙发有油渍",
        "kind": "answerable",
        "style": "plain",
        "guide": "sofa.md",
        "must": ["干布"],
    },
    {
        "id": "b",
        "question": "退货可以吗",
        "kind": "answerable",
        "style": "plain",
        "guide": ["returns.md"],
        "must": ["9 天内"],
    },
    {
        "id": "c",
        "question": "那油渍呢",
        "kind": "answerable",
        "style": "followup",
        "guide": ["sofa.md"],
        "history": ["真皮沙发平时怎么清洁", {"from": "bot", "text": "用软布。\n\n——《真皮沙发怎么清洁保养》"}],
    },
    {"id": "d", "question": "今天股票涨了吗", "kind": "unanswerable", "style": "far"},
    {"id": "e", "question": "宝宝不小心吞了一颗纽扣电池", "kind": "urgent", "style": "danger"},
]


@pytest.fixture
def settings(guides, tmp_path):
    knowledge = {"guides": guides, "index": tmp_path / "var/index", "vectors": str(tmp_path / "var/chroma")}
    return Settings.model_validate({"knowledge": knowledge})


@pytest.fixture
def questions(tmp_path):
    def write(*lines):
        path = tmp_path / "questions.jsonl"
        path.write_bytes(b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in lines))
        return path

    return write


def run(settings, file, save=None, *, as_json=False, verbose=False):
    return evaluate(settings, file, save, as_json=as_json, verbose=verbose)


def test_figures_styles_and_failures_are_printed(settings, questions, capsys):
    assert run(settings, questions(*ROWS)) == 0
    out, err = capsys.readouterr()
    assert "共 5 行：可答 3、不可答 1、紧急 1" in out
    assert "4 份指南" in out
    assert "100.0 %  34.2–100.0  2/2" in out  # both standalone guides first
    assert "- b［plain］退货可以吗" in out
    assert "应为：returns.md、9 天内" in out
    assert "实为：returns.md、缺“9 天内”" in out
    assert "毫秒" in out
    assert "0 行读不懂" in err


def test_verbose_shows_the_answers_that_failed(settings, questions, capsys):
    run(settings, questions(ROWS[1]), verbose=True)
    assert "    ｜签收次日起 7 天内" in capsys.readouterr().out
    run(settings, questions(ROWS[1]))
    assert "签收次日起" not in capsys.readouterr().out


def test_at_most_two_hundred_failures_are_listed_and_all_are_counted(settings, questions, capsys):
    assert run(settings, questions(*({**ROWS[1], "id": number} for number in range(FAILURES_SHOWN + 3)))) == 0
    out = capsys.readouterr().out
    assert "做错的 203 行（列出前 200 行）" in out
    assert out.count("应为：") == FAILURES_SHOWN


def test_json_holds_the_same_and_nothing_else_is_on_stdout(settings, questions, capsys):
    assert run(settings, questions(*ROWS), as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["figures"]) == set(MEASURES)
    assert found["figures"]["recall_1"]["share"] == 1.0
    assert found["figures"]["section_1"] == {"good": 0, "of": 0, "share": None, "low": None, "high": None}
    assert found["figures"]["urgent"]["good"] == 1
    assert [one["id"] for one in found["failures"]] == ["b"]
    assert found["answer_ms"]["p50"] > 0
    assert {one["style"] for one in found["styles"]} == {"plain", "followup", "far", "danger"}


def test_unreadable_lines_are_named_and_the_others_still_count(settings, questions, capsys):
    lines = [
        ROWS[0],
        b"{broken",
        b"",
        {**ROWS[1], "kind": "perhaps"},
        ROWS[0],
        b'{"id": "\\ud83d", "question": "x", "kind": "urgent"}',
        b"x" * (LONGEST_LINE + 10),
        ROWS[3],
    ]
    assert run(settings, questions(*lines)) == 1
    out, err = capsys.readouterr()
    assert [number for number in range(1, 9) if f"第 {number} 行读不懂" in err] == [2, 4, 5, 6, 7]
    assert "id a 前面已经有了" in err
    assert "共 2 行" in out


def test_a_guide_that_the_library_does_not_have_is_named_once(settings, questions, capsys):
    gone = {**ROWS[0], "guide": ["gone.md"]}
    assert run(settings, questions(gone, {**gone, "id": "z"})) == 0
    assert capsys.readouterr().err.count("gone.md 不在指南库里") == 1


@pytest.mark.parametrize("content", [b"", b"\n\n", b"{broken\n", b"\x00\xff"])
def test_a_file_without_a_usable_row_is_refused(settings, questions, tmp_path, capsys, content):
    assert run(settings, questions(content), tmp_path / "out.json") == 2
    out, err = capsys.readouterr()
    assert not out
    assert "没有一行能用的问题" in err
    assert not (tmp_path / "out.json").exists()


def test_a_file_or_folder_that_cannot_be_read_or_written_is_refused(settings, questions, tmp_path, capsys):
    assert run(settings, tmp_path / "missing.jsonl") == 2
    assert run(settings, tmp_path) == 2
    assert run(settings, questions(ROWS[3]), tmp_path / "no" / "out.json") == 2
    err = capsys.readouterr().err
    assert "missing.jsonl 读不了" in err
    assert "out.json.part 读不了或写不了" in err


def test_without_guides_there_is_nothing_to_ask(settings, questions, guides, capsys):
    for path in guides.rglob("*.md"):
        path.unlink()
    assert run(settings, questions(*ROWS)) == 1
    assert "没有一份可用的指南" in capsys.readouterr().err


def test_two_saved_runs_are_compared(settings, questions, tmp_path, write_guide, guides, capsys):
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    run(settings, questions(*ROWS), before)
    (guides / "service/returns.md").unlink()
    write_guide(guides, "service/returns.md", "退换货规则", "退货：签收次日起 9 天内可以无理由退货。")
    run(settings, questions(*ROWS, {**ROWS[3], "id": "new"}), after)
    capsys.readouterr()
    assert compare_runs(before, after, as_json=False) == 0
    out = capsys.readouterr().out
    assert "5 行两份都有；只在前一份的 0 行，只在后一份的 1 行" in out
    assert "答对：可能只是偶然（p = 1.000）。\n  变好：b" in out
    assert compare_runs(before, after, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["figures"]["correct"]["better"] == ["b"]
    assert found["figures"]["correct"]["by_chance"]
    assert compare_runs(after, after, as_json=False) == 0
    assert "每一行都和之前一样" in capsys.readouterr().out


def test_only_saved_results_with_common_rows_can_be_compared(settings, questions, tmp_path, capsys):
    saved, other = tmp_path / "saved.json", tmp_path / "other.json"
    run(settings, questions(ROWS[3]), saved)
    run(settings, questions(ROWS[4]), other)
    assert compare_runs(saved, questions(*ROWS), as_json=False) == 2
    assert compare_runs(saved, tmp_path / "missing", as_json=False) == 2
    assert compare_runs(saved, other, as_json=False) == 2
    err = capsys.readouterr().err
    assert "--save" in err
    assert "没有相同的问题" in err


@pytest.mark.parametrize("words", [["a", "b"], ["--compare", "a"], ["--compare", "a", "b", "--save", "c"]])
def test_a_wrong_number_of_files_is_answered_with_the_usage(words):
    result = CliRunner().invoke(app, ["eval", *words])
    assert result.exit_code == 2
    assert "用法" in result.output


def test_the_command_hands_its_options_on(questions, guides, tmp_path, monkeypatch):
    monkeypatch.setenv("FENCUN_CONFIG", "/dev/null")
    for key, value in {"GUIDES": guides, "INDEX": tmp_path / "i", "VECTORS": tmp_path / "v"}.items():
        monkeypatch.setenv(f"FENCUN_KNOWLEDGE__{key}", str(value))
    save = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["eval", str(questions(*ROWS)), "--json", "--save", str(save)])
    assert result.exit_code == 0
    assert len(save.read_text().splitlines()) == len(ROWS)
    assert CliRunner().invoke(app, ["eval", "--compare", str(save), str(save)]).exit_code == 0
