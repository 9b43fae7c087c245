"""A folder of Markdown files → guides. What cannot be read becomes a `Rejected` with its reason; the rest goes on."""

import difflib
import re
import stat
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler

from knowledge.types import Guide, Rejected

LARGEST = 2 * 1024 * 1024  # bytes of one file; a longer one is a book, and would be answered from badly
LONGEST_TITLE = 120
KEYS = tuple(field for field in Guide.__dataclass_fields__ if field not in ("name", "body"))
_ALIKE = 0.8  # from which likeness (0–1) an unknown key is taken for a misspelt one


class _Unusable(Exception):
    """The reason why one file is no guide, worded for the operator."""


def read_folder(folder: Path) -> tuple[tuple[Guide, ...], tuple[Rejected, ...]]:
    """Every `*.md` under `folder`, at any depth and in the order of their paths; hidden files and folders are left out.

    Links are followed, each real folder once. Raises OSError if `folder` itself cannot be read.
    """
    rejected: list[Rejected] = []
    read: list[tuple[str, Guide]] = []
    for path in sorted(_files(folder, set(), rejected, top=True)):
        relative = path.relative_to(folder).as_posix()
        try:
            read.append((relative, _guide(path)))
        except _Unusable as reason:
            rejected.append(Rejected(relative, str(reason)))
    shared = Counter(guide.name for _, guide in read)
    guides = tuple(guide if shared[guide.name] == 1 else _renamed(guide, relative) for relative, guide in read)
    return guides, tuple(sorted(rejected, key=lambda one: one.name))


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
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry, seen, rejected)
        elif entry.suffix.lower() == ".md":
            yield entry


def _guide(path: Path) -> Guide:
    metadata, body = _parse(_text(path))
    _spelt(metadata)
    if not body.strip():
        raise _Unusable("没有正文，请在 front matter 下面写上内容。")
    return Guide(
        name=path.name,
        title=_title(metadata),
        topic=_word(metadata, "topic"),
        body=body,
        audience=_word(metadata, "audience"),
        keywords=_words(metadata, "keywords"),
        reviewed_by=_word(metadata, "reviewed_by"),
        reviewed_on=_date(metadata, "reviewed_on"),
        valid_until=_date(metadata, "valid_until"),
        source=_word(metadata, "source"),
        weekly=_flag(metadata, "weekly"),
    )


def _text(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # opening a pipe would wait for its writer
            raise _Unusable("不是普通文件，请换成一份 Markdown 文件。")
        if found.st_size > LARGEST:
            raise _Unusable(f"文件超过 {LARGEST // 1024 // 1024} MB，请拆成几份较短的指南。")
        content = path.read_bytes()
    except OSError as error:
        raise _Unusable("文件读不到，请检查它是否存在、权限是否允许读取。") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unusable(_encoding_reason(content)) from error
    if "\0" in text:
        raise _Unusable("里面有二进制内容，不像文字文件，请另存为 UTF-8 编码的 Markdown。")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoding_reason(content: bytes) -> str:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return "不是 UTF-8 编码，请用编辑器另存为 UTF-8。"
    return "不是 UTF-8 编码（看起来是 GBK），请用编辑器另存为 UTF-8。"


def _parse(text: str) -> tuple[Mapping[str, object], str]:
    if not text.lstrip().startswith("---"):  # the parser would take two rules anywhere in the text for front matter
        return {}, text
    try:
        return frontmatter.parse(text, handler=YAMLHandler())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行附近" if mark else "里面"
        raise _Unusable(f"front matter 的 YAML 写法有误（{where}），请检查冒号后的空格、引号和缩进。") from error
    except (ValueError, TypeError, RecursionError) as error:  # an impossible date, an unhashable key, endless nesting
        raise _Unusable("front matter 里有写不对的值（例如不存在的日期），请逐项核对。") from error


def _spelt(metadata: Mapping[str, object]) -> None:
    """A misspelt `valid_until` would keep a guide in use for ever; keys of somebody else's tools do no harm."""
    for key in map(str, metadata):
        near = difflib.get_close_matches(key.strip().lower(), KEYS, 1, _ALIKE) if key not in KEYS else []
        if near:
            raise _Unusable(f"不认识 {_shown(key)} 这一项，是不是想写 {near[0]}？请改正后再试。")


def _title(metadata: Mapping[str, object]) -> str:
    title = " ".join(_word(metadata, "title").split())
    if not title:
        raise _Unusable("缺少 title，请在文件开头的 front matter 里写上标题，例如 title: 客厅地毯怎么选。")
    if len(title) > LONGEST_TITLE:
        raise _Unusable(f"title 超过 {LONGEST_TITLE} 个字，请写短一些。")
    return title


def _word(metadata: Mapping[str, object], key: str) -> str:
    value = metadata.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unusable(f"{key} 应该是一段文字，现在是 {_shown(value)}；如果是数字或日期，请加上引号。")
    return value.strip()


def _words(metadata: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = metadata.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        value = re.split(r"[,，、;；\s]+", value)
    if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
        raise _Unusable(f"{key} 应该是一组词，例如 {key}: [沙发, 清洁]。")
    return tuple(word for one in value if (word := str(one).strip()))


def _date(metadata: Mapping[str, object], key: str) -> date | None:
    value = metadata.get(key)
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError as error:
        raise _Unusable(f"{key} 应该是日期，例如 2027-06-30，现在是 {_shown(value)}。") from error


def _flag(metadata: Mapping[str, object], key: str) -> bool:
    value = metadata.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise _Unusable(f"{key} 只能写 true 或 false，现在是 {_shown(value)}。")
    return value


def _shown(value: object) -> str:
    if isinstance(value, list | dict):  # YAML aliases can make a small file print as a huge one
        return "一组值"
    return f"“{str(value)[:40]}”"


def _renamed(guide: Guide, name: str) -> Guide:
    fields = {field: getattr(guide, field) for field in Guide.__dataclass_fields__}
    return Guide(**{**fields, "name": name})
