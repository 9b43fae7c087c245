"""Long lists, a page at a time: "/gaps 第2页"."""

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

_PAGE = re.compile(r"第?\s*(\d{1,4})\s*页")

Row = TypeVar("Row")


def page_of(arguments: str) -> int | None:
    """The page that is asked for, from 1; the first one without a word, None where it is something else."""
    if not arguments:
        return 1
    found = _PAGE.fullmatch(unicodedata.normalize("NFKC", arguments).strip())
    return int(found[1]) if found and int(found[1]) else None


def paged(rows: Sequence[Row], page: int, size: int, command: str) -> tuple[Sequence[Row], str]:
    """What stands on `page`, `size` of them, and how to go on with `command`; a page past the last is the last."""
    last = max(1, -(-len(rows) // size))
    page = min(page, last)
    more = f"\n\n第 {page} 页，共 {last} 页。" if last > 1 else ""
    more += f"后面还有 {len(rows) - page * size} 条，发“/{command} 第{page + 1}页”看。" if page < last else ""
    return rows[(page - 1) * size : page * size], more
