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

# The answer is about another thing: 我问的不是地毯, 怎么又是地毯, 你理解错了. What is named is short, and it is
# no question of its own as in 不是问价格，是问尺寸 or 怎么老是掉毛.
_THING = "[^是怎么吗呢多哪几啥不没为如何能会要可还洗买选换]{1,6}?"
_THIS = f"(?:这个|那个|这些|这方面|这|它|{_THING})"
_SAME = "(?:这个|那个|这些|这句|这几句|这段|这一套|老一套|同样的?|一样的?|一模一样的?)"
_NOT_THAT = re.compile(
    f"{_SOFT}(?:(?:不对|不是|错了|诶|哎|拜托)*(?:"
    f"(?:我|俺)?(?:想|要)?(?:问|说|要|找|知道|了解)的(?:又|可|并|根本|压根|明明|都)*不是(?:问)?{_THIS}"
    f"|(?:我|俺)?(?:又|可|并|根本|压根)*(?:不是|没有?|没)(?:想|要|在)?(?:问(?!题)|说)(?:你|您)?(?:过)?(?:的)?{_THIS}"
    f"|谁(?:在|要|想)?(?:问|要)(?:你|您)?(?:了)?{_THIS}"
    f"|怎么又是{_THIS}|(?:怎么)?(?:又|还|老|总|一直|都)(?:是|说|讲|发){_SAME}(?:答案|内容|回答|话)?"
    "|(?:你|您|机器人|小助手)(?:是不是|好像|可能|应该|又|完全|根本)*(?:答|回答|理解|搞|弄|说|看|听|扯)(?:错|偏|岔|反|远|拧)(?:了|题)?(?:我的)?(?:意思|问题)?"
    "|(?:答|回答|理解)(?:错|偏|反)(?:了|题)?|(?:跑|偏|离)题|不对题|答偏|(?:驴唇|牛头)不对马嘴|鸡同鸭讲"
    "|(?:这|这个|这些)?(?:根本|完全|都|并)*不是我(?:想|要)*(?:问|要|找|说|知道|了解)?的(?:这个|答案|内容|东西|意思|问题)?"
    "|我?(?:说的|问的)?(?:根本|完全|并)?不是这个(?:意思|问题)?)"
    f"){_SOFT}"
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
    if _BAD.fullmatch(said) or (_NOT_THAT.fullmatch(said) and not _apologised(turn)):
        return False
    return True if _GOOD.fullmatch(said) else None


def _apologised(turn: Turn) -> bool:
    """Whether our last word was the apology already: nobody wants to read it twice."""
    return bool(turn.history) and turn.history[-1].text.startswith(texts.USELESS)


def _said(turn: Turn, rate: Rate) -> tuple[Reply, ...]:
    """A word back where the person wrote one. The event of an AI bot's thumb takes no answer (doc 101027)."""
    event = turn.item.kind is Kind.RATED and turn.conversation.channel is not Channel.KF
    if event or rate.good is None or turn.silent:
        return ()
    return (Reply(texts.USEFUL if rate.good else texts.USELESS),)
