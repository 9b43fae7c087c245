import os
from datetime import date
from pathlib import Path

import pytest

from knowledge.guides import LARGEST, read_folder
from knowledge.readers.cache import FileCache
from tests.knowledge import documents

ROWS = [("问题", "答案"), ("怎么退货", "七天内寄回。")]


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
    for name in ("photo.jpg", "~$a.docx", ".~lock.a.docx#", "a.md~", "synonyms.yaml"):
        (tmp_path / name).write_text("x")
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
        ("---\ntitle: a\nreviewed_on: 2026-06-01\nvalid_until: 2026-05-31\n---\n正文".encode(), "早于 reviewed_on"),
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


@pytest.mark.parametrize(
    ("name", "instead"),
    [("a.doc", ".docx"), ("a.XLS", ".xlsx"), ("a.txt", ".md"), ("a.html", ".md"), ("a.pptx", ".pdf")],
)
def test_a_document_of_another_kind_is_named_with_what_to_save_it_as(tmp_path, name, instead):
    (tmp_path / name).write_text("x")
    guides, (rejected,) = read_folder(tmp_path)
    assert guides == ()
    assert "暂不支持" in rejected.reason
    assert f"另存为 {instead}" in rejected.reason


@pytest.mark.parametrize("name", ["a.md", "a.docx", "a.pdf", "a.xlsx", "a.csv"])
def test_an_empty_file_of_any_kind_is_rejected(tmp_path, name):
    (tmp_path / name).touch()
    assert "空的" in read_folder(tmp_path)[1][0].reason


def test_documents_of_every_kind_stand_side_by_side(tmp_path, write_guide):
    write_guide(tmp_path, "a.md", "甲", "正文。")
    documents.workbook(tmp_path / "sub/b.xlsx", 乙=ROWS)
    documents.workbook(tmp_path / "other/b.xlsx", 丙=ROWS, 丁=ROWS)
    documents.pdf(tmp_path / "c.pdf", [[("沙发不要放在窗边晒太阳。", 12)]])
    guides, rejected = read_folder(tmp_path)
    names = ["a.md", "c.pdf", "other/b.xlsx#丙", "other/b.xlsx#丁", "sub/b.xlsx"]
    assert [guide.name for guide in guides] == names
    assert rejected == ()


def test_a_sidecar_says_what_front_matter_would(tmp_path):
    documents.workbook(tmp_path / "b.xlsx", 乙=ROWS)
    (tmp_path / "b.xlsx.yaml").write_text("title: 退货规则\ntopic: service\nvalid_until: 2027-01-01\n")
    (guide,), rejected = read_folder(tmp_path)
    assert rejected == ()
    assert (guide.title, guide.topic, guide.valid_until) == ("退货规则", "service", date(2027, 1, 1))


def test_a_sidecar_leaves_rows_the_titles_that_tell_them_apart(tmp_path):
    rows = [("标题", "问题", "答案"), ("退货", "怎么退", "寄回。"), ("保修", "多久", "两年。")]
    documents.workbook(tmp_path / "b.xlsx", 乙=rows)
    (tmp_path / "b.xlsx.yml").write_text("title: 客服\ntopic: service\n")
    assert [(one.title, one.topic) for one in read_folder(tmp_path)[0]] == [("退货", "service"), ("保修", "service")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("valid_untill: 2027-01-01", "是不是想写 valid_until"),
        ("title: [没有关上", "YAML"),
        ("valid_until: 2027-02-31", "写不对的值"),
        ("只是一句话", "一行一项"),
        ("weekly: 也许", "weekly"),
    ],
)
def test_a_document_with_a_faulty_sidecar_is_not_used(tmp_path, content, said):
    """Its date might be what the operator wrote wrongly: better no guide than one for ever."""
    documents.workbook(tmp_path / "b.xlsx", 乙=ROWS)
    (tmp_path / "b.xlsx.yaml").write_text(content)
    guides, (rejected,) = read_folder(tmp_path)
    assert guides == ()
    assert rejected.name == "b.xlsx"
    assert said in rejected.reason


def test_a_sidecar_that_nobody_reads_is_reported(tmp_path, write_guide):
    write_guide(tmp_path, "a.md", "甲", "正文。")
    for name in ("gone.docx.yaml", "a.md.yaml"):
        (tmp_path / name).write_text("title: x")
    rejected = {one.name: one.reason for one in read_folder(tmp_path)[1]}
    assert "没有 gone.docx" in rejected["gone.docx.yaml"]
    assert "front matter" in rejected["a.md.yaml"]


def test_unchanged_documents_are_not_opened_again(tmp_path):
    folder, place = tmp_path / "guides", tmp_path / "readings.json"
    path = documents.workbook(folder / "b.xlsx", 乙=ROWS)
    (folder / "broken.docx").write_bytes(b"x" * 100)
    first = FileCache(place)
    before = read_folder(folder, first)
    first.save()
    found = path.stat()
    path.write_bytes(b"?" * found.st_size)  # unreadable, but by size and time the same file
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert read_folder(folder, FileCache(place)) == before
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert read_folder(folder, FileCache(place))[0] == ()


def test_a_broken_cache_is_an_empty_one_and_what_is_gone_is_forgotten(tmp_path):
    folder, place = tmp_path / "guides", tmp_path / "readings.json"
    path = documents.workbook(folder / "b.xlsx", 乙=ROWS)
    for content in ("{broken", "[]", '{"format": 1, "readings": {"b.xlsx|1|1": 5}}'):
        place.write_text(content)
        assert len(read_folder(folder, FileCache(place))[0]) == 1
    kept = FileCache(place)
    read_folder(folder, kept)
    kept.save()
    path.unlink()
    forgetting = FileCache(place)
    read_folder(folder, forgetting)
    forgetting.save()
    assert "b.xlsx" not in place.read_text()
