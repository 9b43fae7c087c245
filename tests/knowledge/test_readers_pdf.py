"""PDFs as programs make them: placed lines, and no paragraphs, headings or titles that one could rely on."""

from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from knowledge.guides import read_folder
from knowledge.readers import files
from knowledge.readers.pages import Placed, markdown
from tests.knowledge import documents

WRAPPED = [
    ("真皮沙发怕晒怕干，平时用微湿软布擦拭，每三到六个月做一次皮", 12),
    ("革护理，沙发要离暖气片三十厘米以上。", 12),
    ("饮料洒在沙发上时，立刻用干布按压吸走，剩下的水汽自然晾干，", 12),
    ("不要用吹风机的热风去吹。", 12),
]


def only(folder: Path):
    (guide,), rejected = read_folder(folder)
    assert rejected == ()
    return guide


def reason(folder: Path) -> str:
    guides, (rejected,) = read_folder(folder)
    assert guides == ()
    return rejected.reason


def test_lines_cut_by_the_margin_are_joined_and_paragraphs_stay_apart(tmp_path):
    documents.pdf(tmp_path / "沙发.pdf", [WRAPPED])
    guide = only(tmp_path)
    assert (guide.name, guide.title) == ("沙发.pdf", "沙发")
    assert guide.body == (
        "真皮沙发怕晒怕干，平时用微湿软布擦拭，每三到六个月做一次皮革护理，沙发要离暖气片三十厘米以上。\n\n"
        "饮料洒在沙发上时，立刻用干布按压吸走，剩下的水汽自然晾干，不要用吹风机的热风去吹。"
    )


def test_a_larger_short_line_is_a_heading_and_typed_numbers_are_a_list(tmp_path):
    steps = [
        ("护理步骤", 16),
        ("1、用软毛刷吸净灰尘。", 12),
        ("2、薄涂一层护理剂。", 12),
        ("2.5 米的沙发要两个人搬。", 12),
    ]
    documents.pdf(tmp_path / "a.pdf", [[*WRAPPED, *steps]])
    body = only(tmp_path).body
    assert "## 护理步骤\n\n1. 用软毛刷吸净灰尘。\n2. 薄涂一层护理剂。\n\n2.5 米的沙发要两个人搬。" in body


def test_chinese_section_numbers_are_headings_and_sentences_like_them_are_not(tmp_path):
    lines = [
        ("一、日常清洁", 12),
        *WRAPPED,
        ("第二节 油渍", 12),
        ("一、先擦灰，再上油", 12),
        ("1.5 米床配两米的被子。", 12),
    ]
    documents.pdf(tmp_path / "a.pdf", [lines])
    headings = [line for line in only(tmp_path).body.splitlines() if line.startswith("#")]
    assert headings == ["## 一、日常清洁", "## 第二节 油渍"]


def test_a_sensible_title_of_the_document_is_used_and_a_programs_is_not(tmp_path):
    documents.pdf(tmp_path / "one.pdf", [WRAPPED], title="真皮沙发怎么护理")
    documents.pdf(tmp_path / "two.pdf", [WRAPPED], title="Microsoft Word - 新建文档.docx")
    guides, _ = read_folder(tmp_path)
    assert [guide.title for guide in guides] == ["真皮沙发怎么护理", "two"]


def test_heads_feet_and_page_numbers_are_left_out_and_a_sentence_may_cross_the_page(tmp_path):
    bodies = WRAPPED * 2 + WRAPPED[:1], WRAPPED[1:] + WRAPPED, WRAPPED * 2
    pages = [[("分寸家居手册", 9), *body, (f"第 {number} 页", 9)] for number, body in enumerate(bodies, 1)]
    documents.pdf(tmp_path / "a.pdf", pages)
    body = only(tmp_path).body
    assert "手册" not in body
    assert "页" not in body
    assert body.count("真皮沙发怕晒") == 6
    assert body.count("每三到六个月做一次皮革护理") == 6


def test_a_scanned_pdf_is_rejected_and_a_scanned_page_is_named(tmp_path):
    documents.pdf(tmp_path / "scan/all.pdf", [[], []])
    assert "扫描件" in reason(tmp_path / "scan")
    documents.pdf(tmp_path / "mixed/some.pdf", [WRAPPED, [], WRAPPED])
    guides, rejected = read_folder(tmp_path / "mixed")
    assert len(guides) == 1
    assert [(one.name, "图片" in one.reason) for one in rejected] == [("some.pdf 第 2 页", True)]


def test_a_password_is_named_and_a_lock_against_printing_does_not_matter(tmp_path):
    plain = documents.pdf(tmp_path / "plain/a.pdf", [WRAPPED])
    for folder, password in (("closed", "secret"), ("open", "")):
        (tmp_path / folder).mkdir()
        writer = PdfWriter(clone_from=PdfReader(plain))
        writer.encrypt(password, "owner", algorithm="AES-256")
        writer.write(tmp_path / folder / "a.pdf")
    assert "密码" in reason(tmp_path / "closed")
    assert "真皮沙发" in only(tmp_path / "open").body


@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_a_damaged_pdf_is_rejected(tmp_path, kept):
    path = documents.pdf(tmp_path / "a.pdf", [WRAPPED])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "损坏" in reason(tmp_path)


def test_a_pdf_of_200_mb_is_rejected_unread(tmp_path):
    with (tmp_path / "huge.pdf").open("wb") as file:
        file.truncate(200 * files.MB)
    assert "40 MB" in reason(tmp_path)


def test_a_pdf_that_takes_for_ever_is_given_up_and_the_others_are_read(tmp_path):
    documents.pdf(tmp_path / "a.pdf", [[("长", 12)] * 400_000])
    documents.pdf(tmp_path / "b.pdf", [WRAPPED])
    guides, rejected = read_folder(tmp_path, patience=2)
    assert [guide.name for guide in guides] == ["b.pdf"]
    assert [(one.name, "超过 2 秒" in one.reason) for one in rejected] == [("a.pdf", True)]


def test_too_many_pages_are_rejected(tmp_path):
    documents.pdf(tmp_path / "a.pdf", [WRAPPED] * 301)
    assert "301 页" in reason(tmp_path)


def test_garbled_text_is_rejected_instead_of_answered_from(tmp_path):
    documents.pdf(tmp_path / "a.pdf", [[("\ue123\ue124\ue125\ue126\ue127\ue128" * 4, 12)] * 3])
    assert "乱码" in reason(tmp_path)


def test_radicals_and_letter_spacing_are_folded_into_words():
    assert markdown([[Placed("目 录 和 说 明", 12.0)]]) == "目录和说明"


def test_the_first_line_is_a_heading_when_the_size_says_so_even_alone():
    assert markdown([]) == ""
    assert markdown([[Placed("# 不是标题", 12.0)]]) == "\\# 不是标题"
