"""Front matter keys and values → the fields of a guide, each checked, with a reason that says how to mend it."""

import difflib
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from knowledge.readers.draft import Unusable
from knowledge.types import Guide

LONGEST_TITLE = 120
KEYS = tuple(field for field in Guide.__dataclass_fields__ if field not in ("name", "body"))
_SAYS = re.compile(r"^(?![ \t]*(?:#{1,6}(?:\s|$)|[-*_=]+[ \t]*$))[ \t]*\S", re.MULTILINE)  # neither heading nor rule
_ALIKE = 0.8  # from which likeness (0–1) an unknown key is taken for a misspelt one


def guide(name: str, metadata: Mapping[str, object], body: str) -> Guide:
    """Raises Unusable when a key is misspelt, a value has the wrong form, or the two dates contradict each other."""
    spelt(metadata)
    if not _SAYS.search(body):
        raise Unusable("没有正文，请写上内容（Markdown 写在 front matter 下面）。")
    reviewed_on, valid_until = _date(metadata, "reviewed_on"), _date(metadata, "valid_until")
    if reviewed_on and valid_until and valid_until < reviewed_on:
        raise Unusable(f"valid_until（{valid_until}）早于 reviewed_on（{reviewed_on}），两个日期有一个写错了，请核对。")
    return Guide(
        name=name,
        title=_title(metadata),
        topic=_word(metadata, "topic"),
        body=body,
        audience=_word(metadata, "audience"),
        keywords=_words(metadata, "keywords"),
        reviewed_by=_word(metadata, "reviewed_by"),
        reviewed_on=reviewed_on,
        valid_until=valid_until,
        source=_word(metadata, "source"),
        weekly=_flag(metadata, "weekly"),
    )


def spelt(keys: Iterable[object]) -> None:
    """A misspelt `valid_until` would keep a guide in use for ever; keys of somebody else's tools do no harm."""
    for key in map(str, keys):
        near = difflib.get_close_matches(key.strip().lower(), KEYS, 1, _ALIKE) if key not in KEYS else []
        if near:
            raise Unusable(f"不认识 {_shown(key)} 这一项，是不是想写 {near[0]}？请改正后再试。")


def _title(metadata: Mapping[str, object]) -> str:
    title = " ".join(_word(metadata, "title").split())
    if not title:
        raise Unusable("缺少 title，请在文件开头的 front matter 里写上标题，例如 title: 客厅地毯怎么选。")
    if len(title) > LONGEST_TITLE:
        raise Unusable(f"title 超过 {LONGEST_TITLE} 个字，请写短一些。")
    return title


def _word(metadata: Mapping[str, object], key: str) -> str:
    value = metadata.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unusable(f"{key} 应该是一段文字，现在是 {_shown(value)}；如果是数字或日期，请加上引号。")
    return value.strip()


def _words(metadata: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = metadata.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        value = re.split(r"[,，、;；\s]+", value)
    if not isinstance(value, list) or not all(isinstance(one, str | int | float) for one in value):
        raise Unusable(f"{key} 应该是一组词，例如 {key}: [沙发, 清洁]。")
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
        raise Unusable(f"{key} 应该是日期，例如 2027-06-30，现在是 {_shown(value)}。") from error


def _flag(metadata: Mapping[str, object], key: str) -> bool:
    value = metadata.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise Unusable(f"{key} 只能写 true 或 false，现在是 {_shown(value)}。")
    return value


def _shown(value: object) -> str:
    if isinstance(value, list | dict):  # YAML aliases can make a small file print as a huge one
        return "一组值"
    return f"“{str(value)[:40]}”"
