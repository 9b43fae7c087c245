"""Real .pdf, .docx and .xlsx files, made small and on the spot."""

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook

_TO_UNICODE = b"""/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Own def /CMapType 2 def 1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"""
_PICTURE = b"q 300 0 0 300 100 300 cm /Im0 Do Q"

Line = tuple[str, float]  # text, font size in points


def pdf(path: Path, pages: Sequence[Sequence[Line]], *, title: str = "", unicode_map: bool = True) -> Path:
    """A PDF with one text line below the other; a page without lines shows a picture."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>", 3: _font(unicode_map), 4: _descendant(), 5: _descriptor()}
    objects[6] = _stream(b"", _TO_UNICODE)
    objects[7] = _stream(
        b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", b"\x80"
    )
    objects[8] = b"<< /Title <feff" + title.encode("utf-16-be").hex().encode() + b"> >>"
    kids = []
    for number, lines in enumerate(pages):
        page, content = 10 + 2 * number, 11 + 2 * number
        kids.append(f"{page} 0 R")
        objects[page] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R "
            "/Resources << /Font << /F1 3 0 R >> /XObject << /Im0 7 0 R >> >> >>"
        ).encode()
        objects[content] = _stream(b"", _content(lines) if lines else _PICTURE)
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_file(objects))
    return path


def workbook(path: Path, **sheets: Iterable[Sequence[object]]) -> Path:
    """An .xlsx with the sheets in order."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def _content(lines: Sequence[Line]) -> bytes:
    height, parts = 800.0, []
    for text, size in lines:
        parts.append(f"BT /F1 {size} Tf 1 0 0 1 60 {height} Tm <{text.encode('utf-16-be').hex()}> Tj ET")
        height -= size * 1.5
    return "\n".join(parts).encode()


def _font(unicode_map: bool) -> bytes:
    to_unicode = " /ToUnicode 6 0 R" if unicode_map else ""
    return (
        "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /Identity-H "
        f"/DescendantFonts [4 0 R]{to_unicode} >>"
    ).encode()


def _descendant() -> bytes:
    return (
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>"
    )


def _descriptor() -> bytes:
    return (
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0 "
        b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 80 >>"
    )


def _stream(entries: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    head = b"<< %s /Filter /FlateDecode /Length %d >>\nstream\n" % (entries, len(packed))
    return head + packed + b"\nendstream"


def _file(objects: dict[int, bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number in sorted(objects):
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, objects[number])
    start, size = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 8 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, start)
    return bytes(out)
