"""The member's one tap after a colleague was done: 满意, 一般 or 不满意."""

import re

from handlers import texts
from handlers.effect_types import Satisfied
from handlers.handoff import Event, Move, State
from handlers.plain import clauses
from handlers.turn import Channel, Kind, Office, Outcome, Reply, Turn

_MARK = re.compile(r"cs:([1-9][0-9]{0,11}):([123])")
_WORDS = {"满意": 3, "很满意": 3, "非常满意": 3, "一般": 2, "不满意": 1, "很不满意": 1, "非常不满意": 1}
_DIGITS = {"1": 3, "2": 2, "3": 1}  # as `texts.HOW_WAS_IT_TYPED` asks


def mark(number: int, score: int) -> str:
    """How a score of ticket `number` is written into a menu's entry, a card's button and `Item.ref` (≤ 64 bytes)."""
    return f"cs:{number}:{score}"


def read_mark(ref: str) -> Satisfied | None:
    """The score that a mark of ours stands for; None for anything else."""
    found = _MARK.fullmatch(ref)
    return Satisfied(int(found[1]), int(found[2])) if found else None


async def satisfaction(turn: Turn, office: Office) -> Outcome | None:
    """Takes down a tap, or the word typed right after the colleague was done, and thanks for it in a word."""
    given = read_mark(turn.item.ref) if turn.item.kind is Kind.RATED else await _typed(turn, office)
    if given is None:
        return None
    if turn.silent:  # another colleague serves by now
        return Outcome("satisfaction", effects=(given,))
    return Outcome("satisfaction", (Reply(texts.THANKS_FOR[given.score]),), (given,), _move(turn, given))


async def _typed(turn: Turn, office: Office) -> Satisfied | None:
    conversation = turn.conversation
    if turn.item.kind is not Kind.TEXT or conversation.state is not State.CLOSING or len(turn.item.text) > 20:
        return None
    known = {**_WORDS, **_DIGITS} if conversation.channel is Channel.AIBOT and not conversation.chat else _WORDS
    score = known.get("".join(clauses(turn.item.text)))
    number = await office.last_served(turn) if score else None
    return Satisfied(number, score) if score and number else None


def _move(turn: Turn, given: Satisfied) -> Move | None:
    """Who was not satisfied is offered a person again; else nothing moves, so that the last tap can still count."""
    if given.score == 1:
        return Move(Event.OFFER)
    return Move(Event.LEAVE) if turn.conversation.state is State.CLOSING else None
