"""Taking back a task that a colleague has not confirmed, and what its sender and the operators hear of it."""

from datetime import datetime

from bot.alarm import Alarm
from bot.part import Klass, Part, part_id
from handlers.turn import Channel

RECALL = "recall"  # the kind of the part that cancels a task

_DONE = "{sender} 的群发《{title}》已撤回，不用再确认：{why}。其他人这次也收不到，需要的话用 /push 重新安排。"
_TRYING = "{sender} 的群发《{title}》正在撤回，请不要确认：{why}。"


def recall_part(msgid: str, sender: str, title: str, why: str) -> Part:
    """What cancels a task; it is for the outbox to repeat until it works. `why` is a Chinese phrase."""
    return Part(
        id=recall_id(msgid),
        lane=f"recall:{msgid}",
        channel=Channel.CUSTOMERS,
        klass=Klass.ACTION,
        kind=RECALL,
        body={"msgid": msgid, "sender": sender, "title": title, "why": why},
    )


def recall_id(msgid: str) -> str:
    """The id of the part that takes the task back."""
    return part_id("recall", msgid)


def told(part: Part, alarm: Alarm, now: datetime, *, done: bool) -> list[Part]:
    """Notices to operators and the sender about a recall that is `done`, or that did not come through yet.

    Not before it was tried: until then a colleague may have confirmed the task without our knowing, and then there is
    nothing to hold back.
    """
    body = {name: str(part.body.get(name, "")) for name in ("title", "why")}
    msgid, sender = str(part.body["msgid"]), str(part.body.get("sender", ""))
    text, what = (_DONE if done else _TRYING), "recalled" if done else "recalling"
    text = text.format(sender=alarm.called(sender), **body)
    notices = alarm.raised(f"{what}:{msgid}", text, now)
    if alarm.able and sender and sender not in alarm.operators:
        notices.append(alarm.notice(sender, text, part_id(what, msgid), now))
    return notices
