"""What a menu below an answer carries, so that a tap says which answer it rates. A web reads it, without any guide."""

import re

from handlers.effect_types import Rate

_MARK = re.compile(r"fb:([0-9A-Za-z_-]{1,48}):([01-])")
_VALUES: dict[str, bool | None] = {"1": True, "0": False, "-": None}
_SIGNS = {value: sign for sign, value in _VALUES.items()}


def mark(answer: str, good: bool | None) -> str:
    """How a rating of `answer` is written into a menu's entry and into `Item.ref`: at most 64 bytes (doc 94677)."""
    return f"fb:{answer}:{_SIGNS[good]}"


def read_mark(ref: str) -> Rate | None:
    """The rating that a mark of ours stands for; None for anything else."""
    found = _MARK.fullmatch(ref)
    return Rate(found[1], _VALUES[found[2]]) if found else None
