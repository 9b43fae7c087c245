"""What a member may ask of us in their own words: 退订, 恢复推送, 转人工, and what `handlers.rights` knows."""

from dataclasses import replace

from handlers import texts
from handlers.asked_rights import only_asks
from handlers.calling import call
from handlers.effect_types import OptIn, OptOut
from handlers.handoff import State
from handlers.plain import RECENT
from handlers.rights import rights
from handlers.rights_texts import opted_in
from handlers.small_talk import small_talk
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from handlers.wishes import Wish, accepts, only_a_wish, wish_in
from knowledge.types import Line


async def self_service(turn: Turn, office: Office) -> Outcome | None:
    """Carries out a wish about messages or for a person; None where the text holds none."""
    if turn.item.kind is not Kind.TEXT:
        return None
    accepted = turn.conversation.state is State.OFFERED and accepts(turn.item.text)
    done = None if accepted else await rights(turn, office)
    return done or await _carried_out(turn, office, accepted=accepted)


async def _carried_out(turn: Turn, office: Office, *, accepted: bool) -> Outcome | None:
    match Wish.PERSON if accepted else wish_in(turn.item.text):
        case Wish.STOP:
            return Outcome("self_service", replies=(Reply(texts.OPTED_OUT),), effects=(OptOut(),))
        case Wish.RESUME:
            chosen = await office.records.preferences(turn.conversation.person)
            back = opted_in(chosen, office.zone, turn.now)
            return Outcome("self_service", replies=(Reply(back),), effects=(OptIn(),))
        case Wish.HOW:
            return Outcome("self_service", replies=(Reply(texts.HOW_TO_STOP),))
        case Wish.PERSON:
            return _hand_over(turn, office)
    return None


def _hand_over(turn: Turn, office: Office) -> Outcome:
    return replace(call(turn, office, texts.MEMBER_ASKED, _ask(turn)), handler="self_service")


def _ask(turn: Turn) -> str:
    """What it is about: this text where it says so, else the member's last line of late that asks something."""
    if not only_a_wish(turn.item.text) and not accepts(turn.item.text):
        return turn.item.text
    earlier = (line.text for line in reversed(turn.history) if line.sender == "customer" and _recent(line, turn))
    return next((text for text in earlier if text.strip() and not _no_matter(text, turn)), turn.item.text)


def _recent(line: Line, turn: Turn) -> bool:
    """What was asked days ago is not what somebody wants a person for now."""
    return line.at is None or turn.now - line.at <= RECENT


def _no_matter(text: str, turn: Turn) -> bool:
    """Whether a line is no question that a colleague could answer: a wish, a right that was used, a courtesy."""
    return only_a_wish(text) or only_asks(text, turn.now) or small_talk(text) is not None
