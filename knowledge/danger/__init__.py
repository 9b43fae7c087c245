"""Danger signs in what a member writes, each with fixed advice that comes before any guide is quoted.

Recall comes first: somebody has a symptom now, or has just been exposed. What is asked about prevention, told of the
past, of others or of a pet, is left to the guides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from knowledge.danger.advice import advice_for, advice_while_help_comes
from knowledge.danger.called import without_call
from knowledge.danger.context import Said
from knowledge.danger.learnt import learnt_sign, unlikely
from knowledge.danger.measures import Aged, ages
from knowledge.danger.outright import OUTRIGHT
from knowledge.danger.plain import plain
from knowledge.danger.sign import Finder, Sign
from knowledge.danger.signs import SIGNS
from knowledge.danger.tellings import TELLINGS
from knowledge.danger.whom import of_another
from knowledge.types import Line

EARLIER = 6  # lines of the person that are looked at beside the new one
SHORT = 24  # characters; a longer line tells its own story
AT_ONCE = 32  # messages being decided on: each is asked about by several handlers and by the library

# A miss is worse than any number of alarms, or a word alone is the whole sign.
NEVER_TAKEN_BACK = frozenset({"self_harm", "harm_child", "battery", "general", "listless", "low_mood"})

# Read in what was written: the signs know one word for every child.
_ELDER_CHILD = re.compile("老大|大宝(?!贝)|哥哥|姐姐|大儿子|大女儿|大娃|大的")

_ORDINARY = re.compile(
    "怎么(?:选|洗|用|装|买|退|换|喂|教|选|清|搭|做)|多少钱|多大|推荐|发货|客服|谢谢|沙发|"
    "能不能|可以吗|尺寸|退货|物流|订单"
)


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger sign: its stable code, and the fixed advice (plain text, Chinese) to say at once."""

    sign: str
    advice: str


def danger_in(text: str, history: Sequence[Line] = ()) -> Danger | None:
    """The most urgent danger sign in `text`, None where there is none. Pure; any text may come in.

    The age or the event may stand in the person's earlier lines of `history` (oldest first); what is new about it has
    to be in `text`, so that an ordinary later question raises no alarm again.
    """
    return _danger(text, tuple(line.text for line in history if line.sender in ("customer", "member")))


@lru_cache(maxsize=AT_ONCE)
def _danger(text: str, own: tuple[str, ...]) -> Danger | None:
    said = plain(text)
    now = without_call(said)
    called = now != said
    code = _code(now if called else text, text, now, own) if now else None
    if code is None:
        return None
    return Danger(code, advice_while_help_comes(code) if called else advice_for(code))


def _code(judged: str, text: str, now: str, own: tuple[str, ...]) -> str | None:
    """The code of the sign in `text`, which is `now` in plain; `judged` is what the classifier shall read of it."""
    earlier = tuple(map(plain, own[-EARLIER:]))
    if _ELDER_CHILD.search(text) and not any(map(_ELDER_CHILD.search, own)):
        earlier = tuple(line for line in earlier if not ages(line))
    found = next((sign for sign in SIGNS if _shows(sign, now, earlier)), None) or _gone_on(now, earlier)
    if found and _doubtful(found, now) and unlikely(judged):
        found = next((sign for sign in SIGNS if _shows(sign, now, earlier) and not _doubtful(sign, now)), None)
    return found.code if found else learnt_sign(judged)


def help_is_called(text: str) -> bool:
    """Whether `text` says that 120 was called, and nothing else."""
    said = plain(text)
    return bool(said) and not without_call(said)


def _shows(sign: Sign, now: str, earlier: tuple[str, ...]) -> bool:
    return any(all(finder(now) for finder in way) for way in sign.ways) or any(
        then(line) and new(now) and not _of_another(sign, then, line, now)
        for then, new in sign.across
        for line in earlier
    )


def _doubtful(sign: Sign, now: str) -> bool:
    """Whether the classifier may take it back: it stands in this message alone, and was not said outright."""
    if sign.code in NEVER_TAKEN_BACK or not _shows(sign, now, ()):
        return False
    return not any(all(finder(now) for finder in way) for way in OUTRIGHT.get(sign.code, ()))


def _gone_on(now: str, earlier: tuple[str, ...]) -> Sign | None:
    """A telling in two messages: neither says all of it, and what is said now is short and tells what was seen."""
    if not earlier or len(now) > SHORT or _ORDINARY.search(now):
        return None
    found = next((sign for sign in SIGNS if _goes_on(sign, now, earlier[-1])), None)
    return None if found is None or any(_shows(sign, earlier[-1], ()) for sign in SIGNS) else found


def _goes_on(sign: Sign, now: str, before: str) -> bool:
    both = f"{before},{now}"
    return any(
        all(finder(both) for finder in way)
        and _news(way, now, before, both)
        and not any(_of_another(sign, finder, before, now) for finder in way)
        for way in TELLINGS.get(sign.code, ())
    )


def _news(way: tuple[Finder, ...], now: str, before: str, both: str) -> bool:
    """Whether something that was not told before is told now: by a finder that is guarded, so no mere "he"."""
    guarded = [one for one in way if isinstance(one, Said) and one.guards]
    return any(one(now) or (one(both) and not one(before)) for one in guarded)


def _of_another(sign: Sign, then: Finder, before: str, now: str) -> bool:
    """Somebody else is named now; or the age that was told is another child's: one is named now."""
    return (isinstance(then, Aged) and bool(ages(now))) or of_another(sign.code, then, before, now)


__all__ = ["Danger", "danger_in", "help_is_called"]
