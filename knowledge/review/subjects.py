"""Whether two titles, headings or sentences can be about the same thing."""

import re
from functools import cache, lru_cache

from knowledge.language.ages import Age, ages
from knowledge.language.terms import canonical
from knowledge.language.wordings import Wordings, wordings

ALIKE = 0.6  # share of the shorter subject's bigrams that the other has
_CHARACTERS = 0.8  # share of the shorter subject's characters
# What titles of guides have in common whatever they are about.
_GENERAL = re.compile(
    r"\d+(?:\.\d+)?|怎么办|怎么|怎样|如何|什么|多久|多少|多大|哪些|几次|指南|手册|须知|说明|规则|规定|须知|大全|攻略|方法|办法|步骤|"
    r"技巧|建议|注意事项|注意|日常|平时|清洁|清洗|保养|养护|护理|打理|维护|使用|选择|选购|挑选|推荐|参考|尺寸|安排|管理|个月|周岁|岁|常见问题|问答|与|和|及|的"
)


def compatible(left: str, right: str) -> bool:
    """False when both name an age, material, season, room … and not the same one."""
    left_ages, right_ages = months(left), months(right)
    if left_ages and right_ages and not any(a.overlaps(b) for a in left_ages for b in right_ages):
        return False
    named, other = values(left), values(right)
    return all(named[kind] & other[kind] for kind in named.keys() & other.keys())


def alike(left: str, right: str) -> bool:
    """Whether two titles or headings name the same thing, one perhaps more closely than the other."""
    if left == right:
        return True
    one, other = bigrams(left), bigrams(right)
    shortest = min(len(one), len(other))
    if not shortest:
        return False
    if len(one & other) >= ALIKE * shortest:
        return True
    chars, others = set("".join(one)), set("".join(other))  # 退换货 and 退货 have no two neighbours in common
    return len(chars & others) >= max(2, _CHARACTERS * min(len(chars), len(others)))


@lru_cache(maxsize=20_000)
def bigrams(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters, of what is left when the general words are taken out."""
    parts = re.split(r"[\W_]+", _GENERAL.sub(" ", canonical(text)))
    return frozenset(part[at : at + 2] for part in parts for at in range(len(part) - 1))


@lru_cache(maxsize=20_000)
def values(text: str) -> dict[str, frozenset[str]]:
    """The attributes that a text names: class → values. Ages are not among them."""
    return _table().values(canonical(text))


@lru_cache(maxsize=20_000)
def months(text: str) -> tuple[Age, ...]:
    """The ages that a text names."""
    return ages(canonical(text))


@cache
def _table() -> Wordings:
    return wordings()
