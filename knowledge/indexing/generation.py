"""One generation of the index on disk: what is in its folder, and which one is in use.

- index_root/current            name of the generation in use, swapped by rename
- index_root/<name>/            manifest.json, digests.json, files.json, lexical/ and what was read from the guides:
                                guides.json, passages.json, words.json, forms.json
- vectors_root/<name>/          Chroma's folder; <name>.lock beside it says that somebody has it open

A generation that only adds a little to another one (its base, always built from all guides) shares those four
files, by hard links, and its vectors; what is new stands in added_guides.json, added_passages.json, added_words.json
and added_rows. Nothing that is shared is ever written again. Numbers of passages stay as they are and new ones follow.

What grows with the library has one JSON value a line, the first line being about the file: a server opens a generation
while it answers, and reading one large value would stop everything else in its process.
"""

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from knowledge.embeddings.embedding import Rows
from knowledge.indexing.stored import Lines, Passages, plain, rows_of, stored, stored_rows
from knowledge.indexing.words import Words, lines_of, with_changes, words_of
from knowledge.types import Guide, Passage, Rejected

FORMAT = 5  # raise it whenever terms, passages, fields or vectors change: every index is then built anew
BASE_FILES = ("guides.json", "passages.json", "words.json", "forms.json")
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
    base: str = ""  # the generation whose files and vectors it shares; empty when it was built from all guides
    in_base: int = 0  # passages of the base, those of guides that went since included
    collection: str = ""  # what the vectors are found by on a Chroma server; empty for a folder
    away: bool = False  # there are no vectors because the server did not answer


@dataclass(frozen=True, slots=True)
class Base:
    """What generations of one base share, read once. `begun` are the numbers of the guides' first passages."""

    name: str
    guides: tuple[Guide, ...]
    begun: tuple[int, ...]
    passages: Lines
    words: Words


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation knows, beside its indexes."""

    base: Base
    guides: tuple[Guide, ...]
    passages: Passages
    words: Words


@dataclass(frozen=True, slots=True)
class Addition:
    """What a generation adds to the one before it: guides with their passages and vectors, and all words that are used
    otherwise than in the base. `places` are those of every guide that is left, in the order of the guides."""

    guides: Sequence[Guide]
    passages: Sequence[Passage]
    rows: Rows
    words: Words
    places: Mapping[str, range]


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
    """Write the files of a generation built from all guides; the manifest comes last and marks them complete.

    The passages of a guide follow each other, and the guides stand in the same order.
    """
    guides = tuple(guides)
    counts = Counter(passage.guide for passage in passages)
    write(folder / "words.json", stored(lines_of(words)))
    write(folder / "forms.json", stored(words.forms))
    write(folder / "guides.json", stored([counts[guide.name], _plain(guide)] for guide in guides))
    write(folder / "passages.json", Passages.stored(passages))
    _save_digests(folder, manifest, following(0, guides, passages))
    save_manifest(folder, manifest)


def save_addition(folder: Path, before: Path, manifest: Manifest, addition: Addition) -> None:
    """Write the files of a generation that adds to the one in the folder `before`; the manifest comes last."""
    for name in BASE_FILES:
        link(before / name, folder / name)
    counts = Counter(passage.guide for passage in addition.passages)
    with _sound():
        guides, passages = _added(before, "guides"), _added(before, "passages")
        rows = _added_rows(before)
        write(folder / "added_rows", stored_rows(np.concatenate([rows, addition.rows]) if len(rows) else addition.rows))
    new = ([counts[guide.name], _plain(guide)] for guide in addition.guides)
    write(folder / "added_guides.json", guides.followed_by(new))
    write(folder / "added_passages.json", passages.followed_by(map(plain, addition.passages)))
    write(folder / "added_words.json", stored(lines_of(addition.words)))
    _save_digests(folder, manifest, addition.places)
    save_manifest(folder, manifest)


def following(start: int, guides: Iterable[Guide], passages: Iterable[Passage]) -> dict[str, range]:
    """The places of guides whose passages follow each other from number `start` on."""
    counts = Counter(passage.guide for passage in passages)
    return {guide.name: range(start, start := start + counts[guide.name]) for guide in guides}


def save_files(folder: Path, files: Mapping[str, list[int] | None]) -> None:
    """Write or replace how the files of the guides folder stood when the generation was built."""
    write(folder / "files.new", stored(files.items()))
    (folder / "files.new").replace(folder / "files.json")


def load_files(folder: Path) -> dict[str, list[int] | None]:
    """How the files of the guides folder stood; nothing where that is not known."""
    try:
        return {str(path): marks for path, marks in _lines(folder / "files.json").at_once()}
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return {}


def link(source: Path, target: Path) -> None:
    """The same file under a second name, or a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _save_digests(folder: Path, manifest: Manifest, places: Mapping[str, range]) -> None:
    lines = ((name, manifest.digests[name], place.start, len(place)) for name, place in places.items())
    write(folder / "digests.json", stored(lines))


def save_manifest(folder: Path, manifest: Manifest) -> None:
    """Write or replace the manifest alone; a reader sees the old or the new one. The digests stay as they are."""
    found = {key: value for key, value in asdict(replace(manifest, digests={})).items() if key != "digests"}
    write(folder / "manifest.new", _json(found))
    (folder / "manifest.new").replace(folder / "manifest.json")
    _sync_folder(folder)


def load_manifest(folder: Path, *, digests: bool = True) -> Manifest:
    """Raises NoIndex when it is missing, broken or of another format. Without `digests` there are none in it."""
    with _sound():
        found = json.loads((folder / "manifest.json").read_bytes())
        if found["format"] != FORMAT:
            raise NoIndex("索引由另一个版本生成，请运行 fencun index 重新生成。")
        return Manifest(
            FORMAT,
            {str(name): str(found) for name, found, *_ in _lines(folder / "digests.json").at_once()} if digests else {},
            tuple(Rejected(**one) for one in found["rejected"]),
            int(found["passages"]),
            str(found["vectors_reason"]),
            str(found["wordings"]),
            str(found["embedder"]),
            int(found["vector_size"]),
            str(found["base"]),
            int(found["in_base"]),
            str(found.get("collection", "")),
            bool(found.get("away", False)),
        )


def load_contents(folder: Path, known: Base | None = None) -> Contents:
    """What a generation knows; what it shares is not read again if `known` is its base. Raises NoIndex."""
    base = known if known and known.name == base_of(folder) else load_base(folder)
    return Contents(base, *load(folder, base), load_words(folder, base))


def load_base(folder: Path) -> Base:
    """What a generation shares with others of its base. Raises NoIndex when a file is missing or broken."""
    guides: list[Guide] = []
    begun: list[int] = []
    next_number = 0
    with _sound():
        for count, found in _lines(folder / "guides.json"):
            guides.append(_guide(found))
            begun.append(next_number)
            next_number += count
        passages = _lines(folder / "passages.json")
        if len(passages) != next_number or (passages and passages[0][0] != guides[0].name):
            raise ValueError("the passages are of other guides")
        words = words_of(_lines(folder / "words.json"))
    return Base(base_of(folder), tuple(guides), tuple(begun), passages, words)


def base_of(folder: Path) -> str:
    """The name of the generation that this one shares its base with, itself if it was built from all guides."""
    with _sound():
        return str(json.loads((folder / "manifest.json").read_bytes())["base"]) or folder.name


def load_places(folder: Path) -> dict[str, range]:
    """Where the passages of each guide stand, in the order of the guides. Raises NoIndex."""
    with _sound():
        lines = _lines(folder / "digests.json")
        return {str(name): range(start, start + count) for name, _, start, count in lines}


def load(folder: Path, base: Base | None = None) -> tuple[tuple[Guide, ...], Passages]:
    """The guides and passages of a generation. Raises NoIndex when a file is missing or broken."""
    base = base or load_base(folder)
    places = load_places(folder)
    with _sound():
        begun = len(base.passages)
        found = dict(zip(base.begun, base.guides, strict=True))
        for count, one in _added(folder, "guides"):
            found[begun] = _guide(one)
            begun += count
        passages = Passages((base.passages, _added(folder, "passages")), places)
        if len(passages) != begun:
            raise ValueError("the passages are of other guides")
        guides = tuple(found[place.start] for place in places.values())
        if any(guide.name != name for guide, name in zip(guides, places, strict=True)):
            raise ValueError("the places are of other guides")
    return guides, passages


def load_passages(folder: Path, known: Passages | None = None) -> Passages:
    """The passages alone, for who needs few; `known` are those of a generation of the same base. Raises NoIndex."""
    with _sound():
        base = known.parts[0] if known else _lines(folder / "passages.json")
        return Passages((base, _added(folder, "passages")), load_places(folder))


def load_rows(folder: Path, count: int) -> Rows:
    """The vectors of the passages that are no part of the base, in their order: `count` of them. Raises NoIndex."""
    with _sound():
        rows = _added_rows(folder)
        if len(rows) != count:
            raise ValueError("the vectors are of other passages")
        return rows


def load_words(folder: Path, base: Base | None = None) -> Words:
    """The words of a generation. Raises NoIndex when a file is missing or broken."""
    with _sound():
        words = base.words if base else words_of(_lines(folder / "words.json"))
        if base_of(folder) == folder.name:
            return words
        return with_changes(words, words_of(_lines(folder / "added_words.json")))


def load_base_words(folder: Path) -> Words:
    """The words of its base alone. Raises NoIndex."""
    with _sound():
        return words_of(_lines(folder / "words.json").at_once())


def load_forms(folder: Path) -> tuple[str, ...]:
    """The words that texts were cut with beside those of the dictionary. Raises NoIndex."""
    with _sound():
        return tuple(map(str, _lines(folder / "forms.json").at_once()))


def load_changed_words(folder: Path) -> Words:
    """The words that a generation uses otherwise than its base; those that went stand there with no passage."""
    with _sound():
        return words_of(_added(folder, "words", stored([()])).at_once())


def _added(folder: Path, what: str, nothing: bytes = stored(())) -> Lines:
    if base_of(folder) == folder.name:
        return Lines(nothing)
    return _lines(folder / f"added_{what}.json")


def _added_rows(folder: Path) -> Rows:
    if base_of(folder) == folder.name:
        return np.zeros((0, 0), dtype=np.float32)
    return rows_of((folder / "added_rows").read_bytes())


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
