"""The life of a scheduled post in the store: planned once, ended when its last part ends, told to who asked for it."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from bot.alarm import Alarm
from bot.part import Klass, Part, part_id
from bot.store import outbox as outbox_store
from bot.store import posts
from bot.store.database import serialise
from bot.store.tables import decision, outbox
from bot.transaction import Transaction
from handlers.naming import addressed
from handlers.turn import Channel
from scheduler.gate import describe, replay
from scheduler.posts import Post, Recipient, as_sent, parse_recipient, weight_of

CHANNELS = {
    "robot": Channel.ROBOT,
    "aibot": Channel.AIBOT,
    "app": Channel.APP,
    "group": Channel.CUSTOMERS,
    "customer": Channel.CUSTOMERS,
    "appchat": Channel.APPCHAT,
}

MOST = {"group": 2000, "customer": 10_000}  # recipients of one task (92135)


def parts_of(
    post: Post,
    recipients: Sequence[Recipient],
    occurrence: int,
    planned_at: datetime,
    expires_at: datetime,
    agent: str,
    *,
    needed: bool = False,
) -> list[Part]:
    """One part per recipient; customer groups and customers of one colleague are one task for that colleague.

    `needed`: somebody needs it now, so that it goes before what is of use to all.
    """
    grouped: dict[str, list[Recipient]] = {}
    # Somebody who is written in two ways is still one.
    for recipient in {(each.channel, each.account, each.subject): each for each in recipients}.values():
        key = f"{recipient.channel}:{recipient.account}" if recipient.confirmed else recipient.address
        while len(grouped.get(key, ())) >= MOST.get(recipient.channel, len(recipients)):
            key += "+"
        grouped.setdefault(key, []).append(recipient)
    body = {
        "guide": post.name,
        "digest": post.digest,
        "title": post.title,
        "topic": post.topic,
        "kind": post.kind,
        "planned_at": planned_at.isoformat(),
    }
    return [
        Part(
            id=part_id("post", occurrence, key),
            lane=_lane(key, together[0], agent),
            channel=CHANNELS[together[0].channel],
            klass=Klass.POST,
            kind="post",
            body={
                **body,
                "recipients": [recipient.address for recipient in together],
                "markdown": as_sent(post, together[0].channel),
                "weight": weight_of(post.kind, together[0].scope, needed=needed),
            },
            repeatable=False,
            occurrence=occurrence,
            expires_at=expires_at,
        )
        for key, together in grouped.items()
    ]


def _lane(key: str, recipient: Recipient, agent: str) -> str:
    """An app user's posts share the lane of their conversation: WeCom counts 30 a minute over both."""
    return f"{Channel.APP}:{agent}::{recipient.target}" if recipient.channel == "app" else f"post:{key}"


async def close_empty(transaction: Transaction, occurrence: int) -> None:
    """An occurrence of which nothing was to be sent, because its people are held out of a trial, is done."""
    query = select(outbox.c.id).where(outbox.c.occurrence == occurrence).limit(1)
    if await transaction.connection.scalar(query) is None:
        await posts.finish_occurrence(transaction.connection, occurrence)


async def settle(transaction: Transaction, part: Part, alarm: Alarm) -> None:
    """When the last part of an occurrence has ended: close it, and tell the operator who had pushed it."""
    if part.occurrence is None:
        return
    # Of two parts that end at the same moment neither would see that the other one has.
    await serialise(transaction.connection, f"occurrence:{part.occurrence}")
    if await transaction.connection.scalar(_STILL_OPEN, {"occurrence": part.occurrence}) is not None:
        return
    if not await posts.finish_occurrence(transaction.connection, part.occurrence):
        return
    occurrence = await posts.find_occurrence(transaction.connection, part.occurrence)
    if occurrence is None or not occurrence.asked_by:
        return
    query = select(outbox.c.id, outbox.c.state, outbox.c.body).where(outbox.c.occurrence == part.occurrence)
    rows = (await transaction.connection.execute(query)).mappings().all()
    if any(row["state"] == "sent" for row in rows):
        await posts.bring_forward(transaction.connection, occurrence, transaction.now)
    text = await _report(transaction, occurrence.title, rows, alarm.called)
    id_ = part_id("pushed", occurrence.id)
    await transaction.enqueue([alarm.notice(occurrence.asked_by, text, id_, transaction.now)])


_STILL_OPEN = select(outbox.c.id).where(outbox.c.occurrence == bindparam("occurrence"), outbox_store.is_open).limit(1)


async def _report(transaction: Transaction, title: str, rows: Sequence[Any], called: Callable[[str], str]) -> str:
    states = Counter(row["state"] for row in rows)
    # A colleague's task is handed over and not yet sent: nobody has it before the colleague confirms.
    waits = sum(row["state"] == "sent" and parse_recipient(row["body"]["recipients"][0]).confirmed for row in rows)
    handed = f"，交给同事确认 {waits} 处" if waits else ""
    left, kept = states["sent"] - waits, len(rows) - states["sent"]
    lines = [f"《{title}》推送处理完了：发出 {left} 处{handed}，没有发 {kept} 处。"]
    for row in rows:
        if row["state"] != "sent":
            to = "、".join(addressed(each, called) for each in row["body"]["recipients"])
            lines.append(f"· {to}：{await _why(transaction, row['id'])}")
    return "\n".join(lines)


async def _why(transaction: Transaction, part: str) -> str:
    """The gate's last word on a part, as a sentence with its code."""
    query = select(decision).where(decision.c.part == part).order_by(decision.c.id.desc()).limit(1)
    row = (await transaction.connection.execute(query)).mappings().first()
    if row is None or not row["reason"]:
        return "发送失败，已记录，详见 /status"
    made = replay(row["inputs"], row["rule"])
    return f"{describe(made, row['inputs']['rules']['zone'])}（{row['reason']}）"


def planned_on(part: Part, zone: ZoneInfo) -> date:
    """The local day that a post was planned for."""
    return datetime.fromisoformat(part.body["planned_at"]).astimezone(zone).date()


def expiry(planned_at: datetime, catch_up_hours: float) -> datetime:
    """A post is good for the bound within which a missed one is caught up, and at least for ten minutes."""
    return planned_at + max(timedelta(hours=catch_up_hours), timedelta(minutes=10))
