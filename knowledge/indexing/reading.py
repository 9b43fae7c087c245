"""The guides folder as it stands now, compared with how it stood at the last build, so that only what changed is read.

A Markdown file that was changed is read alone; for anything else (documents, sidecars, synonyms, linked folders, two
files of one name) the whole folder is read again.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from knowledge.guides import ignored, read_folder
from knowledge.indexing import generation
from knowledge.indexing.generation import Manifest
from knowledge.language.wordings import FILE, WrongWordings
from knowledge.language.wordings import read as read_wordings
from knowledge.readers import fields, markdown
from knowledge.readers.cache import FileCache
from knowledge.readers.draft import Unusable
from knowledge.types import Guide, Rejected

READINGS = "readings.json"  # what documents said when they were last opened, below the index
_FRESH = 2_000_000_000  # nanoseconds in which a file may be written again without its time telling

Stand = Mapping[str, list[int] | None]  # relative path → what tells whether the file was changed: size, times, node


@dataclass(frozen=True, slots=True)
class Source:
    """What an index is built from. `read` are the guides that were read, all of them where `whole`."""

    read: tuple[Guide, ...]
    whole: bool
    digests: dict[str, str]
    rejected: tuple[Rejected, ...]
    added: tuple[tuple[str, ...], ...]
    files: Stand

    @property
    def wordings(self) -> str:
        """Digest of the operators' synonyms."""
        return generation.digest_of_words(self.added)


def read(folder: Path, index_root: Path, before: Manifest | None, *, keep: bool = True) -> Source:
    """The guides folder. Only what changed since `before`, the generation in use, where that is enough to know.

    `keep`: remember what documents said. Raises OSError when the folder cannot be read.
    """
    files = _stand(folder)
    found = _since(folder, index_root, before, files) if before else None
    return found or read_all(folder, index_root, files, keep=keep)


def read_all(folder: Path, index_root: Path, files: Stand, *, keep: bool = True) -> Source:
    """The guides folder, every file of it; `files` is how it stood before. Raises OSError."""
    cache = FileCache(index_root / READINGS)
    guides, rejected = read_folder(folder, cache)
    if keep:
        cache.save()
    digests = {guide.name: generation.digest(guide) for guide in guides}
    return _with_wordings(folder, Source(guides, True, digests, rejected, (), files))


def _since(folder: Path, index_root: Path, before: Manifest, files: Stand) -> Source | None:
    """What changed since the generation in use; None when the whole folder must be read to know."""
    last = generation.load_files(index_root / generation.current(index_root))
    changed = {path for path in files.keys() | last.keys() if path not in files or files[path] != last.get(path)}
    names = Counter(map(_name, files.keys() | last.keys()))
    if not last or any(not path.endswith(".md") or names[_name(path)] > 1 for path in changed):
        return None
    digests = dict(before.digests)
    rejected = [one for one in before.rejected if one.name not in changed and one.name != FILE]
    guides: list[Guide] = []
    for path in sorted(changed):
        try:
            guide = _guide(folder, path) if path in files else None
        except Unusable as reason:
            guide = None
            rejected.append(Rejected(path, str(reason)))
        if guide is None:
            digests.pop(_name(path), None)
        elif digests.get(guide.name) != (digest := generation.digest(guide)):
            digests[guide.name] = digest
            guides.append(guide)
    if not digests:
        return None
    ordered = tuple(sorted(rejected, key=lambda one: one.name))
    return _with_wordings(folder, Source(tuple(guides), False, digests, ordered, (), files))


def _guide(folder: Path, path: str) -> Guide:
    metadata, body = markdown.read(folder / path)
    return fields.guide(_name(path), metadata, body)


def _with_wordings(folder: Path, source: Source) -> Source:
    """With the operators' synonyms; a table that cannot be used is reported and left out."""
    rejected = source.rejected
    added: tuple[tuple[str, ...], ...] = ()
    try:
        added = read_wordings(folder)
    except WrongWordings as reason:
        rejected = (*rejected, Rejected(FILE, str(reason)))
    return Source(source.read, source.whole, source.digests, rejected, added, source.files)


def _stand(folder: Path) -> Stand:
    """How every file stands; nothing at all where that cannot be told."""
    start = len(str(folder)) + 1
    try:
        return {entry.path[start:]: _marks(one) for entry, one in _files(str(folder))}
    except (OSError, _Linked):
        return {}


def lasting(files: Stand, now: int) -> Stand:
    """How files stand, with None for those that could be written again at the same time; `now` in nanoseconds."""
    return {path: marks if max(marks[1:3]) < now - _FRESH else None for path, marks in files.items() if marks}


class _Linked(Exception):
    """A folder is a link: other files may come with it than its own times tell."""


def _files(folder: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if ignored(entry.name):
                continue
            if not entry.is_dir():
                yield entry, entry.stat()
            elif entry.is_symlink():
                raise _Linked
            else:
                yield from _files(entry.path)


def _marks(one: os.stat_result) -> list[int]:
    return [one.st_size, one.st_mtime_ns, one.st_ctime_ns, one.st_ino]


def _name(path: str) -> str:
    return path.rpartition("/")[2]
