"""One generation of the index on disk: what is in its folder, and which one is in use.

- index_root/current            name of the generation in use, swapped by rename
- index_root/<name>/            manifest.json, guides.json, passages.json, lexical/
- vectors_root/<name>/          Chroma's folder; <name>.lock beside it says that somebody has it open
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.types import Guide, Passage, Rejected

FORMAT = 2  # raise it whenever terms, passages, fields or vectors change: every index is then built anew
_NAME = re.compile(r"\d{6}-[0-9a-f]{8}")


class NoIndex(Exception):
    """There is no sound index to answer from; `fencun index` makes one. The message is for the operator."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation was built from: `digests` maps guide names to a digest of all their fields."""

    format: int
    digests: dict[str, str]
    rejected: tuple[Rejected, ...]
    passages: int
    vectors_reason: str  # why there are no vectors; empty when there are


def digest(guide: Guide) -> str:
    """Changes whenever any field of the guide does."""
    return hashlib.sha256(_json(asdict(guide))).hexdigest()


def name_after(previous: str, digests: dict[str, str]) -> str:
    """The name of the next generation: a running number, so that a rebuild of the same guides is another one."""
    number = int(previous[:6]) + 1 if previous else 1
    return f"{number:06d}-{hashlib.sha256(_json(digests)).hexdigest()[:8]}"


def names(root: Path) -> list[str]:
    """The generations that lie in a folder, finished or not, oldest first."""
    try:
        return sorted(entry.name for entry in root.iterdir() if entry.is_dir() and _NAME.fullmatch(entry.name))
    except OSError:
        return []


def current(index_root: Path) -> str:
    """The generation in use, empty when there is none."""
    try:
        name = (index_root / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return name if _NAME.fullmatch(name) else ""


def put_in_use(index_root: Path, name: str) -> None:
    """From now on `name` is the generation to open; a crash leaves either the old or the new one in use."""
    write(index_root / "current.new", name.encode())
    (index_root / "current.new").replace(index_root / "current")
    _sync_folder(index_root)


def save(folder: Path, manifest: Manifest, guides: Iterable[Guide], passages: Iterable[Passage]) -> None:
    """Write the generation's own files; the manifest comes last and marks them complete."""
    write(folder / "guides.json", _json([asdict(guide) for guide in guides]))
    write(folder / "passages.json", _json([asdict(passage) for passage in passages]))
    save_manifest(folder, manifest)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write or replace the manifest alone; a reader sees the old or the new one."""
    write(folder / "manifest.new", _json(asdict(manifest)))
    (folder / "manifest.new").replace(folder / "manifest.json")
    _sync_folder(folder)


def load_manifest(folder: Path) -> Manifest:
    """Raises NoIndex when it is missing, broken or of another format."""
    found = _read(folder / "manifest.json")
    try:
        if found["format"] != FORMAT:
            raise NoIndex("索引由另一个版本生成，请运行 fencun index 重新生成。")
        rejected = tuple(Rejected(**one) for one in found["rejected"])
        return Manifest(FORMAT, dict(found["digests"]), rejected, int(found["passages"]), str(found["vectors_reason"]))
    except (KeyError, TypeError, ValueError) as error:
        raise NoIndex("索引文件已损坏，请运行 fencun index 重新生成。") from error


def load(folder: Path) -> tuple[tuple[Guide, ...], tuple[Passage, ...]]:
    """The guides and passages of a generation. Raises NoIndex when a file is missing or broken."""
    try:
        guides = tuple(_guide(one) for one in _read(folder / "guides.json"))
        passages = tuple(_passage(one) for one in _read(folder / "passages.json"))
    except (KeyError, TypeError, ValueError) as error:
        raise NoIndex("索引文件已损坏，请运行 fencun index 重新生成。") from error
    return guides, passages


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise NoIndex("还没有可用的索引，请运行 fencun index 生成。") from error
    except (OSError, ValueError) as error:
        raise NoIndex("索引文件读不到或已损坏，请运行 fencun index 重新生成。") from error


def _guide(found: dict[str, Any]) -> Guide:
    dates = {key: date.fromisoformat(found[key]) if found[key] else None for key in ("reviewed_on", "valid_until")}
    return Guide(**{**found, **dates, "keywords": tuple(found["keywords"])})


def _passage(found: dict[str, Any]) -> Passage:
    return Passage(**{**found, "keywords": tuple(found["keywords"])})


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_day).encode()


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
