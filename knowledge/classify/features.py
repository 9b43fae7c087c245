"""Text → features of a classifier: pieces of what was written, and what went before.

A unit is a character, a Latin word, a number, an emoji or a [表情]; a feature is one to five neighbouring units. Marks
that writers use as they like (a blank, a comma, a stop) are one unit, so that no habit of one writer is learnt.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from knowledge.classify.concepts import concepts_in
from knowledge.classify.hints import hints_in
from knowledge.language.terms import canonical
from knowledge.types import Line

LONGEST = 400  # units that are read; of a longer text the beginning and the end
GRAMS = 5
HISTORY_GRAMS = 3
CONCEPTS, CONCEPT_GRAMS, FAR = 80, 4, 8  # how many are read; how many side by side; how far apart two may stand
HINT = "r:"
START, END, PAUSE = "^", "$", ","

_UNIT = re.compile(r"\[[^\[\]\s]{1,6}\]|[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[\s,、;:。．.…·~—_\-]+|.", re.DOTALL)
_PAUSE = re.compile(r"[\s,、;:。．.…·~—_\-]+")
_ASKS_AGAIN = re.compile("在吗|在不|人呢|有人|回[复我话]?|进度|怎么样了|多久|几天|什么时候|催|问|处理|答复|等|\\?")
_REFUSES = re.compile("抱歉|对不起|没有找到|没找到|不好意思|无法|不能|不支持|不可以|没法|暂时|不太明白|不确定")
_SIDES = {"customer": "c", "bot": "b", "staff": "s", "member": "m"}
_LENGTHS = (2, 4, 8, 14, 24, 40, 70, 120)


def features(text: str, history: Sequence[Line] = (), spell: Callable[[str], str] = canonical) -> dict[str, str]:
    """Every feature of `text` after `history` (oldest first), with the words it was made from ("" for none).

    `spell` gives a text one spelling per thing before it is taken apart.
    """
    spelt = spell(text)
    if len(spelt) > 2 * LONGEST:
        spelt = spelt[:LONGEST] + spelt[-LONGEST:]
    units = units_of(spelt)
    found = {gram: gram for gram in _grams(units, GRAMS)}
    found |= dict.fromkeys(_told(spelt), "")
    found |= {f"{HINT}{name}": words for name, words in hints_in(spelt[:LONGEST])}
    found |= dict.fromkeys(_letters(units), "")
    found |= dict.fromkeys(_shape(text, units), "")
    if history:
        found |= dict.fromkeys(_before(units, history), "")
    return found


def units_of(spelt: str) -> list[str]:
    """The units of a text in one spelling, between a mark for its start and one for its end."""
    units = [PAUSE if _PAUSE.fullmatch(unit) else unit for unit in _UNIT.findall(spelt)]
    if len(units) > LONGEST:
        units = [*units[: LONGEST // 2], PAUSE, *units[-LONGEST // 2 :]]
    short: list[str] = []
    for unit, run in groupby(units):
        short += [unit] * min(2, len(list(run)))  # !!!!! is !!, 哈哈哈哈 is 哈哈
    while short and short[-1] == PAUSE:
        short.pop()
    return [START, *(short[1:] if short[:1] == [PAUSE] else short), END]


def _grams(units: Sequence[str], longest: int) -> Iterator[str]:
    for size in range(1, longest + 1):
        for at in range(len(units) - size + 1):
            yield "".join(units[at : at + size])


def _told(spelt: str) -> Iterator[str]:
    """What is spoken of, in order: concepts side by side, and pairs with others between them."""
    told = [concept for concept, _ in groupby(concept for concept, _ in concepts_in(spelt))][:CONCEPTS]
    framed = [START, *told, END]
    for size in range(1, CONCEPT_GRAMS + 1):
        yield from (f"k:{' '.join(framed[at : at + size])}" for at in range(len(framed) - size + 1))
    for at, concept in enumerate(told):
        yield from (f"p:{concept} {later}" for later in told[at + 2 : at + FAR])


def _letters(units: Sequence[str]) -> Iterator[str]:
    """Parts of Latin words: people mistype them, and pinyin has endings in common."""
    for unit in units:
        if len(unit) > 3 and unit[0].isascii() and unit[0].isalpha():
            framed = f"<{unit}>"
            yield from (f"l:{framed[at : at + 4]}" for at in range(len(framed) - 3))


def _shape(text: str, units: Sequence[str]) -> Iterator[str]:
    size = len(units) - 2
    yield f"n:{sum(size > limit for limit in _LENGTHS)}"
    for mark in "!?！？":
        if mark * 3 in text:
            yield f"n:{'!' if mark in '!！' else '?'}3"
    if not any(unit[0].isalnum() for unit in units[1:-1]):
        yield "n:wordless"


def _before(units: Sequence[str], history: Sequence[Line]) -> Iterator[str]:
    """What went before: who spoke last and what of, how often the writer came back without an answer."""
    own = [line.text for line in history if line.sender == "customer"]
    theirs = [line.text for line in history if line.sender in ("bot", "staff")]
    waiting = _waiting(history)
    yield f"h:last:{_SIDES[history[-1].sender]}"
    yield f"h:own:{min(len(own), 4)}"
    yield f"h:waiting:{min(waiting, 4)}"
    yield f"h:theirs:{min(len(theirs), 3)}"
    asked = sum(bool(_ASKS_AGAIN.search(line)) for line in own)
    yield f"h:asked:{min(asked, 4)}"
    if waiting >= 2 and asked >= 2:
        yield "h:unanswered"
    if theirs and _REFUSES.search(theirs[-1]):
        yield "h:refused"
    refusals = sum(bool(_REFUSES.search(line)) for line in theirs)
    yield f"h:refusals:{min(refusals, 3)}"
    alike = sum(_alike(units, units_of(canonical(line))) for line in own[-6:])
    yield f"h:again:{min(alike, 3)}"
    if own:
        yield from (f"hc:{gram}" for gram in set(_grams(units_of(canonical(own[-1]))[:60], HISTORY_GRAMS)))
    if theirs:
        yield from (f"hb:{gram}" for gram in set(_grams(units_of(canonical(theirs[-1]))[:60], HISTORY_GRAMS)))


def _waiting(history: Sequence[Line]) -> int:
    """How many lines the writer sent since one of us spoke."""
    count = 0
    for line in reversed(history):
        if line.sender in ("bot", "staff"):
            break
        count += line.sender == "customer"
    return count


def _alike(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether most of the shorter text stands in the longer one."""
    shorter, longer = sorted((set(one), set(other)), key=len)
    return len(shorter) > 3 and len(shorter & longer) >= 0.6 * len(shorter)
