"""Rows of questions and answers → drafts: one for all rows that share their title, topic and dates.

The head row is found by its names; every row becomes a section, its question the heading.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from knowledge.readers import plain
from knowledge.readers.draft import MOST_CHARACTERS, Draft, Unusable
from knowledge.readers.fields import LONGEST_TITLE, spelt

MOST_ROWS = 20_000
MOST_COLUMNS = 50
_HEAD_WITHIN = 10  # rows: above the head there may be a title and a remark
_MOST_KEYWORDS = 12  # words that may stand for a whole guide; more would say nothing about any of its rows
_MOST_FAULTS = 20
_LONGEST_QUESTION = 200
_DATES = ("valid_until", "reviewed_on")
_FOR_EVER = ("长期", "长期有效", "永久", "永久有效", "无", "-", "—", "/")
_NAMES = {
    "question": ("问题", "问", "提问", "客户问题", "常见问题", "标准问题", "标准问", "question", "q"),
    "answer": ("答案", "回答", "答", "回复", "答复", "解答", "标准答案", "标准回复", "answer", "a", "reply"),
    "title": ("标题", "指南", "指南标题", "title"),
    "topic": ("主题", "topic"),
    "keywords": ("关键词", "关键字", "keywords"),
    "valid_until": (
        *("有效期", "有效期至", "有效期到", "有效期限", "有效至", "valid_until"),
        *("截止日期", "到期日", "到期日期", "失效日期", "过期日期"),
    ),
    "reviewed_by": ("审核人", "审核", "审核者", "reviewed_by"),
    "reviewed_on": ("审核日期", "审核时间", "reviewed_on"),
    "audience": ("适用人群", "受众", "audience"),
    "source": ("来源", "出处", "source"),
    "section": ("分类", "类别", "分组", "章节", "section", "category"),
}
_COLUMNS = {name: column for column, names in _NAMES.items() for name in names}
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+[\d:.]+)?")


@dataclass(slots=True)
class _Group:
    title: str
    fields: dict[str, str]
    keywords: list[str]
    sections: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # section → (question, answer)


@dataclass(slots=True)
class Table:
    """The rows of one sheet, read: drafts come from `drafts`, what was left out from `faults` as (row, reason)."""

    groups: dict[tuple[object, ...], _Group] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    characters: int = 0

    def drafts(self, title: str) -> tuple[Draft, ...]:
        """`title` names the rows that have none of their own."""
        return tuple(
            Draft(
                group.title or title,
                _body(group.sections),
                {**group.fields, **({"keywords": group.keywords} if group.keywords else {})},
                own_title=bool(group.title),
            )
            for group in self.groups.values()
        )


def read(rows: Iterable[list[str]], *, merged: bool = False) -> Table | None:
    """The table, or None when no row names a question and an answer column.

    `merged`: an empty section is that of the row above, as in a sheet with merged cells. Raises Unusable: a misspelt
    column, too much text.
    """
    table = Table()
    columns: Mapping[str, int] | None = None
    section = ""
    for number, row in enumerate(rows, 1):
        if columns is None:
            columns = _columns(row)
            if columns is None and number >= _HEAD_WITHIN:
                return None
            continue
        if number > MOST_ROWS:
            if any(row):  # a formatted sheet may go on empty for a million rows
                table.faults.append((f"第 {number} 行起", f"超过 {MOST_ROWS} 行，后面的没有收录，请拆成几份。"))
            break
        found = {name: row[place].strip() for name, place in columns.items() if place < len(row)}
        if merged and (found.get("question") or found.get("answer")):
            section = found["section"] = found.get("section") or section
        _take(table, number, found)
    if columns is None:
        return None
    _shorten(table.faults)
    _join_keywords(table)
    return table


def _columns(row: list[str]) -> Mapping[str, int] | None:
    names = [re.sub(r"[(（【\[].*|[*＊:：\s]", "", name).lower() for name in row[:MOST_COLUMNS]]
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        if column := _COLUMNS.get(name):
            found.setdefault(column, place)
    if "question" not in found and "title" in found and "answer" in found:  # 标题 and 答案: the title asks
        found["question"] = found.pop("title")
    if not {"question", "answer"} <= found.keys():
        return None
    spelt(name for name in names if name not in _COLUMNS)
    return found


def _take(table: Table, number: int, found: dict[str, str]) -> None:
    question, answer = " ".join(found.get("question", "").split()), found.get("answer", "")
    if not question and not answer:
        return
    try:
        _complete(question, answer)
        group = _group(table, found)
    except Unusable as reason:
        table.faults.append((f"第 {number} 行", str(reason)))
        return
    table.characters += len(question) + len(answer)
    if table.characters > MOST_CHARACTERS:
        raise Unusable(f"文字超过 {MOST_CHARACTERS // 10_000} 万字，请拆成几份。")
    group.sections.setdefault(found.get("section", ""), []).append((question, answer))


def _complete(question: str, answer: str) -> None:
    if not answer:
        raise Unusable("只有问题、没有答案，这一行没有收录；请补上答案。")
    if not question:
        raise Unusable("只有答案、没有问题，这一行没有收录；请补上问题。")
    if len(question) > _LONGEST_QUESTION:
        raise Unusable(f"问题超过 {_LONGEST_QUESTION} 个字，这一行没有收录；请写短一些。")


def _group(table: Table, found: dict[str, str]) -> _Group:
    fields = {name: found[name] for name in ("topic", "audience", "reviewed_by", "source") if found.get(name)}
    fields |= {name: _day(name, found[name]) for name in _DATES if found.get(name) and found[name] not in _FOR_EVER}
    if fields.get("valid_until", "9") < fields.get("reviewed_on", ""):
        raise Unusable("有效期早于审核日期，这一行没有收录；请核对两个日期。")
    title = " ".join(found.get("title", "").split())
    if len(title) > LONGEST_TITLE:
        raise Unusable(f"标题超过 {LONGEST_TITLE} 个字，这一行没有收录；请写短一些。")
    keywords = [word for word in re.split(r"[,，、;；\s]+", found.get("keywords", "")) if word]
    group = _Group(title, fields, keywords)
    return table.groups.setdefault(_key(group), group)


def _key(group: _Group) -> tuple[object, ...]:
    return (group.title, *sorted(group.fields.items()), *group.keywords)


def _join_keywords(table: Table) -> None:
    """Rows that differ by their keywords only are one guide, as long as these are few enough to mean all of it."""
    alike: dict[tuple[object, ...], list[_Group]] = {}
    for group in table.groups.values():
        alike.setdefault((group.title, *sorted(group.fields.items())), []).append(group)
    for groups in alike.values():
        words = list(dict.fromkeys(word for group in groups for word in group.keywords))
        if len(words) > _MOST_KEYWORDS:
            continue
        first, *others = groups
        for other in others:
            for section, asked in other.sections.items():
                first.sections.setdefault(section, []).extend(asked)
            del table.groups[_key(other)]
        first.keywords = words


def _day(name: str, written: str) -> str:
    found = _DAY.fullmatch(written)
    try:
        return date(*map(int, found.groups())).isoformat() if found else date.fromisoformat(written).isoformat()
    except ValueError as error:
        label = "有效期" if name == "valid_until" else "审核日期"
        reason = f"{label}应该是日期，例如 2027-06-30，现在是“{written[:20]}”；这一行没有收录。"
        raise Unusable(reason) from error


def _body(sections: dict[str, list[tuple[str, str]]]) -> str:
    return "\n\n".join(_blocks(sections))


def _blocks(sections: dict[str, list[tuple[str, str]]]) -> Iterator[str]:
    for section, asked in sorted(sections.items(), key=lambda one: one[0] != ""):  # those without a section first
        if section:
            yield plain.heading(2, section)
        for question, answer in asked:
            yield plain.heading(3 if section else 2, question)
            yield plain.markdown(answer.splitlines())


def _shorten(faults: list[tuple[str, str]]) -> None:
    if len(faults) > _MOST_FAULTS:
        more = len(faults) - _MOST_FAULTS
        faults[_MOST_FAULTS:] = [("其他行", f"另有 {more} 行也没有收录，请先改正上面这些再看。")]
