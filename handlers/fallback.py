"""The last one: somebody who wrote to us always gets a word back."""

from handlers import texts
from handlers.small_talk import small_talk
from handlers.turn import Kind, Office, Outcome, Reply, Turn


async def fallback(turn: Turn, _office: Office) -> Outcome:
    """Answers what no other handler took. Events that nobody wrote get silence."""
    match turn.item.kind:
        case Kind.MEDIA:
            return Outcome("fallback", replies=(Reply(texts.MEDIA),))
        case Kind.TEXT:
            return Outcome("fallback", replies=(Reply(small_talk(turn.item.text) or texts.WORDLESS),))
        case _:
            return Outcome("fallback")
