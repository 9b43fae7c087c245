import os
from datetime import date
from pathlib import Path

import pytest

from knowledge.guides import LARGEST, read_folder


def reason(folder: Path, content: bytes) -> str:
    """Why a file with this content is no guide."""
    folder.mkdir(exist_ok=True)
    (folder / "one.md").write_bytes(content)
    guides, rejected = read_folder(folder)
    assert guides == ()
    assert [one.name for one in rejected] == ["one.md"]
    return rejected[0].reason


def test_front_matter_becomes_the_fields_of_the_guide(tmp_path, write_guide):
    front = {
        "topic": "styling",
        "keywords": "[沙发, 60]",
        "reviewed_on": "2026-11-01",
        "valid_until": "2028-11-01",
        "weekly": "true",
    }
    write_guide(tmp_path, "a.md", "标题", "正文。\n", **front)
    (guide,), rejected = read_folder(tmp_path)
    assert rejected == ()
    assert (guide.name, guide.title, guide.topic, guide.body) == ("a.md", "标题", "styling", "正文。")
    assert guide.keywords == ("沙发", "60")
    assert (guide.reviewed_on, guide.valid_until, guide.weekly) == (date(2026, 11, 1), date(2028, 11, 1), True)


def test_guides_come_from_any_depth_in_the_order_of_their_paths_without_hidden_ones(tmp_path, write_guide):
    for name in ("b/c/d/deep.md", "a.md", ".hidden.md", ".git/x.md", "b/UPPER.MD"):
        write_guide(tmp_path, name, name, "正文。")
    (tmp_path / "note.txt").write_text("x")
    guides, rejected = read_folder(tmp_path)
    assert [guide.name for guide in guides] == ["a.md", "UPPER.MD", "deep.md"]
    assert rejected == ()


def test_two_files_of_one_name_are_told_apart_by_their_folders(tmp_path, write_guide):
    for name in ("x/same.md", "y/same.md", "y/other.md"):
        write_guide(tmp_path, name, name, "正文。")
    assert [guide.name for guide in read_folder(tmp_path)[0]] == ["x/same.md", "other.md", "y/same.md"]


def test_one_bad_file_does_not_stop_the_others(tmp_path, write_guide):
    write_guide(tmp_path, "good.md", "好的", "正文。")
    (tmp_path / "bad.md").write_bytes("---\ntitle: 坏的\n---\n正文".encode("gb18030"))
    guides, rejected = read_folder(tmp_path)
    assert [guide.name for guide in guides] == ["good.md"]
    assert [one.name for one in rejected] == ["bad.md"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("---\ntitle: 沙发\n---\n正文".encode("gb18030"), "GBK"),
        (b"\xff\xfe\x00\x01\x80", "UTF-8"),
        (b"---\ntitle: a\n---\nbinary \0 inside", "二进制"),
        ("---\ntitle: [没有关上\n---\n正文".encode(), "YAML"),
        ("---\ntitle: a\nvalid_until: 2026-13-45\n---\n正文".encode(), "日期"),
        ("---\ntopic: styling\n---\n正文".encode(), "缺少 title"),
        ("只有正文，没有 front matter。".encode(), "缺少 title"),
        ("引子\n---\ntitle: 不在开头\n---\n正文".encode(), "缺少 title"),
        ("---\ntitle: 没有正文\n---\n\n  \n".encode(), "没有正文"),
        ("---\ntitle: a\nvalid_until: soon\n---\n正文".encode(), "valid_until"),
        ("---\ntitle: a\nweekly: 也许\n---\n正文".encode(), "weekly"),
        ("---\ntitle: a\nkeywords: {a: 1}\n---\n正文".encode(), "keywords"),
        ("---\ntitle: 2026\n---\n正文".encode(), "title"),
        ("---\ntitle: !!python/object/apply:os.system ['true']\n---\n正文".encode(), "YAML"),
        (b"", "title"),
    ],
)
def test_a_file_that_is_no_guide_is_rejected_with_what_to_do(tmp_path, content, said):
    if content == b"":
        assert "没有正文" in reason(tmp_path, content)
    else:
        assert said in reason(tmp_path, content)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("valid_untill", "valid_until"), ("weekley", "weekly"), ("Valid_Until", "valid_until"), ("keyword", "keywords")],
)
def test_a_misspelt_key_is_rejected_with_the_one_that_was_meant(tmp_path, written, meant):
    said = reason(tmp_path, f"---\ntitle: 沙发\n{written}: 2028-01-01\n---\n正文".encode())
    assert written in said
    assert f"是不是想写 {meant}？" in said


def test_a_key_that_is_like_none_of_ours_is_left_alone(tmp_path, write_guide):
    write_guide(tmp_path, "a.md", "标题", "正文。", author="小林", date="2026-11-01", tags="[a]", layout="post")
    assert read_folder(tmp_path)[1] == ()


def test_a_huge_file_is_rejected_unread(tmp_path):
    path = tmp_path / "one.md"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    assert "MB" in read_folder(tmp_path)[1][0].reason


def test_nested_yaml_aliases_do_not_blow_up(tmp_path):
    levels = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12))
    assert "title" in reason(tmp_path, f"---\na0: &a0 [x]\n{levels}\ntitle: *a11\n---\n正文".encode())


def test_links_in_a_circle_end_and_a_dead_link_is_reported(tmp_path, write_guide):
    write_guide(tmp_path, "a/one.md", "一", "正文。")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "dead.md").symlink_to(tmp_path / "nowhere.md")
    guides, rejected = read_folder(tmp_path)
    assert [guide.name for guide in guides] == ["one.md"]
    assert [one.name for one in rejected] == ["dead.md"]


def test_a_pipe_is_rejected_instead_of_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    assert "普通文件" in read_folder(tmp_path)[1][0].reason


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    (tmp_path / "win.md").write_bytes("\ufeff---\r\ntitle: 窗\r\n---\r\n第一行。\r\n第二行。\r\n".encode())
    (guide,), _ = read_folder(tmp_path)
    assert guide.body == "第一行。\n第二行。"


def test_a_missing_folder_is_an_error_and_not_an_empty_library(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        read_folder(tmp_path / "nowhere")
