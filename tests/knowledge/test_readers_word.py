"""Word documents as people write them."""

import zipfile
from pathlib import Path

import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from knowledge.guides import read_folder
from knowledge.readers import archive
from knowledge.readers.files import MB

COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1")


@pytest.fixture
def document():
    made = Document()
    made.core_properties.title = ""
    return made


def read(folder: Path, document, name: str = "a.docx"):
    document.save(folder / name)
    (guide,), rejected = read_folder(folder)
    assert rejected == ()
    return guide


def reason(folder: Path) -> str:
    guides, (rejected,) = read_folder(folder)
    assert guides == ()
    return rejected.reason


def test_headings_lists_and_tables_become_markdown_in_their_order(tmp_path, document):
    document.add_heading("真皮沙发怎么护理", 0)
    document.add_paragraph("真皮沙发怕晒怕干。")
    document.add_heading("每季护理", 1)
    for step in ("吸净灰尘", "薄涂护理剂"):
        document.add_paragraph(step, style="List Number")
    document.add_paragraph("别用酒精", style="List Bullet")
    document.add_heading("用量", 2)
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(table._cells, ("年龄", "用量|次", "3 岁\n以下", "米粒大小"), strict=True):
        cell.text = text
    guide = read(tmp_path, document)
    assert guide.title == "真皮沙发怎么护理"
    assert guide.body == (
        "真皮沙发怕晒怕干。\n\n## 每季护理\n\n1. 吸净灰尘\n2. 薄涂护理剂\n- 别用酒精\n\n### 用量\n\n"
        "| 年龄 | 用量\\|次 |\n| --- | --- |\n| 3 岁 以下 | 米粒大小 |"
    )


@pytest.mark.parametrize(
    ("property_", "heading", "title"),
    [
        ("沙发护理手册", "第一节", "沙发护理手册"),
        ("文档1", "地毯怎么选", "地毯怎么选"),
        ("Microsoft Word - a.doc", "", "家里的沙发"),
        ("", "", "家里的沙发"),
    ],
)
def test_the_title_is_the_property_else_the_first_heading_else_the_files_name(
    tmp_path, document, property_, heading, title
):
    document.core_properties.title = property_
    if heading:
        document.add_heading(heading, 1)
    document.add_paragraph("正文。")
    assert read(tmp_path, document, "家里的沙发.docx").title == title


def test_deleted_hidden_and_contents_text_is_left_out_and_inserted_text_is_read(tmp_path, document):
    paragraph = document.add_paragraph("每 ")
    for tag, text in (("w:del", "6"), ("w:ins", "3")):
        change = OxmlElement(tag)
        run = document.add_paragraph().add_run(text)._r
        if tag == "w:del":
            run.find(qn("w:t")).tag = qn("w:delText")
        change.append(run)
        paragraph._p.append(change)
    paragraph.add_run(" 个月护理一次。")
    paragraph.add_run("内部备注").font.hidden = True
    document.styles.add_style("toc 1", 1)
    document.add_paragraph("目录里的一行……3", style="toc 1")
    assert read(tmp_path, document).body == "每 3 个月护理一次。"


def test_text_that_looks_like_markup_stays_text_and_typed_lists_become_lists(tmp_path, document):
    for line in ("# 不是标题", "1、先断电", "（2）再拆滤网", "• 用软布"):
        document.add_paragraph(line)
    assert read(tmp_path, document).body == "\\# 不是标题\n\n1. 先断电\n2. 再拆滤网\n- 用软布"


def test_merged_cells_say_their_text_where_it_holds(tmp_path, document):
    table = document.add_table(rows=3, cols=3)
    for cell, text in zip(table._cells, "甲乙丙丁戊己庚辛壬", strict=True):
        cell.text = text
    table.cell(0, 0).merge(table.cell(0, 1)).text = "横"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "竖"
    rows = read(tmp_path, document).body.splitlines()
    assert rows == ["| 横 |  | 丙 |", "| --- | --- | --- |", "| 丁 | 戊 | 竖 |", "| 庚 | 辛 | 竖 |"]


def test_a_document_without_text_is_rejected(tmp_path, document):
    document.add_heading("只有标题", 1)
    document.save(tmp_path / "a.docx")
    assert "没有读得到的正文" in reason(tmp_path)


def test_a_password_and_an_old_format_under_a_new_name_are_told_apart(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(COMPOUND + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    assert "密码" in reason(tmp_path)
    path.write_bytes(COMPOUND + bytes(600))
    assert "另存为 .docx" in reason(tmp_path)


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_a_zip_bomb_is_rejected_before_it_is_unpacked(tmp_path, name):
    bomb = zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED, compresslevel=9)
    with bomb, bomb.open("word/document.xml", "w") as entry:
        for _ in range(archive.MOST_XML[".xlsx"] // MB + 1):
            entry.write(bytes(MB))
    assert (tmp_path / name).stat().st_size < MB
    assert "解压后太大" in reason(tmp_path)


@pytest.mark.parametrize("content", [b"not a zip", b"PK\x03\x04 cut off"])
def test_a_file_that_only_has_the_name_is_rejected(tmp_path, content):
    (tmp_path / "a.docx").write_bytes(content)
    assert "损坏" in reason(tmp_path)


def test_a_zip_that_is_no_document_is_rejected(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as made:
        made.writestr("readme", "x")
    assert "重新另存" in reason(tmp_path)
