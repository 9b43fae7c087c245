"""After a matter was resolved: when the member may be asked 解决了吗, and what their answer means."""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handlers import texts
from handlers.calling import call
from handlers.commands.parse import is_command
from handlers.effect_types import Solved
from handlers.plain import clauses
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from scheduler.calendar import Calendar, NeverOpen

ROOM = timedelta(minutes=10)  # before the platform's window closes
LAST_CHANCE = timedelta(hours=3)  # before it closes, where the next day is too late

_SOFT = "(?:谢谢您|谢谢你们|谢谢你|谢谢|多谢|嗯|是的|对|已经|都|基本|算是|了|的|啦|啊|呀|哦|吧|呢)*"
_YES = re.compile(f"{_SOFT}(?:解决|处理好|搞定|好了|没问题了|弄好){_SOFT}")
_NO = re.compile(
    f"{_SOFT}(?:还|还是|仍然|依然|根本|完全|并)*(?:没有|没|未|没能)(?:解决|处理好?|处理|搞定|弄好|好)?{_SOFT}"
    f"|{_SOFT}(?:还|还是)?(?:不行|老样子){_SOFT}"
)


def when(calendar: Calendar, closed_at: datetime, now: datetime, until: datetime) -> datetime | None:
    """When to ask: the first working moment of a later day than `closed_at`, all aware.

    Where the platform lets us write only `until` an earlier moment, a working one shortly before that; None where there
    is none left.
    """
    local = closed_at.astimezone(ZoneInfo(calendar.zone))
    next_day = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), local.tzinfo)
    with suppress(NeverOpen):
        for wanted in (next_day, until - LAST_CHANCE, now):
            at = calendar.next_open(max(now, wanted))
            if at < until - ROOM:
                return at
    return None


async def recovery(turn: Turn, office: Office) -> Outcome | None:
    """The answer to our question, where it directly follows it. 没有 calls a person again."""
    if turn.item.kind is not Kind.TEXT or turn.silent or is_command(turn):
        return None
    solved = _answer(turn.item.text)
    if solved is None or not (number := await office.asked_whether_solved(turn)):
        return None
    if solved:
        return Outcome("recovery", (Reply(texts.SOLVED),), (Solved(number, solved=True),))
    called = call(turn, office, texts.UNSOLVED)
    return replace(called, handler="recovery", effects=(Solved(number, solved=False), *called.effects))


def _answer(text: str) -> bool | None:
    said = "".join(clauses(text))
    if _NO.fullmatch(said):
        return False
    return True if _YES.fullmatch(said) else None
