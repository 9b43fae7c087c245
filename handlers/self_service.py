"""What a member may ask of us in their own words: 退订, 恢复推送, 转人工."""

from handlers import texts
from handlers.turn import Channel, HandOff, Kind, Move, Office, OptIn, OptOut, Outcome, Reply, State, Turn
from handlers.wishes import Wish, only_a_wish, wish_in


async def self_service(turn: Turn, office: Office) -> Outcome | None:
    """Carries out a wish about messages or for a person; None where the text holds none."""
    if turn.item.kind is not Kind.TEXT:
        return None
    match wish_in(turn.item.text):
        case Wish.STOP:
            return Outcome("self_service", replies=(Reply(texts.OPTED_OUT),), effects=(OptOut(),))
        case Wish.RESUME:
            return Outcome("self_service", replies=(Reply(texts.OPTED_IN),), effects=(OptIn(),))
        case Wish.HOW:
            return Outcome("self_service", replies=(Reply(texts.HOW_TO_STOP),))
        case Wish.PERSON:
            return _hand_over(turn, office)
        case None:
            return None


def _hand_over(turn: Turn, office: Office) -> Outcome:
    """On kf the member hears what became of it once the platform has moved the session, and only then.

    Elsewhere no platform tells us that a colleague is done, so the bot goes on answering until one takes the ticket.
    """
    wanted = HandOff(reason=texts.MEMBER_ASKED, ask=_ask(turn))
    if turn.conversation.channel is Channel.KF:
        return Outcome("self_service", effects=(wanted,), move=Move(State.WAITING))
    told = texts.paged(office.working_hours) if office.colleagues_hear else texts.noted(office.working_hours)
    return Outcome("self_service", replies=(Reply(told),), effects=(wanted,))


def _ask(turn: Turn) -> str:
    """What it is about: this text where it says so, else the member's last line that was not a wish, else this text."""
    if not only_a_wish(turn.item.text):
        return turn.item.text
    earlier = (line.text for line in reversed(turn.history) if line.sender == "customer")
    return next((text for text in earlier if text.strip() and not only_a_wish(text)), turn.item.text)
