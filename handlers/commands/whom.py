"""Whom a colleague means: by account, by the shortened account that lists show, or by the number of a ticket.

By name nobody can be found: no name of a member is held.
"""

import re
import unicodedata

from handlers import texts
from handlers.commands.request import Request

_TICKET = re.compile(r"(?:第?(\d{1,6})号|#(\d{1,6}))")


async def meant(request: Request, typed: str) -> str:
    """The account that `typed` stands for; `typed` itself where it stands for none, or for more than one.

    A number needs its 号 or #: an account may be a number as well.
    """
    found = _TICKET.fullmatch(unicodedata.normalize("NFKC", typed))
    if found:
        ticket = await request.office.ticket(int(found[1] or found[2]))
        return ticket.person if ticket else typed
    people = await in_lists(request)
    short = typed.replace("...", "…").casefold()
    same = [person for person in people if texts.shorten(person).casefold() == short]
    return same[0] if len(same) == 1 else typed


async def in_lists(request: Request) -> list[str]:
    """Everybody whom /handoffs shows: who is on hold or has a ticket that is not closed."""
    held = [each.person for each in await request.office.holds()]
    return list(dict.fromkeys([*held, *(each.person for each in await request.office.tickets())]))


def nobody(typed: str, command: str) -> str:
    """What to say where nothing is held under what was typed, and how to find the account."""
    return (
        f"没有找到 {texts.one_line(texts.shorten(typed), 20)}，没有保存这个账号的任何数据。分寸不存会员的名字，"
        f"请写完整的账号，或转接单号，如“/{command} 12号”；单号见 /handoffs。"
    )
