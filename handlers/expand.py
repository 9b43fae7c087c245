"""展开: the whole of the last post that reached somebody, for who wants more than the capsule."""

from handlers.plain import asks_for_more
from handlers.turn import Kind, Office, Outcome, Reply, Turn

NOTHING = "最近没有给您发过可以展开的内容。想了解什么，直接问我就好。"


async def expand(turn: Turn, office: Office) -> Outcome | None:
    """The post in full where one went to this person or group lately, else an honest word."""
    if turn.item.kind is not Kind.TEXT or not asks_for_more(turn.item.text):
        return None
    talk = turn.conversation
    whole = await office.posting.in_full(talk.person, talk.chat, turn.now)
    if whole is None:
        return Outcome("expand", replies=(Reply(NOTHING),))
    return Outcome("expand", replies=(Reply(whole.text, about=whole.citations),))
