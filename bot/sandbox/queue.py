"""What sync_msg reads (94670): one account's items, three days long, behind a cursor."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bot.sandbox.fields import Rejected, fresh

KEPT = timedelta(days=3)
Item = Mapping[str, Any]


class Queue:
    """Items in the order in which they came. A gap is a page that is empty although more follows."""

    def __init__(self) -> None:
        self._items: list[Item | None] = []
        self._times: list[datetime] = []
        self._life = fresh("")[:8]

    def put(self, item: Item | None, at: datetime) -> None:
        """Append an item, None for a gap."""
        self._items.append(item)
        self._times.append(at)

    def page(self, cursor: str, limit: int, now: datetime) -> tuple[list[Item], str, bool]:
        """Items from the cursor on, the next cursor, whether more follows."""
        start = max(self._position(cursor), bisect_left(self._times, now - KEPT))
        if start < len(self._items) and self._items[start] is None:
            return [], self._cursor(start + 1), True
        found: list[Item] = []
        for item in self._items[start : start + limit]:
            if item is None:
                break
            found.append(item)
        end = start + len(found)
        return found, self._cursor(end), end < len(self._items)

    def _cursor(self, position: int) -> str:
        return f"cu{self._life}.{position:x}"

    def _position(self, cursor: str) -> int:
        """A cursor of an earlier life of the stand-in starts at the oldest item: nothing of that life is here."""
        if not cursor:
            return 0
        life, _, position = cursor.removeprefix("cu").partition(".")
        if not cursor.startswith("cu") or not position:
            raise Rejected(40058, "bad cursor")
        try:
            return int(position, 16) if life == self._life else 0
        except ValueError as error:
            raise Rejected(40058, "bad cursor") from error
