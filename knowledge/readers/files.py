"""What is checked about a file before anything of it is read: its kind and its size."""

import stat
from pathlib import Path

from knowledge.readers.draft import Unusable

MB = 1024 * 1024
LARGEST_TEXT = 2 * MB  # a longer one is a book, and would be answered from badly
LARGEST = {".md": LARGEST_TEXT, ".csv": 5 * MB, ".xlsx": 10 * MB, ".docx": 30 * MB, ".pdf": 40 * MB}  # bytes
UNREADABLE = "文件读不到，请检查它是否存在、权限是否允许读取。"


def measured(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds. Raises Unusable: not a plain file, empty, too large."""
    try:
        found = path.stat()
    except OSError as error:
        raise Unusable(UNREADABLE) from error
    if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for its writer
        raise Unusable("不是普通文件，请换成一份可以打开的文档。")
    if not found.st_size:
        raise Unusable("文件是空的，没有正文；请写上内容，或者删掉它。")
    largest = LARGEST.get(path.suffix.lower(), LARGEST_TEXT)
    if found.st_size > largest:
        raise Unusable(f"文件超过 {largest // MB} MB，请拆成几份较短的指南，或者压缩里面的图片。")
    return found.st_size, found.st_mtime_ns


def decoded(content: bytes) -> str:
    """UTF-8 text with plain line ends. Raises Unusable."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unusable(_encoding_reason(content)) from error
    if "\0" in text:
        raise Unusable("里面有二进制内容，不像文字文件，请另存为 UTF-8 编码的文字文件。")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding_reason(content: bytes) -> str:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return "不是 UTF-8 编码，请用编辑器另存为 UTF-8。"
    return "不是 UTF-8 编码（看起来是 GBK），请用编辑器另存为 UTF-8。"
