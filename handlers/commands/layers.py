"""/layer: an operator says how often a member may hear from us, until they lift it again."""

import difflib

from handlers import texts
from handlers.commands.request import Request, say
from handlers.commands.whom import meant, nobody
from handlers.effect_types import SetLayer
from handlers.turn import Outcome
from scheduler.layers import EVERY_DAYS, LAYER_NAMES, Layer

_LIFTED = ("自动", "自動", "auto")
_WORDS = {name: layer for layer, name in LAYER_NAMES.items()} | {layer.value: layer for layer in Layer}


async def layer(request: Request) -> Outcome | None:
    """Sets somebody's layer by hand, or lets it be computed again. Caps, gap and fatigue hold as ever."""
    words = request.arguments.split()
    if len(words) != 2:
        return None
    person, word = await meant(request, words[0]), words[1].casefold()
    if word not in _LIFTED and word not in _WORDS:
        return say(_unknown(word))
    if not await request.office.records.kept(person):
        return say(nobody(person, "person"))
    trace = f"layer {person[: min(4, len(person) // 2)]}… {'auto' if word in _LIFTED else _WORDS[word].value}"
    if word in _LIFTED:
        text = f"{texts.shorten(person)} 的分层改回自动，按平时的来往来算。"
        return say(text, SetLayer(person, ""), audit=trace)
    chosen = _WORDS[word]
    text = (
        f"{texts.shorten(person)} 的分层设为“{LAYER_NAMES[chosen]}”，主动推送至少隔 {EVERY_DAYS[chosen]} 天；"
        f"上限和疲劳照样算。改回自动，发“/layer {person} 自动”。"
    )
    return say(text, SetLayer(person, chosen.value), audit=trace)


def _unknown(word: str) -> str:
    near = difflib.get_close_matches(word, _WORDS, 1, 0.5)
    meant = f"是不是“{near[0]}”？" if near else ""
    return f"没有“{texts.one_line(word, 20)}”这一层。{meant}可写：{'、'.join(LAYER_NAMES.values())}，或“自动”。"
