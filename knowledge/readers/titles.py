"""Which words of a document's properties make a title, and which are what a program left there."""

import re
import unicodedata
from pathlib import Path

from knowledge.readers.fields import LONGEST_TITLE

_LEFT_BY_PROGRAMS = re.compile(
    r"(microsoft (word|excel|powerpoint)|wps\b|untitled|未命名|无标题|(word )?document\s*\d*$|(new )?microsoft|"
    r"文档\s*\d*$|新建|演示文稿|工作簿\s*\d*$|幻灯片\s*\d*$|\(?anonymous|powerpoint)",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"\.(docx?|pdf|xlsx?|pptx?|wps|indd|md|txt)$", re.IGNORECASE)


def sensible(found: str | None) -> str:
    """The title on one line, or nothing when it is a program's, a file name, a path or garbled."""
    title = " ".join((found or "").split())
    if not 2 <= len(title) <= LONGEST_TITLE or _LEFT_BY_PROGRAMS.match(title) or _FILE_NAME.search(title):
        return ""
    if "/" in title or "\\" in title or not any(map(str.isalpha, title)):
        return ""
    odd = sum(unicodedata.category(one) in ("Cc", "Co", "Cn") or one in "\ufffdÃÂþÿ" for one in title)
    return "" if odd else title


def of_file(path: Path) -> str:
    """The file's name without its ending, as a title."""
    return " ".join(path.stem.split())[:LONGEST_TITLE]
