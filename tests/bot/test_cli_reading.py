"""`fencun mood --batch` and `fencun intent --batch`: one answer a line, and what cannot be read is named."""

import json

from bot.cli.reading import intent, mood


def test_every_readable_line_is_answered_and_the_others_are_counted(tmp_path, capsys) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"id": 1, "text": "退订"}\nno json\n\n{"id": "b", "text": "我要投诉你们到12315", "history": ["在吗"]}\n'
    )
    assert mood(file) == 1
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [list(row) for row in rows] == [["id", "mood", "escalate", "reason"]] * 2
    assert rows[1]["escalate"] is True
    assert "第 2 行" in told.err
    assert intent(file) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"id": 1, "intent": "opt_out"}


def test_a_file_of_good_lines_ends_well_and_a_missing_one_is_named(tmp_path, capsys) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "text": ""}\n')
    assert (mood(file), intent(file)) == (0, 0)
    assert mood(tmp_path / "none.jsonl") == 1
    assert "none.jsonl" in capsys.readouterr().err
