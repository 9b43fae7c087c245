"""What every call shares: refusing with an errcode, reading a field, counting against a limit."""

import json
import re
import secrets
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Body = Mapping[str, Any]
_MSGID = re.compile(r"[0-9a-zA-Z_-]*")


class Rejected(Exception):
    """WeCom says no."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(errmsg)
        self.errcode = errcode
        self.errmsg = errmsg


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: where it goes, its query, its JSON body and the scopes of its token."""

    path: str
    query: Mapping[str, str]
    body: Body = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    raw: bytes = b""
    content_type: str = ""


def text(body: Body, name: str, *, limit: int = 0, too_long: int = 40058, empty: int | None = 40063) -> str:
    """A string field; `limit` in bytes of UTF-8, 0 for none; `empty=None` where it may be absent."""
    value = body.get(name)
    if value is None or value == "":
        if empty is not None:
            raise Rejected(empty, f"{name} is missing or empty")
        return ""
    if not isinstance(value, str):
        raise Rejected(40058, f"{name} must be a string")
    if limit and len(value.encode()) > limit:
        raise Rejected(too_long, f"{name} exceeds {limit} bytes")
    return value


def number(body: Body, name: str, default: int | None, low: int = 0, high: int = 2**32 - 1) -> int:
    """An integer field between `low` and `high`; `default=None` where it is required."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Rejected(40058, f"{name} must be an integer")
    if not low <= value <= high:
        raise Rejected(40058, f"{name} must be between {low} and {high}")
    return value


def part(body: Body, name: str, errcode: int = 40058) -> Body:
    """An object field."""
    value = body.get(name)
    if not isinstance(value, dict):
        raise Rejected(errcode, f"{name} must be an object")
    return value


def many(body: Body, name: str, *, high: int, too_many: int = 40058, required: bool = False) -> list[Any]:
    """A list field of at most `high` entries."""
    value = body.get(name)
    if value is None and not required:
        return []
    if not isinstance(value, list) or (required and not value):
        raise Rejected(40058, f"{name} must be a list")
    if len(value) > high:
        raise Rejected(too_many, f"{name} has more than {high} entries")
    return value


def texts(body: Body, name: str, *, high: int, too_many: int = 40058, required: bool = False) -> list[str]:
    """A list of strings."""
    value = many(body, name, high=high, too_many=too_many, required=required)
    if not all(isinstance(one, str) for one in value):
        raise Rejected(40058, f"{name} must hold strings")
    return value


def own_msgid(body: Body) -> str:
    """The caller's msgid (≤ 32 B of 0-9a-zA-Z_-), empty where none was given (94677)."""
    msgid = text(body, "msgid", limit=32, empty=None)
    if not _MSGID.fullmatch(msgid):
        raise Rejected(40058, "msgid has characters outside 0-9a-zA-Z_-")
    return msgid


def fresh(prefix: str) -> str:
    """An id that never comes again, not even after a restart."""
    return prefix + secrets.token_hex(10)


def canonical(body: Body) -> str:
    """The same text for the same JSON."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def page_of(body: Body, rows: list[Any], *, default: int, high: int) -> tuple[list[Any], str]:
    """The page that `cursor` and `limit` ask for, and the next cursor, empty at the end."""
    limit = number(body, "limit", default, 1, high)
    cursor = text(body, "cursor", empty=None)
    if cursor and not cursor.isdigit():
        raise Rejected(40058, "bad cursor")
    start = int(cursor or 0)
    following = str(start + limit) if start + limit < len(rows) else ""
    return rows[start : start + limit], following


class Meter:
    """Counts hits per key in sliding windows."""

    def __init__(self) -> None:
        self._hits: dict[str, deque[datetime]] = defaultdict(deque)

    def allows(self, key: str, now: datetime, *limits: tuple[int, float]) -> bool:
        """Count one hit unless it would pass one of the limits (how many, in how many seconds)."""
        hits = self._hits[key]
        longest = max(seconds for _, seconds in limits)
        while hits and (now - hits[0]).total_seconds() >= longest:
            hits.popleft()
        for most, seconds in limits:
            if len(hits) >= most and (now - hits[-most]).total_seconds() < seconds:
                return False
        hits.append(now)
        return True
