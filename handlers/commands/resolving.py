"""/resolve /followup: ending what stands against a member, and asking once whether it is solved."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from handlers import texts
from handlers.commands.parse import number
from handlers.commands.request import Request, say
from handlers.commands.whom import in_lists
from handlers.effect_types import FollowUp, Release
from handlers.plain import clauses
from handlers.recovery import when
from handlers.turn import Held, Outcome, Ticket, Turn

_MISJUDGED = ("误判", "誤判", "读错了", "不是生气")
_LEAST = 2  # characters of a reason
_TICKET = re.compile(r"(?:第)?[#＃]?\d{1,6}号?")


async def resolve(request: Request) -> Outcome | None:
    """Releases a member from the hold and closes their tickets: always by somebody, and always with a reason."""
    named, *words = request.arguments.split() or [""]
    why = " ".join(words)
    if not named or len(why) < _LEAST:
        return None
    people = await _named(request, named)
    if len(people) != 1:
        return say(_not_one(named, people))
    [person] = people
    misjudged = "".join(clauses(why)) in _MISJUDGED
    done = f"{texts.shorten(person)} 已处理完：{texts.one_line(why, 60)}。对方恢复正常，积压的过期内容不会补发。"
    told = f"{done}{texts.MISREAD if misjudged else await _hint(request, named, person)}"
    noted = f"resolve {texts.shorten(person)}{' misjudged' if misjudged else ''}"
    return say(told, Release(person, why, misjudged=misjudged), audit=noted)


async def _named(request: Request, named: str) -> list[str]:
    """Whom a ticket number, an id, or the shortened form of one stands for; only who is held or has a ticket."""
    if _TICKET.fullmatch(named):
        wanted = number(named.removeprefix("第"), unit="号")
        ticket = await request.office.ticket(wanted) if wanted else None
        return [ticket.person] if ticket else []
    people = await in_lists(request)
    exact = [person for person in people if person.casefold() == named.casefold()]
    short = named.replace("...", "…").casefold()
    return exact or [person for person in people if texts.shorten(person).casefold() == short]


def _not_one(named: str, people: Sequence[str]) -> str:
    shown = texts.one_line(named, 20)
    if people:
        return f"有 {len(people)} 位都写作 {shown}，请写单号或完整的编号。单号见 /handoffs。"
    return f"没有找到 {shown}：没有暂停打扰，也没有转接单。发 /handoffs 看还有哪些。"


async def _hint(request: Request, named: str, person: str) -> str:
    """How to ask the member once whether it is solved, for the first ticket after which /followup will do so."""
    for ticket in await _resolved(request, named, person):
        if isinstance(await _question(request, ticket), FollowUp):
            return f"\n\n想回访一次“解决了吗”，发 /followup {ticket.number}。"
    return ""


async def _resolved(request: Request, named: str, person: str) -> list[Ticket]:
    """The ticket that was typed and the member's live ones, as they stand once this /resolve is carried out."""
    typed = number(named.removeprefix("第"), unit="号")
    meant = await request.office.ticket(typed) if typed else None
    live = [each for each in await request.office.tickets() if each.person == person and each.number != typed]
    holds = [held.since for held in await request.office.holds() if held.person.casefold() == person.casefold()]
    since = holds[0] if holds else request.turn.now
    return [_ended(each, request.turn, since) for each in ([meant] if meant else []) + live]


def _ended(ticket: Ticket, turn: Turn, since: datetime) -> Ticket:
    """As `bot.store.resolutions.resolve` will leave it: what was closed before `since` is another matter."""
    if ticket.closed_at is not None and (ticket.resolved_by or ticket.closed_at < since):
        return ticket
    return replace(ticket, resolved_by=turn.conversation.person, closed_at=ticket.closed_at or turn.now)


async def followup(request: Request) -> Outcome | None:
    """Approves the one question after a resolved ticket."""
    wanted = number(request.arguments, unit="号")
    if wanted is None:
        return None
    ticket = await request.office.ticket(wanted)
    if ticket is None:
        return say(_unresolved(wanted))
    asking = await _question(request, ticket)
    if isinstance(asking, str):
        return say(asking)
    text = (
        f"好的，{texts.moment(asking.at, request.office.zone)} 由我问一次 {texts.shorten(ticket.person)}："
        f"{texts.FOLLOW_UP}\n\n没能送到会告诉您。"
    )
    return say(text, asking, audit=f"followup {wanted}")


async def _question(request: Request, ticket: Ticket) -> FollowUp | str:
    """The one question after `ticket`, or in words why there is none."""
    if not ticket.resolved_by or ticket.closed_at is None:
        return _unresolved(ticket.number)
    if ticket.follow_up:
        return f"{ticket.number} 号已经回访过，一张单只回访一次。"
    until = await request.office.writable_until(ticket.conversation)
    at = when(request.office.calendar, ticket.closed_at, request.turn.now, until)
    if at is None:
        return f"{ticket.number} 号没法由我回访：到下次上班时，这里已经不能主动找对方了。需要的话，请您直接联系。"
    return FollowUp(ticket.number, at, until)


def _unresolved(number_: int) -> str:
    return f"{number_} 号还没有用 /resolve 处理完，先处理再回访。"


def held_rows(held: Sequence[Held], now: datetime, zone: str) -> str:
    """Who gets nothing unasked, since when and why, as /handoffs shows it below the tickets; empty where nobody is."""
    if not held:
        return ""
    rows = [_row(each, now, zone) for each in held[:20]]
    more = f"\n\n后面还有 {len(held) - 20} 位。" if len(held) > 20 else ""
    return (
        f"\n\n**暂停打扰 {len(held)} 位**\n\n" + "\n".join(rows) + more + "\n\n处理完，发“/resolve 单号或会员 原因”"
        "（看错了，原因写“误判”）。"
    )


def _row(held: Held, now: datetime, zone: str) -> str:
    quote = f"：“{texts.one_line(held.quote, 30)}”" if held.quote else ""
    since = f"从 {texts.moment(held.since, zone)} 起（{texts.lasted(now - held.since)}）"
    return f"- {texts.shorten(held.person)}，{since}，{texts.mood_words(held.reason)}{quote}"
