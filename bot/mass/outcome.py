"""What came of a task by recipient, held against what was asked for, in numbers and in words for operators."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from handlers.texts import shorten
from scheduler.posts import subject_of

SHOWN = 5  # ids of one kind in one text


class Status(IntEnum):
    """Of one recipient of one colleague (doc 93338)."""

    NOT_SENT = 0
    SENT = 1
    NO_FRIEND = 2
    OVER_CAP = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """`asked` are the subjects that the task was made for; `statuses` what the platform says of each subject, 0 where
    it says nothing; `senders` the colleagues who confirmed."""

    asked: frozenset[str]
    statuses: Mapping[str, int]
    senders: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many of each status, by its name in lower case; a number that no document has is `unknown`."""
        return dict(sorted(Counter(_name(status) for status in self.statuses.values()).items()))

    @property
    def unasked(self) -> list[str]:
        """Who got it although we had not asked for them."""
        return sorted(self.statuses.keys() - self.asked)

    def of(self, status: Status) -> list[str]:
        """The asked with this status."""
        return sorted(subject for subject in self.asked if self.statuses.get(subject) == status)

    def without(self, subjects: Collection[str]) -> "Outcome":
        """The same with nothing about `subjects` in it."""
        left = {subject: status for subject, status in self.statuses.items() if subject not in subjects}
        return Outcome(self.asked - frozenset(subjects), left, self.senders)


def outcome_of(asked: Iterable[str], rows: Iterable[Mapping[str, Any]], senders: Iterable[str]) -> Outcome:
    """Read the rows of `get_groupmsg_send_result`; of group tasks they hold only what was sent."""
    wanted = frozenset(asked)
    statuses: dict[str, int] = dict.fromkeys(wanted, Status.NOT_SENT)
    for row in rows:
        subject, status = _subject(row), int(row.get("status") or 0)
        if subject and (subject in wanted or status == Status.SENT) and statuses.get(subject) != Status.SENT:
            statuses[subject] = status
    return Outcome(wanted, statuses, tuple(senders))


def _subject(row: Mapping[str, Any]) -> str:
    if chat := row.get("chat_id"):
        return subject_of("group", str(chat))
    return subject_of("person", str(row["external_userid"])) if row.get("external_userid") else ""


def _name(status: int) -> str:
    return Status(status).name.lower() if status in set(Status) else "unknown"


def mismatch(outcome: Outcome, sender: str, title: str, called: Callable[[str], str] = str) -> str:
    """What operators are told of a confirmed task; empty where everything came out as it was asked for.

    `called`: what a colleague (userid) is called.
    """
    others = [called(each) for each in outcome.senders if each.casefold() != sender.casefold()]
    found = [
        (outcome.of(Status.NO_FRIEND), "{n} 位已经不是好友，没有收到：{who}"),
        (outcome.of(Status.OVER_CAP), "{n} 个到了企业微信的群发上限，没有收到，名额已退回：{who}"),
        (outcome.of(Status.NOT_SENT), "{n} 个没有发出（可能是取消了勾选），名额已退回：{who}"),
        (outcome.unasked, "{n} 个不是我们安排的，也收到了：{who}。旧版客户端由同事自己选群，请升级到 4.1.10 以上"),
        (others, "确认的是 {who}，不是 {sender}"),
    ]
    lines = [f"· {text.format(n=len(ids), who=_few(ids), sender=called(sender))}" for ids, text in found if ids]
    if not lines:
        return ""
    sent = len(outcome.of(Status.SENT))
    return "\n".join(
        [f"{called(sender)} 的群发《{title}》送达 {sent} 个，和安排的 {len(outcome.asked)} 个对不上：", *lines]
    )


def _few(ids: list[str]) -> str:
    shown = "、".join(shorten(each.partition(":")[2] or each) for each in ids[:SHOWN])
    return f"{shown} 等" if len(ids) > SHOWN else shown
