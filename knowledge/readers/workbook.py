"""An Excel workbook (.xlsx) with sheets of questions and answers → drafts. Hidden and other sheets are left out."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from knowledge.readers import archive, rows, titles
from knowledge.readers.delimited import NO_COLUMNS
from knowledge.readers.draft import Draft, Reading, Unusable

_UNNAMED = re.compile(r"(sheet|工作表|表)\s*\d*", re.IGNORECASE)


def read(path: Path) -> Reading:
    """Raises Unusable; a broken workbook may raise whatever its parser raises."""
    archive.checked(path)
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        drafts: list[Draft] = []
        faults: list[tuple[str, str]] = []
        read_any = False
        for sheet in sheets:
            table = rows.read(_rows(sheet), merged=True)
            if table is None:
                continue
            read_any = True
            where = f"{sheet.title} " if len(sheets) > 1 else ""
            drafts += table.drafts(titles.of_file(path) if _UNNAMED.fullmatch(sheet.title) else sheet.title)
            faults += [(f"{where}{row}", reason) for row, reason in table.faults]
    finally:
        book.close()
    if not read_any:
        raise Unusable(NO_COLUMNS)
    if not drafts and not faults:
        raise Unusable("只有列名、没有内容，请写上问题和答案。")
    return Reading(tuple(drafts), tuple(faults))


def _rows(sheet: Any) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # some programs write a wrong one, and only its first cell would be read
    for row in sheet.iter_rows(max_col=rows.MOST_COLUMNS, max_row=rows.MOST_ROWS + 1):
        yield [_shown(cell) for cell in row]


def _shown(cell: Any) -> str:
    """The cell as the person who filled it in sees it, as far as that matters for an answer."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}" if not getattr(value, "hour", 0) else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int | float):
        percent = str(cell.number_format).endswith("%")
        return f"{round(value * 100, 6):g}%" if percent else f"{value:.15g}"
    return str(value)
