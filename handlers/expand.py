"""展开: the whole of the last post that reached somebody, for who wants more than the capsule."""

import re

from handlers.plain import clauses
from handlers.turn import Kind, Office, Outcome, Reply, Turn

_MORE = re.compile("(?:我?想?看?|请)?展开(?:看看|看一下|一下|讲讲|说说|全文|看全文|看|吧)?")


async def expand(turn: Turn, office: Office) -> Outcome | None:
    """The post in full where one went to this person or group lately; else the word is a question like any other."""
    if turn.item.kind is not Kind.TEXT or not _MORE.fullmatch("".join(clauses(turn.item.text))):
        return None
    talk = turn.conversation
    whole = await office.posting.in_full(talk.person, talk.chat, turn.now)
    if whole is None:
        return None
    return Outcome("expand", replies=(Reply(whole.text, about=whole.citations),))
