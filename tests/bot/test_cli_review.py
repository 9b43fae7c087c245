"""`fencun review --batch`: one answer a line, what cannot be read is named, and no word list means no review."""

import io
import json
import sys
from pathlib import Path

import pytest

from bot.cli.review import review

GOOD = '{"id": "a", "title": "儿童床", "body": "全网最低价，1299 元下单。"}\n{"id": 2, "body": "第一步先看水洗标。"}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_post_is_judged_and_lines_that_are_none_are_named(folder: Path, capsys) -> None:
    (folder / "in.jsonl").write_text(GOOD + 'no json\n{"id": 3, "title": 5, "body": ""}\n', encoding="utf-8")
    assert review(Path("in.jsonl")) == 1
    told = capsys.readouterr()
    first, second = map(json.loads, told.out.splitlines())
    assert list(first) == ["id", "kind", "violations", "lexicon"]
    assert (first["kind"], first["violations"][0]["code"]) == ("promo", "absolute_term")
    assert set(first["violations"][0]) == {"code", "quote", "why", "law"}
    assert (second["id"], second["violations"]) == (2, [])
    assert "第 3 行" in told.err
    assert "第 4 行" in told.err


def test_standard_input_is_read_and_the_answers_go_to_a_file(folder: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.encode())))
    assert review(Path("-"), Path("out.jsonl")) == 0
    assert len((folder / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert capsys.readouterr().out == ""


def test_the_operators_words_are_added_and_a_broken_list_stops_the_review(folder: Path, capsys) -> None:
    (folder / "in.jsonl").write_text('{"id": 1, "body": "宇宙好货。"}\n', encoding="utf-8")
    (folder / "posts").mkdir()
    own = folder / "posts" / "lexicon.yaml"
    own.write_text("version: 7\ndate: 2026-12-01\ncodes: {absolute_term: {words: [宇宙好货]}}\n", encoding="utf-8")
    assert review(Path("in.jsonl")) == 0
    assert json.loads(capsys.readouterr().out)["violations"][0]["quote"] == "宇宙好货"
    own.write_text("version: [", encoding="utf-8")
    assert review(Path("in.jsonl")) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "词表" in told.err


def test_a_missing_file_is_named(capsys) -> None:
    assert review(Path("none.jsonl")) == 1
    assert "none.jsonl" in capsys.readouterr().err
