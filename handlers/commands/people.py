"""/handoffs /take /return /whoami /help: the people who work with the bot."""

from handlers import texts
from handlers.commands import resolving
from handlers.commands.paging import page_of, paged
from handlers.commands.parse import allowed, named, number, unknown
from handlers.commands.request import Request, say
from handlers.effect_types import GiveBack, Take
from handlers.relay import RELAYED, has, in_hand
from handlers.turn import Channel, Outcome, Role, Ticket, Turn

_SHOWN = 20  # tickets in one list
_ROLES = {Role.OPERATOR: "运营", Role.LEAD: "主管", Role.CONSULTANT: "顾问", Role.MEMBER: "会员"}
_MAY_STEP_IN = frozenset({Role.OPERATOR, Role.LEAD})


async def handoffs(request: Request) -> Outcome | None:
    """The tickets that are not closed, the one that has waited longest first, a page at a time."""
    page = page_of(request.arguments)
    if page is None:
        return None
    waiting = await request.office.tickets()
    held = resolving.held_rows(await request.office.holds(), request.turn.now, request.office.zone)
    if not waiting:
        return say(f"没有未结束的转接单。{held}")
    shown, more = paged(waiting, page, _SHOWN, "handoffs")
    rows = [_row(ticket, request) for ticket in shown]
    more += "\n\n接手：/take 单号，结束：/return 单号"
    return say(f"**转接单 {len(waiting)} 张**\n\n" + "\n".join(rows) + more + held)


def _row(ticket: Ticket, request: Request) -> str:
    about = texts.one_line(ticket.ask, 40) or "（没有文字）"
    reason = texts.reason_words(ticket.reason)
    head = f"- **{ticket.number} 号** {texts.shorten(ticket.person)}，{reason}：{about}"
    return f"{head}，{_stands(ticket, request)}"


def _stands(ticket: Ticket, request: Request) -> str:
    """Whether the member waits still: they do until somebody has said a word."""
    who = request.office.called(ticket.assignee) or "同事"
    waited = texts.lasted(request.turn.now - ticket.opened_at)
    if ticket.state != "taken":
        return f"等待接手，等了 {waited}"
    if ticket.replied_at is not None:
        return f"{who} 在处理"
    given = f"{who} 已接手" if ticket.channel in RELAYED else f"已派给 {who}"
    return f"{given}，还没说话，等了 {waited}"


async def take(request: Request) -> Outcome | None:
    """Puts a ticket into the hands of who asks. From another's hands only a lead or an operator may take it.

    One's own ticket comes into focus: plain text in the app goes to its member (`handlers.relay`). Who gets it when two
    ask at once is decided in the transaction (`bot.takeover`), and the other is asked again.
    """
    wanted = number(request.arguments, unit="号")
    if wanted is None:
        return None
    ticket = await _ticket(request, wanted)
    if ticket is None:
        return say(_missing(wanted))
    if ticket.state == "taken" and has(ticket, request.turn.conversation.person):
        return await _turned_to(request, ticket)
    if not may_step_in(ticket, request.turn):
        return say(f"{wanted} 号已由 {request.office.called(ticket.assignee)} 接手。需要换人，请主管或运营来操作。")
    return await _taken(request, ticket)


async def _taken(request: Request, ticket: Ticket) -> Outcome:
    wanted = ticket.number
    if ticket.channel is Channel.KF:
        return say(f"正在把 {wanted} 号转给您，成没成马上告诉您。", Take(wanted), audit=f"take {wanted}")
    if ticket.person.casefold() == request.turn.conversation.person.casefold():
        return say(f"{wanted} 号是您自己发起的，请其他同事接手。")
    before = (
        f"原来由 {request.office.called(ticket.assignee)} 处理，" if ticket.state == "taken" and ticket.assignee else ""
    )
    text = f"{wanted} 号{before}现在归您了，智能助手不再回复这位会员。{await _how_to_talk(request, wanted)}"
    return say(text, Take(wanted), audit=f"take {wanted}")


async def _turned_to(request: Request, ticket: Ticket) -> Outcome:
    """What one has already comes into focus. On kf only the platform knows whether its session is still there."""
    number_ = ticket.number
    if ticket.channel not in RELAYED:
        text = f"{number_} 号已经在您名下，正在向微信客服核对会话还在不在，马上告诉您。"
        return say(text, Take(number_), audit=f"take {number_}")
    return say(f"{number_} 号已经在您手上。{await _how_to_talk(request, number_)}", Take(number_))


async def _how_to_talk(request: Request, focus: int) -> str:
    where = "在这里" if request.turn.conversation.channel is Channel.APP else "到应用里"
    others = in_hand(await request.office.tickets(), request.turn.conversation.person)
    named = "、".join(str(each.number) for each in others if each.number != focus)
    switch = f"您手上还有 {named} 号，换人发 /take 单号。" if named else ""
    return f"{where}直接发文字，我转给 {focus} 号会员。{switch}处理完发 /return {focus}。"


async def give_back(request: Request) -> Outcome | None:
    """Ends a ticket, so that the bot serves again; an open one too, else nobody would ever answer that person."""
    wanted = number(request.arguments, unit="号")
    if wanted is None:
        return None
    ticket = await _ticket(request, wanted)
    if ticket is None:
        return say(_missing(wanted))
    if not may_step_in(ticket, request.turn):
        return say(f"{wanted} 号由 {request.office.called(ticket.assignee)} 在处理，请本人、主管或运营来交还。")
    text = f"{wanted} 号已结束。会员再发消息，由智能助手回答。{await _still_on_hold(request, ticket)}"
    return say(text, GiveBack(wanted), audit=f"return {wanted}")


async def _still_on_hold(request: Request, ticket: Ticket) -> str:
    """That nothing unasked goes to the member still, and what ends that; empty where there is no hold."""
    if all(held.person.casefold() != ticket.person.casefold() for held in await request.office.holds()):
        return ""
    return f"\n\n暂停打扰还在，事情处理完了发 /resolve {ticket.number} 原因。"


async def _ticket(request: Request, wanted: int) -> Ticket | None:
    return next((ticket for ticket in await request.office.tickets() if ticket.number == wanted), None)


def may_step_in(ticket: Ticket, turn: Turn) -> bool:
    """Whether who asks may have the ticket, or end it: it is free or theirs, or they are a lead or an operator."""
    anothers = ticket.state == "taken" and bool(ticket.assignee) and not has(ticket, turn.conversation.person)
    return not anothers or bool(turn.roles & _MAY_STEP_IN)


def _missing(wanted: int) -> str:
    return f"没有 {wanted} 号转接单，或者它已经结束。发 /handoffs 看还有哪些。"


async def whoami(request: Request) -> Outcome | None:
    """Who we take this person for."""
    if request.arguments:
        return None
    roles = "、".join(name for role, name in _ROLES.items() if role in request.turn.roles)
    return say(f"您的账号是 {request.turn.conversation.person}，角色：{roles}。")


async def show_help(request: Request) -> Outcome:
    """The commands this person may use, or one of them in full."""
    roles = request.turn.roles
    if not request.arguments:
        rows = [f"- /{command.name}（/{command.aliases[0]}）{command.does}" for command in allowed(roles)]
        return say("**指令**\n\n" + "\n".join(rows) + "\n\n看一个指令的用法：/help 指令")
    command = named(request.arguments)
    if command is None or not command.roles & roles:
        return say(unknown(request.arguments.lstrip("/／"), roles))
    also = "、".join(f"/{alias}" for alias in command.aliases)
    return say(f"{command.usage_line}\n\n{command.does}。也可以写 {also}。")
