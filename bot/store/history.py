"""What was said in a conversation before an item of it: theirs, ours and what colleagues wrote."""

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.outbox import spoken
from bot.store.tables import conversation, inbox, moment
from handlers.turn import Kind
from knowledge.types import Line

LINES = 8  # earlier ones that a handler may see
RELAYED = "relay"  # the handler of what a colleague wrote for somebody else

# Built once, as every drain of every lane asks for them: to build a statement costs as much as to run it.
_SETTLED = select(conversation.c.settled).where(conversation.c.id == bindparam("lane")).scalar_subquery()
_BEFORE = (
    select(inbox.c.id, inbox.c.kind, inbox.c.text, inbox.c.sent_at)
    .where(
        inbox.c.conversation == bindparam("lane"),
        inbox.c.id < bindparam("before"),
        inbox.c.id > _SETTLED,
        or_(inbox.c.kind == Kind.HUMAN_SPOKE, and_(inbox.c.kind == Kind.TEXT, inbox.c.handled_by != RELAYED)),
    )
    .order_by(inbox.c.id.desc())
    .limit(LINES)
)


async def before(connection: AsyncConnection, conversation_id: str, item: int) -> tuple[Line, ...]:
    """The last lines said in the conversation before `item`, ours among them, oldest first.

    What a colleague has settled is no part of it, nor is what a colleague wrote here for somebody else.
    """
    rows = (await connection.execute(_BEFORE, {"lane": conversation_id, "before": item})).all()
    if not rows:
        return ()
    times = {row.id: moment(row.sent_at) for row in rows}
    said = [
        (row.id, 0, Line("customer" if row.kind == Kind.TEXT else "staff", row.text, times[row.id])) for row in rows
    ]
    replies = await spoken(connection, conversation_id, rows[-1].id, item)
    said += [
        (answered, 1 + place, Line("bot", text, times.get(answered))) for place, (answered, text) in enumerate(replies)
    ]
    return tuple(line for _, _, line in sorted(said, key=lambda one: one[:2]))
