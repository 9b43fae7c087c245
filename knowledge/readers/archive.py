"""What a .docx or .xlsx is before it is opened: a zip of bounded content, or something that only has the name."""

import zipfile
from pathlib import Path

from knowledge.readers.draft import Unusable
from knowledge.readers.files import MB

MOST_UNPACKED = 120 * MB
MOST_XML = {".docx": 30 * MB, ".xlsx": 60 * MB}  # parsed XML takes many times its size
MOST_ENTRIES = 5_000
_COMPOUND = bytes.fromhex("D0CF11E0A1B11AE1")  # an OLE compound file: an old Office format, or an encrypted new one


def checked(path: Path) -> None:
    """Raises Unusable for a password, an old format, a damaged zip, and one that unpacks to too much."""
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        if file.read(8) == _COMPOUND:
            encrypted = "EncryptedPackage".encode("utf-16-le") in file.read()
            raise Unusable("有密码保护，请去掉密码后再放进来。" if encrypted else _old(suffix))
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise Unusable(f"文件已损坏，或者不是真正的 {suffix}，请重新另存一份。") from error
    xml = sum(one.file_size for one in entries if one.filename.lower().endswith((".xml", ".rels")))
    unpacked = sum(one.file_size for one in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED or xml > MOST_XML.get(suffix, 0):
        raise Unusable(f"解压后太大（约 {max(1, unpacked // MB)} MB），请拆成几份，或者去掉里面的图片。")


def _old(suffix: str) -> str:
    return f"其实是旧格式，只是改了扩展名；请用 Office 或 WPS 打开，另存为 {suffix}。"
