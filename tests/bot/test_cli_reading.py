"""`fencun mood --batch` and `fencun intent --batch`: one answer a line, and what cannot be read is named."""

import json
from pathlib import Path

import pytest

from bot.cli.reading import intent, mood


def test_every_readable_line_is_answered_and_the_others_are_counted(tmp_path, capsys) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": 1, "text": "退订"}\nno json\n\n{"id": "b", "text": "我要投诉你们到12315", "history": ["在吗"]}\n'
    )
    assert mood(None, file) == 1
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [list(row) for row in rows] == [["id", "mood", "escalate", "reason"]] * 2
    assert rows[1]["escalate"] is True
    assert "第 2 行" in told.err
    assert intent(None, file) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"id": 1, "intent": "opt_out"}


def test_a_file_of_good_lines_ends_well_and_a_missing_one_is_named(tmp_path, capsys) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "text": ""}\n')
    assert (mood(None, file), intent(None, file)) == (0, 0)
    assert mood(None, tmp_path / "none.jsonl") == 1
    assert "none.jsonl" in capsys.readouterr().err


def test_one_text_is_read_without_a_file(capsys) -> None:
    assert mood("我要投诉你们到12315", None) == 0
    assert json.loads(capsys.readouterr().out)["escalate"] is True
    assert intent("退订", None) == 0
    assert json.loads(capsys.readouterr().out) == {"intent": "opt_out"}


@pytest.mark.parametrize(("text", "file"), [(None, None), ("", None), (" ", None), ("退订", Path("in.jsonl"))])
def test_a_text_or_a_file_is_wanted_and_not_both(text, file, capsys) -> None:
    assert (mood(text, file), intent(text, file)) == (2, 2)
    assert "二者选一" in capsys.readouterr().err
