"""One generation of the index on disk: what is in its folder, and which one is in use.

- index_root/current            name of the generation in use, swapped by rename
- index_root/<name>/            manifest.json, digests.json, guides.json, passages.json, words.json, lexical/
- vectors_root/<name>/          Chroma's folder; <name>.lock beside it says that somebody has it open

What grows with the library has one JSON value a line, the first line being about the file: a server opens a generation
while it answers, and reading one large value would stop everything else in its process.
"""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from knowledge.indexing.stored import Lines, Passages, stored
from knowledge.language.vocabulary import Heard, Used
from knowledge.types import Guide, Passage, Rejected

FORMAT = 4  # raise it whenever terms, passages, fields or vectors change: every index is then built anew
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
    wordings: str = ""  # digest of the operators' synonyms
    embedder: str = ""  # name of what made the vectors
    vector_size: int = 0  # their dimension


@dataclass(frozen=True, slots=True)
class Words:
    """The words that the passages use, how they can be heard, and the groups of synonyms that operators added."""

    used: Mapping[str, Used]
    spoken: tuple[Heard, ...]
    added: tuple[tuple[str, ...], ...] = ()


def digest(guide: Guide) -> str:
    """Changes whenever any field of the guide does."""
    return hashlib.sha256(_json(asdict(guide))).hexdigest()


def digest_of_words(added: Iterable[Iterable[str]]) -> str:
    """Changes whenever the operators' synonyms do; empty for none."""
    groups = [list(group) for group in added]
    return hashlib.sha256(_json(groups)).hexdigest() if groups else ""


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


def save(folder: Path, manifest: Manifest, guides: Iterable[Guide], passages: Sequence[Passage], words: Words) -> None:
    """Write the generation's own files; the manifest comes last and marks them complete.

    The passages of a guide follow each other, and the guides stand in the same order.
    """
    counts = Counter(passage.guide for passage in passages)
    write(folder / "words.json", stored(_words(words)))
    write(folder / "guides.json", stored([counts[guide.name], _plain(guide)] for guide in guides))
    write(folder / "passages.json", Passages.stored(passages))
    write(folder / "digests.json", stored(manifest.digests.items()))
    save_manifest(folder, manifest)


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write or replace the manifest alone; a reader sees the old or the new one. The digests stay as they are."""
    found = {key: value for key, value in asdict(replace(manifest, digests={})).items() if key != "digests"}
    write(folder / "manifest.new", _json(found))
    (folder / "manifest.new").replace(folder / "manifest.json")
    _sync_folder(folder)


def load_manifest(folder: Path) -> Manifest:
    """Raises NoIndex when it is missing, broken or of another format."""
    with _sound():
        found = json.loads((folder / "manifest.json").read_bytes())
        if found["format"] != FORMAT:
            raise NoIndex("索引由另一个版本生成，请运行 fencun index 重新生成。")
        return Manifest(
            FORMAT,
            {str(name): str(digest) for name, digest in _lines(folder / "digests.json")},
            tuple(Rejected(**one) for one in found["rejected"]),
            int(found["passages"]),
            str(found["vectors_reason"]),
            str(found["wordings"]),
            str(found["embedder"]),
            int(found["vector_size"]),
        )


def load(folder: Path) -> tuple[tuple[Guide, ...], Passages]:
    """The guides and passages of a generation. Raises NoIndex when a file is missing or broken."""
    guides: list[Guide] = []
    places: dict[str, range] = {}
    begun = 0
    with _sound():
        for count, found in _lines(folder / "guides.json"):
            guides.append(_guide(found))
            places[guides[-1].name] = range(begun, begun := begun + count)
        passages = Passages(_lines(folder / "passages.json"), places)
        if len(passages) != begun or (passages and passages[0].guide != guides[0].name):
            raise ValueError("the passages are of other guides")
    return tuple(guides), passages


def load_words(folder: Path) -> Words:
    """The words of a generation. Raises NoIndex when the file is missing or broken."""
    used: dict[str, Used] = {}
    spoken: list[Heard] = []
    with _sound():
        lines = iter(_lines(folder / "words.json"))
        added = tuple(tuple(map(str, group)) for group in next(lines))
        for word, passages, names, *sound in lines:
            used[word] = Used(int(passages), bool(names))
            if sound:
                spoken.append(Heard(word, *map(str, sound)))
    return Words(used, tuple(spoken), added)


def _words(words: Words) -> Iterator[object]:
    """The added groups, the words that can be heard, in their order, then the others."""
    yield words.added
    for one in words.spoken:
        used = words.used[one.word]
        yield one.word, used.passages, used.names, one.sound, one.initials
    heard = {one.word for one in words.spoken}
    for word, used in words.used.items():
        if word not in heard:
            yield word, used.passages, used.names


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Lines:
    return Lines(path.read_bytes())


@contextmanager
def _sound() -> Iterator[None]:
    """Whatever is wrong with a file inside is a NoIndex."""
    try:
        yield
    except FileNotFoundError as error:
        raise NoIndex("还没有可用的索引，请运行 fencun index 生成。") from error
    except OSError as error:
        raise NoIndex("索引文件读不到或已损坏，请运行 fencun index 重新生成。") from error
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise NoIndex("索引文件已损坏，请运行 fencun index 重新生成。") from error


def _plain(guide: Guide) -> dict[str, object]:
    """A guide as plain JSON."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in asdict(guide).items()}


def _guide(found: dict[str, Any]) -> Guide:
    dates = {key: date.fromisoformat(found[key]) if found[key] else None for key in ("reviewed_on", "valid_until")}
    return Guide(**{**found, **dates, "keywords": tuple(found["keywords"])})


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
