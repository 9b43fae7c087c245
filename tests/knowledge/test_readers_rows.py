"""Question–answer rows from .csv and .xlsx."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from knowledge.guides import read_folder
from tests.knowledge import documents


def only(folder: Path):
    (guide,), rejected = read_folder(folder)
    assert rejected == ()
    return guide


def write(folder: Path, text: str, name: str = "常见问题.csv", encoding: str = "utf-8-sig") -> None:
    (folder / name).write_bytes(text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_whatever_its_encoding_and_separator(tmp_path, encoding, separator):
    write(tmp_path, f"问题{separator}答案\n怎么退货{separator}7 天内可以退。\n", encoding=encoding)
    guide = only(tmp_path)
    assert (guide.name, guide.title) == ("常见问题.csv", "常见问题")
    assert guide.body == "## 怎么退货\n\n7 天内可以退。"


@pytest.mark.parametrize(
    "head", ["问,答", "Question,Answer", "q,a", "标题,回复", "问题（必填）,答案*", "编号,提问,回答"]
)
def test_the_two_columns_are_known_by_many_names(tmp_path, head):
    first = "1," if head.startswith("编号") else ""
    write(tmp_path, f"{head}\n{first}怎么退货,七天内。\n")
    assert only(tmp_path).body == "## 怎么退货\n\n七天内。"


def test_the_head_may_stand_below_a_title_and_answers_may_have_many_lines(tmp_path):
    write(tmp_path, '客服话术,\n\n问题,答案\n"滤网\n怎么洗","先断电：\n1、取下滤网\n2、清水冲洗"\n')
    assert only(tmp_path).body == "## 滤网 怎么洗\n\n先断电：\n\n1. 取下滤网\n2. 清水冲洗"


def test_a_row_without_an_answer_is_named_and_the_others_are_kept(tmp_path):
    write(tmp_path, "问题,答案\n一,甲\n二,\n,丙\n\n四,丁\n")
    (guide,), rejected = read_folder(tmp_path)
    assert guide.body == "## 一\n\n甲\n\n## 四\n\n丁"
    assert [one.name for one in rejected] == ["常见问题.csv 第 3 行", "常见问题.csv 第 4 行"]
    assert "补上答案" in rejected[0].reason
    assert "补上问题" in rejected[1].reason


def test_many_faulty_rows_are_counted_and_not_all_listed(tmp_path):
    write(tmp_path, "问题,答案\n" + "没有答案,\n" * 100 + "一,甲\n")
    assert len(read_folder(tmp_path)[1]) == 21


def test_rows_that_expire_on_other_days_are_guides_of_their_own(tmp_path):
    rows = "甲,一,2026/6/30,service\n乙,二,2028年1月1日,service\n丙,三,2026-06-30,service\n丁,四,长期,\n"
    write(tmp_path, f"问题,答案,有效期,主题\n{rows}")
    guides, rejected = read_folder(tmp_path)
    assert rejected == ()
    assert [(guide.name, guide.valid_until, guide.topic) for guide in guides] == [
        ("常见问题.csv#常见问题", date(2026, 6, 30), "service"),
        ("常见问题.csv#常见问题·2", date(2028, 1, 1), "service"),
        ("常见问题.csv#常见问题·3", None, ""),
    ]
    assert guides[0].body == "## 甲\n\n一\n\n## 丙\n\n三"
    assert [guide.expired(date(2027, 1, 1)) for guide in guides] == [True, False, False]


def test_titles_of_rows_name_their_guides(tmp_path):
    write(
        tmp_path,
        "标题,问题,答案,审核人,审核日期\n退货,怎么退,寄回。,小林,2026-11-01\n保修,保多久,两年。,小林,2026-11-01\n",
    )
    guides, _ = read_folder(tmp_path)
    assert [(one.name, one.title) for one in guides] == [("常见问题.csv#退货", "退货"), ("常见问题.csv#保修", "保修")]
    assert (guides[0].reviewed_by, guides[0].reviewed_on) == ("小林", date(2026, 11, 1))


def test_a_section_column_groups_the_questions(tmp_path):
    write(tmp_path, "分类,问题,答案\n退货,怎么退,寄回。\n保修,保多久,两年。\n退货,运费谁出,我们出。\n")
    assert only(tmp_path).body == (
        "## 退货\n\n### 怎么退\n\n寄回。\n\n### 运费谁出\n\n我们出。\n\n## 保修\n\n### 保多久\n\n两年。"
    )


def test_a_few_keywords_stand_for_the_guide_and_many_for_their_rows(tmp_path):
    (tmp_path / "few").mkdir()
    write(tmp_path / "few", "问题,答案,关键词\n甲,一,退货、退款\n乙,二,保修\n丙,三,\n")
    assert only(tmp_path / "few").keywords == ("退货", "退款", "保修")
    (tmp_path / "many").mkdir()
    write(tmp_path / "many", "问题,答案,关键词\n" + "".join(f"问{n},答,词{n}\n" for n in range(20)))
    assert [one.keywords for one in read_folder(tmp_path / "many")[0]] == [(f"词{n}",) for n in range(20)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("甲,一,明年,", "有效期应该是日期"),
        ("甲,一,2026-02-30,", "有效期应该是日期"),
        ("甲,一,2026-01-01,2026-06-01", "有效期早于审核日期"),
        (f"{'长' * 300},一,,", "200 个字"),
    ],
)
def test_a_row_with_a_wrong_value_is_left_out_with_its_reason(tmp_path, row, said):
    write(tmp_path, f"问题,答案,有效期,审核日期\n{row}\n乙,二,,\n")
    (guide,), (rejected,) = read_folder(tmp_path)
    assert guide.body == "## 乙\n\n二"
    assert rejected.name == "常见问题.csv 第 2 行"
    assert said in rejected.reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("姓名,电话\n小林,1\n", "找不到“问题”和“答案”两列"),
        ("问题,答案\n", "只有列名"),
        ("问题,答案,valid_untill\n甲,一,2026-01-01\n", "是不是想写 valid_until"),
        ("", "空的"),
    ],
)
def test_a_table_of_something_else_is_rejected(tmp_path, text, said):
    write(tmp_path, text, encoding="utf-8")
    guides, (rejected,) = read_folder(tmp_path)
    assert guides == ()
    assert said in rejected.reason


def test_a_csv_of_bytes_is_rejected(tmp_path):
    (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 20)
    assert read_folder(tmp_path)[1][0].name == "a.csv"


def test_sheets_of_a_workbook_become_guides_by_their_names(tmp_path):
    head = ("问题", "答案", "有效期")
    documents.workbook(
        tmp_path / "话术.xlsx",
        Sheet1=[head, ("甲", 3.0, date(2028, 1, 1)), ("乙", None, None)],
        退货=[head, ("怎么退", "寄回。", None)],
        备注=[("随便写写",)],
    )
    guides, rejected = read_folder(tmp_path)
    assert [(one.name, one.title) for one in guides] == [("话术.xlsx#话术", "话术"), ("话术.xlsx#退货", "退货")]
    assert (guides[0].body, guides[0].valid_until) == ("## 甲\n\n3", date(2028, 1, 1))
    assert [one.name for one in rejected] == ["话术.xlsx Sheet1 第 3 行"]


def test_merged_sections_percentages_and_hidden_sheets_are_read_as_seen(tmp_path):
    book = Workbook()
    sheet = book.active
    for row in (("分类", "问题", "答案"), ("折扣", "老会员几折", 0.15), (None, "新会员几折", "九折")):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    sheet["C2"].number_format = "0%"
    draft = book.create_sheet("草稿")
    draft.append(("问题", "答案"))
    draft.append(("内部", "不要给客户看"))
    draft.sheet_state = "hidden"
    book.save(tmp_path / "会员.xlsx")
    assert only(tmp_path).body == "## 折扣\n\n### 老会员几折\n\n15%\n\n### 新会员几折\n\n九折"


def test_a_workbook_without_the_columns_is_rejected(tmp_path):
    documents.workbook(tmp_path / "a.xlsx", 表=[("姓名",), ("小林",)])
    assert "两列" in read_folder(tmp_path)[1][0].reason
