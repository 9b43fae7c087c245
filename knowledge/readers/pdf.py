"""A PDF → Markdown. A PDF has no paragraphs or headings, only placed characters: what is put together here is careful.

Encrypted files are refused, except those that open without a password (a lock against printing only).
"""

import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import DependencyError, PdfReadError
from pypdf.generic import DictionaryObject

from knowledge.readers import titles
from knowledge.readers.draft import MOST_CHARACTERS, Draft, Reading, Unusable
from knowledge.readers.pages import Placed, markdown

MOST_PAGES = 300
_FEWEST = 10  # characters of text below which a page counts as one without
_MOST_ODD = 0.1  # share of characters that no language has, from which a text counts as garbled


def read(path: Path) -> Reading:
    """One draft, with a fault that names the pages that are only pictures. Raises Unusable, or what its parser does."""
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Unusable("有密码保护，请去掉密码后再放进来。")
        pages = len(reader.pages)
    except DependencyError as error:
        raise Unusable("加密方式读不了，请另存为不加密的 PDF。") from error
    except PdfReadError as error:
        raise Unusable("PDF 已损坏，或者不是真正的 PDF，请重新导出一份。") from error
    if pages > MOST_PAGES:
        raise Unusable(f"有 {pages} 页，最多读 {MOST_PAGES} 页，请拆成几份。")
    lines, pictures = _pages(reader)
    text = markdown(lines)
    if len(text) < _FEWEST:
        raise Unusable("是扫描件或图片，里面没有可以读取的文字；请先做文字识别（OCR），或改成 .docx。")
    if _odd(text) > _MOST_ODD:
        raise Unusable("里面的文字提取出来是乱码（字体没有带编码），请改用 .docx 或重新导出 PDF。")
    return Reading((_draft(path, reader, text),), _faults(pictures))


def _pages(reader: PdfReader) -> tuple[list[list[Placed]], list[int]]:
    """The lines of every page, and the numbers of the pages that show pictures and no text."""
    found: list[list[Placed]] = []
    pictures: list[int] = []
    room = MOST_CHARACTERS
    for number, page in enumerate(reader.pages, 1):
        lines = _lines(page)
        written = sum(len(line.text) for line in lines)
        room -= written
        if room < 0:
            raise Unusable(f"文字超过 {MOST_CHARACTERS // 10_000} 万字，请拆成几份。")
        if written < _FEWEST and _has_picture(page):
            pictures.append(number)
        found.append(lines)
    return found, pictures


def _lines(page: Any) -> list[Placed]:
    """The page's lines in the order of the file, each with the size that most of its characters have."""
    pieces: list[tuple[str, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: object, size: float) -> None:
        stretch = abs(tm[3] or tm[1]) * abs(cm[3] or cm[1])
        pieces.append((text, round(abs(size) * stretch, 1)))

    page.extract_text(visitor_text=visit)
    lines: list[Placed] = []
    text, sizes = "", Counter[float]()
    for piece, size in [*pieces, ("\n", 0.0)]:
        for place, part in enumerate(piece.split("\n")):
            if place:
                lines.append(Placed(_folded(text).strip(), sizes.most_common(1)[0][0] if sizes else 0.0))
                text, sizes = "", Counter()
            text += part
            if part.strip():
                sizes[size] += len(part.strip())
    return [line for line in lines if line.text]


def _folded(text: str) -> str:
    """PDF fonts often map 一 to the radical ⼀, which nobody can search for."""
    return "".join(unicodedata.normalize("NFKC", one) if "\u2e80" <= one <= "\u2fdf" else one for one in text)


def _has_picture(page: Any) -> bool:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources is not None else None
    found = objects.get_object() if objects is not None else {}
    shown = (one.get_object() for one in found.values()) if isinstance(found, DictionaryObject) else ()
    return any(isinstance(one, DictionaryObject) and one.get("/Subtype") == "/Image" for one in shown)


def _odd(text: str) -> float:
    odd = sum(unicodedata.category(one) in ("Cc", "Co", "Cn", "Cs") or one == "\ufffd" for one in text if one != "\n")
    return odd / len(text)


def _draft(path: Path, reader: PdfReader, text: str) -> Draft:
    about = reader.metadata
    named = titles.sensible(str(about.get("/Title") or "") if about else "")
    first, _, rest = text.partition("\n")
    if named and first.lstrip("# ") == named and rest.strip():
        text = rest.strip()
    return Draft(named or titles.of_file(path), text, own_title=bool(named))


def _faults(pictures: list[int]) -> tuple[tuple[str, str], ...]:
    if not pictures:
        return ()
    shown = "、".join(map(str, pictures[:10])) + ("等" if len(pictures) > 10 else "")
    return ((f"第 {shown} 页", "只有图片、没有文字，这部分没有收录；需要的话请先做文字识别（OCR）。"),)
