"""The one registry of personal data: whatever shows, exports or deletes what is held about a person walks it.

A table in which a person can stand is in `ENTRIES`, or the reason why it needs no entry is in `EXEMPT`; a test holds
both against the tables.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, cast, delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import gaps
from bot.store.answer_tables import answered, gap_ask, rating
from bot.store.restraint_tables import digest, need, relation, rhythm, signal, trial_person
from bot.store.tables import (
    conversation,
    decision,
    delivery,
    hold,
    inbox,
    mass_result,
    membership,
    misreading,
    moment,
    opt_out,
    outbox,
    page,
    preference,
    profile,
    stream,
    ticket,
)
from handlers.records import Kept
from scheduler.posts import subject_of


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, as the tables name them. `who` is the hash by which questions without an answer tell members apart."""

    id: str
    subject: str
    who: str
    conversations: tuple[str, ...]

    @property
    def items(self) -> Select[Any]:
        return select(inbox.c.id).where(inbox.c.conversation.in_(self.conversations))

    @property
    def tickets(self) -> Select[Any]:
        return select(ticket.c.number).where(ticket.c.conversation.in_(self.conversations))


class Theme(StrEnum):
    """What a member is shown as one thing."""

    TALK = "talk"
    HAND_OVER = "hand_over"
    POSTS = "posts"
    CHOICES = "choices"
    PROFILE = "profile"
    MOOD = "mood"
    RHYTHM = "rhythm"
    GROUPS = "groups"
    CONTACTS = "contacts"
    GAPS = "gaps"
    RATINGS = "ratings"


@dataclass(frozen=True, slots=True)
class _Words:
    """`until` of None: until `privacy.message_retention_days` are over."""

    what: str
    why: str
    used: str
    until: str | None = None


_THEMES: Mapping[Theme, _Words] = {
    Theme.TALK: _Words("聊天消息", "回答您的问题", "用来查资料、听懂上文"),
    Theme.HAND_OVER: _Words("转人工记录", "让同事知道您要什么", "只给接待您的同事看"),
    Theme.POSTS: _Words("推送记录", "控制次数、能说清为什么发", "每次发之前查一遍"),
    Theme.CHOICES: _Words("您的设置", "照您说的做", "每次发之前查一遍", "一直留到您改"),
    Theme.PROFILE: _Words("常问的主题", "挑选对您有用的内容", "只用来挑内容，不影响价格"),
    Theme.MOOD: _Words("不满意的记录", "您不满意时不打扰", "推送前查一遍，由同事解除"),
    Theme.RHYTHM: _Words("对推送的反应", "少打扰您", "只用来放慢推送，从不加快"),
    Theme.GROUPS: _Words("您在哪些群", "群里发的也算一次，不重复打扰", "每次发之前查一遍", "退群后删除"),
    Theme.CONTACTS: _Words("哪位同事加了您", "由那位同事把内容发给您", "只用来找对人发", "互删后删除"),
    Theme.GAPS: _Words("没答好的问题（已打码）", "补上资料", "运营人员据此写资料"),
    Theme.RATINGS: _Words("对回答的评价", "改进资料", "统计有用和没用的次数"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of which whole rows are about a person. `columns` are those that can name or quote somebody."""

    table: Table
    theme: Theme
    of: Callable[[Person], ColumnElement[bool]]
    columns: tuple[str, ...]
    counted: bool = True  # rows that only stand beside others are not counted for the member
    # Where ids are made of a row's number, the highest is emptied instead of deleted, so that it is not given again.
    number: str = ""
    empty: Mapping[str, Any] = field(default_factory=dict)


def _in_conversations(table: Table) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: table.c.conversation.in_(person.conversations)


def _by_person(table: Table, name: str = "person") -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: func.lower(table.c[name]) == person.id.lower()


def _by_subject(table: Table, name: str = "subject") -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: table.c[name] == person.subject


# In the order in which rows can go: what is found through another table comes before that.
ENTRIES: tuple[Entry, ...] = (
    Entry(rating, Theme.RATINGS, lambda person: rating.c.answer.in_(_answers(person)), ("answer",)),
    Entry(answered, Theme.RATINGS, lambda person: answered.c.item.in_(person.items), ("item",), counted=False),
    Entry(misreading, Theme.MOOD, lambda person: misreading.c.item.in_(person.items), ("item", "text", "by")),
    Entry(gap_ask, Theme.GAPS, lambda person: gap_ask.c.who == person.who, ("question", "who")),
    Entry(page, Theme.HAND_OVER, lambda person: page.c.ticket.in_(person.tickets), ("ticket", "people"), counted=False),
    Entry(
        decision,
        Theme.POSTS,
        lambda person: func.lower(decision.c.recipient).endswith(f":{person.id.lower()}", autoescape=True),
        ("recipient", "inputs"),
    ),
    Entry(delivery, Theme.POSTS, _by_subject(delivery), ("subject",), counted=False),
    Entry(mass_result, Theme.POSTS, _by_subject(mass_result, "recipient"), ("recipient",), counted=False),
    Entry(membership, Theme.GROUPS, _by_subject(membership, "person_subject"), ("group_subject", "person_subject")),
    Entry(digest, Theme.POSTS, _by_subject(digest), ("subject",), counted=False),
    Entry(trial_person, Theme.POSTS, _by_subject(trial_person), ("subject", "trial", "arm"), counted=False),
    Entry(need, Theme.POSTS, _by_subject(need), ("subject", "key"), counted=False),
    Entry(relation, Theme.CONTACTS, _by_person(relation), ("sender", "person", "tags")),
    Entry(signal, Theme.RHYTHM, _by_subject(signal), ("subject", "kind", "key")),
    Entry(rhythm, Theme.RHYTHM, _by_subject(rhythm), ("subject", "layer", "manual"), counted=False),
    Entry(hold, Theme.MOOD, _by_subject(hold), ("subject", "person", "quote", "items", "released_by", "why")),
    Entry(
        ticket,
        Theme.HAND_OVER,
        _in_conversations(ticket),
        ("conversation", "ask", "quote", "assignee", "resolved_by", "resolution"),
        number="number",
        empty={
            **dict.fromkeys(("conversation", "ask", "quote", "mood", "assignee", "resolved_by", "resolution"), ""),
            "state": "closed",
        },
    ),
    Entry(stream, Theme.TALK, _in_conversations(stream), ("conversation", "text", "response_url"), counted=False),
    Entry(
        outbox,
        Theme.TALK,
        lambda person: or_(outbox.c.lane.in_(person.conversations), outbox.c.conversation.in_(person.conversations)),
        ("lane", "conversation", "body"),
    ),
    Entry(
        inbox,
        Theme.TALK,
        _in_conversations(inbox),
        ("conversation", "key", "text", "data", "servicer", "code", "ref"),
        number="id",
        empty={
            **dict.fromkeys(("conversation", "text", "servicer", "code", "ref", "stream", "mood"), ""),
            "data": {},
            "state": "seen",
            "kind": "other",
            "msgtype": "other",
            "handled_by": "",
            "key": literal("gone:").concat(cast(inbox.c.id, String)),
        },
    ),
    Entry(conversation, Theme.TALK, _by_person(conversation), ("id", "person", "chat", "assignee"), counted=False),
    Entry(preference, Theme.CHOICES, _by_person(preference), ("person",)),
    Entry(opt_out, Theme.CHOICES, _by_subject(opt_out, "person"), ("person",)),
    Entry(profile, Theme.PROFILE, _by_person(profile), ("person", "topics", "stage", "stage_on", "room", "hours")),
)

_COLLEAGUE = "a colleague's id: who did what is kept for accountability"
_OURS = "our own or the platform's name for something; nobody's"
# Tables without rows about one person: why each column with words in it needs no entry.
EXEMPT: Mapping[str, str] = {
    "access_token.name": _OURS,
    "access_token.value": _OURS,
    "kf_cursor.account": _OURS,
    "kf_cursor.cursor": _OURS,
    "occurrence.schedule": _OURS,
    "occurrence.state": _OURS,
    "occurrence.kind": _OURS,
    "occurrence.guide": _OURS,
    "occurrence.title": _OURS,
    "occurrence.asked_by": _COLLEAGUE,
    "mass_task.msgid": _OURS,
    "mass_task.part": "leads to the part, from which a forgotten recipient is taken out",
    "mass_task.sender": _COLLEAGUE,
    "mass_task.state": _OURS,
    "mass_task.result": "counts by status",
    "mass_task.approved_by": _COLLEAGUE,
    "lease.name": _OURS,
    "lease.owner": _OURS,
    "mark.name": "names of our own; a colleague's userid beside the plan that was shown to them",
    "mark.value": "watermarks, salts, a colleague who waits for a result; while a farewell is on its way, its parts",
    "audit.who": _COLLEAGUE,
    "audit.what": "ids of members are shortened where it is written, and taken out by `bot.store.mentions`",
    "gap.kind": _OURS,
    "gap.stage": _OURS,
    "gap.guide": _OURS,
    "gap.drafted_by": _COLLEAGUE,
    "gap.closed_on": "a day",
    "content.key": _OURS,
    "content.digest": _OURS,
    "content.state": _OURS,
    "content.kind": _OURS,
    "content.title": "of a guide or a post",
    "content.lexicon": _OURS,
    "content.by": _COLLEAGUE,
    "content.why": "why a colleague rejected a text",
    "draft.title": "of a post",
    "draft.topic": _OURS,
    "draft.body": "a post that is not about anybody",
    "draft.source": _OURS,
    "draft.by": _OURS,
    "promo_day.day": "a day",
    "promo_day.asked_by": _COLLEAGUE,
    "promo_day.granted_by": _COLLEAGUE,
    "tombstone.who": "what stays on purpose: a salted hash",
}


def _answers(person: Person) -> Select[Any]:
    return select(answered.c.id).where(answered.c.item.in_(person.items))


async def find(connection: AsyncConnection, id_: str) -> Person:
    """The person with this id, however much or little there is about them."""
    mine = select(conversation.c.id).where(func.lower(conversation.c.person) == id_.lower())
    # What was sent without their ever having written has a lane and no conversation.
    lanes = select(outbox.c.lane).where(func.lower(outbox.c.lane).endswith(f"::{id_.lower()}", autoescape=True))
    theirs = tuple(dict.fromkeys([*await connection.scalars(mine), *await connection.scalars(lanes.distinct())]))
    return Person(id_, subject_of("person", id_), await gaps.known_member(connection, id_), theirs)


async def kept(connection: AsyncConnection, person: Person, days: int) -> list[Kept]:
    """What is held, by theme, in words; `days` is `privacy.message_retention_days`."""
    counts: dict[Theme, int] = {}
    for entry in ENTRIES:
        if entry.counted:
            rows = select(func.count()).select_from(entry.table).where(entry.of(person))
            counts[entry.theme] = counts.get(entry.theme, 0) + int(await connection.scalar(rows) or 0)
    return [
        Kept(words.what, counts[theme], words.why, words.until or f"保存 {days} 天", words.used)
        for theme, words in _THEMES.items()
        if counts.get(theme)
    ]


_TOKENS = ("code", "data", "response_url", "url_used", "url_expires_at", "fence", "lane")  # say nothing about anybody


async def export(connection: AsyncConnection, person: Person) -> dict[str, Any]:
    """Everything that is held, by table, ready for JSON; times are ISO 8601 in UTC."""
    found: dict[str, Any] = {"person": person.id}
    for entry in ENTRIES:
        rows = (await connection.execute(select(entry.table).where(entry.of(person)))).mappings().all()
        if rows:
            found[entry.table.name] = [_readable(row) for row in rows]
    return found


def _readable(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items() if name not in _TOKENS and value not in ("", None)}


def _value(name: str, value: Any) -> Any:
    timed = name in ("at", "since", "last_seen", "muted_until", "not_before") or name.endswith("_at")
    return moment(value).isoformat() if timed and isinstance(value, int) and value else value


def written(found: Mapping[str, Any]) -> str:
    """An export as text."""
    return json.dumps(found, ensure_ascii=False, indent=1, default=str)


async def erase(connection: AsyncConnection, person: Person, spared: Mapping[str, Iterable[str]]) -> int:
    """Delete every row about the person but those whose ids are `spared` (by table); how many went."""
    gone = 0
    for entry in ENTRIES:
        mine = [entry.of(person)]
        if left := list(spared.get(entry.table.name, ())):
            mine.append(entry.table.c.id.not_in(left))
        if entry.number:
            mine.append(entry.table.c[entry.number] != await _emptied(connection, entry, mine))
        gone += (await connection.execute(delete(entry.table).where(*mine))).rowcount
    return gone


async def _emptied(connection: AsyncConnection, entry: Entry, mine: Sequence[ColumnElement[bool]]) -> int:
    """The table's highest number, its row emptied where it is theirs."""
    number = entry.table.c[entry.number]
    highest = int(await connection.scalar(select(func.max(number))) or 0)
    await connection.execute(update(entry.table).where(number == highest, *mine).values(**entry.empty))
    return highest
