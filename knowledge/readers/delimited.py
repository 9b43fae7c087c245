"""A .csv of questions and answers: UTF-8, GBK or UTF-16, separated by comma, semicolon or tab → drafts."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from knowledge.readers import rows, titles
from knowledge.readers.draft import MOST_CHARACTERS, Reading, Unusable

_SEPARATORS = ",;\t，"
NO_COLUMNS = "找不到“问题”和“答案”两列，请在第一行写上列名，例如：问题,答案。"


def read(path: Path) -> Reading:
    """Raises Unusable."""
    text = _text(path.read_bytes())
    for separator in _SEPARATORS:
        try:
            table = rows.read(_records(text, separator))
        except csv.Error as error:
            raise Unusable("表格的引号或分隔符有误，请用 Excel 或 WPS 打开后另存为 .xlsx。") from error
        if table is not None:
            drafts = table.drafts(titles.of_file(path))
            if not drafts and not table.faults:
                raise Unusable("只有列名、没有内容，请写上问题和答案。")
            return Reading(drafts, tuple(table.faults))
    raise Unusable(NO_COLUMNS)


def _records(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(MOST_CHARACTERS)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _text(content: bytes) -> str:
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    for one in (coding, "gb18030"):
        try:
            text = content.decode(one)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unusable("不像文字表格，请用 Excel 或 WPS 另存为 .xlsx 或 UTF-8 编码的 .csv。")
