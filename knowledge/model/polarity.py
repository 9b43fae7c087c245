"""What a text says not to do and what it says to do: 不要用酒精 and 可以用酒精 share all words but the one that counts.

A text is cut into short stretches; a stretch with an odd number of negating words denies its core, the words after the
first of them (before it, where nothing follows: 酒精不能用).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.language.terms import canonical, terms

SAME = 0.5  # share of a core's bigrams that make another stretch speak of the same

# Hold a negating character and negate nothing: there another, rare character takes its place.
_HARMLESS = re.compile(
    "不[但仅同锈妨断管论然久适良少错止等均]|不舒服|不小心|不过(?=[,是]|$)|不超过|不[低高少多大小]于|不到|不足|差不多|对不起|来不及|忍不住"
    "|是不是|能不能|会不会|要不要|可不可以|有没有|[特分区级性识个告类辨鉴]别|别[墅人的处]|非常|除非|无论|无纺|无线|无理由|未来|淹没"
)
_NEGATION = re.compile(
    "不(?:要|可以|可|能|得|宜|应该|应|该|建议|推荐|允许|适合|适宜|会|必|需要)?|没有?|未|无(?:需|须)?|[切请]?勿|别|莫"
    "|禁止|严禁|禁用|切忌|忌|避免|避开|杜绝|拒绝|以免|免得|防止|停止|停用|远离"
)
_STRETCH = re.compile(
    r"[,。;:!?\n|…()\[\]“”\"]|(?<![不别勿])[再才]|(?<!小)时(?![间常候段])|的时候|[之以]?[后前]|但是?|而是?|否则|如果|若|因为|所以|因此|并且?|然后"
    "|(?=以免|免得|防止|避免)"
)
_HARM = re.compile(
    "损|伤|害|导致|引起|造成|风险|危险|刺激|过敏|裂|褪|霉|变[形硬脆色质黄黑]|坏|糟|掉[色皮漆]|窒息|中毒|呛|噎|腐蚀"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a sentence with one direction. `grams` are the bigrams of its core."""

    core: str
    grams: frozenset[str]
    denied: bool


def contradicts(said: Sequence[Stretch], source: Sequence[Stretch]) -> bool:
    """Whether `said` tells to do what `source` tells not to do, or the other way round."""
    return _clash(said, source, ours_denied=False) or _clash(said, source, ours_denied=True)


def _clash(ours: Sequence[Stretch], theirs: Sequence[Stretch], *, ours_denied: bool) -> bool:
    """Whether one side denies a core that the other affirms, and nothing in the source says it our way."""
    mine = [one for one in ours if one.denied == ours_denied]
    against = [one for one in theirs if one.denied != ours_denied]
    alike = [one for one in theirs if one.denied == ours_denied]
    for own in mine:
        for other in against:
            core, whole = (own, other) if ours_denied else (other, own)
            shared = core.grams & whole.grams
            if not shared or len(shared) < SAME * len(core.grams) or _warns(whole, core):
                continue
            if not any(len(shared & one.grams) == len(shared) and not _warns(one, core) for one in alike):
                return True
    return False


def _warns(whole: Stretch, core: Stretch) -> bool:
    """酒精会损伤皮面 tells what would happen; that is no leave to use it."""
    return any(word not in core.core for word in _HARM.findall(whole.core))


def stretches(text: str) -> list[Stretch]:
    """The parts of a text that say to do something or not to."""
    plain = _HARMLESS.sub(lambda found: re.sub("[不别无未没非]", "丆", found.group()), canonical(text))
    found = [_stretch(part) for part in _STRETCH.split(plain) if part]
    return [one for one in found if one.grams]


def _stretch(part: str) -> Stretch:
    negations = list(_NEGATION.finditer(part))
    denied = len(negations) % 2 == 1
    core = _NEGATION.sub("#", part)
    if denied:
        after = _NEGATION.sub("#", part[negations[0].end() :])
        core = after if _grams(after) else _NEGATION.sub("#", part[: negations[0].start()])
    return Stretch(core, _grams(core), denied)


def _grams(text: str) -> frozenset[str]:
    return frozenset(term for term in terms(text) if len(term) == 2 and not term.isascii())
