"""WeCom's JSON as plain values that can be stored and compared, and its fields where they may be missing or wrong.

`json` alone lets through NaN and Infinity, which PostgreSQL refuses, and nesting that breaks who walks it later.
"""

import json
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.wecom.safe_xml import Malformed

MAX_DEPTH = 32  # the deepest documented message (a template card) has six levels


def read_json(text: str | bytes) -> Any:
    """The value. A number that is none becomes None. Raises Malformed for what is no JSON or is nested too deeply."""
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_nothing)
    except (ValueError, RecursionError) as error:
        raise Malformed("this is not JSON") from error
    brackets = (b"[", b"{") if isinstance(text, bytes) else ("[", "{")
    if sum(map(text.count, brackets)) > MAX_DEPTH and _deep(value):  # type: ignore[arg-type]
        raise Malformed("the JSON is nested too deeply")
    return value


def _finite(written: str) -> float | None:
    number = float(written)
    return number if math.isfinite(number) else None


def _nothing(_constant: str) -> None:
    """NaN, Infinity, -Infinity."""


def _deep(value: Any) -> bool:
    """Whether there are more than MAX_DEPTH levels; walks them one by one, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def table(answer: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name; empty where there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def objects(answer: Mapping[str, Any], name: str) -> list[Any]:
    """The objects in the list of that name."""
    found = answer.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def texts(answer: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The texts in the list of that name, numbers as their digits."""
    found = answer.get(name)
    good = [each for each in found if isinstance(each, str | int)] if isinstance(found, list) else []
    return tuple(str(each) for each in good)


def count(row: Mapping[str, Any], name: str) -> int:
    """A number, also one in a text; 0 for what is none or is left out."""
    found = row.get(name)
    try:
        return int(found) if isinstance(found, int | float | str) else 0
    except (ValueError, OverflowError):
        return 0


def moment(row: Mapping[str, Any], name: str) -> datetime:
    """Unix seconds as an aware time; 1970 for what is no time."""
    try:
        return datetime.fromtimestamp(count(row, name), UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)
