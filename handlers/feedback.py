"""What a member thinks of an answer: a tap on 有用 or 没用, a thumb under an AI bot's bubble, or the word itself."""

import re

from handlers import texts
from handlers.effect_types import Rate
from handlers.plain import clauses
from handlers.turn import Channel, Kind, Office, Outcome, Reply, Turn

_MARK = re.compile(r"fb:([0-9A-Za-z_-]{1,48}):([01-])")
_VALUES: dict[str, bool | None] = {"1": True, "0": False, "-": None}
_SIGNS = {value: sign for sign, value in _VALUES.items()}

_SOFT = "(?:谢谢您|谢谢你|谢谢|多谢|谢了|了|的|啊|呀|哦|吧|呢|嗯)*"
_GOOD = re.compile(f"{_SOFT}(?:很|挺|蛮|非常|太|真)?(?:有用|有帮助|有帮到我?|管用|帮到我|帮上忙){_SOFT}")
_BAD = re.compile(
    f"{_SOFT}(?:(?:根本|完全|一点都|一点也|还是|这个|这|都|也)*"
    f"(?:没有用|没啥用|没什么用|没用|不管用|没有帮助|没什么帮助|没帮助|没帮到我?|没帮上忙|答非所问|没解决问题|没解决|没答到点上|文不对题)){_SOFT}"
)


def mark(answer: str, good: bool | None) -> str:
    """How a rating of `answer` is written into a menu's entry and into `Item.ref`: at most 64 bytes (doc 94677)."""
    return f"fb:{answer}:{_SIGNS[good]}"


def read_mark(ref: str) -> Rate | None:
    """The rating that a mark of ours stands for; None for anything else."""
    found = _MARK.fullmatch(ref)
    return Rate(found[1], _VALUES[found[2]]) if found else None


async def feedback(turn: Turn, office: Office) -> Outcome | None:
    """Takes down a rating. It is no question, so nothing is searched; a colleague who serves is not talked over."""
    if turn.item.kind is Kind.RATED:
        rate = read_mark(turn.item.ref)
        return Outcome("feedback", _said(turn, rate), (rate,)) if rate else Outcome("feedback")
    good = _word(turn)
    if good is None or not (answer := await office.last_answer(turn)):
        return None
    rate = Rate(answer, good)
    return Outcome("feedback", _said(turn, rate), (rate,))


def _word(turn: Turn) -> bool | None:
    if turn.item.kind is not Kind.TEXT or len(turn.item.text) > 20:
        return None
    said = "".join(clauses(turn.item.text))
    if _BAD.fullmatch(said):
        return False
    return True if _GOOD.fullmatch(said) else None


def _said(turn: Turn, rate: Rate) -> tuple[Reply, ...]:
    """A word back where the person wrote one. The event of an AI bot's thumb takes no answer (doc 101027)."""
    event = turn.item.kind is Kind.RATED and turn.conversation.channel is not Channel.KF
    if event or rate.good is None or turn.silent:
        return ()
    return (Reply(texts.USEFUL if rate.good else texts.USELESS),)
