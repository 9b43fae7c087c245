"""The guides folder → guides: Markdown, Word, PDF, and question–answer rows in workbooks and .csv files.

What cannot be used becomes a `Rejected` with its reason; the rest goes on. A document that is no Markdown may have a
sidecar beside it, `sofa.docx.yaml`, with the keys of a front matter.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from knowledge.readers import apart, fields, markdown
from knowledge.readers.apart import PATIENCE, Apart
from knowledge.readers.cache import ReadCache
from knowledge.readers.draft import Draft, Unusable
from knowledge.readers.files import LARGEST_TEXT as LARGEST
from knowledge.readers.files import measured
from knowledge.types import Guide, Rejected

DOCUMENTS = (".docx", ".pdf", ".xlsx", ".csv")
FORMATS = (".md", *DOCUMENTS)
_SIDECARS = (".yaml", ".yml")
_INSTEAD = {
    **dict.fromkeys((".doc", ".wps", ".rtf", ".odt", ".pages", ".docm"), ".docx"),
    **dict.fromkeys((".xls", ".et", ".ods", ".numbers", ".xlsm", ".tsv"), ".xlsx"),
    **dict.fromkeys((".txt", ".html", ".htm", ".markdown"), ".md 或 .docx"),
    **dict.fromkeys((".ppt", ".pptx", ".dps", ".key", ".epub"), ".pdf 或 .docx"),
}

__all__ = ["DOCUMENTS", "FORMATS", "LARGEST", "ReadCache", "ignored", "read_folder"]


def read_folder(
    folder: Path, cache: ReadCache | None = None, patience: float = PATIENCE
) -> tuple[tuple[Guide, ...], tuple[Rejected, ...]]:
    """Every guide under `folder`, at any depth and in the order of the paths; hidden and temporary files are left out.

    Links are followed, each real folder once. A part of a file that cannot be used is rejected as “file.csv 第 7 行”.
    `cache` spares opening documents again that did not change; `patience` is the time in seconds that one may take.
    Raises OSError if `folder` itself cannot be read.
    """
    rejected: list[Rejected] = []
    read: list[tuple[str, list[Guide]]] = []
    with Apart(patience) as process:
        for path in sorted(_files(folder, set(), rejected, top=True)):
            relative = path.relative_to(folder).as_posix()
            try:
                found, faults = _guides(path, relative, process, cache)
            except Unusable as reason:
                rejected.append(Rejected(relative, str(reason)))
                continue
            rejected += faults
            if found:
                read.append((relative, found))
    shared = Counter(relative.rpartition("/")[2] for relative, _ in read)
    return tuple(_named(read, shared)), tuple(sorted(rejected, key=lambda one: one.name))


def ignored(name: str) -> bool:
    """Whether a file of this name is nobody's guide: hidden, or what an editor keeps while a document is open."""
    return name.startswith((".", "~$", "~")) or name.endswith(("~", ".tmp", ".bak", ".swp", ".part", ".crdownload"))


def _files(folder: Path, seen: set[Path], rejected: list[Rejected], *, top: bool = False) -> Iterator[Path]:
    try:
        real = folder.resolve()
        entries = sorted(folder.iterdir())
    except (OSError, RuntimeError) as error:  # RuntimeError: a link that leads to itself
        if top:
            raise OSError(str(error)) from error
        rejected.append(Rejected(folder.name, "这个文件夹读不到，请检查它的权限。"))
        return
    if real in seen:
        return
    seen.add(real)
    for entry in entries:
        if ignored(entry.name):
            continue
        if entry.is_dir():
            yield from _files(entry, seen, rejected)
        elif entry.suffix.lower() in FORMATS or entry.suffix.lower() in _INSTEAD or _described(entry):
            yield entry


def _guides(path: Path, relative: str, process: Apart, cache: ReadCache | None) -> tuple[list[Guide], list[Rejected]]:
    """The guides of one file, and the parts of it that could not be used. Raises Unusable."""
    suffix = path.suffix.lower()
    if suffix == ".md":
        metadata, body = markdown.read(path)
        return [fields.guide(path.name, metadata, body)], []
    if described := _described(path):
        _alone(described)
        return [], []
    if suffix not in DOCUMENTS:
        raise Unusable(f"暂不支持 {suffix} 文件，请另存为 {_INSTEAD[suffix]}。")
    sidecar = _sidecar(path)
    reading = apart.reading(_opened(path, relative, process, cache))
    rejected = [Rejected(f"{relative} {part}", reason) for part, reason in reading.faults]
    guides: list[Guide] = []
    for name, draft in _drafts_named(path.name, reading.drafts):
        try:
            guides.append(_guide(name, draft, sidecar, alone=len(reading.drafts) == 1))
        except Unusable as reason:
            rejected.append(Rejected(relative + name.removeprefix(path.name), str(reason)))
    return guides, rejected


def _opened(path: Path, relative: str, process: Apart, cache: ReadCache | None) -> dict[str, Any]:
    size, changed = measured(path)
    key = f"{relative}|{size}|{changed}"
    found = cache.get(key) if cache else None
    if found is None:
        found = process.read(path)
        if cache:
            cache.put(key, found)
    return found


def _guide(name: str, draft: Draft, sidecar: Mapping[str, object], *, alone: bool) -> Guide:
    """The sidecar has the last word, except on titles that rows of one file carry to be told apart."""
    metadata: dict[str, object] = {"title": draft.title, **draft.fields, **sidecar}
    if draft.own_title and not alone:
        metadata["title"] = draft.title
    return fields.guide(name, metadata, draft.body)


def _drafts_named(name: str, drafts: tuple[Draft, ...]) -> Iterator[tuple[str, Draft]]:
    """One guide has the file's name; of several, each is `file.xlsx#title`, and `·2` the second of that title."""
    titles = Counter[str]()
    for draft in drafts:
        titles[draft.title] += 1
        count = f"·{titles[draft.title]}" if titles[draft.title] > 1 else ""
        yield (f"{name}#{draft.title}{count}" if len(drafts) > 1 else name), draft


def _sidecar(path: Path) -> Mapping[str, object]:
    for suffix in _SIDECARS:
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            return markdown.sidecar(beside)
    return {}


def _described(path: Path) -> Path | None:
    """The document that a sidecar belongs to, by its name; None when the file is no sidecar."""
    described = path.with_suffix("")
    return described if path.suffix.lower() in _SIDECARS and described.suffix.lower() in FORMATS else None


def _alone(described: Path) -> None:
    """A sidecar that nobody reads would let an operator believe that its date is kept."""
    if described.suffix.lower() == ".md":
        raise Unusable("Markdown 的信息请写在文件开头的 front matter 里，旁边的这份不会用到。")
    if not described.exists():
        raise Unusable(f"旁边没有 {described.name}，这份说明没有用到；请改名，或者删掉它。")


def _named(read: list[tuple[str, list[Guide]]], shared: Counter[str]) -> Iterator[Guide]:
    """Two files of one name are told apart by their folders."""
    for relative, guides in read:
        name = relative.rpartition("/")[2]
        for guide in guides:
            yield guide if shared[name] == 1 else replace(guide, name=relative + guide.name.removeprefix(name))
